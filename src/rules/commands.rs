//! Docker's commands, each with what becomes of it and a table of its flags.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::collections::{HashMap, IndexMap};
use crate::version::Version;

use super::error::{RulesError, read};
use super::flags::{FlagEntry, FlagRule, UnderHostNetwork};
use super::unique::UniqueMap;

/// One command of Docker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRule {
    /// Its words: `build`, `network create`.
    pub name: String,
    /// Other words for the same: `image build`.
    pub also: Vec<String>,
    /// Whether this is only the head of a group, with the flags that may stand before the group's commands.
    pub group: bool,
    /// What becomes of it.
    pub becomes: Becomes,
    /// What to do where it is needed, if nothing becomes of it.
    pub instead: Option<String>,
    /// Which operands name images.
    pub image_operands: Option<ImageOperands>,
    /// Whether everything behind the first operand belongs to another program.
    pub options_end_at_operand: bool,
    /// The first Podman that has it, where that is later than the oldest one in use.
    pub since: Option<Version>,
    /// The first Podman that takes options behind an operand, where older ones do not.
    pub options_first: Option<Version>,
    /// What it does under the stable image's configuration, if that is not what it says.
    pub under_host_network: Option<UnderHostNetwork>,
    /// Whether podman-compose has it (for compose commands; true elsewhere).
    pub podman_compose: bool,
    /// A difference that is worth a word.
    pub note: Option<String>,
    /// How this is known.
    pub source: String,
    flags: IndexMap<String, FlagRule>,
    /// The flags by their short spelling, as places among them.
    shorts: HashMap<String, usize>,
}

/// What becomes of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// Podman's words for it.
    Podman(String),
    /// Nothing does it: the job stays, and this is why.
    Gap(String),
    /// Its statement goes, and this is why.
    Drop(String),
    /// Code of this name writes it, by its operands; the flags still go by the table.
    Rewrite(String),
}

/// Which operands of a command name images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageOperands {
    /// The first.
    First,
    /// The second.
    Second,
    /// Each.
    All,
}

impl CommandRule {
    /// The rule of a flag by either of its names, as in `--tag` and `-t`.
    pub fn flag(&self, name: &str) -> Option<&FlagRule> {
        let by_short = || Some(self.flags.get_index(*self.shorts.get(name)?)?.1);
        self.flags.get(name).or_else(by_short)
    }

    /// All flags, in the order of the file.
    pub fn flags(&self) -> impl Iterator<Item = &FlagRule> {
        self.flags.values()
    }
}

/// The places of flags by their short spelling; of two the first counts.
fn shorts(flags: &IndexMap<String, FlagRule>) -> HashMap<String, usize> {
    let places = flags.values().enumerate().rev();
    places
        .filter_map(|(place, flag)| Some((flag.short.clone()?, place)))
        .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    command: String,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    group: bool,
    becomes: Option<String>,
    gap: Option<String>,
    drop: Option<String>,
    rewrite: Option<String>,
    instead: Option<String>,
    image_operands: Option<ImageOperands>,
    #[serde(default)]
    options_end_at_operand: bool,
    like: Option<String>,
    since: Option<Version>,
    options_first: Option<Version>,
    under_host_network: Option<UnderHostNetwork>,
    #[serde(default = "yes")]
    podman_compose: bool,
    note: Option<String>,
    source: String,
    #[serde(default)]
    flags: UniqueMap<FlagEntry>,
}

fn yes() -> bool {
    true
}

/// A rule as it stands in the file; `like` still has to be looked up.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Entry")]
struct Read {
    rule: CommandRule,
    like: Option<String>,
}

impl TryFrom<Entry> for Read {
    type Error = String;

    fn try_from(entry: Entry) -> Result<Self, String> {
        let name = entry.command;
        let becomes = match (entry.becomes, entry.gap, entry.drop, entry.rewrite) {
            (Some(words), None, None, None) => Becomes::Podman(words),
            (None, Some(why), None, None) => Becomes::Gap(why),
            (None, None, Some(why), None) => Becomes::Drop(why),
            (None, None, None, Some(code)) => Becomes::Rewrite(code),
            _ => {
                return Err(format!(
                    "`{name}` needs exactly one of `becomes`, `gap`, `drop` and `rewrite`"
                ));
            }
        };
        if entry.source.is_empty() {
            return Err(format!("`{name}` has an empty `source`"));
        }
        let mut flags = IndexMap::with_capacity_and_hasher(entry.flags.0.len(), Default::default());
        for (flag, found) in entry.flags.0 {
            if !flag.starts_with('-') {
                return Err(format!("`{name}`: the flag `{flag}` begins with no dash"));
            }
            let rule = found.named(&flag, &entry.source);
            flags.insert(flag, rule);
        }
        let rule = CommandRule {
            name,
            also: entry.also,
            group: entry.group,
            becomes,
            instead: entry.instead,
            image_operands: entry.image_operands,
            options_end_at_operand: entry.options_end_at_operand,
            since: entry.since,
            options_first: entry.options_first,
            under_host_network: entry.under_host_network,
            podman_compose: entry.podman_compose,
            note: entry.note,
            source: entry.source,
            shorts: shorts(&flags),
            flags,
        };
        for flag in rule.flags() {
            let short = flag.short.as_deref();
            let claims = |other: &&FlagRule| {
                short.is_some() && (other.short.as_deref() == short || Some(&*other.name) == short)
            };
            if rule.flags().filter(claims).count() > 1 {
                let (name, short) = (&rule.name, short.unwrap_or_default());
                return Err(format!("`{name}`: two flags are `{short}` in short"));
            }
        }
        Ok(Self {
            rule,
            like: entry.like,
        })
    }
}

/// The part of a file that holds one command, read when it is first asked for: a run meets a handful of the commands,
/// and reading all of them would take longer than everything else on a small file.
struct Section {
    file: &'static str,
    text: &'static str,
    first_line: usize,
    rule: OnceLock<Option<CommandRule>>,
}

/// All commands.
pub(super) struct Commands {
    sections: Vec<Section>,
    by_words: HashMap<&'static str, usize>,
    /// How many words the longest name has.
    longest: usize,
}

impl Commands {
    /// Finds the sections and their names without reading them.
    pub(super) fn index(files: &[(&'static str, &'static str)]) -> Self {
        let mut commands = Self {
            sections: Vec::new(),
            by_words: HashMap::default(),
            longest: 0,
        };
        for &(file, text) in files {
            for (first_line, section) in sections(text) {
                let number = commands.sections.len();
                for words in names(section) {
                    commands.longest = commands.longest.max(words.split(' ').count());
                    commands.by_words.entry(words).or_insert(number);
                }
                commands.sections.push(Section {
                    file,
                    text: section,
                    first_line,
                    rule: OnceLock::new(),
                });
            }
        }
        commands
    }

    /// The rule with exactly this name, unless its section is broken, which the tests exclude.
    pub(super) fn named(&self, words: &str) -> Option<&CommandRule> {
        let section = self.sections.get(*self.by_words.get(words)?)?;
        let rule = section.rule.get_or_init(|| self.read(section).ok());
        rule.as_ref()
    }

    /// The longest name that `words` begin with, and its length in words.
    pub(super) fn find(&self, words: &[&str]) -> Option<(&CommandRule, usize)> {
        let longest = self.longest.min(words.len());
        for length in (1..=longest).rev() {
            let Some(rule) = words
                .get(..length)
                .and_then(|head| self.named(&head.join(" ")))
            else {
                continue;
            };
            let next = words.get(length);
            if rule.group && next.is_some_and(|next| !next.starts_with('-')) {
                return None;
            }
            return Some((rule, length));
        }
        None
    }

    /// Reads every section: each error that a lookup would hide comes out here.
    pub(super) fn check(&self) -> Result<(), RulesError> {
        let mut claimed: HashMap<String, &str> = HashMap::default();
        for section in &self.sections {
            let rule = self.read(section)?;
            let names: Vec<&str> = names(section.text).collect();
            let read: Vec<&str> = std::iter::once(&rule.name)
                .chain(&rule.also)
                .map(String::as_str)
                .collect();
            let fault = |message| RulesError {
                file: section.file.to_owned(),
                line: section.first_line,
                column: 1,
                message,
            };
            if names != read {
                return Err(fault(format!(
                    "`command` and `also` of `{}` stand first, each on one line",
                    rule.name
                )));
            }
            for name in read {
                if let Some(other) = claimed.insert(name.to_owned(), section.file) {
                    return Err(fault(format!("`{name}` has a rule already, in {other}")));
                }
            }
        }
        Ok(())
    }

    /// All rules, in the order of the files.
    pub(super) fn all(&self) -> impl Iterator<Item = &CommandRule> {
        self.sections
            .iter()
            .filter_map(|section| names(section.text).next())
            .filter_map(|name| self.named(name))
    }

    fn read(&self, section: &Section) -> Result<CommandRule, RulesError> {
        let Read { mut rule, like } = read_section(section)?;
        if let Some(like) = like {
            let fault = || RulesError {
                file: section.file.to_owned(),
                line: section.first_line,
                column: 1,
                message: format!(
                    "`{}` is like `{like}`, which is no command with flags of its own",
                    rule.name
                ),
            };
            let base = self.by_words.get(like.as_str());
            let base = base.and_then(|&number| self.sections.get(number));
            // Read anew rather than looked up, so that a circle is a fault and no deadlock.
            let base = read_section(base.ok_or_else(fault)?)?;
            if base.like.is_some() {
                return Err(fault());
            }
            let own = std::mem::replace(&mut rule.flags, base.rule.flags);
            rule.flags.extend(own);
            rule.shorts = shorts(&rule.flags);
        }
        Ok(rule)
    }
}

/// Checks the text of one file of commands by itself.
pub(super) fn check_file(file: &str, text: &str) -> Result<(), RulesError> {
    read::<Vec<Read>>(file, text, 1).map(drop)
}

fn read_section(section: &Section) -> Result<Read, RulesError> {
    let mut rules: Vec<Read> = read(section.file, section.text, section.first_line)?;
    match (rules.pop(), rules.is_empty()) {
        (Some(rule), true) => Ok(rule),
        _ => Err(RulesError::without_place(
            section.file,
            "a section holds one command",
        )),
    }
}

const START: &str = "- command: ";
const ALSO: &str = "  also: [";

/// Cuts a file before each `- command:`, with the line number of each piece.
fn sections(text: &'static str) -> impl Iterator<Item = (usize, &'static str)> {
    let mut starts = Vec::new();
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.starts_with(START) {
            starts.push((number + 1, at));
        }
        at += line.len();
    }
    let ends: Vec<usize> = starts.iter().skip(1).map(|&(_, start)| start).collect();
    let ends = ends.into_iter().chain([text.len()]);
    let pieces = starts.into_iter().zip(ends);
    pieces.filter_map(|((line, start), end)| Some((line, text.get(start..end)?)))
}

/// The names of a section, by its first lines.
fn names(section: &'static str) -> impl Iterator<Item = &'static str> {
    let mut lines = section.lines();
    let name = lines.next().and_then(|line| line.strip_prefix(START));
    let also = lines
        .next()
        .and_then(|line| line.strip_prefix(ALSO)?.strip_suffix(']'));
    let also = also.into_iter().flat_map(|list| list.split(", "));
    name.into_iter().chain(also)
}
