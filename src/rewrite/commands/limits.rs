//! Limits: those that do nothing without cgroups, and those that only root may raise.

use crate::analysis::{DockerCall, Flag};
use crate::rewrite::draft::Draft;
use crate::rules::ids;

use super::parts::remove_flag;

/// `-m 512m`: in the stable image nothing holds a container to it, and nothing is said.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1 with the configuration of the stable image.
pub(super) fn resource(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft) {
    if docker.view.on_machine() {
        return;
    }
    draft.lose(
        ids::LIMITS_WITHOUT_EFFECT,
        docker.at_words(&flag.words),
        format!(
            "{} has no effect: containers of the job's image have no cgroups to be limited by",
            docker.written(flag)
        ),
        Some("nothing, unless the program takes its size from the limit, as Java does; then tell it by its own options"),
    );
}

/// `--ulimit memlock=-1:-1` of a user who is not root.
/// Source: setrlimit(2); the refusal ran on Podman 5.4.2, 5.8.6 and 6.1.1.
pub(super) fn memory_lock(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft) {
    let at = docker.at_words(&flag.words);
    let message = format!(
        "{} goes: only root may raise the limit of locked memory, and Podman on the runner is not root",
        docker.written(flag)
    );
    let why = draft.note(ids::MEMORY_LOCK, at, message);
    remove_flag(docker, flag, draft, why);
    draft.review(
        ids::MEMORY_LOCK,
        at,
        "the container gets no more locked memory than the runner's user has, because only root may raise this limit",
        "see that the program starts without it, or run the container by `sudo podman`",
    );
}
