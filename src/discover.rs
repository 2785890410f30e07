//! From the paths that the user gives to repositories and the CI files in them.

mod configuration;
mod search;
mod walk;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::config::{self, Config};
use crate::outcome::Problem;
use crate::providers;
use crate::repository::{self, SIZE_LIMIT, STANDARD_INPUT};
use crate::text::Source;
use crate::translate::CiFile;

use configuration::configuration;
use search::search;

/// The top of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Absolute, without links.
    pub path: PathBuf,
    /// As seen from where the program was started; empty if it is that very directory.
    pub shown: PathBuf,
    /// Where the program was started, as seen from the top; empty if that is the top itself or lies outside.
    pub here: PathBuf,
    /// Whether it is a git work tree.
    pub versioned: bool,
}

impl Root {
    /// A file of this repository as the user would write it.
    pub fn shown(&self, path: &Path) -> String {
        if path == Path::new(STANDARD_INPUT) {
            return STANDARD_INPUT.into();
        }
        if self.here.as_os_str().is_empty() {
            return repository::slashed(&self.shown.join(path));
        }
        repository::slashed(&between(&self.here, path))
    }
}

/// A repository and the CI files in it that the user asked for.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where it is.
    pub root: Root,
    /// The files, in the order of their paths.
    pub files: Vec<CiFile>,
    /// What came by standard input, if that was asked for; it is the file `-` among `files`.
    pub input: Option<Source>,
    /// What the repository wants of a run.
    pub config: Config,
}

/// What the given paths lead to.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// The repositories; one may be without CI files.
    pub found: Vec<Found>,
    /// Paths that lead nowhere. Theirs are as the user wrote them.
    pub problems: Vec<Problem>,
}

/// What of a repository was asked for.
#[derive(Default)]
struct Wanted {
    versioned: bool,
    directories: BTreeSet<PathBuf>,
    files: BTreeSet<PathBuf>,
    input: Option<Source>,
}

/// A repository, and the configuration that holds for a path in it.
type Scope = (PathBuf, Option<PathBuf>);

/// Finds the CI files that `paths` ask for: a directory asks for those below it, a file for itself, `-` for standard
/// input; no path at all asks for the whole repository that the program was started in. Without a given `config`, the
/// configuration that is nearest to a path holds for it.
pub fn discover(paths: &[PathBuf], config: Option<&Path>) -> Discovery {
    let mut discovery = Discovery::default();
    let mut wanted: IndexMap<Scope, Wanted> = IndexMap::new();
    let whole = [PathBuf::from(".")];
    let given = if paths.is_empty() { &whole } else { paths };
    for path in given {
        let result = if path == Path::new(STANDARD_INPUT) {
            want_input(&mut wanted)
        } else {
            want(path, paths.is_empty(), &mut wanted)
        };
        if let Err(problem) = result {
            discovery.problems.push(*problem);
        }
    }
    let mut known: BTreeSet<PathBuf> = BTreeSet::new();
    for ((root, nearest), wanted) in wanted {
        if !known.insert(root.clone()) {
            discovery.problems.push(*problem(
                &seen_from_here(&nearest.unwrap_or(root)),
                "the paths of one repository have different configurations; run once for each, or name one with --config".to_owned(),
            ));
            continue;
        }
        match configuration(&root, config, nearest) {
            Ok(config) => search(root, wanted, config, &mut discovery),
            Err(problems) => discovery.problems.extend(problems),
        }
    }
    discovery
}

/// The repositories that `paths` lie in, and the paths that lead nowhere; without any path, the one that the program was
/// started in.
pub fn roots(paths: &[PathBuf]) -> (Vec<Root>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut wanted: IndexMap<Scope, Wanted> = IndexMap::new();
    let whole = [PathBuf::from(".")];
    let given = if paths.is_empty() { &whole } else { paths };
    for path in given {
        if let Err(problem) = want(path, paths.is_empty(), &mut wanted) {
            problems.push(*problem);
        }
    }
    let mut roots: Vec<Root> = Vec::new();
    for ((path, _), wanted) in wanted {
        if roots.iter().all(|root| root.path != path) {
            roots.push(Root {
                shown: seen_from_here(&path),
                here: here_in(&path),
                path,
                versioned: wanted.versioned,
            });
        }
    }
    (roots, problems)
}

/// Notes a path down with its repository.
fn want(
    path: &Path,
    whole: bool,
    wanted: &mut IndexMap<Scope, Wanted>,
) -> Result<(), Box<Problem>> {
    let refuse = |error: std::io::Error| problem(path, repository::explain(&error));
    let metadata = fs::metadata(path).map_err(refuse)?;
    if metadata.is_dir() {
        let directory = path.canonicalize().map_err(refuse)?;
        let top = git_top(&directory);
        let root = top.clone().unwrap_or_else(|| directory.clone());
        let start = if whole { &root } else { &directory };
        let config = config::nearest_to(start, &root);
        let entry = wanted.entry((root.clone(), config)).or_default();
        entry.versioned = top.is_some();
        entry
            .directories
            .insert(if whole { root } else { directory });
    } else {
        // The folder is made absolute and not the file: a link belongs to the repository that it lies in.
        let folder = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let folder = folder.canonicalize().map_err(refuse)?;
        let file = folder.join(path.file_name().unwrap_or_default());
        let top = git_top(&folder);
        let root = top.clone().unwrap_or_else(|| loose_root(&folder));
        let config = config::nearest_to(&folder, &root);
        let entry = wanted.entry((root, config)).or_default();
        entry.versioned = top.is_some();
        entry.files.insert(file);
    }
    Ok(())
}

/// Reads standard input; its includes are looked for in the repository that the program was started in.
fn want_input(wanted: &mut IndexMap<Scope, Wanted>) -> Result<(), Box<Problem>> {
    let path = Path::new(STANDARD_INPUT);
    let refuse = |error: std::io::Error| problem(path, repository::explain(&error));
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(SIZE_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(refuse)?;
    let source = repository::decode(path, bytes).map_err(|error| {
        Box::new(Problem {
            path: error.path,
            at: error.at,
            message: error.message,
            ours: false,
        })
    })?;
    let here = Path::new(".").canonicalize().map_err(refuse)?;
    let top = git_top(&here);
    let root = top.clone().unwrap_or_else(|| here.clone());
    let config = config::nearest_to(&here, &root);
    let entry = wanted.entry((root, config)).or_default();
    entry.versioned = top.is_some();
    entry.input = Some(source);
    Ok(())
}

/// The top of the git work tree that holds `directory`.
fn git_top(directory: &Path) -> Option<PathBuf> {
    directory
        .ancestors()
        .find(|ancestor| ancestor.join(".git").exists())
        .map(Path::to_path_buf)
}

/// The root for a file that lies in no work tree: its folder, or what holds the folder in which a provider looks.
fn loose_root(folder: &Path) -> PathBuf {
    let mut folders = providers::ALL.into_iter().filter_map(|it| it.folder());
    let root = folders.find(|own| folder.ends_with(own)).and_then(|own| {
        let deep = Path::new(own).components().count();
        folder.ancestors().nth(deep)
    });
    root.unwrap_or(folder).to_path_buf()
}

/// The way from where the program was started; absolute if the two have nothing but the top of the disk in common.
fn seen_from_here(root: &Path) -> PathBuf {
    match env::current_dir().and_then(fs::canonicalize) {
        Ok(here) => way(&here, root),
        Err(_) => root.to_path_buf(),
    }
}

fn way(here: &Path, root: &Path) -> PathBuf {
    let shared = here.ancestors().find(|shared| root.starts_with(shared));
    match shared {
        Some(shared) if shared.parent().is_some() || here == shared => between(here, root),
        _ => root.to_path_buf(),
    }
}

/// The way from one place to another, both seen from the same one.
fn between(from: &Path, to: &Path) -> PathBuf {
    let shared = from.ancestors().find(|shared| to.starts_with(shared));
    let shared = shared.unwrap_or(Path::new(""));
    let up = from.strip_prefix(shared).unwrap_or(from);
    let down = to.strip_prefix(shared).unwrap_or(to);
    up.components()
        .map(|_| Path::new(".."))
        .chain([down])
        .filter(|part| *part != Path::new(""))
        .collect()
}

/// Where the program was started, as seen from the top of a repository; empty if it lies outside.
fn here_in(root: &Path) -> PathBuf {
    let here = env::current_dir().and_then(fs::canonicalize);
    let inside = here
        .as_ref()
        .ok()
        .and_then(|here| here.strip_prefix(root).ok());
    inside.unwrap_or(Path::new("")).to_path_buf()
}

fn problem(path: &Path, message: String) -> Box<Problem> {
    Box::new(Problem {
        path: path.to_path_buf(),
        at: None,
        message,
        ours: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn shows_the_shortest_way() {
        let way = |here, root| way(Path::new(here), Path::new(root));
        assert_eq!(way("/a/b", "/a/b"), Path::new(""));
        assert_eq!(way("/a/b", "/a/b/c"), Path::new("c"));
        assert_eq!(way("/a/b/c", "/a"), Path::new("../.."));
        assert_eq!(way("/a/b", "/a/c"), Path::new("../c"));
        let between = |from, to| super::between(Path::new(from), Path::new(to));
        assert_eq!(between("a/b", "a/b/c.yml"), Path::new("c.yml"));
        assert_eq!(between("a/b", "c/d.yml"), Path::new("../../c/d.yml"));
        assert_eq!(way("/a/b", "/c"), Path::new("/c"));
        assert_eq!(way("/", "/c"), Path::new("c"));
    }
}
