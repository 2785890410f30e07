//! What a description says of one repository, by the section that says it.

use std::collections::HashSet;
use std::io::{self, Write};

use indexmap::IndexMap;

use crate::finding::{Finding, RuleId, Severity};
use crate::outcome::{JobOutcome, Verdict};
use crate::repository::slashed;
use crate::rules::{CatalogRule, Rules};

use super::super::annotation::job_at;
use super::super::markup::{code, prose, sentences};
use super::super::{Run, Tree, settled};

/// Places that are listed of one thing that changes.
const LOCATIONS: usize = 6;

/// One thing, with all places that it is said of.
pub(super) struct FindingGroup<'a> {
    rule: RuleId,
    message: &'a str,
    help: Option<&'a str>,
    /// `path:line`, in order.
    places: Vec<String>,
    /// Whether every place must be named.
    all: bool,
}

impl FindingGroup<'_> {
    /// Writes it as a line of a list.
    pub(super) fn write(&self, out: &mut dyn Write, indent: &str) -> io::Result<()> {
        let help = self.help.map(prose);
        let text = sentences(&prose(self.message), help.as_deref());
        write!(out, "{indent}- {text}")?;
        let limit = if self.all { usize::MAX } else { LOCATIONS };
        let shown = self.places.iter().take(limit).map(|place| code(place));
        let shown: Vec<String> = shown.collect();
        write!(out, " {}: {}", code(self.rule.0), shown.join(", "))?;
        let rest = self.places.len() - shown.len();
        if rest > 0 {
            write!(out, " and {rest} more")?;
        }
        writeln!(out)
    }
}

/// A job that stays, with what is said of it.
pub(super) struct Staying<'a> {
    job: &'a JobOutcome,
    place: String,
    reasons: &'a [RuleId],
    groups: Vec<FindingGroup<'a>>,
}

impl Staying<'_> {
    /// Writes it as a line of a list, with a list below.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let reasons = self.reasons.iter().map(|rule| code(rule.0));
        let reasons: Vec<String> = reasons.collect();
        write!(out, "- {} ({})", code(&self.job.name), code(&self.place))?;
        writeln!(out, ": {}", reasons.join(", "))?;
        for group in &self.groups {
            group.write(out, "  ")?;
        }
        Ok(())
    }
}

/// The sections.
#[derive(Default)]
pub(super) struct Sorted<'a> {
    /// What was or would be changed.
    pub changes: Vec<FindingGroup<'a>>,
    /// What is lost by it, what differs, and what a person must look after.
    pub losses: Vec<FindingGroup<'a>>,
    /// What the runner must offer.
    pub runner: Vec<FindingGroup<'a>>,
    /// Jobs that stay on Docker.
    pub left: Vec<Staying<'a>>,
    /// What stays besides, or is why jobs stay and stands in none of them.
    pub left_besides: Vec<FindingGroup<'a>>,
    /// Jobs that wait for a person.
    pub held: Vec<Staying<'a>>,
    /// Changes that wait for a person and stand in none of these jobs.
    pub review: Vec<FindingGroup<'a>>,
}

/// Where a finding belongs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Section {
    Changes,
    Losses,
    Runner,
    LeftBesides,
    Review,
    /// A job, by the numbers of its file and of the job in it.
    Job(usize, usize),
}

type Same<'a> = (Section, RuleId, &'a str, Option<&'a str>);

impl<'a> Sorted<'a> {
    /// Sorts what is said of a repository.
    pub(super) fn of(run: &Run, tree: &'a Tree, rules: &Rules) -> Self {
        let files = &tree.outcome.files;
        let jobs = files.iter().flat_map(|file| &file.jobs);
        let left = jobs.filter(|job| !job.held_for_review);
        let reasons: HashSet<RuleId> = left.flat_map(reasons_of).copied().collect();
        let mut groups: IndexMap<Same<'a>, Vec<String>> = IndexMap::new();
        for (number, file) in files.iter().enumerate() {
            for finding in file.findings.iter().filter(|it| it.accepted.is_none()) {
                let at = finding.at.first().map(|label| label.at.span);
                let stays = |job: &usize| {
                    let job = file.jobs.get(*job);
                    job.is_some_and(|job| !reasons_of(job).is_empty())
                };
                let of_runner = rules.named(finding.rule.0).is_some_and(is_of_the_runner);
                let section = match at.and_then(|at| job_at(file, at)).filter(stays) {
                    _ if of_runner => Section::Runner,
                    Some(job) if !settled(finding, run.options.include_review) => {
                        Section::Job(number, job)
                    }
                    _ => section(run, finding, &reasons),
                };
                let at = at.map_or(0, |at| at.start as usize);
                let line = file.source.position(at).line;
                let place = format!("{}:{line}", slashed(file.source.path()));
                let same = (
                    section,
                    finding.rule,
                    finding.message.as_str(),
                    finding.help.as_deref(),
                );
                let places = groups.entry(same).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        let mut sorted = Self::default();
        let mut in_jobs: IndexMap<(usize, usize), Vec<FindingGroup<'a>>> = IndexMap::new();
        for ((section, rule, message, help), places) in groups {
            let group = FindingGroup {
                rule,
                message,
                help,
                places,
                all: section != Section::Changes,
            };
            match section {
                Section::Changes => sorted.changes.push(group),
                Section::Losses => sorted.losses.push(group),
                Section::Runner => sorted.runner.push(group),
                Section::LeftBesides => sorted.left_besides.push(group),
                Section::Review => sorted.review.push(group),
                Section::Job(file, job) => in_jobs.entry((file, job)).or_default().push(group),
            }
        }
        for (number, file) in files.iter().enumerate() {
            for (index, job) in file.jobs.iter().enumerate() {
                let reasons = reasons_of(job);
                if reasons.is_empty() || job.accepted {
                    continue;
                }
                let line = file.source.position(job.span.start as usize).line;
                let staying = Staying {
                    job,
                    place: format!("{}:{line}", slashed(file.source.path())),
                    reasons,
                    groups: in_jobs.swap_remove(&(number, index)).unwrap_or_default(),
                };
                match job.held_for_review {
                    true => sorted.held.push(staying),
                    false => sorted.left.push(staying),
                }
            }
        }
        sorted
    }
}

/// Where a finding belongs that stands in no job that stays.
fn section(run: &Run, finding: &Finding, reasons: &HashSet<RuleId>) -> Section {
    let settled = settled(finding, run.options.include_review);
    match (finding.severity, &finding.fix) {
        (Severity::Note, Some(_)) if settled => Section::Changes,
        (_, Some(_)) if settled => Section::Losses,
        (_, Some(_)) => Section::Review,
        (Severity::Note, None) => Section::LeftBesides,
        (_, None) if reasons.contains(&finding.rule) => Section::LeftBesides,
        (_, None) => Section::Losses,
    }
}

/// Whether a rule is about what the runner must allow: it is said once for all jobs.
fn is_of_the_runner(rule: &CatalogRule) -> bool {
    rule.once && rule.area == "privileges"
}

fn reasons_of(job: &JobOutcome) -> &[RuleId] {
    match &job.verdict {
        Verdict::Left(reasons) => reasons,
        Verdict::Untouched | Verdict::Migrated => &[],
    }
}
