//! What makes edits of the changes of each file, kept for as long as changes are tried one set after another.

use std::cell::OnceCell;

use crate::pipeline::Documents;
use crate::text::FileId;
use crate::yaml::Editor;

/// An editor for each file, made when the first change of the file is tried.
pub(super) struct Editors<'d> {
    pub(super) documents: &'d Documents,
    known: Vec<OnceCell<Editor<'d>>>,
}

impl<'d> Editors<'d> {
    pub(super) fn new(documents: &'d Documents) -> Self {
        let known = documents.files.iter().map(|_| OnceCell::new());
        Self {
            documents,
            known: known.collect(),
        }
    }

    /// The editor of a file.
    pub(super) fn of(&self, file: FileId) -> &Editor<'d> {
        self.known[file.0 as usize].get_or_init(|| {
            let document = self.documents.file(file);
            Editor::new(&document.tree, document.source.text())
        })
    }
}
