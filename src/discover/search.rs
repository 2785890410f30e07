//! Looking through one repository for the CI files that were asked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::walk::walked;
use super::{
    Depth, Discovery, Found, MAIN_FILES, Root, Wanted, here_in, holds_action, is_action,
    provider_by_content, provider_by_path, seen_from_here,
};
use crate::ahead::Looked;
use crate::config::Config;
use crate::outcome::{Provider, Trouble};
use crate::repository::{Disk, Files, ReadError, STANDARD_INPUT, path_order, read_plain};
use crate::rules::Rules;
use crate::text::Source;
use crate::translate::CiFile;

/// Looks through one repository.
pub(super) fn search(
    root: PathBuf,
    wanted: Wanted,
    config: Config,
    depth: Depth,
    discovery: &mut Discovery,
) {
    let shown = seen_from_here(&root);
    let seeker = Seeker {
        disk: Disk::new(&root),
        config: &config,
        depth,
    };
    let mut hits: Vec<Hit> = Vec::new();
    for path in &wanted.files {
        let inside = path.strip_prefix(&root).unwrap_or(path);
        hits.push(seeker.named(inside));
    }
    for directory in &wanted.directories {
        if directory == &root {
            // What the server runs is part of it, whatever an ignore rule says.
            let mains = MAIN_FILES.iter().map(Path::new);
            let mains = mains.filter(|name| root.join(name).symlink_metadata().is_ok());
            hits.extend(mains.filter_map(|name| seeker.placed(name, Provider::GitLab)));
        }
        // The shorter the names of what is found, the less there is to resolve to open each.
        let is_here = directory == &root && shown.as_os_str().is_empty();
        let here = Path::new(".");
        let (start, top) = match is_here {
            true => (here, here),
            false => (directory.as_path(), root.as_path()),
        };
        let visit =
            |entry: &ignore::DirEntry, buffer: &mut Vec<u8>| seeker.visit(entry, top, buffer);
        let (found, errors) = walked(start, visit, |seen: &Seen| seen.path());
        let troubles = errors.iter().map(|error| unsearched(error, directory));
        discovery.troubles.extend(troubles);
        let mut links = BTreeMap::new();
        for seen in found {
            match seen {
                Seen::File(hit) => hits.push(hit),
                Seen::Link(path, provider) => _ = links.insert(path, provider),
            }
        }
        let links = links.iter();
        hits.extend(links.filter_map(|(path, provider)| seeker.linked(path, *provider)));
    }
    let (mut files, mut looked) = once_each(hits);
    if let Some(input) = &wanted.input {
        let file = CiFile {
            path: STANDARD_INPUT.into(),
            provider: provider_by_content(input.text()),
            named: true,
            configured: false,
        };
        let place = files.partition_point(|other| other.path < file.path);
        files.insert(place, file);
        looked.insert(place, None);
    }
    discovery.found.push(Found {
        root: Root {
            shown,
            here: here_in(&root),
            path: root,
            versioned: wanted.versioned,
        },
        files,
        looked,
        input: wanted.input,
        config,
    });
}

/// A file that is to be read, and what was read of it on the way.
struct Hit {
    file: CiFile,
    looked: Option<Box<Looked>>,
}

/// What a walk finds.
enum Seen {
    File(Hit),
    /// A link or something odd, with who owns what lies in its place; nobody where only the configuration names it.
    Link(PathBuf, Option<Provider>),
}

impl Seen {
    fn path(&self) -> &Path {
        match self {
            Self::File(hit) => &hit.file.path,
            Self::Link(path, _) => path,
        }
    }
}

/// Who looks through a repository.
struct Seeker<'a> {
    disk: Disk,
    config: &'a Config,
    depth: Depth,
}

impl Seeker<'_> {
    /// A file that the user named.
    fn named(&self, inside: &Path) -> Hit {
        let provider = provider_by_path(inside);
        let provider = provider.unwrap_or_else(|| by_text(&self.disk.read(inside)));
        let mut file = ci_file(self.target(inside), provider);
        file.named = true;
        Hit { file, looked: None }
    }

    /// A file that lies where its server looks for it.
    fn placed(&self, inside: &Path, provider: Provider) -> Option<Hit> {
        let path = self.target(inside);
        let looked = None;
        (!self.excludes(&path)).then(|| Hit {
            file: ci_file(path, provider),
            looked,
        })
    }

    /// What a walk came by, if CI runs it. `top` is the root of the repository as the walk names it.
    fn visit(&self, entry: &ignore::DirEntry, top: &Path, buffer: &mut Vec<u8>) -> Option<Seen> {
        let kind = entry.file_type().filter(|kind| !kind.is_dir())?;
        let path = entry.path();
        let inside = path.strip_prefix(top).unwrap_or(path);
        let placed = provider_by_path(inside);
        if placed.is_none() && !self.config.paths.include.fit(inside) {
            return None;
        }
        if !kind.is_file() {
            return Some(Seen::Link(inside.to_path_buf(), placed));
        }
        if self.excludes(inside) {
            return None;
        }
        let doubtful = placed.is_none() || is_action(inside);
        let source = (doubtful || self.depth == Depth::Texts)
            .then(|| read_plain(path, inside.to_path_buf(), buffer));
        let provider = match (placed, &source) {
            (Some(_), Some(Ok(source))) if doubtful && !holds_action(source.text()) => return None,
            (None, Some(source)) => by_text(source),
            (placed, _) => placed?,
        };
        let mut file = ci_file(inside.to_path_buf(), provider);
        file.configured = placed.is_none();
        let source = source.filter(|_| self.depth == Depth::Texts);
        let looked = source.map(|source| Looked::at(source, provider, Rules::embedded()).into());
        Some(Seen::File(Hit { file, looked }))
    }

    /// A link that a walk came by, if CI runs what it leads to.
    fn linked(&self, inside: &Path, placed: Option<Provider>) -> Option<Hit> {
        let Some(provider) = placed else {
            let mut hit = self.placed(inside, by_text(&self.disk.read(inside)))?;
            hit.file.configured = true;
            return Some(hit);
        };
        // One that cannot be read is kept, to be reported.
        let other = is_action(inside)
            && matches!(self.disk.read(inside), Ok(source) if !holds_action(source.text()));
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

fn ci_file(path: PathBuf, provider: Provider) -> CiFile {
    CiFile {
        path,
        provider,
        named: false,
        configured: false,
    }
}

/// Who owns a file whose place does not say.
fn by_text(source: &Result<Source, ReadError>) -> Provider {
    let text = source.as_ref().map(Source::text);
    text.map_or(Provider::GitLab, provider_by_content)
}

/// The files in the order of their paths; one that was found by several ways is one file, owned as the first way says.
fn once_each(mut hits: Vec<Hit>) -> (Vec<CiFile>, Vec<Option<Box<Looked>>>) {
    hits.sort_by(|a, b| path_order(&a.file.path, &b.file.path));
    hits.dedup_by(|again, first| {
        let same = again.file.path == first.file.path;
        if same {
            first.file.named |= again.file.named;
            first.file.configured |= again.file.configured;
        }
        same
    });
    hits.into_iter().map(|hit| (hit.file, hit.looked)).unzip()
}

/// What it means that a walk cannot go on: a folder may hold CI files that nobody saw.
fn unsearched(error: &ignore::Error, directory: &Path) -> Trouble {
    match error {
        ignore::Error::WithDepth { err, .. } => unsearched(err, directory),
        ignore::Error::WithPath { path, err } => unsearched(err, &directory.join(path)),
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
