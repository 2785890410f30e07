//! The configuration of a repository: which file holds it, and what is wrong with that.

use std::path::{Path, PathBuf};

use crate::config::{self, Config};
use crate::outcome::Problem;
use crate::repository::{self, Disk, Files};

use super::seen_from_here;

/// Reads the configuration of a repository: the `given` one, or the `nearest`.
pub(super) fn configuration(
    root: &Path,
    given: Option<&Path>,
    nearest: Option<PathBuf>,
) -> Result<Config, Vec<Problem>> {
    let refuse = |path: &Path, message: String, at| {
        let (path, ours) = (path.to_owned(), false);
        vec![Problem {
            path,
            at,
            message,
            ours,
        }]
    };
    let (path, folder) = match (given, nearest) {
        (Some(given), _) => (given.to_owned(), PathBuf::new()),
        (None, Some(nearest)) => {
            let folder = nearest.parent().unwrap_or(root);
            let folder = folder.strip_prefix(root).unwrap_or(folder).to_owned();
            (seen_from_here(root).join(folder.join(config::NAME)), folder)
        }
        (None, None) => return Ok(Config::default()),
    };
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let parent = parent
        .canonicalize()
        .map_err(|error| refuse(&path, repository::explain(&error), None))?;
    // one of a repository may be no link that leads out of it; one that was named may lie anywhere
    let (disk, inside) = match given {
        Some(_) => (
            Disk::new(parent),
            PathBuf::from(path.file_name().unwrap_or_default()),
        ),
        None => (Disk::new(root), folder.join(config::NAME)),
    };
    let source = disk
        .read(&inside)
        .map_err(|error| refuse(&path, error.message, error.at))?;
    config::read(&source, &folder).map_err(|fault| refuse(&path, fault.message, fault.at))
}
