//! Steps whose action was written out: the commands, translated, take the place of `uses` and `with`.

use std::collections::BTreeMap;

use crate::collections::{HashMap, HashSet};
use crate::finding::{Finding, Severity};
use crate::ops::{self, Operation};
use crate::pipeline::{Action, Documents, Expansion, Job, NodeRef};
use crate::prove::changed_texts;
use crate::rewrite;
use crate::rewrite::Planned;
use crate::rules::ids;
use crate::text::FileId;
use crate::yaml::{Change, New};

use super::Unit;
use super::settle::Settling;

/// Writes the commands of every written-out action of the jobs that move into its step.
pub(super) fn write(moving: &[&Unit<'_>], documents: &Documents, settling: &mut Settling) {
    let mut done: HashSet<NodeRef> = HashSet::default();
    for unit in moving {
        let others = unit.drafted.iter().flat_map(|it| &it.draft.other_actions);
        done.extend(others.copied());
    }
    let changes = settling.take_derived(documents);
    let script = |list: NodeRef| {
        let changes = changes.get(&list).map(Vec::as_slice);
        let changes = changes.unwrap_or_default();
        ops::joined(&changed_texts(documents.tree(list), list.node, changes))
    };
    for action in moving.iter().flat_map(|unit| &unit.job.actions) {
        let Some(commands) = &action.commands else {
            continue;
        };
        if done.insert(action.mapping) {
            step(documents, action, commands, script, settling);
        }
    }
}

fn step(
    documents: &Documents,
    action: &Action,
    commands: &Expansion,
    script_of: impl Fn(NodeRef) -> String,
    settling: &mut Settling,
) {
    let (list, index) = action.step;
    let script = script_of(commands.script);
    if script.is_empty() {
        settling.add(
            list.file,
            Change::RemoveItem {
                sequence: list.node,
                index,
            },
        );
        return;
    }
    let own = |key: &str| {
        let tree = documents.tree(action.mapping);
        let entries = tree.mapping(action.mapping.node)?;
        entries.iter().find(|entry| {
            tree.scalar(entry.key)
                .is_some_and(|scalar| scalar.value() == key)
        })
    };
    let source = documents.file(list.file).source.text();
    let final_newline = source.ends_with('\n');
    let variables: Vec<(String, New)> = used(&commands.variables, &script);
    let mut new: Vec<(String, New)> = Vec::new();
    match own("env") {
        Some(_) if variables.is_empty() => {}
        Some(entry) => {
            let env = NodeRef {
                file: action.mapping.file,
                node: entry.value,
            };
            add_to(documents, env, variables, settling);
        }
        None if variables.is_empty() => {}
        None => new.push(("env".to_owned(), New::Mapping(variables))),
    }
    new.extend(surroundings(commands));
    new.push(("run".to_owned(), text(&script, final_newline)));
    for (key, value) in new {
        settling.add(
            action.mapping.file,
            Change::InsertEntry {
                mapping: action.mapping.node,
                at: action.with.as_ref().unwrap_or(&action.uses).index,
                key,
                value,
            },
        );
    }
    let then = commands
        .then
        .as_ref()
        .map(|(condition, then)| (condition, script_of(*then)));
    if let Some((condition, then)) = then.filter(|(_, then)| !then.is_empty()) {
        let mut entries = vec![
            ("name".to_owned(), New::Scalar("Push".to_owned())),
            ("if".to_owned(), New::Scalar(condition.clone())),
        ];
        let variables = used(&commands.variables, &then);
        if !variables.is_empty() {
            entries.push(("env".to_owned(), New::Mapping(variables)));
        }
        entries.extend(surroundings(commands));
        entries.push(("run".to_owned(), text(&then, final_newline)));
        settling.add(
            list.file,
            Change::InsertItem {
                sequence: list.node,
                at: index + 1,
                value: New::Mapping(entries),
            },
        );
    }
}

/// Adds variables to those of a step. What other steps have too by an alias stays theirs: this one gets a copy.
fn add_to(
    documents: &Documents,
    written: NodeRef,
    variables: Vec<(String, New)>,
    settling: &mut Settling,
) {
    let env = documents.resolve(written);
    let tree = documents.tree(env);
    let Some(entries) = tree.mapping(env.node) else {
        return;
    };
    if env == written && !tree.has_alias(env.node) {
        for (key, value) in variables {
            let change = Change::InsertEntry {
                mapping: env.node,
                at: entries.len(),
                key,
                value,
            };
            settling.add(env.file, change);
        }
        return;
    }
    let known = entries.iter().filter_map(|entry| {
        let (key, value) = (tree.scalar(entry.key)?, tree.scalar(entry.value)?);
        Some((key.value().to_owned(), variable(value.value())))
    });
    let value = New::Mapping(known.chain(variables).collect());
    let node = written.node;
    settling.add(written.file, Change::ReplaceWhole { node, value });
}

/// The value of a variable.
fn variable(text: &str) -> New {
    match text.contains('\n') {
        true => New::Block(text.to_owned()),
        false => New::Scalar(text.to_owned()),
    }
}

/// What the step must say where the workflow's defaults are others.
fn surroundings(commands: &Expansion) -> Vec<(String, New)> {
    let mut new = Vec::new();
    if commands.says_bash {
        new.push(("shell".to_owned(), New::Scalar("bash".to_owned())));
    }
    if commands.says_folder {
        new.push((
            "working-directory".to_owned(),
            New::Scalar("${{ github.workspace }}".to_owned()),
        ));
    }
    new
}

/// A script. In a file that ends without a newline a block may come to its very end, where it must not count on one.
fn text(script: &str, final_newline: bool) -> New {
    match script.contains('\n') {
        true if final_newline => New::Block(format!("{script}\n")),
        true => New::Block(script.to_owned()),
        false => New::Scalar(script.to_owned()),
    }
}

/// The variables that a script reads.
fn used(variables: &[(String, String)], script: &str) -> Vec<(String, New)> {
    let reads = |name: &str| {
        script.match_indices(name).any(|(at, _)| {
            let before = script[..at].ends_with(['$', '{', '=']);
            let after = script[at + name.len()..]
                .starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
            before && !after
        })
    };
    variables
        .iter()
        .filter(|(name, _)| reads(name))
        .map(|(name, value)| {
            let value = match value.contains('\n') {
                true => New::Block(format!("{}\n", value.trim_end())),
                false => New::Scalar(value.clone()),
            };
            (name.clone(), value)
        })
        .collect()
}

/// The changes that write out the steps which some of a job's changes clear.
pub(super) fn of_steps(
    job: &Job,
    ours: &[&Planned],
    all: &HashMap<FileId, Vec<Change>>,
) -> Vec<(FileId, Change)> {
    let mut found = Vec::new();
    let steps = job.actions.iter().filter(|action| {
        action.commands.is_some() && ours.iter().any(|planned| planned.node() == action.mapping)
    });
    for action in steps {
        let (list, index) = action.step;
        let of_step = |change: &&Change| match change {
            Change::InsertItem {
                sequence,
                at,
                value: New::Mapping(_),
            } => *sequence == list.node && *at == index + 1,
            Change::RemoveItem {
                sequence,
                index: at,
            } => *sequence == list.node && *at == index,
            change => change.subject() == action.mapping.node,
        };
        let file = action.mapping.file;
        let changes = all.get(&file).into_iter().flatten();
        found.extend(changes.filter(of_step).map(|change| (file, change.clone())));
    }
    found
}

/// A job all of whose steps would go has nothing to do.
pub(super) fn no_step_left(
    documents: &Documents,
    job: &Job,
    changes: &[Planned],
) -> Option<Finding> {
    let steps = documents.resolve(*job.keys.get("steps")?);
    let items = documents.tree(steps).sequence(steps.node)?;
    let mut gone: BTreeMap<usize, ()> = changes
        .iter()
        .filter_map(|planned| match planned.change {
            Change::RemoveItem { sequence, index }
                if planned.file == steps.file && sequence == steps.node =>
            {
                Some((index, ()))
            }
            _ => None,
        })
        .collect();
    for action in &job.actions {
        let commands = action.commands.as_ref();
        let nothing = commands.is_some_and(|commands| commands.operation == Operation::Nothing);
        if nothing && action.step.0 == steps {
            gone.insert(action.step.1, ());
        }
    }
    if items.is_empty() || gone.len() < items.len() {
        return None;
    }
    let mut finding = rewrite::finding(
        ids::NOTHING_LEFT,
        Severity::Warning,
        documents.location(job.key),
        "no step of this job would be left: all of it is about Docker",
    );
    finding.help = Some("remove the job if it is not needed any more".to_owned());
    Some(finding)
}
