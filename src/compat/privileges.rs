//! What the runner must allow, by what the user says it is, and what it need not allow any more.

use crate::options::RunnerProfile;
use crate::pipeline::Provider;

use super::look::Look;

/// Looks at the runner.
pub(super) fn run(look: &mut Look<'_>) {
    runner(look);
    services(look);
}

/// What to set on it.
fn runner(look: &mut Look<'_>) {
    let view = look.pass.view;
    let told = view.context.options.runner;
    let gitlab = view.job.provider == Provider::GitLab;
    // a daemon beside the job shows that its runner is privileged already
    let must_change = gitlab && !look.pass.evidence.own_daemon();
    let rule = match told {
        RunnerProfile::DockerUnprivileged if must_change => "runner-unprivileged",
        RunnerProfile::Kubernetes if must_change => "runner-kubernetes",
        RunnerProfile::Openshift if must_change => "runner-openshift",
        RunnerProfile::Podman if gitlab => "runner-podman",
        RunnerProfile::DockerPrivileged if gitlab => "runner-hardening",
        RunnerProfile::AsIs | RunnerProfile::Podman if !gitlab && look.pass.shares_engine() => {
            "runner-hardening"
        }
        _ => return,
    };
    look.say(rule, view.at_job(), "");
}

/// Services of GitLab's on a runner that starts them with Podman.
fn services(look: &mut Look<'_>) {
    let view = look.pass.view;
    let Some(services) = &view.job.services else {
        return;
    };
    let podman = view.context.options.runner == RunnerProfile::Podman;
    let stay = services.items.len() > look.pass.evidence.daemons.len();
    let told = view.job.variables.contains_key("FF_NETWORK_PER_BUILD");
    if podman && stay && !told && view.job.provider == Provider::GitLab {
        let at = view.context.documents.location(services.slot.value);
        look.say("service-names", at, "");
    }
}
