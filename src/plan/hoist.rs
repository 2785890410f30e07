//! Lines that many jobs would get one by one go once into the list that all of them begin with.

use std::collections::BTreeMap;

use crate::pipeline::{Documents, NodeRef, Phase};
use crate::rewrite::Purpose;
use crate::text::FileId;
use crate::yaml::{Change, Kind, New};

use super::{Plan, Users};

/// Moves setup lines from the lists of single jobs to a `before_script` that they share, if every job that has it moves.
pub(super) fn hoist(plan: &mut Plan<'_>, documents: &Documents, users: &Users) {
    let mut wanted: BTreeMap<NodeRef, Vec<(usize, usize, String)>> = BTreeMap::new();
    for unit in 0..plan.units.len() {
        if !plan.moves(unit) {
            continue;
        }
        let Some(shared) = shared_list(plan, documents, users, unit) else {
            continue;
        };
        let drafted = plan.units[unit].drafted.iter();
        for (index, planned) in drafted
            .flat_map(|drafted| &drafted.draft.changes)
            .enumerate()
        {
            if planned.purpose == Purpose::Setup
                && let Change::InsertItem {
                    value: New::Scalar(line),
                    ..
                } = &planned.change
            {
                wanted
                    .entry(shared)
                    .or_default()
                    .push((unit, index, line.clone()));
            }
        }
    }
    for (list, lines) in wanted {
        let mut by_line: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        for (unit, index, line) in &lines {
            by_line.entry(line).or_default().push((*unit, *index));
        }
        for (line, places) in by_line {
            if places.len() < 2 {
                continue;
            }
            for (unit, index) in places {
                plan.units[unit].overridden.insert(index);
            }
            let value = New::Scalar(line.to_owned());
            plan.hoisted.push((
                list.file,
                Change::InsertItem {
                    sequence: list.node,
                    at: 0,
                    value,
                },
            ));
        }
    }
}

/// The list that a job's `before_script` is, if other jobs have it too and all of them move.
fn shared_list(
    plan: &Plan<'_>,
    documents: &Documents,
    users: &Users,
    unit: usize,
) -> Option<NodeRef> {
    let script = plan.units[unit]
        .job
        .scripts
        .iter()
        .find(|script| script.phase == Phase::Before)?;
    let list = script.slot.value;
    let is_list = matches!(&documents.tree(list).node(list.node).kind, Kind::Sequence { items, .. } if !items.is_empty());
    let users = users.get(&list)?;
    (is_list
        && !plan.held.has(list)
        && users.len() > 1
        && users.iter().all(|user| plan.moves(*user)))
    .then_some(list)
}

/// Changes that belong to several jobs.
pub(super) type Hoisted = Vec<(FileId, Change)>;
