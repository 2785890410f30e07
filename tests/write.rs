//! Writing: whole files or none, and only what git could give back. Patches: what git takes.

mod support;

use std::fs;
use std::path::Path;

use dindless::report::{Style, diff};
use dindless::write::{Change, Permit, WriteError, Writer};
use support::Repository;

fn change<'a>(path: &'a str, before: &'a str, after: &'a str) -> Change<'a> {
    Change {
        path: Path::new(path),
        before,
        after,
    }
}

fn attempt(
    repository: &Repository,
    versioned: bool,
    changes: &[Change<'_>],
    permit: Permit,
) -> Result<(), Vec<WriteError>> {
    let folder = match versioned {
        true => repository.path().join(".git/dindless"),
        false => repository.state(),
    };
    Writer::open_in(&folder, &repository.path(), versioned, permit)?.write(changes)
}

fn refusal(result: Result<(), Vec<WriteError>>) -> String {
    let errors = result.expect_err("it must be refused");
    let lines = errors
        .iter()
        .map(|error| format!("{}: {}", error.path.display(), error.message));
    lines.collect::<Vec<_>>().join("\n")
}

fn left_over(repository: &Repository) -> usize {
    let entries = fs::read_dir(repository.path()).unwrap();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name.starts_with(".dindless-")).count()
}

const CHANGES: [(&str, &str); 2] = [("a.yml", "a: 1\n"), ("ci/b.yml", "b: 1\r\n")];

#[test]
fn replaces_and_keeps_the_mode() {
    let repository = Repository::with(&CHANGES);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(repository.path().join("a.yml"), mode).unwrap();
        repository.commit();
    }
    let changes = [
        change("a.yml", "a: 1\n", "a: 2"),
        change("ci/b.yml", "b: 1\r\n", "b: 2\r\n"),
    ];
    attempt(&repository, true, &changes, Permit::default()).unwrap();
    assert_eq!(repository.get("a.yml"), "a: 2");
    assert_eq!(repository.get("ci/b.yml"), "b: 2\r\n");
    assert_eq!(left_over(&repository), 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = fs::metadata(repository.path().join("a.yml")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o755);
    }
}

#[test]
fn a_change_that_is_not_committed_is_not_lost() {
    let repository = Repository::with(&CHANGES);
    let changes = [
        change("a.yml", "a: 1\n", "a: 2\n"),
        change("ci/b.yml", "b: 0\n", "b: 2\n"),
    ];
    repository.put("ci/b.yml", "b: 0\n");
    let said = refusal(attempt(&repository, true, &changes, Permit::default()));
    assert!(
        said.starts_with("ci/b.yml: has changes that are not committed"),
        "{said}"
    );
    assert!(said.contains("--allow-dirty"), "{said}");
    assert_eq!(repository.get("a.yml"), "a: 1\n", "all or nothing");
    let permit = Permit {
        dirty: true,
        ..Permit::default()
    };
    attempt(&repository, true, &changes, permit).unwrap();
    assert_eq!(repository.get("ci/b.yml"), "b: 2\n");
}

#[test]
fn files_that_git_does_not_have_are_dirty() {
    let repository = Repository::with(&[(".gitignore", "ignored.yml\n")]);
    for path in ["new.yml", "ignored.yml", "folder/new.yml", "[x] ö.yml"] {
        repository.put(path, "a: 1\n");
        let changes = [change(path, "a: 1\n", "a: 2\n")];
        let said = refusal(attempt(&repository, true, &changes, Permit::default()));
        assert!(said.starts_with(&format!("{path}: has changes")), "{said}");
    }
}

#[test]
fn other_dirty_files_do_not_matter() {
    let repository = Repository::with(&CHANGES);
    repository.put("notes", "x");
    let changes = [change("a.yml", "a: 1\n", "a: 2\n")];
    attempt(&repository, true, &changes, Permit::default()).unwrap();
}

#[test]
fn without_git_only_on_request() {
    let repository = Repository::loose();
    repository.put("a.yml", "a: 1\n");
    let changes = [change("a.yml", "a: 1\n", "a: 2\n")];
    let said = refusal(attempt(&repository, false, &changes, Permit::default()));
    assert!(said.contains("--allow-no-vcs"), "{said}");
    let permit = Permit {
        no_vcs: true,
        ..Permit::default()
    };
    attempt(&repository, false, &changes, permit).unwrap();
    assert_eq!(repository.get("a.yml"), "a: 2\n");
}

#[test]
fn a_file_that_changed_meanwhile_is_left_alone() {
    let repository = Repository::with(&CHANGES);
    let changes = [
        change("a.yml", "a: 1\n", "a: 2\n"),
        change("ci/b.yml", "b: other\n", "b: 2\n"),
    ];
    let said = refusal(attempt(&repository, true, &changes, Permit::default()));
    assert!(
        said.contains("ci/b.yml: was changed by someone else"),
        "{said}"
    );
    assert_eq!(repository.get("a.yml"), "a: 1\n");
    assert_eq!(left_over(&repository), 0);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let repository = Repository::with(&CHANGES);
    let link = repository.path().join("link.yml");
    std::os::unix::fs::symlink("ci/b.yml", &link).unwrap();
    repository.commit();
    let changes = [change("link.yml", "b: 1\r\n", "b: 2\r\n")];
    attempt(&repository, true, &changes, Permit::default()).unwrap();
    assert!(link.is_symlink());
    assert_eq!(repository.get("ci/b.yml"), "b: 2\r\n");
}

#[test]
fn git_takes_every_patch() {
    let long = "x: 1\n".repeat(40);
    let cases = [
        ("a.yml", "a: 1\nb: 2\n", "a: 1\nb: 3\n"),
        ("crlf.yml", "a: 1\r\nb: 2\r\n", "a: 2\r\nb: 2\r\n"),
        ("mixed.yml", "a: 1\r\nb: 2\nc\rd\n", "a: 1\r\nb: 3\nc\re\n"),
        ("bom.yml", "\u{feff}a: 1\n", "\u{feff}a: 2\n"),
        ("no-newline.yml", "a: 1\nb: 2", "a: 2\nb: 2"),
        ("newline-comes.yml", "a: 1", "a: 1\n"),
        ("newline-goes.yml", "a: 1\n", "a: 1"),
        ("escape.yml", "a: \u{1b}[31m\nb\n", "a: \u{1b}[31m\nc\n"),
        ("with blank.yml", "a\n", "b\n"),
        ("ö \"quoted\".yml", "a\n", "b\n"),
        (
            "ci/deep/long.yml",
            &long,
            &long.replacen("x: 1\nx: 1\n", "y\n", 3),
        ),
        ("first.yml", "a\nb\nc\nd\ne\n", "b\nc\nd\ne\n"),
        ("last.yml", "a\nb\nc\nd\ne\n", "a\nb\nc\nd\ne\nf"),
        ("dashes.yml", "--- a\n+++ b\n-- c\n", "--- b\n+++ c\n-- c\n"),
    ];
    let files: Vec<(&str, &str)> = cases.iter().map(|case| (case.0, case.1)).collect();
    let repository = Repository::with(&files);
    let mut patch = Vec::new();
    for (path, before, after) in cases {
        diff::write_file(&mut patch, Path::new(path), before, after, Style::default()).unwrap();
    }
    let output = repository.git_output(&["apply", "-"], &patch);
    assert!(output.status.success(), "{}", support::said(&output));
    for (path, _, after) in cases {
        assert_eq!(repository.get(path), after, "{path}");
    }
}
