//! What the user accepts: by comments in the files and by the configuration.

pub(crate) mod baseline;
pub(crate) mod comments;
mod ignores;

use std::cell::RefCell;
use std::collections::BTreeSet;

use memchr::memmem::Finder;

use crate::finding::{Accepted, AcceptedBy, Finding, Label, RuleId, Severity};
use crate::nearest::nearest;
use crate::options::{Options, Weight};
use crate::outcome::{FileOutcome, JobOutcome, Outcome};
use crate::rules::{Rules, ids};
use crate::text::{FileId, Location, Span};
use comments::Comment;
pub(crate) use ignores::Comments;

/// A job stays because a comment or the configuration says so.
pub(crate) const IGNORED: RuleId = RuleId("ignored");
/// A comment accepts what is not there.
const UNUSED: RuleId = ids::IGNORE_UNUSED;
/// A comment cannot be understood.
const UNKNOWN: RuleId = ids::IGNORE_UNKNOWN;

/// Marks what is accepted, gives each finding the weight that the user wants, and says which comments do nothing.
pub(crate) fn accept(outcome: &mut Outcome, options: &Options, rules: &Rules) {
    let word = Finder::new(comments::MARK);
    let speaks = |file: &FileOutcome| word.find(file.source.text().as_bytes()).is_some();
    let wished = !options.weights.is_empty() || !options.excluded.is_empty();
    if !wished && !outcome.files.iter().any(speaks) {
        return;
    }
    let known: Vec<UsedComments<'_>> = outcome
        .files
        .iter()
        .map(|file| {
            let comments = Comments::of(file.source.text());
            UsedComments::new(comments)
        })
        .collect();
    let files = outcome.files.iter();
    let excluded = files.map(|file| options.excluded.fit(file.source.path()));
    let judge = Judge {
        excluded: excluded.collect(),
        known,
        options,
        rules,
    };
    let accepted: Vec<Verdicts> = outcome
        .files
        .iter()
        .enumerate()
        .map(|(index, file)| judge.file(FileId(index as u32), file))
        .collect();
    let doubtful = outcome.problems.iter().any(|problem| problem.ours);
    let added: Vec<Vec<Finding>> = judge
        .known
        .iter()
        .enumerate()
        .map(|(index, known)| {
            let file = FileId(index as u32);
            let comments = known.comments.all.iter().zip(&known.used);
            comments
                .filter_map(|(comment, used)| {
                    complaint(comment, &used.borrow(), file, rules, doubtful)
                })
                .collect()
        })
        .collect();
    for ((file, verdicts), added) in outcome.files.iter_mut().zip(accepted).zip(added) {
        for (finding, accepted) in file.findings.iter_mut().zip(verdicts.findings) {
            finding.accepted = accepted;
            weigh(finding, options);
        }
        for (job, accepted) in file.jobs.iter_mut().zip(verdicts.jobs) {
            job.accepted = accepted;
        }
        if !added.is_empty() {
            file.findings.extend(added);
            file.findings
                .sort_by_key(|finding| finding.at.first().map(|label| label.at.span));
        }
    }
}

/// Gives a finding the weight that the user wants.
fn weigh(finding: &mut Finding, options: &Options) {
    finding.severity = match options.weights.get(finding.rule.0) {
        None | Some(Weight::Off) => return,
        Some(Weight::Note) => Severity::Note,
        Some(Weight::Warning) => Severity::Warning,
        Some(Weight::Error) => Severity::Error,
    };
}

/// What is accepted of a file, in the order of its findings and jobs.
struct Verdicts {
    findings: Vec<Option<Accepted>>,
    jobs: Vec<bool>,
}

/// The comments of a file, and the rules that each was found good for.
struct UsedComments<'a> {
    comments: Comments<'a>,
    used: Vec<RefCell<BTreeSet<&'static str>>>,
}

impl<'a> UsedComments<'a> {
    fn new(comments: Comments<'a>) -> Self {
        let used = comments.all.iter().map(|_| RefCell::default());
        Self {
            used: used.collect(),
            comments,
        }
    }

    /// Remembers that a comment was good for rules.
    fn uses(&self, comment: usize, rules: impl IntoIterator<Item = &'static str>) {
        if let Some(used) = self.used.get(comment) {
            used.borrow_mut().extend(rules);
        }
    }
}

/// What there is to say of the comment itself. A file whose result failed says nothing of what is not there.
fn complaint(
    comment: &Comment<'_>,
    used: &BTreeSet<&'static str>,
    file: FileId,
    rules: &Rules,
    doubtful: bool,
) -> Option<Finding> {
    let complaint = |rule, message: String, help: &str| Finding {
        rule,
        severity: Severity::Warning,
        at: vec![Label {
            at: Location {
                file,
                span: comment.at,
            },
            text: String::new(),
        }],
        message,
        help: Some(help.to_owned()),
        fix: None,
        accepted: None,
    };
    let Some(ignore) = &comment.ignore else {
        return Some(complaint(
            UNKNOWN,
            "this comment speaks to dindless and cannot be understood".to_owned(),
            "write `# dindless: ignore`, `ignore[rule, rule]` or `ignore-file[rule]`, and a reason behind it",
        ));
    };
    let unknown = |rule: &&&str| rules.named(rule).is_none();
    if let Some(rule) = ignore.rules.iter().find(unknown) {
        let names = rules.all_named().map(|rule| rule.name);
        let help = match nearest(rule, names) {
            Some(name) => format!("did you mean `{name}`? dindless --rules lists all rules"),
            None => "dindless --rules lists all rules".to_owned(),
        };
        return Some(complaint(
            UNKNOWN,
            format!("there is no rule `{rule}`"),
            &help,
        ));
    }
    let unused = ignore.rules.iter().copied();
    let unused: Vec<&str> = unused.filter(|rule| !used.contains(rule)).collect();
    let idle = if ignore.rules.is_empty() {
        used.is_empty()
    } else {
        !unused.is_empty()
    };
    if doubtful || !idle {
        return None;
    }
    let message = match unused.as_slice() {
        [] => "this comment accepts nothing: there is nothing to accept here".to_owned(),
        rules => format!(
            "this comment accepts nothing by {}: there is no such finding here",
            rules.join(", ")
        ),
    };
    Some(complaint(UNUSED, message, "take it out"))
}

struct Judge<'a> {
    /// The comments of each file.
    known: Vec<UsedComments<'a>>,
    /// The files that are to be left alone.
    excluded: Vec<bool>,
    options: &'a Options,
    rules: &'a Rules,
}

impl Judge<'_> {
    fn file(&self, id: FileId, file: &FileOutcome) -> Verdicts {
        let findings = file.findings.iter().map(|finding| {
            let at = finding.at.first().map_or(
                Location {
                    file: id,
                    span: Span::at(0),
                },
                |label| label.at,
            );
            match finding.rule == IGNORED {
                true => {
                    self.use_comment(at);
                    None
                }
                false => self.accepted(finding.rule, at),
            }
        });
        let findings = findings.collect();
        let jobs = file.jobs.iter().map(|job| self.job(id, job)).collect();
        Verdicts { findings, jobs }
    }

    /// A job that stays may stay if that was said of the job, or of all its reasons.
    fn job(&self, file: FileId, job: &JobOutcome) -> bool {
        let whole = Location {
            file,
            span: Span::at(job.span.start as usize),
        };
        let known = self.known.get(file.0 as usize);
        let bare = known.and_then(|known| known.comments.about_all(whole.span.start));
        !job.because.is_empty()
            && (bare.is_some()
                || job
                    .because
                    .iter()
                    .all(|(rule, at)| *rule == IGNORED || self.accepted(*rule, *at).is_some()))
    }

    /// Who accepts what a rule found at a place.
    fn accepted(&self, rule: RuleId, at: Location) -> Option<Accepted> {
        if let Some(known) = self.known.get(at.file.0 as usize)
            && let Some(index) = known.comments.about(rule.0, at.span.start)
        {
            known.uses(index, [rule.0]);
            let ignore = known.comments.all[index].ignore.as_ref();
            return Some(Accepted {
                by: AcceptedBy::Comment,
                why: ignore.map_or("", |ignore| ignore.why).to_owned(),
            });
        }
        let off = self.options.weights.get(rule.0) == Some(&Weight::Off);
        let excluded = || self.excluded.get(at.file.0 as usize) == Some(&true);
        (off || excluded()).then(|| Accepted {
            by: AcceptedBy::Configuration,
            why: String::new(),
        })
    }

    /// A job stays because of a comment: the comment does something.
    fn use_comment(&self, at: Location) {
        let Some(known) = self.known.get(at.file.0 as usize) else {
            return;
        };
        for index in known.comments.standing_at(at.span) {
            let ignore = known.comments.all[index].ignore.iter();
            let rules = ignore.flat_map(|ignore| &ignore.rules);
            let rules = rules.filter_map(|rule| self.rules.named(rule));
            known.uses(index, rules.map(|rule| rule.name).chain([IGNORED.0]));
        }
    }
}
