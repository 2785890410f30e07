//! Reading the files of a repository once, with what is wrong with them.

use std::path::{Path, PathBuf};

use crate::collections::HashMap;
use crate::outcome::Problem;
use crate::pipeline::{Document, Documents, NodeRef};
use crate::repository::{Files, Parsed};
use crate::text::FileId;

/// Reads files once and remembers them.
pub(super) struct Reader<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) documents: Documents,
    known: HashMap<PathBuf, Option<FileId>>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Self {
            files,
            documents: Documents::default(),
            known: HashMap::default(),
            problems: Vec::new(),
        }
    }

    /// Reads and parses a file; what is wrong with it is noted once.
    pub(super) fn open(&mut self, path: &Path) -> Option<FileId> {
        if let Some(known) = self.known.get(path) {
            return *known;
        }
        let file = self.parse(path);
        self.known.insert(path.to_owned(), file);
        file
    }

    /// A file that was read.
    pub(super) fn known_file(&self, path: &Path) -> Option<FileId> {
        self.known.get(path).copied().flatten()
    }

    fn parse(&mut self, path: &Path) -> Option<FileId> {
        let Parsed { source, tree } = match self.files.parsed(path) {
            Ok(parsed) => parsed,
            Err(error) => {
                self.problems.push(Problem {
                    path: error.path,
                    at: error.at,
                    message: error.message,
                    ours: false,
                });
                return None;
            }
        };
        match tree {
            Ok(tree) => {
                let id = FileId(self.documents.files.len() as u32);
                self.documents.files.push(Document { source, tree });
                Some(id)
            }
            Err(problem) => {
                self.problems.push(Problem {
                    path: source.path().to_owned(),
                    at: Some(source.position(problem.at.start as usize)),
                    message: format!("not YAML: {}; mend the file and run again", problem.message),
                    ours: false,
                });
                None
            }
        }
    }

    /// Says that something is wrong at a node.
    pub(super) fn problem(&mut self, at: NodeRef, message: String) {
        let location = self.documents.location(at);
        let source = &self.documents.file(at.file).source;
        self.problems.push(Problem {
            path: source.path().to_owned(),
            at: Some(source.position(location.span.start as usize)),
            message,
            ours: false,
        });
    }
}
