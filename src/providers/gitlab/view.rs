//! Mappings laid over each other: merge keys, `extends`, includes and `!reference`, with the way to each value.

use crate::collections::IndexMap;
use crate::pipeline::{Documents, NodeRef, Slot, Via};
use crate::yaml::{Entry, Kind};

/// How deep merge keys and references may nest; GitLab itself stops at ten.
const DEPTH: usize = 12;

/// A mapping, and how it was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) mapping: NodeRef,
    pub(super) reach: Vec<Via>,
}

/// Mappings laid over each other; the last one counts most.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    pub(super) layers: Vec<Layer>,
}

/// Adds a step to a way, without saying the same thing twice in a row.
pub(super) fn further(reach: &[Via], via: Via) -> Vec<Via> {
    let mut reach = reach.to_vec();
    if reach.last() != Some(&via) {
        reach.push(via);
    }
    reach
}

/// Whether a node is a mapping, once aliases are followed.
pub(super) fn is_mapping(documents: &Documents, node: NodeRef) -> bool {
    matches!(node_kind(documents, node), Kind::Mapping { .. })
}

fn node_kind(documents: &Documents, node: NodeRef) -> &Kind {
    let node = documents.resolve(node);
    &documents.tree(node).node(node.node).kind
}

/// Whether a node carries `!reference`.
pub(super) fn is_reference(documents: &Documents, node: NodeRef) -> bool {
    documents
        .tree(node)
        .node(node.node)
        .tag
        .as_ref()
        .is_some_and(|tag| tag.text == "!reference")
}

fn slot_of(
    documents: &Documents,
    mapping: NodeRef,
    index: usize,
    value: NodeRef,
    reach: &[Via],
) -> Slot {
    let resolved = documents.resolve(value);
    let reach = if resolved == value {
        reach.to_vec()
    } else {
        further(reach, Via::Alias)
    };
    Slot {
        mapping,
        index,
        written: value,
        value: resolved,
        reach,
    }
}

/// Every value of `key` in one mapping, the one that counts first: its own (of duplicates the last), then what is merged in.
pub(super) fn candidates(documents: &Documents, layer: &Layer, key: &str) -> Vec<Slot> {
    let mut found = Vec::new();
    let _: Option<()> = look_up(documents, layer, key, 0, &mut |slot| {
        found.push(slot);
        None
    });
    found
}

/// The value of `key` in one mapping that counts.
pub(super) fn first(documents: &Documents, layer: &Layer, key: &str) -> Option<Slot> {
    look_up(documents, layer, key, 0, &mut Some)
}

/// Shows the values of `key` in one mapping, the one that counts first, until something is made of one.
fn look_up<T>(
    documents: &Documents,
    layer: &Layer,
    key: &str,
    depth: usize,
    make: &mut dyn FnMut(Slot) -> Option<T>,
) -> Option<T> {
    let mapping = documents.resolve(layer.mapping);
    let tree = documents.tree(mapping);
    let entries = tree.mapping(mapping.node)?;
    let is_named = |entry: &Entry, name: &str| {
        let scalar = tree.scalar(entry.key);
        scalar.is_some_and(|scalar| scalar.value() == name)
    };
    let own = entries.iter().enumerate().rev();
    if let Some((index, entry)) = own.clone().find(|(_, entry)| is_named(entry, key)) {
        let value = NodeRef {
            file: mapping.file,
            node: entry.value,
        };
        let made = make(slot_of(documents, mapping, index, value, &layer.reach));
        if made.is_some() {
            return made;
        }
    }
    if depth >= DEPTH || key == "<<" {
        return None;
    }
    for (_, entry) in own.filter(|(_, entry)| is_named(entry, "<<")) {
        let merged = NodeRef {
            file: mapping.file,
            node: entry.value,
        };
        for source in merge_sources(documents, merged) {
            let layer = Layer {
                mapping: source,
                reach: further(&layer.reach, Via::Merge),
            };
            let made = look_up(documents, &layer, key, depth + 1, make);
            if made.is_some() {
                return made;
            }
        }
    }
    None
}

/// The mappings that a merge key names, the one that counts first.
fn merge_sources(documents: &Documents, value: NodeRef) -> Vec<NodeRef> {
    let value = documents.resolve(value);
    match node_kind(documents, value) {
        Kind::Mapping { .. } => vec![value],
        Kind::Sequence { items, .. } => items
            .iter()
            .map(|item| {
                documents.resolve(NodeRef {
                    file: value.file,
                    node: *item,
                })
            })
            .filter(|item| is_mapping(documents, *item))
            .collect(),
        _ => Vec::new(),
    }
}

/// A mapping and all that it takes in by merge keys.
fn merged(documents: &Documents, mapping: NodeRef, depth: usize, found: &mut Vec<NodeRef>) {
    let mapping = documents.resolve(mapping);
    if found.contains(&mapping) || depth > DEPTH {
        return;
    }
    found.push(mapping);
    let tree = documents.tree(mapping);
    let Some(entries) = tree.mapping(mapping.node) else {
        return;
    };
    for entry in entries {
        if tree
            .scalar(entry.key)
            .is_some_and(|key| key.value() == "<<")
        {
            let value = NodeRef {
                file: mapping.file,
                node: entry.value,
            };
            for source in merge_sources(documents, value) {
                merged(documents, source, depth + 1, found);
            }
        }
    }
}

/// Every key of one mapping with the value that counts, merged ones included.
pub(super) fn entries<'d>(documents: &'d Documents, layer: &Layer) -> IndexMap<&'d str, Slot> {
    let mut all = IndexMap::default();
    gather(documents, layer, 0, &mut |key, found| {
        let Found {
            mapping,
            index,
            value,
            reach,
        } = found;
        all.insert(key, slot_of(documents, mapping, index, value, reach));
    });
    all
}

/// An entry of a mapping, and how it was reached.
struct Found<'r> {
    mapping: NodeRef,
    index: usize,
    value: NodeRef,
    reach: &'r [Via],
}

/// Shows every key of one mapping with its value, what counts more behind what counts less.
fn gather<'d>(
    documents: &'d Documents,
    layer: &Layer,
    depth: usize,
    show: &mut dyn FnMut(&'d str, Found<'_>),
) {
    let mapping = documents.resolve(layer.mapping);
    let tree = documents.tree(mapping);
    let Some(entries) = tree.mapping(mapping.node) else {
        return;
    };
    let keys = || {
        let keys = entries.iter().enumerate();
        keys.filter_map(|(index, entry)| Some((index, entry, tree.scalar(entry.key)?.value())))
    };
    if depth < DEPTH {
        for (_, entry, _) in keys().filter(|(_, _, key)| *key == "<<") {
            let merged = NodeRef {
                file: mapping.file,
                node: entry.value,
            };
            for source in merge_sources(documents, merged).into_iter().rev() {
                let layer = Layer {
                    mapping: source,
                    reach: further(&layer.reach, Via::Merge),
                };
                gather(documents, &layer, depth + 1, show);
            }
        }
    }
    for (index, entry, key) in keys().filter(|(_, _, key)| *key != "<<") {
        let value = NodeRef {
            file: mapping.file,
            node: entry.value,
        };
        let found = Found {
            mapping,
            index,
            value,
            reach: &layer.reach,
        };
        show(key, found);
    }
}

impl View {
    /// Every value of a key, the one that counts first.
    pub(super) fn all(&self, documents: &Documents, key: &str) -> Vec<Slot> {
        self.layers
            .iter()
            .rev()
            .flat_map(|layer| candidates(documents, layer, key))
            .collect()
    }

    /// The value of a key that counts, one for each layer that has it; the one that counts first.
    pub(super) fn stack(&self, documents: &Documents, key: &str) -> Vec<Slot> {
        self.layers
            .iter()
            .rev()
            .filter_map(|layer| first(documents, layer, key))
            .collect()
    }

    /// The value of a key that counts most.
    pub(super) fn get(&self, documents: &Documents, key: &str) -> Option<Slot> {
        self.layers
            .iter()
            .rev()
            .find_map(|layer| first(documents, layer, key))
    }

    /// The mappings of all layers, and those that they take in by merge keys.
    pub(super) fn mappings(&self, documents: &Documents) -> Vec<NodeRef> {
        let mut found = Vec::new();
        for layer in &self.layers {
            merged(documents, layer.mapping, 0, &mut found);
        }
        found
    }

    /// All keys, each with its top value, aliases followed.
    pub(super) fn keys(&self, documents: &Documents) -> IndexMap<String, NodeRef> {
        let mut all = IndexMap::default();
        for layer in &self.layers {
            gather(documents, layer, 0, &mut |key, found| {
                all.insert(key.to_owned(), documents.resolve(found.value));
            });
        }
        all
    }
}

/// Lays the mappings of a stack over each other: from the top down to the first value that is no mapping.
pub(super) fn view_of(documents: &Documents, stack: &[Slot]) -> Option<View> {
    let mut layers: Vec<Layer> = stack
        .iter()
        .take_while(|slot| {
            is_mapping(documents, slot.value) && !is_reference(documents, slot.written)
        })
        .map(|slot| Layer {
            mapping: slot.value,
            reach: slot.reach.clone(),
        })
        .collect();
    layers.reverse();
    (!layers.is_empty()).then_some(View { layers })
}
