//! Looking through one repository for the CI files that were asked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::outcome::Problem;
use crate::pipeline::{Claim, ProviderRef};
use crate::providers;
use crate::repository::{Disk, Files, ReadError, STANDARD_INPUT, path_key};
use crate::text::Source;
use crate::translate::CiFile;

use super::walk::walked;
use super::{Discovery, Found, Root, Wanted, here_in, seen_from_here};

/// Looks through one repository.
pub(super) fn search(root: PathBuf, wanted: Wanted, config: Config, discovery: &mut Discovery) {
    let shown = seen_from_here(&root);
    let seeker = Seeker {
        disk: Disk::new(&root),
        config: &config,
    };
    let mut files: Vec<CiFile> = Vec::new();
    for path in &wanted.files {
        let inside = path.strip_prefix(&root).unwrap_or(path);
        files.push(seeker.named(inside));
    }
    for directory in &wanted.directories {
        if directory == &root {
            // What the server runs is part of it, whatever an ignore rule says.
            for provider in providers::ALL {
                let mains = provider.main_files().iter().map(Path::new);
                let mains = mains.filter(|name| root.join(name).symlink_metadata().is_ok());
                files.extend(mains.filter_map(|name| seeker.placed(name, provider)));
            }
        }
        // The shorter the names of what is found, the less there is to resolve to open each.
        let is_here = directory == &root && shown.as_os_str().is_empty();
        let here = Path::new(".");
        let (start, top) = match is_here {
            true => (here, here),
            false => (directory.as_path(), root.as_path()),
        };
        let visit = |entry: &ignore::DirEntry| seeker.visit(entry, top);
        let (found, errors) = walked(start, visit);
        let problems = errors.iter().map(|error| unsearched(error, directory));
        discovery.problems.extend(problems);
        let mut links = BTreeMap::new();
        for seen in found {
            match seen {
                Seen::File(file) => files.push(file),
                Seen::Link(path, provider) => _ = links.insert(path, provider),
            }
        }
        let links = links.iter();
        files.extend(links.filter_map(|(path, provider)| seeker.linked(path, *provider)));
    }
    let mut files = once_each(files);
    if let Some(input) = &wanted.input {
        let file = CiFile {
            path: STANDARD_INPUT.into(),
            provider: providers::by_text(input.text()),
            named: true,
            configured: false,
        };
        let place = files.partition_point(|other| other.path < file.path);
        files.insert(place, file);
    }
    discovery.found.push(Found {
        root: Root {
            shown,
            here: here_in(&root),
            path: root,
            versioned: wanted.versioned,
        },
        files,
        input: wanted.input,
        config,
    });
}

/// What a walk finds.
enum Seen {
    File(CiFile),
    /// A link or something odd, with who owns what lies in its place; nobody where only the configuration names it.
    Link(PathBuf, Option<(ProviderRef, Claim)>),
}

/// Who looks through a repository.
struct Seeker<'a> {
    disk: Disk,
    config: &'a Config,
}

impl Seeker<'_> {
    /// A file that the user named.
    fn named(&self, inside: &Path) -> CiFile {
        let provider = match providers::by_path(inside) {
            Some((provider, _)) => provider,
            None => by_read(&self.disk.read(inside)),
        };
        let mut file = ci_file(self.target(inside), provider);
        file.named = true;
        file
    }

    /// A file that lies where its server looks for it.
    fn placed(&self, inside: &Path, provider: ProviderRef) -> Option<CiFile> {
        let path = self.target(inside);
        (!self.excludes(&path)).then(|| ci_file(path, provider))
    }

    /// What a walk came by, if CI runs it. `top` is the root of the repository as the walk names it.
    fn visit(&self, entry: &ignore::DirEntry, top: &Path) -> Option<Seen> {
        let kind = entry.file_type().filter(|kind| !kind.is_dir())?;
        let path = entry.path();
        let inside = path.strip_prefix(top).unwrap_or(path);
        let placed = providers::by_path(inside);
        if placed.is_none() && !self.config.paths.include.fit(inside) {
            return None;
        }
        if !kind.is_file() {
            return Some(Seen::Link(inside.to_path_buf(), placed));
        }
        if self.excludes(inside) {
            return None;
        }
        let provider = match placed {
            Some((provider, Claim::Certain)) => provider,
            Some((provider, claim)) => match self.disk.read(inside) {
                Ok(source) if !providers::is_own(provider, source.text(), claim) => return None,
                _ => provider,
            },
            None => by_read(&self.disk.read(inside)),
        };
        let mut file = ci_file(inside.to_path_buf(), provider);
        file.configured = placed.is_none();
        Some(Seen::File(file))
    }

    /// A link that a walk came by, if CI runs what it leads to.
    fn linked(&self, inside: &Path, placed: Option<(ProviderRef, Claim)>) -> Option<CiFile> {
        let Some((provider, claim)) = placed else {
            let mut file = self.placed(inside, by_read(&self.disk.read(inside)))?;
            file.configured = true;
            return Some(file);
        };
        // One that cannot be read is kept, to be reported.
        let other = claim != Claim::Certain
            && matches!(self.disk.read(inside), Ok(source) if !providers::is_own(provider, source.text(), claim));
        (!other).then(|| self.placed(inside, provider)).flatten()
    }

    /// A link counts as the file that it leads to. If it leads nowhere good, the read says so.
    fn target(&self, inside: &Path) -> PathBuf {
        let target = self.disk.resolve(inside);
        target.unwrap_or_else(|_| inside.to_path_buf())
    }

    fn excludes(&self, path: &Path) -> bool {
        self.config.paths.exclude.fit(path)
    }
}

fn ci_file(path: PathBuf, provider: ProviderRef) -> CiFile {
    CiFile {
        path,
        provider,
        named: false,
        configured: false,
    }
}

/// Who owns a file whose place does not say.
fn by_read(source: &Result<Source, ReadError>) -> ProviderRef {
    let text = source.as_ref().map(Source::text);
    providers::by_text(text.unwrap_or_default())
}

/// The files in the order of their paths; one that was found by several ways is one file, owned as the first way says.
fn once_each(mut files: Vec<CiFile>) -> Vec<CiFile> {
    files.sort_by_cached_key(|file| path_key(&file.path));
    files.dedup_by(|again, first| {
        let same = again.path == first.path;
        if same {
            first.named |= again.named;
            first.configured |= again.configured;
        }
        same
    });
    files
}

/// What it means that a walk cannot go on: a folder may hold CI files that nobody saw.
fn unsearched(error: &ignore::Error, directory: &Path) -> Problem {
    match error {
        ignore::Error::WithDepth { err, .. } => unsearched(err, directory),
        ignore::Error::WithPath { path, err } => unsearched(err, &directory.join(path)),
        _ => Problem {
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
