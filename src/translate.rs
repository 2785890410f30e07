//! A repository's CI files in, what becomes of them out.

use std::path::PathBuf;

use crate::options::Options;
use crate::outcome::{FileOutcome, Outcome, Provider, Trouble};
use crate::repository::Files;

/// A file that CI runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiFile {
    /// Relative to the root.
    pub path: PathBuf,
    /// Who runs it.
    pub provider: Provider,
    /// Whether the user named this very file.
    pub named: bool,
}

/// Translates `given` and what these files include, as far as `files` can reach it.
pub fn translate(files: &dyn Files, given: &[CiFile], _options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    for file in given {
        match files.read(&file.path) {
            Ok(source) => outcome.files.push(FileOutcome {
                source,
                provider: file.provider,
                changed: None,
                jobs: Vec::new(),
                findings: Vec::new(),
            }),
            Err(error) => outcome.troubles.push(Trouble {
                path: error.path,
                at: error.at,
                message: error.message,
                ours: false,
            }),
        }
    }
    outcome
}
