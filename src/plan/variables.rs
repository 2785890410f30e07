//! Where a variable that the job needs from now on is written.

use crate::passes::{NewVariable, Purpose};
use crate::pipeline::{Documents, Job, NodeRef, Provider};
use crate::yaml::{Change, Kind, New};

use super::settle::{Settling, insert_key};
use super::{Plan, State, Users, effective};

/// Writes a job's new variables: where Docker's stood, else into the job's own.
pub(super) fn place(
    plan: &Plan<'_>,
    documents: &Documents,
    users: &Users,
    unit: usize,
    settling: &mut Settling,
) {
    let job = plan.units[unit].job;
    let Some(drafted) = &plan.units[unit].drafted else {
        return;
    };
    let mut homeless: Vec<&NewVariable> = Vec::new();
    for variable in &drafted.draft.variables {
        let engine = variable.name.starts_with("DOCKER_");
        if engine && replace(documents, users, plan, unit, variable, settling) {
            continue;
        }
        let target = if engine {
            None
        } else {
            where_docker_stood(plan, users, unit, settling)
        };
        let target = target
            .or_else(|| shared_variables(documents, users, plan, unit, variable))
            .or_else(|| own_variables(documents, users, plan, unit));
        match target {
            Some((mapping, at)) => {
                if already_there(documents, mapping, &variable.name) {
                    continue;
                }
                let change = Change::InsertEntry {
                    mapping: mapping.node,
                    at,
                    key: variable.name.to_owned(),
                    value: value(&variable.value),
                };
                settling.add(mapping.file, change);
            }
            None => homeless.push(variable),
        }
    }
    if homeless.is_empty() {
        return;
    }
    let entries = homeless
        .iter()
        .map(|variable| (variable.name.to_owned(), value(&variable.value)))
        .collect();
    insert_key(
        documents,
        job,
        (key_of(job).to_owned(), New::Mapping(entries)),
        settling,
    );
}

/// The key under which a job has its variables.
fn key_of(job: &Job) -> &'static str {
    match job.provider {
        Provider::GitLab => "variables",
        Provider::GitHub => "env",
    }
}

/// Numbers and the like stay strings.
fn value(text: &str) -> New {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        New::Quoted(text.to_owned())
    } else {
        New::Scalar(text.to_owned())
    }
}

fn already_there(documents: &Documents, mapping: NodeRef, name: &str) -> bool {
    documents.tree(mapping).get(mapping.node, name).is_some()
}

/// The mapping that loses Docker's variables for this job, if nobody who uses it stays.
fn where_docker_stood(
    plan: &Plan<'_>,
    users: &Users,
    unit: usize,
    settling: &Settling,
) -> Option<(NodeRef, usize)> {
    let removals =
        effective(&plan.units[unit]).filter(|planned| planned.purpose == Purpose::EngineVariable);
    let mut found: Option<(NodeRef, usize)> = None;
    for planned in removals {
        let Change::RemoveEntry { mapping, index } = planned.change else {
            continue;
        };
        let mapping = NodeRef {
            file: planned.file,
            node: mapping,
        };
        if !settling.removes(mapping, index) {
            continue;
        }
        let all_move = users.get(&mapping).is_none_or(|users| {
            users
                .iter()
                .all(|user| !matches!(plan.units[*user].state, State::Left(_)))
        });
        if all_move {
            found = match found {
                Some((known, at)) if known == mapping => Some((known, at.min(index))),
                _ => Some((mapping, index)),
            };
        }
    }
    found
}

/// A `variables:` mapping of a template or of the whole file that several jobs have, if all who see it move or never
/// used Docker, and several of them need the variable.
fn shared_variables(
    documents: &Documents,
    users: &Users,
    plan: &Plan<'_>,
    unit: usize,
    variable: &NewVariable,
) -> Option<(NodeRef, usize)> {
    let job = plan.units[unit].job;
    let slots = job
        .variables
        .values()
        .flat_map(|known| &known.slots)
        .map(|(_, slot)| slot.mapping);
    let mut mappings: Vec<NodeRef> = slots.collect();
    mappings.dedup();
    mappings.into_iter().find_map(|mapping| {
        let users = users.get(&mapping)?;
        let stays = users
            .iter()
            .any(|user| matches!(plan.units[*user].state, State::Left(_)));
        let need = users.iter().filter(|user| {
            let drafted = plan.units[**user].drafted.iter();
            plan.moves(**user)
                && drafted
                    .flat_map(|drafted| &drafted.draft.variables)
                    .any(|known| known.name == variable.name && known.value == variable.value)
        });
        let Kind::Mapping { entries, .. } = &documents.tree(mapping).node(mapping.node).kind else {
            return None;
        };
        (!stays && need.count() > 1).then_some((mapping, entries.len()))
    })
}

/// The job's own `variables:`, if it is a mapping that only this job has.
fn own_variables(
    documents: &Documents,
    users: &Users,
    plan: &Plan<'_>,
    unit: usize,
) -> Option<(NodeRef, usize)> {
    let own = plan.units[unit].job.own?;
    let tree = documents.tree(own);
    let entry = tree.get(own.node, key_of(plan.units[unit].job))?;
    let Kind::Mapping { entries, .. } = &tree.node(entry.value).kind else {
        return None;
    };
    let mapping = NodeRef {
        file: own.file,
        node: entry.value,
    };
    let alone = users.get(&mapping).is_none_or(|users| {
        users
            .iter()
            .all(|user| *user == unit || matches!(plan.units[*user].state, State::Moves))
    });
    alone.then_some((mapping, entries.len()))
}

/// Gives a variable of Docker's that the job itself writes another value.
fn replace(
    documents: &Documents,
    users: &Users,
    plan: &Plan<'_>,
    unit: usize,
    variable: &NewVariable,
    settling: &mut Settling,
) -> bool {
    let Some((mapping, _)) = own_variables(documents, users, plan, unit) else {
        return false;
    };
    let tree = documents.tree(mapping);
    let Kind::Mapping { entries, .. } = &tree.node(mapping.node).kind else {
        return false;
    };
    let found = entries.iter().rposition(|entry| {
        tree.scalar(entry.key)
            .is_some_and(|key| key.value() == variable.name)
    });
    let Some(index) = found else { return false };
    if tree.scalar(entries[index].value).is_none() {
        return false;
    }
    settling.keep(mapping, index);
    settling.add(
        mapping.file,
        Change::ReplaceScalar {
            node: entries[index].value,
            text: variable.value.clone(),
        },
    );
    true
}
