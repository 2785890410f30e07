//! What the passes would do to one job: changes, what there is to say, and what speaks against it.

use crate::collections::{HashMap, HashSet};
use crate::finding::{Finding, Label, RuleId, Severity};
use crate::pipeline::{Documents, NodeRef};
use crate::rules::Rules;
use crate::text::{FileId, Location};
use crate::yaml::Change;

/// What a change is for: it decides who may share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The image, a service or a line of a script: everyone who shares it must want the same.
    Text,
    /// A variable that only Docker reads: it stays where a job that stays reads it, and goes else.
    EngineVariable,
    /// A line put in front of a list, or a variable that Podman reads: does no harm to a job that moves.
    Setup,
}

/// A change of one node of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The file.
    pub file: FileId,
    /// The change.
    pub change: Change,
    /// Who may share it.
    pub purpose: Purpose,
    /// What to write into the job itself when others share the text and stay.
    pub instead: Option<Instead>,
    /// The finding that says why: an index into the draft's findings.
    pub finding: usize,
}

impl Planned {
    /// The node that the change is about: whoever uses it is concerned.
    pub fn node(&self) -> NodeRef {
        NodeRef {
            file: self.file,
            node: self.change.subject(),
        }
    }

    /// The key of the entry that goes, if one does.
    pub(crate) fn removed_key<'d>(&self, documents: &'d Documents) -> Option<&'d str> {
        let Change::RemoveEntry { mapping, index } = self.change else {
            return None;
        };
        let tree = &documents.file(self.file).tree;
        let entries = tree.mapping(mapping)?;
        Some(tree.scalar(entries.get(index)?.key)?.value())
    }
}

/// A key to write into the job itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instead {
    /// `image: NAME`.
    Image(String),
    /// `services:` with what is left of the list.
    Services(Vec<String>),
    /// A variable of the job's own with this name and value.
    Variable(String, String),
}

impl Instead {
    /// Whether two stand for the same key of a job.
    pub(crate) fn is_same_key(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Variable(name, _), Self::Variable(other, _)) => name == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// A variable that the job needs from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVariable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Why: an index into the draft's findings.
    pub finding: usize,
}

/// A command that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The line and the command's place in it.
    pub call: (usize, usize),
    /// Why: an index into the draft's findings.
    pub finding: usize,
}

/// Everything that the passes say about one job.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// What would be changed.
    pub changes: Vec<Planned>,
    /// What there is to say when the job moves.
    pub findings: Vec<Finding>,
    /// Why the job stays.
    pub blockers: Vec<Finding>,
    /// Why a person should look before the job moves.
    pub reviews: Vec<Finding>,
    /// Variables that the job needs.
    pub variables: Vec<NewVariable>,
    /// Steps whose action gives way to another action, so that no commands are written into them.
    pub other_actions: HashSet<NodeRef>,
    /// Commands that go.
    pub removals: Vec<Removal>,
    /// Every place of Docker in the job.
    pub places: Vec<Location>,
    /// What is said, why the job stays and why a person should look, so that each is there once.
    emitted: Topics,
    rules: HashSet<RuleId>,
    stays: Topics,
    looks: Topics,
    /// The changes, so that each is planned once.
    planned: HashSet<(FileId, Change)>,
}

/// A finding at one place.
pub(crate) fn finding(
    rule: RuleId,
    severity: Severity,
    at: Location,
    message: impl Into<String>,
) -> Finding {
    debug_assert!(
        Rules::embedded().named(rule.0).is_some(),
        "no page tells of {rule}"
    );
    Finding {
        rule,
        severity,
        at: vec![Label {
            at,
            text: String::new(),
        }],
        message: message.into(),
        help: None,
        fix: None,
        accepted: None,
    }
}

/// The findings of a list by rule and place: whether one is there is asked once a finding, and there may be many.
type Topics = HashMap<(RuleId, Option<Location>), Vec<usize>>;

/// Adds a finding to a list, once; gives its place there.
fn add(list: &mut Vec<Finding>, topics: &mut Topics, new: Finding) -> usize {
    let topic = (new.rule, new.at.first().map(|label| label.at));
    let known = topics.entry(topic).or_default();
    if let Some(index) = known.iter().find(|index| list[**index] == new) {
        return *index;
    }
    known.push(list.len());
    list.push(new);
    list.len() - 1
}

/// A warning with its help.
fn warning(rule: RuleId, at: Location, message: String, help: String) -> Finding {
    let mut new = finding(rule, Severity::Warning, at, message);
    new.help = Some(help);
    new
}

impl Draft {
    /// Whether the job has no Docker, and nothing is planned for it.
    pub fn is_empty(&self) -> bool {
        let held = !self.blockers.is_empty() || !self.reviews.is_empty();
        let planned = !self.changes.is_empty() || !self.variables.is_empty();
        self.places.is_empty() && !held && !planned
    }

    /// Notes what is changed and why; gives the index that the changes name.
    pub fn note(&mut self, rule: RuleId, at: Location, message: impl Into<String>) -> usize {
        self.emit(finding(rule, Severity::Note, at, message))
    }

    /// Notes what is lost or differs when the job moves.
    pub fn warn(&mut self, rule: RuleId, at: Location, message: impl Into<String>) -> usize {
        self.emit(finding(rule, Severity::Warning, at, message))
    }

    /// Like [`Draft::warn`], with the next step if there is one.
    pub fn lose(
        &mut self,
        rule: RuleId,
        at: Location,
        message: impl Into<String>,
        help: Option<&str>,
    ) -> usize {
        let mut new = finding(rule, Severity::Warning, at, message);
        new.help = help.map(str::to_owned);
        self.emit(new)
    }

    /// Adds a finding, once.
    pub fn emit(&mut self, new: Finding) -> usize {
        self.rules.insert(new.rule);
        add(&mut self.findings, &mut self.emitted, new)
    }

    /// Whether a rule is said of the job anywhere.
    pub fn has_finding(&self, rule: RuleId) -> bool {
        self.rules.contains(&rule)
    }

    /// The job stays.
    pub fn block(
        &mut self,
        rule: RuleId,
        at: Location,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.stay(warning(rule, at, message.into(), help.into()));
    }

    /// The job stays, for a reason that is written down already.
    pub fn stay(&mut self, reason: Finding) {
        add(&mut self.blockers, &mut self.stays, reason);
    }

    /// The job moves only when a person has looked.
    pub fn review(
        &mut self,
        rule: RuleId,
        at: Location,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let new = warning(rule, at, message.into(), help.into());
        add(&mut self.reviews, &mut self.looks, new);
    }

    /// Plans a change of a text that all who share it must want.
    pub fn change(&mut self, file: FileId, change: Change, finding: usize) {
        self.plan(Planned {
            file,
            change,
            purpose: Purpose::Text,
            instead: None,
            finding,
        });
    }

    /// Plans a change, once.
    pub fn plan(&mut self, planned: Planned) {
        if self.planned.insert((planned.file, planned.change.clone())) {
            self.changes.push(planned);
        }
    }
}
