//! Where a variable that the job needs from now on is written.

use std::collections::HashSet;

use crate::pipeline::{Documents, Job, NodeRef, Scope, Slot, Via};
use crate::rewrite::{Instead, NewVariable, Purpose};
use crate::yaml::{Change, Kind, New, NodeId, Tree};

use super::settle::{Settling, insert_key};
use super::{Plan, State, Users, effective, overrides};

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
    let mut homeless: Vec<(String, New)> = Vec::new();
    for variable in &drafted.draft.variables {
        let engine = variable.name.starts_with("DOCKER_");
        if engine && replace(documents, users, plan, unit, variable, settling) {
            continue;
        }
        let gone = |mapping, index| settling.removes(mapping, index);
        let target = if engine {
            None
        } else {
            where_docker_stood(documents, plan, users, unit, variable, gone)
                .or_else(|| shared_variables(documents, users, plan, unit, variable))
        };
        let new = (variable.name.to_owned(), value(&variable.value));
        match target.or_else(|| own_variables(documents, users, plan, unit, false)) {
            Some(target) => insert(documents, target, new, settling),
            None => homeless.push(new),
        }
    }
    for instead in overrides(&plan.units[unit]) {
        let Instead::Variable(name, text) = instead else {
            continue;
        };
        let new = (name, value(&text));
        match own_variables(documents, users, plan, unit, true) {
            Some(target) => insert(documents, target, new, settling),
            None => homeless.push(new),
        }
    }
    if homeless.is_empty() {
        return;
    }
    let own = match new_variables(documents, users, plan, unit) {
        Some(NewHome::Key(copied)) => copied,
        Some(NewHome::Alias { name, target }) => {
            vec![("<<".to_owned(), New::Alias { name, target })]
        }
        None => return, // a job without room does not move
    };
    let entries = own.into_iter().chain(homeless).collect();
    insert_key(
        documents,
        job,
        (
            job.provider.variables_key().to_owned(),
            New::Mapping(entries),
        ),
        settling,
    );
}

/// Whether what a job needs of variables can be written for it. Of what is only for this job (`alone`) nobody else must see
/// anything.
pub(super) fn has_room(
    plan: &Plan<'_>,
    documents: &Documents,
    users: &Users,
    unit: usize,
    alone: bool,
) -> bool {
    own_variables(documents, users, plan, unit, alone).is_some()
        || new_variables(documents, users, plan, unit).is_some()
}

/// The new variables of a job that moves for which there is no room, if there are any.
pub(super) fn without_room<'a>(
    plan: &'a Plan<'_>,
    documents: &Documents,
    users: &Users,
    unit: usize,
) -> Option<&'a NewVariable> {
    let drafted = plan.units[unit].drafted.as_ref()?;
    drafted.draft.variables.first()?;
    if has_room(plan, documents, users, unit, false) {
        return None;
    }
    let mut variables = drafted.draft.variables.iter();
    variables.find(|variable| {
        variable.name.starts_with("DOCKER_")
            || where_docker_stood(documents, plan, users, unit, variable, |_, _| true)
                .or_else(|| shared_variables(documents, users, plan, unit, variable))
                .is_none()
    })
}

/// Writes a variable into a mapping that has none of this name.
fn insert(
    documents: &Documents,
    (mapping, at): (NodeRef, usize),
    (key, value): (String, New),
    settling: &mut Settling,
) {
    if already_there(documents, mapping, &key) {
        return;
    }
    let change = Change::InsertEntry {
        mapping: mapping.node,
        at,
        key,
        value,
    };
    settling.add(mapping.file, change);
}

/// What a new key for variables begins with, so that the job keeps what it has.
enum NewHome {
    /// The variables that it takes by merge key: a key of its own would cover them.
    Key(Vec<(String, New)>),
    /// The variables that its own key names by an alias.
    Alias { name: String, target: NodeId },
}

/// How many variables are written out for a job that took them by merge key.
const COPIED: usize = 6;

/// A new mapping for a job's variables; nothing if its own is shared, or would cover more than can be written out.
fn new_variables(
    documents: &Documents,
    users: &Users,
    plan: &Plan<'_>,
    unit: usize,
) -> Option<NewHome> {
    let job = plan.units[unit].job;
    let own = job.own?;
    if users
        .get(&own)
        .is_some_and(|users| users.iter().any(|user| *user != unit))
    {
        return None;
    }
    let tree = documents.tree(own);
    if let Some(entry) = tree.get(own.node, job.provider.variables_key()) {
        return match &tree.node(entry.value).kind {
            Kind::Alias { name, target }
                if job.provider.has_merge_keys() && is_mapping(tree, *target) =>
            {
                Some(NewHome::Alias {
                    name: name.clone(),
                    target: *target,
                })
            }
            Kind::Scalar(scalar) if scalar.value().is_empty() => Some(NewHome::Key(Vec::new())),
            _ => None,
        };
    }
    let gone: HashSet<(NodeRef, usize)> = effective(&plan.units[unit])
        .filter(|planned| planned.purpose == Purpose::EngineVariable)
        .filter_map(|planned| match planned.change {
            Change::RemoveEntry { index, .. } => Some((planned.node(), index)),
            _ => None,
        })
        .collect();
    let mut copied = Vec::new();
    for (name, variable) in &job.variables {
        let merged = variable
            .slots
            .iter()
            .any(|(scope, slot)| *scope == Scope::Job && slot.reach.first() == Some(&Via::Merge));
        let goes = |slot: &Slot| gone.contains(&(slot.mapping, slot.index));
        if !merged || variable.slots.iter().all(|(_, slot)| goes(slot)) {
            continue;
        }
        let plain = variable
            .slots
            .last()
            .is_some_and(|(_, slot)| slot.value == variable.node);
        let text = variable
            .value
            .as_ref()
            .filter(|text| plain && !text.contains('\n'))?;
        copied.push((name.to_string(), value(text)));
    }
    (copied.len() <= COPIED).then_some(NewHome::Key(copied))
}

fn is_mapping(tree: &Tree, node: NodeId) -> bool {
    tree.mapping(node).is_some()
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

/// Whether a job may see a new variable that others need: one that moves may, and one without Docker that runs nothing which
/// reads it.
fn may_get(documents: &Documents, plan: &Plan<'_>, user: usize, variable: &NewVariable) -> bool {
    let unit = &plan.units[user];
    match unit.state {
        State::Moves => true,
        State::Left(_) => false,
        State::Untouched => {
            let builders = plan.builders.get_or_init(|| {
                let jobs = plan.units.iter().map(|unit| unit.job);
                jobs.map(|job| names_a_builder(documents, job)).collect()
            });
            variable.name.starts_with("BUILDAH_") && !builders[user]
        }
    }
}

/// Whether a job names a program that builds images without Docker, and by variables of its own.
fn names_a_builder(documents: &Documents, job: &Job) -> bool {
    let image = job.image.iter().map(|image| image.text.as_str());
    let lines = job.lines();
    let lines = lines.filter_map(|(_, line)| documents.text(line.node));
    lines.chain(image).any(|text| {
        let mut words = ["buildah", "podman", "skopeo", "BUILDAH_"].iter();
        words.any(|word| text.contains(word))
    })
}

/// The mapping that loses Docker's variables for this job, if nobody who uses it stays. `gone` says which entries go.
fn where_docker_stood(
    documents: &Documents,
    plan: &Plan<'_>,
    users: &Users,
    unit: usize,
    variable: &NewVariable,
    gone: impl Fn(NodeRef, usize) -> bool,
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
        if !gone(mapping, index) {
            continue;
        }
        let users = users.get(&mapping);
        let all_move = users.is_none_or(|users| {
            users
                .iter()
                .all(|user| may_get(documents, plan, *user, variable))
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

/// A `variables:` mapping of a template or of the whole file that several jobs have, if all who see it move and several of
/// them need the variable.
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
        let stays = users.iter().any(|user| !plan.moves(*user));
        let need = users.iter().filter(|user| {
            let drafted = plan.units[**user].drafted.iter();
            plan.moves(**user)
                && drafted
                    .flat_map(|drafted| &drafted.draft.variables)
                    .any(|known| known.name == variable.name && known.value == variable.value)
        });
        let entries = documents.tree(mapping).mapping(mapping.node)?;
        (!stays && need.count() > 1).then_some((mapping, entries.len()))
    })
}

/// The job's own `variables:`, if it is a mapping that only jobs have which move, or nobody but this job (`alone`).
fn own_variables(
    documents: &Documents,
    users: &Users,
    plan: &Plan<'_>,
    unit: usize,
    alone: bool,
) -> Option<(NodeRef, usize)> {
    let own = plan.units[unit].job.own?;
    let tree = documents.tree(own);
    let entry = tree.get(own.node, plan.units[unit].job.provider.variables_key())?;
    let entries = tree.mapping(entry.value)?;
    let mapping = NodeRef {
        file: own.file,
        node: entry.value,
    };
    let free = users.get(&mapping).is_none_or(|users| {
        users
            .iter()
            .all(|user| *user == unit || !alone && plan.moves(*user))
    });
    free.then_some((mapping, entries.len()))
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
    let Some((mapping, _)) = own_variables(documents, users, plan, unit, false) else {
        return false;
    };
    let tree = documents.tree(mapping);
    let Some(entries) = tree.mapping(mapping.node) else {
        return false;
    };
    let found = entries.iter().rposition(|entry| {
        tree.scalar(entry.key)
            .is_some_and(|key| key.value() == variable.name)
    });
    let Some(index) = found else { return false };
    let node = entries[index].value;
    if tree.scalar(node).is_none() {
        return false;
    }
    settling.keep(mapping, index);
    let text = variable.value.clone();
    // others who stand for the old value by an alias keep it
    let is_alias = matches!(tree.node(node).kind, Kind::Alias { .. });
    let change = match is_alias || tree.anchor_is_used(node) {
        true => Change::ReplaceWhole {
            node,
            value: New::Scalar(text),
        },
        false => Change::ReplaceScalar { node, text },
    };
    settling.add(mapping.file, change);
    true
}
