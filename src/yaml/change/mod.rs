//! Changes to a tree, said in terms of its nodes, and turned into edits on the bytes.
//!
//! All changes of a file are taken together: what is removed, put in and rewritten in one collection is worked out
//! at once, so that changes at the same place never meet. A change within something that goes, goes with it.

mod anchors;
mod block;
mod collection;
mod flow;
mod merge;
mod text;
mod write;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use crate::collections::{HashMap, HashSet};
use crate::text::{Edit, Span};

use super::tree::{Kind, NodeId, Tree};
use collection::{Collection, Element, Form};
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
    /// By their places, at each in the given order.
    inserted: BTreeMap<usize, Vec<Insertion<'c>>>,
}

/// The key of a new element, if it has one, and its value.
type Insertion<'c> = (Option<&'c str>, &'c New);

impl<'c> Plan<'c> {
    fn insert(&mut self, at: usize, key: Option<&'c str>, value: &'c New) {
        self.inserted.entry(at).or_default().push((key, value));
    }

    fn inserted_at(&self, at: usize) -> impl Iterator<Item = Insertion<'c>> {
        self.inserted.get(&at).into_iter().flatten().copied()
    }

    /// All that is new, in its order.
    fn all_inserted(&self) -> impl Iterator<Item = Insertion<'c>> {
        self.inserted.values().flatten().copied()
    }
}

/// The edits that make all of these changes. `text` must be what the tree was parsed from.
pub fn edits(tree: &Tree, text: &str, changes: &[Change]) -> Result<Vec<Edit>, Refusal> {
    Editor::new(tree, text).edits(changes)
}

/// Makes edits of changes, of one set after another: a collection is looked at once, however many changes are tried on it one
/// by one.
pub struct Editor<'t> {
    tree: &'t Tree,
    text: &'t str,
    known: RefCell<HashMap<NodeId, Rc<Collection<'t>>>>,
}

impl<'t> Editor<'t> {
    /// An editor of a text and the tree that was parsed from it.
    pub fn new(tree: &'t Tree, text: &'t str) -> Self {
        Self {
            tree,
            text,
            known: RefCell::default(),
        }
    }

    /// The edits that make all of these changes.
    pub fn edits(&self, changes: &[Change]) -> Result<Vec<Edit>, Refusal> {
        edits_by(self, changes)
    }

    fn collection(&self, node: NodeId) -> Result<Rc<Collection<'t>>, Refusal> {
        if let Some(known) = self.known.borrow().get(&node) {
            return Ok(known.clone());
        }
        let new = Collection::of(self.tree, self.text, node)
            .ok_or_else(|| refuse(self.tree, node, "this is not a collection"))?;
        let new = Rc::new(new);
        self.known.borrow_mut().insert(node, new.clone());
        Ok(new)
    }
}

fn edits_by(editor: &Editor<'_>, changes: &[Change]) -> Result<Vec<Edit>, Refusal> {
    let (tree, text) = (editor.tree, editor.text);
    let mut gone = Vec::new();
    let mut replaced = HashSet::default();
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
            Change::ReplaceNode { node, .. } => {
                replaced.insert(*node);
            }
            Change::ReplaceWhole { node, .. } => {
                replaced.insert(*node);
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
    // whether another node comes in the place of one around it
    let is_replaced_outside = |node: NodeId| {
        let mut around = std::iter::successors(tree.parent(node), |it| tree.parent(*it));
        !replaced.is_empty() && around.any(|outer| replaced.contains(&outer))
    };
    let mut known = HashSet::default();
    for change in changes {
        let node = change.subject();
        let is_replaced = replaced.contains(&node) && !change.replaces();
        if is_gone(node) || is_replaced || is_replaced_outside(node) || !known.insert(change) {
            continue;
        }
        match change {
            Change::RemoveEntry { index, .. } | Change::RemoveItem { index, .. } => {
                plans.entry(node).or_default().removed.insert(*index);
            }
            Change::InsertEntry { at, key, value, .. } => {
                plans.entry(node).or_default().insert(*at, Some(key), value);
            }
            Change::InsertItem { at, value, .. } => {
                plans.entry(node).or_default().insert(*at, None, value);
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
        collection(editor, *node, plan, &mut merge)?;
    }
    for (node, value) in nodes {
        let is_whole = whole.contains(&node);
        block::replace(tree, text, node, value, is_whole, &mut merge)?;
    }
    for (node, changes) in texts {
        text::scalar(tree, text, node, &changes, &mut merge)?;
    }
    let is_lost = |node: NodeId| {
        let itself = replaced.contains(&node) && (whole.contains(&node) || is_alias(tree, node));
        is_gone(node) || itself || is_replaced_outside(node)
    };
    let mut lost = gone.iter().chain(&replaced);
    if lost.any(|node| tree.holds_target(*node)) || brings_alias(changes) {
        anchors::hand_on(tree, text, changes, is_lost, &mut merge)?;
    }
    let changed = gone.iter().chain(&replaced);
    anchors::drop_unused(tree, text, changed, changes, is_lost, &mut merge);
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

/// Whether something that is put in stands for another node.
fn brings_alias(changes: &[Change]) -> bool {
    changes.iter().any(|change| match change {
        Change::InsertEntry { value, .. }
        | Change::InsertItem { value, .. }
        | Change::ReplaceNode { value, .. }
        | Change::ReplaceWhole { value, .. } => value.has_alias(),
        _ => false,
    })
}

impl New {
    fn has_alias(&self) -> bool {
        match self {
            Self::Alias { .. } => true,
            Self::Sequence(items) => items.iter().any(Self::has_alias),
            Self::Mapping(entries) => entries.iter().any(|(_, value)| value.has_alias()),
            _ => false,
        }
    }
}

fn collection(
    editor: &Editor<'_>,
    node: NodeId,
    plan: &Plan,
    merge: &mut Merge,
) -> Result<(), Refusal> {
    let (tree, text) = (editor.tree, editor.text);
    let known = editor.collection(node)?;
    let count = known.elements.len();
    let fits = plan.removed.iter().all(|index| *index < count)
        && plan.inserted.keys().all(|at| *at <= count)
        && plan
            .all_inserted()
            .all(|(key, _)| key.is_some() == known.keyed);
    if !fits {
        return Err(refuse(tree, node, "the change does not fit the collection"));
    }
    if plan.removed.len() == count && plan.inserted.is_empty() {
        let why = "nothing would be left of the collection";
        return Err(refuse(tree, node, why));
    }
    match &known.form {
        Form::Flow(gaps) => flow::change(tree, text, &known, gaps.as_deref(), plan, merge),
        Form::Block(step) => block::change(tree, text, &known, *step, plan, merge),
    }
}
