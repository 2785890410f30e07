//! Which machine a host name leads to.

use super::context::JobView;
use super::docker_call::DockerCall;

/// Whether a host is the job itself, or its daemon by the usual name.
pub(crate) fn is_own_host(view: &JobView<'_>, host: &str) -> bool {
    let mut services = view
        .job
        .services
        .iter()
        .flat_map(|services| &services.items);
    matches!(host, "docker" | "localhost" | "127.0.0.1" | "0.0.0.0")
        || services.any(|service| service.aliases.iter().any(|alias| alias == host))
}

/// `docker context create x --docker host=ssh://...`.
pub(crate) fn leads_to_another_machine(docker: &DockerCall<'_>) -> bool {
    let text = docker
        .call
        .text()
        .get(docker.call.command().span.clone())
        .unwrap_or_default();
    let text = docker.view.expand(text).text;
    let ends = |one: char| ":/,\"' ".contains(one);
    let mut hosts = text.split("tcp://").skip(1).map(|rest| {
        let host = rest.split(ends).next();
        host.unwrap_or_default()
    });
    // `host=$DOCKER_HOST` is the engine that the job has anyway
    let unknown = text.split("host=$").skip(1).any(|rest| {
        let name = rest.trim_start_matches('{');
        !name.starts_with("DOCKER_HOST")
    });
    unknown
        || text.contains("ssh://")
        || hosts.any(|host| !host.is_empty() && !is_own_host(docker.view, host))
}
