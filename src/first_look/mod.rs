//! The first look at a CI file: whether it is written so plainly that its lines tell all there is to tell of it, and nothing in
//! it can be Docker's. Most files of a large repository are of this kind, and need no tree, no pipeline and no plan.
//!
//! It never guesses. A file that it gives up is read in full; of one that it takes, a full reading says the same.

mod github;
mod gitlab;
mod lines;

use std::ops::Range;

use crate::outcome::{JobOutcome, Provider, Verdict};
use crate::rules::Rules;
use crate::text::Span;

/// A longer text is read in full.
const LONGEST: usize = 1024 * 1024;

/// What a look tells of a file in which nothing is Docker's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    /// Its jobs, all untouched.
    pub jobs: Vec<JobOutcome>,
    /// Where its first key stands.
    pub first: usize,
}

/// Looks at a file that leads to no other one; nothing if it must be read in full.
pub fn look(provider: Provider, text: &str, rules: &Rules) -> Option<Glance> {
    if text.len() > LONGEST || !is_plain(text.as_bytes()) || may_spell_docker(text.as_bytes()) {
        return None;
    }
    match provider {
        Provider::GitLab => gitlab::look(text, rules),
        Provider::GitHub => github::look(text, rules),
    }
}

/// Whether a text is of ASCII's letters and line feeds alone.
fn is_plain(bytes: &[u8]) -> bool {
    // without a way out early, many bytes are compared at once
    let others = |others: u8, byte: &u8| {
        let plain = matches!(byte, b' '..=b'~') | (*byte == b'\n');
        others | u8::from(!plain)
    };
    bytes.iter().fold(0, others) == 0
}

/// Whether a text holds the word, in whatever case, with what the shell or a block scalar takes out of a word in it.
fn may_spell_docker(bytes: &[u8]) -> bool {
    let is_filler = |byte: u8| {
        matches!(
            byte,
            b'\'' | b'"' | b'\\' | b'\n' | b'\r' | b'$' | b' ' | b'-'
        )
    };
    // the rarest letter of the word is looked for; what follows it is not looked at
    memchr::memchr2_iter(b'k', b'K', bytes).any(|at| {
        let mut before = bytes[..at].iter().rev().filter(|byte| !is_filler(**byte));
        b"cod".iter().all(|letter| {
            before
                .next()
                .is_some_and(|byte| byte.eq_ignore_ascii_case(letter))
        })
    })
}

/// Jobs as they are found, one behind the other.
#[derive(Default)]
struct Jobs {
    found: Vec<(Range<usize>, usize)>,
    open: Option<Range<usize>>,
    /// Whether the open one has a mapping.
    mapped: bool,
}

impl Jobs {
    fn open(&mut self, name: Range<usize>) {
        self.open = Some(name);
        self.mapped = false;
    }

    /// Ends the job that is open, where the text before this place ended; whether it was one.
    fn close(&mut self, end: usize) -> bool {
        let Some(name) = self.open.take() else {
            return true;
        };
        self.found.push((name, end));
        self.mapped
    }

    /// The jobs that are not hidden; nothing if two have one name.
    fn outcomes(self, text: &str, is_hidden: fn(&str) -> bool) -> Option<Vec<JobOutcome>> {
        let mut names: Vec<&str> = self
            .found
            .iter()
            .map(|(name, _)| &text[name.clone()])
            .collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return None;
        }
        let shown = self
            .found
            .iter()
            .filter(|(name, _)| !is_hidden(&text[name.clone()]));
        let jobs = shown.map(|(name, end)| JobOutcome {
            name: text[name.clone()].to_owned(),
            span: Span::new(name.start, *end),
            verdict: Verdict::Untouched,
            held_for_review: false,
            unknown: false,
            reviewed: Vec::new(),
            because: Vec::new(),
            accepted: false,
        });
        Some(jobs.collect())
    }
}

#[cfg(test)]
mod tests;
