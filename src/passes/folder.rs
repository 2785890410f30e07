//! The folder that a command runs in.

use std::path::{Path, PathBuf};

use crate::compose::inside;
use crate::pipeline::{Phase, Provider};
use crate::shell::Nesting;

use super::context::{Call, JobView};

/// The variables that hold the folder of the repository.
const ROOTS: [&str; 5] = [
    "$CI_PROJECT_DIR",
    "${CI_PROJECT_DIR}",
    "$GITHUB_WORKSPACE",
    "${GITHUB_WORKSPACE}",
    "${{ github.workspace }}",
];

/// A path as a script writes it, from the root of the repository; none if it leads elsewhere or is not all known.
pub(super) fn path_from(folder: &Path, written: &str) -> Option<PathBuf> {
    let here = ["$PWD/", "${PWD}/", "$(pwd)/", "`pwd`/"];
    let rest = here.iter().find_map(|prefix| written.strip_prefix(prefix));
    from_root(written).or_else(|| inside(folder, rest.unwrap_or(written)))
}

/// A path that begins with the folder of the repository.
fn from_root(written: &str) -> Option<PathBuf> {
    let rest = ROOTS.iter().find_map(|root| written.strip_prefix(root))?;
    let whole = rest.is_empty() || rest.starts_with('/');
    whole.then(|| inside(Path::new(""), rest.trim_start_matches('/')))?
}

/// The folders that the commands of a job run in, as far as its scripts say.
pub(super) struct Folders<'v> {
    view: &'v JobView<'v>,
    /// The calls that change the folder.
    moves: Vec<usize>,
}

/// How many changes of folder are followed in one job.
const MOST_MOVES: usize = 200;

impl<'v> Folders<'v> {
    /// Looks for what changes the folder.
    pub(super) fn of(view: &'v JobView<'v>) -> Self {
        let moves = view.calls.iter().enumerate().filter(|(_, call)| {
            matches!(call.program(), Some("cd" | "pushd" | "popd")) && !call.is_remote()
        });
        let moves = moves.map(|(index, _)| index).collect();
        Self { view, moves }
    }

    /// The folder of a command, by its place in the view, from the root of the repository.
    pub(super) fn at(&self, index: usize) -> Option<PathBuf> {
        let view = self.view;
        let call = view.calls.get(index)?;
        let step = view.line(call).folder.as_deref().unwrap_or_default();
        let mut folder = Some(path_from(Path::new(""), step)?);
        if self.moves.len() > MOST_MOVES {
            return None;
        }
        let mut left: Vec<Option<PathBuf>> = Vec::new();
        let earlier = self.moves.iter().take_while(|earlier| **earlier < index);
        for earlier in earlier.filter_map(|earlier| view.calls.get(*earlier)) {
            if !shares_shell(view, earlier, call) {
                continue;
            }
            let moved = match earlier.program() {
                Some("popd") => left.pop().flatten(),
                program => {
                    if program == Some("pushd") {
                        left.push(folder.clone());
                    }
                    let word = earlier.command().words.get(1);
                    let text = word.map(|word| view.expand_word(earlier, word).text);
                    text.and_then(|text| match &folder {
                        Some(here) => path_from(here, &text),
                        None => from_root(&text),
                    })
                }
            };
            match reaches(earlier, call) {
                Some(true) => folder = moved,
                Some(false) => {}
                None => folder = None,
            }
        }
        folder
    }
}

/// Whether two commands run in one shell: GitLab gives all lines but those of `after_script` to one, GitHub each step to
/// its own.
fn shares_shell(view: &JobView<'_>, earlier: &Call, call: &Call) -> bool {
    match view.job.provider {
        Provider::GitHub => earlier.line == call.line,
        Provider::GitLab => (earlier.phase == Phase::After) == (call.phase == Phase::After),
    }
}

/// Whether a change of folder holds for a later command; nothing if that is decided while the script runs.
fn reaches(change: &Call, call: &Call) -> Option<bool> {
    let (place, later) = (&change.command().place, &call.command().place);
    let same_line = change.line == call.line;
    let together = same_line && place.statement == later.statement;
    if together && place.nesting == later.nesting {
        return Some(true);
    }
    let apart = |nesting: &Nesting| {
        matches!(
            nesting,
            Nesting::Subshell
                | Nesting::Substitution
                | Nesting::Backquotes
                | Nesting::Script
                | Nesting::Heredoc
        )
    };
    if place.nesting.iter().any(apart) {
        return (!same_line || place.nesting != later.nesting).then_some(false);
    }
    place.nesting.is_empty().then_some(true)
}
