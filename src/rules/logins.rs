//! Programs that log in to registries by docker's command or by its file, and what in that file only Docker reads.

use serde::Deserialize;

use super::error::source;
use super::pattern::fits;
use super::unique::UniqueMap;

/// A call of a program that logs in to a registry for Docker.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LoginRule {
    /// The program's names.
    programs: Vec<String>,
    /// The words that make it do so, flags left out; a single one is the first of all.
    words: String,
    /// Words of which one must be there.
    #[serde(default)]
    with: Vec<String>,
    /// Words that keep it from that.
    #[serde(default)]
    unless: Vec<String>,
    /// How it does so.
    pub is: LoginWay,
    /// What that means, in a few words.
    pub why: String,
    /// A variable that gives it another program in docker's place.
    #[serde(default)]
    pub variable: Option<String>,
    /// A word that gives it podman in docker's place.
    #[serde(default)]
    pub word: Option<String>,
    /// What to write instead.
    #[serde(default)]
    pub instead: Option<String>,
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
}

/// How a program logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginWay {
    /// It writes Docker's file of credentials, which Podman reads.
    File,
    /// It calls docker's command, and may be given podman's.
    Docker,
    /// It needs Docker's command or engine.
    Gap,
}

impl LoginRule {
    /// Whether a call is one; `words` are those behind the program's name.
    fn is_it(&self, words: &[String]) -> bool {
        let plain: Vec<&str> = words
            .iter()
            .map(String::as_str)
            .filter(|word| !word.starts_with('-'))
            .collect();
        let wanted: Vec<&str> = self.words.split(' ').collect();
        let has_words = match wanted.len() {
            1 => plain.first() == wanted.first(),
            length => plain.windows(length).any(|part| part == wanted),
        };
        let any = |patterns: &[String]| {
            let mut words = words.iter();
            words.any(|word| patterns.iter().any(|pattern| fits(pattern, word)))
        };
        has_words && (self.with.is_empty() || any(&self.with)) && !any(&self.unless)
    }

    /// The words that make it do so.
    pub fn words(&self) -> &str {
        &self.words
    }
}

/// A key of Docker's file of credentials that Podman does not read as Docker does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FileKey {
    /// A key beside which alone it matters.
    #[serde(default)]
    pub beside: Option<String>,
    /// A key beside which it does not matter.
    #[serde(default)]
    pub unless: Option<String>,
    /// Whether it matters also where the job logs in by itself.
    #[serde(default)]
    pub always: bool,
    /// What Podman makes of it.
    pub why: String,
    /// What to write instead.
    pub instead: String,
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Logins {
    programs: Vec<LoginRule>,
    file_keys: UniqueMap<FileKey>,
}

impl Logins {
    pub(super) fn program(
        &self,
        name: &str,
        words: impl FnOnce() -> Vec<String>,
    ) -> Option<&LoginRule> {
        let is_named = |rule: &&LoginRule| rule.programs.iter().any(|known| known == name);
        let mut rules = self.programs.iter().filter(is_named).peekable();
        rules.peek()?;
        let words = words();
        rules.find(|rule| rule.is_it(&words))
    }

    pub(super) fn file_keys(&self) -> impl Iterator<Item = (&str, &FileKey)> {
        self.file_keys
            .0
            .iter()
            .map(|(name, key)| (name.as_str(), key))
    }
}
