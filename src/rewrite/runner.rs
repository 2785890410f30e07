//! What the runner lets Podman do in the job's container, as far as the file or the user says.

use crate::analysis::{JobPass, Operation};
use crate::finding::RuleId;
use crate::rules::{Grant, Profile, ids};

use super::draft::Draft;
use super::setup;

/// The name of the findings.
const RULE: RuleId = ids::RUNNER_ENGINE;

/// Holds what the job does against what its runner allows.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    if view.job.provider.labels_are_machines() || pass.evidence.commands.is_empty() {
        return; // the machine's own pass looks at a workflow's job
    }
    let Some(profile) = profile(pass) else { return };
    if profile.daemon_proves && pass.evidence.own_daemon() {
        return;
    }
    let runs = pass.facts.operations.iter().any(|(_, operation)| {
        matches!(
            operation,
            Operation::Run { .. } | Operation::ComposeUp { .. } | Operation::UseContainer
        )
    });
    let grant = if runs {
        &profile.containers
    } else {
        &profile.builds
    };
    let at = view.at_job();
    match grant {
        Grant::Safe => {}
        Grant::Review { why, help } => {
            draft.review(RULE, at, why.clone(), help.clone());
            if !runs {
                variables(pass, profile, draft);
            }
        }
        Grant::Stays { why, help } => draft.block(RULE, at, why.clone(), help.clone()),
    }
}

/// What is known of the runner that the user names.
fn profile<'a>(pass: &JobPass<'a>) -> Option<&'a Profile> {
    let context = pass.view.context;
    context.rules.profile(&context.options.runner.name())
}

/// What a job needs in its store and its builds without privileges.
fn variables(pass: &JobPass<'_>, profile: &Profile, draft: &mut Draft) {
    let view = &pass.view;
    let stores = |(_, operation): &(usize, Operation)| {
        !matches!(operation, Operation::Login(_) | Operation::Prune)
    };
    if !pass.facts.operations.iter().any(stores) {
        return;
    }
    let known = view.context.rules.podman_image();
    let own_image =
        pass.evidence.docker_image() && known.is_some_and(|known| known.is(&pass.podman_image()));
    for (name, value) in profile.variables(own_image) {
        if view.job.variables.contains_key(name) {
            continue;
        }
        let message = format!("{name}: {value} lets Podman build without privileges");
        let why = draft.note(RULE, view.at_job(), message);
        setup::variable(draft, name, value, why);
    }
}
