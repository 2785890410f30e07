//! Names with `*` for any run of characters, as the rules write them.

use std::collections::BTreeMap;

/// Whether `text` fits `pattern`.
pub fn fits(pattern: &str, text: &str) -> bool {
    // a table of names is asked for each image and variable, and most differ in their first letter
    let first = (pattern.bytes().next(), text.bytes().next());
    if matches!(first, (Some(wanted), Some(found)) if wanted != found && wanted != b'*') {
        return false;
    }
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*') {
        match text.split_once(piece) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(tail)
}

/// Many patterns, of which the first that fits a text is looked up by the text's first byte.
#[derive(Debug)]
pub(super) struct Patterns {
    all: Vec<String>,
    /// For each byte that a pattern begins with, those that begin with it or with `*`, as places in the list.
    by_first: BTreeMap<u8, Vec<usize>>,
    /// Those that begin with `*`.
    open: Vec<usize>,
}

impl Patterns {
    pub(super) fn new<'p>(patterns: impl Iterator<Item = &'p str>) -> Self {
        let all: Vec<String> = patterns.map(str::to_owned).collect();
        let first = |pattern: &String| pattern.bytes().next();
        let places = |wanted: &dyn Fn(Option<u8>) -> bool| -> Vec<usize> {
            let found = all.iter().enumerate();
            let found = found.filter(|(_, pattern)| wanted(first(pattern)));
            found.map(|(place, _)| place).collect()
        };
        let firsts = all.iter().filter_map(first);
        let by_first = firsts.map(|byte| {
            let of_byte =
                places(&|first| matches!(first, Some(other) if other == byte || other == b'*'));
            (byte, of_byte)
        });
        Self {
            by_first: by_first.collect(),
            open: places(&|first| first == Some(b'*')),
            all,
        }
    }

    /// The place of the first pattern that fits a text, which is not empty.
    pub(super) fn first(&self, text: &str) -> Option<usize> {
        let byte = text.bytes().next()?;
        let places = self.by_first.get(&byte).unwrap_or(&self.open);
        let mut places = places.iter().copied();
        places.find(|place| fits(&self.all[*place], text))
    }
}

#[cfg(test)]
mod tests {
    use super::{Patterns, fits};

    #[test]
    fn the_first_pattern_that_fits_counts() {
        let patterns = Patterns::new(["ab", "*b", "a*", "*", "ab*"].into_iter());
        for (text, expected) in [("ab", 0), ("b", 1), ("ac", 2), ("ca", 3), ("acb", 1)] {
            assert_eq!(patterns.first(text), Some(expected), "{text}");
        }
        assert_eq!(patterns.first(""), None);
    }

    #[test]
    fn stars_stand_for_any_run() {
        for (pattern, text, expected) in [
            ("docker", "docker", true),
            ("docker", "docker2", false),
            ("BUILDX_*", "BUILDX_BUILDER", true),
            ("BUILDX_*", "BUILDX", false),
            ("*-dind*", "27-dind-alpine3.20", true),
            ("*-dind*", "dind", false),
            ("*", "", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
