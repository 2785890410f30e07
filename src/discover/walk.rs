//! The walk through a directory, on as many threads as there are.

use std::mem;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ignore::{DirEntry, Error, WalkState};

use crate::parallel;
use crate::repository::{self, path_key};

/// What `visit` makes of the entries below a directory, and what could not be searched. What each thread finds is in the
/// order of the paths that `path` gives, so that little is left to sort.
pub(super) fn walked<T: Send>(
    directory: &Path,
    visit: impl Fn(&DirEntry) -> Option<T> + Sync,
    path: impl Fn(&T) -> &Path + Sync,
) -> (Vec<T>, Vec<Error>) {
    let all = Mutex::new((Vec::new(), Vec::new()));
    let worker = || {
        let mut share = Share {
            found: Vec::new(),
            errors: Vec::new(),
            path: &path,
            all: &all,
        };
        let visit = &visit;
        Box::new(move |entry: Result<DirEntry, Error>| {
            match entry {
                Ok(entry) => share.found.extend(visit(&entry)),
                Err(error) => share.errors.push(error),
            }
            WalkState::Continue
        }) as Box<dyn FnMut(Result<DirEntry, Error>) -> WalkState + Send>
    };
    let mut walk = repository::walk(directory);
    walk.threads(parallel::threads())
        .build_parallel()
        .run(worker);
    let (found, mut errors) = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    errors.sort_by_cached_key(Error::to_string);
    (found, errors)
}

/// What one thread finds; it joins the others' when the thread ends.
struct Share<'a, T, P: Fn(&T) -> &Path> {
    found: Vec<T>,
    errors: Vec<Error>,
    path: &'a P,
    all: &'a Mutex<(Vec<T>, Vec<Error>)>,
}

impl<T, P: Fn(&T) -> &Path> Drop for Share<'_, T, P> {
    fn drop(&mut self) {
        let path = self.path;
        self.found.sort_by_cached_key(|one| path_key(path(one)));
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.0.append(&mut mem::take(&mut self.found));
        all.1.append(&mut self.errors);
    }
}
