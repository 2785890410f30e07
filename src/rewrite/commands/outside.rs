//! Paths outside of the checkout that a container mounts and that may not be there: Docker makes a folder of them, Podman
//! ends with an error.
//! Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1 beside Docker 26.1.

use crate::analysis::mounts::Mount;
use crate::analysis::{DockerCall, Flag, JobPass};
use crate::rewrite::draft::Draft;
use crate::rewrite::script_edit::insert_before;
use crate::rules::{Paths, ids};

use super::binds::is_made_by_action;

/// Makes the folders that Docker would have made, or says that something may be missing.
pub(super) fn run(pass: &JobPass<'_>, index: usize, docker: &DockerCall<'_>, draft: &mut Draft) {
    let Some(paths) = docker.view.context.rules.paths() else {
        return;
    };
    let mut missing: Vec<(Mount, &Flag<'_>)> = Vec::new();
    for flag in docker.flags_named("--volume") {
        let Some(mount) = Mount::of(docker, flag) else {
            continue;
        };
        let there = paths.is_there(&mount.source)
            || pass.view.on_machine() && paths.is_on_machines(&mount.source)
            || pass.made().before(index, &mount.source)
            || is_made_by_action(pass, docker, &mount.source)
            || is_written_by_login(pass, &mount.source)
            || missing
                .iter()
                .any(|(known, _)| known.source == mount.source);
        if !there {
            missing.push((mount, flag));
        }
    }
    let can_be_made =
        |mount: &Mount| mount.is_folder(paths) && (!pass.view.on_machine() || mount.is_the_users());
    let makeable = || missing.iter().filter(|(mount, _)| can_be_made(mount));
    let mut made = false;
    if let Some((_, first)) = makeable().next() {
        let command = command_for(makeable().map(|(mount, _)| mount), paths);
        let message = format!(
            "`{command}` comes in front: Docker makes a folder that is mounted and missing, Podman ends with an error"
        );
        let why = draft.note(ids::BIND_SOURCE, docker.at_words(&first.words), message);
        made = insert_before(pass.view, docker.call, &command, draft, why);
    }
    for (mount, flag) in &missing {
        if made && can_be_made(mount) {
            continue;
        }
        draft.review(
            ids::BIND_SOURCE,
            docker.at_words(&flag.words),
            format!(
                "{} may be missing where the job runs: Docker makes a folder that is missing, Podman ends with an error",
                mount.source
            ),
            "write `mkdir -p` in front, or see that the file or folder is there",
        );
    }
}

/// What makes the folders that are not there. Where a file may lie, as at `~/.kube/config`, `mkdir` would fail.
fn command_for<'m>(mounts: impl Iterator<Item = &'m Mount>, paths: &Paths) -> String {
    let (sure, others): (Vec<&Mount>, Vec<&Mount>) =
        mounts.partition(|mount| mount.is_called_folder(paths));
    let sure: Vec<String> = sure.iter().map(|mount| mount.written()).collect();
    let sure = (!sure.is_empty()).then(|| format!("mkdir -p {}", sure.join(" ")));
    let others = others.iter().map(|mount| {
        let path = mount.written();
        format!("(test -e {path} || mkdir -p {path})")
    });
    sure.into_iter()
        .chain(others)
        .collect::<Vec<_>>()
        .join(" && ")
}

/// The folder of Docker's credentials, which a login of the job makes.
fn is_written_by_login(pass: &JobPass<'_>, source: &str) -> bool {
    source.ends_with("/.docker") && !pass.facts.logins.is_empty()
}
