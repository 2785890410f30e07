//! What the user accepts: by comments in the files and by the configuration.

pub mod baseline;
pub mod comments;

use std::collections::BTreeSet;

use memchr::memmem::Finder;

use crate::finding::{Accepted, AcceptedBy, Finding, Label, RuleId, Severity};
use crate::nearest::nearest;
use crate::options::{Options, Weight};
use crate::outcome::{FileOutcome, JobOutcome, Outcome};
use crate::rules::Rules;
use crate::text::{FileId, Location, Span};
use comments::{Comment, Ignore, comments};

/// A job stays because a comment or the configuration says so.
pub const IGNORED: RuleId = RuleId("ignored");
/// A comment accepts what is not there.
const UNUSED: RuleId = RuleId("ignore-unused");
/// A comment cannot be understood.
const UNKNOWN: RuleId = RuleId("ignore-unknown");

/// Marks what is accepted, gives each finding the weight that the user wants, and says which comments do nothing.
pub fn accept(outcome: &mut Outcome, options: &Options, rules: &Rules) {
    let word = Finder::new(comments::MARK);
    let speaks = |file: &FileOutcome| word.find(file.source.text().as_bytes()).is_some();
    let wished = !options.weights.is_empty() || !options.excluded.is_empty();
    if !wished && !outcome.files.iter().any(speaks) {
        return;
    }
    let known: Vec<Vec<Known<'_>>> = outcome
        .files
        .iter()
        .map(|file| {
            let comments = comments(file.source.text()).into_iter();
            comments.map(Known::new).collect()
        })
        .collect();
    let files = outcome.files.iter();
    let excluded = files.map(|file| options.excludes(file.source.path()));
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
    let doubtful = outcome.troubles.iter().any(|trouble| trouble.ours);
    let said: Vec<Vec<Finding>> = judge
        .known
        .iter()
        .enumerate()
        .map(|(index, comments)| {
            let file = FileId(index as u32);
            let comments = comments.iter();
            comments
                .filter_map(|known| known.complaint(file, rules, doubtful))
                .collect()
        })
        .collect();
    for ((file, verdicts), said) in outcome.files.iter_mut().zip(accepted).zip(said) {
        for (finding, accepted) in file.findings.iter_mut().zip(verdicts.findings) {
            finding.accepted = accepted;
            weigh(finding, options);
        }
        for (job, accepted) in file.jobs.iter_mut().zip(verdicts.jobs) {
            job.accepted = accepted;
        }
        if !said.is_empty() {
            file.findings.extend(said);
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

/// A comment, and what it was found good for.
struct Known<'a> {
    comment: Comment<'a>,
    used: std::cell::RefCell<BTreeSet<&'static str>>,
}

impl<'a> Known<'a> {
    fn new(comment: Comment<'a>) -> Self {
        Self {
            comment,
            used: Default::default(),
        }
    }

    /// What there is to say of the comment itself. A file whose result failed says nothing of what is not there.
    fn complaint(&self, file: FileId, rules: &Rules, doubtful: bool) -> Option<Finding> {
        let complaint = |rule, message: String, help: &str| Finding {
            rule,
            severity: Severity::Warning,
            at: vec![Label {
                at: Location {
                    file,
                    span: self.comment.at,
                },
                text: String::new(),
            }],
            message,
            help: Some(help.to_owned()),
            fix: None,
            accepted: None,
        };
        let Some(ignore) = &self.comment.ignore else {
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
        let used = self.used.borrow();
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
}

struct Judge<'a> {
    /// The comments of each file.
    known: Vec<Vec<Known<'a>>>,
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
        let bare = |known: &&Known<'_>| {
            let ignore = known.comment.ignore.as_ref();
            ignore.is_some_and(|it| it.rules.is_empty() && it.covers(whole.span.start))
        };
        let comments = self.known.get(file.0 as usize);
        !job.because.is_empty()
            && (comments.into_iter().flatten().any(|known| bare(&known))
                || job
                    .because
                    .iter()
                    .all(|(rule, at)| *rule == IGNORED || self.accepted(*rule, *at).is_some()))
    }

    /// Who accepts what a rule found at a place.
    fn accepted(&self, rule: RuleId, at: Location) -> Option<Accepted> {
        for known in self.known.get(at.file.0 as usize).into_iter().flatten() {
            let fits = |ignore: &&Ignore<'_>| ignore.covers(at.span.start) && ignore.names(rule.0);
            if let Some(ignore) = known.comment.ignore.as_ref().filter(fits) {
                known.used.borrow_mut().insert(rule.0);
                return Some(Accepted {
                    by: AcceptedBy::Comment,
                    why: ignore.why.to_owned(),
                });
            }
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
        let comments = self.known.get(at.file.0 as usize);
        let known = comments.into_iter().flatten();
        for known in known.filter(|known| known.comment.at == at.span) {
            let mut used = known.used.borrow_mut();
            used.insert(IGNORED.0);
            let rules = known.comment.ignore.iter().flat_map(|ignore| &ignore.rules);
            used.extend(
                rules
                    .filter_map(|rule| self.rules.named(rule))
                    .map(|rule| rule.name),
            );
        }
    }
}
