//! What the tool has to say: a rule, a place, a message, and perhaps a fix.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::text::{Edit, FileId, Location, Position};

/// The name of a rule, as users write it in an ignore comment: `dind-service`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub &'static str);

impl std::fmt::Display for RuleId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// How much a finding matters.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Said for completeness: what was changed, and why.
    Note,
    /// Something is lost, or differs, or is left for a person.
    #[default]
    Warning,
    /// Something is broken or dangerous.
    Error,
}

/// How sure a fix is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// Right by what the file proves.
    Safe,
    /// Right unless something that the file cannot show says no; made with `--include-review`.
    Review,
}

/// A place with a few words about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub at: Location,
    /// What is there; may be empty.
    pub text: String,
}

/// A set of edits that go in together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in one line.
    pub title: String,
    /// How sure it is.
    pub safety: Safety,
    /// The edits, each with its file.
    pub edits: Vec<(FileId, Edit)>,
}

/// One thing to say about one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that says it.
    pub rule: RuleId,
    /// How much it matters.
    pub severity: Severity,
    /// Where; the first is the primary place.
    pub at: Vec<Label>,
    /// What is the matter, in one sentence without a full stop.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// What the tool does about it, if it does something.
    pub fix: Option<Fix>,
    /// Who said that it may be, if somebody did: then it is nothing to be solved.
    pub accepted: Option<Accepted>,
}

/// That a finding may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Where that is said.
    pub by: AcceptedBy,
    /// The reason that is given there; may be empty.
    pub why: String,
}

/// Where it is said that a finding may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum AcceptedBy {
    /// In a comment in the file.
    Comment,
    /// In dindless.yml.
    Configuration,
    /// In the list of what was there before.
    Baseline,
}

/// A file that could not be read or understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// Where in it, if that can be said.
    pub at: Option<Position>,
    /// What is wrong, and what to do next.
    pub message: String,
    /// Whether it is a mistake of this program: a result that failed its proof.
    pub ours: bool,
}
