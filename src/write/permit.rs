//! What may be written: only what git could give back, unless the user says otherwise.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::{Change, WriteError};

/// What the user lets pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permit {
    /// Files with changes that are not committed may be written.
    pub dirty: bool,
    /// Files that no git work tree holds may be written.
    pub no_vcs: bool,
}

/// Refuses what the user could not take back by git.
pub(super) fn permitted(
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
    let listed = String::from_utf8_lossy(&output.stdout);
    let paths = listed.split('\0').filter_map(|entry| entry.get(3..));
    Ok(paths
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
        .collect())
}
