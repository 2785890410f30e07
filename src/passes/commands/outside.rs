//! Paths outside of the checkout that a container mounts and that may not be there: Docker makes a folder of them, Podman
//! ends with an error.
//! Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1 beside Docker 26.1.

use crate::passes::docker_call::{DockerCall, Flag};
use crate::passes::draft::Draft;
use crate::passes::job::JobPass;
use crate::passes::script_edit::insert_before;
use crate::rules::Paths;
use crate::rules::ids;

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

/// What a container is given of the machine beside the checkout.
pub(super) struct Mount {
    /// The path, with the user's folder as it is written.
    pub(super) source: String,
    /// Where it is in the container.
    target: String,
    /// Whether one of both paths ends in a slash.
    ends_as_folder: bool,
}

impl Mount {
    /// `/srv/data:/data:ro`, `~/.m2:/root/.m2`; nothing if it is no such path, or one that only the shell knows.
    pub(super) fn of(docker: &DockerCall<'_>, flag: &Flag<'_>) -> Option<Self> {
        let value = docker.value(flag)?.text;
        if docker.view.context.rules.below_checkout(&value).is_some() {
            return None;
        }
        let (written, rest) = value.split_once(':')?;
        let target = rest.split(':').next().unwrap_or_default();
        let source = match written.trim_end_matches('/') {
            "" => "/",
            source => source,
        };
        let below_home = HOMES.iter().find_map(|home| source.strip_prefix(home));
        let path = below_home.unwrap_or(source);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
        let engine = source.ends_with(".sock") || source.contains("/docker/");
        let read = (path.starts_with('/') && path.bytes().all(plain)) && !engine;
        read.then(|| Self {
            ends_as_folder: written.ends_with('/') || target.ends_with('/'),
            source: source.to_owned(),
            target: target.to_owned(),
        })
    }

    /// Whether it is a folder beyond doubt.
    fn is_folder(&self, paths: &Paths) -> bool {
        let last = |path: &str| {
            let path = path.trim_end_matches('/');
            path.rsplit('/').next().unwrap_or_default().to_owned()
        };
        let named_so = |name: &str| !name.contains('.') || paths.is_folder_name(name);
        !paths.is_file(&self.source)
            && named_so(&last(&self.source))
            && named_so(&last(&self.target))
            && !self.source.split('/').any(|part| part == "..")
    }

    /// Whether it is called as folders are, here or in the container.
    fn is_called_folder(&self, paths: &Paths) -> bool {
        let named_so = |path: &str| {
            let last = path.rsplit('/').next().unwrap_or_default();
            path.split('/')
                .any(|part| matches!(part, "cache" | ".cache"))
                || paths.is_folder_name(last)
        };
        self.ends_as_folder || named_so(&self.source) || named_so(&self.target)
    }

    /// Whether the runner's user may make it.
    fn is_the_users(&self) -> bool {
        self.source.starts_with("/tmp/") || HOMES.iter().any(|home| self.source.starts_with(home))
    }

    /// The path for `mkdir`.
    fn written(&self) -> String {
        match self.source.starts_with('$') {
            true => format!("\"{}\"", self.source),
            false => self.source.clone(),
        }
    }
}

/// How a script writes the user's own folder.
const HOMES: [&str; 3] = ["$HOME", "${HOME}", "~"];
