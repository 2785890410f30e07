//! Tests that speak to an engine by a library: the manifest of the project names it, and the job runs the tests.

use std::path::{Path, PathBuf};

use crate::project::ProjectFile;
use crate::rules::TestRunner;
use crate::text::Source;

use super::context::Call;
use super::engine_client::ApiClient;
use super::job::JobPass;

/// Manifests of a repository that are looked at for one call, so that a huge one costs no more than a large one.
const MOST_MANIFESTS: usize = 200;

impl JobPass<'_> {
    /// The calls that run tests which speak to an engine by a library, each with its place in the view.
    pub(super) fn api_clients(&self) -> &[(usize, ApiClient)] {
        self.clients.get_or_init(|| {
            let calls = self.view.calls.iter().enumerate();
            calls
                .filter_map(|(index, call)| Some((index, of(self, index, call)?)))
                .collect()
        })
    }

    /// That of one call.
    pub(super) fn api_client(&self, call: usize) -> Option<&ApiClient> {
        let clients = self.api_clients();
        let at = clients.binary_search_by_key(&call, |(index, _)| *index);
        Some(&clients.get(at.ok()?)?.1)
    }
}

/// The library by which the tests that a call runs speak to an engine, if they do.
fn of(pass: &JobPass<'_>, index: usize, call: &Call) -> Option<ApiClient> {
    let view = pass.view;
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
    let folder = pass.folder_at(index).unwrap_or_default();
    in_folder(pass, &crate::repository::slashed(&folder), runner)
}

/// The library that the manifests in a folder and below name for the tests of a program.
pub(super) fn in_folder(
    pass: &JobPass<'_>,
    folder: &str,
    runner: &TestRunner,
) -> Option<ApiClient> {
    runner
        .manifests
        .iter()
        .flat_map(|name| manifests(pass, folder, name))
        .take(MOST_MANIFESTS)
        .find_map(|path| in_manifest(pass, &path))
}

/// The manifests of a name (`*` is any run of characters) in a folder and below.
fn manifests(pass: &JobPass<'_>, folder: &str, name: &str) -> Vec<PathBuf> {
    let below = match folder {
        "" | "." => String::new(),
        folder => format!("{folder}/"),
    };
    let files = pass.view.context.files;
    let named = files.glob(&format!("{below}{name}"));
    let deeper = files.glob(&format!("{below}**/{name}"));
    named.into_iter().chain(deeper).collect()
}

/// The first line of a manifest that a rule looks for.
fn in_manifest(pass: &JobPass<'_>, path: &Path) -> Option<ApiClient> {
    let context = pass.view.context;
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
