//! What a run does to files, kept so that it can be taken back: by `--revert`, and by the next run if it was killed.
//!
//! A run writes down all that it is about to do before it does any of it (`running.json`), and gives that another name
//! when everything is done (`last.json`). So a `running.json` without its run means that the run was cut off.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail, ensure};
use etcetera::{BaseStrategy, choose_base_strategy};
use serde::{Deserialize, Serialize};

use super::replace::{WAITING, keep_owner};

/// The shape of the file; another one is of another version of the program.
const VERSION: u32 = 1;

/// What the journal calls itself in a git directory, or below the folder for states.
const NAME: &str = "dindless";

const RUNNING: &str = "running.json";
const LAST: &str = "last.json";

/// What a run does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    /// Whether it is being taken back.
    pub reverts: bool,
    pub files: Vec<Entry>,
}

/// A file before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    path: Name,
    pub before: String,
    pub after: String,
}

impl Entry {
    pub(super) fn new(path: &Path, before: &str, after: &str) -> Self {
        Self {
            path: Name::of(path),
            before: before.into(),
            after: after.into(),
        }
    }

    /// Relative to the root, without links.
    pub(super) fn path(&self) -> PathBuf {
        match &self.path {
            Name::Text(text) => text.into(),
            Name::Raw(raw) => raw.into(),
        }
    }
}

/// A path, as a text where it is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Name {
    Text(String),
    Raw(OsString),
}

impl Name {
    fn of(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.into()),
            None => Self::Raw(path.into()),
        }
    }
}

impl Journal {
    pub(super) fn of(files: Vec<Entry>) -> Self {
        Self {
            version: VERSION,
            reverts: false,
            files,
        }
    }
}

/// The folder that holds a repository's journal, its lock, and texts that wait to take their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    pub(super) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Makes the folder, for whom the folder above it belongs to.
    pub(super) fn make(&self) -> anyhow::Result<()> {
        if self.folder.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("{} cannot be made", self.folder.display()))?;
        if let Some(above) = self.folder.parent()
            && let Ok(metadata) = above.metadata()
            && let Ok(folder) = File::open(&self.folder)
        {
            keep_owner(&folder, &metadata);
        }
        Ok(())
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.folder.join("lock")
    }

    /// What a run that was cut off was about to do.
    pub(super) fn running(&self) -> anyhow::Result<Option<Journal>> {
        self.read(RUNNING)
    }

    /// What the last run that came to its end did.
    pub(super) fn last(&self) -> anyhow::Result<Option<Journal>> {
        self.read(LAST)
    }

    fn read(&self, name: &str) -> anyhow::Result<Option<Journal>> {
        let path = self.folder.join(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let error = anyhow::Error::from(error);
                return Err(error.context(format!("{} cannot be read", path.display())));
            }
        };
        let journal: Journal = serde_json::from_slice(&bytes).with_context(|| {
            format!(
                "{} is no journal of this program; take what you need out of it and remove it",
                path.display()
            )
        })?;
        ensure!(
            journal.version == VERSION,
            "{} was written by another version of this program; use that one for --revert, or remove the file",
            path.display()
        );
        Ok(Some(journal))
    }

    /// Writes down what is about to be done. It is on the disk when this returns.
    pub(super) fn begin(&self, journal: &Journal) -> anyhow::Result<()> {
        let mut text = serde_json::to_vec(journal).context("the journal cannot be written")?;
        text.push(b'\n');
        let mut file = tempfile::Builder::new()
            .prefix(WAITING)
            .tempfile_in(&self.folder)
            .with_context(|| format!("{} cannot be written", self.folder.display()))?;
        io::Write::write_all(&mut file, &text).context("the journal cannot be written")?;
        if let Ok(metadata) = self.folder.metadata() {
            keep_owner(file.as_file(), &metadata);
        }
        file.as_file()
            .sync_all()
            .context("the journal cannot be brought to the disk")?;
        file.persist(self.folder.join(RUNNING))
            .map_err(|error| error.error)
            .context("the journal cannot be put into its place")?;
        sync(&self.folder);
        Ok(())
    }

    /// All of it is done: it is what `--revert` takes back, and what was so before is forgotten.
    pub(super) fn finish(&self) -> io::Result<()> {
        fs::rename(self.folder.join(RUNNING), self.folder.join(LAST))?;
        sync(&self.folder);
        Ok(())
    }

    /// None of it is done any more, and what was there before it still holds.
    pub(super) fn forget_running(&self) -> io::Result<()> {
        fs::remove_file(self.folder.join(RUNNING))?;
        sync(&self.folder);
        Ok(())
    }

    /// The last run is taken back: there is nothing to take back any more.
    pub(super) fn forget_last(&self) -> io::Result<()> {
        match fs::remove_file(self.folder.join(LAST)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Takes away the texts that a run left waiting.
    pub(super) fn sweep(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(WAITING) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// What was renamed or removed in a folder lasts only when the folder is on the disk; where folders cannot be synced, it is
/// good enough.
pub(super) fn sync(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// Where a repository's journal is kept: in its git directory, so that the work tree stays as it is; without git in the
/// user's folder for states, in a folder that is called like the root's path.
pub(super) fn shelf(root: &Path, versioned: bool) -> anyhow::Result<Shelf> {
    let folder = match versioned {
        true => git_directory(root)?.join(NAME),
        false => without_git(root)?,
    };
    Ok(Shelf::at(folder))
}

/// The git directory of this very work tree; in linked ones and in submodules `.git` is a file that names it.
fn git_directory(root: &Path) -> anyhow::Result<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Ok(git);
    }
    let named =
        fs::read_to_string(&git).with_context(|| format!("{} cannot be read", git.display()))?;
    let directory = named.strip_prefix("gitdir:").map(str::trim);
    match directory.map(|directory| root.join(directory)) {
        Some(directory) if directory.is_dir() => Ok(directory),
        _ => bail!(
            "{} names no git directory; repair the work tree (git worktree repair)",
            git.display()
        ),
    }
}

fn without_git(root: &Path) -> anyhow::Result<PathBuf> {
    let base =
        choose_base_strategy().context("no place for the journal: there is no home folder")?;
    let mut folder = base.state_dir().unwrap_or_else(|| base.data_dir());
    folder.push(NAME);
    for component in root.components() {
        // Each part is marked, so that none of them is called like a file of the journal.
        let mut name = OsString::from("+");
        match component {
            Component::Normal(part) => name.push(part),
            Component::Prefix(disk) => {
                let disk = disk.as_os_str().to_string_lossy();
                name.push(disk.replace(['/', '\\', ':'], "+"));
            }
            _ => {}
        }
        folder.push(name);
    }
    Ok(folder)
}
