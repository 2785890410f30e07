//! Values that serde reads from YAML so that what is wrong with one has a position of its own.

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

use crate::text::Position;

/// Reads a text and makes something of it; what is wrong with it is reported at the text, not at the entry that holds it.
pub(crate) fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    make: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    Text(make).deserialize(deserializer)
}

/// Reads a text by a function.
pub(crate) struct Text<F>(pub(crate) F);

impl<'de, T, F: FnOnce(&str) -> Result<T, String>> DeserializeSeed<'de> for Text<F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<T, F: FnOnce(&str) -> Result<T, String>> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        let Self(make) = self;
        make(text).map_err(E::custom)
    }
}

/// Where the YAML reader met an error, if that has one position, and its message without it.
pub(crate) fn explain(error: &serde_yaml::Error) -> (Option<Position>, String) {
    let at = error.location().map(|at| Position {
        line: at.line(),
        column: at.column(),
    });
    let mut message = error.to_string();
    if let Some(end) = message.rfind(" at line ") {
        message.truncate(end);
    }
    (at, message)
}
