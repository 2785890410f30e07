//! The last lines of a run: what changed, what stays and why, what waits for a person.

use std::io::{self, Write};
use std::path::Path;

use indexmap::IndexMap;

use crate::finding::{RuleId, Severity};
use crate::outcome::{FileOutcome, JobOutcome, Verdict};
use crate::repository::STANDARD_INPUT;

use super::{Run, Tree, settled};

/// The numbers of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// CI files that were read.
    pub files: usize,
    /// Of these, the ones with a new text.
    pub changed: usize,
    /// Files whose new text is on the disk.
    pub written: usize,
    /// Jobs that do not use Docker.
    pub untouched: usize,
    /// Jobs that move to Podman.
    pub migrated: usize,
    /// Files with a new text of which some is not on the disk and was not accepted to be missing.
    pub pending: usize,
    /// Jobs that stay on Docker whatever is asked for.
    pub left: usize,
    /// Of these, the ones of which nobody can tell from here what they are or run.
    pub unknown: usize,
    /// Jobs that stay on Docker, or could move, and may be as they are.
    pub accepted: usize,
    /// Jobs that stay until a person agrees.
    pub held: usize,
    /// Why jobs stay, the most frequent reason first; a job may have several.
    pub reasons: Vec<(RuleId, usize)>,
    /// Why jobs wait for a person, the most frequent reason first.
    pub held_reasons: Vec<(RuleId, usize)>,
    /// Findings with a change that waits for a person.
    pub held_fixes: usize,
    /// Findings that only inform.
    pub notes: usize,
    /// Findings of something that is lost, or differs, or is left for a person.
    pub warnings: usize,
    /// Findings of something broken or dangerous.
    pub errors: usize,
    /// Warnings and errors that this run does not settle.
    pub open: usize,
    /// Things that could not be done.
    pub problems: usize,
}

impl Tally {
    /// Counts all of a run.
    pub fn new(run: &Run) -> Self {
        let mut counter = Counter::of(run);
        counter.tally.problems = run.problems().count();
        for tree in &run.trees {
            counter.tree(tree);
        }
        counter.done()
    }

    /// Counts one repository of a run.
    pub fn of_tree(run: &Run, tree: &Tree) -> Self {
        let mut counter = Counter::of(run);
        counter.tally.problems = tree.outcome.problems.len();
        counter.tree(tree);
        counter.done()
    }

    /// Counts one file of a repository.
    pub fn of_file(run: &Run, tree: &Tree, file: &FileOutcome) -> Self {
        let mut counter = Counter::of(run);
        counter.file(tree, file);
        counter.done()
    }

    /// Whether the run leaves nothing to do: neither for the tool nor for a person.
    pub fn clean(&self) -> bool {
        self.pending + self.left + self.held + self.open == 0
    }
}

struct Counter {
    tally: Tally,
    include_review: bool,
    reasons: IndexMap<RuleId, usize>,
    held_reasons: IndexMap<RuleId, usize>,
}

impl Counter {
    fn of(run: &Run) -> Self {
        Self {
            tally: Tally::default(),
            include_review: run.options.include_review,
            reasons: IndexMap::new(),
            held_reasons: IndexMap::new(),
        }
    }

    fn tree(&mut self, tree: &Tree) {
        for file in &tree.outcome.files {
            self.file(tree, file);
        }
    }

    fn file(&mut self, tree: &Tree, file: &FileOutcome) {
        let tally = &mut self.tally;
        tally.files += usize::from(file.provider.is_some());
        if file.changed.is_some() {
            tally.changed += 1;
            tally.written += usize::from(tree.written);
            let moves = |job: &&JobOutcome| job.verdict == Verdict::Migrated;
            let mut moving = file.jobs.iter().filter(moves).peekable();
            let open = moving.peek().is_none() || moving.any(|job| !job.accepted);
            tally.pending += usize::from(open && !tree.written);
        }
        for job in &file.jobs {
            match &job.verdict {
                Verdict::Untouched => tally.untouched += 1,
                _ if job.accepted && !tree.written => tally.accepted += 1,
                Verdict::Left(_) if job.accepted => tally.accepted += 1,
                Verdict::Migrated => tally.migrated += 1,
                Verdict::Left(rules) if job.held_for_review => {
                    tally.held += 1;
                    count(&mut self.held_reasons, rules);
                }
                Verdict::Left(rules) => {
                    tally.left += 1;
                    tally.unknown += usize::from(job.unknown);
                    count(&mut self.reasons, rules);
                }
            }
        }
        for finding in file.findings.iter().filter(|it| it.accepted.is_none()) {
            match finding.severity {
                Severity::Note => tally.notes += 1,
                Severity::Warning => tally.warnings += 1,
                Severity::Error => tally.errors += 1,
            }
            if settled(finding, self.include_review) {
                continue;
            }
            tally.held_fixes += usize::from(finding.fix.is_some());
            tally.open += usize::from(finding.severity > Severity::Note);
        }
    }

    fn done(self) -> Tally {
        Tally {
            reasons: ranked(self.reasons),
            held_reasons: ranked(self.held_reasons),
            ..self.tally
        }
    }
}

fn count(reasons: &mut IndexMap<RuleId, usize>, rules: &[RuleId]) {
    for rule in rules {
        *reasons.entry(*rule).or_default() += 1;
    }
}

fn ranked(reasons: IndexMap<RuleId, usize>) -> Vec<(RuleId, usize)> {
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    reasons
}

/// Reasons that are named; the rest is counted.
const TOP_REASONS: usize = 5;

/// Writes the summary. `verbose` says whether notes were shown.
pub fn write(out: &mut dyn Write, run: &Run, tally: &Tally, verbose: bool) -> io::Result<()> {
    if tally.files == 0 {
        let searched = ": there is no .gitlab-ci.yml and no .github/workflows/*.yml here";
        let reason = if tally.problems > 0 { "" } else { searched };
        return writeln!(out, "No CI file was read{reason}.");
    }
    let files = tally.files;
    match (run.write, tally.changed) {
        (true, _) => writeln!(out, "{} of {} changed.", tally.written, many(files, "file"))?,
        (false, 0) => writeln!(out, "{} read, none would change.", many(files, "file"))?,
        (false, changed) => writeln!(out, "{changed} of {} would change.", many(files, "file"))?,
    }
    let jobs = tally.untouched + tally.migrated + tally.left + tally.held + tally.accepted;
    if jobs > 0 {
        let accepted = match tally.accepted {
            0 => String::new(),
            number => format!("{number} accepted, "),
        };
        writeln!(
            out,
            "{}: {} to Podman, {} on Docker, {} for review, {accepted}{} without Docker.",
            many(jobs, "job"),
            tally.migrated,
            tally.left,
            tally.held,
            tally.untouched
        )?;
    }
    if tally.left > 0 {
        writeln!(out, "  on Docker: {}", listed(&tally.reasons))?;
    }
    if tally.held > 0 {
        let reasons = listed(&tally.held_reasons);
        writeln!(out, "  for review: {reasons}; --include-review moves them")?;
    } else if tally.held_fixes > 0 {
        let changes = many(tally.held_fixes, "change");
        writeln!(
            out,
            "{changes} more for review; --include-review makes them."
        )?;
    }
    let mut counts = Vec::new();
    for (number, name) in [(tally.errors, "error"), (tally.warnings, "warning")] {
        if number > 0 {
            counts.push(many(number, name));
        }
    }
    if tally.notes > 0 {
        let hint = if verbose { "" } else { " (-v shows them)" };
        counts.push(format!("{}{hint}", many(tally.notes, "note")));
    }
    if !counts.is_empty() {
        writeln!(out, "{}.", counts.join(", "))?;
    }
    if tally.problems > 0 {
        writeln!(out, "{}, see above.", many(tally.problems, "problem"))?;
    }
    if !run.write && tally.changed > 0 && !reads_input(run) {
        writeln!(out, "Nothing was written; --write does it.")?;
    }
    if tally.written > 0 {
        writeln!(out, "--revert takes this back.")?;
    }
    Ok(())
}

/// Whether a text came by standard input, which nothing can be written to.
fn reads_input(run: &Run) -> bool {
    let mut files = run.trees.iter().flat_map(|tree| &tree.outcome.files);
    files.any(|file| file.source.path() == Path::new(STANDARD_INPUT))
}

pub(super) fn many(number: usize, name: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {name}{plural}")
}

fn listed(reasons: &[(RuleId, usize)]) -> String {
    let mut parts: Vec<String> = reasons
        .iter()
        .take(TOP_REASONS)
        .map(|(rule, number)| format!("{rule} {number}"))
        .collect();
    let rest = reasons.len().saturating_sub(TOP_REASONS);
    if rest > 0 {
        parts.push(format!("{rest} more"));
    }
    parts.join(", ")
}
