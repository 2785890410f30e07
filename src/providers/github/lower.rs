//! From workflows to jobs: what GitHub would run, each value with its place.

use crate::collections::{HashSet, IndexMap};
use crate::pipeline::{
    Action, Documents, Environment, Foreign, Job, Lowered, NodeRef, Pipeline, ProviderRef, Scope,
    Script, Slot, Variables, Via,
};
use crate::text::{FileId, Span};
use crate::yaml::Kind;

use super::containers::{container, services};
use super::expansions::Expansions;
use super::labels::labels;
use super::node::{entries, entry, items, root, text, text_of};
use super::{Reader, Role, local_path, role};

/// How deep workflows may call workflows, and composite actions use each other; GitHub allows ten.
pub(super) const DEPTH: usize = 10;

/// How many steps all jobs together may have: a bound for alias bombs.
pub(super) const STEPS: usize = 200_000;

/// Lowers every workflow that GitHub starts, and every composite action that no workflow uses.
pub(super) fn pipelines(
    reader: &mut Reader<'_>,
    named: &[FileId],
    written: &Expansions,
    lowered: &mut Lowered,
) {
    let lowering = Lowering::new(reader, written);
    let mut problems: Vec<(NodeRef, String)> = Vec::new();
    for file in named {
        let documents = &reader.documents;
        match role(documents, *file) {
            Some(Role::Workflow) if !lowering.only_called(*file) => {
                lowered.pipelines.push(lowering.workflow(*file));
            }
            Some(Role::Composite) if !lowering.used.contains(file) => {
                lowered.pipelines.push(lowering.lonely_action(*file));
            }
            Some(_) => {}
            None => {
                if let Some(node) = documents.file(*file).tree.documents().first() {
                    let node = NodeRef {
                        file: *file,
                        node: *node,
                    };
                    let message = "a workflow has jobs and an action has runs, and this has neither; the file is left alone";
                    problems.push((node, message.to_owned()));
                }
            }
        }
    }
    for (node, message) in problems {
        reader.problem(node, message);
    }
}

pub(super) struct Lowering<'a> {
    pub(super) reader: &'a Reader<'a>,
    pub(super) documents: &'a Documents,
    pub(super) written: &'a Expansions,
    /// Files that others use.
    pub(super) used: HashSet<FileId>,
    pub(super) steps: std::cell::Cell<usize>,
}

/// A job while its steps are gathered.
pub(super) struct Gathered {
    pub(super) scripts: Vec<Script>,
    pub(super) lines: usize,
    pub(super) actions: Vec<Action>,
    pub(super) foreign_scripts: Vec<(NodeRef, String)>,
    pub(super) variables: Variables,
    pub(super) mappings: Vec<NodeRef>,
}

/// What decides how a step is run.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    /// What reads a script that does not say so itself.
    pub(super) shell: Option<&'a str>,
    pub(super) folder: Option<&'a str>,
    pub(super) depth: usize,
}

impl<'a> Lowering<'a> {
    fn new(reader: &'a Reader<'a>, written: &'a Expansions) -> Self {
        let documents = &reader.documents;
        let mut used = HashSet::default();
        for index in 0..documents.files.len() {
            let file = FileId(index as u32);
            for uses in super::uses_of(reader, file) {
                let target = local_path(reader, uses).and_then(|path| reader.known_file(&path));
                used.extend(target.filter(|target| *target != file));
            }
        }
        Self {
            reader,
            documents,
            written,
            used,
            steps: std::cell::Cell::new(0),
        }
    }

    /// Whether a workflow runs only where another one of the repository calls it.
    fn only_called(&self, file: FileId) -> bool {
        let Some(root) = root(self.documents, file) else {
            return false;
        };
        let Some(on) = entry(self.documents, root, "on") else {
            return false;
        };
        let events: Vec<&str> = match &self.documents.tree(on.value).node(on.value.node).kind {
            Kind::Scalar(scalar) => vec![scalar.value()],
            Kind::Sequence { .. } => items(self.documents, on.value)
                .into_iter()
                .filter_map(|item| text(self.documents, item))
                .collect(),
            _ => entries(self.documents, on.value)
                .into_iter()
                .filter_map(|(key, _)| text(self.documents, key))
                .collect(),
        };
        self.used.contains(&file) && events == ["workflow_call"]
    }

    fn workflow(&self, file: FileId) -> Pipeline {
        let mut pipeline = Pipeline::default();
        self.jobs(file, "", &[], &mut pipeline, 0);
        pipeline
    }

    /// The jobs of a workflow, and of those that it calls.
    fn jobs(
        &self,
        file: FileId,
        caller: &str,
        reach: &[Via],
        pipeline: &mut Pipeline,
        depth: usize,
    ) {
        let documents = self.documents;
        let Some(root) = root(documents, file) else {
            return;
        };
        let Some(jobs) = entry(documents, root, "jobs") else {
            return;
        };
        for (key, slot) in entries(documents, jobs.value) {
            let Some(name) = text(documents, key) else {
                continue;
            };
            let name = format!("{caller}{name}");
            if let Some(uses) = entry(documents, slot.value, "uses") {
                let called = local_path(self.reader, uses.value)
                    .and_then(|path| self.reader.known_file(&path));
                match called {
                    Some(called) if depth < DEPTH && called != file => {
                        let caller = format!("{name} / ");
                        self.jobs(called, &caller, &[Via::Include], pipeline, depth + 1);
                    }
                    _ => {
                        let at = uses.value;
                        let what = text(documents, at).unwrap_or_default().to_owned();
                        pipeline.foreign.push(Foreign { at, what });
                    }
                }
            }
            pipeline.jobs.push(self.job(name, key, &slot, root, reach));
        }
    }

    fn job(&self, name: String, key: NodeRef, slot: &Slot, root: NodeRef, reach: &[Via]) -> Job {
        let documents = self.documents;
        let mapping = slot.value;
        let mut gathered = Gathered {
            scripts: Vec::new(),
            lines: 0,
            actions: Vec::new(),
            foreign_scripts: Vec::new(),
            variables: IndexMap::default(),
            mappings: vec![mapping],
        };
        for (holder, scope) in [(root, Scope::Global), (mapping, Scope::Job)] {
            self.variables(holder, scope, reach, &mut gathered);
        }
        let default = |key: &str| {
            [mapping, root].into_iter().find_map(|holder| {
                let defaults = entry(documents, holder, "defaults")?;
                let run = entry(documents, defaults.value, "run")?;
                text_of(documents, run.value, key)
            })
        };
        let surroundings = Surroundings {
            shell: default("shell"),
            folder: default("working-directory"),
            depth: 0,
        };
        if let Some(uses) = entry(documents, mapping, "uses") {
            self.action(&uses, (mapping, 0), mapping, &mut gathered);
        }
        if let Some(steps) = entry(documents, mapping, "steps") {
            self.gather(steps.value, surroundings, reach, &mut gathered);
        }
        let whole = documents.location(mapping).span;
        let start = documents.location(key).span.start;
        let inside = mapping.file == key.file && whole.end > start && slot.written == mapping;
        let end = match inside {
            true => whole.end,
            false => documents.location(slot.written).span.end.max(start),
        };
        let keys = entries(documents, mapping)
            .into_iter()
            .filter_map(|(key, slot)| Some((text(documents, key)?.to_owned(), slot.value)))
            .collect();
        let image = container(documents, mapping, reach);
        let environment = match image {
            Some(_) => Environment::Container,
            None => Environment::Machine,
        };
        Job {
            name,
            hidden: false,
            key,
            own: (slot.written == mapping).then_some(mapping),
            span: Span { start, end },
            image,
            services: services(documents, mapping, reach),
            variables: gathered.variables,
            varied: Vec::new(),
            scripts: gathered.scripts,
            unresolved: Vec::new(),
            keys,
            tags: labels(documents, root, mapping),
            provider: ProviderRef(&super::GitHub),
            environment,
            actions: gathered.actions,
            foreign_scripts: gathered.foreign_scripts,
            covered: IndexMap::default(),
            mappings: gathered.mappings,
            parents: Vec::new(),
        }
    }

    /// A composite action as a job of its own: who uses it, and where, is not known.
    fn lonely_action(&self, file: FileId) -> Pipeline {
        let documents = self.documents;
        let mut pipeline = Pipeline::default();
        let Some(root) = root(documents, file) else {
            return pipeline;
        };
        let runs = entries(documents, root)
            .into_iter()
            .find(|(key, _)| text(documents, *key) == Some("runs"));
        let Some((key, slot)) = runs else {
            return pipeline;
        };
        let name = text_of(documents, root, "name")
            .unwrap_or("action")
            .to_owned();
        let job = self.job(name, key, &slot, slot.value, &[]);
        pipeline.jobs.push(job);
        pipeline
    }
}
