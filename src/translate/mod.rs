//! A repository's CI files in, what becomes of them out: parse, lower, plan, pass, apply, prove.

mod outcome;
mod proof;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::accept;
use crate::ahead::{self, Looked, Quiet};
use crate::collections::HashSet;
use crate::compat;
use crate::options::Options;
use crate::outcome::{Outcome, Provider};
use crate::parallel;
use crate::passes::Scripts;
use crate::pipeline::Document;
use crate::plan::{self, Plan};
use crate::project::ProjectFiles;
use crate::prove;
use crate::providers::{Entry, Lowered, github, gitlab};
use crate::repository::Files;
use crate::rules::Rules;
use crate::text::{FileId, Source, apply_edits};
use crate::yaml::{self, Change};

use outcome::{Settled, in_order, report, report_quiet};
use proof::Doubt;

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
    let mut translated = all_parts(&ahead, &entries, options);
    let read: HashSet<&Path> = translated.iter().flat_map(Translated::entries).collect();
    quiet.retain(|quiet| !read.contains(quiet.source.path()));
    let mut outcome = Outcome::default();
    if reads_one(&translated, &quiet) {
        // a file that told everything by itself is part of a pipeline, by another name
        entries.iter_mut().for_each(|(_, quiet)| *quiet = false);
        translated = all_parts(files, &entries, options);
    } else {
        let children = translated
            .iter()
            .flat_map(|one| &one.lowered.quiet.children);
        let children: HashSet<&Path> = children.map(PathBuf::as_path).collect();
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
    in_order(&mut outcome, Rules::embedded());
    accept::accept(&mut outcome, options, Rules::embedded());
    outcome
}

/// Translates all files, those side by side that have nothing to do with each other. A file comes with whether a first look told
/// everything of it.
fn all_parts(files: &dyn Files, given: &[(&CiFile, bool)], options: &Options) -> Vec<Translated> {
    let of = |provider: Provider| {
        let files = given.iter().filter(|(file, _)| file.provider == provider);
        let entries = files.clone().map(|(file, quiet)| Entry {
            path: file.path.clone(),
            starts: starts(file),
            quiet: *quiet,
        });
        let all_quiet = files.clone().all(|(_, quiet)| *quiet);
        (!all_quiet).then(|| entries.collect::<Vec<Entry>>())
    };
    let part = |provider: Provider| move |entries: Vec<Entry>| Entries { provider, entries };
    let gitlab = of(Provider::GitLab).into_iter();
    let github = of(Provider::GitHub).map(|entries| github::groups(files, entries));
    let parts = gitlab.map(part(Provider::GitLab));
    let parts = parts.chain(github.into_iter().flatten().map(part(Provider::GitHub)));
    parallel::map(parts.collect(), |part| one_part(files, part, options))
}

/// As [`translate`], with every file read in full: what the first look is held against.
#[cfg(test)]
pub(crate) fn in_full(files: &dyn Files, given: &[CiFile], options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    let entries: Vec<_> = given.iter().map(|file| (file, false)).collect();
    for one in all_parts(files, &entries, options) {
        report(one, &mut outcome);
    }
    in_order(&mut outcome, Rules::embedded());
    accept::accept(&mut outcome, options, Rules::embedded());
    outcome
}

/// Whether a pipeline starts from a file.
fn starts(file: &CiFile) -> bool {
    file.named || file.configured || is_main_file(&file.path)
}

/// GitLab starts with the file of this name at the root.
fn is_main_file(path: &Path) -> bool {
    path == Path::new(".gitlab-ci.yml") || path == Path::new(".gitlab-ci.yaml")
}

/// Files of one provider from which pipelines start that may have to do with each other.
struct Entries {
    provider: Provider,
    entries: Vec<Entry>,
}

impl Entries {
    /// Lowers them, with the pipelines beside them where these are known already.
    fn lower(&self, files: &dyn Files, rules: &Rules, others: Option<&[PathBuf]>) -> Lowered {
        match self.provider {
            Provider::GitLab => gitlab::lower(files, &self.entries, others),
            Provider::GitHub => github::lower(files, &self.entries, rules),
        }
    }
}

/// What such files come to.
struct Translated {
    entries: Entries,
    lowered: Lowered,
    settled: Settled,
    /// The other files of the project that were read.
    project: Vec<Source>,
}

impl Translated {
    /// The paths of the entries that were read.
    fn entries(&self) -> impl Iterator<Item = &Path> {
        let entries = self.entries.entries.iter();
        let entries = entries.filter(|entry| !entry.quiet);
        let included = &self.lowered.quiet.included;
        entries
            .map(|entry| &entry.path)
            .chain(included)
            .map(PathBuf::as_path)
    }
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

fn one_part(files: &dyn Files, entries: Entries, options: &Options) -> Translated {
    let rules = Rules::embedded();
    let lowered = entries.lower(files, rules, None);
    let mut failure = None;
    let scripts = Scripts::default();
    let project = ProjectFiles::behind(lowered.documents.files.len());
    let mut made = make(files, &lowered, rules, options, &scripts, Some(&project));
    if let Made::Done { texts, .. } = &made
        && !texts.is_empty()
        && let Err(doubt) = proof::check(files, &entries, &lowered, &made, rules, options, &scripts)
    {
        let odd = texts
            .keys()
            .find_map(|file| proof::odd(&lowered.documents, *file));
        failure = Some(odd.unwrap_or_else(|| doubt.trouble(&lowered.documents)));
        made = Made::Failed;
    }
    if let Made::Done { plan, .. } = &mut made {
        let (documents, pipelines) = (&lowered.documents, &lowered.pipelines);
        plan.look_aside(documents, &lowered.beside, rules, options, files, &scripts);
        plan.say(documents, pipelines, rules, options, files, &scripts);
    }
    let mut settled = Settled::of(made, &lowered.documents, rules);
    settled.trouble = settled.trouble.or(failure);
    Translated {
        entries,
        lowered,
        settled,
        project: project.into_sources(),
    }
}

/// What a plan comes to.
enum Made<'a> {
    Done {
        plan: Box<Plan<'a>>,
        texts: BTreeMap<FileId, String>,
    },
    Failed,
    Doubtful(Doubt),
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
    Made::Done {
        plan: plan.into(),
        texts,
    }
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
