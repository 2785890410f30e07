//! The files of the repository that a build reads: its context and its Dockerfile.

use std::path::PathBuf;

use super::docker_call::DockerCall;
use super::job::JobPass;

/// What a build reads, from the root of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BuildFiles {
    /// The folder that it sends to the engine; empty for the root.
    pub context: PathBuf,
    /// Its Dockerfile.
    pub dockerfile: PathBuf,
    /// Whether the command names the Dockerfile.
    pub named: bool,
}

/// The files of a build, if the command says which.
pub(crate) fn build_files(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
) -> Option<BuildFiles> {
    let view = &pass.view;
    let moved = pass.first_move.is_some_and(|first| first < index);
    if moved {
        return None;
    }
    let context = docker.operands().last().map(|word| docker.text_of(*word));
    let context = context.filter(|context| {
        !context.unknown && !context.text.contains("://") && context.text != "-"
    })?;
    let folder = view.line(docker.call).folder.as_deref().unwrap_or_default();
    if folder.contains("${{") {
        return None;
    }
    let inside = |path: &str| match (folder, path.starts_with('/')) {
        ("", _) | (_, true) => clean(path),
        (folder, false) => clean(&format!("{folder}/{path}")),
    };
    let context = PathBuf::from(inside(&context.text)?);
    let (dockerfile, named) = match docker.flags_named("--file").last() {
        Some(flag) => {
            let file = docker.value(flag)?;
            if file.unknown || file.text == "-" {
                return None;
            }
            (PathBuf::from(inside(&file.text)?), true)
        }
        None => (context.join("Dockerfile"), false),
    };
    Some(BuildFiles {
        context,
        dockerfile,
        named,
    })
}

/// A path from the root of the repository, or nothing if it leads out of it.
fn clean(path: &str) -> Option<String> {
    let path = path
        .strip_prefix("$CI_PROJECT_DIR")
        .or_else(|| path.strip_prefix("${CI_PROJECT_DIR}"))
        .unwrap_or(path);
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part if part.starts_with('~') || part.contains('$') => return None,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
