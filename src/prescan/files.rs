//! Whether a repository has scripts, makefiles or package scripts in which docker stands: then a CI file that runs such files
//! is read in full, whatever its own words are.

use std::path::Path;
use std::sync::OnceLock;

use crate::repository::Files;

use super::may_spell_docker;

/// The names of such files, in small letters, and the ends of others.
const NAMES: [&str; 6] = [
    "makefile",
    "gnumakefile",
    "package.json",
    "justfile",
    "taskfile.yml",
    "taskfile.yaml",
];
const ENDS: [&str; 3] = ["mk", "sh", "bash"];

/// The folders of which files without an end in their names are scripts, too.
const FOLDERS: [&str; 6] = ["bin", "ci", "hack", "script", "scripts", "tools"];

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
        let all = self.files.glob("**");
        let mut run = all.iter().filter(|path| is_run(path));
        run.any(|path| self.names_docker(path))
    }

    fn names_docker(&self, path: &Path) -> bool {
        let source = self.files.read(path);
        source.is_ok_and(|source| {
            let folded = source.text().to_ascii_lowercase();
            may_spell_docker(folded.as_bytes())
        })
    }
}

/// Whether a file is one of them by its path.
fn is_run(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default();
    match path.extension().and_then(|end| end.to_str()) {
        Some(end) if ENDS.contains(&end) => true,
        Some("json" | "yml" | "yaml") | None => {
            let folder = path.parent().and_then(Path::file_name);
            let in_folder = folder.is_some_and(|folder| FOLDERS.iter().any(|one| folder == *one));
            in_folder && path.extension().is_none()
                || NAMES.iter().any(|one| name.eq_ignore_ascii_case(one))
        }
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::Memory;

    #[test]
    fn scripts_are_found_wherever_they_lie() {
        let finds = |path: &str| {
            let files: Memory = [(path, "docker ps\n")].into_iter().collect();
            RunFiles::new(&files).may_be_used_by("make it")
        };
        for path in [
            "Makefile",
            "a/b.sh",
            "web/package.json",
            "ci/build",
            "x/rules.mk",
        ] {
            assert!(finds(path), "{path}");
        }
        for path in ["README.md", "docs/build", "compose.yaml", "Dockerfile"] {
            assert!(!finds(path), "{path}");
        }
    }
}
