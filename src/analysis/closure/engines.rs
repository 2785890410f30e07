//! Variables that files of the repository run as their engine.

use std::path::{Path, PathBuf};

use super::reading::Holds;
use super::{Closure, Found};

/// A variable that files of the repository run as their engine.
pub(crate) struct Engine {
    /// Its name.
    pub(crate) name: String,
    /// The call of the job that leads to it.
    pub(crate) call: usize,
    /// Where it is run.
    pub(crate) at: Found,
    /// Whether the environment may say what it is.
    pub(crate) is_settable: bool,
}

impl Closure<'_> {
    /// The variables that stand for docker where a file of the repository runs them, each once. `of_job` says what the job
    /// itself gives a variable.
    pub(crate) fn engines(&self, of_job: impl Fn(&str) -> Option<String>) -> Vec<Engine> {
        let mut found: Vec<Engine> = Vec::new();
        for (call, name, at) in &self.run {
            if found.iter().any(|engine| engine.name == *name) {
                continue;
            }
            let held: &[(Holds, Found)] = self.engines.get(name).map_or(&[], Vec::as_slice);
            let in_job = at.path.is_empty() && held.iter().all(|(_, at)| at.path.is_empty());
            let given = of_job(name);
            let podman = given.as_ref().is_some_and(|value| value.contains("podman"))
                || held.iter().any(|(holds, _)| *holds == Holds::Podman);
            let fixed = held.iter().any(|(holds, _)| *holds == Holds::Docker)
                || given
                    .as_ref()
                    .is_some_and(|value| value.starts_with("docker"));
            let unknown = held.is_empty()
                && given.is_none()
                && !self.set.contains(name)
                && name.to_ascii_lowercase().contains("docker");
            if in_job || podman || held.is_empty() && !fixed && !unknown {
                continue;
            }
            found.push(Engine {
                name: name.clone(),
                call: *call,
                at: at.clone(),
                is_settable: !fixed && !unknown,
            });
        }
        found
    }

    /// The commands in files that may run tests or look for images: the call that leads to each, its words, and the folders
    /// in which it may run.
    pub(crate) fn others(&self) -> impl Iterator<Item = (usize, &[String], &[PathBuf])> {
        let others = self.others.iter();
        others.map(|(call, simple, folders)| (*call, simple.words.as_slice(), folders.as_slice()))
    }

    /// The files that were reached.
    pub(crate) fn reached_files(&self) -> impl Iterator<Item = &Path> {
        self.parts.iter().map(|(path, _, _)| path.as_path())
    }

    /// The scripts of all parts that were reached, each with its file.
    pub(crate) fn scripts(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.parts.iter().flat_map(|(path, parts, index)| {
            let script = parts.get(*index).map(|part| part.script.as_slice());
            let lines = script.unwrap_or_default().iter();
            lines.map(|(_, text)| (path.as_path(), text.as_str()))
        })
    }
}
