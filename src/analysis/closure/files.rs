//! Files as texts of commands: in which language each is written, and what its parts are.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::collections::{HashMap, HashSet};
use crate::repository::Files;
use crate::rules::Rules;

use super::makefile;
use super::makefile::Part;
use super::reading::{Reading, Use};
use super::simple::{base_name, is_shell};

/// A file of more bytes holds data, not commands.
const LARGEST: usize = 256 * 1024;

/// Files that were read, each once for all jobs of a pipeline.
pub(crate) struct Texts<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) rules: &'a Rules,
    read: RefCell<HashMap<PathBuf, Option<Rc<Vec<Part>>>>>,
    /// The names of the parts of each.
    names: RefCell<HashMap<PathBuf, HashSet<String>>>,
}

impl<'a> Texts<'a> {
    /// The files of a repository, none of them read yet.
    pub(crate) fn new(files: &'a dyn Files, rules: &'a Rules) -> Self {
        Self {
            files,
            rules,
            read: RefCell::default(),
            names: RefCell::default(),
        }
    }

    /// A file, taken apart; nothing if it holds no commands. `run`: it is run, and not only named.
    pub(super) fn read(&self, path: &Path, run: bool) -> Option<Rc<Vec<Part>>> {
        if let Some(known) = self.read.borrow().get(path) {
            return known.clone();
        }
        let read = parts(self.files, self.rules, path, run).map(Rc::new);
        // what is only named now may be run later
        if run || read.is_some() {
            let mut known = self.read.borrow_mut();
            known.insert(path.to_owned(), read.clone());
        }
        read
    }

    /// Whether a file that is run has a part of a name.
    pub(super) fn has_part(&self, path: &Path, name: &str) -> bool {
        let Some(parts) = self.read(path, true) else {
            return false;
        };
        let mut known = self.names.borrow_mut();
        let names = known
            .entry(path.to_owned())
            .or_insert_with(|| parts.iter().flat_map(|part| &part.names).cloned().collect());
        names.contains(name)
    }
}

fn parts(files: &dyn Files, rules: &Rules, path: &Path, run: bool) -> Option<Vec<Part>> {
    let language = language(path)?;
    let source = files.read(path).ok()?;
    let text = source.text();
    if text.len() > LARGEST {
        return None;
    }
    let language = match (language, shebang(text)) {
        (Language::Shell | Language::Unknown, Some(false)) => Language::Foreign,
        (Language::Unknown, Some(true)) => Language::Shell,
        (Language::Unknown, None) if run => Language::Shell,
        (language, _) => language,
    };
    let mut whole = Part::default();
    match language {
        Language::Make => return Some(makefile::parts(rules, text)),
        Language::Package => return Some(makefile::package_scripts(rules, text)),
        Language::Task => tasks(rules, text, &mut whole.reading),
        Language::Foreign => whole.reading.foreign(rules, text),
        Language::Shell => {
            whole.reading.shell(rules, text, 0);
            whole.script.push((0, text.to_owned()));
        }
        Language::Unknown => return None,
    }
    // what a manifest asks for is a matter of those who run the tests
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let mut manifests = rules.detectors().manifests.iter();
    if manifests.any(|detector| detector.fits_subject(name)) {
        whole.reading.uses.retain(|(_, what)| *what != Use::Library);
    }
    Some(vec![whole])
}

/// Commands in a file of keys and values.
fn tasks(rules: &Rules, text: &str, reading: &mut Reading) {
    for (number, line) in text.lines().enumerate() {
        let mut line = line.trim_start().trim_start_matches("- ");
        for key in ["cmd:", "sh:", "entry:", "commands:", "commands ="] {
            line = line.strip_prefix(key).unwrap_or(line).trim_start();
        }
        reading.shell(rules, line.trim_matches(['"', '\'']), number);
    }
}

/// Whether a file begins as a script does.
pub(super) fn is_script(files: &dyn Files, path: &Path) -> bool {
    let begins = |path: &Path| {
        let read = files.read(path);
        read.is_ok_and(|source| source.text().starts_with("#!"))
    };
    names_script(path) || begins(path)
}

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Make,
    Package,
    /// A list of commands in another format.
    Task,
    Shell,
    Foreign,
    Unknown,
}

/// The language of a file by its name; nothing for what holds no commands or belongs to docker.
fn language(path: &Path) -> Option<Language> {
    let name = path.file_name()?.to_str()?;
    let lower = name.to_ascii_lowercase();
    let end = lower.rsplit_once('.').map_or("", |(_, end)| end);
    let docker = lower.starts_with("dockerfile")
        || lower.starts_with("containerfile")
        || lower.ends_with("dockerfile")
        || lower.starts_with(".env")
        || lower.contains("lock");
    if docker {
        return None;
    }
    Some(match (lower.as_str(), end) {
        ("makefile" | "gnumakefile" | "justfile" | ".justfile", _)
        | (_, "mk" | "mak" | "make" | "just") => Language::Make,
        ("package.json", _) => Language::Package,
        ("taskfile.yml" | "taskfile.yaml" | "taskfile.dist.yml", _) => Language::Task,
        ("tox.ini" | ".pre-commit-config.yaml", _) => Language::Task,
        ("rakefile" | "vagrantfile" | "jenkinsfile", _) => Language::Foreign,
        (_, "sh" | "bash" | "ash" | "zsh" | "ksh" | "bats") => Language::Shell,
        (
            _,
            "py" | "js" | "mjs" | "cjs" | "ts" | "mts" | "rb" | "pl" | "php" | "go" | "rs" | "lua"
            | "groovy" | "gradle" | "kts" | "java" | "kt" | "scala" | "cs" | "ps1",
        ) => Language::Foreign,
        (
            _,
            "md" | "txt" | "rst" | "adoc" | "json" | "yml" | "yaml" | "toml" | "xml" | "ini"
            | "cfg" | "conf" | "env" | "html" | "css" | "scss" | "svg" | "csv" | "tsv" | "sum"
            | "mod" | "lock" | "sql" | "c" | "h" | "cpp" | "png" | "jpg" | "zip" | "gz" | "tar"
            | "tgz" | "jar" | "exe" | "so" | "pem" | "crt" | "key" | "asc" | "tmpl" | "tf" | "hcl"
            | "proto",
        ) => return None,
        _ => Language::Unknown,
    })
}

/// Whether a file is a script by its name, so that to name it is to run it.
pub(super) fn names_script(path: &Path) -> bool {
    matches!(
        language(path),
        Some(Language::Shell | Language::Foreign | Language::Make)
    )
}

/// Whether a file is code in another language than the shell's, by its name.
pub(super) fn is_foreign(path: &Path) -> bool {
    language(path) == Some(Language::Foreign)
}

/// Whether the first line of a script names a shell; nothing if it names nothing.
fn shebang(text: &str) -> Option<bool> {
    let line = text.lines().next()?.strip_prefix("#!")?;
    let mut words = line
        .split_whitespace()
        .map(base_name)
        .filter(|word| !word.starts_with('-'));
    let program = words.find(|word| *word != "env")?;
    Some(is_shell(program) || program == "bats")
}
