//! From mappings to jobs: what the server would run, each value with its place.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::collections::{HashMap, IndexMap};
use crate::pipeline::{
    Documents, Environment, Foreign, Image, Job, Line, NodeRef, Phase, Pipeline, Provenance,
    ProviderRef, Scope, Script, Service, Services, Slot, Unresolved, Variable, Variables, Via,
};
use crate::text::FileId;
use crate::yaml::Kind;

use super::include::root;
use super::view::{
    Layer, View, candidates, entries, first, further, is_mapping, is_reference, view_of,
};

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
const CHAIN: usize = 12;

/// How many lines all jobs of a pipeline may have together: a bound for alias bombs.
const LINES: usize = 200_000;

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

struct Lowering<'a> {
    documents: &'a Documents,
    /// The files' own mappings, laid over each other.
    root: View,
    /// Every top-level key with its values, the one that counts last.
    index: IndexMap<String, Vec<Slot>>,
    views: RefCell<HashMap<String, Rc<Extended>>>,
    lines: RefCell<usize>,
    /// The values of each of [`DEFAULTS`], once somebody asked: in a long file they are a long way to look for.
    defaults: RefCell<HashMap<String, Rc<[Slot]>>>,
    /// The values of the global `variables:`.
    globals: Vec<Slot>,
    /// What they define, once a job asked.
    global: OnceCell<Global>,
    /// Global variables that rules may change.
    varying: Vec<(String, Slot)>,
}

/// The global variables, and what is missing of them.
#[derive(Default)]
struct Global {
    variables: Variables,
    unresolved: Vec<Unresolved>,
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
    fn names(&self, node: NodeRef) -> Vec<NodeRef> {
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
    fn referred(
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
    fn settle(
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

    fn image(&self, stack: &[Slot]) -> Option<Image> {
        let documents = self.documents;
        let top = stack.first()?;
        if let Some(text) = documents.text(top.value) {
            if text.is_empty() {
                return None;
            }
            let name = Provenance {
                node: top.value,
                reach: top.reach.clone(),
            };
            return Some(Image {
                name,
                text: text.to_owned(),
                slot: top.clone(),
                entrypoint: None,
            });
        }
        let view = view_of(documents, stack)?;
        let name = view.get(documents, "name")?;
        let text = documents.text(name.value)?.to_owned();
        Some(Image {
            name: Provenance {
                node: name.value,
                reach: name.reach,
            },
            text,
            slot: top.clone(),
            entrypoint: view.get(documents, "entrypoint").map(|slot| {
                let words = self.names(slot.value).into_iter();
                (
                    slot,
                    words
                        .filter_map(|node| documents.text(node))
                        .map(str::to_owned)
                        .collect(),
                )
            }),
        })
    }

    fn services(&self, slot: &Slot, unresolved: &mut Vec<Unresolved>) -> Result<Services, Broken> {
        let mut items = Vec::new();
        self.service_items(slot.value, &slot.reach, 0, &mut items, unresolved)?;
        Ok(Services {
            slot: slot.clone(),
            items,
        })
    }

    fn service_items(
        &self,
        list: NodeRef,
        reach: &[Via],
        depth: usize,
        found: &mut Vec<Service>,
        unresolved: &mut Vec<Unresolved>,
    ) -> Result<(), Broken> {
        let documents = self.documents;
        let list = documents.resolve(list);
        self.spend(list, depth)?;
        let Some(items) = documents.tree(list).sequence(list.node) else {
            return Ok(());
        };
        for (index, item) in items.iter().enumerate() {
            let written = NodeRef {
                file: list.file,
                node: *item,
            };
            let node = documents.resolve(written);
            if is_reference(documents, node) {
                let stack = self.settle(self.referred(node, reach, unresolved)?, unresolved)?;
                if let Some(slot) = stack.first() {
                    self.service_items(slot.value, &slot.reach, depth + 1, found, unresolved)?;
                }
            } else if let Some(text) = documents.text(node) {
                let text = text.to_owned();
                found.push(Service {
                    item: (list, index),
                    name: node,
                    text,
                    aliases: Vec::new(),
                    arguments: Vec::new(),
                });
            } else if is_mapping(documents, node) {
                let view = View {
                    layers: vec![Layer {
                        mapping: node,
                        reach: reach.to_vec(),
                    }],
                };
                let Some(name) = view.get(documents, "name") else {
                    continue;
                };
                let Some(text) = documents.text(name.value) else {
                    continue;
                };
                let words = |key: &str| -> Vec<String> {
                    let Some(slot) = view.get(documents, key) else {
                        return Vec::new();
                    };
                    self.names(slot.value)
                        .iter()
                        .filter_map(|node| documents.text(*node))
                        .map(str::to_owned)
                        .collect()
                };
                let aliases = words("alias")
                    .iter()
                    .flat_map(|alias| alias.split([',', ' ']))
                    .map(str::to_owned)
                    .collect();
                let arguments = words("entrypoint")
                    .into_iter()
                    .chain(words("command"))
                    .collect();
                found.push(Service {
                    item: (list, index),
                    name: name.value,
                    text: text.to_owned(),
                    aliases,
                    arguments,
                });
            } else {
                self.service_items(node, reach, depth + 1, found, unresolved)?;
            }
        }
        Ok(())
    }

    fn script(
        &self,
        phase: Phase,
        stack: Vec<Slot>,
        found: &mut Vec<Script>,
        unresolved: &mut Vec<Unresolved>,
    ) -> Result<(), Broken> {
        let stack = self.settle(stack, unresolved)?;
        let Some(slot) = stack.first() else {
            return Ok(());
        };
        let mut lines = Vec::new();
        self.lines(slot.value, &slot.reach, None, 0, &mut lines, unresolved)?;
        found.push(Script {
            phase,
            slot: slot.clone(),
            lines,
        });
        Ok(())
    }

    /// The lines of a script, nested lists and references laid flat.
    fn lines(
        &self,
        node: NodeRef,
        reach: &[Via],
        item: Option<(NodeRef, usize)>,
        depth: usize,
        found: &mut Vec<Line>,
        unresolved: &mut Vec<Unresolved>,
    ) -> Result<(), Broken> {
        let documents = self.documents;
        let resolved = documents.resolve(node);
        let reach = if resolved == node {
            reach.to_vec()
        } else {
            further(reach, Via::Alias)
        };
        self.spend(resolved, depth)?;
        if is_reference(documents, resolved) {
            let stack = self.settle(self.referred(resolved, &reach, unresolved)?, unresolved)?;
            if let Some(slot) = stack.first() {
                self.lines(slot.value, &slot.reach, None, depth + 1, found, unresolved)?;
            }
            return Ok(());
        }
        match &documents.tree(resolved).node(resolved.node).kind {
            Kind::Scalar(_) => found.push(Line {
                node: resolved,
                item,
                step: None,
                folder: None,
                reach,
                commands: None,
            }),
            Kind::Sequence { items, .. } => {
                for (index, child) in items.iter().enumerate() {
                    let child = NodeRef {
                        file: resolved.file,
                        node: *child,
                    };
                    self.lines(
                        child,
                        &reach,
                        Some((resolved, index)),
                        depth + 1,
                        found,
                        unresolved,
                    )?;
                }
            }
            // GitLab refuses the file: a line with `: ` in it that nobody quoted
            Kind::Mapping { .. } => unresolved.push(Unresolved {
                at: resolved,
                what: "a line of script that is a mapping (what has a colon and a space in it needs quotes)".to_owned(),
            }),
            Kind::Alias { .. } => {}
        }
        Ok(())
    }

    /// Counts a node that was visited, so that aliases of aliases of aliases come to an end.
    fn spend(&self, at: NodeRef, depth: usize) -> Result<(), Broken> {
        let mut lines = self.lines.borrow_mut();
        *lines += 1;
        if *lines > LINES || depth > 3 * CHAIN {
            let message = "the scripts of this pipeline grow beyond all bounds when anchors and references are followed";
            return Err(Broken {
                at,
                message: message.to_owned(),
            });
        }
        Ok(())
    }

    fn variables(
        &self,
        view: &View,
        inherit: &Inherit,
        varied: &[(String, Slot)],
        unresolved: &mut Vec<Unresolved>,
    ) -> Result<Variables, Broken> {
        let global = self.global_variables()?;
        unresolved.extend(global.unresolved.iter().cloned());
        let mut found = global.variables.clone();
        found.retain(|name, _| inherit.variable(name));
        let own = self.settle(view.stack(self.documents, "variables"), unresolved)?;
        self.define(&own, Scope::Job, &mut found);
        for (name, _) in varied {
            if let Some(variable) = found.get_mut(name.as_str()) {
                Arc::make_mut(variable).varies = true;
            }
        }
        Ok(found)
    }

    /// What the global `variables:` define for every job that inherits them.
    fn global_variables(&self) -> Result<&Global, Broken> {
        if let Some(known) = self.global.get() {
            return Ok(known);
        }
        let mut global = Global::default();
        let stack = self.settle(self.globals.clone(), &mut global.unresolved)?;
        self.define(&stack, Scope::Global, &mut global.variables);
        Ok(self.global.get_or_init(|| global))
    }

    fn define(&self, stack: &[Slot], scope: Scope, found: &mut Variables) {
        let documents = self.documents;
        let Some(view) = view_of(documents, stack) else {
            return;
        };
        for layer in &view.layers {
            for (name, mut slot) in entries(documents, layer) {
                if scope == Scope::Global {
                    slot.reach = further(&slot.reach, Via::Global);
                }
                let node = if is_mapping(documents, slot.value) {
                    let inner = Layer {
                        mapping: slot.value,
                        reach: Vec::new(),
                    };
                    first(documents, &inner, "value").map_or(slot.value, |value| value.value)
                } else {
                    slot.value
                };
                let value = documents.variable_text(node).map(str::to_owned);
                match found.get_mut(name).map(Arc::make_mut) {
                    Some(variable) => {
                        variable.value = value;
                        variable.node = node;
                        variable.slots.push((scope, slot));
                    }
                    None => {
                        let variable = Variable {
                            value,
                            node,
                            slots: vec![(scope, slot)],
                            varies: false,
                        };
                        found.insert(name.into(), variable.into());
                    }
                }
            }
        }
    }

    /// The variables that `rules:` or a matrix of this mapping may set, each with its place.
    fn varied(&self, view: &View) -> Vec<(String, Slot)> {
        let documents = self.documents;
        let mut names = Vec::new();
        let mut keys_of = |node: NodeRef| {
            let layer = Layer {
                mapping: node,
                reach: Vec::new(),
            };
            let entries = entries(documents, &layer).into_iter();
            names.extend(entries.map(|(name, slot)| (name.to_owned(), slot)));
        };
        let items = |slot: &Slot| -> Vec<NodeRef> {
            match &documents.tree(slot.value).node(slot.value.node).kind {
                Kind::Sequence { items, .. } => items
                    .iter()
                    .map(|item| {
                        documents.resolve(NodeRef {
                            file: slot.value.file,
                            node: *item,
                        })
                    })
                    .collect(),
                _ => Vec::new(),
            }
        };
        if let Some(rules) = view.get(documents, "rules") {
            for rule in items(&rules) {
                let layer = Layer {
                    mapping: rule,
                    reach: Vec::new(),
                };
                if let Some(variables) = candidates(documents, &layer, "variables").first() {
                    keys_of(variables.value);
                }
            }
        }
        if let Some(parallel) = view.get(documents, "parallel") {
            let layer = Layer {
                mapping: parallel.value,
                reach: Vec::new(),
            };
            if let Some(matrix) = candidates(documents, &layer, "matrix").first() {
                items(matrix).into_iter().for_each(keys_of);
            }
        }
        names
    }
}

/// What a job takes from the top of the file.
struct Inherit {
    default: Inherited,
    variables: Inherited,
}

enum Inherited {
    All,
    Nothing,
    These(Vec<String>),
}

impl Inherit {
    fn of(documents: &Documents, view: &View) -> Self {
        let inner = view_of(documents, &view.stack(documents, "inherit"));
        let read = |key: &str| -> Inherited {
            let Some(slot) = inner.as_ref().and_then(|view| view.get(documents, key)) else {
                return Inherited::All;
            };
            match &documents.tree(slot.value).node(slot.value.node).kind {
                Kind::Scalar(scalar) if scalar.value() == "false" => Inherited::Nothing,
                Kind::Sequence { items, .. } => Inherited::These(
                    items
                        .iter()
                        .filter_map(|item| {
                            documents.text(NodeRef {
                                file: slot.value.file,
                                node: *item,
                            })
                        })
                        .map(str::to_owned)
                        .collect(),
                ),
                _ => Inherited::All,
            }
        };
        Self {
            default: read("default"),
            variables: read("variables"),
        }
    }

    fn default_key(&self, key: &str) -> bool {
        self.default.has(key)
    }

    fn variable(&self, name: &str) -> bool {
        self.variables.has(name)
    }
}

impl Inherited {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::These(names) => names.iter().any(|one| one == name),
        }
    }
}
