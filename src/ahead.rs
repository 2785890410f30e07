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

/// Reads the given files; those of which a first look tells everything come by themselves.
pub(crate) fn read<'a>(
    files: &'a dyn Files,
    given: &[(&Path, Provider)],
    rules: &Rules,
) -> (Ahead<'a>, Vec<Quiet>) {
    let shares = given.chunks(SHARE).collect();
    let looked = parallel::map(shares, |share: &[(&Path, Provider)]| {
        let look = |(path, provider): &(&Path, Provider)| {
            let source = files.read(path);
            let text = source.as_ref().map(Source::text).unwrap_or_default();
            let glance = look(*provider, text, rules);
            (source, glance)
        };
        share.iter().map(look).collect::<Vec<_>>()
    });
    let looked: Vec<_> = given.iter().zip(looked.into_iter().flatten()).collect();
    // what one file of a pipeline includes belongs to it
    let includes = looked.iter().any(|((_, provider), (source, glance))| {
        let text = source.as_ref().map(Source::text).unwrap_or_default();
        *provider == Provider::GitLab && glance.is_none() && text.contains("include")
    });
    let mut quiet = Vec::new();
    let mut others = Vec::new();
    for (index, ((path, provider), looked)) in looked.into_iter().enumerate() {
        match looked {
            (Ok(source), Some(glance)) if !(includes && *provider == Provider::GitLab) => {
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
