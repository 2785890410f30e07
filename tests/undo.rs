//! Taking back: `--revert`, runs that are killed, and two runs at once.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::{Repository, said, status};

const DOCKER: &str = "on: push
jobs:
  build: # the image
    runs-on: ubuntu-latest
    steps:
      - run: docker build -t app .
";
const PODMAN: &str = "on: push
jobs:
  build: # the image
    runs-on: ubuntu-latest
    steps:
      - run: podman build -t app .
";
const PATHS: [&str; 2] = [".github/workflows/a.yml", ".github/workflows/b.yml"];

fn two_workflows() -> Repository {
    let dockerfile = ("Dockerfile", "FROM docker.io/library/alpine\n");
    Repository::with(&[dockerfile, (PATHS[0], DOCKER), (PATHS[1], DOCKER)])
}

#[track_caller]
fn succeeds(repository: &Repository, arguments: &[&str]) -> String {
    let output = repository.run(arguments);
    assert_eq!(status(&output), Some(0), "{}", said(&output));
    said(&output)
}

#[track_caller]
fn holds(repository: &Repository, texts: [&str; 2]) {
    for (path, text) in PATHS.iter().zip(texts) {
        assert_eq!(repository.get(path), text, "{path}");
    }
}

/// What git sees that is not committed.
fn changes(repository: &Repository) -> String {
    let output = repository.git_output(&["status", "--porcelain", "--ignored"], b"");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_last_run_is_taken_back_and_no_litter_stays() {
    let repository = two_workflows();
    succeeds(&repository, &["--write"]);
    holds(&repository, [PODMAN; 2]);
    assert_eq!(
        changes(&repository).lines().count(),
        2,
        "{}",
        changes(&repository)
    );
    // A run with nothing to do is not the last one.
    succeeds(&repository, &["--write"]);
    let said = succeeds(&repository, &["--revert"]);
    assert!(
        said.contains("2 files are as before the last --write"),
        "{said}"
    );
    holds(&repository, [DOCKER; 2]);
    assert_eq!(changes(&repository), "");
    let again = repository.run(&["--revert"]);
    assert_eq!(status(&again), Some(2));
    assert!(
        support::said(&again).contains("no --write here"),
        "{}",
        support::said(&again)
    );
}

#[test]
fn what_changed_since_is_named_and_nothing_is_taken_back() {
    let repository = two_workflows();
    succeeds(&repository, &["--write"]);
    let edited = format!("{PODMAN}# mine\n");
    repository.put(PATHS[1], &edited);
    let output = repository.run(&["--revert"]);
    assert_eq!(status(&output), Some(2));
    let said = said(&output);
    assert!(said.contains("b.yml: was changed since"), "{said}");
    assert!(!said.contains("a.yml"), "{said}");
    holds(&repository, [PODMAN, &edited]);
    // Undone by hand: then all of it goes.
    repository.put(PATHS[1], DOCKER);
    succeeds(&repository, &["--revert"]);
    holds(&repository, [DOCKER; 2]);
}

#[test]
fn without_git_the_journal_lies_elsewhere() {
    let repository = Repository::loose();
    repository.put(
        ".gitlab-ci.yml",
        "build:\n  image: docker:27\n  services: [docker:27-dind]\n  script: [docker ps]\n",
    );
    let before = repository.get(".gitlab-ci.yml");
    succeeds(&repository, &["--write", "--allow-no-vcs"]);
    assert_ne!(repository.get(".gitlab-ci.yml"), before);
    assert_eq!(fs::read_dir(repository.path()).unwrap().count(), 1);
    succeeds(&repository, &["--revert"]);
    assert_eq!(repository.get(".gitlab-ci.yml"), before);
}

#[test]
fn a_linked_work_tree_has_a_journal_of_its_own() {
    let repository = two_workflows();
    repository.git(&["worktree", "add", "-q", "linked"]);
    let linked = |path: &str| repository.get(&format!("linked/{path}"));
    succeeds(&repository, &["--write", "linked"]);
    assert_eq!(linked(PATHS[0]), PODMAN);
    assert_eq!(status(&repository.run(&["--revert"])), Some(2));
    succeeds(&repository, &["--revert", "linked"]);
    assert_eq!(linked(PATHS[0]), DOCKER);
    holds(&repository, [DOCKER; 2]);
}

#[test]
fn two_runs_at_once_do_not_meet() {
    let repository = two_workflows();
    succeeds(&repository, &["--write"]);
    let lock = fs::OpenOptions::new()
        .write(true)
        .open(repository.path().join(".git/dindless/lock"))
        .unwrap();
    lock.lock().unwrap();
    for mode in ["--write", "--revert"] {
        let output = repository.run(&[mode]);
        assert_eq!(status(&output), Some(2));
        let said = said(&output);
        assert!(said.contains("another run (process "), "{said}");
        assert!(said.contains("is at work here; wait"), "{said}");
    }
    holds(&repository, [PODMAN; 2]);
    drop(lock);
    succeeds(&repository, &["--revert"]);
}

#[cfg(unix)]
#[test]
fn mode_and_links_stay_there_and_back() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let repository = two_workflows();
    let real = repository.path().join("real.yml");
    fs::rename(repository.path().join(PATHS[0]), &real).unwrap();
    symlink("../../real.yml", repository.path().join(PATHS[0])).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    repository.commit();
    for (arguments, text) in [("--write", PODMAN), ("--revert", DOCKER)] {
        succeeds(&repository, &[arguments]);
        assert_eq!(fs::read_to_string(&real).unwrap(), text);
        assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o640);
        assert!(repository.path().join(PATHS[0]).is_symlink());
    }
}

/// A repository whose git directory lies on another disk than its work tree.
#[cfg(target_os = "linux")]
#[test]
fn a_journal_on_another_disk_does_the_same() {
    use std::os::unix::fs::MetadataExt;
    let repository = two_workflows();
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
        return eprintln!("skipped: there is no /dev/shm to write to");
    };
    let disk = |path: &Path| path.metadata().unwrap().dev();
    if disk(other.path()) == disk(&repository.path()) {
        return eprintln!("skipped: /dev/shm is the disk of the temporary folders");
    }
    let shelf = repository.path().join(".git/dindless");
    std::os::unix::fs::symlink(other.path(), shelf).unwrap();
    succeeds(&repository, &["--write"]);
    holds(&repository, [PODMAN; 2]);
    assert_eq!(
        changes(&repository).lines().count(),
        2,
        "{}",
        changes(&repository)
    );
    succeeds(&repository, &["--revert"]);
    assert_eq!(changes(&repository), "");
}

/// How often a run is killed.
const KILLS: usize = 200;

const FILES: usize = 12;

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

fn start(repository: &Repository, mode: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_dindless"))
        .arg(mode)
        .current_dir(repository.path())
        .env("XDG_STATE_HOME", repository.state())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_run_that_is_killed_anywhere_is_taken_back() {
    let paths: Vec<String> = (0..FILES)
        .map(|number| format!(".github/workflows/{number}.yml"))
        .collect();
    let mut files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), DOCKER)).collect();
    files.push(("Dockerfile", "FROM docker.io/library/alpine\n"));
    let repository = Repository::with(&files);
    let running = repository.path().join(".git/dindless/running.json");
    let count = |text: &str| {
        paths
            .iter()
            .filter(|path| repository.get(path) == text)
            .count()
    };
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut cut_off = [0; 2];
    let mut halfway = 0;
    for kill in 0..KILLS {
        let mode = ["--write", "--revert"][kill % 2];
        if mode == "--revert" {
            succeeds(&repository, &["--write"]);
        }
        let begun = Instant::now();
        let mut child = start(&repository, mode);
        // Every fourth is killed anywhere; the others once they have begun to write.
        if kill % 4 < 3 {
            while !running.exists() && child.try_wait().unwrap().is_none() {
                std::hint::spin_loop();
            }
            sleep(Duration::from_micros(chance.below(4000)));
        } else {
            sleep(Duration::from_millis(chance.below(100)));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let written = count(PODMAN);
        assert_eq!(written + count(DOCKER), FILES, "each is whole");
        let is_cut_off = running.exists();
        cut_off[kill % 2] += usize::from(is_cut_off);
        halfway += usize::from(written % FILES != 0);
        assert!(
            is_cut_off || written % FILES == 0,
            "all or nothing, after {:?}",
            begun.elapsed()
        );
        let strangers = changes(&repository);
        let strangers = strangers.lines().filter(|line| !line.starts_with(" M "));
        assert_eq!(strangers.count(), 0, "litter: {}", changes(&repository));

        let next = ["--revert", "--write"][kill / 2 % 2];
        let output = repository.run(&[next]);
        let told = said(&output).contains("was cut off");
        assert_eq!(told, is_cut_off, "{}", said(&output));
        let wanted = if next == "--write" { FILES } else { 0 };
        assert_eq!(
            count(PODMAN),
            wanted,
            "after {mode} and {next}: {}",
            said(&output)
        );
        if next == "--write" {
            succeeds(&repository, &["--revert"]);
        }
        assert_eq!(changes(&repository), "", "everything is as it was");
        assert!(!running.exists());
    }
    eprintln!("cut off: {cut_off:?} of {KILLS}, with some files changed and some not: {halfway}");
    assert!(
        cut_off[0] > 0 && cut_off[1] > 0 && halfway > 0,
        "{cut_off:?} {halfway}"
    );
}
