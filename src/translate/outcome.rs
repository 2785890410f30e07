//! What became of each file and each job, free of what it was made from.

use std::collections::BTreeMap;

use crate::collections::{HashMap, HashSet};
use crate::finding::{Finding, RuleId, Severity};
use crate::outcome::{FileOutcome, JobOutcome, Outcome, Problem, ProviderRef, Verdict};
use crate::pipeline::Documents;
use crate::plan::{self, State};
use crate::prescan::Outline;
use crate::repository::path_order;
use crate::rules::Rules;
use crate::text::{FileId, Location, Source, Span};

use super::{CiFile, Made, Translated, starts};

/// What became of the files, free of what it was made from.
#[derive(Default)]
pub(super) struct Settled {
    jobs: HashMap<FileId, Vec<JobOutcome>>,
    findings: HashMap<FileId, Vec<Finding>>,
    texts: BTreeMap<FileId, String>,
    pub(super) problem: Option<Problem>,
}

impl Settled {
    pub(super) fn of(made: Made<'_>, documents: &Documents, rules: &Rules) -> Self {
        let mut settled = Self::default();
        match made {
            Made::Done { plan, texts } => {
                for unit in &plan.units {
                    settled
                        .jobs
                        .entry(unit.job.key.file)
                        .or_default()
                        .push(job_outcome(unit, rules));
                }
                for library in &plan.library_jobs {
                    settled
                        .jobs
                        .entry(library.job.key.file)
                        .or_default()
                        .push(library_job(library));
                }
                for finding in plan.findings {
                    if let Some(label) = finding.at.first() {
                        settled
                            .findings
                            .entry(label.at.file)
                            .or_default()
                            .push(finding);
                    }
                }
                settled.texts = texts;
            }
            Made::Failed => {}
            Made::Doubtful(doubt) => settled.problem = Some(doubt.problem(documents)),
        }
        settled
    }
}

fn job_outcome(unit: &plan::Unit<'_>, rules: &Rules) -> JobOutcome {
    let (verdict, held_for_review) = match &unit.state {
        State::Untouched => (Verdict::Untouched, false),
        State::Moves => (Verdict::Migrated, false),
        State::Left(reasons) => (
            Verdict::Left(plan::reasons(reasons)),
            reasons.iter().all(|reason| reason.fix.is_some()),
        ),
    };
    let unread = |rule: &RuleId| rules.named(rule.0).is_some_and(|rule| rule.unread);
    let unknown = matches!(&verdict, Verdict::Left(reasons) if reasons.iter().all(unread));
    let reviewed = match &unit.state {
        State::Moves => unit
            .drafted
            .as_ref()
            .map(|drafted| plan::reasons(&drafted.draft.reviews)),
        State::Untouched | State::Left(_) => None,
    };
    JobOutcome {
        name: unit.job.name.clone(),
        span: unit.job.span,
        verdict,
        held_for_review,
        unknown,
        reviewed: reviewed.unwrap_or_default(),
        because: reasons_of(unit),
        accepted: false,
    }
}

/// The reasons of a job that stays, each with its place.
fn reasons_of(unit: &plan::Unit<'_>) -> Vec<(RuleId, Location)> {
    let State::Left(reasons) = &unit.state else {
        return Vec::new();
    };
    let place = |reason: &Finding| {
        let label = reason.at.first()?;
        Some((reason.rule, label.at))
    };
    reasons.iter().filter_map(place).collect()
}

/// A job that no pipeline has.
fn library_job(library: &plan::LibraryJob<'_>) -> JobOutcome {
    let at = Location {
        file: library.job.key.file,
        span: library.job.span,
    };
    let (verdict, because) = if library.uses_docker {
        let rule = plan::UNREACHABLE;
        (Verdict::Left(vec![rule]), vec![(rule, at)])
    } else {
        (Verdict::Untouched, Vec::new())
    };
    JobOutcome {
        verdict,
        because,
        ..JobOutcome::untouched(&*library.job.name, library.job.span)
    }
}

/// Writes down what became of each file.
pub(super) fn report(translated: Translated, outcome: &mut Outcome) {
    let Translated {
        entries,
        lowered,
        settled,
        project,
    } = translated;
    let provider = entries.provider;
    outcome.problems.extend(lowered.problems);
    let Settled {
        mut jobs,
        mut findings,
        texts: mut changed,
        problem,
    } = settled;
    outcome.problems.extend(problem);
    let documents = lowered.documents.files;
    let documents = documents.into_iter();
    let documents = documents.map(|document| (document.source, Some(provider)));
    let sources = project.into_iter();
    let read: Vec<_> = documents
        .chain(sources.map(|source| (source, None)))
        .collect();
    // Where each file is told of; one of the project may be known already, by a pipeline of the other provider.
    let mut places = Vec::with_capacity(read.len());
    let mut next = outcome.files.len();
    for (source, provider) in &read {
        let same =
            |file: &FileOutcome| file.provider.is_none() && source.path() == file.source.path();
        let known = match provider {
            Some(_) => None,
            None => outcome.files.iter().position(same),
        };
        places.push(FileId(known.unwrap_or(next) as u32));
        next += usize::from(known.is_none());
    }
    let place = |file: FileId| places.get(file.0 as usize).copied().unwrap_or(file);
    for (index, (source, provider)) in read.into_iter().enumerate() {
        let id = FileId(index as u32);
        let mut own = findings.remove(&id).unwrap_or_default();
        own.iter_mut().for_each(|finding| renumber(finding, &place));
        let mut jobs = merged(jobs.remove(&id).unwrap_or_default());
        renumber_jobs(&mut jobs, &place);
        match outcome.files.get_mut(place(id).0 as usize) {
            Some(known) => {
                own.into_iter()
                    .for_each(|finding| add(&mut known.findings, finding));
            }
            None => outcome.files.push(FileOutcome {
                source,
                provider,
                changed: changed.remove(&id),
                jobs,
                findings: own,
            }),
        }
    }
}

/// Says what is not said yet; what is said at less weight is said at the greater one.
fn add(findings: &mut Vec<Finding>, finding: Finding) {
    let same = |known: &&mut Finding| {
        known.rule == finding.rule && known.at == finding.at && known.message == finding.message
    };
    match findings.iter_mut().find(same) {
        Some(known) if known.severity >= finding.severity => {}
        Some(known) => *known = finding,
        None => findings.push(finding),
    }
}

/// A job of a file that several pipelines include is one job: it stays if it stays in one of them.
fn merged(jobs: Vec<JobOutcome>) -> Vec<JobOutcome> {
    let mut merged: BTreeMap<Span, JobOutcome> = BTreeMap::new();
    for job in jobs {
        match merged.get_mut(&job.span) {
            Some(known) => {
                let weight = |job: &JobOutcome| match job.verdict {
                    Verdict::Untouched => 0,
                    Verdict::Migrated => 1,
                    Verdict::Left(_) => 2,
                };
                if weight(&job) > weight(known) {
                    *known = job;
                }
            }
            None => {
                merged.insert(job.span, job);
            }
        }
    }
    merged.into_values().collect()
}

fn renumber(finding: &mut Finding, number: &dyn Fn(FileId) -> FileId) {
    for label in &mut finding.at {
        label.at.file = number(label.at.file);
    }
    for (file, _) in finding.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
        *file = number(*file);
    }
}

fn renumber_jobs(jobs: &mut [JobOutcome], number: &dyn Fn(FileId) -> FileId) {
    for (_, at) in jobs.iter_mut().flat_map(|job| &mut job.because) {
        at.file = number(at.file);
    }
}

/// Files in the order of their paths, findings in the order of their places; what is news only once is said only where it
/// comes first.
pub(super) fn in_order(outcome: &mut Outcome, rules: &Rules) {
    let by_path = |a: &FileOutcome, b: &FileOutcome| path_order(a.source.path(), b.source.path());
    if !outcome.files.is_sorted_by(|a, b| by_path(a, b).is_le()) {
        let mut order: Vec<usize> = (0..outcome.files.len()).collect();
        order.sort_by(|a, b| by_path(&outcome.files[*a], &outcome.files[*b]));
        rearrange(outcome, &order);
    }
    let mut known: HashSet<(Option<ProviderRef>, RuleId)> = HashSet::default();
    for file in &mut outcome.files {
        file.findings
            .sort_by_key(|finding| finding.at.first().map(|label| label.at.span));
        let provider = file.provider;
        file.findings.retain(|finding| {
            let once = rules.named(finding.rule.0).is_some_and(|rule| rule.once);
            !once || known.insert((provider, finding.rule))
        });
    }
}

/// Puts the files into an order, given as the places where they are.
fn rearrange(outcome: &mut Outcome, order: &[usize]) {
    let mut place = vec![FileId(0); order.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = FileId(new as u32);
    }
    let mut files: Vec<Option<FileOutcome>> = std::mem::take(&mut outcome.files)
        .into_iter()
        .map(Some)
        .collect();
    for old in order {
        let Some(mut file) = files[*old].take() else {
            continue;
        };
        for finding in &mut file.findings {
            renumber(finding, &|id| place[id.0 as usize]);
        }
        renumber_jobs(&mut file.jobs, &|id| place[id.0 as usize]);
        outcome.files.push(file);
    }
}

/// Writes down a file in which nothing can have to do with an engine, and that no pipeline includes.
pub(super) fn report_untouched(
    file: &CiFile,
    source: Source,
    outline: Outline,
    outcome: &mut Outcome,
) {
    let first = Location {
        file: FileId(outcome.files.len() as u32),
        span: Span::at(outline.first),
    };
    let is_library = file.provider.has_libraries() && !starts(file);
    let findings = is_library.then(|| plan::unreachable(first, Severity::Note));
    outcome.files.push(FileOutcome {
        source,
        provider: Some(file.provider),
        changed: None,
        jobs: outline.jobs,
        findings: findings.into_iter().collect(),
    });
}
