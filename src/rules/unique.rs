//! Maps and lists of names read from YAML that refuse what stands there twice. The YAML reader would silently take the
//! last one.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::collections::{IndexMap, IndexSet};

use super::error::text;

/// Keys and values in the order of the file, each key once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueMap<V>(pub(super) IndexMap<String, V>);

impl<V> UniqueMap<V> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.0.get(key)
    }
}

impl<V> Default for UniqueMap<V> {
    fn default() -> Self {
        Self(IndexMap::default())
    }
}

impl<'de, V: serde::Deserialize<'de>> serde::Deserialize<'de> for UniqueMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<V>(PhantomData<V>);

        impl<'de, V: serde::Deserialize<'de>> Visitor<'de> for Entries<V> {
            type Value = UniqueMap<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut entries = IndexMap::default();
                while let Some(key) =
                    access.next_key_seed(New(|key: &str| entries.contains_key(key)))?
                {
                    let value = access.next_value()?;
                    entries.insert(key, value);
                }
                Ok(UniqueMap(entries))
            }
        }

        deserializer.deserialize_map(Entries(PhantomData))
    }
}

/// Names, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct UniqueSet(pub(super) IndexSet<String>);

impl<'de> serde::Deserialize<'de> for UniqueSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = UniqueSet;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of names")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut names = IndexSet::default();
                while let Some(name) =
                    access.next_element_seed(New(|name: &str| names.contains(name)))?
                {
                    names.insert(name);
                }
                Ok(UniqueSet(names))
            }
        }

        deserializer.deserialize_seq(Names)
    }
}

/// Reads a name and refuses one that is known already, at its own place and not at that of the whole collection.
struct New<F>(F);

impl<'de, F: Fn(&str) -> bool> DeserializeSeed<'de> for New<F> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        let Self(known) = self;
        text(deserializer, |name| match known(name) {
            true => Err(format!("`{name}` stands here twice")),
            false => Ok(name.to_owned()),
        })
    }
}
