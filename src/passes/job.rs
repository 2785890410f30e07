//! One job under the passes: what is known of it before the first change is planned.

use std::collections::HashSet;

use crate::shell::ArgumentKind;

use super::commands::DockerCall;
use super::context::JobView;
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
}

impl<'a> JobPass<'a> {
    /// Looks at a job.
    pub fn new(view: JobView<'a>) -> Self {
        let evidence = Evidence::of(&view);
        let facts = Facts::of(&view, &evidence);
        Self {
            view,
            evidence,
            facts,
            replaced: HashSet::new(),
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

    /// Whether the job calls compose, as a plugin or as a program of its own.
    pub fn uses_compose(&self) -> bool {
        self.evidence.commands.iter().any(|index| {
            let call = &self.view.calls[*index];
            let second = call
                .command()
                .words
                .get(1)
                .and_then(|word| word.value.as_deref());
            call.program() == Some("docker-compose") || second == Some("compose")
        })
    }

    /// Whether a call of docker holds a word that the shell fills in and that may be anything.
    pub fn has_opaque_words(call: &DockerCall<'_>) -> bool {
        call.arguments
            .iter()
            .any(|argument| matches!(argument.kind, ArgumentKind::Opaque))
    }
}
