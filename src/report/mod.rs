//! What a run says: the diff, the findings as text or JSON, and the summary. One file a format.

pub mod diff;
pub mod explain;
pub mod json;
pub mod summary;
pub mod text;

use std::borrow::Cow;

use crate::discover::Root;
use crate::finding::{Finding, Safety};
use crate::outcome::{Outcome, Trouble};

/// All that a run has to report.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The repositories. Their outcomes' troubles are no longer here but below.
    pub trees: Vec<Tree>,
    /// What could not be done, with paths as the user would write them.
    pub troubles: Vec<Trouble>,
    /// Whether it was to write.
    pub write: bool,
    /// Whether fixes that a person should look at were to be applied.
    pub include_review: bool,
}

impl Run {
    /// Takes a repository's outcome in.
    pub fn add(&mut self, root: Root, mut outcome: Outcome, written: bool) {
        for mut trouble in std::mem::take(&mut outcome.troubles) {
            trouble.path = root.shown(&trouble.path).into();
            self.troubles.push(trouble);
        }
        self.trees.push(Tree {
            root,
            outcome,
            written,
        });
    }
}

/// A repository after the run.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Where it is.
    pub root: Root,
    /// What was found in it.
    pub outcome: Outcome,
    /// Whether the new texts are on the disk.
    pub written: bool,
}

/// How text goes to a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are wanted.
    pub coloured: bool,
    /// Whether a terminal reads it: then no byte of a file may steer it.
    pub terminal: bool,
}

/// Whether a finding needs no person any more: its fix goes in by this run.
pub(crate) fn settled(finding: &Finding, include_review: bool) -> bool {
    finding
        .fix
        .as_ref()
        .is_some_and(|fix| include_review || fix.safety == Safety::Safe)
}

/// The text with everything that could steer a terminal or turn the reading direction written as `\u{1b}`.
/// Line feeds and tabs stay.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if steers(character) {
            result.extend(character.escape_unicode());
        } else {
            result.push(character);
        }
    }
    Cow::Owned(result)
}

/// Control characters of both sets, and the marks that turn the reading direction.
pub(crate) fn steers(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn terminal_escapes_are_written_out() {
        assert_eq!(harmless("a\u{1b}[31m\tb\n"), "a\\u{1b}[31m\tb\n");
        assert_eq!(harmless("\u{9b}\u{202e}"), "\\u{9b}\\u{202e}");
        assert_eq!(harmless("plain ö"), "plain ö");
    }
}
