//! Places in compose files, as findings name them.

use super::look::Look;
use crate::compose::{At, Project};
use crate::project::ProjectFile;

/// Where the files of a project are told of.
pub(super) struct Places<'p> {
    project: &'p Project,
    files: Vec<Option<ProjectFile>>,
}

impl<'p> Places<'p> {
    /// Opens the files of a project once more, by their numbers in findings.
    pub(super) fn of(look: &Look<'_>, project: &'p Project) -> Self {
        let files = project.files.iter();
        let files = files.map(|(file, _)| look.open(file.source.path()));
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
    pub(super) fn say(&self, look: &mut Look<'_>, rule: &'static str, at: At, it: &str) {
        if let Some(Some(file)) = self.files.get(at.file) {
            look.say(rule, file.at(at.span.range()), it);
        }
    }
}
