//! The tree: nodes in document order, each with the bytes that it is written in.

use crate::text::Span;

use super::scalar::{Map, Scalar, Style};

/// Why a text is not a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub at: Span,
    /// What is wrong there, in one sentence without a full stop.
    pub message: String,
}

/// A node of one tree. Numbers follow the order of the text: a parent before its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// A tag as written, `!reference`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The tag with its exclamation mark.
    pub text: String,
    /// Its bytes.
    pub span: Span,
}

/// An anchor, `&name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The name without the ampersand.
    pub text: String,
    /// Its bytes, with the ampersand.
    pub span: Span,
}

/// A key and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: NodeId,
    /// The value; a missing one is an empty plain scalar.
    pub value: NodeId,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A text.
    Scalar(Scalar),
    /// A list.
    Sequence {
        /// Its items, in order.
        items: Vec<NodeId>,
        /// Whether it is written with brackets.
        flow: bool,
    },
    /// Keys and values.
    Mapping {
        /// Its entries, in order, duplicates and merge keys included.
        entries: Vec<Entry>,
        /// Whether it is written with braces (or is a single pair in a bracketed list).
        flow: bool,
    },
    /// `*name`.
    Alias {
        /// The name without the asterisk.
        name: String,
        /// The latest node before it that carries the anchor.
        target: NodeId,
    },
}

/// A node with its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its bytes without tag and anchor. A quoted scalar has its quotes; a block scalar runs from its header to
    /// its last line, without that line's end; a collection from its first key, dash or bracket to the end of its
    /// last value or bracket. A missing value is an empty span behind its indicator, tag and anchor.
    pub span: Span,
    /// Its tag.
    pub tag: Option<Tag>,
    /// Its anchor.
    pub anchor: Option<Anchor>,
}

impl Node {
    /// Where the node begins with its tag and anchor.
    pub(super) fn full_start(&self) -> usize {
        let tag = self.tag.as_ref().map_or(u32::MAX, |tag| tag.span.start);
        let anchor = self.anchor.as_ref().map_or(u32::MAX, |it| it.span.start);
        self.span.start.min(tag).min(anchor) as usize
    }
}

/// All documents of one text.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    pub(super) nodes: Vec<Node>,
    /// For each node its parent; a document's root has itself.
    pub(super) parents: Vec<NodeId>,
    /// For each node the last one below it (or itself).
    pub(super) last_below: Vec<NodeId>,
    pub(super) documents: Vec<NodeId>,
    pub(super) comments: Vec<Span>,
    /// Each alias with its target.
    pub(super) aliases: Vec<(NodeId, NodeId)>,
    /// Each target with its alias, by the targets.
    pub(super) targets: Vec<(NodeId, NodeId)>,
    /// How many of the nodes, at their end, are derived.
    derived: usize,
}

impl Tree {
    /// The root node of each document.
    pub fn documents(&self) -> &[NodeId] {
        &self.documents
    }

    /// Every node that is written, in the order of the text.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes[..self.nodes.len() - self.derived]
    }

    /// Adds a list of texts that what is written in a span comes to. They stand there as a whole, and are no part of the text:
    /// no collection holds them, and no edit is made of their changes.
    pub fn derive<'t>(&mut self, span: Span, texts: impl IntoIterator<Item = &'t str>) -> NodeId {
        let list = NodeId(self.nodes.len() as u32);
        let texts = texts.into_iter().map(|text| {
            Kind::Scalar(Scalar {
                value: text.into(),
                style: Style::Literal,
                map: Map::Pieces(Box::default()),
            })
        });
        let mut kinds: Vec<Kind> = texts.collect();
        let items = (1..).map(|at| NodeId(list.0 + at)).take(kinds.len());
        let items = items.collect();
        kinds.insert(0, Kind::Sequence { items, flow: false });
        let last = NodeId(list.0 + kinds.len() as u32 - 1);
        for (at, kind) in (list.0..).map(NodeId).zip(kinds) {
            self.nodes.push(Node {
                kind,
                span,
                tag: None,
                anchor: None,
            });
            self.parents.push(list);
            self.last_below.push(if at == list { last } else { at });
            self.derived += 1;
        }
        list
    }

    /// Whether a node is one of those, or of their lists.
    pub fn is_derived(&self, node: NodeId) -> bool {
        node.0 as usize >= self.nodes.len() - self.derived
    }

    /// Whether there are any.
    pub fn has_derived(&self) -> bool {
        self.derived > 0
    }

    /// A node. The id must come from this tree.
    pub fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node.0 as usize]
    }

    /// The entries of a mapping; nothing if a node is none. An alias is not followed.
    pub fn mapping(&self, node: NodeId) -> Option<&[Entry]> {
        match &self.node(node).kind {
            Kind::Mapping { entries, .. } => Some(entries),
            _ => None,
        }
    }

    /// The items of a list; nothing if a node is none. An alias is not followed.
    pub fn sequence(&self, node: NodeId) -> Option<&[NodeId]> {
        match &self.node(node).kind {
            Kind::Sequence { items, .. } => Some(items),
            _ => None,
        }
    }

    /// The collection that holds a node; none for a root.
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        let parent = self.parents[node.0 as usize];
        (parent != node).then_some(parent)
    }

    /// The entry whose value a node is: its mapping, and its place there.
    pub fn entry_of(&self, value: NodeId) -> Option<(NodeId, usize)> {
        let mapping = self.parent(value)?;
        let entries = self.mapping(mapping)?;
        let index = entries.partition_point(|entry| entry.value < value);
        let entry = entries.get(index)?;
        (entry.value == value).then_some((mapping, index))
    }

    /// The key of the entry whose value a node is.
    pub fn key_of(&self, value: NodeId) -> Option<&str> {
        let (mapping, index) = self.entry_of(value)?;
        Some(self.scalar(self.mapping(mapping)?.get(index)?.key)?.value())
    }

    /// The node itself, or what an alias stands for.
    pub fn resolve(&self, node: NodeId) -> NodeId {
        match &self.node(node).kind {
            Kind::Alias { target, .. } => *target,
            _ => node,
        }
    }

    /// The scalar that a node is or stands for.
    pub fn scalar(&self, node: NodeId) -> Option<&Scalar> {
        match &self.node(self.resolve(node)).kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Every comment, from `#` to the end of its line, in order.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// The entry under a key; of duplicates the last, as on the CI servers. Follows aliases, knows no merge keys.
    pub fn get(&self, mapping: NodeId, key: &str) -> Option<Entry> {
        let entries = self.mapping(self.resolve(mapping))?;
        let is_it = |name: &Scalar| name.value() == key;
        let mut entries = entries.iter().rev();
        let entry = entries.find(|entry| self.scalar(entry.key).is_some_and(is_it));
        entry.copied()
    }

    /// Whether an alias outside of this node stands for it or for a node below it.
    pub fn anchor_is_used(&self, node: NodeId) -> bool {
        let mut below = self.targets_below(node).iter();
        below.any(|(_, alias)| !self.is_within(*alias, node))
    }

    /// Whether an alias stands for a node or for something in it.
    pub(super) fn holds_target(&self, node: NodeId) -> bool {
        !self.targets_below(node).is_empty()
    }

    /// What aliases stand for in a node, itself included, each with an alias.
    fn targets_below(&self, node: NodeId) -> &[(NodeId, NodeId)] {
        let last = self.last_below[node.0 as usize];
        let first = self.targets.partition_point(|(target, _)| *target < node);
        let end = self.targets.partition_point(|(target, _)| *target <= last);
        self.targets.get(first..end).unwrap_or_default()
    }

    /// What the aliases in a node stand for.
    pub(super) fn targets_from(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        let first = self.aliases.partition_point(|(alias, _)| *alias < node);
        let inside = self.aliases.get(first..).unwrap_or_default().iter();
        let inside = inside.take_while(move |(alias, _)| self.is_within(*alias, node));
        inside.map(|(_, target)| *target)
    }

    /// The aliases of a node.
    pub(super) fn aliases_of(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        let first = self.targets.partition_point(|(target, _)| *target < node);
        let own = self.targets.get(first..).unwrap_or_default().iter();
        let own = own.take_while(move |(target, _)| *target == node);
        own.map(|(_, alias)| *alias)
    }

    /// Whether an alias stands for this very node.
    pub fn has_alias(&self, node: NodeId) -> bool {
        self.aliases_of(node).next().is_some()
    }

    /// Whether `node` is `outer` or lies below it.
    pub(super) fn is_within(&self, node: NodeId, outer: NodeId) -> bool {
        outer <= node && node <= self.last_below[outer.0 as usize]
    }

    /// Whether the id belongs to a tree of this size.
    pub(super) fn has(&self, node: NodeId) -> bool {
        (node.0 as usize) < self.nodes.len()
    }
}
