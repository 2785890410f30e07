//! What a result must say: the old tree with the changes put in, node by node as a reader comes to them.

use std::borrow::Cow;

use crate::collections::{HashMap, HashSet};
use crate::yaml::{Change, Kind, New, NodeId, Tree};

/// How many values one file may expand to: a bound for alias bombs.
const VALUES: usize = 2_000_000;

/// A value that the result must have.
#[derive(Clone, Copy)]
pub(super) enum Meant<'a> {
    /// What stood there, with its changes.
    Node(NodeId),
    /// What is written anew.
    New(&'a New),
    /// A new key.
    Key(&'a str),
}

/// What a value must be; the tag is said beside it.
pub(super) enum Shape<'a> {
    /// A scalar of this text; what a plain one means is left to the comparison.
    Text(Cow<'a, str>),
    /// These items.
    List(Items<'a>),
    /// These entries.
    Map(Entries<'a>),
}

/// The items of a list.
pub(super) enum Items<'a> {
    /// As they were.
    Nodes(&'a [NodeId]),
    /// All written anew.
    New(&'a [New]),
    /// Some came or went.
    Mixed(Vec<Meant<'a>>),
}

/// The entries of a mapping.
pub(super) enum Entries<'a> {
    /// As they were.
    Nodes(&'a [crate::yaml::Entry]),
    /// All written anew.
    New(&'a [(String, New)]),
    /// Some came or went.
    Mixed(Vec<(Meant<'a>, Meant<'a>)>),
}

impl<'a> Items<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Nodes(items) => items.len(),
            Self::New(items) => items.len(),
            Self::Mixed(items) => items.len(),
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<Meant<'a>> {
        match self {
            Self::Nodes(items) => items.get(index).copied().map(Meant::Node),
            Self::New(items) => items.get(index).map(Meant::New),
            Self::Mixed(items) => items.get(index).copied(),
        }
    }
}

impl<'a> Entries<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Nodes(entries) => entries.len(),
            Self::New(entries) => entries.len(),
            Self::Mixed(entries) => entries.len(),
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<(Meant<'a>, Meant<'a>)> {
        match self {
            Self::Nodes(entries) => {
                let entry = entries.get(index)?;
                Some((Meant::Node(entry.key), Meant::Node(entry.value)))
            }
            Self::New(entries) => {
                let (key, value) = entries.get(index)?;
                Some((Meant::Key(key), Meant::New(value)))
            }
            Self::Mixed(entries) => entries.get(index).copied(),
        }
    }
}

/// A file as it was, and what is changed in it.
pub(super) struct Model<'a> {
    tree: &'a Tree,
    by_node: HashMap<NodeId, Vec<&'a Change>>,
    left: usize,
}

impl<'a> Model<'a> {
    pub(super) fn new(tree: &'a Tree, changes: &'a [Change]) -> Self {
        let mut by_node: HashMap<NodeId, Vec<&Change>> = HashMap::default();
        for change in changes {
            by_node.entry(change.subject()).or_default().push(change);
        }
        Self {
            tree,
            by_node,
            left: VALUES,
        }
    }

    /// What a value must be, and its tag.
    pub(super) fn shape(
        &mut self,
        meant: Meant<'a>,
    ) -> Result<(Option<&'a str>, Shape<'a>), String> {
        match meant {
            Meant::Node(node) => self.node(node, false),
            Meant::New(value) => self.written(value),
            Meant::Key(key) => Ok((None, Shape::Text(key.into()))),
        }
    }

    /// What a node must be. `by_alias` tells that an alias led to it, which does not follow it when all of it is replaced.
    fn node(
        &mut self,
        node: NodeId,
        by_alias: bool,
    ) -> Result<(Option<&'a str>, Shape<'a>), String> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or("the file grows beyond all bounds when its aliases are followed")?;
        let found = self.tree.node(node);
        let changes = self.by_node.get(&node).map(Vec::as_slice);
        let changes = changes.unwrap_or_default();
        let anew = changes.iter().find_map(|change| match change {
            Change::ReplaceNode { value, .. } => Some(value),
            _ => None,
        });
        let whole = changes.iter().find_map(|change| match change {
            Change::ReplaceWhole { value, .. } if !by_alias => Some(value),
            _ => None,
        });
        if let Some(value) = whole {
            return self.written(value);
        }
        let tag = found.tag.as_ref().map(|tag| tag.text.as_str());
        if let Some(value) = anew {
            let (own, shape) = self.written(value)?;
            return Ok((tag.or(own), shape));
        }
        if let Kind::Alias { target, .. } = &found.kind {
            return self.node(*target, true);
        }
        let replaced = changes.iter().find_map(|change| match change {
            Change::ReplaceScalar { text, .. } => Some(text.as_str()),
            _ => None,
        });
        let shape = match (&found.kind, replaced) {
            (_, Some(text)) => Shape::Text(text.into()),
            (Kind::Scalar(scalar), None) if changes.is_empty() => {
                Shape::Text(scalar.value().into())
            }
            (Kind::Scalar(scalar), None) => {
                Shape::Text(changed_text(scalar.value(), changes).into())
            }
            (Kind::Sequence { items, .. }, None) if changes.is_empty() => {
                Shape::List(Items::Nodes(items))
            }
            (Kind::Sequence { items, .. }, None) => {
                Shape::List(Items::Mixed(changed_items(items, changes)))
            }
            (Kind::Mapping { entries, .. }, None) if changes.is_empty() => {
                Shape::Map(Entries::Nodes(entries))
            }
            (Kind::Mapping { entries, .. }, None) => {
                Shape::Map(Entries::Mixed(changed_entries(entries, changes)))
            }
            (Kind::Alias { target, .. }, None) => return self.node(*target, true),
        };
        Ok((tag, shape))
    }

    /// What is written anew: of an alias, what it stands for.
    fn written(&mut self, value: &'a New) -> Result<(Option<&'a str>, Shape<'a>), String> {
        let shape = match value {
            New::Scalar(text) | New::Quoted(text) | New::Block(text) => Shape::Text(text.into()),
            New::Plain(text) => Shape::Text((*text).into()),
            New::EmptySequence => Shape::List(Items::New(&[])),
            New::Sequence(items) => Shape::List(Items::New(items)),
            New::Mapping(entries) => Shape::Map(Entries::New(entries)),
            New::Alias { target, .. } => return self.node(*target, true),
        };
        Ok((None, shape))
    }
}

/// The items of a list, as its changes make them.
fn changed_items<'a>(items: &[NodeId], changes: &[&'a Change]) -> Vec<Meant<'a>> {
    let mut removed: HashSet<usize> = HashSet::default();
    let mut inserted: HashMap<usize, Vec<Meant<'a>>> = HashMap::default();
    for change in changes {
        match change {
            Change::InsertItem { at, value, .. } => {
                inserted.entry(*at).or_default().push(Meant::New(value));
            }
            Change::RemoveItem { index, .. } => {
                removed.insert(*index);
            }
            _ => {}
        }
    }
    let mut list = Vec::new();
    for index in 0..=items.len() {
        list.extend(inserted.remove(&index).into_iter().flatten());
        let item = items.get(index).filter(|_| !removed.contains(&index));
        list.extend(item.map(|item| Meant::Node(*item)));
    }
    list
}

/// The entries of a mapping, as its changes make them.
fn changed_entries<'a>(
    entries: &[crate::yaml::Entry],
    changes: &[&'a Change],
) -> Vec<(Meant<'a>, Meant<'a>)> {
    let mut removed: HashSet<usize> = HashSet::default();
    let mut inserted: HashMap<usize, Vec<(Meant<'a>, Meant<'a>)>> = HashMap::default();
    for change in changes {
        match change {
            Change::InsertEntry { at, key, value, .. } => {
                let entry = (Meant::Key(key), Meant::New(value));
                inserted.entry(*at).or_default().push(entry);
            }
            Change::RemoveEntry { index, .. } => {
                removed.insert(*index);
            }
            _ => {}
        }
    }
    let mut map = Vec::new();
    for index in 0..=entries.len() {
        map.extend(inserted.remove(&index).into_iter().flatten());
        let entry = entries.get(index).filter(|_| !removed.contains(&index));
        map.extend(entry.map(|entry| (Meant::Node(entry.key), Meant::Node(entry.value))));
    }
    map
}

/// The texts of a list with some changes.
pub(crate) fn changed_texts(tree: &Tree, list: NodeId, changes: &[Change]) -> Vec<String> {
    let mut model = Model::new(tree, changes);
    let Ok((_, Shape::List(items))) = model.shape(Meant::Node(list)) else {
        return Vec::new();
    };
    let items = (0..items.len()).filter_map(|index| items.get(index));
    let texts = items.filter_map(|item| match model.shape(item) {
        Ok((_, Shape::Text(text))) => Some(text.into_owned()),
        _ => None,
    });
    texts.collect()
}

/// A scalar's text with the changes inside of it: replaced ranges from the end, then whole lines.
pub(crate) fn changed_text(text: &str, changes: &[&Change]) -> String {
    enum Part<'a> {
        Replace(std::ops::Range<usize>, &'a str),
        Insert(usize, String),
    }
    // by bytes, as the last byte of a range may lie within a character
    let bytes = text.as_bytes();
    let line_start = |at: usize| {
        memchr::memrchr(b'\n', &bytes[..at.min(bytes.len())]).map_or(0, |newline| newline + 1)
    };
    let line_end = |at: usize| {
        memchr::memchr(b'\n', &bytes[at.min(bytes.len())..])
            .map_or(bytes.len(), |newline| at + newline + 1)
    };
    let indent = |at: usize| {
        let line = &text[line_start(at)..];
        line[..line.len() - line.trim_start_matches([' ', '\t']).len()].to_owned()
    };
    let mut parts: Vec<Part<'_>> = Vec::new();
    for change in changes {
        match change {
            Change::ReplaceText { range, text, .. } => {
                parts.push(Part::Replace(range.clone(), text))
            }
            Change::RemoveTextLines { range, .. } => {
                let last = range.end.saturating_sub(1).max(range.start);
                parts.push(Part::Replace(line_start(range.start)..line_end(last), ""));
            }
            Change::InsertTextLines { after, lines, .. } => {
                let indent = indent(*after);
                let lines: String = lines
                    .iter()
                    .map(|line| format!("{indent}{line}\n"))
                    .collect();
                parts.push(Part::Insert(line_end(*after), lines));
            }
            Change::InsertTextLinesBefore { before, lines, .. } => {
                let indent = indent(*before);
                let lines: String = lines
                    .iter()
                    .map(|line| format!("{indent}{line}\n"))
                    .collect();
                parts.push(Part::Insert(line_start(*before), lines));
            }
            _ => {}
        }
    }
    let start = |part: &Part<'_>| match part {
        Part::Replace(range, _) => (range.start, 1, range.end),
        Part::Insert(at, _) => (*at, 0, *at),
    };
    parts.sort_by_key(start);
    let mut result = text.to_owned();
    for part in parts.iter().rev() {
        match part {
            Part::Replace(range, text) => {
                if result.get(range.clone()).is_some() {
                    result.replace_range(range.clone(), text);
                }
            }
            Part::Insert(at, lines) => {
                if *at > 0 && !result[..*at].ends_with('\n') {
                    result.insert(*at, '\n');
                    let lines = lines.strip_suffix('\n').unwrap_or(lines);
                    result.insert_str(*at + 1, lines);
                } else {
                    result.insert_str(*at, lines);
                }
            }
        }
    }
    if !text.ends_with('\n') {
        // It ends where its last line ends (`|-`, or the file does), whichever line that is now.
        result.truncate(result.trim_end_matches('\n').len());
    }
    result
}
