//! Tests that speak to an engine by a library: the manifest of the project names it, and the job runs the tests.

use std::path::{Path, PathBuf};

use crate::finding::RuleId;
use crate::project::ProjectFile;
use crate::rules::TestRunner;
use crate::text::Location;
use crate::text::Source;

use super::context::{Call, JobView};

/// Manifests of a repository that are looked at for one call, so that a huge one costs no more than a large one.
const MOST_MANIFESTS: usize = 200;

/// A library that starts containers, as a manifest names it.
#[derive(Clone, Debug)]
pub(crate) struct ApiClient {
    /// The rule that says it, and what it says.
    pub(crate) rule: RuleId,
    pub(crate) what: String,
    pub(crate) solve: String,
    /// The manifest and the line in it, as `pom.xml:12`.
    pub(crate) location: String,
    /// That line, where findings may point into other files.
    pub(crate) at: Option<Location>,
}

/// The library by which the tests that a call runs speak to an engine, if they do.
/// `folder` is where the call runs.
pub(crate) fn of(
    view: &JobView<'_>,
    call: &Call,
    folder: impl FnOnce() -> PathBuf,
) -> Option<ApiClient> {
    let rules = view.context.rules;
    if call.is_remote() || rules.detectors().manifests.is_empty() {
        return None;
    }
    let program = call.program()?;
    let program = program.rsplit('/').next().unwrap_or(program);
    let words = || {
        let words = call.command().words.iter().skip(1);
        words
            .map(|word| view.expand_word(call, word).text)
            .collect()
    };
    let runner = rules.test_runner(program, words)?;
    in_folder(view, &crate::repository::slashed(&folder()), runner)
}

/// The library that the manifests in a folder and below name for the tests of a program.
pub(crate) fn in_folder(
    view: &JobView<'_>,
    folder: &str,
    runner: &TestRunner,
) -> Option<ApiClient> {
    runner
        .manifests
        .iter()
        .flat_map(|name| manifests(view, folder, name))
        .take(MOST_MANIFESTS)
        .find_map(|path| in_manifest(view, &path))
}

/// The manifests of a name (`*` is any run of characters) in a folder and below.
fn manifests(view: &JobView<'_>, folder: &str, name: &str) -> Vec<PathBuf> {
    let below = match folder {
        "" | "." => String::new(),
        folder => format!("{folder}/"),
    };
    let files = view.context.files;
    let named = files.glob(&format!("{below}{name}"));
    let deeper = files.glob(&format!("{below}**/{name}"));
    named.into_iter().chain(deeper).collect()
}

/// The first line of a manifest that a rule looks for.
fn in_manifest(view: &JobView<'_>, path: &Path) -> Option<ApiClient> {
    let context = view.context;
    let rules = context.rules;
    let name = path.file_name()?.to_str()?;
    let detectors = &rules.detectors().manifests;
    let mut detectors = detectors
        .iter()
        .filter(|detector| detector.fits_subject(name))
        .peekable();
    detectors.peek()?;
    let opened: Option<ProjectFile> = context
        .project
        .and_then(|project| project.open(context.files, path));
    let read: Source;
    let source: &Source = match &opened {
        Some(file) => &file.source,
        None => {
            read = context.files.read(path).ok()?;
            &read
        }
    };
    let found = detectors.find_map(|detector| Some((detector, detector.line_in(source.text())?)));
    let (detector, range) = found?;
    let line = source.position(range.start).line;
    let rule = rules.named(detector.rule.0)?;
    Some(ApiClient {
        rule: detector.rule,
        what: rule.what.clone(),
        solve: rule.solve.clone(),
        location: format!("{}:{line}", crate::repository::slashed(path)),
        at: opened.map(|file| file.at(range)),
    })
}
