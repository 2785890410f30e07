//! A repository in a folder of its own, for the tests.

#![allow(dead_code)] // each test file uses a part of it

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A temporary folder; it goes when the test ends.
pub(crate) struct Repository {
    folder: tempfile::TempDir,
    state: tempfile::TempDir,
}

impl Repository {
    /// A folder without git.
    pub(crate) fn loose() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            state: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// An empty git work tree.
    pub(crate) fn new() -> Self {
        let repository = Self::loose();
        repository.git(&["init", "-q"]);
        repository
    }

    /// A git work tree with these files, committed.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let repository = Self::new();
        for (path, text) in files {
            repository.put(path, text);
        }
        repository.commit();
        repository
    }

    /// Absolute and without links.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder
            .path()
            .canonicalize()
            .expect("the folder is there")
    }

    /// Where the program keeps what it knows of folders without git; beside the repository, and not in it.
    pub(crate) fn state(&self) -> PathBuf {
        self.state.path().to_owned()
    }

    pub(crate) fn put(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn get(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).expect("a file to read")
    }

    pub(crate) fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "before"]);
    }

    pub(crate) fn git(&self, arguments: &[&str]) {
        let output = self.git_output(arguments, b"");
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
    }

    pub(crate) fn git_output(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = Command::new("git");
        command
            .args(["-c", "user.name=a", "-c", "user.email=a@b.test"])
            .args(["-c", "core.autocrlf=false"])
            .args(arguments);
        self.output(command, input)
    }

    /// Runs the program in the repository.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, b"")
    }

    /// Runs the program in the repository with something on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dindless"));
        command.args(arguments);
        self.output(command, input)
    }

    fn output(&self, mut command: Command, input: &[u8]) -> Output {
        let mut child = command
            .current_dir(self.folder.path())
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .env("XDG_STATE_HOME", self.state())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            // A folder without git must stay one, wherever temporary folders lie.
            .env("GIT_CEILING_DIRECTORIES", std::env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        if let Some(mut stdin) = child.stdin.take() {
            // A program that ends without reading closes the pipe.
            let _ = std::io::Write::write_all(&mut stdin, input);
        }
        child.wait_with_output().expect("the program ends")
    }
}

/// What a program said on standard error.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The exit status.
pub(crate) fn status(output: &Output) -> Option<i32> {
    output.status.code()
}
