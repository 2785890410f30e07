//! Values of compose files: what they are once variables, anchors and merge keys are put in, and where each is written.

use indexmap::IndexMap;

use crate::text::Span;
use crate::yaml::{self, NodeId, Tree};

use super::interpolate::{Variables, interpolate};

/// Where something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    /// The file, as an index into those of the project.
    pub file: usize,
    /// Its bytes.
    pub span: Span,
}

/// A value and where it is written.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    /// Where.
    pub at: At,
    /// What it is.
    pub kind: Kind,
    /// What becomes of the value that an earlier file has under the same key.
    pub(super) over: Over,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Nothing.
    Null,
    /// A text, and whether all variables in it are known.
    Text(String, bool),
    /// A list.
    List(Vec<Value>),
    /// Keys and values; of a key that stands twice the last.
    Map(IndexMap<String, Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where the key is written.
    pub key: At,
    /// Its value.
    pub value: Value,
}

/// How a value goes over an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Over {
    /// Maps and lists are joined, others replaced.
    #[default]
    Merges,
    /// `!override`: it replaces.
    Replaces,
    /// `!reset`: it takes away.
    Removes,
}

impl Value {
    /// A key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map(entries) => entries.get(key),
            _ => None,
        }
    }

    /// The value under a key of a map.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        Some(&self.get(key)?.value)
    }

    /// The entries of a map; none of another value.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&String, &Entry)> {
        let entries = match &self.kind {
            Kind::Map(entries) => Some(entries),
            _ => None,
        };
        entries.into_iter().flatten()
    }

    /// The items of a list; none of another value.
    pub(crate) fn items(&self) -> &[Value] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar in which all variables are known.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text, true) => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar, with variables that are not known as they are written.
    pub(crate) fn written(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// The texts of a list, or the one text that stands for a list.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let items = self.items().iter().filter_map(Value::text);
        self.text().into_iter().chain(items)
    }

    /// A map with one key, in the place of a text that stands for it.
    pub(super) fn under(self, key: &str) -> Self {
        let (at, over) = (self.at, self.over);
        let value = Self {
            over: Over::Merges,
            ..self
        };
        let entry = Entry { key: at, value };
        Self {
            at,
            kind: Kind::Map(IndexMap::from([(key.to_owned(), entry)])),
            over,
        }
    }

    /// A map of names to nothing, in the place of a list of names.
    pub(super) fn by_name(self) -> Self {
        let Kind::List(items) = self.kind else {
            return self;
        };
        let named = items.into_iter().filter_map(|item| {
            let name = item.text()?.to_owned();
            let value = Self {
                at: item.at,
                kind: Kind::Null,
                over: Over::Merges,
            };
            Some((
                name,
                Entry {
                    key: item.at,
                    value,
                },
            ))
        });
        Self {
            kind: Kind::Map(named.collect()),
            ..self
        }
    }

    /// Puts a value of a later file over this one.
    pub(super) fn merge(&mut self, later: Value) {
        match (&mut self.kind, later.kind) {
            (Kind::Map(entries), Kind::Map(others)) if later.over == Over::Merges => {
                for (key, other) in others {
                    merge_entry(entries, key, other);
                }
            }
            (Kind::List(items), Kind::List(others)) if later.over == Over::Merges => {
                items.extend(others);
            }
            (_, Kind::Null) if later.over == Over::Merges => {}
            (_, kind) => *self = Self { kind, ..later },
        }
    }
}

/// Puts one key of a later file over those of an earlier one.
fn merge_entry(entries: &mut IndexMap<String, Entry>, key: String, later: Entry) {
    // what a container runs is never joined from two lists
    let whole = matches!(key.as_str(), "command" | "entrypoint" | "test");
    match (later.value.over, entries.get_mut(&key)) {
        (Over::Removes, _) => {
            entries.shift_remove(&key);
        }
        (Over::Merges, Some(known)) if !whole => {
            let is_set = !matches!(later.value.kind, Kind::Null);
            known.value.merge(later.value);
            if is_set {
                known.key = later.key;
            }
        }
        _ => {
            entries.insert(key, later);
        }
    }
}

/// Takes values off a tree.
pub(super) struct Reader<'t> {
    pub(super) tree: &'t Tree,
    /// The number of the file in the project.
    pub(super) file: usize,
    pub(super) variables: &'t dyn Variables,
    /// How many more values may be made: aliases in aliases make a small file a large one.
    pub(super) left: usize,
}

/// How deep values may lie in each other.
const DEEPEST: usize = 64;

impl Reader<'_> {
    /// The value of a node; nothing if it is too large or too deep.
    pub(super) fn read(&mut self, node: NodeId) -> Option<Value> {
        self.at_depth(node, DEEPEST)
    }

    fn at(&self, node: NodeId) -> At {
        At {
            file: self.file,
            span: self.tree.node(node).span,
        }
    }

    fn at_depth(&mut self, node: NodeId, depth: usize) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        let depth = depth.checked_sub(1)?;
        let tree = self.tree;
        let over = match tree.node(node).tag.as_ref().map(|tag| tag.text.as_str()) {
            Some("!reset") => Over::Removes,
            Some("!override") => Over::Replaces,
            _ => Over::Merges,
        };
        let resolved = tree.resolve(node);
        let kind = match &tree.node(resolved).kind {
            yaml::Kind::Scalar(scalar) => {
                let plain = scalar.style() == yaml::Style::Plain;
                match scalar.value() {
                    "" | "~" | "null" | "Null" | "NULL" if plain => Kind::Null,
                    text => {
                        let (text, known) = interpolate(text, self.variables);
                        Kind::Text(text, known)
                    }
                }
            }
            yaml::Kind::Sequence { items, .. } => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.push(self.at_depth(*item, depth)?);
                }
                Kind::List(list)
            }
            yaml::Kind::Mapping { entries, .. } => Kind::Map(self.map(entries, depth)?),
            yaml::Kind::Alias { .. } => Kind::Null,
        };
        Some(Value {
            at: self.at(resolved),
            kind,
            over,
        })
    }

    fn map(&mut self, entries: &[yaml::Entry], depth: usize) -> Option<IndexMap<String, Entry>> {
        let tree = self.tree;
        let mut map: IndexMap<String, Entry> = IndexMap::with_capacity(entries.len());
        let mut merged: Vec<Value> = Vec::new();
        for entry in entries {
            let Some(key) = tree.scalar(entry.key) else {
                continue;
            };
            let value = self.at_depth(entry.value, depth)?;
            if key.value() == "<<" {
                match value.kind {
                    Kind::List(items) => merged.extend(items),
                    _ => merged.push(value),
                }
                continue;
            }
            let entry = Entry {
                key: self.at(entry.key),
                value,
            };
            map.insert(key.value().to_owned(), entry);
        }
        // what is written wins over what is merged, and what is merged first over what is merged later
        for source in merged {
            if let Kind::Map(entries) = source.kind {
                for (key, entry) in entries {
                    map.entry(key).or_insert(entry);
                }
            }
        }
        Some(map)
    }
}
