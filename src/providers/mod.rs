//! Who owns a CI file, and how its trees become a pipeline: one module a provider.

pub mod github;
pub mod gitlab;
mod reader;

use std::path::PathBuf;

use crate::outcome::Problem;
use crate::pipeline::{Documents, Pipeline};
use crate::text::FileId;

/// The pipelines of a repository, over one set of files.
#[derive(Debug, Default)]
pub struct Lowered {
    /// Every file that was read.
    pub documents: Documents,
    /// The pipelines, each from one entry file.
    pub pipelines: Vec<Pipeline>,
    /// Files that no pipeline includes, and that were not named: read, not edited. Each with the jobs that it has by itself.
    pub beside: Vec<(FileId, Pipeline)>,
    /// What could not be read, or makes no sense.
    pub problems: Vec<Problem>,
    /// Files that nobody named and that are pipelines all the same, as they include what others are made of.
    pub others: Vec<PathBuf>,
}

/// A file from which a pipeline starts, or that may be included by one.
#[derive(Clone, Debug)]
pub struct Entry {
    /// From the root of the repository.
    pub path: PathBuf,
    /// Whether the server starts here, or the user named the file.
    pub starts: bool,
}
