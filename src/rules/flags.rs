//! What becomes of one flag of a Docker command.

use serde::Deserialize;

use super::pattern::fits;
use crate::version::Version;

/// One flag and its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagRule {
    /// The flag as Docker writes it: `--tag`, or `-n` where only the short spelling is meant.
    pub name: String,
    /// The short spelling, with its dash.
    pub short: Option<String>,
    /// Whether a value follows.
    pub takes_value: bool,
    /// What becomes of it, whatever its value; see [`FlagRule::for_value`].
    pub action: FlagAction,
    /// What Docker did with it and Podman cannot, in a few words, when the action loses something.
    pub loses: Option<String>,
    /// What to do where that is needed.
    pub instead: Option<String>,
    /// Values with a rule of their own.
    pub cases: Vec<ValueCase>,
    /// The first Podman that takes it, where that is later than the oldest one in use.
    pub since: Option<Version>,
    /// What it does under the stable image's configuration, if that is not what it says.
    pub under_host_network: Option<UnderHostNetwork>,
    /// Whether podman-compose has it (for compose commands; true elsewhere).
    pub podman_compose: bool,
    /// A difference that is worth a word.
    pub note: Option<String>,
    /// How this is known.
    pub source: String,
}

/// A rule for some values of a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueCase {
    /// The values, `*` for any run of characters.
    pub values: Vec<String>,
    /// What becomes of the flag with such a value.
    pub action: FlagAction,
    /// What that loses.
    pub loses: Option<String>,
    /// The first Podman that takes it, where that is later than for other values.
    pub since: Option<Version>,
}

/// What becomes of a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagAction {
    /// It stays.
    Same,
    /// It goes.
    Drop {
        /// Why nothing is needed in its place.
        why: String,
    },
    /// It stays under another name; a name with `=` brings its value along.
    Rename {
        /// The name in Podman.
        to: String,
    },
    /// Code decides, by the value or by the rest of the command.
    Rewrite {
        /// The name of the code.
        with: String,
        /// Why a table is not enough.
        why: String,
    },
    /// Podman has nothing for it: the job stays.
    Gap {
        /// What is missing.
        why: String,
    },
}

/// What happens where containers share the host's network and have no cgroups, as in the stable image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnderHostNetwork {
    /// Podman refuses.
    Error,
    /// Podman goes on without it, and without a word.
    Ignored,
}

impl FlagRule {
    /// What becomes of the flag with this value (`None`: no value, or one that cannot be read), and what that loses.
    pub fn for_value(&self, value: Option<&str>) -> (&FlagAction, Option<&str>) {
        match self.case(value) {
            Some(case) => (&case.action, case.loses.as_deref()),
            None => (&self.action, self.loses.as_deref()),
        }
    }

    /// The first Podman that takes the flag with this value.
    pub fn since_for(&self, value: Option<&str>) -> Option<Version> {
        let of_value = self.case(value).and_then(|case| case.since);
        of_value.max(self.since)
    }

    fn case(&self, value: Option<&str>) -> Option<&ValueCase> {
        let value = value?;
        let fits = |case: &&ValueCase| case.values.iter().any(|pattern| fits(pattern, value));
        self.cases.iter().find(fits)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Is {
    Same,
    Drop,
    Rename,
    Rewrite,
    Gap,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct CaseEntry {
    value: Vec<String>,
    is: Is,
    why: Option<String>,
    to: Option<String>,
    with: Option<String>,
    loses: Option<String>,
    since: Option<Version>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    short: Option<String>,
    #[serde(default)]
    value: bool,
    is: Is,
    why: Option<String>,
    to: Option<String>,
    with: Option<String>,
    loses: Option<String>,
    instead: Option<String>,
    #[serde(default)]
    when: Vec<CaseEntry>,
    since: Option<Version>,
    under_host_network: Option<UnderHostNetwork>,
    #[serde(default = "yes")]
    podman_compose: bool,
    note: Option<String>,
    source: Option<String>,
}

fn yes() -> bool {
    true
}

/// A flag as it stands in the file: its name is the key, and a missing source is the command's.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Entry")]
pub(super) struct FlagEntry {
    rule: FlagRule,
}

impl FlagEntry {
    pub(super) fn named(self, name: &str, source_of_command: &str) -> FlagRule {
        let mut rule = self.rule;
        rule.name = name.to_owned();
        if rule.source.is_empty() {
            rule.source = source_of_command.to_owned();
        }
        rule
    }
}

impl TryFrom<Entry> for FlagEntry {
    type Error = String;

    fn try_from(entry: Entry) -> Result<Self, String> {
        if entry.source.as_deref() == Some("") {
            return Err("`source` is empty".to_owned());
        }
        let cases = entry.when.into_iter().map(|case| {
            Ok(ValueCase {
                values: case.value,
                action: action(case.is, case.why, case.to, case.with)?,
                loses: case.loses,
                since: case.since,
            })
        });
        let cases = cases.collect::<Result<Vec<_>, String>>()?;
        let rule = FlagRule {
            name: String::new(),
            short: entry.short,
            takes_value: entry.value,
            action: action(entry.is, entry.why, entry.to, entry.with)?,
            loses: entry.loses,
            instead: entry.instead,
            cases,
            since: entry.since,
            under_host_network: entry.under_host_network,
            podman_compose: entry.podman_compose,
            note: entry.note,
            source: entry.source.unwrap_or_default(),
        };
        Ok(Self { rule })
    }
}

fn action(
    is: Is,
    why: Option<String>,
    to: Option<String>,
    with: Option<String>,
) -> Result<FlagAction, String> {
    match (is, why, to, with) {
        (Is::Same, None, None, None) => Ok(FlagAction::Same),
        (Is::Drop, Some(why), None, None) => Ok(FlagAction::Drop { why }),
        (Is::Rename, None, Some(to), None) => Ok(FlagAction::Rename { to }),
        (Is::Rewrite, Some(why), None, Some(with)) => Ok(FlagAction::Rewrite { with, why }),
        (Is::Gap, Some(why), None, None) => Ok(FlagAction::Gap { why }),
        (Is::Same, ..) => Err("`is: same` goes alone: a remark is a `note`".to_owned()),
        (Is::Drop, ..) => Err("`is: drop` goes with `why`".to_owned()),
        (Is::Rename, ..) => Err("`is: rename` goes with `to`".to_owned()),
        (Is::Rewrite, ..) => Err("`is: rewrite` goes with `with` and `why`".to_owned()),
        (Is::Gap, ..) => Err("`is: gap` goes with `why`".to_owned()),
    }
}
