//! A step that uses an action, and what it means.

use crate::collections::{HashSet, IndexMap};
use crate::finding::RuleId;
use crate::ops::Operation;
use crate::pipeline::{NodeRef, Review};
use crate::rules::{ActionRule, InputRule, OutputRule};

/// A step that uses an action, as far as writing it out needs it.
pub(super) struct Step<'a> {
    /// Its inputs with their texts.
    pub(super) inputs: IndexMap<String, (NodeRef, String)>,
    /// `uses:`.
    pub(super) uses: NodeRef,
    /// Its condition.
    pub(super) condition: Option<String>,
    /// Whether the job goes on when it fails.
    pub(super) may_fail: bool,
    /// Its outputs that something reads.
    pub(super) read: Vec<(String, NodeRef)>,
    /// Whether its outputs are read by scripts alone, and these call docker.
    pub(super) read_by_docker: bool,
    /// For how many platforms it builds, as far as the file says.
    pub(super) platforms: Platforms,
    /// Whether the job runs on the runner's machine, not in a container.
    pub(super) on_machine: bool,
    /// Inputs of the workflow or the action that always have a value, unless a caller takes it away.
    pub(super) given: HashSet<String>,
    /// Whether the file holds the template `{{defaultContext}}` where an expression may take it from.
    pub(super) templates_elsewhere: bool,
    /// The names of the variables that the step has for itself.
    pub(super) own_variables: HashSet<String>,
    /// Variables that the job has.
    pub(super) variables: IndexMap<String, String>,
    /// What is known about the action.
    pub(super) rule: &'a ActionRule,
}

/// How many platforms a build is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Platforms {
    /// One, or the machine's own.
    #[default]
    One,
    /// Several, with nothing but commas between them.
    Several,
    /// None, one or several, perhaps with blanks or on lines of their own: only the run shows.
    Unsaid,
}

/// What a step does, and what is to be known beside it.
pub(super) struct Meaning {
    /// What it does.
    pub(super) operation: Operation,
    /// Variables of the step.
    pub(super) variables: IndexMap<String, String>,
    /// Whether the action fetches the repository for itself.
    pub(super) fetches: bool,
    /// What is lost, each with its rule.
    pub(super) losses: Vec<(RuleId, &'static str)>,
    /// What a person should look at, and what to do about it.
    pub(super) reviews: Vec<Review>,
}

impl Meaning {
    /// An operation of which there is nothing more to be known than its variables.
    pub(super) fn new(operation: Operation, variables: IndexMap<String, String>) -> Self {
        Self {
            operation,
            variables,
            fetches: false,
            losses: Vec::new(),
            reviews: Vec::new(),
        }
    }
}

/// Why an action cannot be written out.
pub(super) type Refusal = (NodeRef, String);

impl Step<'_> {
    /// The input with a meaning.
    pub(super) fn of(&self, means: impl Fn(&InputRule) -> bool) -> Option<(NodeRef, &str)> {
        self.inputs.iter().find_map(|(name, (at, text))| {
            let same = self.rule.input(name).is_some_and(&means);
            (same && !text.trim().is_empty()).then_some((*at, text.as_str()))
        })
    }

    /// Whether something reads an output of this kind.
    pub(super) fn reads(&self, output: OutputRule) -> bool {
        self.read
            .iter()
            .any(|(name, _)| self.rule.output(name) == Some(output))
    }
}
