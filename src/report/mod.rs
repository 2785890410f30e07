//! What a run says: the diff, the findings as text or JSON, and the summary. One file a format.

mod annotation;
pub mod diff;
pub mod explain;
pub mod github;
pub mod gitlab;
pub mod json;
pub mod markdown;
mod markup;
mod region;
pub mod sarif;
pub mod summary;
pub mod text;
pub mod verify;

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use crate::discover::Root;
use crate::finding::{Finding, RuleId, Safety};
use crate::options::Options;
use crate::outcome::{Outcome, Problem};
use crate::repository::slashed;
use crate::rules::ids;

/// The rule of what reports say of a job that moves and was not written yet.
pub const CAN_MOVE: RuleId = ids::CAN_MOVE;

/// All that a run has to report.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The repositories.
    pub trees: Vec<Tree>,
    /// What could not be done outside of every repository, with paths as the user wrote them.
    pub problems: Vec<Problem>,
    /// Whether it was to write.
    pub write: bool,
    /// What the user decided for all repositories.
    pub options: Options,
}

impl Run {
    /// Takes a repository's outcome in.
    pub fn add(&mut self, root: Root, options: Options, outcome: Outcome, written: bool) {
        self.trees.push(Tree {
            root,
            options,
            outcome,
            written,
        });
    }

    /// All that could not be done, each with the path as the user would write it.
    pub fn problems(&self) -> impl Iterator<Item = (String, &Problem)> {
        let outside = self.problems.iter();
        let outside = outside.map(|problem| (slashed(&problem.path), problem));
        let inside = self.trees.iter().flat_map(|tree| {
            let problems = tree.outcome.problems.iter();
            problems.map(|problem| (tree.root.shown(&problem.path), problem))
        });
        outside.chain(inside)
    }
}

/// A repository after the run.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Where it is.
    pub root: Root,
    /// What was decided for it.
    pub options: Options,
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

/// Writes a JSON document that reads well, with what could steer a terminal in escapes of its own, and a final newline.
fn write_json(out: &mut dyn Write, document: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    // Such characters stand only in strings, where an escape means the same.
    for part in text.split_inclusive(steers) {
        match part.chars().next_back().filter(|last| steers(*last)) {
            Some(last) => {
                let clean = part.strip_suffix(last).unwrap_or(part);
                write!(out, "{clean}\\u{:04x}", u32::from(last))?;
            }
            None => out.write_all(part.as_bytes())?,
        }
    }
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::{harmless, write_json};

    #[test]
    fn json_keeps_its_meaning_and_steers_nothing() {
        let text = "a\u{1b}[31m\u{9b}b\u{7f}\u{202e}\n";
        let mut out = Vec::new();
        write_json(&mut out, &[text]).unwrap();
        let written = String::from_utf8(out).unwrap();
        assert!(!written.contains(super::steers), "{written:?}");
        assert_eq!(
            serde_json::from_str::<[String; 1]>(&written).unwrap(),
            [text]
        );
    }

    #[test]
    fn terminal_escapes_are_written_out() {
        assert_eq!(harmless("a\u{1b}[31m\tb\n"), "a\\u{1b}[31m\tb\n");
        assert_eq!(harmless("\u{9b}\u{202e}"), "\\u{9b}\\u{202e}");
        assert_eq!(harmless("plain ö"), "plain ö");
    }
}
