//! A workflow that leads to no other file and uses no action that the rules know.

use std::ops::Range;

use crate::providers::github::action_name;
use crate::rules::Rules;

use super::lines::{Frame, Value, Visit, read};
use super::{Glance, Jobs};

pub(super) fn look(text: &str, rules: &Rules) -> Option<Glance> {
    let mut workflow = Workflow {
        text,
        rules,
        jobs: Jobs::default(),
        has_jobs: false,
        section: Section::Other,
    };
    let extent = read(text, &mut workflow)?;
    if !workflow.jobs.close(extent.end) || !workflow.has_jobs {
        return None;
    }
    Some(Glance {
        jobs: workflow.jobs.outcomes(text, |_| false)?,
        first: extent.first,
    })
}

struct Workflow<'t> {
    text: &'t str,
    rules: &'t Rules,
    jobs: Jobs,
    has_jobs: bool,
    /// Below which of the top keys the text is.
    section: Section,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Jobs,
    /// What starts the workflow.
    On,
    Other,
}

impl Workflow<'_> {
    /// Whether a job is written as a mapping, and lies in one.
    fn is_in_place(frames: &[Frame<'_>]) -> bool {
        !frames.iter().skip(1).take(2).any(|frame| frame.list)
    }

    /// Whether an action is known to have nothing to do with an engine, a registry or another file.
    fn is_harmless(&self, uses: &str) -> bool {
        action_name(uses).is_some_and(|name| self.rules.action(name).is_none())
    }
}

impl<'t> Visit<'t> for Workflow<'_> {
    fn key(
        &mut self,
        frames: &[Frame<'t>],
        name: Range<usize>,
        value: Value<'t>,
        behind: usize,
    ) -> bool {
        let start = name.start;
        let word = &self.text[name.clone()];
        if word == "<<" || matches!(value, Value::Anchor(_) | Value::Alias(_)) {
            return false;
        }
        if frames.len() == 1 {
            self.section = match word {
                "jobs" => Section::Jobs,
                "on" => Section::On,
                _ => Section::Other,
            };
        }
        let in_jobs = self.section == Section::Jobs;
        let called = self.section == Section::On;
        match frames.len() {
            1 => {
                if !self.jobs.close(behind) || word == "runs" {
                    return false;
                }
                if word == "jobs" {
                    let is_first = !self.has_jobs && value == Value::Missing;
                    self.has_jobs = true;
                    return is_first;
                }
            }
            2 if in_jobs => {
                let closed = self.jobs.close(behind);
                self.jobs.open(start..name.end);
                return closed && value == Value::Missing && Self::is_in_place(frames);
            }
            3 if in_jobs => {
                self.jobs.mapped = true;
                // what these say takes a full reading
                if matches!(word, "uses" | "container" | "services") || !Self::is_in_place(frames) {
                    return false;
                }
            }
            _ if in_jobs && !Self::is_in_place(frames) => return false,
            _ => {}
        }
        if called && (is_call(word) || is_call_in(value)) {
            return false;
        }
        match value {
            _ if word != "uses" => true,
            Value::Text(uses) => self.is_harmless(uses),
            _ => false,
        }
    }

    fn item(&mut self, frames: &[Frame<'t>], value: Value<'t>) -> bool {
        match self.section {
            Section::Jobs => Self::is_in_place(frames),
            Section::On => !is_call_in(value),
            Section::Other => true,
        }
    }
}

/// Whether others may call the workflow.
fn is_call(event: &str) -> bool {
    event.contains("workflow_call")
}

fn is_call_in(value: Value<'_>) -> bool {
    match value {
        Value::Text(text) | Value::Flow(text) => is_call(text),
        Value::Missing => false,
        Value::Block | Value::Anchor(_) | Value::Alias(_) => true,
    }
}
