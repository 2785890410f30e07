//! Proves a result: a second reader finds the intended values and no others, a second run proposes nothing, and what stays is
//! what it was.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use crate::analysis::Scripts;
use crate::collections::HashMap;
use crate::options::Options;
use crate::outcome::Problem;
use crate::pipeline::{Document, Documents, Lowered};
use crate::plan::Plan;
use crate::project::ProjectFiles;
use crate::prove;
use crate::repository::{Files, Parsed, ReadError};
use crate::rules::Rules;
use crate::text::{FileId, Source, Span};
use crate::yaml::Change;

use super::{Entries, Made, make};

/// A result that must not be shown as a change.
pub(super) struct Doubt {
    pub(super) file: FileId,
    pub(super) at: Option<Span>,
    pub(super) why: String,
}

impl Doubt {
    pub(super) fn problem(&self, documents: &Documents) -> Problem {
        let source = &documents.file(self.file).source;
        Problem {
            path: source.path().to_owned(),
            at: self.at.map(|span| source.position(span.start as usize)),
            message: format!(
                "the result failed its proof and nothing of it was used: {}",
                self.why
            ),
            ours: true,
        }
    }
}

/// The repository as it would be after the run.
struct After<'a> {
    files: &'a dyn Files,
    texts: HashMap<PathBuf, &'a str>,
    /// What was read before, by its path: a file that stays as it is need not be parsed again.
    before: HashMap<&'a Path, &'a Document>,
}

impl Files for After<'_> {
    fn read(&self, path: &Path) -> Result<Source, ReadError> {
        if let Some(text) = self.texts.get(path) {
            return Ok(Source::new(path, (*text).to_owned()));
        }
        let source = self.files.read(path)?;
        match self.texts.get(source.path()) {
            Some(text) => Ok(Source::new(source.path(), (*text).to_owned())),
            None => Ok(source),
        }
    }

    fn parsed(&self, path: &Path) -> Result<Parsed, ReadError> {
        match self.before.get(path) {
            Some(document) if !self.texts.contains_key(path) => Ok(Parsed {
                source: document.source.clone(),
                tree: Ok(document.tree.clone()),
            }),
            _ => self.read(path).map(Parsed::new),
        }
    }

    fn exists(&self, path: &Path) -> bool {
        self.files.exists(path)
    }

    fn glob(&self, pattern: &str) -> Vec<PathBuf> {
        self.files.glob(pattern)
    }
}

/// Proves a result: a second reader finds the intended values and no others, a second run proposes nothing, and what stays is what it was.
pub(super) fn check(
    files: &dyn Files,
    entries: &Entries,
    before: &Lowered,
    made: &Made<'_>,
    rules: &Rules,
    options: &Options,
    scripts: &Scripts,
) -> Result<(), Doubt> {
    let Made::Done { plan, texts } = made else {
        return Ok(());
    };
    let (documents, changes) = (&before.documents, &plan.changes);
    let second_reader = || values(documents, changes, texts);
    let second_run = || again(files, entries, before, plan, texts, rules, options, scripts);
    // The two know nothing of each other, and each takes about as long.
    thread::scope(
        |scope| match thread::Builder::new().spawn_scoped(scope, second_reader) {
            Ok(reader) => {
                let run = second_run();
                let read = reader.join().unwrap_or_else(|panic| resume_unwind(panic));
                read.and(run)
            }
            Err(_) => second_reader().and_then(|()| second_run()),
        },
    )
}

/// What is wrong with a file that the second reader does not read like ours even before anything changes: no result of such a
/// file can be proved, and that is no mistake of ours.
pub(super) fn odd(documents: &Documents, file: FileId) -> Option<Problem> {
    let document = documents.file(file);
    let why = prove::values(&document.tree, &[], document.source.text()).err()?;
    Some(Problem {
        path: document.source.path().to_owned(),
        at: None,
        message: format!(
            "two YAML readers do not agree on what it says, so nothing of it was used ({why}); write that more plainly and run again"
        ),
        ours: false,
    })
}

/// Whether a second reader finds the intended values and no others.
fn values(
    documents: &Documents,
    changes: &HashMap<FileId, Vec<Change>>,
    texts: &BTreeMap<FileId, String>,
) -> Result<(), Doubt> {
    for (file, text) in texts {
        let changes = changes.get(file).map(Vec::as_slice).unwrap_or_default();
        prove::values(&documents.file(*file).tree, changes, text).map_err(|why| Doubt {
            file: *file,
            at: None,
            why,
        })?;
    }
    Ok(())
}

/// Whether a second run proposes nothing, and what stays is what it was.
#[expect(clippy::too_many_arguments)]
fn again(
    files: &dyn Files,
    entries: &Entries,
    before: &Lowered,
    plan: &Plan<'_>,
    texts: &BTreeMap<FileId, String>,
    rules: &Rules,
    options: &Options,
    scripts: &Scripts,
) -> Result<(), Doubt> {
    let after_files = After {
        files,
        texts: texts
            .iter()
            .map(|(file, text)| {
                (
                    before.documents.file(*file).source.path().to_owned(),
                    text.as_str(),
                )
            })
            .collect(),
        before: before
            .documents
            .files
            .iter()
            .filter(|document| !document.tree.has_derived())
            .map(|document| (document.source.path(), document))
            .collect(),
    };
    let after = entries.lower(&after_files, rules, Some(&before.others));
    let first = texts.keys().next().copied().unwrap_or(FileId(0));
    prove::jobs(plan, before, &after).map_err(|why| Doubt {
        file: first,
        at: None,
        why,
    })?;
    let project = ProjectFiles::behind(after.documents.files.len());
    match make(
        &after_files,
        &after,
        rules,
        options,
        scripts,
        Some(&project),
    ) {
        Made::Done { texts, .. } if texts.is_empty() => Ok(()),
        Made::Done { texts, .. } => {
            let (file, text) = texts.into_iter().next().unwrap_or((first, String::new()));
            let old = after.documents.file(file).source.text();
            let line = old
                .lines()
                .zip(text.lines())
                .position(|(old, new)| old != new)
                .unwrap_or_default();
            let why = format!(
                "a second run would change it again, at line {} of the result",
                line + 1
            );
            Err(Doubt {
                file: first,
                at: None,
                why,
            })
        }
        Made::Doubtful(doubt) => Err(Doubt {
            file: first,
            at: None,
            why: doubt.why,
        }),
        Made::Failed => Ok(()),
    }
}
