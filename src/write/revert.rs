//! Taking back: what a run wrote becomes what was there before, for `--revert` and after a run that was cut off.

use std::fs;
use std::path::{Path, PathBuf};

use crate::repository::{Disk, Files};

use super::journal::{Entry, Journal, Shelf, sync};
use super::replace::{self, beside};
use super::{WriteError, Writer, refused};

/// What became of a run that was cut off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Whether it was taking an earlier run back itself.
    pub reverts: bool,
    /// The files that are again what they were before the run that is taken back.
    pub taken_back: Vec<PathBuf>,
    /// Files of that run which somebody changed since; they are left as they are.
    pub left: Vec<PathBuf>,
}

/// What a file holds, as seen from a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Now {
    Before,
    After,
    Other,
}

fn now(disk: &Disk, entry: &Entry) -> Now {
    match disk.read(&entry.path()) {
        Ok(source) if source.text() == entry.after => Now::After,
        Ok(source) if source.text() == entry.before => Now::Before,
        _ => Now::Other,
    }
}

/// Finishes what a run that was cut off left behind: nothing of what it was about to do stays.
///
/// # Errors
///
/// The journal cannot be read, or a file cannot be put back. The journal stays, so that the next run can try again.
pub(super) fn recover(root: &Path, shelf: &Shelf) -> Result<Option<Recovery>, Vec<WriteError>> {
    let whole = |error: anyhow::Error| vec![refused(Path::new("."), &error)];
    shelf.sweep();
    let Some(journal) = shelf.running().map_err(whole)? else {
        return Ok(None);
    };
    let disk = Disk::new(root);
    let mut recovery = Recovery {
        reverts: journal.reverts,
        ..Recovery::default()
    };
    let mut errors = Vec::new();
    for entry in &journal.files {
        let path = entry.path();
        if let Ok(target) = disk.resolve(&path) {
            let _ = fs::remove_file(beside(&root.join(target)));
        }
        match now(&disk, entry) {
            Now::Before => {}
            Now::Other => recovery.left.push(path),
            Now::After => match put(root, &disk, shelf, &path, &entry.before) {
                Ok(()) => recovery.taken_back.push(path),
                Err(error) => errors.push(error),
            },
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    sync_folders(root, &journal);
    if journal.reverts {
        shelf.forget_last().map_err(|error| whole(error.into()))?;
    }
    shelf
        .forget_running()
        .map_err(|error| whole(error.into()))?;
    Ok(Some(recovery))
}

impl Writer {
    /// Takes back what the last run wrote here: all of it or nothing. Gives the files that were put back; nothing if there
    /// is no run to take back.
    ///
    /// # Errors
    ///
    /// Every file that changed since, or the file that cannot be put back.
    pub fn revert(&self) -> Result<Option<Vec<PathBuf>>, Vec<WriteError>> {
        let Some(shelf) = self.shelf() else {
            return Ok(None);
        };
        let whole = |error: anyhow::Error| vec![refused(Path::new("."), &error)];
        let Some(mut journal) = shelf.last().map_err(whole)? else {
            return Ok(None);
        };
        let disk = Disk::new(self.root());
        let changed: Vec<WriteError> = journal
            .files
            .iter()
            .filter(|entry| now(&disk, entry) == Now::Other)
            .map(|entry| {
                let message = "was changed since the last --write, so nothing is taken back; undo that change, or use git";
                WriteError::new(&entry.path(), message)
            })
            .collect();
        if !changed.is_empty() {
            return Err(changed);
        }
        journal.reverts = true;
        shelf.begin(&journal).map_err(whole)?;
        let mut done = Vec::new();
        for entry in &journal.files {
            if now(&disk, entry) == Now::Before {
                continue;
            }
            match put(self.root(), &disk, shelf, &entry.path(), &entry.before) {
                Ok(()) => done.push(entry),
                Err(error) => {
                    let errors = vec![error];
                    return Err(give_up(self.root(), shelf, errors, &done, |entry| {
                        &entry.after
                    }));
                }
            }
        }
        sync_folders(self.root(), &journal);
        let forgotten = shelf.forget_last().and_then(|()| shelf.forget_running());
        forgotten.map_err(|error| whole(error.into()))?;
        Ok(Some(done.into_iter().map(Entry::path).collect()))
    }
}

/// Undoes what was done before an error, and adds what cannot be undone: the next run tries that again.
pub(super) fn give_up<'e>(
    root: &Path,
    shelf: &Shelf,
    mut errors: Vec<WriteError>,
    done: &[&'e Entry],
    text: impl Fn(&'e Entry) -> &'e str,
) -> Vec<WriteError> {
    let disk = Disk::new(root);
    let first = errors.len();
    for entry in done {
        if let Err(mut error) = put(root, &disk, shelf, &entry.path(), text(entry)) {
            error.message = format!(
                "could not be undone after that: {}; run --revert when that is mended",
                error.message
            );
            errors.push(error);
        }
    }
    if errors.len() == first
        && let Err(error) = shelf.forget_running()
    {
        errors.push(refused(Path::new("."), &error.into()));
    }
    errors
}

/// Puts a text in the place of a file's.
fn put(root: &Path, disk: &Disk, shelf: &Shelf, path: &Path, text: &str) -> Result<(), WriteError> {
    let target = disk
        .resolve(path)
        .map_err(|error| WriteError::new(path, error.message))?;
    let target = root.join(target);
    replace::stage(shelf.folder(), &target, text)
        .and_then(|staged| staged.put(&target))
        .map_err(|error| refused(path, &error))
}

/// Brings the folders of all files to the disk.
pub(super) fn sync_folders(root: &Path, journal: &Journal) {
    let paths = journal.files.iter().map(Entry::path);
    let mut folders: Vec<PathBuf> = paths
        .filter_map(|path| Some(root.join(path).parent()?.to_owned()))
        .collect();
    folders.sort();
    folders.dedup();
    folders.iter().for_each(|folder| sync(folder));
}
