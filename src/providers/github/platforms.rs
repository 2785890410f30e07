//! For how many platforms a build step is, as far as the file says.

use crate::collections::IndexMap;
use crate::pipeline::{Documents, NodeRef};

use super::step::Platforms;
use super::{expression, matrix};

/// What is known of the value of `platforms`: `linux/${{ matrix.arch }}` is one, and so is what a matrix gives one by one.
pub(super) fn platforms_of(
    documents: &Documents,
    holder: NodeRef,
    text: &str,
    variables: &IndexMap<String, String>,
) -> Platforms {
    let of = |values: &[String]| {
        let clean = values
            .iter()
            .all(|value| !value.is_empty() && !value.contains(char::is_whitespace));
        match values.iter().any(|value| value.contains(',')) {
            _ if !clean => Platforms::Unsaid,
            true => Platforms::Several,
            false => Platforms::One,
        }
    };
    if !expression::is_in(text) {
        return match text.contains([',', '\n']) {
            true => Platforms::Several,
            false => Platforms::One,
        };
    }
    if let Some(values) = matrix::values(documents, holder, text) {
        return match matrix::always_gives(documents, holder, text) {
            true => of(&values),
            false => Platforms::Unsaid,
        };
    }
    let known = expression::variable(text).and_then(|name| variables.get(name));
    match known.filter(|value| !expression::is_in(value)) {
        Some(value) => of(std::slice::from_ref(value)),
        None if text.starts_with("${{") || text.contains([',', '\n']) => Platforms::Unsaid,
        None => Platforms::One,
    }
}
