//! One file: a new text takes the place of the old one in one step, with its mode and its owner.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempPath;

/// What a text is called while it waits to take its place.
pub(super) const WAITING: &str = "new-";

/// A text that waits to take a file's place. Where it waits nobody looks for files, so a run that is killed leaves nothing
/// in the work tree.
#[derive(Debug)]
pub(super) struct Staged {
    new: TempPath,
}

/// Brings a text to the disk in `folder`, with the mode and the owner of `target`; nothing that anyone sees has changed yet.
pub(super) fn stage(folder: &Path, target: &Path, text: &str) -> anyhow::Result<Staged> {
    let mut file = tempfile::Builder::new()
        .prefix(WAITING)
        .tempfile_in(folder)
        .context("no new file can be made for its text")?;
    fill(file.as_file_mut(), target, text)?;
    Ok(Staged {
        new: file.into_temp_path(),
    })
}

/// Gives one file a new text; a file that is not there yet comes to be.
///
/// # Errors
/// Why it cannot be written.
pub fn replace(target: &Path, text: &str) -> anyhow::Result<()> {
    let folder = target.parent().filter(|it| !it.as_os_str().is_empty());
    stage(folder.unwrap_or(Path::new(".")), target, text)?.put(target)
}

impl Staged {
    /// Takes the target's place. It is for the caller to bring the target's folder to the disk.
    pub(super) fn put(self, target: &Path) -> anyhow::Result<()> {
        match self.new.persist(target) {
            Ok(()) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::CrossesDevices => {
                from_beside(&error.path, target)
            }
            Err(error) => Err(error.error).context("the new file cannot take its place"),
        }
    }
}

/// A file of another disk cannot be renamed into place: its text gets a file in the target's own folder first.
fn from_beside(new: &Path, target: &Path) -> anyhow::Result<()> {
    let text = fs::read_to_string(new).context("the new text cannot be read again")?;
    let beside = beside(target);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&beside)
        .context("no new file can be made in its folder")?;
    let placed = fill(&mut file, target, &text)
        .and_then(|()| fs::rename(&beside, target).context("the new file cannot take its place"));
    if placed.is_err() {
        let _ = fs::remove_file(&beside);
    }
    placed
}

/// What a text is called that waits in the target's own folder. The name is always the same, so that the next run finds it.
pub(super) fn beside(target: &Path) -> PathBuf {
    let mut name = OsString::from(".dindless-");
    name.push(target.file_name().unwrap_or_default());
    target.with_file_name(name)
}

fn fill(file: &mut File, target: &Path, text: &str) -> anyhow::Result<()> {
    file.write_all(text.as_bytes())
        .context("the new text cannot be written")?;
    match fs::metadata(target) {
        Ok(metadata) => {
            keep_owner(file, &metadata);
            file.set_permissions(metadata.permissions())
                .context("its mode cannot be given to the new file")?;
        }
        // a file that is new has none yet
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).context("its mode cannot be read"),
    }
    file.sync_all()
        .context("the new text cannot be brought to the disk")
}

/// The new file belongs to whom the old one belonged to, if the system lets us.
#[cfg(unix)]
pub(super) fn keep_owner(file: &File, metadata: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let same = file
        .metadata()
        .is_ok_and(|new| new.uid() == metadata.uid() && new.gid() == metadata.gid());
    if !same {
        let _ = fchown(file, Some(metadata.uid()), Some(metadata.gid()));
    }
}

#[cfg(not(unix))]
pub(super) fn keep_owner(_: &File, _: &fs::Metadata) {}
