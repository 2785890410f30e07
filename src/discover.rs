//! From the paths that the user gives to repositories and the CI files in them.

mod configuration;
mod walk;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::config::{self, Config};
use crate::options::fits_patterns;
use crate::outcome::{Provider, Trouble};
use crate::repository::{self, Disk, Files, SIZE_LIMIT, STANDARD_INPUT};
use crate::text::Source;
use crate::translate::CiFile;

use configuration::configuration;
use walk::{Walked, walked};

/// The top of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Absolute, without links.
    pub path: PathBuf,
    /// As seen from where the program was started; empty if it is that very directory.
    pub shown: PathBuf,
    /// Whether it is a git work tree.
    pub versioned: bool,
}

impl Root {
    /// A file of this repository as the user would write it.
    pub fn shown(&self, path: &Path) -> String {
        if path == Path::new(STANDARD_INPUT) {
            return STANDARD_INPUT.into();
        }
        repository::slashed(&self.shown.join(path))
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
    pub troubles: Vec<Trouble>,
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
        if let Err(trouble) = result {
            discovery.troubles.push(*trouble);
        }
    }
    let mut known: BTreeSet<PathBuf> = BTreeSet::new();
    for ((root, nearest), wanted) in wanted {
        if !known.insert(root.clone()) {
            discovery.troubles.push(*trouble(
                &seen_from_here(&nearest.unwrap_or(root)),
                "the paths of one repository have different configurations; run once for each, or name one with --config".to_owned(),
            ));
            continue;
        }
        match configuration(&root, config, nearest) {
            Ok(config) => search(root, wanted, config, &mut discovery),
            Err(troubles) => discovery.troubles.extend(troubles),
        }
    }
    discovery
}

/// The repositories that `paths` lie in, and the paths that lead nowhere; without any path, the one that the program was
/// started in.
pub fn roots(paths: &[PathBuf]) -> (Vec<Root>, Vec<Trouble>) {
    let mut troubles = Vec::new();
    let mut wanted: IndexMap<Scope, Wanted> = IndexMap::new();
    let whole = [PathBuf::from(".")];
    let given = if paths.is_empty() { &whole } else { paths };
    for path in given {
        if let Err(trouble) = want(path, paths.is_empty(), &mut wanted) {
            troubles.push(*trouble);
        }
    }
    let mut roots: Vec<Root> = Vec::new();
    for ((path, _), wanted) in wanted {
        if roots.iter().all(|root| root.path != path) {
            roots.push(Root {
                shown: seen_from_here(&path),
                path,
                versioned: wanted.versioned,
            });
        }
    }
    (roots, troubles)
}

/// Notes a path down with its repository.
fn want(
    path: &Path,
    whole: bool,
    wanted: &mut IndexMap<Scope, Wanted>,
) -> Result<(), Box<Trouble>> {
    let refuse = |error: std::io::Error| trouble(path, repository::explain(&error));
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
fn want_input(wanted: &mut IndexMap<Scope, Wanted>) -> Result<(), Box<Trouble>> {
    let path = Path::new(STANDARD_INPUT);
    let refuse = |error: std::io::Error| trouble(path, repository::explain(&error));
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(SIZE_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(refuse)?;
    let source = repository::decode(path, bytes).map_err(|error| {
        Box::new(Trouble {
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

/// Looks through one repository.
fn search(root: PathBuf, wanted: Wanted, config: Config, discovery: &mut Discovery) {
    let disk = Disk::new(&root);
    let mut files: IndexMap<PathBuf, CiFile> = IndexMap::new();
    let mut add = |inside: &Path, provider: Provider, asked: Asked, resolved: bool| {
        // A link counts as the file that it leads to. If it leads nowhere good, the read says so.
        let target = if resolved {
            None
        } else {
            disk.resolve(inside).ok()
        };
        let path = target.unwrap_or_else(|| inside.to_path_buf());
        if asked != Asked::Named && fits_patterns(&config.exclude, &path) {
            return;
        }
        let file = files.entry(path.clone()).or_insert(CiFile {
            path,
            provider,
            named: false,
            configured: false,
        });
        file.named |= asked == Asked::Named;
        file.configured |= asked == Asked::Configured;
    };
    let by_text = |inside: &Path| {
        let source = disk.read(inside);
        source.map_or(Provider::GitLab, |source| {
            provider_by_content(source.text())
        })
    };
    for path in &wanted.files {
        let inside = path.strip_prefix(&root).unwrap_or(path);
        let provider = provider_by_path(inside).unwrap_or_else(|| by_text(inside));
        add(inside, provider, Asked::Named, false);
    }
    for directory in &wanted.directories {
        if directory == &root {
            // What the server runs is part of it, whatever an ignore rule says.
            for name in MAIN_FILES {
                if root.join(name).symlink_metadata().is_ok() {
                    add(Path::new(name), Provider::GitLab, Asked::Found, false);
                }
            }
        }
        let place = |inside: &Path| match provider_by_path(inside) {
            Some(provider) => Some(Some(provider)),
            None => fits_patterns(&config.include, inside).then_some(None),
        };
        let (found, errors) = walked(&root, directory, place);
        let troubles = errors.iter().map(|error| unsearched(error, directory));
        discovery.troubles.extend(troubles);
        for Walked {
            path,
            provider,
            plain,
        } in found
        {
            match provider {
                Some(_) if is_action(&path) && !holds_action(&disk, &path) => {}
                Some(provider) => add(&path, provider, Asked::Found, plain),
                None => add(&path, by_text(&path), Asked::Configured, plain),
            }
        }
    }
    let mut files: Vec<CiFile> = files.into_values().collect();
    if let Some(input) = &wanted.input {
        files.push(CiFile {
            path: STANDARD_INPUT.into(),
            provider: provider_by_content(input.text()),
            named: true,
            configured: false,
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    discovery.found.push(Found {
        root: Root {
            shown: seen_from_here(&root),
            path: root,
            versioned: wanted.versioned,
        },
        files,
        input: wanted.input,
        config,
    });
}

/// Why a file is among those that are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// The user named it.
    Named,
    /// It lies where CI files lie.
    Found,
    /// The configuration says that CI runs it.
    Configured,
}

/// What GitLab runs when the project's settings name no other file.
const MAIN_FILES: [&str; 2] = [".gitlab-ci.yml", ".gitlab-ci.yaml"];

/// Who owns a file by the place where it lies, relative to the root; nothing if the place does not say.
fn provider_by_path(path: &Path) -> Option<Provider> {
    let name = path.file_name()?.to_str()?;
    if MAIN_FILES.iter().any(|main| name.ends_with(main)) {
        return Some(Provider::GitLab);
    }
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    let workflow = yaml && path.parent() == Some(Path::new(".github/workflows"));
    (workflow || is_action(path)).then_some(Provider::GitHub)
}

/// Who owns a text by its top-level keys: what has `on:` and `jobs:` is a workflow, what has `runs:` and `name:` an
/// action; all else is GitLab's.
pub fn provider_by_content(text: &str) -> Provider {
    let keys: Vec<&str> = top_level_keys(text).collect();
    let has = |key: &str| keys.contains(&key);
    let workflow = has("jobs") && has("on");
    let action = has("runs") && has("name");
    if workflow || action {
        Provider::GitHub
    } else {
        Provider::GitLab
    }
}

fn is_action(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name == "action.yml" || name == "action.yaml")
}

/// Other programs call a file `action.yml` too; GitHub's has `runs:`. One that cannot be read is kept, to be reported.
fn holds_action(files: &dyn Files, path: &Path) -> bool {
    files.read(path).map_or(true, |source| {
        top_level_keys(source.text()).any(|key| key == "runs")
    })
}

/// The keys that begin in the first column, without quotes: a glance, no parse.
fn top_level_keys(text: &str) -> impl Iterator<Item = &str> {
    text.trim_start_matches('\u{feff}')
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(key, _)| key.trim_end().trim_matches(['"', '\'']))
}

/// The top of the git work tree that holds `directory`.
fn git_top(directory: &Path) -> Option<PathBuf> {
    directory
        .ancestors()
        .find(|ancestor| ancestor.join(".git").exists())
        .map(Path::to_path_buf)
}

/// The root for a file that lies in no work tree: its folder, or what holds `.github/workflows`.
fn loose_root(folder: &Path) -> PathBuf {
    let root = if folder.ends_with(".github/workflows") {
        folder.ancestors().nth(2)
    } else {
        None
    };
    root.unwrap_or(folder).to_path_buf()
}

/// What it means that a walk cannot go on: a folder may hold CI files that nobody saw.
fn unsearched(error: &ignore::Error, directory: &Path) -> Trouble {
    match error {
        ignore::Error::WithDepth { err, .. } => unsearched(err, directory),
        ignore::Error::WithPath { path, err } => unsearched(err, path),
        _ => Trouble {
            path: seen_from_here(directory),
            at: None,
            message: format!(
                "cannot be searched: {}; allow it, or let git ignore it",
                error
                    .io_error()
                    .map_or_else(|| error.to_string(), |error| error.kind().to_string())
            ),
            ours: false,
        },
    }
}

/// The way from where the program was started; absolute if the two have nothing but the top of the disk in common.
fn seen_from_here(root: &Path) -> PathBuf {
    match env::current_dir().and_then(fs::canonicalize) {
        Ok(here) => way(&here, root),
        Err(_) => root.to_path_buf(),
    }
}

fn way(here: &Path, root: &Path) -> PathBuf {
    let is_shared = |shared: &&Path| root.starts_with(shared);
    let Some(shared) = here.ancestors().find(is_shared) else {
        return root.to_path_buf();
    };
    let (Ok(up), Ok(down)) = (here.strip_prefix(shared), root.strip_prefix(shared)) else {
        return root.to_path_buf();
    };
    if shared.parent().is_none() && here != shared {
        return root.to_path_buf();
    }
    up.components()
        .map(|_| Path::new(".."))
        .chain([down])
        .filter(|part| *part != Path::new(""))
        .collect()
}

fn trouble(path: &Path, message: String) -> Box<Trouble> {
    Box::new(Trouble {
        path: path.to_path_buf(),
        at: None,
        message,
        ours: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_files_by_their_place() {
        let provider = |path: &str| provider_by_path(Path::new(path));
        assert_eq!(provider(".gitlab-ci.yml"), Some(Provider::GitLab));
        assert_eq!(provider("ci/build.gitlab-ci.yaml"), Some(Provider::GitLab));
        assert_eq!(
            provider(".github/workflows/ci.yaml"),
            Some(Provider::GitHub)
        );
        assert_eq!(provider("tools/action.yml"), Some(Provider::GitHub));
        assert_eq!(provider("x/.github/workflows/ci.yml"), None);
        assert_eq!(provider(".github/dependabot.yml"), None);
        assert_eq!(provider("docker-compose.yml"), None);
    }

    #[cfg(unix)]
    #[test]
    fn shows_the_shortest_way() {
        let way = |here, root| way(Path::new(here), Path::new(root));
        assert_eq!(way("/a/b", "/a/b"), Path::new(""));
        assert_eq!(way("/a/b", "/a/b/c"), Path::new("c"));
        assert_eq!(way("/a/b/c", "/a"), Path::new("../.."));
        assert_eq!(way("/a/b", "/a/c"), Path::new("../c"));
        assert_eq!(way("/a/b", "/c"), Path::new("/c"));
        assert_eq!(way("/", "/c"), Path::new("c"));
    }

    #[test]
    fn knows_texts_by_their_keys() {
        let workflow = "\u{feff}name: x\r\n\"on\":\r\n  push:\r\njobs:\r\n";
        assert_eq!(provider_by_content(workflow), Provider::GitHub);
        let action = "name: x\nruns:\n  using: composite\n";
        assert_eq!(provider_by_content(action), Provider::GitHub);
        let pipeline = "on: [x]\nbuild:\n  script: jobs\n";
        assert_eq!(provider_by_content(pipeline), Provider::GitLab);
    }
}
