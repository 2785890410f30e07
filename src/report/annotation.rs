//! A run as a list of remarks: a place, a rule and a sentence, for the formats that know no more than that.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use crate::finding::{Finding, RuleId, Severity};
use crate::outcome::{FileOutcome, JobOutcome, Verdict};
use crate::repository::slashed;
use crate::text::Span;

use super::markup::sentences;
use super::region::Region;
use super::{CAN_MOVE, Run, Tree, harmless};

/// One thing to say about one place.
pub(super) struct Annotation<'a> {
    /// The file as `path_of` has it.
    pub path: String,
    /// Where in it, if that can be said.
    pub region: Option<Region>,
    /// The rule; none if something could not be done.
    pub rule: Option<RuleId>,
    /// How much it matters.
    pub severity: Severity,
    /// What is the matter.
    pub message: Cow<'a, str>,
    /// What to do next.
    pub help: Option<Cow<'a, str>>,
    /// The same in each run as long as what it speaks of is there, whatever is written around it.
    pub fingerprint: String,
}

impl Annotation<'_> {
    /// Message and help in one, without anything that could steer a terminal.
    pub(super) fn text(&self) -> String {
        harmless(&sentences(&self.message, self.help.as_deref())).into_owned()
    }
}

/// All remarks of a run by their files, then what could not be done. Notes only if `verbose`.
pub(super) fn annotations(run: &Run, verbose: bool) -> Vec<Annotation<'_>> {
    let mut annotations = Vec::new();
    for tree in &run.trees {
        for file in &tree.outcome.files {
            let path = path_of(run, tree, file.source.path());
            let mut fingerprints = Fingerprints::of(file, &path);
            for mover in movers(tree, file) {
                annotations.push(Annotation {
                    path: path.clone(),
                    region: Some(mover.region),
                    rule: Some(CAN_MOVE),
                    severity: Severity::Warning,
                    fingerprint: fingerprints.mover(&mover),
                    message: mover.message.into(),
                    help: Some(how_to_move(run).into()),
                });
            }
            let findings = file.findings.iter().filter(|it| it.accepted.is_none());
            for finding in findings.filter(|it| verbose || it.severity > Severity::Note) {
                annotations.push(Annotation {
                    path: path.clone(),
                    region: finding
                        .at
                        .first()
                        .map(|label| Region::shown(&file.source, label.at.span)),
                    rule: Some(finding.rule),
                    severity: finding.severity,
                    message: Cow::Borrowed(&finding.message),
                    help: finding.help.as_deref().map(Cow::Borrowed),
                    fingerprint: fingerprints.finding(finding),
                });
            }
        }
    }
    annotations.extend(problems(run));
    annotations
}

/// What moves with the next `--write`: a job, or a file that changes with the jobs of others.
pub(super) struct Mover<'a> {
    /// Its name; empty for a file.
    pub name: &'a str,
    /// The first line of it.
    pub region: Region,
    /// What is said of it.
    pub message: String,
}

/// Each job of a file that would move, or the file itself if it would change without such a job.
pub(super) fn movers<'a>(tree: &Tree, file: &'a FileOutcome) -> Vec<Mover<'a>> {
    if file.changed.is_none() || tree.written {
        return Vec::new();
    }
    let moving = |job: &&JobOutcome| job.verdict == Verdict::Migrated;
    let any = file.jobs.iter().any(|job| moving(&job));
    let open = file.jobs.iter().filter(moving).filter(|job| !job.accepted);
    let jobs = open.map(|job| Mover {
        name: &job.name,
        region: first_line(file, job.span),
        message: format!("the job `{}` uses Docker and can move to Podman", job.name),
    });
    let mut movers: Vec<Mover<'_>> = jobs.collect();
    if !any {
        movers.push(Mover {
            name: "",
            region: first_line(file, Span::at(0)),
            message: "this file changes with the jobs that can move to Podman".to_owned(),
        });
    }
    movers
}

/// How the changes of a run are made.
pub(super) fn how_to_move(run: &Run) -> &'static str {
    if run.options.include_review {
        "move it with dindless --write --include-review"
    } else {
        "move it with dindless --write"
    }
}

/// What is left of the line after the start of a span.
fn first_line(file: &FileOutcome, span: Span) -> Region {
    let start = span.range().start;
    let rest = file.source.text().get(start..);
    let line = rest.and_then(|rest| rest.split(['\r', '\n']).next());
    let end = start + line.unwrap_or_default().len();
    Region::shown(&file.source, Span::new(start, end))
}

fn problems(run: &Run) -> impl Iterator<Item = Annotation<'_>> {
    let outside = run.problems.iter();
    let outside = outside.map(|problem| (slashed(&problem.path), problem));
    let inside = run.trees.iter().flat_map(|tree| {
        let problems = tree.outcome.problems.iter();
        problems.map(|problem| (path_of(run, tree, &problem.path), problem))
    });
    outside.chain(inside).map(|(path, problem)| Annotation {
        region: problem.at.map(|at| Region {
            line: at.line,
            column: at.column,
            end_line: at.line,
            end_column: at.column,
        }),
        rule: None,
        severity: Severity::Error,
        fingerprint: fingerprint(&[&path, "", &problem.message]),
        path,
        message: Cow::Borrowed(&problem.message),
        help: problem.ours.then_some(Cow::Borrowed(
            "the file is left alone, this is a mistake of dindless: please report it",
        )),
    })
}

/// A file as a server knows it: from the top of its repository; of several repositories, as the user would write it.
pub(super) fn path_of(run: &Run, tree: &Tree, path: &Path) -> String {
    match run.trees.len() {
        1 => slashed(path),
        _ => tree.root.shown(path),
    }
}

/// Names for the findings of a file that stay when lines around them come and go: made of the rule, the job, and the
/// first line of what is marked.
pub(super) struct Fingerprints<'a> {
    file: &'a FileOutcome,
    path: &'a str,
    /// How often the same was said; only with its number is it told apart.
    known: HashMap<String, usize>,
}

impl<'a> Fingerprints<'a> {
    /// Begins with a file. The same in two repositories is told apart by its path.
    pub(super) fn of(file: &'a FileOutcome, path: &'a str) -> Self {
        Self {
            file,
            path,
            known: HashMap::new(),
        }
    }

    /// The name of a finding. Findings are asked for in the order of the file.
    pub(super) fn finding(&mut self, finding: &Finding) -> String {
        let span = finding.at.first().map(|label| label.at.span);
        let text = span.and_then(|span| self.file.source.text().get(span.range()));
        let line = text.and_then(|text| text.trim().lines().next());
        let job = span.and_then(|span| job_at(self.file, span));
        let job = job.and_then(|number| self.file.jobs.get(number));
        let job = job.map_or("", |job| &job.name);
        self.numbered(finding.rule, job, line.unwrap_or_default())
    }

    /// The name of what can move.
    pub(super) fn mover(&mut self, mover: &Mover<'_>) -> String {
        self.numbered(CAN_MOVE, mover.name, "")
    }

    fn numbered(&mut self, rule: RuleId, job: &str, line: &str) -> String {
        let first = fingerprint(&[self.path, rule.0, job, line]);
        let before = self.known.entry(first.clone()).or_default();
        *before += 1;
        match *before {
            1 => first,
            number => fingerprint(&[&first, &number.to_string()]),
        }
    }
}

/// The job that a place lies in, by its number in the file.
pub(super) fn job_at(file: &FileOutcome, span: Span) -> Option<usize> {
    // the jobs of a file stand one after the other
    let after = file
        .jobs
        .partition_point(|job| job.span.start <= span.start);
    let number = after.checked_sub(1)?;
    let job = file.jobs.get(number)?;
    job.span.contains(span).then_some(number)
}

/// 32 hexadecimal digits for some texts, the same on every machine and in every version: FNV-1a of 128 bits.
/// Source: draft-eastlake-fnv.
fn fingerprint(parts: &[&str]) -> String {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash = BASIS;
    for part in parts {
        // no byte of a text is 0xff: it keeps the parts apart
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
        }
    }
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn fingerprints_tell_parts_apart() {
        assert_ne!(fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
        assert_eq!(fingerprint(&["a"]).len(), 32);
    }
}
