//! One compose file: its text and its tree.

use std::rc::Rc;

use crate::text::Source;
use crate::yaml::{Problem, Tree};

/// A compose file that was read.
#[derive(Debug)]
pub(crate) struct ComposeFile {
    /// Its text.
    pub source: Rc<Source>,
    /// Its tree, or why it has none.
    pub tree: Result<Tree, Problem>,
}

impl ComposeFile {
    /// Reads a text.
    pub(crate) fn new(source: Rc<Source>) -> Self {
        let tree = Tree::parse(source.text());
        Self { source, tree }
    }
}
