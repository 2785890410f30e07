//! Values as any YAML reader sees them: a second reader, which shares nothing with ours, goes over the result, and each value that
//! it comes to is held against what was meant.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};

use crate::yaml::{Change, Tree};

use super::model::{Meant, Model, Shape};

/// Holds the result of a file against its changes: the second reader must find the old values with just the changes in them.
pub fn values(tree: &Tree, changes: &[Change], result: &str) -> Result<(), String> {
    let mut check = Check {
        model: Model::new(tree, changes),
        way: Vec::new(),
        fault: None,
    };
    let expected = tree.documents();
    let text = result.strip_prefix('\u{feff}').unwrap_or(result);
    let mut found = 0;
    for document in serde_yaml::Deserializer::from_str(text) {
        let read = match expected.get(found) {
            Some(root) => Value::of(Meant::Node(*root), &mut check).deserialize(document),
            None => IgnoredAny::deserialize(document).map(drop),
        };
        if let Err(error) = read {
            return Err(check
                .fault
                .unwrap_or_else(|| format!("the second reader cannot read the result: {error}")));
        }
        found += 1;
    }
    if expected.len() != found {
        return Err(format!("{} documents became {found}", expected.len()));
    }
    Ok(())
}

/// What is meant, and where the reader is.
struct Check<'a> {
    model: Model<'a>,
    way: Vec<Step<'a>>,
    /// What is wrong: an error of the reader's carries no more than that something is.
    fault: Option<String>,
}

/// From a collection to what it holds.
enum Step<'a> {
    Item(usize),
    Entry(Meant<'a>),
}

impl<'a> Check<'a> {
    fn differs<E: Error>(&mut self, expected: &str, found: &str) -> E {
        let steps = std::mem::take(&mut self.way);
        let way: Vec<String> = steps
            .into_iter()
            .map(|step| match step {
                Step::Item(index) => index.to_string(),
                Step::Entry(key) => match self.model.shape(key) {
                    Ok((tag, shape)) => short(tag, &shape),
                    Err(fault) => fault,
                },
            })
            .collect();
        let at = way.join(".");
        self.fail(format!(
            "at {at} the second reader finds {found}, and {expected} was meant"
        ))
    }

    fn fail<E: Error>(&mut self, fault: String) -> E {
        self.fault.get_or_insert(fault);
        E::custom("not what was meant")
    }
}

/// One value that the reader comes to.
struct Value<'c, 'a> {
    meant: Meant<'a>,
    check: &'c mut Check<'a>,
    /// The tag that the reader has seen already.
    tag: Option<String>,
}

impl<'c, 'a> Value<'c, 'a> {
    fn of(meant: Meant<'a>, check: &'c mut Check<'a>) -> Self {
        Self {
            meant,
            check,
            tag: None,
        }
    }

    /// What the value must be, once the tags agree. `found` says what the reader has, if that is wrong.
    fn shape<E: Error>(&mut self, found: &dyn Fn() -> String) -> Result<Shape<'a>, E> {
        let (tag, shape) = match self.check.model.shape(self.meant) {
            Ok(shape) => shape,
            Err(fault) => return Err(self.check.fail(fault)),
        };
        let bare = |tag: &str| tag.trim_start_matches('!').to_owned();
        match (tag, &self.tag) {
            (None, None) => Ok(shape),
            (Some(meant), Some(read)) if bare(meant) == bare(read) => Ok(shape),
            (Some(meant), Some(read)) => Err(self.check.differs(meant, read)),
            // such a tag only says what a scalar is
            (Some(meant), None) if meant.starts_with("!!") || meant.starts_with("tag:yaml.org") => {
                Ok(shape)
            }
            (tag, read) => {
                let found = match read {
                    Some(read) => format!("{read} {}", found()),
                    None => found(),
                };
                Err(self.check.differs(&short(tag, &shape), &found))
            }
        }
    }

    /// Holds a scalar that the reader took for something other than text against the text that was meant.
    fn typed<E: Error>(
        mut self,
        found: serde_yaml::Value,
        is_plainly: impl FnOnce(&str) -> bool,
    ) -> Result<(), E> {
        let said = || format!("{found:?}");
        match self.shape(&said)? {
            Shape::Text(meant) if is_plainly(&meant) || typed(&meant).as_ref() == Some(&found) => {
                Ok(())
            }
            shape => Err(self.check.differs(&short(None, &shape), &said())),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        let written = if value { "true" } else { "false" };
        self.typed(value.into(), |meant| meant == written)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.typed(value.into(), |_| false)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        // digits that no other notation could mean
        self.typed(value.into(), |meant| {
            (meant == "0" || !meant.starts_with(['0', '+'])) && meant.parse() == Ok(value)
        })
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.typed(value.into(), |_| false)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.typed(serde_yaml::Value::Null, |meant| meant.is_empty())
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_str<E: Error>(mut self, found: &str) -> Result<(), E> {
        match self.shape(&|| short_text(found))? {
            Shape::Text(meant) if meant == found => Ok(()),
            shape => Err(self.check.differs(&short(None, &shape), &short_text(found))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let shape = self.shape(&|| "a list".to_owned())?;
        let mut count = 0;
        if let Shape::List(meant) = &shape {
            while let Some(item) = meant.get(count) {
                self.check.way.push(Step::Item(count));
                let read = items.next_element_seed(Value::of(item, self.check))?;
                self.check.way.pop();
                if read.is_none() {
                    break;
                }
                count += 1;
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        match shape {
            Shape::List(meant) if meant.len() == count => Ok(()),
            shape => Err(self
                .check
                .differs(&short(None, &shape), &format!("a list of {count}"))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        let shape = self.shape(&|| "a mapping".to_owned())?;
        let mut count = 0;
        if let Shape::Map(meant) = &shape {
            while let Some((key, value)) = meant.get(count) {
                let read = entries.next_key_seed(Value::of(key, self.check))?;
                if read.is_none() {
                    break;
                }
                self.check.way.push(Step::Entry(key));
                entries.next_value_seed(Value::of(value, self.check))?;
                self.check.way.pop();
                count += 1;
            }
        }
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            count += 1;
        }
        match shape {
            Shape::Map(meant) if meant.len() == count => Ok(()),
            shape => Err(self
                .check
                .differs(&short(None, &shape), &format!("a mapping of {count}"))),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<(), A::Error> {
        let (tag, contents): (String, _) = data.variant()?;
        contents.newtype_variant_seed(Value {
            tag: Some(tag),
            ..self
        })
    }
}

/// What the second reader makes of a plain scalar with this text.
fn typed(text: &str) -> Option<serde_yaml::Value> {
    if text.is_empty() {
        return Some(serde_yaml::Value::Null);
    }
    serde_yaml::from_str(text).ok()
}

fn short(tag: Option<&str>, shape: &Shape<'_>) -> String {
    let shape = match shape {
        Shape::Text(text) => short_text(text),
        Shape::List(items) => format!("a list of {}", items.len()),
        Shape::Map(entries) => format!("a mapping of {}", entries.len()),
    };
    match tag {
        Some(tag) => format!("{tag} {shape}"),
        None => shape,
    }
}

fn short_text(text: &str) -> String {
    format!("{:?}", text.chars().take(60).collect::<String>())
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
        for (from, to, said) in [
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
                "finds other, and !reference was meant",
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
            assert!(fault.contains(said), "{from} as {to}: {fault}");
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
