//! `--actions redhat`: Docker's actions become those of redhat-actions where these say the same, and commands elsewhere.

mod build;
mod login;
mod names;

use crate::analysis::machine::{Machine, machine};
use crate::analysis::{JobPass, JobView};
use crate::options::ActionStyle;
use crate::pipeline::{Action, NodeRef};
use crate::providers::github::expression;
use crate::rules::{RedhatInput, RedhatRule, ids};
use crate::yaml::{Change, New};

use super::checkout::is_pinned;
use super::draft::Draft;

/// Where an action cannot say what a step says, and why.
type Refusal = (NodeRef, String);

/// Plans the other actions of a job, and says which steps become commands all the same.
pub(super) fn run(pass: &mut JobPass<'_>, draft: &mut Draft) {
    let view = pass.view;
    if view.context.options.actions != ActionStyle::Redhat {
        return;
    }
    for (index, action) in view.job.actions.iter().enumerate() {
        let rule = view.context.rules.redhat_action(&action.name);
        let (Some(rule), true) = (rule, action.commands.is_some()) else {
            continue;
        };
        let documents = view.context.documents;
        match step_change(pass, action, rule) {
            Err((at, why)) => {
                let message = format!("{} becomes commands: {why}", action.name);
                draft.warn(ids::REDHAT_ACTION, documents.location(at), message);
            }
            Ok(step_change) => {
                let at = documents.location(action.uses.value);
                let also = match step_change.then {
                    Some(_) => format!(" and {}", rule.push.as_deref().unwrap_or_default()),
                    None => String::new(),
                };
                let message = format!("{} becomes {}{also}", action.name, rule.uses);
                let why = draft.note(ids::ACTION, at, message);
                for (at, loss) in &step_change.losses {
                    draft.warn(ids::REDHAT_ACTION, documents.location(*at), loss.clone());
                }
                for (subject, change) in step_change.changes {
                    draft.change(subject.file, change, why);
                }
                if let Some(then) = step_change.then {
                    let (list, index) = action.step;
                    let change = Change::InsertItem {
                        sequence: list.node,
                        at: index + 1,
                        value: then,
                    };
                    draft.change(list.file, change, why);
                }
                draft.other_actions.insert(action.mapping);
                pass.other_actions.insert(index, why);
                let own = view.calls_of(action);
                pass.replaced.extend(own);
            }
        }
    }
}

/// What becomes of a step.
struct StepChange {
    /// Changes of the step and its inputs, each with what it is about.
    changes: Vec<(NodeRef, Change)>,
    /// A step that follows.
    then: Option<New>,
    /// What is lost, and where it stands.
    losses: Vec<(NodeRef, String)>,
}

/// A step as its inputs are gone through.
struct Step<'a> {
    pass: &'a JobPass<'a>,
    action: &'a Action,
    rule: &'a RedhatRule,
    /// `with:`.
    with: NodeRef,
    step_change: StepChange,
}

fn step_change<'a>(
    pass: &'a JobPass<'a>,
    action: &'a Action,
    rule: &'a RedhatRule,
) -> Result<StepChange, Refusal> {
    let view = pass.view;
    let documents = view.context.documents;
    let uses = action.uses.value;
    let unsaid = |why: &str| Err((uses, why.to_owned()));
    if !view.on_machine() {
        return unsaid("the job runs in a container, and it is not known what is in there");
    }
    if !matches!(machine(view.context.rules, view.job), Machine::Hosted(_)) {
        return unsaid("it is not known whether the runner has Buildah");
    }
    if action.step.0.file != view.job.key.file {
        return unsaid("the steps of a composite action may run in other jobs, too");
    }
    if is_pinned(documents, action) {
        let why =
            "the actions here are pinned to commits, and no commit of redhat-actions is known here";
        return unsaid(why);
    }
    let with = action.with.as_ref().filter(|with| with.reach.is_empty());
    let Some(with) = with.map(|with| with.value) else {
        return unsaid("its inputs stand elsewhere");
    };
    if documents.tree(with).anchor_is_used(with.node) {
        return unsaid("other steps share its inputs");
    }
    let mut step = Step {
        pass,
        action,
        rule,
        with,
        step_change: StepChange {
            changes: Vec::new(),
            then: None,
            losses: Vec::new(),
        },
    };
    let change = Change::ReplaceScalar {
        node: uses.node,
        text: rule.uses.clone(),
    };
    step.step_change.changes.push((uses, change));
    match &rule.push {
        None => step.login()?,
        Some(push) => step.build(push)?,
    }
    Ok(step.step_change)
}

impl Step<'_> {
    /// The text of a node, or that there is none.
    fn text(&self, node: NodeRef) -> Result<&str, Refusal> {
        let documents = self.pass.view.context.documents;
        let text = documents.text(documents.resolve(node));
        text.ok_or_else(|| (node, "this is no text".to_owned()))
    }

    /// The index of an input among the others.
    fn input_index(&self, name: &str) -> usize {
        entry_index(self.pass.view, self.with, name).unwrap_or(0)
    }

    fn remove(&mut self, name: &str) {
        let change = Change::RemoveEntry {
            mapping: self.with.node,
            index: self.input_index(name),
        };
        self.step_change.changes.push((self.with, change));
    }

    fn replace(&mut self, node: NodeRef, text: &str) {
        let change = Change::ReplaceNode {
            node: node.node,
            value: New::Scalar(text.to_owned()),
        };
        self.step_change.changes.push((node, change));
    }

    fn insert(&mut self, at: usize, key: &str, value: New) {
        let change = Change::InsertEntry {
            mapping: self.with.node,
            at,
            key: key.to_owned(),
            value,
        };
        self.step_change.changes.push((self.with, change));
    }

    /// How many inputs there are.
    fn length(&self) -> usize {
        let tree = self.pass.view.context.documents.tree(self.with);
        tree.mapping(self.with.node).map_or(0, <[_]>::len)
    }

    /// An input that goes, and what goes with it.
    fn drop(&mut self, name: &str, node: NodeRef, text: &str) -> Result<(), Refusal> {
        let Some(RedhatInput::Drop { only, loses, why }) = self.rule.input(name) else {
            return Ok(());
        };
        let mut values = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let may_go = |value: &str| only.iter().any(|begin| value.starts_with(begin.as_str()));
        if !only.is_empty() && !values.all(may_go) {
            return Err((
                node,
                format!("{} has nothing for this {name}", self.rule.uses),
            ));
        }
        if let Some(loses) = loses
            && !matches!(text.trim(), "false" | "mode=disabled")
        {
            let loss = format!("the input {name} goes, and with it {loses}: {why}");
            self.step_change.losses.push((node, loss));
        }
        self.remove(name);
        Ok(())
    }

    fn unknown(&self, name: &str, node: NodeRef) -> Refusal {
        (
            node,
            format!("{} has nothing like the input {name}", self.rule.uses),
        )
    }

    /// A text, or that of the variable of the workflow that it names.
    fn known<'t>(&'t self, text: &'t str) -> Option<&'t str> {
        if !expression::is_in(text) {
            return Some(text);
        }
        let variable = self
            .pass
            .view
            .job
            .variables
            .get(expression::variable(text)?)?;
        let value = variable.value.as_deref()?;
        (!variable.varies && !value.is_empty() && !expression::is_in(value)).then_some(value)
    }
}

/// The index of a key in a mapping; of two the last counts.
fn entry_index(view: &JobView<'_>, mapping: NodeRef, key: &str) -> Option<usize> {
    let tree = view.context.documents.tree(mapping);
    let entries = tree.mapping(mapping.node)?;
    entries.iter().rposition(|entry| {
        let name = tree.scalar(entry.key).map(|scalar| scalar.value());
        name.is_some_and(|name| name.eq_ignore_ascii_case(key))
    })
}
