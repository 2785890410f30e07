//! A repository's CI files in, what becomes of them out: parse, lower, plan, pass, apply, prove.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use crate::accept;
use crate::ahead::{self, Looked, Quiet};
use crate::collections::{HashMap, HashSet};
use crate::compat;
use crate::finding::{Finding, RuleId, Severity};
use crate::options::Options;
use crate::outcome::{FileOutcome, JobOutcome, Outcome, Provider, Trouble, Verdict};
use crate::parallel;
use crate::passes::Scripts;
use crate::pipeline::{Document, Documents};
use crate::plan::{self, Plan, State};
use crate::project::ProjectFiles;
use crate::prove;
use crate::providers::{Entry, Lowered, github, gitlab};
use crate::repository::{Files, Parsed, ReadError, path_order};
use crate::rules::Rules;
use crate::text::{FileId, Location, Source, Span, apply_edits};
use crate::yaml::{self, Change};

/// A file that CI runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiFile {
    /// Relative to the root.
    pub path: PathBuf,
    /// Who runs it.
    pub provider: Provider,
    /// Whether the user named this very file.
    pub named: bool,
    /// Whether the configuration says that CI runs it.
    pub configured: bool,
}

/// Translates `given` and what these files include, as far as `files` can reach it.
pub fn translate(files: &dyn Files, given: &[CiFile], options: &Options) -> Outcome {
    translate_looked(files, given, Vec::new(), options)
}

/// As [`translate`], where some of the given files were read and looked at before: those that have something in their place
/// in `looked`.
pub fn translate_looked(
    files: &dyn Files,
    given: &[CiFile],
    looked: Vec<Option<Box<Looked>>>,
    options: &Options,
) -> Outcome {
    let places: Vec<_> = given
        .iter()
        .map(|file| (file.path.as_path(), file.provider))
        .collect();
    let (ahead, mut quiet) = ahead::read(files, &places, looked, Rules::embedded());
    let mut entries: Vec<(&CiFile, bool)> = given.iter().map(|file| (file, false)).collect();
    for one in &quiet {
        entries[one.given].1 = true;
    }
    let mut translated = all_providers(&ahead, &entries, options);
    for one in &translated {
        quiet.retain(|quiet| !one.lowered.quiet.included.contains(quiet.source.path()));
    }
    let mut outcome = Outcome::default();
    if reads_one(&translated, &quiet) {
        // a file that told everything by itself is part of a pipeline, by another name
        entries.iter_mut().for_each(|(_, quiet)| *quiet = false);
        translated = all_providers(files, &entries, options);
    } else {
        let children = |path: &Path| {
            let mut all = translated.iter();
            all.any(|one| one.lowered.quiet.children.contains(path))
        };
        report_quiet(given, quiet, &children, &mut outcome);
    }
    for one in translated {
        report(one, &mut outcome);
    }
    if given.iter().all(|file| !file.named) {
        // a whole repository is asked for, not a file of it
        let first = outcome.files.len();
        let others = compat::other_servers(files, Rules::embedded(), first);
        outcome.files.extend(others);
    }
    in_order(&mut outcome);
    accept::accept(&mut outcome, options, Rules::embedded());
    outcome
}

/// Translates the files of each provider; a file comes with whether a first look told everything of it.
fn all_providers(
    files: &dyn Files,
    given: &[(&CiFile, bool)],
    options: &Options,
) -> Vec<Translated> {
    let of = |provider: Provider| {
        let files = given.iter().filter(|(file, _)| file.provider == provider);
        if files.clone().all(|(_, quiet)| *quiet) {
            return None;
        }
        let entries = files.map(|(file, quiet)| Entry {
            path: file.path.clone(),
            starts: starts(file),
            quiet: *quiet,
        });
        let entries = entries.collect();
        Some(Entries { provider, entries })
    };
    let providers = [Provider::GitLab, Provider::GitHub];
    let providers = providers.into_iter().filter_map(of).collect();
    parallel::map(providers, |entries| one_provider(files, &entries, options))
}

/// As [`translate`], with every file read in full: what the first look is held against.
#[cfg(test)]
pub(crate) fn in_full(files: &dyn Files, given: &[CiFile], options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    let entries: Vec<_> = given.iter().map(|file| (file, false)).collect();
    for one in all_providers(files, &entries, options) {
        report(one, &mut outcome);
    }
    in_order(&mut outcome);
    accept::accept(&mut outcome, options, Rules::embedded());
    outcome
}

/// Whether a pipeline starts from a file.
fn starts(file: &CiFile) -> bool {
    file.named || file.configured || is_main_file(&file.path)
}

/// Writes down the files of which a first look told everything.
fn report_quiet(
    given: &[CiFile],
    quiet: Vec<Quiet>,
    is_child: &dyn Fn(&Path) -> bool,
    outcome: &mut Outcome,
) {
    for Quiet {
        given: index,
        source,
        glance,
    } in quiet
    {
        let Some(file) = given.get(index) else {
            continue;
        };
        let aside = file.provider == Provider::GitLab && !starts(file) && !is_child(source.path());
        let first = Location {
            file: FileId(outcome.files.len() as u32),
            span: Span::at(glance.first),
        };
        outcome.files.push(FileOutcome {
            source,
            provider: Some(file.provider),
            changed: None,
            jobs: glance.jobs,
            findings: aside
                .then(|| plan::unreachable(first, Severity::Note))
                .into_iter()
                .collect(),
        });
    }
}

/// GitLab starts with the file of this name at the root.
fn is_main_file(path: &Path) -> bool {
    path == Path::new(".gitlab-ci.yml") || path == Path::new(".gitlab-ci.yaml")
}

/// The files of one provider from which its pipelines start.
struct Entries {
    provider: Provider,
    entries: Vec<Entry>,
}

impl Entries {
    fn lower(&self, files: &dyn Files, rules: &Rules) -> Lowered {
        match self.provider {
            Provider::GitLab => gitlab::lower(files, &self.entries),
            Provider::GitHub => github::lower(files, &self.entries, rules),
        }
    }
}

/// What one provider's files come to.
struct Translated {
    provider: Provider,
    lowered: Lowered,
    settled: Settled,
    /// The other files of the project that were read.
    project: Vec<Source>,
}

/// Whether one of the files of which a look told everything was read all the same.
fn reads_one(translated: &[Translated], quiet: &[Quiet]) -> bool {
    if translated.is_empty() || quiet.is_empty() {
        return false;
    }
    let quiet: HashSet<&Path> = quiet.iter().map(|one| one.source.path()).collect();
    translated.iter().any(|one| {
        let mut documents = one.lowered.documents.files.iter();
        documents.any(|document| quiet.contains(document.source.path()))
    })
}

fn one_provider(files: &dyn Files, entries: &Entries, options: &Options) -> Translated {
    let rules = Rules::embedded();
    let lowered = entries.lower(files, rules);
    let mut failure = None;
    let scripts = Scripts::default();
    let project = ProjectFiles::behind(lowered.documents.files.len());
    let mut made = make(files, &lowered, rules, options, &scripts, Some(&project));
    if let Made::Done { texts, .. } = &made
        && !texts.is_empty()
        && let Err(doubt) = check(files, entries, &lowered, &made, rules, options, &scripts)
    {
        let odd = texts.keys().find_map(|file| odd(&lowered.documents, *file));
        failure = Some(odd.unwrap_or_else(|| doubt.trouble(&lowered.documents)));
        made = Made::Failed;
    }
    if let Made::Done { plan, .. } = &mut made {
        let (documents, pipelines) = (&lowered.documents, &lowered.pipelines);
        plan.look_aside(documents, &lowered.beside, rules, options, files, &scripts);
        plan.say(documents, pipelines, rules, options, files, &scripts);
    }
    let mut settled = Settled::of(made, &lowered.documents);
    settled.trouble = settled.trouble.or(failure);
    Translated {
        provider: entries.provider,
        lowered,
        settled,
        project: project.into_sources(),
    }
}

/// What a plan comes to.
enum Made<'a> {
    Done {
        plan: Plan<'a>,
        texts: BTreeMap<FileId, String>,
    },
    Failed,
    Doubtful(Doubt),
}

/// A result that must not be shown as a change.
struct Doubt {
    file: FileId,
    at: Option<Span>,
    why: String,
}

impl Doubt {
    fn trouble(&self, documents: &Documents) -> Trouble {
        let source = &documents.file(self.file).source;
        Trouble {
            path: source.path().to_owned(),
            at: self.at.map(|span| source.position(span.start as usize)),
            message: format!(
                "the result failed its proof and nothing of it was used: {}",
                self.why
            ),
            ours: true,
        }
    }
}

fn make<'a>(
    files: &'a dyn Files,
    lowered: &'a Lowered,
    rules: &'a Rules,
    options: &'a Options,
    scripts: &Scripts,
    project: Option<&ProjectFiles>,
) -> Made<'a> {
    let documents = &lowered.documents;
    let plan = plan::plan(
        documents,
        &lowered.pipelines,
        rules,
        options,
        files,
        scripts,
        project,
    );
    let mut texts = BTreeMap::new();
    for (file, changes) in &plan.changes {
        let document = documents.file(*file);
        let text = document.source.text();
        let applied = yaml::edits(&document.tree, text, changes)
            .map_err(|refusal| (Some(refusal.at), refusal.why))
            .and_then(|edits| apply_edits(text, edits).map_err(|error| (None, error.to_string())));
        match applied.map(|new| ends_like(document, changes, new)) {
            Ok(new) if new != text => {
                texts.insert(*file, new);
            }
            Ok(_) => {}
            Err((at, why)) => {
                return Made::Doubtful(Doubt {
                    file: *file,
                    at,
                    why,
                });
            }
        }
    }
    Made::Done { plan, texts }
}

/// A file that ended without a newline still does, unless the text that is its last one now had a line end before: what
/// stood behind it is gone.
fn ends_like(document: &Document, changes: &[Change], new: String) -> String {
    if document.source.text().ends_with(['\n', '\r']) || !new.ends_with('\n') {
        return new;
    }
    let bare = new.strip_suffix('\n').unwrap_or(&new);
    let bare = bare.strip_suffix('\r').unwrap_or(bare);
    match prove::values(&document.tree, changes, bare) {
        Ok(()) => bare.to_owned(),
        Err(_) => new,
    }
}

/// The repository as it would be after the run.
struct After<'a> {
    files: &'a dyn Files,
    texts: HashMap<PathBuf, &'a str>,
    /// What was read before, by its path: a file that stays as it is need not be parsed again.
    before: HashMap<&'a Path, &'a Document>,
}

impl Files for After<'_> {
    fn read(&self, path: &Path) -> Result<Source, ReadError> {
        if let Some(text) = self.texts.get(path) {
            return Ok(Source::new(path, (*text).to_owned()));
        }
        let source = self.files.read(path)?;
        match self.texts.get(source.path()) {
            Some(text) => Ok(Source::new(source.path(), (*text).to_owned())),
            None => Ok(source),
        }
    }

    fn parsed(&self, path: &Path) -> Result<Parsed, ReadError> {
        match self.before.get(path) {
            Some(document) if !self.texts.contains_key(path) => Ok(Parsed {
                source: document.source.clone(),
                tree: Ok(document.tree.clone()),
            }),
            _ => self.read(path).map(Parsed::new),
        }
    }

    fn exists(&self, path: &Path) -> bool {
        self.files.exists(path)
    }

    fn glob(&self, pattern: &str) -> Vec<PathBuf> {
        self.files.glob(pattern)
    }
}

/// Proves a result: a second reader finds the intended values and no others, a second run proposes nothing, and what stays is what it was.
fn check(
    files: &dyn Files,
    entries: &Entries,
    before: &Lowered,
    made: &Made<'_>,
    rules: &Rules,
    options: &Options,
    scripts: &Scripts,
) -> Result<(), Doubt> {
    let Made::Done { plan, texts } = made else {
        return Ok(());
    };
    let (documents, changes) = (&before.documents, &plan.changes);
    let second_reader = || values(documents, changes, texts);
    let second_run = || again(files, entries, before, plan, texts, rules, options, scripts);
    // The two know nothing of each other, and each takes about as long.
    thread::scope(
        |scope| match thread::Builder::new().spawn_scoped(scope, second_reader) {
            Ok(reader) => {
                let run = second_run();
                let read = reader.join().unwrap_or_else(|panic| resume_unwind(panic));
                read.and(run)
            }
            Err(_) => second_reader().and_then(|()| second_run()),
        },
    )
}

/// What is wrong with a file that the second reader does not read like ours even before anything changes: no result of such a
/// file can be proved, and that is no mistake of ours.
fn odd(documents: &Documents, file: FileId) -> Option<Trouble> {
    let document = documents.file(file);
    let why = prove::values(&document.tree, &[], document.source.text()).err()?;
    Some(Trouble {
        path: document.source.path().to_owned(),
        at: None,
        message: format!(
            "two YAML readers do not agree on what it says, so nothing of it was used ({why}); write that more plainly and run again"
        ),
        ours: false,
    })
}

/// Whether a second reader finds the intended values and no others.
fn values(
    documents: &Documents,
    changes: &HashMap<FileId, Vec<Change>>,
    texts: &BTreeMap<FileId, String>,
) -> Result<(), Doubt> {
    for (file, text) in texts {
        let changes = changes.get(file).map(Vec::as_slice).unwrap_or_default();
        prove::values(&documents.file(*file).tree, changes, text).map_err(|why| Doubt {
            file: *file,
            at: None,
            why,
        })?;
    }
    Ok(())
}

/// Whether a second run proposes nothing, and what stays is what it was.
#[expect(clippy::too_many_arguments)]
fn again(
    files: &dyn Files,
    entries: &Entries,
    before: &Lowered,
    plan: &Plan<'_>,
    texts: &BTreeMap<FileId, String>,
    rules: &Rules,
    options: &Options,
    scripts: &Scripts,
) -> Result<(), Doubt> {
    let after_files = After {
        files,
        texts: texts
            .iter()
            .map(|(file, text)| {
                (
                    before.documents.file(*file).source.path().to_owned(),
                    text.as_str(),
                )
            })
            .collect(),
        before: before
            .documents
            .files
            .iter()
            .filter(|document| document.stands_for.is_none())
            .map(|document| (document.source.path(), document))
            .collect(),
    };
    let after = entries.lower(&after_files, rules);
    let first = texts.keys().next().copied().unwrap_or(FileId(0));
    prove::jobs(plan, before, &after).map_err(|why| Doubt {
        file: first,
        at: None,
        why,
    })?;
    match make(&after_files, &after, rules, options, scripts, None) {
        Made::Done { texts, .. } if texts.is_empty() => Ok(()),
        Made::Done { texts, .. } => {
            let (file, text) = texts.into_iter().next().unwrap_or((first, String::new()));
            let old = after.documents.file(file).source.text();
            let line = old
                .lines()
                .zip(text.lines())
                .position(|(old, new)| old != new)
                .unwrap_or_default();
            let why = format!(
                "a second run would change it again, at line {} of the result",
                line + 1
            );
            Err(Doubt {
                file: first,
                at: None,
                why,
            })
        }
        Made::Doubtful(doubt) => Err(Doubt {
            file: first,
            at: None,
            why: doubt.why,
        }),
        Made::Failed => Ok(()),
    }
}

/// What became of the files, free of what it was made from.
#[derive(Default)]
struct Settled {
    jobs: HashMap<FileId, Vec<JobOutcome>>,
    findings: HashMap<FileId, Vec<Finding>>,
    texts: BTreeMap<FileId, String>,
    trouble: Option<Trouble>,
}

impl Settled {
    fn of(made: Made<'_>, documents: &Documents) -> Self {
        let mut settled = Self::default();
        match made {
            Made::Done { plan, texts } => {
                for unit in &plan.units {
                    settled
                        .jobs
                        .entry(unit.job.key.file)
                        .or_default()
                        .push(job_outcome(unit));
                }
                for aside in &plan.aside {
                    settled
                        .jobs
                        .entry(aside.job.key.file)
                        .or_default()
                        .push(left_aside(aside));
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
            Made::Doubtful(doubt) => settled.trouble = Some(doubt.trouble(documents)),
        }
        settled
    }
}

fn job_outcome(unit: &plan::Unit<'_>) -> JobOutcome {
    let (verdict, held_for_review) = match &unit.state {
        State::Untouched => (Verdict::Untouched, false),
        State::Moves => (Verdict::Migrated, false),
        State::Left(reasons) => (
            Verdict::Left(plan::reasons(reasons)),
            reasons.iter().all(|reason| reason.fix.is_some()),
        ),
    };
    JobOutcome {
        name: unit.job.name.clone(),
        span: unit.job.span,
        verdict,
        held_for_review,
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
fn left_aside(aside: &plan::Aside<'_>) -> JobOutcome {
    let at = Location {
        file: aside.job.key.file,
        span: aside.job.span,
    };
    let (verdict, because) = if aside.uses_docker {
        let rule = RuleId(plan::UNREACHABLE);
        (Verdict::Left(vec![rule]), vec![(rule, at)])
    } else {
        (Verdict::Untouched, Vec::new())
    };
    JobOutcome {
        name: aside.job.name.clone(),
        span: aside.job.span,
        verdict,
        held_for_review: false,
        because,
        accepted: false,
    }
}

/// Writes down what became of each file.
fn report(translated: Translated, outcome: &mut Outcome) {
    let Translated {
        provider,
        lowered,
        settled,
        project,
    } = translated;
    outcome.troubles.extend(lowered.troubles);
    let Settled {
        mut jobs,
        mut findings,
        texts: mut changed,
        trouble,
    } = settled;
    outcome.troubles.extend(trouble);
    let documents = lowered.documents.files;
    let documents = documents.into_iter().map(|document| {
        let real = document.stands_for.is_none();
        (real.then_some(document.source), Some(provider))
    });
    let sources = project.into_iter();
    let read: Vec<_> = documents
        .chain(sources.map(|source| (Some(source), None)))
        .collect();
    // Where each file is told of; one of the project may be known already, by a pipeline of the other provider.
    let mut places = Vec::with_capacity(read.len());
    let mut next = outcome.files.len();
    for (source, provider) in &read {
        let same = |file: &FileOutcome| {
            file.provider.is_none()
                && source
                    .as_ref()
                    .is_some_and(|source| source.path() == file.source.path())
        };
        let known = match provider {
            Some(_) => None,
            None => outcome.files.iter().position(same),
        };
        places.push(FileId(known.unwrap_or(next) as u32));
        next += usize::from(known.is_none() && source.is_some());
    }
    let place = |file: FileId| places.get(file.0 as usize).copied().unwrap_or(file);
    for (index, (source, provider)) in read.into_iter().enumerate() {
        let id = FileId(index as u32);
        let Some(source) = source else { continue };
        let mut own = findings.remove(&id).unwrap_or_default();
        own.iter_mut().for_each(|finding| renumber(finding, &place));
        let mut jobs = merged(jobs.remove(&id).unwrap_or_default());
        renumber_jobs(&mut jobs, &place);
        match outcome.files.get_mut(place(id).0 as usize) {
            Some(known) => {
                own.retain(|finding| !known.findings.contains(finding));
                known.findings.extend(own);
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

/// Files in the order of their paths, findings in the order of their places.
fn in_order(outcome: &mut Outcome) {
    let by_path = |a: &FileOutcome, b: &FileOutcome| path_order(a.source.path(), b.source.path());
    if !outcome.files.is_sorted_by(|a, b| by_path(a, b).is_le()) {
        let mut order: Vec<usize> = (0..outcome.files.len()).collect();
        order.sort_by(|a, b| by_path(&outcome.files[*a], &outcome.files[*b]));
        rearrange(outcome, &order);
    }
    for file in &mut outcome.files {
        file.findings
            .sort_by_key(|finding| finding.at.first().map(|label| label.at.span));
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
