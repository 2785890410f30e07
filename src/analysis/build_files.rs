//! The files of the repository that a build reads: its context and its Dockerfile.

use std::path::PathBuf;

use crate::image_name::Expanded;
use crate::providers::github::values::all;

use super::docker_call::DockerCall;
use super::job::JobPass;
use super::paths::{from_root, path_from};

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

/// How many files a build may read by the values of a matrix.
const MOST: usize = 64;

/// The files of a build, if the command says which: one set, or one for each value that the file gives an expression.
pub(crate) fn build_files(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
) -> Option<Vec<BuildFiles>> {
    let folder = pass.folder_at(index);
    let path = |written: &str| match &folder {
        Some(folder) => path_from(folder, written),
        None => from_root(written),
    };
    let context = docker.text_of(*docker.operands().last()?);
    let file = match docker.flags_named("--file").last() {
        Some(flag) => Some(docker.value(flag)?),
        None => None,
    };
    let mut found = Vec::new();
    for context in values(docker, &context) {
        if context.contains("://") || context == "-" {
            return None;
        }
        let context = path(&context)?;
        let Some(file) = &file else {
            found.push(BuildFiles {
                dockerfile: context.join("Dockerfile"),
                context,
                named: false,
            });
            continue;
        };
        for file in values(docker, file) {
            found.push(BuildFiles {
                context: context.clone(),
                dockerfile: path(&file).filter(|_| file != "-")?,
                named: true,
            });
        }
    }
    (!found.is_empty() && found.len() <= MOST).then_some(found)
}

/// Every text that a word may come to, as far as the file says them.
pub(crate) fn values(docker: &DockerCall<'_>, word: &Expanded) -> Vec<String> {
    let view = docker.view;
    let job = view.job.own.filter(|_| view.job.provider.has_steps());
    let Some(job) = job else {
        return vec![word.text.clone()];
    };
    // an action that is written out has its expressions in variables of its step
    let name = word.text.strip_prefix('$');
    let text = name.and_then(|name| docker.variable(name));
    let text = text.unwrap_or(&word.text);
    all(view.context.documents, job, text).unwrap_or_else(|| vec![text.to_owned()])
}
