//! What a job needs once before Podman can work: a line in front of a list, a variable.

use crate::analysis::{Call, JobView};
use crate::rules::ids;

use super::draft::{Draft, NewVariable, Purpose};
use super::script_edit::insert_in_front;

/// Tells Podman to take short names from Docker Hub: in the stable image it would have to ask.
/// Source: containers-registries.conf(5); ran on Podman 5.4.2.
const SHORT_NAMES: &str = "printf 'unqualified-search-registries = [\"docker.io\"]\\n' > /etc/containers/registries.conf.d/00-docker-io.conf";

/// Runs the healthchecks of all containers, as timers of systemd do where it runs. Source: ran docker-compose 2.40.3 on Podman
/// 5.8.6 without systemd: services become healthy and unhealthy, and what waits for them goes on or ends.
pub(super) const HEALTHCHECKS: &str = "while sleep 1; do for c in $(podman ps -q); do podman healthcheck run \"$c\"; done; done >/dev/null 2>&1 &";

/// Puts the line about short names in front of the list that holds a call, once a job.
pub(super) fn short_names(view: &JobView<'_>, call: &Call, message: String, draft: &mut Draft) {
    if draft.has_finding(ids::SHORT_NAME_LINE) {
        return;
    }
    if view.job.image.is_none() {
        let message = format!(
            "{message}; that is the runner's own configuration here: /etc/containers/registries.conf"
        );
        draft.note(ids::SHORT_NAME_LINE, view.at_command(call), message);
        return; // a runner's machine is not the job's to configure
    }
    let why = draft.note(ids::SHORT_NAME_LINE, view.at_command(call), message);
    let line = match draft.has_finding(ids::TOOLBOX_PACKAGES) {
        true => format!("mkdir -p /etc/containers/registries.conf.d && {SHORT_NAMES}"),
        false => SHORT_NAMES.to_owned(),
    };
    insert_in_front(view, view.line(call), &[line], Purpose::Setup, draft, why);
}

/// Whether the job's image is the place for what a script needs. A machine that runs jobs without an image is its
/// owner's: what it lacks is said, and not installed.
pub(super) fn can_install(
    view: &JobView<'_>,
    call: &Call,
    package: &str,
    draft: &mut Draft,
) -> bool {
    let has_image = view.job.image.is_some();
    if !has_image {
        draft.lose(
            ids::PROGRAM,
            view.at_command(call),
            format!("{package} must be on the runner's machine: the job has no image to put it in"),
            Some("see that it is there"),
        );
    }
    has_image
}

/// Gives the job a variable, once.
pub(super) fn variable(draft: &mut Draft, name: &str, value: impl Into<String>, finding: usize) {
    if draft.variables.iter().all(|known| known.name != name) {
        draft.variables.push(NewVariable {
            name: name.to_owned(),
            value: value.into(),
            finding,
        });
    }
}
