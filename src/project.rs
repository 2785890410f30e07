//! Files of the repository that no CI server reads and that findings point into: Dockerfiles, compose files, manifests.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::repository::Files;
use crate::text::{FileId, Location, Source, Span};

/// How many bytes of such a file are looked at. Real ones are far smaller; of a larger one nothing is known, as of one that is
/// not there.
pub(crate) const LARGEST: usize = 256 * 1024;

/// The files that were asked for, each read once. Their numbers follow those of the pipeline's own files.
#[derive(Debug, Default)]
pub struct ProjectFiles {
    first: u32,
    sources: RefCell<Vec<Rc<Source>>>,
    /// The files by the paths that were asked for.
    known: RefCell<HashMap<PathBuf, Option<FileId>>>,
    /// The sources by their own paths.
    numbers: RefCell<HashMap<PathBuf, usize>>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct ProjectFile {
    /// Its number, as in the locations of findings.
    pub id: FileId,
    /// Its text.
    pub source: Rc<Source>,
}

impl ProjectFile {
    /// A range of its bytes as a place.
    pub fn at(&self, range: std::ops::Range<usize>) -> Location {
        Location {
            file: self.id,
            span: Span::new(range.start, range.end),
        }
    }
}

impl ProjectFiles {
    /// No file yet; `first` is the number of the first one.
    pub fn behind(first: usize) -> Self {
        Self {
            first: first as u32,
            ..Self::default()
        }
    }

    /// Reads a file, once; nothing if it is not there, cannot be read or is larger than 256 KB.
    pub fn open(&self, files: &dyn Files, path: &Path) -> Option<ProjectFile> {
        let known = self.known.borrow().get(path).copied();
        let id = known.unwrap_or_else(|| {
            let read = files.exists(path).then(|| files.read(path).ok()).flatten();
            let read = read.filter(|source| source.text().len() <= LARGEST);
            let id = read.map(|source| self.number(source));
            self.known.borrow_mut().insert(path.to_owned(), id);
            id
        })?;
        let sources = self.sources.borrow();
        let source = sources.get((id.0 - self.first) as usize)?.clone();
        Some(ProjectFile { id, source })
    }

    /// Two ways to one file give one number.
    fn number(&self, source: Source) -> FileId {
        let mut sources = self.sources.borrow_mut();
        let mut numbers = self.numbers.borrow_mut();
        let known = numbers.entry(source.path().to_owned());
        let index = *known.or_insert_with(|| {
            sources.push(Rc::new(source));
            sources.len() - 1
        });
        FileId(self.first + index as u32)
    }

    /// All files that were read, in the order of their numbers.
    pub fn into_sources(self) -> Vec<Source> {
        let sources = self.sources.into_inner();
        sources.into_iter().map(Rc::unwrap_or_clone).collect()
    }
}
