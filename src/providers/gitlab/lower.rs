//! From mappings to jobs: what the server would run, each value with its place.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use crate::collections::{HashMap, IndexMap};
use crate::pipeline::{
    Documents, Environment, Foreign, Job, NodeRef, Phase, Pipeline, ProviderRef, Slot, Unresolved,
    Via,
};
use crate::text::FileId;
use crate::yaml::Kind;

use super::include::root;
use super::inherit::{Global, Inherit};
use super::view::{Layer, View, candidates, entries, further, is_mapping, is_reference, view_of};

/// Keys at the top of a file that are not jobs.
pub(super) const RESERVED: [&str; 14] = [
    "default",
    "include",
    "stages",
    "variables",
    "workflow",
    "image",
    "services",
    "before_script",
    "after_script",
    "cache",
    "types",
    "spec",
    "true",
    "false",
];

/// Keys of a job that a missing one is taken for from `default:` or the top of the file.
const DEFAULTS: [&str; 6] = [
    "image",
    "services",
    "before_script",
    "after_script",
    "hooks",
    "tags",
];

/// How far `extends` and `!reference` may go; GitLab allows eleven and ten.
pub(super) const CHAIN: usize = 12;

/// How many lines all jobs of a pipeline may have together: a bound for alias bombs.
pub(super) const LINES: usize = 200_000;

/// How many jobs a pipeline that speaks of Docker may have. The largest known have some hundreds; some of what is done with
/// them takes the square of their number.
const JOBS: usize = 5_000;

/// What is wrong with a pipeline as a whole.
pub(super) struct Broken {
    pub(super) at: NodeRef,
    pub(super) message: String,
}

/// Lowers the files of one pipeline, those that count least first.
pub(super) fn lower(
    documents: &Documents,
    files: &[FileId],
    foreign: Vec<Foreign>,
) -> Result<Pipeline, Broken> {
    let lowering = Lowering::new(documents, files);
    let speaks_of_docker = files
        .iter()
        .any(|file| documents.file(*file).source.text().contains("docker"));
    let most = if speaks_of_docker { JOBS } else { usize::MAX };
    let mut jobs = Vec::new();
    for (name, slots) in &lowering.index {
        if RESERVED.contains(&name.as_str()) {
            continue;
        }
        if let Some(slot) = slots.last()
            && is_mapping(documents, slot.value)
        {
            if jobs.len() == most {
                return Err(Broken {
                    at: slot.value,
                    message: format!(
                        "from here on there are more than {JOBS} jobs; split the pipeline and run again"
                    ),
                });
            }
            jobs.push(lowering.job(name, slots)?);
        }
    }
    Ok(Pipeline { jobs, foreign })
}

/// Files that are laid over each other.
pub(super) struct Lowering<'a> {
    pub(super) documents: &'a Documents,
    /// The files' own mappings, laid over each other.
    pub(super) root: View,
    /// Every top-level key with its values, the one that counts last.
    pub(super) index: IndexMap<String, Vec<Slot>>,
    views: RefCell<HashMap<String, Rc<Extended>>>,
    pub(super) lines: RefCell<usize>,
    /// The values of each of [`DEFAULTS`], once somebody asked: in a long file they are a long way to look for.
    pub(super) defaults: RefCell<HashMap<String, Rc<[Slot]>>>,
    /// The values of the global `variables:`.
    pub(super) globals: Vec<Slot>,
    /// What they define, once a job asked.
    pub(super) global: OnceCell<Global>,
    /// Global variables that rules may change.
    pub(super) varying: Vec<(String, Slot)>,
}

/// A job's layers once `extends` is followed.
#[derive(Default)]
struct Extended {
    view: View,
    parents: Vec<String>,
    unresolved: Vec<Unresolved>,
}

impl<'a> Lowering<'a> {
    fn new(documents: &'a Documents, files: &[FileId]) -> Self {
        let mut root_view = View::default();
        let mut index: IndexMap<String, Vec<Slot>> = IndexMap::default();
        let last = files.last().copied();
        for file in files {
            let Some(mapping) = root(documents, *file) else {
                continue;
            };
            let reach = if Some(*file) == last {
                Vec::new()
            } else {
                vec![Via::Include]
            };
            let layer = Layer { mapping, reach };
            for (key, slot) in entries(documents, &layer) {
                index.entry(key.to_owned()).or_default().push(slot);
            }
            root_view.layers.push(layer);
        }
        let mut lowering = Self {
            documents,
            root: root_view,
            index,
            views: RefCell::default(),
            lines: RefCell::default(),
            defaults: RefCell::default(),
            globals: Vec::new(),
            global: OnceCell::new(),
            varying: Vec::new(),
        };
        lowering.globals = lowering.root.stack(documents, "variables");
        if let Some(workflow) = lowering.root.get(documents, "workflow") {
            let view = View {
                layers: vec![Layer {
                    mapping: workflow.value,
                    reach: Vec::new(),
                }],
            };
            lowering.varying = lowering.varied(&view);
        }
        lowering
    }

    /// The layers of a top-level job or template, `extends` followed.
    fn extended(&self, name: &str, open: &mut Vec<String>) -> Result<Rc<Extended>, Broken> {
        if let Some(known) = self.views.borrow().get(name) {
            return Ok(known.clone());
        }
        let Some(slots) = self.index.get(name) else {
            return Ok(Rc::default());
        };
        let mut own: Vec<Layer> = Vec::new();
        for slot in slots.iter().rev() {
            if !is_mapping(self.documents, slot.value) {
                break;
            }
            own.insert(
                0,
                Layer {
                    mapping: slot.value,
                    reach: slot.reach.clone(),
                },
            );
        }
        let own = View { layers: own };
        let mut extended = Extended::default();
        if let Some(extends) = own.get(self.documents, "extends") {
            if open.iter().any(|one| one == name) || open.len() > CHAIN {
                let message = format!(
                    "{name} extends itself, by way of {}; GitLab refuses such a pipeline",
                    open.join(", ")
                );
                return Err(Broken {
                    at: extends.written,
                    message,
                });
            }
            open.push(name.to_owned());
            for parent in self.names(extends.value) {
                let Some(parent_name) = self.documents.text(parent) else {
                    continue;
                };
                if !self.index.contains_key(parent_name) {
                    let what = parent_name.to_owned();
                    extended.unresolved.push(Unresolved { at: parent, what });
                    continue;
                }
                let above = self.extended(parent_name, open)?;
                extended.parents.push(parent_name.to_owned());
                extended.parents.extend(above.parents.iter().cloned());
                extended.unresolved.extend(above.unresolved.iter().cloned());
                for layer in &above.view.layers {
                    extended.view.layers.push(Layer {
                        mapping: layer.mapping,
                        reach: further(&layer.reach, Via::Extends),
                    });
                }
                if extended.view.layers.len() > 1000 {
                    let message = format!("{name} extends more than a thousand mappings");
                    return Err(Broken {
                        at: extends.written,
                        message,
                    });
                }
            }
            open.pop();
        }
        extended.view.layers.extend(own.layers);
        let extended = Rc::new(extended);
        self.views
            .borrow_mut()
            .insert(name.to_owned(), extended.clone());
        Ok(extended)
    }

    /// A scalar, or the scalars of a list.
    pub(super) fn names(&self, node: NodeRef) -> Vec<NodeRef> {
        let node = self.documents.resolve(node);
        match &self.documents.tree(node).node(node.node).kind {
            Kind::Scalar(scalar) if !scalar.value().is_empty() => vec![node],
            Kind::Sequence { items, .. } => items
                .iter()
                .map(|item| {
                    self.documents.resolve(NodeRef {
                        file: node.file,
                        node: *item,
                    })
                })
                .filter(|item| self.documents.text(*item).is_some())
                .collect(),
            _ => Vec::new(),
        }
    }

    /// What a `!reference [job, key, ...]` stands for, the value that counts first.
    pub(super) fn referred(
        &self,
        node: NodeRef,
        reach: &[Via],
        unresolved: &mut Vec<Unresolved>,
    ) -> Result<Vec<Slot>, Broken> {
        let path: Vec<String> = self
            .names(node)
            .iter()
            .filter_map(|part| self.documents.text(*part))
            .map(str::to_owned)
            .collect();
        let missing = || Unresolved {
            at: node,
            what: format!("!reference [{}]", path.join(", ")),
        };
        let Some((job, keys)) = path.split_first() else {
            unresolved.push(missing());
            return Ok(Vec::new());
        };
        let mut stack: Vec<Slot> = match self.index.get(job) {
            Some(slots) => slots.iter().rev().cloned().collect(),
            None => Vec::new(),
        };
        for (depth, key) in keys.iter().enumerate() {
            let view = if depth == 0 {
                Some(self.extended(job, &mut Vec::new())?.view.clone())
            } else {
                view_of(self.documents, &stack)
            };
            stack = view
                .map(|view| view.stack(self.documents, key))
                .unwrap_or_default();
        }
        if stack.is_empty() {
            unresolved.push(missing());
        }
        for slot in &mut stack {
            let mut way = further(reach, Via::Reference);
            for via in &slot.reach {
                way = further(&way, *via);
            }
            slot.reach = way;
        }
        Ok(stack)
    }

    /// Follows `!reference` as the whole value of a key.
    pub(super) fn settle(
        &self,
        stack: Vec<Slot>,
        unresolved: &mut Vec<Unresolved>,
    ) -> Result<Vec<Slot>, Broken> {
        let mut stack = stack;
        for _ in 0..CHAIN {
            let Some(top) = stack.first() else { break };
            if !is_reference(self.documents, top.value) {
                return Ok(stack);
            }
            stack = self.referred(top.value, &top.reach, unresolved)?;
        }
        if let Some(top) = stack.first() {
            let message =
                "this !reference leads back to itself; GitLab refuses such a pipeline".to_owned();
            return Err(Broken {
                at: top.value,
                message,
            });
        }
        Ok(stack)
    }

    fn job(&self, name: &str, slots: &[Slot]) -> Result<Job, Broken> {
        let documents = self.documents;
        let extended = self.extended(name, &mut Vec::new())?;
        let view = &extended.view;
        let mut unresolved = extended.unresolved.clone();
        let Some(top) = slots.last() else {
            return Err(Broken {
                at: self.root.layers[0].mapping,
                message: format!("{name} has no value"),
            });
        };
        let key_node = match &documents.tree(top.mapping).node(top.mapping.node).kind {
            Kind::Mapping { entries, .. } => entries[top.index].key,
            _ => top.value.node,
        };
        let key = NodeRef {
            file: top.mapping.file,
            node: key_node,
        };
        let span = documents
            .location(key)
            .span
            .cover(documents.location(top.written).span);
        let inherit = Inherit::of(documents, view);

        // Where a key's values come from: the job's own layers, else the defaults.
        let all = |key: &str| -> Vec<Slot> {
            let mut found = view.all(documents, key);
            if DEFAULTS.contains(&key) && inherit.default_key(key) {
                found.extend(self.default_slots(key).iter().cloned());
            }
            found
        };
        let stack = |key: &str| -> Vec<Slot> {
            let found = view.stack(documents, key);
            if found.is_empty() && DEFAULTS.contains(&key) && inherit.default_key(key) {
                return self
                    .default_slots(key)
                    .first()
                    .cloned()
                    .into_iter()
                    .collect();
            }
            found
        };

        let mut covered = IndexMap::default();
        for key in [
            "image",
            "services",
            "before_script",
            "script",
            "after_script",
        ] {
            let lower: Vec<NodeRef> = all(key)
                .into_iter()
                .skip(1)
                .map(|slot| slot.value)
                .collect();
            if !lower.is_empty() {
                covered.insert(key.to_owned(), lower);
            }
        }

        let image = {
            let stack = self.settle(stack("image"), &mut unresolved)?;
            self.image(&stack)
        };
        let environment = match image {
            Some(_) => Environment::Container,
            None => Environment::Runner,
        };
        let services = {
            let stack = self.settle(stack("services"), &mut unresolved)?;
            match stack.first() {
                Some(slot) => Some(self.services(slot, &mut unresolved)?),
                None => None,
            }
        };
        let mut scripts = Vec::new();
        let hooks = self.settle(stack("hooks"), &mut unresolved)?;
        if let Some(hooks) = view_of(documents, &hooks) {
            let stack = hooks.stack(documents, "pre_get_sources_script");
            self.script(Phase::Hook, stack, &mut scripts, &mut unresolved)?;
        }
        self.script(
            Phase::Before,
            stack("before_script"),
            &mut scripts,
            &mut unresolved,
        )?;
        self.script(Phase::Main, stack("script"), &mut scripts, &mut unresolved)?;
        self.script(
            Phase::After,
            stack("after_script"),
            &mut scripts,
            &mut unresolved,
        )?;

        let mut varied = self.varied(view);
        varied.extend(self.varying.iter().cloned());
        let variables = self.variables(view, &inherit, &varied, &mut unresolved)?;
        let tags = stack("tags")
            .first()
            .map(|slot| self.names(slot.value))
            .unwrap_or_default()
            .into_iter()
            .filter_map(|tag| documents.text(tag).map(str::to_owned))
            .collect();
        let keys = view.keys(documents);
        let own = (top.written == top.value).then_some(top.value);
        Ok(Job {
            name: name.to_owned(),
            hidden: name.starts_with('.'),
            key,
            own,
            span,
            image,
            services,
            variables,
            varied,
            scripts,
            unresolved,
            keys,
            tags,
            provider: ProviderRef(&super::GitLab),
            environment,
            actions: Vec::new(),
            foreign_scripts: Vec::new(),
            covered,
            mappings: view.mappings(documents),
            parents: extended.parents.clone(),
        })
    }

    /// What `default:` and the old global keys say for a key, the one that counts first.
    fn default_slots(&self, key: &str) -> Rc<[Slot]> {
        if let Some(known) = self.defaults.borrow().get(key) {
            return known.clone();
        }
        let documents = self.documents;
        let mut found = Vec::new();
        if let Some(slots) = self.index.get("default") {
            let stack: Vec<Slot> = slots.iter().rev().cloned().collect();
            if let Some(view) = view_of(documents, &stack) {
                found.extend(view.all(documents, key));
            }
        }
        for layer in self.root.layers.iter().rev() {
            found.extend(candidates(documents, layer, key));
        }
        for slot in &mut found {
            slot.reach = further(&slot.reach, Via::Default);
        }
        let found: Rc<[Slot]> = found.into();
        let mut defaults = self.defaults.borrow_mut();
        defaults.insert(key.to_owned(), found.clone());
        found
    }
}
