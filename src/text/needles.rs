//! Many words, to find those that a text holds in one look at it.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;

/// The words, each by its place among them.
pub(crate) struct Needles<'w> {
    words: Vec<&'w str>,
    /// None where there is nothing to find, or far too much.
    finder: Option<AhoCorasick>,
}

impl<'w> Needles<'w> {
    /// Prepares to look for these words.
    pub(crate) fn new(words: Vec<&'w str>) -> Self {
        let finder = (!words.is_empty()).then(|| AhoCorasick::new(&words).ok());
        Self {
            finder: finder.flatten(),
            words,
        }
    }

    /// The words that a text holds, also within each other.
    pub(crate) fn found_in(&self, text: &str) -> impl Iterator<Item = &'w str> {
        let places: BTreeSet<usize> = match &self.finder {
            Some(finder) => finder
                .find_overlapping_iter(text)
                .map(|found| found.pattern().as_usize())
                .collect(),
            None => (0..self.words.len())
                .filter(|place| text.contains(self.words[*place]))
                .collect(),
        };
        places.into_iter().map(|place| self.words[place])
    }
}

#[cfg(test)]
mod tests {
    use super::Needles;

    #[test]
    fn finds_words_within_words() {
        let needles = Needles::new(vec!["out", "out/a", "t", "in"]);
        let found: Vec<&str> = needles.found_in("mkdir -p out/a out/b").collect();
        assert_eq!(found, ["out", "out/a", "t"]);
        assert_eq!(Needles::new(Vec::new()).found_in("out").count(), 0);
    }
}
