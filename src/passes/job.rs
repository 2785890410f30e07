//! One job under the passes: what is known of it before the first change is planned.

use std::collections::HashSet;

use super::context::JobView;
use super::docker_call::DockerCall;
use super::evidence::Evidence;
use super::facts::Facts;

/// A job with all that the passes know of it.
pub struct JobPass<'a> {
    /// The job and its commands.
    pub view: JobView<'a>,
    /// The Docker in it.
    pub evidence: Evidence<'a>,
    /// What it does with images.
    pub facts: Facts,
    /// Calls that a pass has replaced as a whole.
    pub replaced: HashSet<usize>,
    /// The first call that goes to another folder: from there on a relative path may mean another file.
    pub first_move: Option<usize>,
}

impl<'a> JobPass<'a> {
    /// Looks at a job.
    pub fn new(view: JobView<'a>) -> Self {
        let evidence = Evidence::of(&view);
        let facts = Facts::of(&view, &evidence);
        let first_move = view
            .calls
            .iter()
            .position(|call| matches!(call.program(), Some("cd" | "pushd")));
        Self {
            view,
            evidence,
            facts,
            replaced: HashSet::new(),
            first_move,
        }
    }

    /// The images that builds of this job name as their caches, variables put in.
    pub fn cache_sources(&self) -> Vec<String> {
        let mut found = Vec::new();
        for index in &self.evidence.commands {
            let Ok(call) = DockerCall::new(&self.view, &self.view.calls[*index]) else {
                continue;
            };
            if call.rule.name != "build" {
                continue;
            }
            for flag in call.flags_named("--cache-from") {
                let Some(value) = call.value(&flag) else {
                    continue;
                };
                found.extend(
                    value
                        .text
                        .split(',')
                        .map(|part| part.strip_prefix("ref=").unwrap_or(part).to_owned()),
                );
            }
        }
        found
    }
}
