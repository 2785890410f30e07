//! Values as any YAML reader sees them, and where two of them differ.

use std::cell::Cell;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

/// A value with all its entries, duplicates included: CI files have them, and a plain map would refuse or drop them.
pub(super) enum Value {
    Text(String),
    /// A plain scalar that is no text to the reader.
    Typed(Box<serde_yaml::Value>),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Tagged(String, Box<Value>),
}

/// Reads a value. Holds how many more one file may expand to: a bound for alias bombs.
#[derive(Clone, Copy)]
pub(super) struct Reader<'b>(pub(super) &'b Cell<usize>);

impl Reader<'_> {
    fn typed<E: Error>(value: impl Into<serde_yaml::Value>) -> Result<Value, E> {
        Ok(Value::Typed(Box::new(value.into())))
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let Some(left) = self.0.get().checked_sub(1) else {
            return Err(D::Error::custom(
                "it grows beyond all bounds when its aliases are followed",
            ));
        };
        self.0.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Self::typed(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Self::typed(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Self::typed(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Self::typed(value)
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Self::typed(serde_yaml::Value::Null)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry_seed(self, self)? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Value, A::Error> {
        let (tag, contents): (String, _) = data.variant()?;
        Ok(Value::Tagged(
            tag,
            contents.newtype_variant_seed(self)?.into(),
        ))
    }
}

impl Value {
    /// Where another value differs from this one that was meant, from the inside out, and how.
    pub(super) fn difference(&self, found: &Self) -> Option<(Vec<String>, String)> {
        let bare = |tag: &str| tag.trim_start_matches('!').to_owned();
        // such a tag only says what a scalar is
        let is_core = |tag: &str| tag.starts_with("!!") || tag.starts_with("tag:yaml.org");
        let within = |step: String, inner: Option<(Vec<String>, String)>| {
            inner.map(|(mut way, what)| {
                way.push(step);
                (way, what)
            })
        };
        match (self, found) {
            (Self::Tagged(tag, meant), Self::Tagged(other, found)) if bare(tag) == bare(other) => {
                meant.difference(found)
            }
            (Self::Tagged(tag, meant), found)
                if is_core(tag) && !matches!(found, Self::Tagged(..)) =>
            {
                meant.difference(found)
            }
            (Self::Text(meant), Self::Text(found)) if meant == found => None,
            (Self::Text(meant), Self::Typed(found)) if typed(meant).as_ref() == Some(&**found) => {
                None
            }
            (Self::List(meant), Self::List(found)) if meant.len() == found.len() => {
                let mut pairs = meant.iter().zip(found).enumerate();
                pairs.find_map(|(index, (meant, found))| {
                    within(index.to_string(), meant.difference(found))
                })
            }
            (Self::Map(meant), Self::Map(found)) if meant.len() == found.len() => {
                let mut pairs = meant.iter().zip(found);
                pairs.find_map(|((key, meant), (found_key, found))| {
                    let value = || within(key.to_string(), meant.difference(found));
                    key.difference(found_key).or_else(value)
                })
            }
            (meant, found) => Some((
                Vec::new(),
                format!("the second reader finds {found}, and {meant} was meant"),
            )),
        }
    }
}

/// What the second reader makes of a plain scalar with this text.
fn typed(text: &str) -> Option<serde_yaml::Value> {
    match text {
        "" => Some(serde_yaml::Value::Null),
        text => serde_yaml::from_str(text).ok(),
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{:?}", text.chars().take(60).collect::<String>()),
            Self::Typed(value) => write!(f, "{value:?}"),
            Self::List(items) => write!(f, "a list of {}", items.len()),
            Self::Map(entries) => write!(f, "a mapping of {}", entries.len()),
            Self::Tagged(tag, value) => write!(f, "{tag} {value}"),
        }
    }
}
