//! What the runner must allow, by what the user says it is, and what it need not allow any more.

use crate::options::RunnerProfile;
use crate::rules::ids;

use super::check::JobCheck;

/// Looks at the runner.
pub(super) fn run(check: &mut JobCheck<'_>) {
    runner(check);
    services(check);
}

/// What to set on it.
fn runner(check: &mut JobCheck<'_>) {
    let view = check.pass.view;
    let named = view.context.options.runner;
    let gitlab = !view.job.provider.labels_are_machines();
    let rule = match named {
        RunnerProfile::DockerUnprivileged if gitlab => ids::RUNNER_UNPRIVILEGED,
        RunnerProfile::Kubernetes if gitlab => ids::RUNNER_KUBERNETES,
        RunnerProfile::Openshift if gitlab => ids::RUNNER_OPENSHIFT,
        RunnerProfile::Podman if gitlab => ids::RUNNER_PODMAN,
        RunnerProfile::DockerPrivileged if gitlab => ids::RUNNER_HARDENING,
        RunnerProfile::Podman if check.pass.shares_engine() => ids::RUNNER_HARDENING,
        _ => return,
    };
    check.emit(rule, view.at_job(), "");
}

/// Services of GitLab's on a runner that starts them with Podman.
fn services(check: &mut JobCheck<'_>) {
    let view = check.pass.view;
    let Some(services) = &view.job.services else {
        return;
    };
    let podman = view.context.options.runner == RunnerProfile::Podman;
    let stay = services.items.len() > check.pass.evidence.daemons.len();
    let named = view.job.variables.contains_key("FF_NETWORK_PER_BUILD");
    if podman && stay && !named && !view.job.provider.labels_are_machines() {
        let at = view.context.documents.location(services.slot.value);
        check.emit(ids::SERVICE_NAMES, at, "");
    }
}
