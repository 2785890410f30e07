//! Puts new texts in the place of old ones: each file whole at every moment, all of a repository or nothing, and so that it
//! can be taken back.

mod journal;
mod lock;
mod permit;
mod replace;
mod revert;

use std::io;
use std::path::{Path, PathBuf};

use crate::repository::{Disk, Files};
use journal::{Entry, Journal, Shelf};
use lock::Lock;
use replace::Staged;
pub use replace::replace;

pub use permit::Permit;
pub use revert::Recovery;

/// A file whose text is to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// Relative to the root.
    pub path: &'a Path,
    /// The text that was read; the file must still hold it.
    pub before: &'a str,
    /// The text that it shall hold.
    pub after: &'a str,
}

/// Why nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteError {
    /// The file, relative to the root.
    pub path: PathBuf,
    /// What is wrong, and what to do next.
    pub message: String,
}

impl WriteError {
    fn new(path: &Path, message: impl Into<String>) -> Self {
        Self {
            path: path.to_path_buf(),
            message: message.into(),
        }
    }
}

/// A run that may change the files of one repository; there is one at a time.
#[derive(Debug)]
pub struct Writer {
    root: PathBuf,
    versioned: bool,
    permit: Permit,
    /// Nothing where nothing may be written.
    shelf: Option<(Shelf, Lock)>,
    recovery: Option<Recovery>,
}

impl Writer {
    /// Takes the lock on a repository and finishes what a run that was cut off left behind. `root` is an absolute path without
    /// links, `versioned` says whether it is a git work tree.
    ///
    /// # Errors
    ///
    /// Another run holds the lock, no journal can be kept, or a file cannot be put back.
    pub fn open(root: &Path, versioned: bool, permit: Permit) -> Result<Self, Vec<WriteError>> {
        let shelf = journal::shelf(root, versioned);
        let shelf = shelf.map_err(|error| vec![refused(Path::new("."), &error)])?;
        Self::with(root, versioned, permit, shelf)
    }

    /// The same, with lock and journal in a folder of the caller's choice.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn open_in(
        folder: &Path,
        root: &Path,
        versioned: bool,
        permit: Permit,
    ) -> Result<Self, Vec<WriteError>> {
        Self::with(root, versioned, permit, Shelf::at(folder.to_path_buf()))
    }

    fn with(
        root: &Path,
        versioned: bool,
        permit: Permit,
        shelf: Shelf,
    ) -> Result<Self, Vec<WriteError>> {
        let mut writer = Self {
            root: root.to_path_buf(),
            versioned,
            permit,
            shelf: None,
            recovery: None,
        };
        if versioned || permit.no_vcs || shelf.folder().exists() {
            let lock = shelf.make().and_then(|()| Lock::take(&shelf.lock()));
            let lock = lock.map_err(|error| vec![refused(Path::new("."), &error)])?;
            writer.recovery = revert::recover(root, &shelf)?;
            writer.shelf = Some((shelf, lock));
        }
        Ok(writer)
    }

    /// What was done about a run that had been cut off.
    pub fn recovery(&self) -> Option<&Recovery> {
        self.recovery.as_ref()
    }

    /// Whether all of these changes may be made, as far as that can be said before they are.
    ///
    /// # Errors
    ///
    /// Every file that must not be written.
    pub fn permits(&self, changes: &[Change<'_>]) -> Result<(), Vec<WriteError>> {
        permit::permitted(&self.root, self.versioned, changes, self.permit)
    }

    /// Makes all changes. If one cannot be made, none is: what was already replaced is put back.
    ///
    /// # Errors
    ///
    /// Every file that must not or cannot be written.
    pub fn write(&self, changes: &[Change<'_>]) -> Result<(), Vec<WriteError>> {
        if changes.is_empty() {
            return Ok(());
        }
        self.permits(changes)?;
        let Some(shelf) = self.shelf() else {
            return Ok(());
        };
        let mut waiting = Waiting::stage(&self.root, shelf, changes)?;
        shelf
            .begin(&waiting.journal)
            .map_err(|error| vec![refused(Path::new("."), &error)])?;
        while waiting.is_left() {
            if let Err(error) = waiting.put_next() {
                return Err(waiting.undo(shelf, error));
            }
        }
        revert::sync_folders(&self.root, &waiting.journal);
        shelf.finish().map_err(|error| {
            let error = refused(Path::new("."), &error.into());
            waiting.undo(shelf, error)
        })
    }

    fn root(&self) -> &Path {
        &self.root
    }

    fn shelf(&self) -> Option<&Shelf> {
        self.shelf.as_ref().map(|(shelf, _)| shelf)
    }
}

/// New texts that take their places one after the other.
struct Waiting {
    root: PathBuf,
    disk: Disk,
    journal: Journal,
    /// Those that still wait, the next one last.
    left: Vec<Staged>,
    /// The number of files that have their new text.
    done: usize,
}

impl Waiting {
    /// Brings all new texts to the disk.
    fn stage(root: &Path, shelf: &Shelf, changes: &[Change<'_>]) -> Result<Self, Vec<WriteError>> {
        let disk = Disk::new(root);
        let mut entries = Vec::with_capacity(changes.len());
        let mut left = Vec::with_capacity(changes.len());
        let mut errors = Vec::new();
        for change in changes {
            match Self::stage_one(root, &disk, shelf, *change) {
                Ok((entry, staged)) => {
                    entries.push(entry);
                    left.push(staged);
                }
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        left.reverse();
        Ok(Self {
            root: root.to_path_buf(),
            disk,
            journal: Journal::of(entries),
            left,
            done: 0,
        })
    }

    fn stage_one(
        root: &Path,
        disk: &Disk,
        shelf: &Shelf,
        change: Change<'_>,
    ) -> Result<(Entry, Staged), WriteError> {
        unchanged(disk, change.path, change.before)?;
        let path = disk
            .resolve(change.path)
            .map_err(|error| WriteError::new(change.path, error.message))?;
        let staged = replace::stage(shelf.folder(), &root.join(&path), change.after)
            .map_err(|error| refused(change.path, &error))?;
        Ok((Entry::new(&path, change.before, change.after), staged))
    }

    fn is_left(&self) -> bool {
        !self.left.is_empty()
    }

    /// Puts the next text into its place.
    fn put_next(&mut self) -> Result<(), WriteError> {
        let (Some(entry), Some(staged)) = (self.journal.files.get(self.done), self.left.pop())
        else {
            return Ok(());
        };
        let path = entry.path();
        unchanged(&self.disk, &path, &entry.before)?;
        staged
            .put(&self.root.join(&path))
            .map_err(|error| refused(&path, &error))?;
        self.done += 1;
        Ok(())
    }

    /// Puts back what has its new text.
    fn undo(&self, shelf: &Shelf, error: WriteError) -> Vec<WriteError> {
        let done: Vec<&Entry> = self.journal.files.iter().take(self.done).collect();
        revert::give_up(&self.root, shelf, vec![error], &done, |entry| &entry.before)
    }
}

/// Whether the file still holds what was read from it.
fn unchanged(disk: &Disk, path: &Path, before: &str) -> Result<(), WriteError> {
    let now = disk
        .read(path)
        .map_err(|error| WriteError::new(path, error.message))?;
    if now.text() == before {
        Ok(())
    } else {
        Err(WriteError::new(
            path,
            "was changed by someone else since it was read; run again",
        ))
    }
}

/// Why a file was not written, in words that say what to do where that is known.
fn refused(path: &Path, error: &anyhow::Error) -> WriteError {
    let cause = error.downcast_ref::<io::Error>().map(io::Error::kind);
    let message = match cause {
        Some(io::ErrorKind::PermissionDenied) => {
            "must not be written by you; allow it (chmod u+w for its folder) or run as its owner"
                .into()
        }
        Some(io::ErrorKind::ReadOnlyFilesystem) => {
            "lies on a disk that is read-only; take the diff and apply it elsewhere".into()
        }
        Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            "cannot be written: the disk is full; make room and run again".into()
        }
        _ => format!("cannot be written: {error:#}"),
    };
    WriteError::new(path, message)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const NAMES: [&str; 3] = ["a", "b", "c"];

    struct Folder {
        root: tempfile::TempDir,
        shelf: tempfile::TempDir,
    }

    impl Folder {
        fn new() -> Self {
            let folder = Self {
                root: tempfile::tempdir().unwrap(),
                shelf: tempfile::tempdir().unwrap(),
            };
            folder.put("old");
            folder
        }

        fn root(&self) -> PathBuf {
            self.root.path().canonicalize().unwrap()
        }

        fn shelf(&self) -> Shelf {
            Shelf::at(self.shelf.path().to_path_buf())
        }

        fn put(&self, text: &str) {
            for name in NAMES {
                fs::write(self.root.path().join(name), text).unwrap();
            }
        }

        fn get(&self) -> [String; 3] {
            NAMES.map(|name| fs::read_to_string(self.root.path().join(name)).unwrap())
        }

        fn open(&self) -> Writer {
            let permit = Permit {
                no_vcs: true,
                ..Permit::default()
            };
            Writer::open_in(self.shelf.path(), &self.root(), false, permit).unwrap()
        }

        fn is_tidy(&self) -> bool {
            let files = |folder: &Path| fs::read_dir(folder).unwrap().count();
            files(self.root.path()) == NAMES.len()
                && !self.shelf.path().join("running.json").exists()
        }
    }

    fn changes() -> [Change<'static>; 3] {
        NAMES.map(|name| Change {
            path: Path::new(name),
            before: "old",
            after: "new",
        })
    }

    #[test]
    fn what_was_replaced_is_put_back_if_the_rest_fails() {
        let folder = Folder::new();
        let shelf = folder.shelf();
        let mut waiting = Waiting::stage(&folder.root(), &shelf, &changes()).unwrap();
        shelf.begin(&waiting.journal).unwrap();
        fs::write(folder.root().join("b"), "other").unwrap();
        waiting.put_next().unwrap();
        let error = waiting.put_next().unwrap_err();
        let errors = waiting.undo(&shelf, error);
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].path, Path::new("b"));
        assert_eq!(folder.get(), ["old", "other", "old"]);
        assert!(folder.is_tidy());
    }

    /// A process that ends takes nothing back and throws nothing away: what was done so far is forgotten with all it holds.
    #[test]
    fn a_write_that_ends_after_any_step_is_taken_back() {
        for steps in 0..=NAMES.len() + 1 {
            let folder = Folder::new();
            let shelf = folder.shelf();
            let mut waiting = Waiting::stage(&folder.root(), &shelf, &changes()).unwrap();
            if steps > 0 {
                shelf.begin(&waiting.journal).unwrap();
            }
            for _ in 1..steps {
                waiting.put_next().unwrap();
            }
            std::mem::forget(waiting);
            let writer = folder.open();
            let taken_back = writer.recovery().map(|recovery| recovery.taken_back.len());
            assert_eq!(taken_back, steps.checked_sub(1), "after {steps} steps");
            assert_eq!(folder.get(), ["old"; 3]);
            assert!(folder.is_tidy());
            writer.write(&changes()).unwrap();
            assert_eq!(folder.get(), ["new"; 3]);
        }
    }

    #[test]
    fn a_revert_that_ends_after_any_step_is_finished() {
        for steps in 0..=NAMES.len() {
            let folder = Folder::new();
            folder.open().write(&changes()).unwrap();
            let shelf = folder.shelf();
            let mut journal = shelf.last().unwrap().unwrap();
            journal.reverts = true;
            shelf.begin(&journal).unwrap();
            for name in &NAMES[..steps] {
                fs::write(folder.root().join(name), "old").unwrap();
            }
            let writer = folder.open();
            assert!(writer.recovery().unwrap().reverts);
            assert_eq!(folder.get(), ["old"; 3]);
            assert!(folder.is_tidy());
            assert_eq!(writer.revert().unwrap(), None, "it was the last run");
        }
    }

    #[test]
    fn what_somebody_changed_after_the_cut_stays() {
        let folder = Folder::new();
        let shelf = folder.shelf();
        let mut waiting = Waiting::stage(&folder.root(), &shelf, &changes()).unwrap();
        shelf.begin(&waiting.journal).unwrap();
        waiting.put_next().unwrap();
        waiting.put_next().unwrap();
        std::mem::forget(waiting);
        fs::write(folder.root().join("a"), "mine").unwrap();
        fs::remove_file(folder.root().join("c")).unwrap();
        let writer = folder.open();
        let recovery = writer.recovery().unwrap();
        assert_eq!(recovery.taken_back, [Path::new("b")]);
        assert_eq!(recovery.left, ["a", "c"].map(PathBuf::from));
    }

    #[test]
    fn a_journal_that_is_none_is_not_guessed_at() {
        let folder = Folder::new();
        fs::write(folder.shelf.path().join("running.json"), "{").unwrap();
        let opened = Writer::open_in(
            folder.shelf.path(),
            &folder.root(),
            false,
            Permit::default(),
        );
        let errors = opened.err().unwrap();
        assert!(errors[0].message.contains("is no journal"), "{errors:?}");
    }

    #[test]
    fn only_the_last_run_is_kept() {
        let folder = Folder::new();
        let writer = folder.open();
        writer.write(&changes()).unwrap();
        let second = NAMES.map(|name| Change {
            path: Path::new(name),
            before: "new",
            after: "newer",
        });
        writer.write(&second[..1]).unwrap();
        assert_eq!(writer.revert().unwrap().unwrap(), [Path::new("a")]);
        assert_eq!(folder.get(), ["new"; 3]);
        assert_eq!(writer.revert().unwrap(), None);
    }
}
