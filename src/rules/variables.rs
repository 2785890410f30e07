//! Environment variables that Docker and its helpers read.

use serde::Deserialize;

use super::error::source;
use super::pattern::fits;
use super::unique::UniqueMap;

/// One variable.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Entry")]
pub struct VariableRule {
    /// What becomes of it in a job that moves.
    pub action: VariableAction,
    /// How this is known.
    pub source: String,
}

/// What becomes of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableAction {
    /// It goes: nothing reads it any more, for this reason.
    Drop(String),
    /// It stays, for this reason.
    Keep(String),
    /// Code decides, by its value.
    Rewrite {
        /// The name of the code.
        with: String,
        /// Why.
        why: String,
    },
    /// Podman has nothing for it: the job stays.
    Gap(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Is {
    Drop,
    Keep,
    Rewrite,
    Gap,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    is: Is,
    with: Option<String>,
    why: String,
    #[serde(deserialize_with = "source")]
    source: String,
}

impl TryFrom<Entry> for VariableRule {
    type Error = &'static str;

    fn try_from(entry: Entry) -> Result<Self, Self::Error> {
        let why = entry.why;
        let action = match (entry.is, entry.with) {
            (Is::Drop, None) => VariableAction::Drop(why),
            (Is::Keep, None) => VariableAction::Keep(why),
            (Is::Gap, None) => VariableAction::Gap(why),
            (Is::Rewrite, Some(with)) => VariableAction::Rewrite { with, why },
            _ => return Err("`with` goes with `is: rewrite`, and only there"),
        };
        Ok(Self {
            action,
            source: entry.source,
        })
    }
}

#[derive(Deserialize)]
#[serde(from = "UniqueMap<VariableRule>")]
pub(super) struct Variables {
    rules: UniqueMap<VariableRule>,
    /// Which of the names are patterns.
    patterns: Vec<usize>,
}

impl From<UniqueMap<VariableRule>> for Variables {
    fn from(rules: UniqueMap<VariableRule>) -> Self {
        let names = rules.0.keys().enumerate();
        let patterns = names.filter(|(_, name)| name.contains('*'));
        let patterns = patterns.map(|(at, _)| at).collect();
        Self { rules, patterns }
    }
}

impl Variables {
    pub(super) fn get(&self, name: &str) -> Option<&VariableRule> {
        let rules = &self.rules.0;
        rules.get(name).or_else(|| {
            let mut patterns = self.patterns.iter().filter_map(|at| rules.get_index(*at));
            patterns
                .find(|(pattern, _)| fits(pattern, name))
                .map(|(_, rule)| rule)
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &VariableRule)> {
        self.rules
            .0
            .iter()
            .map(|(name, rule)| (name.as_str(), rule))
    }
}
