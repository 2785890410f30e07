//! What only a provider knows: which files are its own, how they become a pipeline, and how its jobs differ from others'.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::finding::Problem;
use crate::options::Options;
use crate::repository::Files;
use crate::rules::{Profile, Rules};
use crate::text::FileId;
use crate::yaml::outline::Key;

use super::{Documents, Phase, Pipeline};

/// A CI server. The list of them stands in [`crate::providers`]; whatever asks which one it is belongs here as a fact.
pub trait Provider: fmt::Debug + Send + Sync {
    /// Its name for programs: `gitlab`. A key of the tables and a value of the JSON.
    fn id(&self) -> &'static str;
    /// Its name for people.
    fn name(&self) -> &'static str;

    /// The files at the root that it runs whatever an ignore rule says.
    fn main_files(&self) -> &'static [&'static str] {
        &[]
    }
    /// The folder, from the root, in which all of its main files lie; none if that is the root.
    fn folder(&self) -> Option<&'static str> {
        None
    }
    /// Whether a file is its own by the place where it lies, from the root of the repository.
    fn claims(&self, path: &Path) -> Claim;
    /// Whether a text is its own by the keys at its top: that of a file whose place asks for a look, or says nothing.
    fn claims_keys(&self, keys: &[&str], place: Claim) -> bool;
    /// Whether a file may be there to be included by others alone, so that one which nothing includes is never run.
    fn has_libraries(&self) -> bool;

    /// The places of the jobs among the keys of a file in which nothing has to do with an engine; nothing if the keys alone do
    /// not tell.
    fn jobs_among(&self, keys: &[Key<'_>]) -> Option<Vec<usize>>;
    /// Whether a job of this name is a template that the server never runs by itself.
    fn is_template(&self, job: &str) -> bool;
    /// Parts the entries into groups of which none has a say in what becomes of another's files, in the order of the first of
    /// each.
    fn groups(&self, files: &dyn Files, entries: Vec<Entry>) -> Vec<Vec<Entry>>;
    /// Reads a group with all that it leads to, and lowers it to pipelines. `others` are the pipelines beside them, where these
    /// are known already.
    fn load(
        &self,
        files: &dyn Files,
        entries: &[Entry],
        others: Option<&[PathBuf]>,
        rules: &Rules,
    ) -> Lowered;
    /// The job of `--verify-job`: a CI file that tries Podman on the repository's own runner. `profile` is what the user says of
    /// that.
    fn verify_job(&self, options: &Options, profile: Option<&Profile>, rules: &Rules) -> String;

    /// Whether a job is a list of steps, each with a shell and variables of its own.
    fn has_steps(&self) -> bool;
    /// Whether two places of a job, each a phase and the line in it, are read by one shell.
    fn shares_shell(&self, one: (Phase, usize), other: (Phase, usize)) -> bool;
    /// Whether the labels that a job asks for are names of machines, and not properties of a runner.
    fn labels_are_machines(&self) -> bool;
    /// Whether the options with which a job's container is started stand in the file.
    fn has_container_options(&self) -> bool;
    /// Whether jobs hand files on to later ones without naming them.
    fn hands_files_on(&self) -> bool;
    /// Whether jobs for a change that is not merged yet may write to a registry.
    fn changes_may_push(&self) -> bool;
    /// The key under which a job has its variables.
    fn variables_key(&self) -> &'static str;
    /// Whether a mapping can take others in by `<<`.
    fn has_merge_keys(&self) -> bool;
    /// Whether a key of the job takes the place of one that it inherits.
    fn overrides_inherited(&self) -> bool;
    /// The place of a new key among those of a job, where its writers have it.
    fn place_of_key(&self, key: &str, keys: &[&str]) -> usize;
}

/// What the place of a file says of whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing.
    Unknown,
    /// It may be the provider's, but others have files of that name, too: its text decides.
    Perhaps,
    /// It is the provider's.
    Certain,
}

/// A file from which a pipeline starts, or that may be included by one.
#[derive(Clone, Debug)]
pub struct Entry {
    /// From the root of the repository.
    pub path: PathBuf,
    /// Whether the server starts here, or the user named the file.
    pub starts: bool,
}

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

/// A provider as a value: two are the same if their ids are.
#[derive(Clone, Copy)]
pub struct ProviderRef(pub &'static dyn Provider);

impl Deref for ProviderRef {
    type Target = dyn Provider;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl fmt::Debug for ProviderRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl PartialEq for ProviderRef {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for ProviderRef {}

impl Hash for ProviderRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl Serialize for ProviderRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

#[cfg(test)]
impl schemars::JsonSchema for ProviderRef {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Provider".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The CI server that runs a file.",
            "type": "string",
            "enum": crate::providers::ALL.map(|provider| provider.id()),
        })
    }
}
