//! What the runner must allow, by what the user says it is, and what it need not allow any more.

use crate::options::RunnerProfile;

use super::check::JobCheck;

/// Looks at the runner.
pub(super) fn run(check: &mut JobCheck<'_>) {
    runner(check);
    services(check);
}

/// What to set on it.
fn runner(check: &mut JobCheck<'_>) {
    let view = check.pass.view;
    let told = view.context.options.runner;
    let gitlab = !view.job.provider.labels_are_machines();
    let rule = match told {
        RunnerProfile::DockerUnprivileged if gitlab => "runner-unprivileged",
        RunnerProfile::Kubernetes if gitlab => "runner-kubernetes",
        RunnerProfile::Openshift if gitlab => "runner-openshift",
        RunnerProfile::Podman if gitlab => "runner-podman",
        RunnerProfile::DockerPrivileged if gitlab => "runner-hardening",
        RunnerProfile::Podman if check.pass.shares_engine() => "runner-hardening",
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
    let told = view.job.variables.contains_key("FF_NETWORK_PER_BUILD");
    if podman && stay && !told && !view.job.provider.labels_are_machines() {
        let at = view.context.documents.location(services.slot.value);
        check.emit("service-names", at, "");
    }
}
