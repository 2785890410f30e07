//! The changes of all jobs that move, gathered file by file.

use crate::collections::HashMap;
use crate::passes::Purpose;
use crate::pipeline::{Documents, NodeRef};
use crate::text::FileId;
use crate::yaml::Change;

use super::references::References;
use super::settle::{Settling, insert_key};
use super::{Plan, State, Unit, Users, effective, overrides, value_of, variables, written};

/// The changes of all jobs that move, file by file.
pub(super) fn changes(
    plan: &Plan<'_>,
    documents: &Documents,
    references: &References<'_>,
    users: &Users,
) -> HashMap<FileId, Vec<Change>> {
    let mut settling = Settling::default();
    let moving: Vec<&Unit<'_>> = plan
        .units
        .iter()
        .filter(|unit| matches!(unit.state, State::Moves))
        .collect();
    for unit in &moving {
        settling.cover(unit.job);
        for planned in effective(unit) {
            if planned.purpose == Purpose::EngineVariable && is_needed(plan, users, planned.node())
            {
                continue;
            }
            settling.add(planned.file, planned.change.clone());
        }
        for instead in overrides(unit) {
            if let Some(key) = value_of(&instead) {
                insert_key(documents, unit.job, key, &mut settling);
            }
        }
    }
    for (file, change) in &plan.hoisted {
        settling.add(*file, change.clone());
    }
    for ((unit, key), value) in &plan.pins {
        if !plan.moves(*unit) && plan.loses(*unit, key, &settling) {
            insert_key(
                documents,
                plan.units[*unit].job,
                ((*key).to_owned(), value.clone()),
                &mut settling,
            );
        }
    }
    for (index, unit) in plan.units.iter().enumerate() {
        if matches!(unit.state, State::Moves) {
            variables::place(plan, documents, users, index, &mut settling);
        }
    }
    written::write(&moving, documents, &mut settling);
    settling.close(documents, references)
}

/// Whether a job that stays reads the variables of a mapping.
fn is_needed(plan: &Plan<'_>, users: &Users, mapping: NodeRef) -> bool {
    users
        .get(&mapping)
        .into_iter()
        .flatten()
        .any(|user| matches!(plan.units[*user].state, State::Left(_)))
}
