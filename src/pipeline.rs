//! One pipeline for every provider: jobs, and for each value what it means, where it is written and how it was reached.

mod provider;

use std::sync::Arc;

use crate::collections::IndexMap;
use crate::finding::RuleId;
use crate::ops::Operation;
use crate::shell;
use crate::text::{FileId, Location, Source, Span};
use crate::yaml::{Change, NodeId, Style, Tree};

pub use provider::{Claim, Entry, Lowered, Provider, ProviderRef};

/// A node of one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeRef {
    /// The file.
    pub file: FileId,
    /// The node in its tree.
    pub node: NodeId,
}

/// The ways by which a value comes into a job that does not write it itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Via {
    /// `*anchor`.
    Alias,
    /// `<<: *anchor`.
    Merge,
    /// `extends:`.
    Extends,
    /// `!reference [job, key]`.
    Reference,
    /// `default:` or one of the old global keys.
    Default,
    /// Global `variables:`.
    Global,
    /// A file that another one includes.
    Include,
}

/// Where a value is written, and how the job reached it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The value itself; aliases are followed.
    pub node: NodeRef,
    /// From the job outwards.
    pub reach: Vec<Via>,
}

/// A key of a mapping with its value: what can be removed or overridden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The mapping in which it is written.
    pub mapping: NodeRef,
    /// Which entry of it.
    pub index: usize,
    /// The value as written there: may be an alias.
    pub written: NodeRef,
    /// The value, aliases followed.
    pub value: NodeRef,
    /// From the job outwards.
    pub reach: Vec<Via>,
}

impl Slot {
    /// That the key goes with its value.
    pub fn removal(&self) -> Change {
        Change::RemoveEntry {
            mapping: self.mapping.node,
            index: self.index,
        }
    }
}

/// One file of a pipeline.
#[derive(Debug)]
pub struct Document {
    /// Its text.
    pub source: Source,
    /// Its tree.
    pub tree: Arc<Tree>,
}

/// The files of a pipeline; a [`FileId`] is an index into them.
#[derive(Debug, Default)]
pub struct Documents {
    /// In the order in which they were read.
    pub files: Vec<Document>,
}

impl Documents {
    /// A file.
    pub fn file(&self, file: FileId) -> &Document {
        &self.files[file.0 as usize]
    }

    /// The tree that holds a node.
    pub fn tree(&self, node: NodeRef) -> &Tree {
        &self.file(node.file).tree
    }

    /// Where a node stands.
    pub fn location(&self, node: NodeRef) -> Location {
        Location {
            file: node.file,
            span: self.tree(node).node(node.node).span,
        }
    }

    /// The decoded text of a scalar, aliases followed.
    pub fn text(&self, node: NodeRef) -> Option<&str> {
        self.tree(node)
            .scalar(node.node)
            .map(|scalar| scalar.value())
    }

    /// The value that a scalar gives to a variable: none at all (`null`, `~`) is as good as an empty text.
    pub fn variable_text(&self, node: NodeRef) -> Option<&str> {
        let scalar = self.tree(node).scalar(node.node)?;
        let nothing = matches!(scalar.value(), "null" | "Null" | "NULL" | "~");
        match nothing && scalar.style() == Style::Plain {
            true => Some(""),
            false => Some(scalar.value()),
        }
    }

    /// The node that an alias stands for; any other node is itself.
    pub fn resolve(&self, node: NodeRef) -> NodeRef {
        NodeRef {
            file: node.file,
            node: self.tree(node).resolve(node.node),
        }
    }

    /// The value of a key of a mapping, aliases of both followed; of two the last counts.
    pub fn value(&self, mapping: NodeRef, key: &str) -> Option<NodeRef> {
        let entry = self.tree(mapping).get(mapping.node, key)?;
        Some(self.resolve(NodeRef {
            file: mapping.file,
            node: entry.value,
        }))
    }

    /// Where a decoded range of a scalar stands in its file: exact if the source holds it verbatim, else the whole scalar.
    pub fn inside(&self, node: NodeRef, range: std::ops::Range<usize>) -> Location {
        let span = self
            .tree(node)
            .scalar(node.node)
            .and_then(|scalar| {
                scalar
                    .source_of(range.clone())
                    .or_else(|| scalar.cover_of(range))
            })
            .unwrap_or_else(|| self.location(node).span);
        Location {
            file: node.file,
            span,
        }
    }
}

/// The image that a job runs in.
#[derive(Clone, Debug)]
pub struct Image {
    /// The scalar that names it.
    pub name: Provenance,
    /// Its text, variables not replaced.
    pub text: String,
    /// `image:` itself.
    pub slot: Slot,
    /// Its `entrypoint:`, with the words of it.
    pub entrypoint: Option<(Slot, Vec<String>)>,
}

/// A container that runs beside the job.
#[derive(Clone, Debug)]
pub struct Service {
    /// The list in which it is written, and its place there.
    pub item: (NodeRef, usize),
    /// The scalar that names its image.
    pub name: NodeRef,
    /// Its text, variables not replaced.
    pub text: String,
    /// The names by which the job reaches it, when it gives any.
    pub aliases: Vec<String>,
    /// `entrypoint:` and `command:`, in this order.
    pub arguments: Vec<String>,
}

/// The containers beside a job.
#[derive(Clone, Debug)]
pub struct Services {
    /// `services:` itself.
    pub slot: Slot,
    /// Its items.
    pub items: Vec<Service>,
}

/// Whether a variable belongs to the job or to the whole pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The job's own, by whatever way.
    Job,
    /// Global.
    Global,
}

/// A variable of a job.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its value, variables in it not replaced; `None` if it is not a scalar.
    pub value: Option<String>,
    /// The scalar that holds the value.
    pub node: NodeRef,
    /// Every mapping that defines it for this job, the one that counts last.
    pub slots: Vec<(Scope, Slot)>,
    /// Whether rules or a matrix may give it another value.
    pub varies: bool,
}

/// Variables by their names. What many jobs have from the top of the file is kept once.
pub type Variables = IndexMap<Arc<str>, Arc<Variable>>;

/// When a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Before the sources are there.
    Hook,
    /// `before_script`.
    Before,
    /// `script` or `run`.
    Main,
    /// `after_script`: a shell of its own.
    After,
}

/// One text that the shell reads: a list item, or the whole script.
#[derive(Clone, Debug)]
pub struct Line {
    /// The scalar.
    pub node: NodeRef,
    /// The list that holds it, and its place there; `None` if the script is a single scalar.
    pub item: Option<(NodeRef, usize)>,
    /// The step that is nothing but this line, as an item of its list: it goes when nothing of the line is left.
    pub step: Option<(NodeRef, usize)>,
    /// The folder in which it runs, if that is not the root of the repository.
    pub folder: Option<String>,
    /// How the job reached it.
    pub reach: Vec<Via>,
    /// Its commands, where the program itself put it together.
    pub commands: Option<Arc<shell::Script>>,
}

/// The lines of one phase.
#[derive(Clone, Debug)]
pub struct Script {
    /// When it runs.
    pub phase: Phase,
    /// Its key.
    pub slot: Slot,
    /// Its lines, in the order in which they run.
    pub lines: Vec<Line>,
}

/// Something that decides what the job is, and cannot be read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// Where it is named.
    pub at: NodeRef,
    /// What is missing, as a noun: `the job .docker that it extends`.
    pub what: String,
}

/// An action that a step uses.
#[derive(Clone, Debug)]
pub struct Action {
    /// The list of steps, and the step's place there.
    pub step: (NodeRef, usize),
    /// The step.
    pub mapping: NodeRef,
    /// `uses:`.
    pub uses: Slot,
    /// Its repository and the folder in it, without the version.
    pub name: String,
    /// `with:`, and the inputs in it.
    pub with: Option<Slot>,
    /// The inputs that it is given, as they are written.
    pub inputs: IndexMap<String, NodeRef>,
    /// How many lines of the job run before it.
    pub lines_before: usize,
    /// What it does, and the commands that take its place.
    pub commands: Option<Expansion>,
    /// Why it cannot be written out.
    pub doubts: Vec<Doubt>,
    /// Its outputs that something reads, with the places.
    pub read: Vec<(String, NodeRef)>,
}

/// Why an action cannot be written out as commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Where the reason stands.
    pub at: NodeRef,
    /// The reason.
    pub why: String,
}

/// What an action does.
#[derive(Clone, Debug)]
pub struct Expansion {
    /// As an operation.
    pub operation: Operation,
    /// The commands that take the action's place, as a list that is derived from its name.
    pub script: NodeRef,
    /// Variables that they read, each with an expression of the workflow in it.
    pub variables: Vec<(String, String)>,
    /// Commands that run in a step of their own behind it, and that step's condition.
    pub then: Option<(String, NodeRef)>,
    /// Whether the action would have fetched the repository for itself.
    pub fetches: bool,
    /// Whether the step must say that bash reads it.
    pub says_bash: bool,
    /// Whether the step must say that it runs in the workspace.
    pub says_folder: bool,
    /// What is lost or differs, each with its rule.
    pub losses: Vec<(RuleId, &'static str)>,
    /// What a person should look at.
    pub reviews: Vec<Review>,
}

impl Expansion {
    /// The lists of its commands: those of the step, and those of the step behind it.
    pub fn lists(&self) -> impl Iterator<Item = NodeRef> {
        let then = self.then.as_ref().map(|(_, then)| *then);
        std::iter::once(self.script).chain(then)
    }
}

/// Something in an action that a person should look at before it moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Where it stands.
    pub at: NodeRef,
    /// What is the matter.
    pub what: String,
    /// What to do about it.
    pub help: &'static str,
}

/// Where the commands of a job run, as its file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// On the machine that its labels name, as a user of that.
    Machine,
    /// In a container of its image.
    Container,
    /// Where the runner's configuration says: in a container of its choice, or on its machine.
    Runner,
}

/// A job as the server would run it.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// Whether it is a template that the server never runs by itself.
    pub hidden: bool,
    /// The key that names it.
    pub key: NodeRef,
    /// The mapping that is its own, where a key can be inserted; `None` if it is written as an alias.
    pub own: Option<NodeRef>,
    /// From its name to its last value.
    pub span: Span,
    /// Its image.
    pub image: Option<Image>,
    /// Its services.
    pub services: Option<Services>,
    /// Its variables, global ones included.
    pub variables: Variables,
    /// Variables that rules or a matrix may set, each with its place.
    pub varied: Vec<(String, Slot)>,
    /// Its scripts, in the order in which they run.
    pub scripts: Vec<Script>,
    /// What cannot be read.
    pub unresolved: Vec<Unresolved>,
    /// The keys that it has of its own or by inheritance, with the node of each value.
    pub keys: IndexMap<String, NodeRef>,
    /// The labels of the runner that it asks for; with expressions in them where they are not known.
    pub tags: Vec<String>,
    /// Who runs it.
    pub provider: ProviderRef,
    /// Where its commands run.
    pub environment: Environment,
    /// The actions that its steps use.
    pub actions: Vec<Action>,
    /// Scripts that no shell reads which is known here, with the name of what reads them.
    pub foreign_scripts: Vec<(NodeRef, String)>,
    /// Other mappings that hold a `services`, `image` or script key for this job with a lower priority, by key.
    pub covered: IndexMap<String, Vec<NodeRef>>,
    /// Every mapping that this job is made of.
    pub mappings: Vec<NodeRef>,
    /// The hidden jobs that it is made of.
    pub parents: Vec<String>,
}

impl Job {
    /// All lines of all scripts, in the order in which they run.
    pub fn lines(&self) -> impl Iterator<Item = (Phase, &Line)> {
        self.scripts
            .iter()
            .flat_map(|script| script.lines.iter().map(move |line| (script.phase, line)))
    }
}

/// A file that a pipeline includes and that is not in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Where it is named.
    pub at: NodeRef,
    /// Its kind and name as written: `project group/ci`.
    pub what: String,
}

/// A pipeline: the jobs of one entry file and all that it includes.
#[derive(Debug, Default)]
pub struct Pipeline {
    /// Every job, hidden ones too, in the order in which the server meets them.
    pub jobs: Vec<Job>,
    /// What is included from elsewhere.
    pub foreign: Vec<Foreign>,
}
