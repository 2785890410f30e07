//! Keys and values of a workflow. GitHub follows aliases and knows no merge keys.

use crate::pipeline::{Documents, NodeRef, Slot, Via};
use crate::text::FileId;
use crate::yaml::Kind;

/// The mapping at the top of a file.
pub(super) fn root(documents: &Documents, file: FileId) -> Option<NodeRef> {
    let node = *documents.file(file).tree.documents().first()?;
    let root = documents.resolve(NodeRef { file, node });
    documents
        .tree(root)
        .mapping(root.node)
        .is_some()
        .then_some(root)
}

/// A key of a mapping; of two with one name the last counts.
pub(super) fn entry(documents: &Documents, mapping: NodeRef, key: &str) -> Option<Slot> {
    let mapping = documents.resolve(mapping);
    let tree = documents.tree(mapping);
    let entries = tree.mapping(mapping.node)?;
    let index = entries.iter().rposition(|entry| {
        tree.scalar(entry.key)
            .is_some_and(|scalar| scalar.value() == key)
    })?;
    let written = NodeRef {
        file: mapping.file,
        node: entries[index].value,
    };
    Some(slot(documents, mapping, index, written))
}

fn slot(documents: &Documents, mapping: NodeRef, index: usize, written: NodeRef) -> Slot {
    let value = documents.resolve(written);
    let reach = match value == written {
        true => Vec::new(),
        false => vec![Via::Alias],
    };
    Slot {
        mapping,
        index,
        written,
        value,
        reach,
    }
}

/// All keys of a mapping with their names' nodes; of two with one name the last counts.
pub(super) fn entries(documents: &Documents, mapping: NodeRef) -> Vec<(NodeRef, Slot)> {
    let mapping = documents.resolve(mapping);
    let tree = documents.tree(mapping);
    let Some(entries) = tree.mapping(mapping.node) else {
        return Vec::new();
    };
    let mut found: indexmap::IndexMap<&str, (NodeRef, Slot)> = indexmap::IndexMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let Some(key) = tree.scalar(entry.key) else {
            continue;
        };
        let node = |node| NodeRef {
            file: mapping.file,
            node,
        };
        let slot = slot(documents, mapping, index, node(entry.value));
        found.insert(key.value(), (node(entry.key), slot));
    }
    found.into_values().collect()
}

/// The items of a list, aliases followed; none if it is no list.
pub(super) fn items(documents: &Documents, list: NodeRef) -> Vec<NodeRef> {
    let list = documents.resolve(list);
    let Some(items) = documents.tree(list).sequence(list.node) else {
        return Vec::new();
    };
    let item = |item: &_| {
        documents.resolve(NodeRef {
            file: list.file,
            node: *item,
        })
    };
    items.iter().map(item).collect()
}

/// A scalar's text.
pub(super) fn text(documents: &Documents, node: NodeRef) -> Option<&str> {
    documents.text(documents.resolve(node))
}

/// A key's text.
pub(super) fn text_of<'a>(
    documents: &'a Documents,
    mapping: NodeRef,
    key: &str,
) -> Option<&'a str> {
    text(documents, entry(documents, mapping, key)?.value)
}

/// Every scalar below a node, aliases not followed.
pub(super) fn scalars(documents: &Documents, node: NodeRef) -> Vec<NodeRef> {
    let tree = documents.tree(node);
    let mut found = Vec::new();
    let mut open = vec![node.node];
    while let Some(next) = open.pop() {
        match &tree.node(next).kind {
            Kind::Scalar(_) => found.push(NodeRef {
                file: node.file,
                node: next,
            }),
            Kind::Sequence { items, .. } => open.extend(items.iter().rev()),
            Kind::Mapping { entries, .. } => {
                for entry in entries.iter().rev() {
                    open.extend([entry.value, entry.key]);
                }
            }
            Kind::Alias { .. } => {}
        }
    }
    found
}
