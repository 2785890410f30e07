//! What a text of commands does with Docker, and which files it names.

use crate::collections::IndexSet;
use crate::rules::{LoginWay, Rules};

use super::simple::{Simple, base_name, commands, is_shell};
use super::words::{default_engine, expansion, variable};

/// What a text has, each with its line from 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    /// Docker, however it is used.
    pub(super) uses: Vec<(usize, Use)>,
    /// What it runs or names of the repository.
    pub(super) mentions: IndexSet<Mention>,
    /// Folders that it goes to.
    pub(super) folders: Vec<String>,
    /// Variables that hold docker.
    pub(super) engines: Vec<(usize, String, Holds)>,
    /// All variables that it sets.
    pub(super) set: Vec<String>,
    /// Variables in the place of a program.
    pub(super) run: Vec<(usize, String)>,
    /// Commands that may run tests, or look for an image.
    pub(super) others: Vec<Simple>,
}

/// How a text uses Docker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It calls docker.
    Calls,
    /// It runs a program that needs Docker's engine.
    Engine(String),
    /// It names Docker's socket.
    Socket,
    /// It asks for a library that speaks to the engine.
    Library,
}

/// What a variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// A docker command.
    Docker,
    /// docker, unless the environment says something else.
    DockerByDefault,
    /// Something of Podman's.
    Podman,
}

/// Something of the repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mention {
    /// A file that is run as a script.
    Run(String),
    /// A program by its bare name, which may be a file.
    Named(String),
    /// A word that may be a file.
    Word(String),
    /// A makefile that another one takes in.
    Include(String),
    /// Targets of a makefile; in which folder, and which file.
    Make(Option<String>, Option<String>, Vec<String>),
    /// A script of package.json; in which folder.
    Package(Option<String>, String),
    /// A file that a tool reads by itself.
    Implied(&'static str),
    /// The files in a folder and below whose names end so.
    Folder(String, &'static str),
}

/// Files that tools read without being told to.
const IMPLIED: [(&[&str], &[&str]); 11] = [
    (
        &["task", "go-task"],
        &["Taskfile.yml", "Taskfile.yaml", "Taskfile.dist.yml"],
    ),
    (&["tox"], &["tox.ini"]),
    (&["pre-commit"], &[".pre-commit-config.yaml"]),
    (&["nox"], &["noxfile.py"]),
    (&["invoke", "inv"], &["tasks.py"]),
    (&["rake"], &["Rakefile"]),
    (
        &["gradle", "gradlew"],
        &["build.gradle", "build.gradle.kts"],
    ),
    (&["gulp"], &["gulpfile.js"]),
    (&["grunt"], &["Gruntfile.js"]),
    (&["mage"], &["magefile.go"]),
    (
        &["pytest", "py.test"],
        &["conftest.py", "tests/conftest.py"],
    ),
];

/// Flags of clients behind which a host stands.
const HOST_FLAGS: [&str; 4] = ["-h", "--host", "--hostname", "--server"];

/// Programs that start one of the tools by its name.
const LAUNCHERS: [&str; 14] = [
    "pipx", "uvx", "uv", "poetry", "pipenv", "hatch", "pdm", "rye", "python", "python3", "npx",
    "pnpx", "bunx", "bundle",
];

/// Files that test runners and others look for in the folders that they are given, by the ends of their names.
const IN_FOLDERS: [(&[&str], &[&str]); 6] = [
    (&["bats"], &[".bats"]),
    (&["run-parts"], &[""]),
    (&["pytest", "py.test"], &[".py"]),
    (&["go", "gotestsum", "ginkgo"], &["_test.go"]),
    (&["mocha", "jest", "vitest", "ava"], &[".js", ".ts"]),
    (&["rspec"], &["_spec.rb"]),
];

/// The word that docker is called by, wherever the program lies.
pub(super) fn is_docker(word: &str) -> bool {
    matches!(
        base_name(word),
        "docker" | "docker-compose" | "docker.exe" | "docker-buildx" | "dockerd"
    ) && !word.ends_with("/docker/")
        && (!word.contains('/') || word.starts_with('/') && word.contains("bin/"))
}

impl Reading {
    /// Reads a text of the shell's language whose first line has this number.
    pub(super) fn shell(&mut self, rules: &Rules, text: &str, first: usize) {
        let (simples, readable) = commands(text);
        for mut simple in simples {
            simple.line += first;
            if !readable
                && simple.words.iter().any(|word| is_docker(word))
                && !prints(rules, &simple)
            {
                self.uses.push((simple.line, Use::Calls));
            }
            self.command(rules, simple);
        }
    }

    /// Takes in a command.
    pub(super) fn command(&mut self, rules: &Rules, simple: Simple) {
        for (name, value) in &simple.settings {
            self.setting(simple.line, name, value);
        }
        let Some(first) = simple.words.first().cloned() else {
            return;
        };
        let line = simple.line;
        let without = first.get(expansion(&first)..).unwrap_or_default();
        if is_docker(&first) || is_docker(without) {
            self.uses.push((line, Use::Calls));
            return;
        }
        if let Some(name) = variable(&first).or_else(|| default_engine(&first)) {
            self.run.push((line, name.to_owned()));
        }
        if let Some(name) = default_engine(&first) {
            self.engines
                .push((line, name.to_owned(), Holds::DockerByDefault));
        }
        self.docker_in_words(rules, &simple);
        let program = simple.program().to_owned();
        match program.as_str() {
            "cd" | "pushd" => self.folders.extend(simple.words.get(1).cloned()),
            "alias" if simple.words.iter().any(|word| of_docker(word)) => {
                self.uses.push((line, Use::Calls));
            }
            "export" | "readonly" | "declare" | "local" | "typeset" => {
                for word in simple.words.iter().skip(1) {
                    if let Some((name, value)) = super::simple::setting(word) {
                        self.setting(line, name, value);
                    }
                }
            }
            _ => self.files(rules, &simple, &program),
        }
        let words = || simple.words.iter().skip(1).cloned().collect();
        if rules.scans_images(&program) || rules.test_runner(&program, words).is_some() {
            self.others.push(simple);
        }
    }

    /// `NAME=value`; in a makefile also `NAME ?= value`, which the environment goes before.
    pub(super) fn setting(&mut self, line: usize, name: &str, value: &str) {
        let value = value.trim();
        let first = value.split_whitespace().next().unwrap_or_default();
        if let Some(engine) = default_engine(value) {
            self.engines
                .push((line, engine.to_owned(), Holds::DockerByDefault));
        } else if is_docker(first) || looks_docker_up(value) {
            self.engines.push((line, name.to_owned(), Holds::Docker));
        } else if base_name(first).starts_with("podman") {
            self.engines.push((line, name.to_owned(), Holds::Podman));
        } else if let Some(other) = variable(first) {
            self.run.push((line, other.to_owned()));
        }
        self.set.push(name.to_owned());
        for word in value.split_whitespace() {
            self.mention(Mention::Word(word.to_owned()));
        }
    }

    pub(super) fn mention(&mut self, mention: Mention) {
        self.mentions.insert(mention);
    }

    /// Docker among the words of another program.
    fn docker_in_words(&mut self, rules: &Rules, simple: &Simple) {
        let line = simple.line;
        let program = simple.program();
        let words = || simple.words.iter().skip(1).cloned().collect();
        let login = rules.login(program, words);
        if login.is_some_and(|rule| rule.is == LoginWay::File) {
            return; // its login lies where Podman reads it, too
        }
        if rules.looks_up(program) && simple.words.iter().skip(1).any(|word| is_docker(word)) {
            self.uses.push((line, Use::Calls));
        } else if login.is_some() || needs_engine(rules, program) {
            let word = simple.words.first().cloned().unwrap_or_default();
            self.uses.push((line, Use::Engine(word)));
        }
        let socket = simple.words.iter().any(|word| word.contains("docker.sock"));
        if socket && !rules.only_prints(program) {
            self.uses.push((line, Use::Socket));
        }
        if prints(rules, simple) {
            return;
        }
        let is_verb = |word: &str| word.starts_with('-') || rules.command(&[word]).is_some();
        let apart = simple.words.windows(3).any(|three| match three {
            // `psql -h docker -U app`: the name of a host
            [flag, _, _] if HOST_FLAGS.contains(&flag.as_str()) => false,
            [_, word, next] => is_docker(word) && is_verb(next),
            _ => false,
        });
        let leads = simple.words.get(1).is_some_and(|word| is_docker(word))
            && variable(simple.words.first().map_or("", String::as_str)).is_some();
        let together = simple
            .words
            .iter()
            .skip(1)
            .any(|word| holds_command(rules, word));
        if apart || together || leads {
            self.uses.push((line, Use::Calls));
        }
    }

    /// What a command runs or names of the repository.
    fn files(&mut self, rules: &Rules, simple: &Simple, program: &str) {
        let line = simple.line;
        let words = simple.words.get(1..).unwrap_or_default();
        match program {
            "make" | "gmake" | "$(MAKE)" | "${MAKE}" | "$MAKE" => {
                let given = words.iter().filter_map(|word| super::simple::setting(word));
                for (name, value) in given {
                    self.setting(line, name, value);
                }
                self.mention(make(words));
                return;
            }
            "just" => {
                let targets = words.iter().filter(|word| !word.starts_with('-'));
                let targets: Vec<String> = targets.cloned().collect();
                for file in ["justfile", "Justfile", ".justfile"] {
                    let file = Some(file.to_owned());
                    self.mention(Mention::Make(None, file, targets.clone()));
                }
                return;
            }
            "npm" | "yarn" | "pnpm" | "bun" => {
                self.package_scripts(program, words);
                return;
            }
            "run-s" | "run-p" | "npm-run-all" | "concurrently" | "wireit" => {
                for word in words.iter().filter(|word| !word.starts_with('-')) {
                    let name = word.strip_prefix("npm:").unwrap_or(word);
                    self.mention(Mention::Package(None, name.to_owned()));
                }
            }
            _ => {}
        }
        // `pipx run nox`, `python -m tox`, `npx gulp`
        let launched = words.iter().filter(|_| LAUNCHERS.contains(&program));
        for (tools, files) in IMPLIED {
            let mut names = launched.clone().map(String::as_str).chain([program]);
            if names.any(|name| tools.contains(&name)) {
                files
                    .iter()
                    .for_each(|file| self.mention(Mention::Implied(file)));
            }
        }
        for (tools, ends) in IN_FOLDERS {
            if tools.contains(&program) {
                let folders = words.iter().filter(|word| !word.starts_with('-'));
                for folder in folders.map(|word| word.trim_end_matches("...")) {
                    for end in ends {
                        self.mention(Mention::Folder(folder.to_owned(), end));
                    }
                }
            }
        }
        for (flag, value) in simple.wrapped.iter().zip(simple.wrapped.iter().skip(1)) {
            // `find ci -name ship.sh -exec sh {} +`
            if flag.ends_with("name") {
                self.mention(Mention::Run(value.clone()));
            }
        }
        let first = simple.words.first().map_or("", String::as_str);
        let runs_file = is_shell(program) || matches!(program, "source" | ".");
        if runs_file {
            let file = operand_of_shell(words);
            if let Some(file) = file {
                self.mention(Mention::Run(file.to_owned()));
            }
            simple
                .inputs
                .iter()
                .for_each(|file| self.mention(Mention::Run(file.clone())));
        } else if first.contains('/') {
            self.mention(Mention::Run(first.to_owned()));
        } else if !program.is_empty() && !is_known(rules, program) {
            self.mention(Mention::Named(first.to_owned()));
        }
        if program.starts_with("python")
            && let Some(module) = words.iter().position(|word| word == "-m")
            && let Some(module) = words.get(module + 1)
        {
            let path = module.replace('.', "/");
            self.mention(Mention::Run(format!("{path}.py")));
            self.mention(Mention::Run(format!("{path}/__main__.py")));
        }
        let brings = matches!(program, "cp" | "mv" | "ln" | "install");
        let prints_on = simple.printed_on && matches!(program, "sed" | "envsubst" | "cat" | "tr");
        if rules.is_harmless(program) && !brings && !prints_on && !simple.fed_to_shell {
            return;
        }
        for word in words.iter().chain(&simple.inputs) {
            let value = word
                .split_once('=')
                .map_or(word.as_str(), |(_, value)| value);
            for part in value.split_whitespace() {
                self.mention(Mention::Word(part.to_owned()));
            }
        }
    }

    fn package_scripts(&mut self, program: &str, words: &[String]) {
        let mut folder = None;
        let mut names = Vec::new();
        let mut rest = words.iter().map(String::as_str);
        while let Some(word) = rest.next() {
            match word.split_once('=').unwrap_or((word, "")) {
                (
                    "--prefix" | "--cwd" | "-C" | "--dir" | "--filter" | "-F" | "-w"
                    | "--workspace",
                    "",
                ) => {
                    folder = rest.next().map(str::to_owned);
                }
                ("--prefix" | "--cwd" | "--dir" | "--filter" | "--workspace", value) => {
                    folder = Some(value.to_owned());
                }
                ("--", _) => break,
                _ if word.starts_with('-') => {}
                _ => names.push(word),
            }
        }
        let names: Vec<&str> = match names.as_slice() {
            ["workspace", of, rest @ ..] if program == "yarn" => {
                folder = Some((*of).to_owned());
                rest.to_vec()
            }
            names => names.to_vec(),
        };
        let scripts: Vec<&str> = match names.as_slice() {
            ["run" | "run-script", name, ..] => vec![name],
            ["t" | "tst", ..] => vec!["test"],
            ["ci" | "install" | "i", ..] | [] => {
                vec!["preinstall", "install", "postinstall", "prepare"]
            }
            ["publish" | "pack", ..] => vec!["prepublishOnly", "prepack", "prepare", "publish"],
            ["exec" | "dlx" | "x", ..] => Vec::new(),
            [name, ..] => vec![name],
        };
        for name in scripts {
            self.mention(Mention::Package(folder.clone(), name.to_owned()));
        }
    }
}

/// `d=docker`, as an alias says it.
fn of_docker(word: &str) -> bool {
    let value = super::simple::setting(word).map(|(_, value)| value);
    let program = value.and_then(|value| value.split_whitespace().next());
    program.is_some_and(is_docker)
}

/// Whether a program is a daemon of Docker's, a tool of it, or speaks to its engine.
fn needs_engine(rules: &Rules, program: &str) -> bool {
    let is_tool = program.starts_with("docker-")
        && !program.starts_with("docker-credential")
        && !program.contains('.');
    rules.is_daemon(program) || rules.engine_client(program).is_some() || is_tool
}

/// Whether a value is what a look for docker finds.
fn looks_docker_up(value: &str) -> bool {
    let Some((_, rest)) = ["command -v ", "which ", "type -p ", "type -P "]
        .iter()
        .find_map(|ask| value.split_once(ask))
    else {
        return false;
    };
    let name = rest.split([' ', ')', '`']).next().unwrap_or_default();
    is_docker(name)
}

/// Whether a command only prints its words, or compares them.
fn prints(rules: &Rules, simple: &Simple) -> bool {
    let program = simple.program();
    (rules.only_prints(program) || rules.is_harmless(program)) && !simple.fed_to_shell
}

/// Whether a program is one that the tables know, and so none of the repository.
pub(super) fn is_known(rules: &Rules, program: &str) -> bool {
    rules.is_harmless(program)
        || rules.only_prints(program)
        || rules.runs_project_code(program)
        || rules.engine_client(program).is_some()
        || rules.program(program).is_some()
}

/// Whether a quoted word is a docker command.
fn holds_command(rules: &Rules, word: &str) -> bool {
    if !word.contains("docker") || !word.contains(' ') {
        return false;
    }
    word.split([';', '|', '&', '(', '\n']).any(|part| {
        let mut words = part.split_whitespace().skip_while(|word| {
            rules.stands_before_commands(word) || super::simple::setting(word).is_some()
        });
        words.next().is_some_and(is_docker)
            && words
                .next()
                .is_some_and(|verb| verb.starts_with('-') || rules.command(&[verb]).is_some())
    })
}

/// The file that a shell is given.
fn operand_of_shell(words: &[String]) -> Option<&str> {
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let takes = word.starts_with(['-', '+']) && !word.starts_with("--");
        if takes && word.ends_with('c') {
            return None;
        }
        if takes && word.ends_with(['o', 'O']) || matches!(word, "--rcfile" | "--init-file") {
            words.next();
        } else if !word.starts_with(['-', '+']) {
            return Some(word);
        }
    }
    None
}

/// What make is asked for.
fn make(words: &[String]) -> Mention {
    let (mut folder, mut file, mut targets) = (None::<String>, None, Vec::new());
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let value = |names: &[&str]| names.iter().find_map(|name| word.strip_prefix(name));
        if matches!(word, "-C" | "--directory") {
            folder = deeper(folder, words.next());
        } else if matches!(word, "-f" | "--file" | "--makefile") {
            file = words.next().map(str::to_owned);
        } else if let Some(value) = value(&["--directory=", "-C"]) {
            folder = deeper(folder, Some(value));
        } else if let Some(value) = value(&["--file=", "--makefile=", "-f"]) {
            file = Some(value.to_owned());
        } else if matches!(
            word,
            "-I" | "-o" | "-W" | "--include-dir" | "--old-file" | "--new-file"
        ) {
            words.next();
        } else if !word.starts_with('-') && !word.contains('=') {
            targets.push(word.to_owned());
        }
    }
    Mention::Make(folder, file, targets)
}

fn deeper(folder: Option<String>, next: Option<&str>) -> Option<String> {
    match (folder, next) {
        (Some(folder), Some(next)) => Some(format!("{folder}/{next}")),
        (folder, next) => next.map(str::to_owned).or(folder),
    }
}
