//! The files of a repository, as the translation may read them: from a disk, from memory, from standard input.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::collections::{HashMap, IndexMap};
use crate::text::{Position, Source};
use crate::wildcard;
use crate::yaml::{Problem, Tree};

/// The largest file that is read; a CI file is a thousand times smaller.
pub const SIZE_LIMIT: u64 = 32 * 1024 * 1024;

/// The name of standard input, among the paths and in what is printed.
pub const STANDARD_INPUT: &str = "-";

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The file, relative to the root.
    pub path: PathBuf,
    /// What is wrong, and what to do next.
    pub message: String,
    /// Where in it, if that can be said.
    pub at: Option<Position>,
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(Position { line, column }) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ReadError {}

/// A file that was read as YAML.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// Its text.
    pub source: Source,
    /// Its tree, or why it is none.
    pub tree: Result<Arc<Tree>, Problem>,
}

impl Parsed {
    /// Parses a text.
    pub fn new(source: Source) -> Self {
        let tree = Tree::parse(source.text()).map(Arc::new);
        Self { source, tree }
    }
}

/// What can be read. Paths are relative to the root; a leading `/` means the root, as in GitLab's `include: local`.
pub trait Files: Sync {
    /// Reads a file. The source's path is where the text really lies: links are resolved, so two ways to one file
    /// give equal paths.
    fn read(&self, path: &Path) -> Result<Source, ReadError>;

    /// Reads a file as YAML.
    fn parsed(&self, path: &Path) -> Result<Parsed, ReadError> {
        self.read(path).map(Parsed::new)
    }

    /// Whether there is such a file.
    fn exists(&self, path: &Path) -> bool;

    /// The files that match a pattern of GitLab's `include: local`, sorted.
    fn glob(&self, pattern: &str) -> Vec<PathBuf>;
}

/// A directory tree on a disk; nothing outside of it is read.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    listing: OnceLock<Vec<PathBuf>>,
    /// What patterns were found to match: many jobs ask the same.
    matched: Mutex<HashMap<String, Vec<PathBuf>>>,
    /// Folders that were resolved already, by how they were named.
    folders: Mutex<HashMap<OsString, PathBuf>>,
}

impl Disk {
    /// Takes the root as an absolute path without links, as `std::fs::canonicalize` gives it.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            listing: OnceLock::new(),
            matched: Mutex::default(),
            folders: Mutex::default(),
        }
    }

    /// Follows links to where the file really lies, relative to the root.
    pub fn resolve(&self, path: &Path) -> Result<PathBuf, ReadError> {
        self.resolved(path).map(|(inside, _)| inside)
    }

    /// Where a path leads, relative to the root and as a whole.
    fn resolved(&self, path: &Path) -> Result<(PathBuf, PathBuf), ReadError> {
        let refuse = |message: String| ReadError {
            path: path.to_path_buf(),
            message,
            at: None,
        };
        let inside = within_root(path).ok_or_else(|| refuse(LEADS_OUT.into()))?;
        let target = self
            .target(&inside)
            .map_err(|error| refuse(explain(&error)))?;
        match target.strip_prefix(&self.root) {
            Ok(inside) => Ok((inside.to_path_buf(), target)),
            Err(_) => Err(refuse(LEADS_OUT.into())),
        }
    }

    /// Where a path leads. Many files lie in one folder, which is resolved once.
    fn target(&self, inside: &Path) -> io::Result<PathBuf> {
        let (Some(folder), Some(name)) = (inside.parent(), inside.file_name()) else {
            return self.root.join(inside).canonicalize();
        };
        let known = {
            let folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
            let known = folders.get(folder.as_os_str());
            known.map(|folder| folder.join(name))
        };
        let file = match known {
            Some(file) => file,
            None => {
                let resolved = self.root.join(folder).canonicalize()?;
                let file = resolved.join(name);
                let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
                folders.insert(folder.as_os_str().to_owned(), resolved);
                file
            }
        };
        match fs::symlink_metadata(&file)?.is_symlink() {
            true => file.canonicalize(),
            false => Ok(file),
        }
    }
}

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<Source, ReadError> {
        let (target, absolute) = self.resolved(path)?;
        let refuse = |message: String| ReadError {
            path: path.to_path_buf(),
            message,
            at: None,
        };
        // Asked before it is opened: to open a fifo waits for its writer, to open a device may do anything.
        let metadata = fs::metadata(&absolute).map_err(|error| refuse(explain(&error)))?;
        if metadata.is_dir() {
            return Err(refuse(
                "is a directory where a file should be; name the file in it".into(),
            ));
        }
        if !metadata.is_file() {
            return Err(refuse(
                "is not a regular file; put the text into a file, or send it to standard input and name `-`"
                    .into(),
            ));
        }
        let mut bytes = Vec::with_capacity(metadata.len().min(SIZE_LIMIT) as usize);
        File::open(&absolute)
            .and_then(|file| file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes))
            .map_err(|error| refuse(explain(&error)))?;
        decode(target, bytes).map_err(|error| ReadError {
            path: path.to_path_buf(),
            ..error
        })
    }

    fn exists(&self, path: &Path) -> bool {
        self.resolved(path)
            .is_ok_and(|(_, target)| target.is_file())
    }

    fn glob(&self, pattern: &str) -> Vec<PathBuf> {
        let mut matched = self.matched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = matched.get(pattern) {
            return known.clone();
        }
        let listing = self.listing.get_or_init(|| {
            let mut files: Vec<PathBuf> = walk(&self.root)
                .build()
                .filter_map(Result::ok)
                .filter(|entry| entry.file_type().is_some_and(|kind| !kind.is_dir()))
                .filter_map(|entry| Some(entry.path().strip_prefix(&self.root).ok()?.to_path_buf()))
                .collect();
            files.sort();
            files
        });
        let found = matching(pattern, listing.iter());
        matched.insert(pattern.to_owned(), found.clone());
        found
    }
}

/// Files that exist only in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: IndexMap<PathBuf, String>,
}

impl<P: Into<PathBuf>, T: Into<String>> FromIterator<(P, T)> for Memory {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(files: I) -> Self {
        Self {
            files: files
                .into_iter()
                .map(|(path, text)| (path.into(), text.into()))
                .collect(),
        }
    }
}

impl Files for Memory {
    fn read(&self, path: &Path) -> Result<Source, ReadError> {
        within_root(path)
            .and_then(|inside| Some((inside.clone(), self.files.get(&inside)?)))
            .map(|(inside, text)| Source::new(inside, text.clone()))
            .ok_or_else(|| ReadError {
                path: path.to_path_buf(),
                message: MISSING.into(),
                at: None,
            })
    }

    fn exists(&self, path: &Path) -> bool {
        within_root(path).is_some_and(|inside| self.files.contains_key(&inside))
    }

    fn glob(&self, pattern: &str) -> Vec<PathBuf> {
        let mut files: Vec<&PathBuf> = self.files.keys().collect();
        files.sort();
        matching(pattern, files.into_iter())
    }
}

/// A repository with one more file: the text that came by standard input, under the name `-`.
pub struct WithInput<'a> {
    /// What was sent.
    pub input: &'a Source,
    /// Where its includes are looked for.
    pub repository: &'a dyn Files,
}

impl Files for WithInput<'_> {
    fn read(&self, path: &Path) -> Result<Source, ReadError> {
        if path == Path::new(STANDARD_INPUT) {
            return Ok(self.input.clone());
        }
        self.repository.read(path)
    }

    fn exists(&self, path: &Path) -> bool {
        path == Path::new(STANDARD_INPUT) || self.repository.exists(path)
    }

    fn glob(&self, pattern: &str) -> Vec<PathBuf> {
        self.repository.glob(pattern)
    }
}

/// Makes a source of bytes that were read: at most `SIZE_LIMIT` of them, and UTF-8.
pub fn decode(path: impl Into<PathBuf>, bytes: Vec<u8>) -> Result<Source, ReadError> {
    let path = path.into();
    let refuse = |path: PathBuf, message: String, at| Err(ReadError { path, message, at });
    if bytes.len() as u64 > SIZE_LIMIT {
        let megabytes = SIZE_LIMIT / 1024 / 1024;
        let message =
            format!("is larger than {megabytes} MB; a CI file of that size is not read, split it");
        return refuse(path, message, None);
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let message = "is UTF-16; CI servers read UTF-8, save it as UTF-8".into();
        return refuse(path, message, None);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(path, text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let bad = error.as_bytes().get(valid).copied().unwrap_or_default();
            let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
            let at = Source::new(PathBuf::new(), before).position(valid);
            let message = format!(
                "is not UTF-8: byte 0x{bad:02x} begins no character; save the file as UTF-8"
            );
            refuse(path, message, Some(at))
        }
    }
}

/// A walk over a tree that leaves out what git ignores and what is no part of the work tree; hidden files are part of it.
pub(crate) fn walk(directory: &Path) -> ignore::WalkBuilder {
    let mut walk = ignore::WalkBuilder::new(directory);
    walk.hidden(false)
        .follow_links(false)
        .require_git(false)
        .filter_entry(|entry| {
            // A folder with a `.git` of its own is another repository.
            let directory = entry.file_type().is_some_and(|kind| kind.is_dir());
            entry.file_name() != ".git"
                && (entry.depth() == 0 || !directory || !entry.path().join(".git").exists())
        });
    walk
}

const LEADS_OUT: &str =
    "leads out of the repository; copy the file into it, or name the file itself";
const MISSING: &str = "does not exist; check the path";

/// What an error of the operating system means for the user.
pub(crate) fn explain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => MISSING.into(),
        io::ErrorKind::PermissionDenied => {
            "must not be read by you; allow it (chmod u+r, chmod u+x for its folder) or run as its owner".into()
        }
        io::ErrorKind::NotADirectory => {
            "does not exist: a part of its path is a file, not a folder; check the path".into()
        }
        _ => format!("cannot be read: {error}"),
    }
}

/// The path without `.` and `..`; nothing if it climbs out of the root.
fn within_root(path: &Path) -> Option<PathBuf> {
    let is_plain = |component| matches!(component, Component::Normal(_));
    if path.components().all(is_plain) && !path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Some(path.to_path_buf());
    }
    let mut inside = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => inside.push(part),
            Component::ParentDir if !inside.pop() => return None,
            Component::ParentDir | Component::CurDir | Component::RootDir => {}
            Component::Prefix(_) => return None,
        }
    }
    Some(inside)
}

/// Orders paths as their parts do, and costs less than that.
pub(crate) fn path_order(a: &Path, b: &Path) -> Ordering {
    let (a, b) = (
        a.as_os_str().as_encoded_bytes(),
        b.as_os_str().as_encoded_bytes(),
    );
    match a.iter().zip(b).find(|(a, b)| a != b) {
        Some((a, b)) => path_byte(a).cmp(&path_byte(b)),
        None => a.len().cmp(&b.len()),
    }
}

/// What orders paths as their parts do.
pub(crate) fn path_key(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    bytes.map(path_byte).collect()
}

/// A byte of a path; what stands between two parts is smaller than all that may stand in one.
fn path_byte(byte: &u8) -> u8 {
    match std::path::is_separator(char::from(*byte)) {
        true => 0,
        false => *byte,
    }
}

/// The path with `/` between its parts on every system; what is no Unicode becomes U+FFFD.
pub fn slashed(path: &Path) -> String {
    with_slashes(path).into_owned()
}

fn with_slashes(path: &Path) -> Cow<'_, str> {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' {
        text
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/").into()
    }
}

fn matching<'a>(pattern: &str, files: impl Iterator<Item = &'a PathBuf>) -> Vec<PathBuf> {
    let pattern = pattern.trim_start_matches('/');
    files
        .filter(|path| wildcard::matches(pattern, &with_slashes(path)))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk() -> (tempfile::TempDir, Disk) {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path().canonicalize().unwrap());
        (folder, disk)
    }

    fn message(disk: &Disk, path: &str) -> String {
        disk.read(Path::new(path)).unwrap_err().to_string()
    }

    #[test]
    fn reads_what_is_there() {
        let (folder, disk) = disk();
        fs::create_dir(folder.path().join("ci")).unwrap();
        fs::write(folder.path().join("ci/a.yml"), "a: 1\r\n").unwrap();
        for path in ["ci/a.yml", "/ci/a.yml", "./ci/../ci/a.yml"] {
            let source = disk.read(Path::new(path)).unwrap();
            assert_eq!(source.path(), Path::new("ci/a.yml"));
            assert_eq!(source.text(), "a: 1\r\n");
        }
        assert!(disk.exists(Path::new("/ci/a.yml")));
        assert!(!disk.exists(Path::new("ci")));
        assert_eq!(disk.glob("/ci/*.yml"), [PathBuf::from("ci/a.yml")]);
        assert_eq!(
            message(&disk, "b.yml"),
            "b.yml: does not exist; check the path"
        );
        assert!(message(&disk, "ci").contains("is a directory"));
        assert!(message(&disk, "ci/a.yml/b").contains("is a file"));
        assert!(message(&disk, "../x").contains("leads out"));
    }

    #[test]
    fn says_where_the_first_bad_byte_is() {
        let error = decode(Path::new("x"), b"a: 1\nb: \xc3\xb6\xff\n".to_vec()).unwrap_err();
        assert_eq!(error.at, Some(Position { line: 2, column: 5 }));
        assert!(error.message.contains("0xff"));
        let error = decode(Path::new("x"), b"\xff\xfea\0".to_vec()).unwrap_err();
        assert!(error.message.contains("UTF-16"));
    }

    #[test]
    fn too_large_is_refused() {
        let (folder, disk) = disk();
        let file = File::create(folder.path().join("large.yml")).unwrap();
        file.set_len(SIZE_LIMIT + 1).unwrap();
        assert!(message(&disk, "large.yml").contains("larger than 32 MB"));
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_within_the_root() {
        use std::os::unix::fs::symlink;
        let (folder, disk) = disk();
        let outside = tempfile::NamedTempFile::new().unwrap();
        fs::write(folder.path().join("a.yml"), "a: 1\n").unwrap();
        symlink("a.yml", folder.path().join("inside.yml")).unwrap();
        symlink(outside.path(), folder.path().join("outside.yml")).unwrap();
        symlink("loop.yml", folder.path().join("loop.yml")).unwrap();
        symlink("/dev/zero", folder.path().join("device.yml")).unwrap();
        let source = disk.read(Path::new("inside.yml")).unwrap();
        assert_eq!(source.path(), Path::new("a.yml"));
        assert!(message(&disk, "outside.yml").contains("leads out"));
        assert!(message(&disk, "device.yml").contains("leads out"));
        assert!(message(&disk, "loop.yml").contains("cannot be read"));
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_is_not_opened() {
        let (folder, disk) = disk();
        let _listener =
            std::os::unix::net::UnixListener::bind(folder.path().join("x.yml")).unwrap();
        assert!(message(&disk, "x.yml").contains("not a regular file"));
    }

    #[test]
    fn memory_answers_like_a_disk() {
        let memory: Memory = [("ci/b.yml", "b"), ("ci/a.yml", "a")].into_iter().collect();
        assert_eq!(memory.read(Path::new("/ci/a.yml")).unwrap().text(), "a");
        assert!(memory.exists(Path::new("ci/b.yml")));
        assert!(!memory.exists(Path::new("../ci/b.yml")));
        assert_eq!(
            memory.glob("ci/*.yml"),
            [PathBuf::from("ci/a.yml"), PathBuf::from("ci/b.yml")]
        );
    }
}
