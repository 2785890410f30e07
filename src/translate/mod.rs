//! A repository's CI files in, what becomes of them out: parse, lower, plan, pass, apply, prove.

mod outcome;
mod proof;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::accept;
use crate::analysis::Scripts;
use crate::collections::HashSet;
use crate::compat;
use crate::options::Options;
use crate::outcome::{Outcome, ProviderRef};
use crate::parallel;
use crate::pipeline::{Document, Entry, Lowered};
use crate::plan::{self, Plan};
use crate::prefetch::Prefetch;
use crate::prescan::{Prescan, RunFiles};
use crate::project::ProjectFiles;
use crate::prove;
use crate::providers;
use crate::repository::Files;
use crate::rules::Rules;
use crate::text::{FileId, Source, apply_edits};
use crate::yaml::{self, Change};

use outcome::{Settled, in_order, report, report_untouched};
use proof::Doubt;

/// A file that CI runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiFile {
    /// Relative to the root.
    pub path: PathBuf,
    /// Who runs it.
    pub provider: ProviderRef,
    /// Whether the user named this very file.
    pub named: bool,
    /// Whether the configuration says that CI runs it.
    pub configured: bool,
}

/// Translates `given` and what these files include, as far as `files` can reach it.
pub fn translate(files: &dyn Files, given: &[CiFile], options: &Options) -> Outcome {
    translate_scanned(files, given, Some(Prescan::new(Rules::embedded())), options)
}

/// As [`translate`]; without a prescan every file is read in full.
pub(crate) fn translate_scanned(
    files: &dyn Files,
    given: &[CiFile],
    prescan: Option<Prescan>,
    options: &Options,
) -> Outcome {
    let run_files = RunFiles::new(files);
    let read = parallel::map(given.iter().collect(), |file: &CiFile| {
        let source = files.read(&file.path);
        let text = source.as_ref().map(Source::text).unwrap_or_default();
        let outline = prescan
            .as_ref()
            .and_then(|scan| scan.outline(file.provider.0, text))
            .filter(|_| !run_files.may_be_used_by(text));
        (file, source, outline)
    });
    // GitLab's files may include each other: what one of them needs is told by all of them
    let needs_all = read
        .iter()
        .any(|(file, _, outline)| file.provider.has_libraries() && outline.is_none());
    let mut untouched = Vec::new();
    let mut entries = Vec::new();
    let mut sources = Vec::new();
    for (file, source, outline) in read {
        match (source, outline) {
            (Ok(source), Some(outline)) if !file.provider.has_libraries() || !needs_all => {
                untouched.push((file, source, outline));
            }
            (source, _) => {
                entries.push(file);
                sources.push((file.path.as_path(), source));
            }
        }
    }
    let translated = all_parts(&Prefetch::new(files, sources), &entries, options);
    let documents = translated
        .iter()
        .flat_map(|one| &one.lowered.documents.files);
    let read: HashSet<&Path> = documents.map(|document| document.source.path()).collect();
    untouched.retain(|(_, source, _)| !read.contains(source.path()));
    let mut outcome = Outcome::default();
    for (file, source, outline) in untouched {
        report_untouched(file, source, outline, &mut outcome);
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

/// Translates files, those side by side that have nothing to do with each other.
fn all_parts(files: &dyn Files, given: &[&CiFile], options: &Options) -> Vec<Translated> {
    let of = |provider: ProviderRef| {
        let own = given.iter().filter(|file| file.provider == provider);
        let entries = own.map(|file| Entry {
            path: file.path.clone(),
            starts: starts(file),
        });
        let groups = provider.groups(files, entries.collect());
        let part = move |entries: Vec<Entry>| Entries { provider, entries };
        groups.into_iter().map(part)
    };
    let parts = providers::ALL.into_iter().flat_map(of);
    parallel::map(parts.collect(), |part| one_part(files, part, options))
}

/// Whether a pipeline starts from a file.
fn starts(file: &CiFile) -> bool {
    file.named || file.configured || is_main_file(file)
}

/// Whether a provider runs the file of this name at the root.
fn is_main_file(file: &CiFile) -> bool {
    let mut names = file.provider.main_files().iter();
    names.any(|name| file.path == Path::new(name))
}

/// Files of one provider from which pipelines start that may have to do with each other.
struct Entries {
    provider: ProviderRef,
    entries: Vec<Entry>,
}

impl Entries {
    /// Lowers them, with the pipelines beside them where these are known already.
    fn lower(&self, files: &dyn Files, rules: &Rules, others: Option<&[PathBuf]>) -> Lowered {
        self.provider.load(files, &self.entries, others, rules)
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
        failure = Some(odd.unwrap_or_else(|| doubt.problem(&lowered.documents)));
        made = Made::Failed;
    }
    if let Made::Done { plan, .. } = &mut made {
        let (documents, pipelines) = (&lowered.documents, &lowered.pipelines);
        plan.read_libraries(documents, &lowered.beside, rules, options, files, &scripts);
        plan.emit_findings(documents, pipelines, rules, options, files, &scripts);
    }
    let mut settled = Settled::of(made, &lowered.documents, rules);
    settled.problem = settled.problem.or(failure);
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
