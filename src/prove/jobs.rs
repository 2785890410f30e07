//! What a job is before and after: jobs that stay or never used Docker must be what they were.

use std::collections::HashMap;

use crate::pipeline::{Documents, Job};
use crate::plan::{Plan, State};
use crate::providers::Lowered;
use crate::rules::{Rules, VariableAction};

/// Compares every job that does not move with what it has become.
pub fn jobs(plan: &Plan<'_>, before: &Lowered, after: &Lowered) -> Result<(), String> {
    if before.pipelines.len() != after.pipelines.len() {
        return Err("a pipeline came or went".to_owned());
    }
    let by_name: Vec<HashMap<&str, &Job>> = after
        .pipelines
        .iter()
        .map(|pipeline| {
            // of two with one name the first counts
            let jobs = pipeline.jobs.iter().rev();
            jobs.map(|job| (job.name.as_str(), job)).collect()
        })
        .collect();
    for unit in &plan.units {
        let Some(new) = by_name.get(unit.pipeline) else {
            continue;
        };
        let Some(job) = new.get(unit.job.name.as_str()) else {
            return Err(format!("the job {} is gone", unit.job.name));
        };
        let without_engine = match unit.state {
            State::Moves => continue,
            State::Untouched => true,
            State::Left(_) => false,
        };
        let old = Effective::of(&before.documents, unit.job, without_engine);
        let new = Effective::of(&after.documents, job, without_engine);
        if let Some(part) = old.difference(&new) {
            return Err(format!(
                "the job {} stays, and its {part} would change",
                unit.job.name
            ));
        }
    }
    Ok(())
}

/// What a job runs in and what it runs.
#[derive(PartialEq)]
struct Effective {
    image: Option<String>,
    services: Vec<(String, Vec<String>, Vec<String>)>,
    variables: Vec<(String, Option<String>)>,
    scripts: Vec<(crate::pipeline::Phase, Vec<String>)>,
}

impl Effective {
    fn of(documents: &Documents, job: &Job, without_engine: bool) -> Self {
        let rules = Rules::embedded();
        let engine = |name: &str| {
            rules
                .variable(name)
                .is_some_and(|rule| !matches!(rule.action, VariableAction::Keep(_)))
                || matches!(name, "BUILDAH_FORMAT")
        };
        let mut variables: Vec<_> = job
            .variables
            .iter()
            .filter(|(name, _)| !without_engine || !engine(name))
            .map(|(name, variable)| (name.clone(), variable.value.clone()))
            .collect();
        variables.sort();
        Self {
            image: job.image.as_ref().map(|image| image.text.clone()),
            services: job
                .services
                .iter()
                .flat_map(|services| &services.items)
                .map(|service| {
                    (
                        service.text.clone(),
                        service.aliases.clone(),
                        service.arguments.clone(),
                    )
                })
                .collect(),
            variables,
            scripts: job
                .scripts
                .iter()
                .map(|script| {
                    let lines = script
                        .lines
                        .iter()
                        .filter_map(|line| documents.text(line.node))
                        .map(str::to_owned);
                    (script.phase, lines.collect())
                })
                .collect(),
        }
    }

    fn difference(&self, other: &Self) -> Option<&'static str> {
        if self.image != other.image {
            return Some("image");
        }
        if self.services != other.services {
            return Some("services");
        }
        if self.variables != other.variables {
            return Some("variables");
        }
        (self.scripts != other.scripts).then_some("scripts")
    }
}
