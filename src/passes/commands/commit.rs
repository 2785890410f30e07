//! `docker commit`: a message wants Docker's format, and a pause wants cgroups.

use crate::passes::docker_call::DockerCall;
use crate::passes::draft::Draft;
use crate::passes::job::JobPass;
use crate::version::Version;

use super::parts::Additions;

/// The first Podman that pauses a container by itself while it is committed.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1.
const PAUSES: Version = Version {
    major: 6,
    minor: 0,
    patch: 0,
};

/// `-m`: only an image in Docker's format has a message.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1.
pub(super) fn message(docker: &DockerCall<'_>, additions: &mut Additions) {
    let option = "--format docker";
    let known = additions.options.iter().any(|known| known == option);
    if !known && docker.flags_named("--message").next().is_some() {
        additions.options.push(option.to_owned());
    }
}

/// Commits without a pause where Podman would pause, and has no cgroups to do it with.
pub(super) fn finish(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let goes_on = docker.flags_named("--no-pause").next().is_some()
        || docker.flags_named("--pause").next().is_some() && !docker.is_on("--pause");
    let may_pause = pass.target_podman().is_none_or(|podman| podman >= PAUSES);
    if pass.view.on_machine() || goes_on || !may_pause {
        return;
    }
    draft.note(
        "commit-pauses",
        docker.at(),
        "Podman from 6.0 on pauses a container that it commits, and in the job's image it cannot: --pause=false",
    );
    additions.options.push("--pause=false".to_owned());
}
