//! `--interactive`: asks for each job that can move, and for jobs that move together as one, before anything is written.
//!
//! Which jobs move together is found out by declining one after the other: whoever then stays, too, belongs to it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, Write};
use std::path::PathBuf;

use crate::discover::{Found, Root};
use crate::finding::{Finding, RuleId, Severity};
use crate::options::Options;
use crate::outcome::{FileOutcome, JobOutcome, Outcome, Verdict};
use crate::parallel;
use crate::report::{Run, Style, diff, explain, harmless, text};
use crate::rules::Rules;

use super::translated;

/// A job by the file that names it, and its name.
type JobKey = (PathBuf, String);

/// Who is asked, and what was said for all that is still to come.
pub(super) struct Dialogue<'a> {
    /// Where answers come from, one a line.
    pub input: &'a mut dyn BufRead,
    /// Where questions go.
    pub out: &'a mut dyn Write,
    /// How text goes there.
    pub style: Style,
    /// The answer to all questions to come.
    pub rest: Option<bool>,
}

enum Answer {
    Yes,
    No,
    All,
    Quit,
    Explain,
    Help,
}

/// What the answers mean.
const HELP: &str = "\
y - move it to Podman
n - leave it on Docker
a - move it and all that is left to ask for
q - stop here: write what was said yes to, leave the rest
e - explain each change and each warning
? - this help
";

impl Dialogue<'_> {
    /// Asks for what can move in a repository, where `all` is what moves if nobody says no; gives the jobs that are to stay.
    ///
    /// # Errors
    /// What went wrong when something was printed or read.
    pub(super) fn declined(
        &mut self,
        found: &Found,
        options: &Options,
        all: &Outcome,
    ) -> io::Result<BTreeSet<JobKey>> {
        let all = movers(all);
        let groups = groups(found, options, &all);
        let mut declined: BTreeSet<JobKey> = all.into_iter().collect();
        let number = groups.len();
        let mut before = self.translated_without(found, options, &declined);
        for (index, group) in groups.into_iter().enumerate() {
            let mut without = declined.clone();
            without.retain(|job| !group.contains(job));
            let with = self.translated_without(found, options, &without);
            let question = Question {
                root: &found.root,
                options,
                before: &before,
                with: &with,
                group: &group,
            };
            let agreed = match self.rest {
                Some(answer) => answer,
                None => {
                    let head = format!("{} of {number}: {}", index + 1, question.title());
                    self.ask(&question, &head)?
                }
            };
            if agreed {
                declined = without;
                before = with;
            }
        }
        Ok(declined)
    }

    fn translated_without(
        &self,
        found: &Found,
        options: &Options,
        declined: &BTreeSet<JobKey>,
    ) -> Outcome {
        let options = Options {
            declined: declined.clone(),
            ..options.clone()
        };
        translated(found, &options)
    }

    /// Shows a group and asks until there is an answer. The end of the input is an answer, too: stop here.
    fn ask(&mut self, question: &Question<'_>, head: &str) -> io::Result<bool> {
        let bold = anstyle::Style::new().bold();
        let (on, off) = match self.style.coloured {
            true => (bold.render().to_string(), bold.render_reset().to_string()),
            false => Default::default(),
        };
        writeln!(self.out, "{on}{}{off}\n", harmless(head))?;
        question.show(self.out, self.style, false)?;
        loop {
            write!(self.out, "{on}Move to Podman? [y,n,a,q,e,?]{off} ")?;
            self.out.flush()?;
            match self.answer()? {
                Some(Answer::Yes) => return Ok(true),
                Some(Answer::No) => return Ok(false),
                Some(Answer::All) => {
                    self.rest = Some(true);
                    return Ok(true);
                }
                Some(Answer::Quit) => {
                    self.rest = Some(false);
                    return Ok(false);
                }
                Some(Answer::Explain) => question.show(self.out, self.style, true)?,
                Some(Answer::Help) | None => write!(self.out, "{HELP}")?,
            }
        }
    }

    /// Reads an answer; nothing if it is none.
    fn answer(&mut self) -> io::Result<Option<Answer>> {
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            writeln!(self.out)?;
            return Ok(Some(Answer::Quit));
        }
        Ok(Some(match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Answer::Yes,
            "n" | "no" => Answer::No,
            "a" | "all" => Answer::All,
            "q" | "quit" => Answer::Quit,
            "e" | "explain" => Answer::Explain,
            "?" | "h" | "help" => Answer::Help,
            _ => return Ok(None),
        }))
    }
}

/// A group of jobs, and the repository before and after they move.
struct Question<'a> {
    root: &'a Root,
    options: &'a Options,
    before: &'a Outcome,
    with: &'a Outcome,
    group: &'a [JobKey],
}

impl Question<'_> {
    fn title(&self) -> String {
        let place = |(path, name): &JobKey| {
            let file = self.with.files.iter().find(|it| it.source.path() == path);
            let line = file.and_then(|file| {
                let job = file.jobs.iter().find(|job| job.name == *name)?;
                Some(file.source.position(job.span.start as usize).line)
            });
            format!("{name} ({}:{})", self.root.shown(path), line.unwrap_or(1))
        };
        let places: Vec<String> = self.group.iter().map(place).collect();
        match places.as_slice() {
            [one] => format!("job {one}"),
            many => format!(
                "{} jobs that share text or images and move together: {}",
                many.len(),
                many.join(", ")
            ),
        }
    }

    /// Writes the diff and the warnings; to `explain`, every note instead, and the pages of the rules that warn.
    fn show(&self, out: &mut dyn Write, style: Style, explain: bool) -> io::Result<()> {
        let mut shown = self.with.clone();
        shown.problems.clear();
        let mut rules: BTreeSet<RuleId> = BTreeSet::new();
        for file in &mut shown.files {
            let path = file.source.path().to_owned();
            let old = self.before.files.iter().find(|it| it.source.path() == path);
            file.findings.retain(|finding| {
                finding.fix.is_some() && !old.is_some_and(|old| has_finding(old, finding))
            });
            let warnings = file
                .findings
                .iter()
                .filter(|it| it.severity > Severity::Note);
            rules.extend(warnings.map(|finding| finding.rule));
            if !explain && let Some(new) = &file.changed {
                let old = old.and_then(|old| old.changed.as_deref());
                let old = old.unwrap_or(file.source.text());
                diff::write_file(out, &path, old, new, style)?;
            }
        }
        writeln!(out)?;
        let mut run = Run::default();
        run.add(self.root.clone(), self.options.clone(), shown, false);
        text::write(out, &run, style, explain)?;
        if explain {
            let embedded = Rules::embedded();
            for rule in rules.iter().filter_map(|rule| embedded.named(rule.0)) {
                explain::page(out, rule)?;
                writeln!(out)?;
            }
            writeln!(out, "dindless --explain RULE tells all about a rule.\n")?;
        }
        Ok(())
    }
}

/// Whether a finding is among those of a file.
fn has_finding(file: &FileOutcome, finding: &Finding) -> bool {
    let same = |other: &Finding| {
        other.rule == finding.rule
            && other.message == finding.message
            && other.fix.is_some()
            && other.at.first().map(|label| label.at) == finding.at.first().map(|label| label.at)
    };
    file.findings.iter().any(same)
}

/// The jobs that move, in the order of the files.
fn movers(outcome: &Outcome) -> Vec<JobKey> {
    let files = outcome.files.iter();
    let jobs = files.flat_map(|file| {
        let moving = |job: &&JobOutcome| job.verdict == Verdict::Migrated;
        let path = file.source.path().to_owned();
        let jobs = file.jobs.iter().filter(moving);
        jobs.map(move |job| (path.clone(), job.name.clone()))
    });
    jobs.collect()
}

/// The jobs in groups, of which each can move without the others.
fn groups(found: &Found, options: &Options, all: &[JobKey]) -> Vec<Vec<JobKey>> {
    let fallen = parallel::map(all.to_vec(), |job| {
        let options = Options {
            declined: [job].into(),
            ..options.clone()
        };
        let still: BTreeSet<JobKey> = movers(&translated(found, &options)).into_iter().collect();
        let fallen = (0..all.len()).filter(|index| !still.contains(&all[*index]));
        fallen.collect::<Vec<usize>>()
    });
    let mut group: Vec<usize> = (0..all.len()).collect();
    for (job, fallen) in fallen.iter().enumerate() {
        for other in fallen {
            let (one, two) = (group[job], group[*other]);
            let (low, high) = (one.min(two), one.max(two));
            group
                .iter_mut()
                .filter(|it| **it == high)
                .for_each(|it| *it = low);
        }
    }
    let mut groups: BTreeMap<usize, Vec<JobKey>> = BTreeMap::new();
    for (job, first) in all.iter().zip(group) {
        groups.entry(first).or_default().push(job.clone());
    }
    groups.into_values().collect()
}
