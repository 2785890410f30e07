//! Values as any YAML reader sees them: ours with the changes put in, against those of the second reader in the result.

use std::collections::HashMap;
use std::fmt;

use serde::de::{
    Deserialize, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use crate::yaml::{Change, Kind, New, NodeId, Tree};

/// How many values one file may expand to: a bound for alias bombs.
const VALUES: usize = 2_000_000;

/// A value with its text; what a plain scalar means is left to the comparison.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Text(String),
    /// A scalar that the second reader took for something other than text.
    Typed(serde_yaml::Value),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Tagged(String, Box<Value>),
}

/// Holds the result of a file against its changes: the second reader must find the old values with just the changes in them.
pub fn values(tree: &Tree, changes: &[Change], result: &str) -> Result<(), String> {
    let mut builder = Builder {
        tree,
        by_node: HashMap::new(),
        left: VALUES,
    };
    for change in changes {
        builder
            .by_node
            .entry(change.subject())
            .or_default()
            .push(change);
    }
    let mut expected = Vec::new();
    for document in tree.documents() {
        expected.push(builder.value(*document)?);
    }
    let found = read(result)
        .map_err(|error| format!("the second reader cannot read the result: {error}"))?;
    if expected.len() != found.len() {
        return Err(format!(
            "{} documents became {}",
            expected.len(),
            found.len()
        ));
    }
    expected
        .iter()
        .zip(&found)
        .try_for_each(|(expected, found)| same(expected, found, &mut Vec::new()))
}

struct Builder<'a> {
    tree: &'a Tree,
    by_node: HashMap<NodeId, Vec<&'a Change>>,
    left: usize,
}

impl Builder<'_> {
    fn value(&mut self, node: NodeId) -> Result<Value, String> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or("the file grows beyond all bounds when its aliases are followed")?;
        let found = self.tree.node(node);
        let changes = self.by_node.get(&node).cloned().unwrap_or_default();
        let replaced = changes.iter().find_map(|change| match change {
            Change::ReplaceNode { value, .. } => Some(Ok(value)),
            Change::ReplaceScalar { text, .. } => Some(Err(text)),
            _ => None,
        });
        let value = match (&found.kind, replaced) {
            (_, Some(Ok(new))) => self.new_value(new)?,
            (Kind::Alias { target, .. }, _) => return self.value(*target),
            (_, Some(Err(text))) => Value::Text(text.clone()),
            (Kind::Scalar(scalar), None) => Value::Text(changed_text(scalar.value(), &changes)),
            (Kind::Sequence { items, .. }, None) => self.list(items, &changes)?,
            (Kind::Mapping { entries, .. }, None) => {
                let mut map = Vec::new();
                for index in 0..=entries.len() {
                    for change in &changes {
                        if let Change::InsertEntry { at, key, value, .. } = change
                            && *at == index
                        {
                            map.push((Value::Text(key.clone()), self.new_value(value)?));
                        }
                    }
                    let removed = changes.iter().any(|change| matches!(change, Change::RemoveEntry { index: at, .. } if *at == index));
                    if let Some(entry) = entries.get(index)
                        && !removed
                    {
                        map.push((self.value(entry.key)?, self.value(entry.value)?));
                    }
                }
                Value::Map(map)
            }
        };
        Ok(match &found.tag {
            Some(tag) => Value::Tagged(tag.text.clone(), Box::new(value)),
            None => value,
        })
    }

    fn list(&mut self, items: &[NodeId], changes: &[&Change]) -> Result<Value, String> {
        let mut list = Vec::new();
        for index in 0..=items.len() {
            for change in changes {
                if let Change::InsertItem { at, value, .. } = change
                    && *at == index
                {
                    list.push(self.new_value(value)?);
                }
            }
            let removed = changes.iter().any(
                |change| matches!(change, Change::RemoveItem { index: at, .. } if *at == index),
            );
            if let Some(item) = items.get(index)
                && !removed
            {
                list.push(self.value(*item)?);
            }
        }
        Ok(Value::List(list))
    }

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
            New::Alias { target, .. } => self.value(*target)?,
        })
    }
}

/// A scalar's text with the changes inside of it: replaced ranges from the end, then whole lines.
fn changed_text(text: &str, changes: &[&Change]) -> String {
    enum Part<'a> {
        Replace(std::ops::Range<usize>, &'a str),
        Insert(usize, String),
    }
    let line_start = |at: usize| {
        text[..at.min(text.len())]
            .rfind('\n')
            .map_or(0, |newline| newline + 1)
    };
    let line_end = |at: usize| {
        text[at.min(text.len())..]
            .find('\n')
            .map_or(text.len(), |newline| at + newline + 1)
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
    result
}

/// Reads a text with the second reader, every document of it.
fn read(text: &str) -> Result<Vec<Value>, serde_yaml::Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_yaml::Deserializer::from_str(text)
        .map(Value::deserialize)
        .collect()
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Typed(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Typed(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Typed(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Typed(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Typed(serde_yaml::Value::Null))
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Typed(serde_yaml::Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Value::Map(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Value, A::Error> {
        let (tag, contents): (String, _) = data.variant()?;
        Ok(Value::Tagged(tag, Box::new(contents.newtype_variant()?)))
    }
}

/// Compares what was meant with what was read.
fn same<'a>(expected: &'a Value, found: &'a Value, way: &mut Vec<String>) -> Result<(), String> {
    match (expected, found) {
        (Value::Tagged(expected_tag, expected), Value::Tagged(found_tag, found)) => {
            let bare = |tag: &'a str| tag.trim_start_matches('!').to_owned();
            if bare(expected_tag) != bare(found_tag) {
                return differs(way, expected_tag, found_tag);
            }
            same(expected, found, way)
        }
        (Value::Tagged(tag, expected), found)
            if tag.starts_with("!!") || tag.starts_with("tag:yaml.org") =>
        {
            same(expected, found, way)
        }
        (Value::Text(expected), Value::Text(found)) if expected == found => Ok(()),
        (Value::Text(expected), Value::Typed(found)) if typed(expected) == Some(found.clone()) => {
            Ok(())
        }
        (Value::List(expected), Value::List(found)) if expected.len() == found.len() => {
            for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
                way.push(index.to_string());
                same(expected, found, way)?;
                way.pop();
            }
            Ok(())
        }
        (Value::Map(expected), Value::Map(found)) if expected.len() == found.len() => {
            for ((expected_key, expected), (found_key, found)) in expected.iter().zip(found) {
                same(expected_key, found_key, way)?;
                way.push(short(expected_key));
                same(expected, found, way)?;
                way.pop();
            }
            Ok(())
        }
        (expected, found) => differs(way, &short(expected), &short(found)),
    }
}

/// What the second reader makes of a plain scalar with this text.
fn typed(text: &str) -> Option<serde_yaml::Value> {
    if text.is_empty() {
        return Some(serde_yaml::Value::Null);
    }
    serde_yaml::from_str(text).ok()
}

fn differs(way: &[String], expected: &str, found: &str) -> Result<(), String> {
    Err(format!(
        "at {} the second reader finds {found}, and {expected} was meant",
        way.join(".")
    ))
}

fn short(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{:?}", text.chars().take(60).collect::<String>()),
        Value::Typed(value) => format!("{value:?}"),
        Value::List(items) => format!("a list of {}", items.len()),
        Value::Map(entries) => format!("a mapping of {}", entries.len()),
        Value::Tagged(tag, value) => format!("{tag} {}", short(value)),
    }
}
