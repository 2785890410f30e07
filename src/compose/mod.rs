//! What compose files say: several files as one project, each key with the bytes that it is written in.
//!
//! Files are merged as compose merges them: later files over earlier ones, `include`, `extends`, merge keys, `!reset` and
//! `!override`, variables with their defaults. What cannot be read is left out, with a problem that says where.

mod file;
mod interpolate;
mod project;
mod services;
mod value;

use std::path::{Component, Path, PathBuf};

pub(crate) use file::ComposeFile;
pub(crate) use interpolate::Variables;
pub(crate) use project::{Project, Sources, load};
pub(crate) use services::Asked;
pub(crate) use value::{At, Entry, Kind, Value};

/// The names that compose looks for, in its order.
pub(crate) const NAMES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];

/// The names of files that go over the one found, in the order in which compose looks for them; it takes the first.
pub(crate) const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// A path of a compose file, from the root of the repository; none if it leads elsewhere or is not all known.
pub(crate) fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let elsewhere = path.starts_with(['/', '~', '-']) || path.contains(['$', ':', '\\']);
    if elsewhere {
        return None;
    }
    let mut inside = PathBuf::new();
    for component in folder.components().chain(Path::new(path).components()) {
        match component {
            Component::Normal(part) => inside.push(part),
            Component::ParentDir if !inside.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(inside)
}
