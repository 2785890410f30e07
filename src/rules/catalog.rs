//! The catalog: every rule that a finding is named after, with what it is about, why, and how to solve it.
//!
//! `compat/*.yaml` and `passes.yaml` are lists. An entry begins with `- rule:` and `finds:`, each on one line, because
//! they are indexed without being read. `finds` lists what the rule looks for, each as a kind and its words, with `*` for
//! any run of characters:
//!
//! - `command NAME`: a docker command by the name of its table; `flag COMMAND --flag [VALUE...]`: a flag of it, with one of
//!   these values if any are given;
//! - `variable NAME [VALUE...]`: a variable of the job, or one that its scripts set;
//! - `program NAME [WORD...]`: another program, with a word that fits one of these;
//! - `text WORD`: a word in the job's scripts or in the values of its variables, whatever stands around it that is no letter,
//!   digit, dot or dash;
//! - `status COMMAND`: a docker command whose exit status the script compares with 1;
//! - `manifest FILE LINE...`: a file by which a project names what it needs, with a line that fits one of these, blanks left
//!   out, when the job runs the project's tests; `pipeline FILE LINE...`: a file that another CI server runs;
//! - `dockerfile KEYWORD [--flag [OPTION...]]`: an instruction, one with that flag (and not as `--flag=false`), or one whose
//!   flag has all of these options: `type=cache`, the name of one, `required=` for one without a value, `!from` for one
//!   that must not be there;
//! - `dockerfile KEYWORD << [LINE]`: an instruction with a heredoc, or one whose first line fits; `dockerfile KEYWORD WORD`:
//!   one with such a word behind its flags;
//! - `directive NAME [VALUE...]`: a comment in the head of a Dockerfile that steers how it is read, with one of these values;
//! - `compose PATH [VALUE...]`: a key of a compose file that compose uses, by its path with `*` for any name and for the
//!   items of a list (`services.*.deploy.mode`), with one of these values, alone or in a list, if any are given; with `!` in
//!   front of them, with any other value;
//! - `stack PATH [VALUE...]`: the same of a compose file that `docker stack deploy` is given;
//! - `code`: the area's own code looks for it; `passes`: the passes say it while they translate.
//!
//! Values, words and lines that begin with `!` are the ones that are not looked for.
//!
//! Beside that a rule may say when it is true: `since`, `until`, `compose`; `on: machine` where commands run on the runner's
//! machine as its user, `on: image` where they run as root in Podman's image; `read: true` where the script reads what the
//! command prints; `shared: true` where other jobs work with the same engine; `beside: COMMAND` where the job calls this
//! docker command, too. And when it is told: `always: true` at full weight of jobs that stay on Docker, too;
//! `until-moved: true` only of jobs that have not moved; `once: true` of the first job that moves, and not of the others;
//! `grouped: true` once of a file, with all places in it.
//! And what it means for the job: of `severity: error` the job stays on Docker; with `review: true` it moves only when a
//! person has looked; else it moves, and the rule is told.
//! `settings` are files to be set elsewhere, as text that can be pasted.
//!
//! It is long because the index, the entries and their checks have to agree line by line.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::finding::{RuleId, Severity};
use crate::version::Version;

use super::error::{RulesError, read, source};
use super::pattern::fits;
use super::unique::UniqueMap;

/// One rule.
#[derive(Clone, Debug)]
pub struct CatalogRule {
    /// Its name, as in a finding.
    pub name: &'static str,
    /// The subject that it belongs to: the name of its file.
    pub area: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The first Podman of which it is true; of all, if there is none.
    pub since: Option<Version>,
    /// The first Podman of which it is no longer true.
    pub until: Option<Version>,
    /// What Podman does.
    pub happens: Option<Happens>,
    /// The program for compose files of which it is true; of all, if there is none.
    pub compose: Option<Composer>,
    /// Where commands run of which it is true; anywhere, if there is none.
    pub on: Option<Site>,
    /// Whether it is true only where the script reads what the command prints.
    pub read: bool,
    /// Whether it is true only where other jobs work with the same engine.
    pub shared: bool,
    /// A docker command that the job must call, too.
    pub beside: Option<String>,
    /// Whether it is said at full weight of jobs, too, that stay on Docker.
    pub always: bool,
    /// Whether a person should look before the job moves.
    pub review: bool,
    /// Whether it is no longer true of a job that has moved.
    pub until_moved: bool,
    /// Whether it is said of the first job that moves only: the others are no news.
    pub once: bool,
    /// Whether a job that stays for it alone is unknown: what it is or runs lies where nothing can be read.
    pub unread: bool,
    /// Whether it is said once of a file, with all places in it.
    pub grouped: bool,
    /// What is the matter, in one sentence; `{it}` is what was found, `{podman}` the version that is aimed at.
    pub what: String,
    /// Why it is so.
    pub why: String,
    /// What to do about it.
    pub solve: String,
    /// Files in which it is found.
    pub before: Vec<(String, String)>,
    /// The same files when it is solved; none if nothing solves it.
    pub after: Vec<(String, String)>,
    /// What somebody has to set elsewhere, as files of which each can be pasted.
    pub settings: Vec<(String, String)>,
    /// How this is known.
    pub source: String,
}

impl CatalogRule {
    /// Whether the rule is true of a Podman.
    pub fn holds(&self, podman: Version) -> bool {
        self.since.is_none_or(|since| since <= podman)
            && self.until.is_none_or(|until| podman < until)
    }
}

/// What Podman does where Docker did something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happens {
    /// It ends with an error.
    Error,
    /// It succeeds with another result.
    Silent,
    /// It takes what it is told, without effect.
    Ignored,
}

/// A program that runs compose files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Composer {
    /// Docker's compose on Podman's socket.
    DockerCompose,
    /// The podman-compose project.
    PodmanCompose,
}

/// Where the commands of a job run once it has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Site {
    /// On the runner's machine, as its user.
    Machine,
    /// In Podman's image, as root.
    Image,
}

/// Something that a rule looks for, as words of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detector {
    /// The rule.
    pub rule: RuleId,
    /// The words behind the kind.
    words: Vec<&'static str>,
}

impl Detector {
    /// The word that says what is looked for.
    pub fn subject(&self) -> &'static str {
        self.words.first().copied().unwrap_or_default()
    }

    /// The words behind the subject.
    pub fn details(&self) -> &[&'static str] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Whether a name is the one that is looked for.
    pub fn fits_subject(&self, name: &str) -> bool {
        fits(self.subject(), name)
    }

    /// Whether a value fits a pattern; no value fits only a `*`.
    pub fn fits(pattern: &str, value: Option<&str>) -> bool {
        fits(pattern, value.unwrap_or_default())
    }

    /// Whether a value is one that is looked for: any, if none is named; none of those behind a `!`. `from` is the first
    /// detail that names one.
    pub fn fits_value(&self, from: usize, value: Option<&str>) -> bool {
        let details = self.details().get(from..).unwrap_or_default();
        if details.is_empty() {
            return true;
        }
        let Some(value) = value else { return false };
        let unwanted = details.iter().filter_map(|detail| detail.strip_prefix('!'));
        let mut wanted = details.iter().filter(|detail| !detail.starts_with('!'));
        let any = details.iter().all(|detail| detail.starts_with('!'));
        !unwanted.into_iter().any(|pattern| fits(pattern, value))
            && (any || wanted.any(|pattern| fits(pattern, value)))
    }
}

impl Detector {
    /// The first line of a text that is looked for, without what stands around it; lines that are comments do not count.
    /// Blanks within a line are not looked at.
    pub fn line_in(&self, text: &str) -> Option<std::ops::Range<usize>> {
        let mut next = 0;
        text.split_inclusive('\n').find_map(|line| {
            let start = next + (line.len() - line.trim_start().len());
            next += line.len();
            let line = line.trim();
            let is_comment = ["#", "//", "<!--", "*", "/*"]
                .iter()
                .any(|mark| line.starts_with(mark));
            let joined: String = line.split_whitespace().collect();
            let found = !is_comment && !line.is_empty() && self.fits_value(0, Some(&joined));
            found.then(|| start..start + line.len())
        })
    }
}

/// What all rules look for, by kind.
#[derive(Clone, Debug, Default)]
pub struct Detectors {
    /// Docker commands: the subject is the command's name.
    pub commands: Vec<Detector>,
    /// Flags of docker commands: the subject is the command's name, the first detail the flag.
    pub flags: Vec<Detector>,
    /// Variables: the subject is a name.
    pub variables: Vec<Detector>,
    /// Programs: the subject is a name.
    pub programs: Vec<Detector>,
    /// Words of scripts and variables: the subject is the word.
    pub texts: Vec<Detector>,
    /// Docker commands whose exit status is compared with 1: the subject is the command's name.
    pub statuses: Vec<Detector>,
    /// Lines of a project's manifests: the subject is the file's name.
    pub manifests: Vec<Detector>,
    /// Lines of files for other CI servers: the subject is the file's path.
    pub pipelines: Vec<Detector>,
    /// Instructions of Dockerfiles: the subject is the keyword, the first detail a flag, a word or `<<`.
    pub dockerfile: Vec<Detector>,
    /// Directives of Dockerfiles: the subject is a name.
    pub directives: Vec<Detector>,
    /// Keys of compose files: the subject is a path.
    pub compose: Vec<Detector>,
    /// Keys of compose files that Swarm is given: the subject is a path.
    pub stack: Vec<Detector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    rule: String,
    finds: Vec<String>,
    #[serde(default)]
    severity: Severity,
    since: Option<Version>,
    until: Option<Version>,
    happens: Option<Happens>,
    compose: Option<Composer>,
    on: Option<Site>,
    #[serde(default)]
    read: bool,
    #[serde(default)]
    shared: bool,
    beside: Option<String>,
    #[serde(default)]
    always: bool,
    #[serde(default)]
    review: bool,
    #[serde(default)]
    until_moved: bool,
    #[serde(default)]
    once: bool,
    #[serde(default)]
    unread: bool,
    #[serde(default)]
    grouped: bool,
    what: String,
    why: String,
    solve: String,
    before: UniqueMap<String>,
    #[serde(default)]
    after: UniqueMap<String>,
    #[serde(default)]
    settings: UniqueMap<String>,
    #[serde(deserialize_with = "source")]
    source: String,
}

/// The part of a file that holds one rule, read when it is first asked for.
struct Section {
    file: &'static str,
    text: &'static str,
    first_line: usize,
    name: &'static str,
    rule: OnceLock<Option<CatalogRule>>,
}

/// All rules.
pub(super) struct Catalog {
    sections: Vec<Section>,
    by_name: HashMap<&'static str, usize>,
    detectors: Detectors,
}

impl Catalog {
    /// Finds the rules and what they look for without reading them.
    pub(super) fn index(files: &[(&'static str, &'static str)]) -> Self {
        let mut catalog = Self {
            sections: Vec::new(),
            by_name: HashMap::new(),
            detectors: Detectors::default(),
        };
        for &(file, text) in files {
            for (first_line, text) in sections(text) {
                let (name, finds) = head(text);
                for item in finds {
                    catalog.detectors.add(name, item);
                }
                let number = catalog.sections.len();
                catalog.by_name.entry(name).or_insert(number);
                catalog.sections.push(Section {
                    file,
                    text,
                    first_line,
                    name,
                    rule: OnceLock::new(),
                });
            }
        }
        catalog
    }

    /// A rule by its name.
    pub(super) fn named(&self, name: &str) -> Option<&CatalogRule> {
        let section = self.sections.get(*self.by_name.get(name)?)?;
        let rule = section.rule.get_or_init(|| read_section(section).ok());
        rule.as_ref()
    }

    /// All rules, in the order of the files.
    pub(super) fn all(&self) -> impl Iterator<Item = &CatalogRule> {
        self.sections
            .iter()
            .filter_map(|section| self.named(section.name))
    }

    pub(super) fn detectors(&self) -> &Detectors {
        &self.detectors
    }

    /// Reads every rule: each error that a lookup would hide comes out here.
    pub(super) fn check(&self) -> Result<(), RulesError> {
        for (number, section) in self.sections.iter().enumerate() {
            read_section(section)?;
            if self.by_name.get(section.name) != Some(&number) {
                return Err(fault(
                    section,
                    format!("`{}` is a rule already", section.name),
                ));
            }
        }
        Ok(())
    }
}

impl Detectors {
    fn add(&mut self, rule: &'static str, item: &'static str) -> bool {
        let mut words = item.split_whitespace();
        let kind = words.next().unwrap_or_default();
        let mut words: Vec<&str> = words.collect();
        if matches!(kind, "command" | "flag" | "status") {
            // the names of docker's commands have several words
            let rest = item.get(kind.len()..).unwrap_or_default().trim();
            let end = rest
                .find(" --")
                .or_else(|| rest.find(" -"))
                .unwrap_or(rest.len());
            let (name, flags) = rest.split_at(end);
            words = std::iter::once(name)
                .chain(flags.split_whitespace())
                .collect();
        }
        let list = match kind {
            "command" => &mut self.commands,
            "flag" if words.len() > 1 => &mut self.flags,
            "variable" => &mut self.variables,
            "program" => &mut self.programs,
            "text" => &mut self.texts,
            "status" => &mut self.statuses,
            "manifest" if words.len() > 1 => &mut self.manifests,
            "pipeline" if words.len() > 1 => &mut self.pipelines,
            "dockerfile" => &mut self.dockerfile,
            "directive" => &mut self.directives,
            "compose" => &mut self.compose,
            "stack" => &mut self.stack,
            "code" | "passes" => return words.is_empty(),
            _ => return false,
        };
        let complete = !words.is_empty();
        if complete {
            list.push(Detector {
                rule: RuleId(rule),
                words,
            });
        }
        complete
    }
}

const START: &str = "- rule: ";
const FINDS: &str = "  finds: [";

/// Cuts a file before each `- rule:`, with the line number of each piece.
fn sections(text: &'static str) -> Vec<(usize, &'static str)> {
    let mut starts = Vec::new();
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.starts_with(START) {
            starts.push((number + 1, at));
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).map(|&(_, start)| start);
    let ends: Vec<usize> = ends.chain([text.len()]).collect();
    let pieces = starts.into_iter().zip(ends);
    pieces
        .filter_map(|((line, start), end)| Some((line, text.get(start..end)?)))
        .collect()
}

/// The name of a section and what its rule looks for, by its first two lines.
fn head(section: &'static str) -> (&'static str, impl Iterator<Item = &'static str>) {
    let mut lines = section.lines();
    let name = lines.next().and_then(|line| line.strip_prefix(START));
    let finds = lines
        .next()
        .and_then(|line| line.strip_prefix(FINDS)?.strip_suffix(']'));
    let finds = finds.into_iter().flat_map(|list| list.split(", "));
    let unquoted = |item: &'static str| item.trim_matches('"');
    (name.unwrap_or_default(), finds.map(unquoted))
}

fn fault(section: &Section, message: impl Into<String>) -> RulesError {
    RulesError {
        file: section.file.to_owned(),
        line: section.first_line,
        column: 1,
        message: message.into(),
    }
}

/// Checks that the text of a file is a list of rules.
pub(super) fn check_file(file: &str, text: &str) -> Result<(), RulesError> {
    read::<Vec<Entry>>(file, text, 1).map(drop)
}

fn read_section(section: &Section) -> Result<CatalogRule, RulesError> {
    let entries: Vec<Entry> = read(section.file, section.text, section.first_line)?;
    let one = <[Entry; 1]>::try_from(entries);
    let [entry] = one.map_err(|_| fault(section, "a section holds one rule"))?;
    let (name, finds) = head(section.text);
    let finds: Vec<&str> = finds.collect();
    if entry.rule != name || entry.finds != finds {
        let message = format!(
            "`rule` and `finds` of `{}` stand first, each on one line",
            entry.rule
        );
        return Err(fault(section, message));
    }
    let mut known = Detectors::default();
    if let Some(wrong) = finds.iter().find(|item| !known.add(name, item)) {
        return Err(fault(section, format!("`{name}` cannot find `{wrong}`")));
    }
    let by_passes = finds == ["passes"];
    if entry.happens.is_none() && !by_passes && !entry.always && !entry.once {
        return Err(fault(
            section,
            format!("`{name}` does not say what `happens`"),
        ));
    }
    let texts = [&entry.what, &entry.why, &entry.solve];
    if texts.iter().any(|text| text.trim().is_empty()) || entry.before.0.is_empty() {
        return Err(fault(section, format!("`{name}` leaves something unsaid")));
    }
    if let (Some(since), Some(until)) = (entry.since, entry.until)
        && since >= until
    {
        return Err(fault(section, format!("`{name}` is true of no Podman")));
    }
    Ok(CatalogRule {
        name,
        area: area(section.file),
        severity: entry.severity,
        since: entry.since,
        until: entry.until,
        happens: entry.happens,
        compose: entry.compose,
        on: entry.on,
        read: entry.read,
        shared: entry.shared,
        beside: entry.beside,
        always: entry.always,
        review: entry.review,
        until_moved: entry.until_moved,
        unread: entry.unread,
        once: entry.once,
        grouped: entry.grouped,
        what: one_line(&entry.what),
        why: one_line(&entry.why),
        solve: one_line(&entry.solve),
        before: entry.before.0.into_iter().collect(),
        after: entry.after.0.into_iter().collect(),
        settings: entry.settings.0.into_iter().collect(),
        source: entry.source,
    })
}

/// `compat/buildkit.yaml` is about buildkit.
fn area(file: &'static str) -> &'static str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".yaml").unwrap_or(name)
}

/// A text that YAML may have folded, without what ends it.
fn one_line(text: &str) -> String {
    text.trim().to_owned()
}
