//! Every folder in golden/PROVIDER is a case: a repository `before`, the files that differ `after`, and the report with its
//! notes.
//!
//! `args.txt` holds options of the run, if there are any. `DINDLESS_ACCEPT=1 cargo test --test golden` writes `after`
//! and `report.txt` anew.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use similar::TextDiff;
use support::{Repository, said, status};

/// The files of a folder by their paths in it, `/` between the parts.
type Tree = BTreeMap<String, Vec<u8>>;

#[test]
fn every_case_comes_out_as_written() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let cases: Vec<PathBuf> = folders(&golden).iter().flat_map(|it| folders(it)).collect();
    assert!(!cases.is_empty(), "no cases in {}", golden.display());
    let accept = std::env::var_os("DINDLESS_ACCEPT").is_some_and(|value| value == "1");
    let failures: Vec<String> = cases
        .par_iter()
        .filter_map(|case| {
            let faults = Case::read(case).run(accept);
            let name = case.strip_prefix(&golden).unwrap_or(case).display();
            (!faults.is_empty()).then(|| format!("===== {name}\n{faults}"))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{}\n{} of {} cases fail; DINDLESS_ACCEPT=1 writes what comes out now",
        failures.join("\n"),
        failures.len(),
        cases.len()
    );
}

struct Case {
    folder: PathBuf,
    arguments: Vec<String>,
    before: Tree,
    /// `before` with what differs.
    after: Tree,
    report: String,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let text = |name| fs::read_to_string(folder.join(name)).unwrap_or_default();
        let before = tree(&folder.join("before"));
        let mut after = before.clone();
        after.extend(tree(&folder.join("after")));
        Self {
            arguments: text("args.txt")
                .split_whitespace()
                .map(Into::into)
                .collect(),
            report: text("report.txt"),
            folder: folder.to_owned(),
            before,
            after,
        }
    }

    /// What is wrong, as text for people; empty if nothing is.
    fn run(&self, accept: bool) -> String {
        let mut faults = String::new();
        if self.before.is_empty() {
            faults.push_str("there are no files in before/\n");
        }
        let repository = Repository::loose();
        for (path, text) in &self.before {
            repository.put(path, text);
        }
        let dry = repository.run(&self.with(&[]));
        let mut report = said(&dry);
        let code = status(&dry).map_or("none".to_owned(), |code| code.to_string());
        let _ = writeln!(report, "Exit status: {code}");
        if tree(&repository.path()) != self.before {
            faults.push_str("the dry run wrote something\n");
        }
        let write = repository.run(&self.with(&["--write", "--allow-no-vcs"]));
        let written = tree(&repository.path());
        if written != self.before && dry.stdout.is_empty() {
            faults.push_str("--write changes what the dry run does not show\n");
        }
        if !matches!(status(&write), Some(0..=2)) {
            let _ = writeln!(faults, "--write ends with {:?}", status(&write));
        }
        if accept {
            self.accept(&written, &report);
        } else {
            for (path, text) in &written {
                let expected = self.after.get(path).map(Vec::as_slice).unwrap_or_default();
                faults.push_str(&difference(path, expected, text));
            }
            let missing = self
                .after
                .keys()
                .filter(|path| !written.contains_key(*path));
            for path in missing {
                let _ = writeln!(faults, "after/{path} is not written");
            }
            faults.push_str(&difference(
                "report.txt",
                self.report.as_bytes(),
                report.as_bytes(),
            ));
        }
        let again = repository.run(&self.with(&[]));
        if !again.stdout.is_empty() {
            let diff = String::from_utf8_lossy(&again.stdout);
            let _ = writeln!(faults, "a second run changes more:\n{diff}");
        }
        faults
    }

    fn with<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let common = ["--format", "text", "--color", "never", "--verbose"];
        let own = self.arguments.iter().map(String::as_str);
        common
            .into_iter()
            .chain(more.iter().copied())
            .chain(own)
            .collect()
    }

    /// Makes what came out what is expected.
    fn accept(&self, written: &Tree, report: &str) {
        let after = self.folder.join("after");
        if after.exists() {
            fs::remove_dir_all(&after).expect("after/ can go");
        }
        for (path, text) in written {
            if self.before.get(path) != Some(text) {
                let path = after.join(path);
                fs::create_dir_all(path.parent().unwrap_or(&after)).expect("a folder");
                fs::write(path, text).expect("a file in after/");
            }
        }
        fs::write(self.folder.join("report.txt"), report).expect("the report");
    }
}

/// A diff from what is expected to what came out; line ends are shown where only they differ.
fn difference(path: &str, expected: &[u8], found: &[u8]) -> String {
    if expected == found {
        return String::new();
    }
    let mut expected = String::from_utf8_lossy(expected).into_owned();
    let mut found = String::from_utf8_lossy(found).into_owned();
    if expected.contains('\r') || found.contains('\r') {
        for text in [&mut expected, &mut found] {
            *text = text.replace('\r', "\\r");
        }
    }
    TextDiff::from_lines(&expected, &found)
        .unified_diff()
        .header(&format!("expected {path}"), "came out")
        .to_string()
}

/// The folders in a folder, by name.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

/// All files below a folder; none if it is not there.
fn tree(root: &Path) -> Tree {
    let mut found = Tree::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.is_dir() {
                open.push(path);
            } else if let Ok(relative) = path.strip_prefix(root) {
                let parts: Vec<_> = relative.iter().map(|it| it.to_string_lossy()).collect();
                found.insert(parts.join("/"), fs::read(&path).expect("a file to read"));
            }
        }
    }
    found
}
