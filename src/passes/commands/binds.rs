//! Folders that a container mounts and that may not be there: Docker makes them, Podman ends with an error.
//! Source: ran on Podman 4.3.1 and 5.8.6, Docker 20.10.

use std::path::Path;

use crate::passes::context::unquoted;
use crate::passes::docker_call::{DockerCall, Flag};
use crate::passes::draft::Draft;
use crate::passes::folder::{below_root, path_from};
use crate::passes::job::JobPass;
use crate::passes::script_edit::insert_before;
use crate::pipeline::{Action, Job};
use crate::repository::slashed;
use crate::rules::Folder;
use crate::rules::ids;
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

/// The two sides of a mount from the job's folder.
pub(super) struct Bind {
    /// How the path begins.
    start: String,
    /// Which folder that is.
    from: Folder,
    /// The rest of it.
    pub(super) path: String,
    /// Where it is in the container.
    target: String,
}

impl Bind {
    /// `"$PWD/out:/out:ro"`, `"$PWD"/out:/out`, `../out:/out`; nothing if it is no path from the job's folder.
    pub(super) fn of(docker: &DockerCall<'_>, flag: &Flag<'_>) -> Option<Self> {
        let value = docker.value(flag)?.text;
        let value = assigned(docker, &value).unwrap_or(value);
        let goes_up = value
            .starts_with("../")
            .then_some((Folder::Working, &*value));
        let rules = docker.view.context.rules;
        let (from, rest) = rules.below_checkout(&value).or(goes_up)?;
        let mut parts = rest.split(':');
        let path = parts.next()?.trim_end_matches('/');
        (!path.is_empty() && path != ".").then(|| Self {
            start: value[..value.len() - rest.len()].to_owned(),
            from,
            path: path.to_owned(),
            target: parts.next().unwrap_or_default().to_owned(),
        })
    }

    /// Whether it is a folder beyond doubt: neither side is named like a file, and nothing in the name is filled in.
    fn is_folder(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
        let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut parts = self.path.split('/').skip_while(|part| *part == "..");
        self.path.bytes().all(plain)
            && parts.all(|part| !part.is_empty() && part != ".." && !part.starts_with('-'))
            && !last(&self.path).contains('.')
            && !last(self.target.trim_end_matches('/')).contains('.')
    }

    /// Whether it leads out of the folder from which it counts.
    fn goes_up(&self) -> bool {
        self.path.starts_with("..")
    }

    /// The path for `mkdir`, in a script that runs `elsewhere` than at the top of the checkout, or there.
    fn written(&self, elsewhere: bool) -> String {
        match self.from {
            Folder::Checkout if elsewhere => format!("\"{}{}\"", self.start, self.path),
            Folder::Checkout | Folder::Working => self.path.clone(),
        }
    }
}

/// A source that begins with a variable of the script, with the one text in its place that the script gives it.
fn assigned(docker: &DockerCall<'_>, value: &str) -> Option<String> {
    let after = value.strip_prefix('$')?;
    let inner = after.strip_prefix('{').unwrap_or(after);
    let letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let (name, rest) = inner.split_at(inner.find(|one| !letter(one))?);
    let rest = match after.starts_with('{') {
        true => rest.strip_prefix('}')?,
        false => rest,
    };
    let mut texts = docker.view.lines.iter().flat_map(|line| {
        let scripts = line.parsed.script.iter();
        let set = scripts.flat_map(|script| &script.assignments);
        let set = set.filter(|set| set.name == name);
        set.map(|set| unquoted(set.value.raw(&line.parsed.text)))
    });
    match (texts.next(), texts.next()) {
        (Some(text), None) => Some(docker.view.expand(&text).text + rest),
        _ => None,
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
