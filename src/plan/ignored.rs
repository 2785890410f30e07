//! Jobs that stay because the user says so: by a comment at what would change, by a rule that is turned off, or by name.

use crate::accept::comments::{Comment, Ignore};
use crate::accept::{Comments, IGNORED};
use crate::finding::{Finding, Severity};
use crate::options::{Options, Weight};
use crate::pipeline::{Documents, Job};
use crate::rewrite;
use crate::rewrite::Drafted;
use crate::rules::ids;
use crate::text::{FileId, Location, Span};

use super::{Plan, State, Unit};

/// Leaves the jobs where they are that the user wants to keep.
pub(super) fn hold(plan: &mut Plan<'_>, documents: &Documents, options: &Options) {
    let wishes = Wishes::of(documents, options);
    if wishes.is_empty() {
        return;
    }
    for unit in 0..plan.units.len() {
        if let Some(reason) = wishes.reason(documents, &plan.units[unit]) {
            plan.leave(unit, reason);
        }
    }
}

/// What stands in a file that is to be left alone, as it were.
const WHOLE_FILE: Comment<'static> = Comment {
    at: Span { start: 0, end: 0 },
    ignore: Some(Ignore {
        covers: None,
        rules: Vec::new(),
        why: "",
    }),
};

struct Wishes<'a> {
    /// The comments of each document.
    comments: Vec<Comments<'a>>,
    options: &'a Options,
}

impl<'a> Wishes<'a> {
    fn of(documents: &'a Documents, options: &'a Options) -> Self {
        let files = documents.files.iter();
        let comments = files.map(
            |document| match options.excluded.fit(document.source.path()) {
                true => Comments::new(vec![WHOLE_FILE]),
                false => Comments::of(document.source.text()),
            },
        );
        Self {
            comments: comments.collect(),
            options,
        }
    }

    fn is_empty(&self) -> bool {
        self.comments.iter().all(|comments| comments.all.is_empty())
            && self.options.declined.is_empty()
            && !self.options.weights.values().any(|it| *it == Weight::Off)
    }

    /// Why a job that could move stays.
    fn reason(&self, documents: &Documents, unit: &Unit<'_>) -> Option<Finding> {
        let drafted = unit.drafted.as_ref()?;
        let held = |reasons: &Vec<Finding>| reasons.iter().all(|reason| reason.fix.is_some());
        let reviewed = match &unit.state {
            State::Untouched => return None,
            State::Moves => true,
            State::Left(reasons) if held(reasons) => false,
            State::Left(_) => return None,
        };
        self.declined(documents, unit.job)
            .or_else(|| self.ignored(documents, unit.job, drafted, reviewed))
    }

    fn declined(&self, documents: &Documents, job: &Job) -> Option<Finding> {
        if self.options.declined.is_empty() {
            return None;
        }
        let path = documents.file(job.key.file).source.path();
        let job_key = (path.to_owned(), job.name.clone());
        self.options.declined.get(&job_key)?;
        let at = documents.location(job.key);
        let message = format!("the answer was no: the job {} stays on Docker", job.name);
        Some(rewrite::finding(ids::DECLINED, Severity::Note, at, message))
    }

    /// The first wish that speaks of the job as a whole, of something that would change in it, or, where a person looked
    /// already (`reviewed`), of what there was to look at.
    fn ignored(
        &self,
        documents: &Documents,
        job: &Job,
        drafted: &Drafted,
        reviewed: bool,
    ) -> Option<Finding> {
        let draft = &drafted.draft;
        let mut changed: Vec<usize> = draft.changes.iter().map(|it| it.finding).collect();
        changed.extend(draft.variables.iter().map(|it| it.finding));
        changed.extend(draft.removals.iter().map(|it| it.finding));
        changed.sort_unstable();
        changed.dedup();
        let changes = changed
            .iter()
            .filter_map(|index| draft.findings.get(*index));
        let reviews = draft.reviews.iter().filter(|_| reviewed);
        let findings: Vec<&Finding> = changes.chain(reviews).collect();
        let key = documents.location(job.key);
        if let Some(comment) = self.comment(key, None) {
            return Some(kept(job, key.file, comment));
        }
        for finding in findings {
            let Some(at) = finding.at.first().map(|label| label.at) else {
                continue;
            };
            let rule = finding.rule.0;
            if let Some(comment) = self.comment(at, Some(rule)) {
                return Some(kept(job, at.file, comment));
            }
            if self.options.weights.get(rule) == Some(&Weight::Off) {
                let message = format!(
                    "the configuration turns {rule} off: the job {} stays on Docker",
                    job.name
                );
                return Some(rewrite::finding(IGNORED, Severity::Note, at, message));
            }
        }
        None
    }

    /// The comment that speaks of what a rule found at a place, or of all that is there.
    fn comment(&self, at: Location, rule: Option<&str>) -> Option<&Comment<'a>> {
        let comments = self.comments.get(at.file.0 as usize)?;
        let index = match rule {
            Some(rule) => comments.about(rule, at.span.start),
            None => comments.about_all(at.span.start),
        };
        comments.all.get(index?)
    }
}

/// That a comment keeps a job on Docker.
fn kept(job: &Job, file: FileId, comment: &Comment<'_>) -> Finding {
    let at = Location {
        file,
        span: comment.at,
    };
    let message = if comment.at.is_empty() {
        format!(
            "the configuration leaves this file alone: the job {} stays on Docker",
            job.name
        )
    } else {
        format!("this keeps the job {} on Docker", job.name)
    };
    rewrite::finding(IGNORED, Severity::Note, at, message)
}
