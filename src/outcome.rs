//! What a run found and would write: the value that every report is made from.

use crate::finding::{Finding, RuleId};
use crate::text::{Location, Source, Span};

pub use crate::finding::Problem;
pub use crate::pipeline::ProviderRef;

/// What becomes of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does not use Docker.
    Untouched,
    /// It moves to Podman, whole.
    Migrated,
    /// It stays on Docker, whole, for these reasons.
    Left(Vec<RuleId>),
}

/// A job and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOutcome {
    /// Its name as the CI server shows it.
    pub name: String,
    /// From its key to its last value.
    pub span: Span,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Whether it is left only until a person agrees: `--include-review` moves it.
    pub held_for_review: bool,
    /// Whether it is left only because what it is or runs lies where nothing can be read.
    pub unknown: bool,
    /// What a person had to agree to before it moved.
    pub reviewed: Vec<RuleId>,
    /// Each reason with its place; `Location::file` is an index into `Outcome::files`.
    pub because: Vec<(RuleId, Location)>,
    /// Whether the user said that it may be as it is.
    pub accepted: bool,
}

impl JobOutcome {
    /// A job that does not use Docker.
    pub fn untouched(name: impl Into<String>, span: Span) -> Self {
        Self {
            name: name.into(),
            span,
            verdict: Verdict::Untouched,
            held_for_review: false,
            unknown: false,
            reviewed: Vec::new(),
            because: Vec::new(),
            accepted: false,
        }
    }
}

/// One file after the run.
#[derive(Clone, Debug)]
pub struct FileOutcome {
    /// The file as it was read.
    pub source: Source,
    /// Who runs it; nobody runs a file that is only spoken of, such as a Dockerfile.
    pub provider: Option<ProviderRef>,
    /// The new text, if it differs from the old one.
    pub changed: Option<String>,
    /// The jobs that it names, in order; hidden jobs are not jobs.
    pub jobs: Vec<JobOutcome>,
    /// What there is to say, in the order of the file. `Location::file` is an index into `Outcome::files`.
    pub findings: Vec<Finding>,
}

/// The whole run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Every CI file that was read, and every other one that a finding may be about, in the order of their paths.
    pub files: Vec<FileOutcome>,
    /// What could not be done.
    pub problems: Vec<Problem>,
}
