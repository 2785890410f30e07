//! Places in compose files, as findings name them.

use crate::compose::{At, Project};
use crate::finding::RuleId;
use crate::project::ProjectFile;

use super::check::JobCheck;

/// Where the files of a project are told of.
pub(super) struct ProjectLocations<'p> {
    project: &'p Project,
    files: Vec<Option<ProjectFile>>,
}

impl<'p> ProjectLocations<'p> {
    /// Opens the files of a project once more, by their numbers in findings.
    pub(super) fn of(check: &JobCheck<'_>, project: &'p Project) -> Self {
        let files = project.files.iter();
        let files = files.map(|(file, _)| check.open(file.source.path()));
        Self {
            project,
            files: files.collect(),
        }
    }

    /// What stands at a place, in one line.
    pub(super) fn text(&self, at: At) -> String {
        let file = self.project.files.get(at.file);
        let text = file.and_then(|(file, _)| file.source.text().get(at.span.range()));
        let text = text.unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Says a rule of what stands at a place.
    pub(super) fn emit(&self, check: &mut JobCheck<'_>, rule: RuleId, at: At, it: &str) {
        if let Some(Some(file)) = self.files.get(at.file) {
            check.emit(rule, file.at(at.span.range()), it);
        }
    }
}
