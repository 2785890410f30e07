//! The walk through a directory, on as many threads as there are.

use std::path::Path;
use std::sync::mpsc;

use ignore::{DirEntry, Error, WalkState};

use crate::parallel;
use crate::repository;

/// What `visit` makes of the entries below a directory, in any order, and what could not be searched.
pub(super) fn walked<T: Send>(
    directory: &Path,
    visit: impl Fn(&DirEntry) -> Option<T> + Sync,
) -> (Vec<T>, Vec<Error>) {
    let (sender, receiver) = mpsc::channel();
    let worker = || {
        let (sender, visit) = (sender.clone(), &visit);
        Box::new(move |entry: Result<DirEntry, Error>| {
            let seen = entry.map(|entry| visit(&entry)).transpose();
            // as long as the walk goes on, somebody takes it
            seen.map(|seen| sender.send(seen)).transpose().ok();
            WalkState::Continue
        }) as Box<dyn FnMut(Result<DirEntry, Error>) -> WalkState + Send>
    };
    let mut walk = repository::walk(directory);
    walk.threads(parallel::threads())
        .build_parallel()
        .run(worker);
    drop(sender);
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for seen in receiver {
        match seen {
            Ok(seen) => found.push(seen),
            Err(error) => errors.push(error),
        }
    }
    errors.sort_by_cached_key(Error::to_string);
    (found, errors)
}
