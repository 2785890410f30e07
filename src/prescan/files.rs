//! Whether a repository has scripts, makefiles or package scripts in which docker stands: then a CI file that runs such files
//! is read in full, whatever its own words are.

use std::path::Path;
use std::sync::OnceLock;

use crate::repository::Files;

use super::may_spell_docker;

/// Where such files lie, at the root or below: by their names, and in folders whose files without an end in their names are
/// scripts, too.
const NAMES: [&str; 11] = [
    "Makefile",
    "makefile",
    "GNUmakefile",
    "*.mk",
    "package.json",
    "*.sh",
    "*.bash",
    "justfile",
    "Justfile",
    "Taskfile.yml",
    "Taskfile.yaml",
];
const FOLDERS: [&str; 6] = [
    "bin/*",
    "ci/*",
    "hack/*",
    "script/*",
    "scripts/*",
    "tools/*",
];

/// What a CI file says that runs one of them.
const RUNNERS: [&str; 9] = [
    "make", ".sh", ".bash", "npm", "yarn", "bun", "just", "task", "./",
];

/// The files of one repository that its CI may run.
pub(crate) struct RunFiles<'a> {
    files: &'a dyn Files,
    name_docker: OnceLock<bool>,
}

impl<'a> RunFiles<'a> {
    pub(crate) fn new(files: &'a dyn Files) -> Self {
        Self {
            files,
            name_docker: OnceLock::new(),
        }
    }

    /// Whether a CI file may use Docker by a file that it runs.
    pub(crate) fn may_be_used_by(&self, text: &str) -> bool {
        let runs = RUNNERS.iter().any(|word| text.contains(word));
        runs && *self.name_docker.get_or_init(|| self.look())
    }

    fn look(&self) -> bool {
        let glob = |pattern: &&str| {
            let mut found = self.files.glob(pattern);
            found.extend(self.files.glob(&format!("**/{pattern}")));
            found
        };
        let named = NAMES.iter().flat_map(glob);
        let in_folders = FOLDERS.iter().flat_map(glob);
        let in_folders = in_folders.filter(|path| path.extension().is_none());
        named.chain(in_folders).any(|path| self.names_docker(&path))
    }

    fn names_docker(&self, path: &Path) -> bool {
        let source = self.files.read(path);
        source.is_ok_and(|source| {
            let folded = source.text().to_ascii_lowercase();
            may_spell_docker(folded.as_bytes())
        })
    }
}
