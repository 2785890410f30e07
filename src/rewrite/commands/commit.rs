//! `docker commit`: it wants Docker's format, and a pause wants cgroups.

use crate::analysis::{DockerCall, JobPass};
use crate::rewrite::draft::Draft;
use crate::rules::ids;
use crate::version::Version;

use super::parts::Additions;

/// The first Podman that pauses a container by itself while it is committed.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1.
const PAUSES: Version = Version {
    major: 6,
    minor: 0,
    patch: 0,
};

/// Only an image in Docker's format has a message, and keeps a HEALTHCHECK that its container has.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1, where BUILDAH_FORMAT makes no difference.
fn format(docker: &DockerCall<'_>, additions: &mut Additions, draft: &mut Draft) {
    let changes = docker.flags_named("--change");
    let changes: Vec<String> = changes
        .filter_map(|flag| Some(docker.value(flag)?.text))
        .collect();
    let begins =
        |word: &str, text: &String| text.trim_start().to_ascii_uppercase().starts_with(word);
    if changes.iter().any(|text| begins("ONBUILD", text)) {
        draft.block(
            ids::IMAGE_FORMAT,
            docker.at(),
            "Podman loses ONBUILD when it commits a container, in every image format",
            "write ONBUILD in a Dockerfile that builds on the committed image, then run again",
        );
        return;
    }
    draft.note(
        ids::IMAGE_FORMAT,
        docker.at(),
        "Docker's image format keeps a message, and a HEALTHCHECK of the container; Podman adds container=podman to the variables of an image that it commits",
    );
    additions.options.push("--format docker".to_owned());
}

/// Commits in Docker's format, and without a pause where Podman would pause and has no cgroups to do it with.
pub(super) fn finish(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    format(docker, additions, draft);
    let goes_on = docker.flags_named("--no-pause").next().is_some()
        || docker.flags_named("--pause").next().is_some() && !docker.is_on("--pause");
    let may_pause = pass.target_podman().is_none_or(|podman| podman >= PAUSES);
    if pass.view.on_machine() || goes_on || !may_pause {
        return;
    }
    draft.note(
        ids::COMMIT_PAUSES,
        docker.at(),
        "Podman from 6.0 on pauses a container that it commits, and in the job's image it cannot: --pause=false",
    );
    additions.options.push("--pause=false".to_owned());
}
