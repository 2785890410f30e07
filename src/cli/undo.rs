//! Taking back: `--revert`, and what a run that was cut off left behind.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::discover::{Found, Root, roots};
use crate::report::harmless;
use crate::write::{Permit, Recovery, WriteError, Writer};

use super::{Exit, complain};

/// Takes the right to write each repository, and says what was taken back for that.
pub(super) fn open<'a>(
    found: impl Iterator<Item = &'a Found>,
    permit: Permit,
) -> Vec<Result<Writer, Vec<WriteError>>> {
    let open = |found: &Found| {
        let root = &found.root;
        let writer = Writer::open(&root.path, root.versioned, permit)?;
        if let Some(recovery) = writer.recovery() {
            recovered(root, recovery);
        }
        Ok(writer)
    };
    found.map(open).collect()
}

/// Takes back what the last run wrote in the repositories of `paths`.
pub(super) fn revert(paths: &[PathBuf]) -> Exit {
    let (roots, problems) = roots(paths);
    for problem in &problems {
        complain(&line(&problem.path.to_string_lossy(), &problem.message));
    }
    let failed = roots.iter().filter(|root| !revert_one(root)).count();
    match failed + problems.len() {
        0 => Exit::Clean,
        _ => Exit::Failed,
    }
}

/// Takes back what the last run wrote in one repository; says whether that could be done.
fn revert_one(root: &Root) -> bool {
    let taken_back =
        Writer::open(&root.path, root.versioned, Permit::default()).and_then(|writer| {
            match writer.recovery() {
                // That was the last run.
                Some(recovery) => {
                    recovered(root, recovery);
                    Ok(None)
                }
                None => writer.revert().map(Some),
            }
        });
    match taken_back {
        Ok(None) => true,
        Ok(Some(Some(files))) => {
            note(&format!(
                "{} as before the last --write: {}.",
                are(&files),
                listed(root, &files)
            ));
            true
        }
        Ok(Some(None)) => {
            let why = "there is no --write here that could be taken back";
            complain(&line(&root.shown(Path::new(".")), why));
            false
        }
        Err(errors) => {
            for error in errors {
                complain(&line(&root.shown(&error.path), &error.message));
            }
            false
        }
    }
}

fn recovered(root: &Root, recovery: &Recovery) {
    let cut_off = match recovery.reverts {
        true => "The last --revert was cut off",
        false => "The last --write was cut off",
    };
    let files = &recovery.taken_back;
    match (files.is_empty(), recovery.reverts) {
        (true, _) => note(&format!("{cut_off}; every file is as before the --write.")),
        (_, true) => note(&format!(
            "{cut_off} and is finished now: {}.",
            listed(root, files)
        )),
        (_, false) => note(&format!(
            "{cut_off} and is taken back now: {}.",
            listed(root, files)
        )),
    }
    for path in &recovery.left {
        let why = "was changed since and stays as it is; compare it with git diff";
        note(&line(&root.shown(path), why));
    }
}

fn are(files: &[PathBuf]) -> String {
    match files.len() {
        1 => "1 file is".into(),
        number => format!("{number} files are"),
    }
}

/// The most files that are named in one line.
const NAMED: usize = 10;

fn listed(root: &Root, files: &[PathBuf]) -> String {
    let names = files.iter().take(NAMED).map(|path| root.shown(path));
    let mut list = names.collect::<Vec<_>>().join(", ");
    if files.len() > NAMED {
        list.push_str(&format!(" and {} more", files.len() - NAMED));
    }
    list
}

fn line(path: &str, why: &str) -> String {
    format!("{path}: {why}")
}

/// Says something, as far as anybody listens.
fn note(what: &str) {
    let _ = writeln!(io::stderr(), "{}", harmless(what));
}
