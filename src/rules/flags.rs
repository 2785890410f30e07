//! What becomes of one flag of a Docker command.

use serde::Deserialize;

use crate::version::Version;

use super::catalog::Site;
use super::pattern::fits;
use super::rewrites::FlagRewrite;

/// What meets a command once its job has moved: by it some rules are true and others are not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Target {
    /// Whether it runs as root in Podman's image or as the runner's user on its machine; of root on a machine neither is
    /// true.
    pub site: Option<Site>,
    /// The Podman that runs it, if that can be said.
    pub podman: Option<Version>,
}

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

/// A rule for some values of a flag, or for some places where it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueCase {
    /// The values, `*` for any run of characters; none: whatever the value.
    pub values: Vec<String>,
    /// Where alone the rule is true.
    pub on: Option<Site>,
    /// The first Podman of which it is true.
    pub from: Option<Version>,
    /// The first Podman of which it is no longer true.
    pub before: Option<Version>,
    /// What becomes of the flag with such a value.
    pub action: FlagAction,
    /// What that loses.
    pub loses: Option<String>,
    /// What to do where that is needed.
    pub instead: Option<String>,
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
        /// The code.
        with: FlagRewrite,
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
    pub fn for_value(&self, value: Option<&str>, target: Target) -> (&FlagAction, Option<&str>) {
        match self.case(value, target) {
            Some(case) => (&case.action, case.loses.as_deref()),
            None => (&self.action, self.loses.as_deref()),
        }
    }

    /// What to do where it is needed with this value.
    pub fn instead_for(&self, value: Option<&str>, target: Target) -> Option<&str> {
        let of_case = self.case(value, target);
        let of_case = of_case.and_then(|case| case.instead.as_deref());
        of_case.or(self.instead.as_deref())
    }

    /// The first Podman that takes the flag with this value.
    pub fn since_for(&self, value: Option<&str>, target: Target) -> Option<Version> {
        let of_value = self.case(value, target).and_then(|case| case.since);
        of_value.max(self.since)
    }

    fn case(&self, value: Option<&str>, target: Target) -> Option<&ValueCase> {
        self.cases.iter().find(|case| case.fits(value, target))
    }
}

impl ValueCase {
    /// Whether the rule is true of a value at a place. Of a Podman that nobody knows what ended is taken for true, and
    /// what began later is not.
    fn fits(&self, value: Option<&str>, target: Target) -> bool {
        let by_value = || {
            let mut patterns = self.values.iter();
            value.is_some_and(|value| patterns.any(|pattern| fits(pattern, value)))
        };
        let by_version = match target.podman {
            Some(podman) => {
                self.from.is_none_or(|from| from <= podman)
                    && self.before.is_none_or(|before| podman < before)
            }
            None => self.from.is_none(),
        };
        self.on.is_none_or(|on| Some(on) == target.site)
            && by_version
            && (self.values.is_empty() || by_value())
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
    #[serde(default)]
    value: Vec<String>,
    on: Option<Site>,
    from: Option<Version>,
    before: Option<Version>,
    is: Is,
    why: Option<String>,
    to: Option<String>,
    with: Option<FlagRewrite>,
    loses: Option<String>,
    instead: Option<String>,
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
    with: Option<FlagRewrite>,
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
            if case.value.is_empty() && (case.on, case.from, case.before) == (None, None, None) {
                return Err("a rule of `when` says when it is true".to_owned());
            }
            Ok(ValueCase {
                values: case.value,
                on: case.on,
                from: case.from,
                before: case.before,
                action: action(case.is, case.why, case.to, case.with)?,
                loses: case.loses,
                instead: case.instead,
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
    with: Option<FlagRewrite>,
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
