//! What a build leaves out of its context, and which of two files Podman reads.

use std::path::{Path, PathBuf};

use crate::collections::HashSet;
use crate::dockerfile::is_repository;
use crate::project::ProjectFile;
use crate::rules::ids;
use crate::text::Location;

use super::builds::{Build, Built};
use super::check::JobCheck;

/// Looks at the files beside the Dockerfiles of the repository that the job builds.
pub(super) fn run(check: &mut JobCheck<'_>) {
    let builds = check.builds();
    let mut known = HashSet::default();
    for build in &builds.builds {
        if known.insert((&build.files.context, build.dockerfile)) {
            ignore_files(check, build, &builds.dockerfiles[build.dockerfile]);
        }
        named_contexts(check, build);
    }
}

fn ignore_files(check: &mut JobCheck<'_>, build: &Build<'_>, built: &Built) {
    let beside = |ending: &str| {
        let mut name = build.files.dockerfile.clone().into_os_string();
        name.push(ending);
        check.open(Path::new(&name))
    };
    let at_root = |name: &str| check.open(&build.files.context.join(name));
    let own = beside(".dockerignore");
    let shared = at_root(".dockerignore");
    let docker = own.as_ref().or(shared.as_ref());
    let podman = beside(".containerignore").or_else(|| match own {
        Some(_) => None,
        None => at_root(".containerignore"),
    });
    if let (Some(podman), Some(docker)) = (&podman, docker)
        && podman.source.text() != docker.source.text()
    {
        let name = podman.source.path().display().to_string();
        check.emit(ids::CONTAINERIGNORE_FIRST, beginning(docker), &name);
    }
    if let (Some(own), None) = (&own, &podman) {
        let name = own.source.path().display().to_string();
        check.emit(ids::DOCKERFILE_IGNORE_FILE, beginning(own), &name);
    }
    let ignores = docker.is_some_and(says_something);
    if ignores {
        let runs = built.instructions().into_iter();
        let mounts = runs.flat_map(|instruction| instruction.flags_named("--mount"));
        let binds = mounts.filter(|flag| {
            !flag.has(&["from"])
                && flag
                    .options()
                    .any(|option| option == ("type", Some("bind")))
        });
        for flag in binds {
            let it = built.file.source.text().get(flag.span.clone());
            let at = built.file.at(flag.span.clone());
            check.emit(ids::BIND_MOUNT_IGNORED_FILES, at, it.unwrap_or_default());
        }
    }
    let left_out = podman.as_ref().or(docker).is_some_and(says_something);
    let adds = built
        .instructions()
        .into_iter()
        .filter(|it| it.keyword == "ADD");
    for word in adds.flat_map(|add| add.words()).filter(|_| left_out) {
        if is_repository(&word.text) {
            check.emit(
                ids::ADD_GIT_IGNORED_FILES,
                built.file.at(word.span),
                &word.text,
            );
        }
    }
}

/// `--build-context NAME=FOLDER` of a folder with an ignore file of its own.
fn named_contexts(check: &mut JobCheck<'_>, build: &Build<'_>) {
    for flag in build.docker.flags_named("--build-context") {
        let value = build.docker.value(flag).filter(|value| !value.unknown);
        let Some(folder) = value.and_then(|value| Some(value.text.split_once('=')?.1.to_owned()))
        else {
            continue;
        };
        let folder = PathBuf::from(folder.trim_start_matches("./"));
        let inside = folder.is_relative() && !folder.to_string_lossy().contains("://");
        let ignores = inside && check.open(&folder.join(".dockerignore")).is_some();
        if ignores {
            let at = build.docker.at_words(&flag.words);
            let it = folder.display().to_string();
            check.emit(ids::BUILD_CONTEXT_IGNORE_FILE, at, &it);
        }
    }
}

/// The first line that says something.
fn beginning(file: &ProjectFile) -> Location {
    let text = file.source.text();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let pattern = line.trim();
        if !pattern.is_empty() && !pattern.starts_with('#') {
            let blank = line.len() - line.trim_start().len();
            return file.at(start + blank..start + blank + pattern.len());
        }
        start += line.len();
    }
    file.at(0..0)
}

fn says_something(file: &ProjectFile) -> bool {
    let lines = file.source.text().lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .any(|line| !is_about_the_build(line))
}

/// Lines that take only the files of the build itself away.
fn is_about_the_build(line: &str) -> bool {
    let name = line.rsplit('/').next().unwrap_or(line);
    matches!(name, "Dockerfile" | "Dockerfile*" | ".dockerignore")
}
