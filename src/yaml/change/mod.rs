//! Changes to a tree, said in terms of its nodes, and turned into edits on the bytes.
//!
//! All changes of a file are taken together: what is removed, put in and rewritten in one collection is worked out
//! at once, so that changes at the same place never meet. A change within something that goes, goes with it.

mod anchors;
mod block;
mod flow;
mod merge;
mod text;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::collections::HashSet;
use crate::text::{Edit, Span};

use super::lex;
use super::tree::{Kind, NodeId, Tree};
use merge::Merge;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// A new decoded value, in the same quotes or block if they can carry it, else in double quotes.
    ReplaceScalar {
        /// The scalar.
        node: NodeId,
        /// Its new value.
        text: String,
    },
    /// A new text for a range of the decoded value.
    ReplaceText {
        /// The scalar.
        node: NodeId,
        /// Bytes of its decoded value.
        range: Range<usize>,
        /// What the decoded value has there instead.
        text: String,
    },
    /// Takes away the source lines of a multi-line scalar that the decoded range touches.
    RemoveTextLines {
        /// The scalar.
        node: NodeId,
        /// Bytes of its decoded value.
        range: Range<usize>,
    },
    /// New lines in a literal block, behind the line that holds the offset and indented like it.
    InsertTextLines {
        /// The scalar.
        node: NodeId,
        /// A byte of its decoded value.
        after: usize,
        /// The lines, without line ends.
        lines: Vec<String>,
    },
    /// New lines in a literal block, before the line that holds the offset and indented like it.
    InsertTextLinesBefore {
        /// The scalar.
        node: NodeId,
        /// A byte of its decoded value.
        before: usize,
        /// The lines, without line ends.
        lines: Vec<String>,
    },
    /// Takes an entry away, with the comments that are its own.
    RemoveEntry {
        /// The mapping.
        mapping: NodeId,
        /// Which of its entries.
        index: usize,
    },
    /// Takes an item away, with the comments that are its own.
    RemoveItem {
        /// The sequence.
        sequence: NodeId,
        /// Which of its items.
        index: usize,
    },
    /// A new entry before the entry `at`, or behind the last one.
    InsertEntry {
        /// The mapping.
        mapping: NodeId,
        /// Before which entry; their number: behind the last.
        at: usize,
        /// The key.
        key: String,
        /// The value.
        value: New,
    },
    /// A new item before the item `at`, or behind the last one.
    InsertItem {
        /// The sequence.
        sequence: NodeId,
        /// Before which item; their number: behind the last.
        at: usize,
        /// The item.
        value: New,
    },
    /// Another node in this one's place; anchor and tag stay.
    ReplaceNode {
        /// The node.
        node: NodeId,
        /// What comes in its place.
        value: New,
    },
    /// Another node in this one's place; anchor and tag go with the old one.
    ReplaceWhole {
        /// The node.
        node: NodeId,
        /// What comes in its place.
        value: New,
    },
}

/// A node that is not yet written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum New {
    /// A text: plain if that is safe and the siblings are not all quoted.
    Scalar(String),
    /// A text in quotes.
    Quoted(String),
    /// Written as it is, such as `false`: the giver knows that it is plain.
    Plain(&'static str),
    /// A text of several lines in a literal block, where blocks can stand.
    Block(String),
    /// `[]`.
    EmptySequence,
    /// A list.
    Sequence(Vec<New>),
    /// Keys and values.
    Mapping(Vec<(String, New)>),
    /// What an anchor of the file stands for.
    Alias {
        /// The anchor's name.
        name: String,
        /// The node that carries it.
        target: NodeId,
    },
}

/// Why a change is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where.
    pub at: Span,
    /// Why, in one sentence without a full stop.
    pub why: String,
    /// Whether an alias is in the way that further changes may take away.
    pub by_alias: bool,
}

/// What is to happen in one collection.
#[derive(Default)]
struct Plan<'c> {
    removed: BTreeSet<usize>,
    /// In the given order.
    inserted: Vec<(usize, Option<&'c str>, &'c New)>,
}

impl<'c> Plan<'c> {
    fn inserted_at(&self, at: usize) -> impl Iterator<Item = (Option<&'c str>, &'c New)> {
        self.inserted
            .iter()
            .filter(move |it| it.0 == at)
            .map(|it| (it.1, it.2))
    }
}

/// An item or entry with the bytes that it is written in, tag, anchor and dash included.
#[derive(Clone, Copy)]
struct Element {
    start: usize,
    end: usize,
    value: NodeId,
}

/// The edits that make all of these changes. `text` must be what the tree was parsed from.
pub fn edits(tree: &Tree, text: &str, changes: &[Change]) -> Result<Vec<Edit>, Refusal> {
    let mut gone = Vec::new();
    let mut replaced = Vec::new();
    let mut whole = HashSet::default();
    for change in changes {
        if !tree.has(change.subject()) {
            return Err(Refusal {
                at: Span::at(0),
                why: "the change names a node that is not in this file".into(),
                by_alias: false,
            });
        }
        match change {
            Change::RemoveEntry { mapping, index } => {
                if let Kind::Mapping { entries, .. } = &tree.node(*mapping).kind
                    && let Some(entry) = entries.get(*index)
                {
                    gone.extend([entry.key, entry.value]);
                }
            }
            Change::RemoveItem { sequence, index } => {
                if let Kind::Sequence { items, .. } = &tree.node(*sequence).kind
                    && let Some(item) = items.get(*index)
                {
                    gone.push(*item);
                }
            }
            Change::ReplaceNode { node, .. } => replaced.push(*node),
            Change::ReplaceWhole { node, .. } => {
                replaced.push(*node);
                whole.insert(*node);
            }
            _ => {}
        }
    }
    let mut plans: BTreeMap<NodeId, Plan> = BTreeMap::new();
    let mut texts: BTreeMap<NodeId, Vec<&Change>> = BTreeMap::new();
    let mut nodes: BTreeMap<NodeId, &New> = BTreeMap::new();
    // Of nodes within each other the outer one has the smaller number and comes first.
    gone.sort_unstable();
    gone.dedup_by(|inner, outer| tree.is_within(*inner, *outer));
    let is_gone = |node: NodeId| {
        let before = gone.partition_point(|outer| *outer <= node);
        let outer = before.checked_sub(1).and_then(|last| gone.get(last));
        outer.is_some_and(|outer| tree.is_within(node, *outer))
    };
    let mut known = HashSet::default();
    for change in changes {
        let node = change.subject();
        let is_replaced =
            |outer: &NodeId| tree.is_within(node, *outer) && (node != *outer || !change.replaces());
        if is_gone(node) || replaced.iter().any(is_replaced) || !known.insert(change) {
            continue;
        }
        match change {
            Change::RemoveEntry { index, .. } | Change::RemoveItem { index, .. } => {
                plans.entry(node).or_default().removed.insert(*index);
            }
            Change::InsertEntry { at, key, value, .. } => {
                let plan = plans.entry(node).or_default();
                plan.inserted.push((*at, Some(key), value));
            }
            Change::InsertItem { at, value, .. } => {
                let plan = plans.entry(node).or_default();
                plan.inserted.push((*at, None, value));
            }
            Change::ReplaceNode { value, .. } | Change::ReplaceWhole { value, .. } => {
                if nodes.insert(node, value).is_some() {
                    return Err(refuse(tree, node, "two changes replace the same node"));
                }
            }
            _ => texts.entry(node).or_default().push(change),
        }
    }
    let mut merge = Merge::default();
    for (node, plan) in &plans {
        collection(tree, text, *node, plan, &mut merge)?;
    }
    for (node, value) in nodes {
        let is_whole = whole.contains(&node);
        block::replace(tree, text, node, value, is_whole, &mut merge)?;
    }
    for (node, changes) in texts {
        text::scalar(tree, text, node, &changes, &mut merge)?;
    }
    let is_lost = |node: NodeId| {
        let is_replaced = |outer: &NodeId| {
            tree.is_within(node, *outer)
                && (node != *outer || whole.contains(outer) || is_alias(tree, node))
        };
        is_gone(node) || replaced.iter().any(is_replaced)
    };
    anchors::hand_on(tree, text, changes, is_lost, &mut merge)?;
    Ok(merge.edits(text))
}

fn is_alias(tree: &Tree, node: NodeId) -> bool {
    matches!(tree.node(node).kind, Kind::Alias { .. })
}

fn refuse(tree: &Tree, node: NodeId, why: &str) -> Refusal {
    Refusal {
        at: tree.node(node).span,
        why: why.into(),
        by_alias: false,
    }
}

fn refuse_for_an_alias(tree: &Tree, node: NodeId, why: &str) -> Refusal {
    Refusal {
        by_alias: true,
        ..refuse(tree, node, why)
    }
}

impl Change {
    /// Whether another node comes in the place of its node.
    fn replaces(&self) -> bool {
        matches!(self, Self::ReplaceNode { .. } | Self::ReplaceWhole { .. })
    }

    /// The node that is changed.
    pub fn subject(&self) -> NodeId {
        match self {
            Self::ReplaceScalar { node, .. }
            | Self::ReplaceText { node, .. }
            | Self::RemoveTextLines { node, .. }
            | Self::InsertTextLines { node, .. }
            | Self::InsertTextLinesBefore { node, .. }
            | Self::ReplaceNode { node, .. }
            | Self::ReplaceWhole { node, .. } => *node,
            Self::RemoveEntry { mapping, .. } | Self::InsertEntry { mapping, .. } => *mapping,
            Self::RemoveItem { sequence, .. } | Self::InsertItem { sequence, .. } => *sequence,
        }
    }
}

fn collection(
    tree: &Tree,
    text: &str,
    node: NodeId,
    plan: &Plan,
    merge: &mut Merge,
) -> Result<(), Refusal> {
    let (elements, flow, keyed) = match &tree.node(node).kind {
        Kind::Sequence { items, flow } => (items_of(tree, text, node, items, *flow), *flow, false),
        Kind::Mapping { entries, flow } => {
            let elements = entries_of(tree, text, node, entries);
            (elements, *flow, true)
        }
        _ => return Err(refuse(tree, node, "this is not a collection")),
    };
    let count = elements.len();
    let fits = plan.removed.iter().all(|index| *index < count)
        && plan
            .inserted
            .iter()
            .all(|it| it.0 <= count && it.1.is_some() == keyed);
    if !fits {
        return Err(refuse(tree, node, "the change does not fit the collection"));
    }
    if plan.removed.len() == count && plan.inserted.is_empty() {
        let why = "nothing would be left of the collection";
        return Err(refuse(tree, node, why));
    }
    if flow {
        flow::change(tree, text, node, &elements, plan, merge)
    } else {
        block::change(tree, text, node, &elements, plan, merge)
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

fn entries_of(tree: &Tree, text: &str, node: NodeId, entries: &[super::Entry]) -> Vec<Element> {
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
