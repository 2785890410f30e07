//! Files that are parsed side by side before pipelines are made of them one by one.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::collections::HashMap;
use crate::parallel;
use crate::repository::{Files, Parsed, ReadError};
use crate::text::Source;

/// Files of a repository, each of which is parsed once.
pub(crate) struct Prefetch<'a> {
    files: &'a dyn Files,
    parsed: Mutex<HashMap<PathBuf, Result<Parsed, ReadError>>>,
}

impl<'a> Prefetch<'a> {
    /// Parses files that were read.
    pub(crate) fn new(files: &'a dyn Files, read: Vec<(&Path, Result<Source, ReadError>)>) -> Self {
        let parsed = parallel::map(read, |(path, source)| {
            (path.to_owned(), source.map(Parsed::new))
        });
        Self {
            files,
            parsed: Mutex::new(parsed.into_iter().collect()),
        }
    }
}

impl Files for Prefetch<'_> {
    fn read(&self, path: &Path) -> Result<Source, ReadError> {
        self.files.read(path)
    }

    fn parsed(&self, path: &Path) -> Result<Parsed, ReadError> {
        let known = || self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(parsed) = known().get(path) {
            return parsed.clone();
        }
        let parsed = self.files.parsed(path);
        known().insert(path.to_owned(), parsed.clone());
        parsed
    }

    fn exists(&self, path: &Path) -> bool {
        self.files.exists(path)
    }

    fn glob(&self, pattern: &str) -> Vec<PathBuf> {
        self.files.glob(pattern)
    }
}
