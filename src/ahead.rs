//! Files that are read, looked at and parsed side by side before pipelines are made of them one by one.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::collections::HashMap;
use crate::first_look::{Glance, look};
use crate::outcome::Provider;
use crate::parallel;
use crate::repository::{Files, Parsed, ReadError};
use crate::rules::Rules;
use crate::text::Source;

/// How many files one thread takes at once.
const SHARE: usize = 32;

/// Fewer bytes are parsed sooner than another thread is started.
const WORTH_A_THREAD: usize = 64 * 1024;

/// Files of a repository, some of which were read already.
pub(crate) struct Ahead<'a> {
    files: &'a dyn Files,
    read: Mutex<HashMap<PathBuf, Read>>,
}

type Read = Result<Ready, ReadError>;

#[derive(Clone)]
enum Ready {
    Source(Source),
    Parsed(Parsed),
}

/// A file of which a first look told everything.
pub(crate) struct Quiet {
    /// Its place among those that were given.
    pub(crate) given: usize,
    pub(crate) source: Source,
    pub(crate) glance: Glance,
}

/// A file that was read, and what a first look at it tells.
#[derive(Clone, Debug)]
pub struct Looked {
    source: Result<Source, ReadError>,
    glance: Option<Glance>,
}

impl Looked {
    /// Looks at what was read.
    pub fn at(source: Result<Source, ReadError>, provider: Provider, rules: &Rules) -> Self {
        let text = source.as_ref().map(Source::text).unwrap_or_default();
        let glance = look(provider, text, rules);
        Self { source, glance }
    }
}

/// Reads the given files, but for those that were `looked` at already; those of which a first look tells everything come
/// by themselves.
pub(crate) fn read<'a>(
    files: &'a dyn Files,
    given: &[(&Path, Provider)],
    looked: Vec<Option<Box<Looked>>>,
    rules: &Rules,
) -> (Ahead<'a>, Vec<Quiet>) {
    let looked = all_looked(files, given, looked, rules);
    let mut quiet = Vec::new();
    let mut others = Vec::new();
    for (index, ((path, _), looked)) in given.iter().zip(looked).enumerate() {
        let Some(looked) = looked else { continue };
        match (looked.source, looked.glance) {
            (Ok(source), Some(glance)) => {
                quiet.push(Quiet {
                    given: index,
                    source,
                    glance,
                });
            }
            (source, _) => others.push((path.to_path_buf(), source)),
        }
    }
    let lengths = others.iter().flat_map(|(_, source)| source);
    let bytes: usize = lengths.map(|source| source.text().len()).sum();
    let parse = |(path, source): (PathBuf, Result<Source, ReadError>)| {
        (path, source.map(Parsed::new).map(Ready::Parsed))
    };
    let read: HashMap<PathBuf, Read> = if bytes < WORTH_A_THREAD {
        let sources = others.into_iter();
        sources
            .map(|(path, source)| (path, source.map(Ready::Source)))
            .collect()
    } else {
        parallel::map(others, parse).into_iter().collect()
    };
    let read = Mutex::new(read);
    (Ahead { files, read }, quiet)
}

/// What was looked at, and a look at what was not.
fn all_looked(
    files: &dyn Files,
    given: &[(&Path, Provider)],
    mut looked: Vec<Option<Box<Looked>>>,
    rules: &Rules,
) -> Vec<Option<Box<Looked>>> {
    looked.resize(given.len(), None);
    let missing = (0..given.len()).filter(|index| looked[*index].is_none());
    let missing: Vec<usize> = missing.collect();
    let read = parallel::map(missing.chunks(SHARE).collect(), |share: &[usize]| {
        let look = |index: &usize| {
            let (path, provider) = given[*index];
            Looked::at(files.read(path), provider, rules)
        };
        share.iter().map(look).collect::<Vec<_>>()
    });
    for (index, one) in missing.into_iter().zip(read.into_iter().flatten()) {
        looked[index] = Some(one.into());
    }
    looked
}

impl Files for Ahead<'_> {
    fn read(&self, path: &Path) -> Result<Source, ReadError> {
        self.files.read(path)
    }

    fn parsed(&self, path: &Path) -> Result<Parsed, ReadError> {
        let known = {
            let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            read.get(path).cloned()
        };
        let parsed = match known {
            Some(Ok(Ready::Parsed(parsed))) => return Ok(parsed),
            Some(Ok(Ready::Source(source))) => Parsed::new(source),
            Some(Err(error)) => return Err(error),
            None => self.files.parsed(path)?,
        };
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.insert(path.to_owned(), Ok(Ready::Parsed(parsed.clone())));
        Ok(parsed)
    }

    fn exists(&self, path: &Path) -> bool {
        self.files.exists(path)
    }

    fn glob(&self, pattern: &str) -> Vec<PathBuf> {
        self.files.glob(pattern)
    }
}
