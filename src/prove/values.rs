//! Holds a result against what was meant: the old tree with the changes put in, as a value, must be what a second reader, which
//! shares nothing with ours, finds in it.

use std::cell::Cell;

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny};

use crate::collections::{HashMap, HashSet};
use crate::yaml::{Change, Kind, New, NodeId, Tree};

use super::changed_text;
use super::value::{Reader, Value};

/// How many values one file may expand to: a bound for alias bombs.
const VALUES: usize = 2_000_000;

/// Holds the result of a file against its changes: the second reader must find the old values with just the changes in them.
pub fn values(tree: &Tree, changes: &[Change], result: &str) -> Result<(), String> {
    let mut meant = Meant::new(tree, changes);
    let left = Cell::new(VALUES);
    let expected = tree.documents();
    let text = result.strip_prefix('\u{feff}').unwrap_or(result);
    let unread = |error| format!("the second reader cannot read the result: {error}");
    let mut found = 0;
    for document in serde_yaml::Deserializer::from_str(text) {
        match expected.get(found) {
            Some(root) => {
                let meant = meant.node(*root, false)?;
                let value = Reader(&left).deserialize(document).map_err(unread)?;
                if let Some((mut way, what)) = meant.difference(&value) {
                    way.reverse();
                    return Err(format!("at {} {what}", way.join(".")));
                }
            }
            None => drop(IgnoredAny::deserialize(document).map_err(unread)?),
        }
        found += 1;
    }
    match expected.len() == found {
        true => Ok(()),
        false => Err(format!("{} documents became {found}", expected.len())),
    }
}

/// The texts of a list with some changes.
pub(crate) fn changed_texts(tree: &Tree, list: NodeId, changes: &[Change]) -> Vec<String> {
    let Ok(Value::List(items)) = Meant::new(tree, changes).node(list, false) else {
        return Vec::new();
    };
    let texts = items.into_iter().filter_map(|item| match item {
        Value::Text(text) => Some(text),
        _ => None,
    });
    texts.collect()
}

/// A file as it was, and what is changed in it.
struct Meant<'a> {
    tree: &'a Tree,
    by_node: HashMap<NodeId, Vec<&'a Change>>,
    left: usize,
}

impl<'a> Meant<'a> {
    fn new(tree: &'a Tree, changes: &'a [Change]) -> Self {
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

    /// What a node must be. `by_alias` tells that an alias led to it, which does not follow it when all of it is replaced.
    fn node(&mut self, node: NodeId, by_alias: bool) -> Result<Value, String> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or("the file grows beyond all bounds when its aliases are followed")?;
        let tree = self.tree;
        let found = tree.node(node);
        let changes = self.by_node.get(&node).cloned().unwrap_or_default();
        let mut anew = None;
        let mut scalar = None;
        for change in &changes {
            match change {
                Change::ReplaceWhole { value, .. } if !by_alias => return self.new_value(value),
                Change::ReplaceNode { value, .. } => anew = anew.or(Some(value)),
                Change::ReplaceScalar { text, .. } => scalar = scalar.or(Some(text)),
                _ => {}
            }
        }
        let value = match (&found.kind, anew, scalar) {
            (_, Some(value), _) => self.new_value(value)?,
            (Kind::Alias { target, .. }, None, _) => return self.node(*target, true),
            (_, None, Some(text)) => Value::Text(text.clone()),
            (Kind::Scalar(scalar), None, None) => {
                Value::Text(changed_text(scalar.value(), &changes))
            }
            (Kind::Sequence { items, .. }, None, None) => {
                let pieces = pieces(items.len(), &changes).into_iter();
                let items = pieces.map(|piece| match piece {
                    Piece::Old(index) => self.node(items[index], false),
                    Piece::New(_, value) => self.new_value(value),
                });
                Value::List(items.collect::<Result<_, _>>()?)
            }
            (Kind::Mapping { entries, .. }, None, None) => {
                let pieces = pieces(entries.len(), &changes).into_iter();
                let entries = pieces.map(|piece| match piece {
                    Piece::Old(index) => {
                        let entry = &entries[index];
                        Ok((self.node(entry.key, false)?, self.node(entry.value, false)?))
                    }
                    Piece::New(key, value) => {
                        Ok((Value::Text(key.to_owned()), self.new_value(value)?))
                    }
                });
                Value::Map(entries.collect::<Result<_, String>>()?)
            }
        };
        Ok(match &found.tag {
            Some(tag) => Value::Tagged(tag.text.clone(), value.into()),
            None => value,
        })
    }

    /// What is new: of an alias, what it stands for.
    fn new_value(&mut self, value: &New) -> Result<Value, String> {
        Ok(match value {
            New::Scalar(text) | New::Quoted(text) | New::Block(text) => Value::Text(text.clone()),
            New::Plain(text) => Value::Text((*text).to_owned()),
            New::EmptySequence => Value::List(Vec::new()),
            New::Sequence(items) => {
                let items = items.iter().map(|item| self.new_value(item));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            New::Mapping(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| Ok((Value::Text(key.clone()), self.new_value(value)?)));
                Value::Map(entries.collect::<Result<_, String>>()?)
            }
            New::Alias { target, .. } => self.node(*target, true)?,
        })
    }
}

/// What a collection holds after its changes.
enum Piece<'a> {
    /// What stood at this index.
    Old(usize),
    /// A new item, or a new entry with its key.
    New(&'a str, &'a New),
}

/// The items of a list or the entries of a mapping that had `length` of them, in order.
fn pieces<'a>(length: usize, changes: &[&'a Change]) -> Vec<Piece<'a>> {
    let mut removed: HashSet<usize> = HashSet::default();
    let mut all = Vec::new();
    for change in changes {
        match change {
            Change::InsertItem { at, value, .. } => all.push((2 * at, Piece::New("", value))),
            Change::InsertEntry { at, key, value, .. } => {
                all.push((2 * at, Piece::New(key, value)))
            }
            Change::RemoveItem { index, .. } | Change::RemoveEntry { index, .. } => {
                removed.insert(*index);
            }
            _ => {}
        }
    }
    let kept = (0..length).filter(|index| !removed.contains(index));
    all.extend(kept.map(|index| (2 * index + 1, Piece::Old(index))));
    // what is new stands before what had its index
    all.sort_by_key(|(order, _)| *order);
    all.into_iter().map(|(_, piece)| piece).collect()
}

#[cfg(test)]
mod tests {
    use super::values;
    use crate::yaml::{Change, Kind, New, NodeId, Tree};

    const OLD: &str =
        "a: &x {image: docker:27, n: 010}\nb: !reference [a, 1.0, true, ~, ]\nc: [*x, 'yes', 7]\n";

    /// What is said of a result; nothing when it is as it was meant.
    fn fault(changes: &[Change], result: &str) -> Option<String> {
        let tree = Tree::parse(OLD).unwrap();
        values(&tree, changes, result).err()
    }

    fn node(key: &str) -> NodeId {
        let tree = Tree::parse(OLD).unwrap();
        tree.get(tree.documents()[0], key).unwrap().value
    }

    #[test]
    fn takes_what_was_meant() {
        assert_eq!(fault(&[], OLD), None);
        let image = Change::ReplaceText {
            node: NodeId(node("a").0 + 2),
            range: 0..6,
            text: "podman".to_owned(),
        };
        let more = Change::InsertEntry {
            mapping: node("a"),
            at: 2,
            key: "tags".to_owned(),
            value: New::Sequence(vec![New::Quoted("1".to_owned()), New::Plain("false")]),
        };
        let less = Change::RemoveItem {
            sequence: node("c"),
            index: 1,
        };
        let result = "a: &x {image: podman:27, n: 010, tags: ['1', false]}\nb: !reference [a, 1.0, true, ~, ]\nc: [*x, 7]\n";
        assert_eq!(fault(&[image, more, less], result), None);
    }

    #[test]
    fn takes_nothing_else() {
        for (from, to, part) in [
            (
                "docker:27",
                "docker:28",
                "at \"a\".\"image\" the second reader finds \"docker:28\"",
            ),
            ("docker:27", "27", "Number(27), and \"docker:27\" was meant"),
            (
                "image:",
                "images:",
                "at \"a\" the second reader finds \"images\"",
            ),
            ("n: 010", "n: 10", "Number(10), and \"010\" was meant"),
            (
                "n: 010",
                "n: 010, m: 1",
                "a mapping of 3, and a mapping of 2 was meant",
            ),
            (
                ", n: 010",
                "",
                "a mapping of 1, and a mapping of 2 was meant",
            ),
            (
                "true",
                "false",
                "at \"b\".2 the second reader finds Bool(false)",
            ),
            ("~", "''", "at \"b\".3 the second reader finds \"\""),
            (
                "1.0",
                "1.1",
                "at \"b\".1 the second reader finds Number(1.1)",
            ),
            (", 7", "", "a list of 2, and a list of 3 was meant"),
            (", 7", ", 7, 7", "a list of 4, and a list of 3 was meant"),
            (" 7]", " {a: b}]", "a mapping of 1, and \"7\" was meant"),
            (" 7]", " [7]]", "a list of 1, and \"7\" was meant"),
            (
                "[*x, 'yes', 7]",
                "7",
                "Number(7), and a list of 3 was meant",
            ),
            ("!reference", "", "and !reference a list of 4 was meant"),
            (
                "!reference",
                "!other",
                "finds other a list of 4, and !reference a list of 4 was meant",
            ),
            ("'yes'", "!x yes", "finds x \"yes\", and \"yes\" was meant"),
            ("*x", "{}", "a mapping of 0, and a mapping of 2 was meant"),
            ("c: ", "d", "the second reader cannot read the result"),
            (
                "c: ",
                "---\nc: ",
                "a mapping of 2, and a mapping of 3 was meant",
            ),
        ] {
            let result = OLD.replace(from, to);
            assert_ne!(result, OLD, "{from}");
            let fault = fault(&[], &result).unwrap_or_default();
            assert!(fault.contains(part), "{from} as {to}: {fault}");
        }
        let fault = fault(&[], &format!("{OLD}---\n")).unwrap_or_default();
        assert_eq!(fault, "1 documents became 2");
    }

    #[test]
    fn a_change_that_was_not_made_is_seen() {
        let tree = Tree::parse(OLD).unwrap();
        for change in [
            Change::RemoveEntry {
                mapping: tree.documents()[0],
                index: 1,
            },
            Change::RemoveItem {
                sequence: node("b"),
                index: 0,
            },
            Change::InsertItem {
                sequence: node("b"),
                at: 4,
                value: New::Mapping(vec![("k".to_owned(), New::EmptySequence)]),
            },
            Change::ReplaceNode {
                node: node("a"),
                value: New::Scalar("x".to_owned()),
            },
            Change::RemoveTextLines {
                node: NodeId(node("a").0 + 2),
                range: 0..1,
            },
        ] {
            assert!(
                fault(std::slice::from_ref(&change), OLD).is_some(),
                "{change:?}"
            );
        }
        assert!(matches!(tree.node(node("b")).kind, Kind::Sequence { .. }));
    }
}
