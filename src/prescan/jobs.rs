//! The jobs of a file that no word in it keeps from being told by its keys.

use crate::collections::{HashMap, HashSet};
use crate::outcome::{JobOutcome, Provider};
use crate::providers::gitlab::is_reserved;
use crate::text::Span;

use super::lines::{Key, Lines, Value};

/// How far `extends` may go from job to job, below what is refused.
const CHAIN: usize = 8;

/// The jobs that a file shows; nothing if it leads to another file, or may be refused.
pub(super) fn of(provider: Provider, lines: &Lines<'_>) -> Option<Vec<JobOutcome>> {
    let jobs = match provider {
        Provider::GitLab => of_pipeline(&lines.keys)?,
        Provider::GitHub => of_workflow(&lines.keys)?,
    };
    let mut names = HashSet::default();
    let mut shown = Vec::new();
    for index in jobs {
        let job = &lines.keys[index];
        let below = &lines.keys[index + 1..];
        if !names.insert(job.name) || below.first().is_none_or(|key| key.depth != job.depth + 1) {
            return None;
        }
        let next = below.iter().find(|key| key.depth <= job.depth);
        let end = next.map_or(lines.end, |next| next.behind);
        if provider == Provider::GitHub || !job.name.starts_with('.') {
            let span = Span::new(job.span.range().start, end);
            shown.push(JobOutcome::untouched(job.name, span));
        }
    }
    Some(shown)
}

/// The places of the jobs among the keys of a workflow.
fn of_workflow(keys: &[Key<'_>]) -> Option<Vec<usize>> {
    let mut jobs = Vec::new();
    let (mut top, mut sections) = ("", 0);
    for (index, key) in keys.iter().enumerate() {
        match (key.depth, key.name, key.value) {
            (_, "<<", _) | (_, _, Value::Anchor(_) | Value::Alias(_)) | (1, "runs", _) => {
                return None;
            }
            (1, name, _) => {
                top = name;
                sections += usize::from(name == "jobs");
            }
            (2, _, value) if top == "jobs" => {
                jobs.push(index);
                (value == Value::Missing).then_some(())?;
            }
            (_, "uses", Value::Text(uses)) if !uses.starts_with("./") => {}
            (_, "uses", _) => return None,
            _ => {}
        }
    }
    (sections == 1 && !jobs.is_empty()).then_some(jobs)
}

/// The places of the jobs among the keys of a pipeline.
fn of_pipeline(keys: &[Key<'_>]) -> Option<Vec<usize>> {
    let mut jobs = Vec::new();
    let mut before = Templates::default();
    let (mut name, mut anchor, mut chain) = ("", None, 0);
    for (index, key) in keys.iter().enumerate() {
        match (key.depth, key.name, key.value) {
            (1, "include" | "spec", _) => return None,
            (1, next, value) => {
                before.add(name, anchor, chain);
                (name, anchor, chain) = (next, None, 0);
                match value {
                    _ if is_reserved(next) => {}
                    Value::Missing => jobs.push(index),
                    Value::Anchor(named) => {
                        anchor = Some(named);
                        jobs.push(index);
                    }
                    _ => return None,
                }
            }
            (_, _, Value::Anchor(_)) => return None,
            (2, "trigger", _) => return None,
            (2, "extends", value) => {
                let Value::Text(parent) = value else {
                    return None;
                };
                chain = 1 + before.chains.get(parent)?;
            }
            (2, "<<", Value::Alias(named)) if before.anchors.contains(named) => chain += 1,
            (_, "<<", _) | (_, _, Value::Alias(_)) => return None,
            _ => {}
        }
        // what has an anchor of its own would bring all that it takes over into others
        if chain > CHAIN || chain > 0 && anchor.is_some() {
            return None;
        }
    }
    Some(jobs)
}

/// What later jobs may take over.
#[derive(Default)]
struct Templates<'t> {
    /// How many others each job has that it extends.
    chains: HashMap<&'t str, usize>,
    anchors: HashSet<&'t str>,
}

impl<'t> Templates<'t> {
    fn add(&mut self, name: &'t str, anchor: Option<&'t str>, chain: usize) {
        self.chains.insert(name, chain);
        self.anchors.extend(anchor);
    }
}
