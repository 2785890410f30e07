//! Folders that a container mounts and that may not be there: Docker makes them, Podman ends with an error.
//! Source: ran on Podman 4.3.1 and 5.8.6, Docker 20.10.

use std::path::Path;

use crate::analysis::mounts::Bind;
use crate::analysis::paths::{below_root, path_from};
use crate::analysis::{DockerCall, Flag, JobPass};
use crate::pipeline::{Action, Job};
use crate::repository::slashed;
use crate::rewrite::draft::Draft;
use crate::rewrite::script_edit::insert_before;
use crate::rules::{Folder, ids};
use crate::wildcard;
use crate::yaml::Kind;

/// Makes the folders that Docker would have made, or says that something may be missing.
pub(super) fn run(pass: &JobPass<'_>, index: usize, docker: &DockerCall<'_>, draft: &mut Draft) {
    let folder = pass.folder_at(index);
    let at_the_root = folder.as_ref().is_some_and(|it| it.as_os_str().is_empty());
    let mut missing: Vec<(Bind, &Flag<'_>)> = Vec::new();
    for flag in docker.flags_named("--volume") {
        let Some(bind) = Bind::of(docker, flag) else {
            continue;
        };
        let there = in_checkout(folder.as_deref(), &bind)
            .is_some_and(|path| is_in_repository(pass, &path) || is_from_another_job(pass, &path))
            || pass.made().before(index, &bind.path)
            || is_made_by_action(pass, docker, &bind.path)
            || missing.iter().any(|(known, _)| known.path == bind.path);
        if !there {
            missing.push((bind, flag));
        }
    }
    let can_be_made = |bind: &Bind| {
        bind.is_folder() && (!bind.goes_up() || in_checkout(folder.as_deref(), bind).is_some())
    };
    let folders: Vec<String> = missing
        .iter()
        .filter(|(bind, _)| can_be_made(bind))
        .map(|(bind, _)| bind.written(!at_the_root))
        .collect();
    let mut written = false;
    if let Some((_, first)) = missing.iter().find(|(bind, _)| can_be_made(bind)) {
        let command = format!("mkdir -p {}", folders.join(" "));
        let message = format!(
            "`{command}` comes in front: Docker makes a folder that is mounted and missing, Podman ends with an error"
        );
        let why = draft.note(ids::BIND_SOURCE, docker.at_words(&first.words), message);
        written = insert_before(pass.view, docker.call, &command, draft, why);
    }
    for (bind, flag) in &missing {
        if written && can_be_made(bind) {
            continue;
        }
        draft.review(
            ids::BIND_SOURCE,
            docker.at_words(&flag.words),
            format!(
                "{} is not in the repository: Docker makes a folder that is missing, Podman ends with an error",
                bind.path
            ),
            "write `mkdir -p` in front, or see that the file or folder is there",
        );
    }
}

/// A path from the root of the checkout, if that can be said.
fn in_checkout(folder: Option<&Path>, bind: &Bind) -> Option<String> {
    let folder = match bind.from {
        Folder::Checkout => Path::new(""),
        Folder::Working => folder?,
    };
    let path = path_from(folder, &bind.path)?;
    Some(slashed(&path))
}

fn is_in_repository(pass: &JobPass<'_>, path: &str) -> bool {
    let files = pass.view.context.files;
    files.exists(Path::new(path)) || !files.glob(&format!("{path}/**")).is_empty()
}

/// Whether an action that runs before names the path, and so may have made it.
pub(super) fn is_made_by_action(pass: &JobPass<'_>, docker: &DockerCall<'_>, path: &str) -> bool {
    let view = pass.view;
    let line = docker.call.line;
    let before = |action: &&Action| action.lines_before <= line;
    let mut actions = view.job.actions.iter().filter(before);
    actions.any(|action| {
        let mut inputs = action.inputs.values();
        inputs.any(|input| {
            let text = view.context.documents.text(*input);
            text.is_some_and(|text| text.contains(path))
        })
    })
}

/// Whether another job hands the path on.
fn is_from_another_job(pass: &JobPass<'_>, path: &str) -> bool {
    let view = pass.view;
    let jobs = view.context.pipeline.jobs.iter();
    let others = jobs.filter(|job| !job.hidden && job.name != view.job.name);
    others.flat_map(|job| artifacts(pass, job)).any(|artifact| {
        let artifact = below_root(artifact)
            .unwrap_or(artifact)
            .trim_start_matches("./")
            .trim_end_matches('/');
        let below = |inner: &str, outer: &str| {
            inner == outer
                || inner
                    .strip_prefix(outer)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        below(path, artifact) || below(artifact, path) || wildcard::matches(artifact, path)
    })
}

/// The paths that a job of GitLab's hands on.
fn artifacts<'a>(pass: &JobPass<'a>, job: &Job) -> Vec<&'a str> {
    let documents = pass.view.context.documents;
    let Some(artifacts) = job.keys.get("artifacts") else {
        return Vec::new();
    };
    let tree = documents.tree(*artifacts);
    let Some(paths) = tree.get(artifacts.node, "paths") else {
        return Vec::new();
    };
    match &tree.node(tree.resolve(paths.value)).kind {
        Kind::Sequence { items, .. } => {
            let texts = items.iter().filter_map(|item| tree.scalar(*item));
            texts.map(|scalar| scalar.value()).collect()
        }
        _ => Vec::new(),
    }
}
