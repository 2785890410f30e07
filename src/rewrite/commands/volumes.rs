//! `docker volume create`: for Docker a second one of a name is no error.

use crate::analysis::{DockerCall, JobPass};
use crate::rewrite::draft::Draft;
use crate::rules::ids;
use crate::version::Version;

use super::parts::Additions;

/// A Podman that has `--ignore`. Source: 5.4.2 has it, 4.3.1 has not.
const IGNORES: Version = Version {
    major: 5,
    minor: 4,
    patch: 0,
};

/// Lets a volume be made that may be there already.
/// Source: `volume create` of a known name is status 125, ran on Podman 4.3.1, 5.4.2, 5.8.6; 0 on Docker 20.10.
pub(super) fn create(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let Some(word) = docker.operands().first().copied() else {
        return; // without a name each is a new one
    };
    let name = docker.text_of(word).text;
    let there = pass.keeps_store() || pass.earlier.has_volume(index, &name);
    if !there || docker.call.command().context.tolerated {
        return;
    }
    let at = docker.at();
    match pass.target_podman() {
        Some(podman) if podman >= IGNORES => {
            let message = format!("the volume {name} may be there already, which Podman has to be told to let pass");
            draft.note(ids::VOLUME_EXISTS, at, message);
            additions.options.push("--ignore".to_owned());
        }
        _ => draft.block(
            ids::VOLUME_EXISTS,
            at,
            format!("the volume {name} may be there already, and for Podman that is an error"),
            "let the command fail (`|| true`), or name a Podman from 5.4 on with --podman: it can be told to let it pass",
        ),
    }
}
