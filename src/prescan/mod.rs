//! The prescan: whether a CI file can have to do with a container engine at all, told from the words in its bytes.
//!
//! Most CI files of a large repository hold none of these words and lead to no other file. Their jobs stand in their top-level
//! keys, and need no tree, no pipeline and no plan. A file that is not written line by line is left to the full reader, which
//! reports what is wrong with it, too.

mod files;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::collections::HashSet;
use crate::outcome::JobOutcome;
use crate::pipeline::Provider;
use crate::rules::Rules;
use crate::text::Span;
use crate::yaml::outline::{self, Lines};

pub(crate) use files::RunFiles;

/// Words beside those of the tables: a daemon's image, what a job that has moved runs in, and a workflow that is part of others.
const WORDS: [&str; 3] = ["dind", "podman", "workflow_call"];

/// The words that matter, ready to be looked for.
pub(crate) struct Prescan {
    words: Option<AhoCorasick>,
}

/// A file in which nothing can have to do with an engine.
#[derive(Debug)]
pub(crate) struct Outline {
    /// Its jobs, all untouched.
    pub(crate) jobs: Vec<JobOutcome>,
    /// Where its first key stands.
    pub(crate) first: usize,
}

impl Prescan {
    pub(crate) fn new(rules: &Rules) -> Self {
        let from_tables = rules.words_of_docker();
        let words = from_tables.map(str::to_ascii_lowercase);
        let words = words.filter(|word| !may_spell_docker(word.as_bytes()));
        let words = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst) // only of this kind many bytes are compared at once
            .build(words.chain(WORDS.map(str::to_owned)));
        Self { words: words.ok() }
    }

    /// What a file holds by itself; nothing if a word in it matters, it leads to another file, or its lines do not tell.
    pub(crate) fn outline(&self, provider: &dyn Provider, text: &str) -> Option<Outline> {
        let words = self.words.as_ref()?;
        if !is_plain(text.as_bytes()) {
            return None;
        }
        let folded = text.to_ascii_lowercase();
        if may_spell_docker(folded.as_bytes()) || words.is_match(&folded) {
            return None;
        }
        let lines = outline::read(text)?;
        Some(Outline {
            first: lines.keys.first()?.span.range().start,
            jobs: jobs(provider, &lines)?,
        })
    }
}

/// The jobs that a file shows; nothing if it leads to another file, or may be refused.
fn jobs(provider: &dyn Provider, lines: &Lines<'_>) -> Option<Vec<JobOutcome>> {
    let mut names = HashSet::default();
    let mut shown = Vec::new();
    for index in provider.jobs_among(&lines.keys)? {
        let job = &lines.keys[index];
        let below = &lines.keys[index + 1..];
        if !names.insert(job.name) || below.first().is_none_or(|key| key.depth != job.depth + 1) {
            return None;
        }
        let next = below.iter().find(|key| key.depth <= job.depth);
        let end = next.map_or(lines.end, |next| next.behind);
        if !provider.is_template(job.name) {
            let span = Span::new(job.span.range().start, end);
            shown.push(JobOutcome::untouched(job.name, span));
        }
    }
    Some(shown)
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

/// Whether a text in small letters holds the word, with what the shell or a block scalar takes out of a word in it.
fn may_spell_docker(bytes: &[u8]) -> bool {
    let is_filler = |byte: u8| b"'\"\\\n\r$ -".contains(&byte);
    // the rarest letter of the word is looked for; what follows it is not looked at
    memchr::memchr_iter(b'k', bytes).any(|at| {
        let mut before = bytes[..at].iter().rev().filter(|byte| !is_filler(**byte));
        b"cod".iter().all(|letter| before.next() == Some(letter))
    })
}

#[cfg(test)]
mod tests;
