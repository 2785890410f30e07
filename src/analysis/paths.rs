//! Paths as scripts write them, from the folder of the repository or from that of their command.

use std::path::{Path, PathBuf};

use crate::compose::inside;

/// How a script writes the folder of the repository.
const ROOT: [&str; 9] = [
    "$CI_PROJECT_DIR",
    "${CI_PROJECT_DIR}",
    "$GITHUB_WORKSPACE",
    "${GITHUB_WORKSPACE}",
    "${{ github.workspace }}",
    "${{github.workspace}}",
    "$(git rev-parse --show-toplevel)",
    "`git rev-parse --show-toplevel`",
    "/builds/$CI_PROJECT_PATH",
];

/// How a script or a recipe writes the folder in which its command runs.
const WORKING: [&str; 6] = [
    "$PWD",
    "${PWD}",
    "$(pwd)",
    "`pwd`",
    "$(CURDIR)",
    "${CURDIR}",
];

/// What follows the folder of the repository in a path that begins with it.
pub(crate) fn below_root(path: &str) -> Option<&str> {
    below(&ROOT, path)
}

/// What follows the folder of the command in a path that begins with it.
pub(crate) fn below_working(path: &str) -> Option<&str> {
    below(&WORKING, path)
}

fn below<'a>(folders: &[&str], path: &'a str) -> Option<&'a str> {
    let rest = folders.iter().find_map(|name| path.strip_prefix(name))?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/'))
}

/// A path as a script writes it, from the root of the repository; none if it leads elsewhere or is not all known.
pub(crate) fn path_from(folder: &Path, path: &str) -> Option<PathBuf> {
    from_root(path).or_else(|| inside(folder, below_working(path).unwrap_or(path)))
}

/// A path that begins with the folder of the repository.
pub(crate) fn from_root(path: &str) -> Option<PathBuf> {
    inside(Path::new(""), below_root(path)?)
}
