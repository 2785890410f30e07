//! Variables by which only Docker's image was named: nothing reads them once the jobs have moved.

use std::collections::BTreeSet;

use crate::analysis;
use crate::analysis::Readers;
use crate::finding::{Finding, Severity};
use crate::pipeline::{Documents, NodeRef};
use crate::rewrite;
use crate::rules::ids;

use super::{Plan, State};

/// Names every variable that stood in the image or in a service of a job that moves, and that no CI file reads any more.
pub(super) fn notes(plan: &Plan<'_>, documents: &Documents) -> Vec<Finding> {
    let mut defined: BTreeSet<(NodeRef, String)> = BTreeSet::new();
    let moving = plan.units.iter();
    for unit in moving.filter(|unit| matches!(unit.state, State::Moves)) {
        let services = unit.job.services.iter().flat_map(|it| &it.items);
        let services = services.map(|service| service.text.as_str());
        let image = unit.job.image.iter().map(|image| image.text.as_str());
        for text in image.chain(services).filter(|text| text.contains('$')) {
            let variables = unit.job.variables.iter();
            for (name, variable) in variables.filter(|(name, _)| analysis::names(text, name)) {
                let slots = variable.slots.iter().map(|(_, slot)| slot);
                defined.extend(slots.filter_map(|slot| {
                    let tree = documents.tree(slot.mapping);
                    let entries = tree.mapping(slot.mapping.node)?;
                    let key = NodeRef {
                        file: slot.mapping.file,
                        node: entries.get(slot.index)?.key,
                    };
                    Some((key, name.to_string()))
                }));
            }
        }
    }
    if defined.is_empty() {
        return Vec::new();
    }
    let changes = plan.changes.iter();
    let changes = changes.flat_map(|(file, changes)| changes.iter().map(|change| (*file, change)));
    let readers = Readers::of_all(documents, changes);
    let unread = defined.into_iter().filter(|(_, name)| !readers.read(name));
    unread
        .map(|(key, name)| {
            let mut finding = rewrite::finding(
                ids::VARIABLE_UNREAD,
                Severity::Note,
                documents.location(key),
                format!("{name} named Docker's image, and no CI file reads it any more"),
            );
            let help = "take it out, with the comment above it by which a bot keeps it new";
            finding.help = Some(help.to_owned());
            finding
        })
        .collect()
}
