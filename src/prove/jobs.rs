//! What a job is before and after: jobs that stay or never used Docker must be what they were.

use crate::collections::HashMap;
use crate::pipeline::{Documents, Job, Lowered, Script};
use crate::plan::{Plan, State};
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
        let old = (&before.documents, unit.job);
        if let Some(part) = difference(old, (&after.documents, job), without_engine) {
            return Err(format!(
                "the job {} stays, and its {part} would change",
                unit.job.name
            ));
        }
    }
    Ok(())
}

/// The first part in which a job, given with its files, differs from what it was: what it runs in, and what it runs.
/// Variables that only an engine reads may be left out.
fn difference(
    (old_files, old): (&Documents, &Job),
    (new_files, new): (&Documents, &Job),
    without_engine: bool,
) -> Option<&'static str> {
    if image(old) != image(new) {
        return Some("image");
    }
    if !services(old).eq(services(new)) {
        return Some("services");
    }
    let counts = |name: &str| !without_engine || !is_engine_variable(name);
    let kept = |from: &Job, to: &Job| {
        from.variables.iter().all(|(name, variable)| {
            let other = to.variables.get(name);
            other.is_some_and(|other| other.value == variable.value) || !counts(name)
        })
    };
    if !kept(old, new) || !kept(new, old) {
        return Some("variables");
    }
    let same = old.scripts.len() == new.scripts.len()
        && old.scripts.iter().zip(&new.scripts).all(|(old, new)| {
            old.phase == new.phase && lines(old_files, old).eq(lines(new_files, new))
        });
    (!same).then_some("scripts")
}

fn image(job: &Job) -> Option<&str> {
    job.image.as_ref().map(|image| image.text.as_str())
}

fn services(job: &Job) -> impl Iterator<Item = (&str, &[String], &[String])> {
    let items = job.services.iter().flat_map(|services| &services.items);
    items.map(|service| {
        let text = service.text.as_str();
        (text, &service.aliases[..], &service.arguments[..])
    })
}

fn lines<'a>(documents: &'a Documents, script: &'a Script) -> impl Iterator<Item = &'a str> {
    let lines = script.lines.iter();
    lines.filter_map(|line| documents.text(line.node))
}

fn is_engine_variable(name: &str) -> bool {
    name == "BUILDAH_FORMAT"
        || Rules::embedded()
            .variable(name)
            .is_some_and(|rule| !matches!(rule.action, VariableAction::Keep(_)))
}
