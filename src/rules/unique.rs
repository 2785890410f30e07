//! Maps and lists of names read from YAML that refuse what stands there twice. The YAML reader would silently take the
//! last one.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::collections::{IndexMap, IndexSet};
use crate::deserialize::Text;

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
        unique_map(deserializer, |_| Ok(())).map(Self)
    }
}

/// Reads keys and values in the order of the file, each key once; what is wrong with a key, its caller knows.
pub(crate) fn unique_map<'de, D: Deserializer<'de>, V: serde::Deserialize<'de>>(
    deserializer: D,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<IndexMap<String, V>, D::Error> {
    struct Entries<F, V>(F, PhantomData<V>);

    impl<'de, F, V> Visitor<'de> for Entries<F, V>
    where
        F: Fn(&str) -> Result<(), String>,
        V: serde::Deserialize<'de>,
    {
        type Value = IndexMap<String, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("keys with values")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut entries = IndexMap::default();
            let new = |name: &str, known: &Self::Value| {
                (self.0)(name)?;
                once(name, known.contains_key(name))
            };
            while let Some(key) = access.next_key_seed(Text(|name: &str| new(name, &entries)))? {
                let value = access.next_value()?;
                entries.insert(key, value);
            }
            Ok(entries)
        }
    }

    deserializer.deserialize_map(Entries(check, PhantomData))
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
                    access.next_element_seed(Text(|name: &str| once(name, names.contains(name))))?
                {
                    names.insert(name);
                }
                Ok(UniqueSet(names))
            }
        }

        deserializer.deserialize_seq(Names)
    }
}

/// A name that may stand in one collection no second time.
fn once(name: &str, known: bool) -> Result<String, String> {
    match known {
        true => Err(format!("`{name}` stands here twice")),
        false => Ok(name.to_owned()),
    }
}
