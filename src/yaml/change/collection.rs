//! A collection with the bytes of its elements, looked at once for all changes that are tried on it.

use super::super::lex;
use super::super::tree::{Entry, Kind, NodeId, Tree};
use super::flow::Gap;
use super::write::Manner;
use super::{block, flow};

/// An item or entry with the bytes that it is written in, tag, anchor and dash included.
#[derive(Clone, Copy)]
pub(super) struct Element {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) value: NodeId,
}

/// A collection as it is written.
pub(super) struct Collection<'t> {
    pub(super) node: NodeId,
    pub(super) elements: Vec<Element>,
    /// Whether it has keys.
    pub(super) keyed: bool,
    pub(super) manner: Manner,
    pub(super) form: Form<'t>,
}

/// How a collection is written.
pub(super) enum Form<'t> {
    /// In brackets; with what stands between its elements, if that can be taken apart.
    Flow(Option<Vec<Gap<'t>>>),
    /// In lines, the collections below it indented this much further.
    Block(usize),
}

impl<'t> Collection<'t> {
    /// Looks at a node; nothing if it is no collection.
    pub(super) fn of(tree: &Tree, text: &'t str, node: NodeId) -> Option<Self> {
        let (elements, is_flow, keyed) = match &tree.node(node).kind {
            Kind::Sequence { items, flow } => {
                (items_of(tree, text, node, items, *flow), *flow, false)
            }
            Kind::Mapping { entries, flow } => (entries_of(tree, text, node, entries), *flow, true),
            _ => return None,
        };
        let form = match is_flow {
            true => Form::Flow(flow::gaps(tree, text, node, &elements)),
            false => Form::Block(block::step(tree, text, &elements)),
        };
        Some(Self {
            node,
            manner: Manner::of(tree, elements.iter().map(|it| it.value)),
            elements,
            keyed,
            form,
        })
    }
}

fn items_of(tree: &Tree, text: &str, node: NodeId, items: &[NodeId], flow: bool) -> Vec<Element> {
    let mut from = tree.node(node).span.start as usize;
    let mut elements = Vec::with_capacity(items.len());
    for item in items {
        let it = tree.node(*item);
        let start = if flow {
            it.full_start()
        } else {
            lex::token(text.as_bytes(), from)
        };
        let end = (it.span.end as usize).max(start);
        elements.push(Element {
            start,
            end,
            value: *item,
        });
        from = end;
    }
    elements
}

fn entries_of(tree: &Tree, text: &str, node: NodeId, entries: &[Entry]) -> Vec<Element> {
    let bytes = text.as_bytes();
    let mut from = tree.node(node).span.start as usize;
    let mut elements = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut start = tree.node(entry.key).full_start();
        let mut mark = lex::token(bytes, from);
        while mark < start && matches!(bytes.get(mark), Some(b',' | b'{')) {
            mark = lex::token(bytes, mark + 1);
        }
        if mark < start && bytes.get(mark) == Some(&b'?') {
            start = mark;
        }
        let end = tree
            .node(entry.key)
            .span
            .end
            .max(tree.node(entry.value).span.end);
        let end = (end as usize).max(start);
        elements.push(Element {
            start,
            end,
            value: entry.value,
        });
        from = end;
    }
    elements
}
