//! Which of a file's comments speaks of a place: among thousands of them it is found at once.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::collections::HashMap;
use crate::text::Span;

use super::comments::{Comment, comments};

/// The comments of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Comments<'a> {
    /// All of them, in their order.
    pub all: Vec<Comment<'a>>,
    /// Those that speak of the whole file.
    of_file: Ignores<'a>,
    /// What the others speak of, by where it begins, the longer first.
    blocks: Vec<Block<'a>>,
}

/// A part of the file, and the comments that speak of just this part.
#[derive(Clone, Debug)]
struct Block<'a> {
    span: Span,
    /// The block that it lies in, as an index.
    outer: Option<usize>,
    ignores: Ignores<'a>,
}

/// Comments that speak of the same, as indexes into all comments.
#[derive(Clone, Debug, Default)]
struct Ignores<'a> {
    /// The first one that speaks of all rules.
    of_all: Option<usize>,
    /// The first one that names a rule.
    of_rule: HashMap<&'a str, usize>,
}

impl<'a> Ignores<'a> {
    fn add(&mut self, index: usize, rules: &[&'a str]) {
        if rules.is_empty() {
            self.of_all.get_or_insert(index);
        }
        for rule in rules {
            self.of_rule.entry(rule).or_insert(index);
        }
    }
}

impl<'a> Comments<'a> {
    /// The comments of a text.
    pub(crate) fn of(text: &'a str) -> Self {
        Self::new(comments(text))
    }

    /// Comments in their order.
    pub(crate) fn new(all: Vec<Comment<'a>>) -> Self {
        let mut of_file = Ignores::default();
        let mut parts: BTreeMap<(u32, Reverse<u32>), Ignores<'a>> = BTreeMap::new();
        for (index, comment) in all.iter().enumerate() {
            let Some(ignore) = &comment.ignore else {
                continue;
            };
            let ignores = match ignore.covers {
                Some(span) => parts.entry((span.start, Reverse(span.end))).or_default(),
                None => &mut of_file,
            };
            ignores.add(index, &ignore.rules);
        }
        let mut blocks: Vec<Block<'a>> = Vec::with_capacity(parts.len());
        let mut open: Vec<usize> = Vec::new();
        for ((start, Reverse(end)), ignores) in parts {
            while open
                .pop_if(|outer| blocks[*outer].span.end <= start)
                .is_some()
            {}
            let outer = open.last().copied();
            open.push(blocks.len());
            let span = Span { start, end };
            blocks.push(Block {
                span,
                outer,
                ignores,
            });
        }
        Self {
            all,
            of_file,
            blocks,
        }
    }

    /// The first comment that speaks of what a rule found at a byte, as an index.
    pub(crate) fn about(&self, rule: &str, at: u32) -> Option<usize> {
        let first = |ignores: &Ignores<'_>| {
            let named = ignores.of_rule.get(rule).copied();
            named.into_iter().chain(ignores.of_all).min()
        };
        self.covering(at).filter_map(first).min()
    }

    /// The first comment that speaks of all that is found at a byte, as an index.
    pub(crate) fn about_all(&self, at: u32) -> Option<usize> {
        let ignores = self.covering(at);
        ignores.filter_map(|ignores| ignores.of_all).min()
    }

    /// The comments that stand at just these bytes, as indexes.
    pub(crate) fn standing_at(&self, at: Span) -> impl Iterator<Item = usize> {
        let first = self.all.partition_point(|comment| comment.at < at);
        let behind = self.all.iter().enumerate().skip(first);
        behind
            .take_while(move |(_, comment)| comment.at == at)
            .map(|(index, _)| index)
    }

    /// The comments that speak of a byte, together with those that speak of the same.
    fn covering(&self, at: u32) -> impl Iterator<Item = &Ignores<'a>> {
        let next = self.blocks.partition_point(|block| block.span.start <= at);
        let inner = next.checked_sub(1).and_then(|last| self.blocks.get(last));
        let outwards = std::iter::successors(inner, |block| self.blocks.get(block.outer?));
        outwards
            .filter(move |block| at < block.span.end)
            .map(|block| &block.ignores)
            .chain([&self.of_file])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_comment_that_speaks_of_a_place() {
        let text = "# dindless: ignore[swarm] one\n# dindless: ignore two\na:\n  b: 1\n  # dindless: ignore[compose] three\n  c:\n    d: 1\ne: 1\n";
        let found = Comments::of(text);
        let at = |word: &str| text.find(word).unwrap() as u32;
        assert_eq!(found.about("swarm", at("b: 1")), Some(0));
        assert_eq!(found.about("compose", at("b: 1")), Some(1));
        assert_eq!(found.about("compose", at("d: 1")), Some(1));
        assert_eq!(found.about_all(at("d: 1")), Some(1));
        assert_eq!(found.about("swarm", at("e: 1")), None);
        let third = found.all[2].at;
        assert_eq!(found.standing_at(third).collect::<Vec<_>>(), [2]);
        assert_eq!(found.standing_at(Span::at(0)).count(), 0);
    }

    #[test]
    fn a_comment_about_the_whole_file_counts_like_any_other() {
        let text = "a: 1 # dindless: ignore[swarm]\n# dindless: ignore-file\nb: 1\n";
        let found = Comments::of(text);
        assert_eq!(found.about("swarm", 0), Some(0));
        assert_eq!(found.about("compose", 0), Some(1));
        assert_eq!(found.about("swarm", text.len() as u32), Some(1));
    }
}
