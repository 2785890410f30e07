//! The walk through a repository, on as many threads as there are.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::outcome::Provider;
use crate::parallel;
use crate::repository;

/// A file whose place, or the configuration, says that CI runs it.
pub(super) struct Walked {
    /// From the root.
    pub(super) path: PathBuf,
    /// Who; nobody where only the configuration says that CI runs it.
    pub(super) provider: Option<Provider>,
    /// Whether it is a file and no link; the walk follows none.
    pub(super) plain: bool,
}

/// The files below a directory whose places say who owns them, and what could not be searched, each by their paths.
pub(super) fn walked(
    root: &Path,
    directory: &Path,
    provider_of: impl Fn(&Path) -> Option<Option<Provider>> + Sync,
) -> (Vec<Walked>, Vec<ignore::Error>) {
    let found = Mutex::new((Vec::new(), Vec::new()));
    let note = |entry: Result<ignore::DirEntry, ignore::Error>| {
        let found = || found.lock().unwrap_or_else(PoisonError::into_inner);
        match entry {
            Err(error) => found().1.push(error),
            Ok(entry) if entry.file_type().is_some_and(|kind| !kind.is_dir()) => {
                let inside = entry.path().strip_prefix(root).unwrap_or(entry.path());
                if let Some(provider) = provider_of(inside) {
                    found().0.push(Walked {
                        path: inside.to_path_buf(),
                        provider,
                        plain: entry.file_type().is_some_and(|kind| kind.is_file()),
                    });
                }
            }
            Ok(_) => {}
        }
        ignore::WalkState::Continue
    };
    let threads = parallel::threads();
    let mut walk = repository::walk(directory);
    walk.threads(threads)
        .build_parallel()
        .run(|| Box::new(note));
    let (mut found, mut errors) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_cached_key(|one| sort_key(&one.path));
    errors.sort_by_cached_key(ignore::Error::to_string);
    (found, errors)
}

/// What orders paths as their parts do, and costs less to compare.
fn sort_key(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    let separators = |byte: &u8| match std::path::is_separator(char::from(*byte)) {
        true => 0,
        false => *byte,
    };
    bytes.map(separators).collect()
}
