//! Puts new texts in the place of old ones: each file whole at every moment, and all of a repository or nothing.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use tempfile::NamedTempFile;

use crate::repository::{Disk, Files};

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

/// What the user lets pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permit {
    /// Files with changes that are not committed may be written.
    pub dirty: bool,
    /// Files that no git work tree holds may be written.
    pub no_vcs: bool,
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

/// Writes all changes of a repository. If one cannot be written, none is: what was already replaced is put back.
/// `versioned` says whether `root`, an absolute path without links, is a git work tree.
pub fn write(
    root: &Path,
    versioned: bool,
    changes: &[Change<'_>],
    permit: Permit,
) -> Result<(), Vec<WriteError>> {
    if changes.is_empty() {
        return Ok(());
    }
    permitted(root, versioned, changes, permit)?;
    let disk = Disk::new(root);
    let mut staged = Vec::with_capacity(changes.len());
    let mut errors = Vec::new();
    for change in changes {
        match stage(root, &disk, *change) {
            Ok(file) => staged.push(file),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    commit(&disk, staged)
}

/// A new text that lies beside the old one, ready to take its place.
struct Staged<'a> {
    change: Change<'a>,
    target: PathBuf,
    new: NamedTempFile,
}

/// Prepares a new text in the folder of the old one; nothing that anyone sees has changed yet.
fn stage<'a>(root: &Path, disk: &Disk, change: Change<'a>) -> Result<Staged<'a>, WriteError> {
    unchanged(disk, change)?;
    let target = disk
        .resolve(change.path)
        .map_err(|error| WriteError::new(change.path, error.message))?;
    let target = root.join(target);
    let new = beside(&target, change.after).map_err(|error| refused(change.path, &error))?;
    Ok(Staged {
        change,
        target,
        new,
    })
}

/// Renames the prepared texts into place, one after the other.
fn commit(disk: &Disk, staged: Vec<Staged<'_>>) -> Result<(), Vec<WriteError>> {
    let mut done: Vec<(PathBuf, Change<'_>)> = Vec::with_capacity(staged.len());
    for Staged {
        change,
        target,
        new,
    } in staged
    {
        let result = unchanged(disk, change)
            .and_then(|()| replace(new, &target).map_err(|error| refused(change.path, &error)));
        if let Err(error) = result {
            let mut errors = vec![error];
            errors.extend(take_back(&done));
            return Err(errors);
        }
        done.push((target, change));
    }
    Ok(())
}

/// Puts the old texts back.
fn take_back(done: &[(PathBuf, Change<'_>)]) -> Vec<WriteError> {
    let restore = |(target, change): &(PathBuf, Change<'_>)| {
        beside(target, change.before)
            .and_then(|old| replace(old, target))
            .err()
            .map(|error| {
                let message =
                    format!("was rewritten and could not be put back: {error:#}; use git restore");
                WriteError::new(change.path, message)
            })
    };
    done.iter().filter_map(restore).collect()
}

/// A temporary file in the target's folder with the target's mode and owner and the given text, safe on the disk.
fn beside(target: &Path, text: &str) -> anyhow::Result<NamedTempFile> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".dindless-")
        .tempfile_in(folder)
        .context("no new file can be made in its folder")?;
    file.write_all(text.as_bytes())
        .context("the new text cannot be written beside it")?;
    let metadata = fs::metadata(target).context("its mode cannot be read")?;
    keep_owner(file.as_file(), &metadata);
    file.as_file()
        .set_permissions(metadata.permissions())
        .context("its mode cannot be given to the new file")?;
    file.as_file()
        .sync_all()
        .context("the new text cannot be brought to the disk")?;
    Ok(file)
}

/// The new file belongs to whom the old one belonged to, if the system lets us.
#[cfg(unix)]
fn keep_owner(file: &File, metadata: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let same = file
        .metadata()
        .is_ok_and(|new| new.uid() == metadata.uid() && new.gid() == metadata.gid());
    if !same {
        let _ = fchown(file, Some(metadata.uid()), Some(metadata.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) {}

fn replace(new: NamedTempFile, target: &Path) -> anyhow::Result<()> {
    new.persist(target)
        .map_err(|error| error.error)
        .context("the new file cannot take its place")?;
    // The rename itself lasts only when the folder is on the disk; where folders cannot be synced, it is good enough.
    if let Some(folder) = target.parent() {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

/// Whether the file still holds what was read from it.
fn unchanged(disk: &Disk, change: Change<'_>) -> Result<(), WriteError> {
    let now = disk
        .read(change.path)
        .map_err(|error| WriteError::new(change.path, error.message))?;
    if now.text() == change.before {
        Ok(())
    } else {
        Err(WriteError::new(
            change.path,
            "was changed by someone else since it was read; run again",
        ))
    }
}

/// Refuses what the user could not take back by git.
fn permitted(
    root: &Path,
    versioned: bool,
    changes: &[Change<'_>],
    permit: Permit,
) -> Result<(), Vec<WriteError>> {
    if !versioned {
        let message = "lies in no git work tree, so the old text would be lost; use git init, or --allow-no-vcs";
        return refuse_all(
            changes.iter().map(|change| change.path),
            permit.no_vcs,
            message,
        );
    }
    if permit.dirty {
        return Ok(());
    }
    let dirty = dirty(root, changes).map_err(|error| {
        vec![WriteError::new(
            changes.first().map_or(Path::new("."), |change| change.path),
            format!("{error:#}; use --allow-dirty"),
        )]
    })?;
    let message = "has changes that are not committed; commit or stash them, or use --allow-dirty";
    refuse_all(dirty.iter().map(PathBuf::as_path), false, message)
}

fn refuse_all<'a>(
    paths: impl Iterator<Item = &'a Path>,
    allowed: bool,
    message: &str,
) -> Result<(), Vec<WriteError>> {
    let errors: Vec<WriteError> = if allowed {
        Vec::new()
    } else {
        paths.map(|path| WriteError::new(path, message)).collect()
    };
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// Which of the files git could not give back: changed, staged, untracked or ignored ones.
fn dirty(root: &Path, changes: &[Change<'_>]) -> anyhow::Result<Vec<PathBuf>> {
    let output = Command::new("git")
        // A git hook that runs us may point elsewhere; the work tree at the root is what we write.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .arg("-C")
        .arg(root)
        .args(["--literal-pathspecs", "--no-optional-locks", "status"])
        .args(["--porcelain", "-z", "--untracked-files=all"])
        .args(["--ignored=matching", "--no-renames", "--"])
        .args(changes.iter().map(|change| change.path))
        .stdin(Stdio::null())
        .output()
        .context("git could not be asked for changes that are not committed")?;
    ensure!(
        output.status.success(),
        "git could not say what is committed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    // Each entry is two letters, a blank and the path; without renames there is one path an entry.
    let said = String::from_utf8_lossy(&output.stdout);
    let paths = said.split('\0').filter_map(|entry| entry.get(3..));
    Ok(paths
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
        .collect())
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
    use super::*;

    #[test]
    fn what_was_replaced_is_put_back_if_the_rest_fails() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let disk = Disk::new(&root);
        let changes = ["a", "b"].map(|name| Change {
            path: Path::new(name),
            before: "old",
            after: "new",
        });
        let staged = changes
            .map(|change| {
                fs::write(root.join(change.path), "old").unwrap();
                stage(&root, &disk, change).unwrap()
            })
            .into();
        fs::write(root.join("b"), "other").unwrap();
        let errors = commit(&disk, staged).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].path, Path::new("b"));
        assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "old");
        assert_eq!(fs::read_to_string(root.join("b")).unwrap(), "other");
        assert_eq!(fs::read_dir(&root).unwrap().count(), 2);
    }
}
