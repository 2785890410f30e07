//! `dindless.yml`: what a repository wants of every run. Reads it; what it means is in `read.rs`.

mod read;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ignore::gitignore::Gitignore;

use crate::options::{ActionStyle, ComposeProvider, OwnImage, RunnerProfile, Weight};
use crate::text::Position;
use crate::version::Version;

pub use read::read;

/// The name of the file.
pub const NAME: &str = "dindless.yml";

/// The JSON Schema of the file, for editors.
pub const SCHEMA: &str = include_str!("schema.json");

/// What a repository wants of every run. What is not said is decided by the command line, or by default.
#[derive(Clone, Debug)]
pub struct Config {
    /// What the jobs run on.
    pub runner: Option<RunnerProfile>,
    /// The image in the place of Docker's.
    pub image: Option<String>,
    /// The Podman that the jobs meet.
    pub podman: Option<Version>,
    /// What runs compose files.
    pub compose: Option<ComposeProvider>,
    /// What takes the place of Docker's actions.
    pub actions: Option<ActionStyle>,
    /// How much findings matter, by their rules.
    pub rules: BTreeMap<String, Weight>,
    /// Images of the repository's own, and the ones with Podman that take their place.
    pub images: Vec<OwnImage>,
    /// Fedora's names of packages; nothing where the image has it already.
    pub packages: BTreeMap<String, Option<String>>,
    /// Files that CI runs although they are named otherwise.
    pub include: Gitignore,
    /// Files that are left alone.
    pub exclude: Gitignore,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            runner: None,
            image: None,
            podman: None,
            compose: None,
            actions: None,
            rules: BTreeMap::new(),
            images: Vec::new(),
            packages: BTreeMap::new(),
            include: Gitignore::empty(),
            exclude: Gitignore::empty(),
        }
    }
}

/// What is wrong with the file, in one place of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub at: Position,
    /// What is wrong, and what to do about it.
    pub message: String,
}

/// The file that is nearest to `start`, in it or above it, up to `top`.
pub fn nearest_to(start: &Path, top: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .take_while(|folder| folder.starts_with(top))
        .map(|folder| folder.join(NAME))
        .find(|path| path.symlink_metadata().is_ok())
}
