//! Images that go from job to job: through a store that jobs share, or through archives.

use crate::analysis::Operation;
use crate::finding::{Finding, RuleId, Severity};
use crate::image_name::ImageName;
use crate::pipeline::{Action, Documents};
use crate::rewrite;
use crate::rules::ids;

use super::{Plan, State};

/// Leaves jobs where they are when what they take from or give to another job would not arrive.
pub(super) fn couple(plan: &mut Plan<'_>, documents: &Documents) -> bool {
    let archives = archives(plan, documents);
    let stores = stores(plan, documents);
    archives || stores
}

/// `docker save` here and `docker load` there: both move, or neither.
fn archives(plan: &mut Plan<'_>, documents: &Documents) -> bool {
    let with = |plan: &Plan<'_>, unit: usize, wanted: fn(&Operation) -> bool| {
        let unit = &plan.units[unit];
        unit.drafted
            .iter()
            .flat_map(|drafted| &drafted.facts.operations)
            .any(|(_, operation)| wanted(operation))
    };
    let saves: Vec<usize> = (0..plan.units.len())
        .filter(|unit| {
            with(plan, *unit, |operation| {
                matches!(operation, Operation::Save(_))
            })
        })
        .collect();
    let loads: Vec<usize> = (0..plan.units.len())
        .filter(|unit| with(plan, *unit, |operation| *operation == Operation::Load))
        .collect();
    if saves.is_empty() || loads.is_empty() {
        return false;
    }
    let all = saves.iter().chain(&loads).copied();
    let all: Vec<usize> = all
        .filter(|unit| hands_over(plan, documents, *unit))
        .collect();
    let pipelines: Vec<usize> = all
        .iter()
        .filter(|unit| matches!(plan.units[**unit].state, State::Left(_)))
        .map(|unit| plan.units[*unit].pipeline)
        .collect();
    let mut changed = false;
    for unit in all {
        if plan.moves(unit) && pipelines.contains(&plan.units[unit].pipeline) {
            let finding = reason(
                plan,
                documents,
                unit,
                ids::IMAGE_ARCHIVE,
                "an archive of images goes between this job and one that stays on Docker",
            );
            plan.leave(unit, finding);
            changed = true;
        }
    }
    changed
}

/// Whether a job can give files to another one, or get them from one: where each has a machine of its own, nothing goes from one
/// to the other without `needs` and without an action for it.
fn hands_over(plan: &Plan<'_>, documents: &Documents, unit: usize) -> bool {
    let unit = &plan.units[unit];
    let job = unit.job;
    if job.provider.hands_files_on() || job.keys.contains_key("needs") {
        return true;
    }
    let carries = |action: &Action| {
        ["artifact", "cache"]
            .iter()
            .any(|word| action.name.contains(word))
    };
    let mut others = plan
        .units
        .iter()
        .filter(|other| other.pipeline == unit.pipeline);
    let is_needed = others.any(|other| {
        let needs = other
            .job
            .keys
            .get("needs")
            .map(|node| documents.resolve(*node));
        needs.is_some_and(|needs| {
            let at = documents.location(needs);
            let text = documents.file(at.file).source.text();
            let text = text.get(at.span.range());
            text.is_some_and(|text| text.contains(job.name.as_str()))
        })
    });
    is_needed || job.actions.iter().any(carries)
}

/// Without a daemon of their own, jobs share the runner's store: what one builds, another finds.
fn stores(plan: &mut Plan<'_>, documents: &Documents) -> bool {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for user in 0..plan.units.len() {
        let Some(drafted) = &plan.units[user].drafted else {
            continue;
        };
        if drafted.own_store {
            continue;
        }
        for (call, operation) in &drafted.facts.operations {
            let image = match operation {
                Operation::Run { image, .. }
                | Operation::Push(image)
                | Operation::Tag { from: image, .. } => image,
                _ => continue,
            };
            // a build may push what it builds
            let before = match operation {
                Operation::Push(_) => *call + 1,
                _ => *call,
            };
            if drafted.facts.has_before(before, image) {
                continue;
            }
            let wanted = ImageName::without_tag(image);
            let builders = (0..plan.units.len()).filter(|builder| {
                *builder != user
                    && plan.units[*builder].pipeline == plan.units[user].pipeline
                    && plan.units[*builder]
                        .drafted
                        .as_ref()
                        .is_some_and(|drafted| {
                            !drafted.own_store
                                && drafted.facts.makes(wanted)
                                && !(drafted.facts.pushes_to(wanted)
                                    && matches!(operation, Operation::Run { .. }))
                        })
            });
            found.extend(builders.map(|builder| (user, builder)));
        }
    }
    let mut changed = false;
    for (user, builder) in found {
        for (unit, message) in [
            (
                user,
                "this job uses an image that another job left in the runner's store; Podman's store ends with its job",
            ),
            (
                builder,
                "another job takes an image of this one out of the runner's store; Podman's store ends with its job",
            ),
        ] {
            if plan.moves(unit) {
                let finding = reason(plan, documents, unit, ids::SHARED_STORE, message);
                plan.leave(unit, finding);
                changed = true;
            }
        }
    }
    changed
}

fn reason(
    plan: &Plan<'_>,
    documents: &Documents,
    unit: usize,
    rule: RuleId,
    message: &str,
) -> Finding {
    let at = documents.location(plan.units[unit].job.key);
    let mut finding = rewrite::finding(rule, Severity::Warning, at, message);
    finding.help = Some(
        "push the image to a registry in the one job and pull it in the other, then run again"
            .to_owned(),
    );
    finding
}
