//! Files that mean harm, or were made by a broken program: each gets an answer, in time, in little memory, and none ends the
//! program.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::{Repository, said, status};

const GITLAB: &str = ".gitlab-ci.yml";
const GITHUB: &str = ".github/workflows/ci.yml";

/// What a program without optimisation gets more time and less work for.
const SLOWER: usize = if cfg!(debug_assertions) { 8 } else { 1 };

/// How many seconds of a processor an answer may take.
const TIME_LIMIT: usize = 2 * SLOWER;

/// How long one is waited for: the machine may be busy with other things.
const END: Duration = Duration::from_secs(600);

/// How much memory may be asked for, in kilobytes, threads' stacks included.
const MEMORY: usize = 600_000;

/// Runs the program with what an answer may cost. One that takes longer is killed, and has no status then.
fn answer(repository: &Repository, arguments: &[&str]) -> Output {
    let limit = format!("ulimit -v {MEMORY} && ulimit -t {TIME_LIMIT} && exec \"$0\" \"$@\"");
    let (out, errors) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    let mut child = Command::new("sh")
        .args(["-c", &limit, env!("CARGO_BIN_EXE_dindless")])
        .args(arguments)
        .current_dir(repository.path())
        .env("XDG_STATE_HOME", repository.state())
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(errors.try_clone().unwrap())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > END {
            child.kill().unwrap();
            break child.wait().unwrap();
        }
        sleep(Duration::from_millis(2));
    };
    let read = |mut file: fs::File| {
        let mut bytes = Vec::new();
        std::io::Seek::rewind(&mut file).unwrap();
        std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
        bytes
    };
    Output {
        status,
        stdout: read(out),
        stderr: read(errors),
    }
}

/// What is to be said of a file.
enum Answer {
    /// It is refused, with these words.
    Refused(&'static str),
    /// It is read.
    Read,
    /// Either, as long as something is said.
    Any,
}
use Answer::{Any, Read, Refused};

#[track_caller]
fn holds(name: &str, path: &str, text: impl AsRef<[u8]>, wanted: &Answer) {
    let repository = Repository::loose();
    repository.put(path, text);
    let output = answer(&repository, &["--check", path]);
    let said = said(&output);
    let told: String = said.chars().take(600).collect();
    let code = status(&output);
    match wanted {
        Refused(words) => {
            assert_eq!(code, Some(2), "{name}: {told}");
            assert!(said.contains(words), "{name}: {told}");
            assert!(said.contains(path), "{name}: {told}");
        }
        Read => assert!(matches!(code, Some(0 | 1)), "{name}: {code:?} {told}"),
        Any => assert!(matches!(code, Some(0..=2)), "{name}: {code:?} {told}"),
    }
    assert!(!said.contains("panicked"), "{name}: {told}");
}

/// Holds a text as a pipeline of GitLab's and as a workflow.
#[track_caller]
fn both(name: &str, text: impl AsRef<[u8]>, wanted: &Answer) {
    holds(name, GITLAB, &text, wanted);
    holds(
        name,
        GITHUB,
        &text,
        if matches!(wanted, Read) { &Any } else { wanted },
    );
}

/// Holds a script as the only one of a job that has Docker.
#[track_caller]
fn script(name: &str, script: &str) {
    let lines = |blanks: usize| {
        let line = |line: &str| format!("{}{line}\n", " ".repeat(blanks));
        script.lines().map(line).collect::<String>()
    };
    let head = "build:\n  image: docker:27\n  services: [docker:27-dind]\n  script:\n    - |\n      docker build .\n";
    holds(name, GITLAB, format!("{head}{}", lines(6)), &Read);
    let head = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n          docker build .\n";
    holds(name, GITHUB, format!("{head}{}", lines(10)), &Read);
}

#[test]
fn what_lies_too_deep_is_refused() {
    let deep = 100_000;
    both("brackets", "[".repeat(deep), &Refused("not YAML"));
    both(
        "closed brackets",
        "[".repeat(deep) + &"]".repeat(deep),
        &Refused("not YAML"),
    );
    both("braces", "{a: ".repeat(deep), &Refused("not YAML"));
    both("dashes", "- ".repeat(deep) + "docker", &Refused("not YAML"));
    both(
        "questions",
        "? ".repeat(deep) + "docker",
        &Refused("not YAML"),
    );
    let steps = (0..2000).map(|step| format!("{}docker:\n", "  ".repeat(step)));
    both("steps", steps.collect::<String>(), &Refused("not YAML"));
}

#[test]
fn bombs_are_refused() {
    let bomb = |line: &dyn Fn(usize) -> String| (1..40).map(line).collect::<String>();
    let lists = bomb(&|level| format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}]\n", level - 1));
    let text = format!("a0: &a0 [docker ps]\n{lists}build:\n  script: *a39\n");
    both(
        "lists",
        text,
        &Refused("what the aliases up to here stand for"),
    );
    let merges = bomb(&|level| format!(".a{level}: &a{level}\n  <<: [*a{0}, *a{0}]\n", level - 1));
    let text = format!(".a0: &a0 {{image: docker}}\n{merges}build:\n  <<: *a39\n");
    both("merges", text, &Refused("more than"));
    let extends = bomb(&|level| format!(".a{level}:\n  extends: [.a{0}, .a{0}]\n", level - 1));
    let text = format!(".a0: {{script: [docker ps]}}\n{extends}build:\n  extends: .a39\n");
    holds("extends", GITLAB, text, &Refused("more than a thousand"));
    let references = bomb(&|level| {
        let line = format!("    - !reference [.a{}, script]\n", level - 1);
        format!(".a{level}:\n  script:\n{line}{line}")
    });
    let text = format!(
        ".a0: {{script: [docker ps]}}\n{references}build:\n  image: docker\n  script: [!reference [.a39, script]]\n"
    );
    holds("references", GITLAB, text, &Refused("beyond all bounds"));
    let variables = bomb(&|level| format!("  A{level}: $A{0}$A{0}\n", level - 1));
    let text = format!(
        "variables:\n  A0: docker\n{variables}build:\n  image: $A39\n  script: [docker run $A39]\n"
    );
    holds("variables", GITLAB, text, &Any);
}

#[test]
fn circles_come_to_an_end() {
    both(
        "an alias in its anchor",
        "a: &a {docker: *a}\n",
        &Refused("lies within what it stands for"),
    );
    for (name, text) in [
        (
            "extends",
            "a: {extends: b, script: [docker ps]}\nb: {extends: a}\n",
        ),
        ("itself", "a: {extends: a, script: [docker ps]}\n"),
        (
            "references",
            "a: {script: [!reference [b, script], docker ps]}\nb: {script: [!reference [a, script]]}\n",
        ),
        (
            "variables",
            "variables: {A: docker $B, B: $A}\na: {image: $A, script: [docker run $A]}\n",
        ),
        (
            "includes",
            "include: .gitlab-ci.yml\na: {image: docker, script: [docker ps]}\n",
        ),
    ] {
        holds(name, GITLAB, text, &Any);
    }
    let call = "on: [workflow_call, push]\njobs:\n  a:\n    uses: ./.github/workflows/ci.yml\n  docker:\n    runs-on: ubuntu-latest\n    steps: [{run: docker ps}]\n";
    holds("calls", GITHUB, call, &Any);
}

#[test]
fn what_is_large_is_read_or_refused() {
    let size = 9_000_000 / SLOWER;
    let many = 1_000_000 / SLOWER;
    let words = "docker x ".repeat(size / 9);
    both("a plain scalar", format!("a: {words}\n"), &Read);
    both("a quoted scalar", format!("a: \"{words}\"\n"), &Read);
    both(
        "escapes",
        format!("a: \"docker {}\"\n", "\\x41".repeat(size / 4)),
        &Read,
    );
    both(
        "a long key",
        format!("{}: docker\n", "k".repeat(size)),
        &Any,
    );
    both(
        "a long anchor",
        format!("a: &{} docker\n", "k".repeat(size / 2)),
        &Any,
    );
    both("comments", "# docker\n".repeat(size / 9), &Any);
    both("blank lines", "\n".repeat(size) + "a: docker\n", &Any);
    both("blanks", " ".repeat(size) + "a: docker\n", &Any);
    both("documents", "--- docker\n".repeat(size / 11), &Any);
    let keys: String = (0..many / 2)
        .map(|key| format!("k{key}: docker\n"))
        .collect();
    both("keys", keys, &Read);
    let anchors = (0..many / 8).map(|key| format!("a{key}: &x{key} docker\nb{key}: *x{key}\n"));
    both("anchors", anchors.collect::<String>(), &Any);
    both(
        "50 MB",
        format!("a: docker {}\n", "x".repeat(50_000_000)),
        &Refused("is larger than 32 MB"),
    );

    let jobs =
        (0..20_000).map(|job| format!("j{job}: {{image: \"docker:27\", script: [docker ps]}}\n"));
    holds(
        "jobs",
        GITLAB,
        jobs.collect::<String>(),
        &Refused("more than 5000 jobs"),
    );
    let template = ".d: &d {image: docker, services: [docker:dind], script: [docker build .]}\n";
    let jobs = (0..20_000).map(|job| format!("j{job}: *d\n"));
    holds(
        "aliased jobs",
        GITLAB,
        template.to_owned() + &jobs.collect::<String>(),
        &Refused("more than 5000 jobs"),
    );
    let steps = "      - run: docker ps\n".repeat(20_000);
    let text = format!("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{steps}");
    holds(
        "steps",
        GITHUB,
        text,
        &Refused("more than 3000 jobs and steps"),
    );
    let text = format!(
        "a:\n  image: docker\n  script:\n{}",
        "    - docker ps\n".repeat(300_000)
    );
    holds("lines", GITLAB, text, &Refused("beyond all bounds"));
    let tags = "            a/b:c\n".repeat(300_000 / SLOWER);
    let text = format!(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          push: true\n          tags: |\n{tags}"
    );
    holds("tags", GITHUB, text, &Read);
}

#[test]
fn what_is_no_text_is_refused() {
    both(
        "a NUL byte",
        b"a: docker\0\n",
        &Refused("control character"),
    );
    both(
        "an escape",
        b"a: docker \x1b[31m\n",
        &Refused("control character"),
    );
    both("bad UTF-8", b"a: docker \xff\n", &Refused("is not UTF-8"));
    both(
        "half a surrogate",
        b"a: \"\\ud800 docker\"\n",
        &Refused("not YAML"),
    );
    both(
        "beyond Unicode",
        b"a: \"\\UFFFFFFFF docker\"\n",
        &Refused("not YAML"),
    );
    both("UTF-16", b"\xff\xfea\0:\0", &Refused("is UTF-16"));
    both("tabs", "a:\n\timage: docker\n", &Refused("not YAML"));
    both("two byte order marks", "\u{feff}\u{feff}a: docker\n", &Any);
    both(
        "line ends of all kinds",
        "a:\r\n  image: docker:27\n  services: [docker:dind]\r  script:\r\n    - docker ps\r    - docker build .\n",
        &Any,
    );
    both(
        "only carriage returns",
        "a:\r  image: docker:27\r  script:\r    - docker ps\r",
        &Any,
    );
}

#[test]
fn scripts_that_are_too_deep_stay() {
    for (name, open, close) in [
        ("if", "if true; then ", "; fi"),
        ("elif", "if a; then b; elif ", ""),
        ("groups", "{ ", "; }"),
        ("subshells", "( ", " )"),
        ("substitutions", "echo $(", ")"),
        ("quoted substitutions", "echo \"$(", ")\""),
        ("backquotes", "echo `", "`"),
        ("parameters", "${a:-", "}"),
        ("process substitutions", "cat <(", ")"),
        ("loops", "while true; do ", "; done"),
        ("cases", "case x in x) ", ";; esac"),
        ("functions", "f() { ", "; }"),
        ("tests", "[[ ", " ]]"),
        ("parentheses in tests", "[[ ( ", " ) ]]"),
        ("negated tests", "[[ ! ", ""),
        ("negations", "! ", ""),
        ("arithmetic", "echo $(( ( ", ""),
        ("arrays", "a=( ", " )"),
        ("braces", "echo {a,", "}"),
        ("eval", "eval ", ""),
        ("shells", "sh -c ", ""),
        ("lists", "a && ", ""),
        ("pipelines", "a | ", ""),
        ("heredocs", "sh <<A\n", "\nA"),
        ("prefixes", "sudo env A=b time ", ""),
    ] {
        // Below the length from which on no script is read, and far above it.
        for times in [30, 3_000 / SLOWER, 50_000 / SLOWER] {
            let text = format!("{}docker ps{}", open.repeat(times), close.repeat(times));
            script(&format!("{times} {name}"), &text);
        }
    }
    script(
        "negations in a test",
        &format!("[[ {}a ]]\n", "! ".repeat(30_000)),
    );
    script(
        "parentheses in a test",
        &format!("[[ {}a {}]]\n", "( ".repeat(9_000), ") ".repeat(9_000)),
    );
    script(
        "parentheses in arithmetic",
        &format!("echo $(({}1{}))\n", "(".repeat(20_000), ")".repeat(20_000)),
    );
}

/// As long as a script may be, and made so that whoever compares all with all, or doubles with each level, has no end.
#[test]
fn scripts_that_are_long_are_read_in_time() {
    let long = 60_000 / SLOWER;
    for (name, unit) in [
        ("background", "docker ps & "),
        ("builds", "docker build -t a .\n"),
        ("folders", "cd a\ndocker build .\n"),
        ("heredocs", "cat <<A\nA\n"),
        ("files", "cat > f.sh <<A\ndocker ps\nA\nsh f.sh\n"),
        ("expressions", "docker run ${{ a }}\n"),
        ("open expressions", "docker run ${{ "),
        ("logins", "docker login -u a -p b\n"),
        ("exports", "export DOCKER_HOST=a\n"),
        ("quotes", "\"'`"),
        ("substitutions", "echo $(docker ps)\n"),
        ("evals", "eval "),
        ("semicolons", ";"),
        ("compose", "docker compose up -d\n"),
    ] {
        script(name, &unit.repeat(long / unit.len()));
    }
    script(
        "tags",
        &format!(
            "docker buildx build --push {}.\n",
            "-t a/b ".repeat(long / 7)
        ),
    );
    script(
        "caches",
        &format!(
            "docker buildx build {}.\n",
            "--cache-from a/b ".repeat(long / 17)
        ),
    );
    script("longer than any", &"docker ps &\n".repeat(100_000 / SLOWER));
    let body = "docker ps & b\n".repeat(4_000 / SLOWER);
    for (name, open, close) in [
        ("if", "if a & then ", "\nfi"),
        ("functions", "f() { ", "\n}"),
        ("loops", "for a in b; do ", "\ndone"),
        ("subshells", "( ", "\n)"),
    ] {
        for depth in [5, 8, 10] {
            script(
                &format!("{depth} {name}"),
                &format!("{}{body}{}", open.repeat(depth), close.repeat(depth)),
            );
        }
    }
}

#[test]
fn what_is_never_closed_is_said() {
    for text in [
        "cat <<EOF\ndocker ps",
        "docker run ${{ ",
        "docker run $[[ ",
        "docker run \"",
        "docker run '",
        "echo $(docker ps",
        "docker ps \\",
        "if true; then docker ps",
    ] {
        script(text, text);
    }
    let deep = format!("${{{{ {}", "format(".repeat(50_000 / SLOWER));
    let text = format!(
        "on: push\njobs:\n  a:\n    if: {deep}\n    runs-on: ubuntu-latest\n    steps:\n      - uses: docker/build-push-action@v6\n        with: {{push: \"{deep}\", tags: \"{deep}\"}}\n"
    );
    holds("expressions", GITHUB, text, &Read);
}

/// Dockerfiles, compose files, makefiles and scripts that a job leads to.
#[test]
fn files_that_jobs_use_may_be_hostile_too() {
    let deep = "[".repeat(100_000);
    let long = 9_000_000 / SLOWER;
    let most = 250_000 / SLOWER;
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("Dockerfile", "FROM a AS b\n".repeat(long / 12).into()),
        ("Dockerfile", "FROM a AS b\n".repeat(most / 12).into()),
        ("Dockerfile", ("FROM a\n".to_owned() + &"RUN --mount=type=ssh b\n".repeat(most / 25)).into()),
        ("Dockerfile", ("FROM a\nRUN ".to_owned() + &"a \\\n".repeat(long / 4)).into()),
        ("Dockerfile", ("FROM a\nRUN ".to_owned() + &"<<A ".repeat(100_000)).into()),
        ("Dockerfile", ("FROM ".to_owned() + &"${A:-".repeat(100_000)).into()),
        ("Dockerfile", b"FROM \xff\0\n".to_vec()),
        ("compose.yml", format!("services: {deep}").into()),
        ("compose.yml", b"services: &a\n  a: {build: ., extends: b}\n  b: {extends: a}\n  c: {extends: {file: compose.yml, service: c}}\ninclude: compose.yml\n".to_vec()),
        ("compose.yml", format!("services:\n  a: {{image: \"{}\"}}\n", "${A:-".repeat(100_000)).into()),
        ("compose.yml", (0..100_000 / SLOWER).map(|number| format!("a{number}: docker\n")).collect::<String>().into()),
        ("Makefile", "a: a\n\tdocker build .\n".repeat(long / 21).into()),
        ("Makefile", ("a: ".to_owned() + &"$(".repeat(100_000) + "\n\tdocker ps\n").into()),
        ("build.sh", "docker ps &\n".repeat(long / 12).into()),
        ("build.sh", "if a; then docker ps\n".repeat(100_000 / SLOWER).into()),
        ("build.sh", b"docker \0\xff".to_vec()),
    ];
    let pipeline = "build:\n  image: docker:27\n  services: [docker:27-dind]\n  script: [docker build ., docker compose -f compose.yml up -d, make a, ./build.sh]\n";
    for (path, text) in files {
        let repository = Repository::loose();
        repository.put(GITLAB, pipeline);
        repository.put(path, &text);
        for arguments in [&["--check", GITLAB][..], &["--check", "--include-review"]] {
            let output = answer(&repository, arguments);
            let start = String::from_utf8_lossy(&text[..text.len().min(40)]).into_owned();
            let told: String = said(&output).chars().take(600).collect();
            assert!(
                matches!(status(&output), Some(0..=2)),
                "{path} {start}: {:?} {told}",
                output.status
            );
        }
    }
}

/// Work that grows with the square of the input would take sixteen times as long for four times as much.
#[test]
fn time_grows_with_the_input() {
    let plain = |jobs: usize| {
        (0..jobs)
            .map(|job| format!("j{job}:\n  image: python\n  script: [make, echo docker]\n"))
            .collect::<String>()
    };
    let lines = |lines: usize| {
        format!(
            "a:\n  image: docker:27\n  services: [docker:dind]\n  script:\n{}",
            "    - docker ps\n".repeat(lines)
        )
    };
    let values = |values: usize| {
        format!(
            "a:\n  variables:\n{}",
            (0..values)
                .map(|value| format!("    A{value}: docker\n"))
                .collect::<String>()
        )
    };
    type Make<'m> = &'m dyn Fn(usize) -> String;
    let inputs: [(&str, Make<'_>, usize); 3] = [
        ("jobs", &plain, 1000),
        ("lines", &lines, 1000),
        ("values", &values, 4000),
    ];
    for (name, make, size) in inputs {
        let time = |times: usize| {
            let repository = Repository::loose();
            repository.put(GITLAB, make(size * times));
            let once = || {
                let begun = Instant::now();
                assert!(
                    status(&answer(&repository, &["--check", GITLAB])).is_some(),
                    "{name}"
                );
                begun.elapsed()
            };
            (0..3).map(|_| once()).min().unwrap()
        };
        // The machine may be busy with other things: once is enough.
        let mut tries = (0..5).map(|_| (time(1), time(4)));
        assert!(tries.any(|(small, large)| large < small * 10), "{name}");
    }
}

#[cfg(unix)]
mod places {
    //! What is no file, or none that may be read or written.

    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    const WORKFLOW: &str =
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{run: docker build app}]\n";
    const DOCKER: &str =
        "build:\n  image: docker:27\n  services: [docker:27-dind]\n  script: [docker build .]\n";

    fn fifo(path: &Path) {
        let made = Command::new("mkfifo").arg(path).status().unwrap();
        assert!(made.success());
    }

    /// Whether mode bits mean nothing to whoever runs this.
    fn is_root() -> bool {
        let output = Command::new("id").arg("-u").output().unwrap();
        output.stdout.trim_ascii() == b"0"
    }

    #[test]
    fn fifos_devices_and_links_do_not_hold_it_up() {
        let repository = Repository::with(&[
            (".github/workflows/ok.yml", WORKFLOW),
            ("app/Dockerfile", "FROM docker.io/library/alpine\n"),
        ]);
        let root = repository.path();
        fifo(&root.join(GITLAB));
        fifo(&root.join(GITHUB));
        fifo(&root.join("Dockerfile"));
        for (name, target) in [
            ("zero", "/dev/zero"),
            ("tty", "/dev/tty"),
            ("out", "/etc/passwd"),
            ("loop", "loop.yml"),
            ("dead", "nowhere"),
        ] {
            symlink(target, root.join(format!(".github/workflows/{name}.yml"))).unwrap();
        }
        let output = answer(&repository, &["--write", "--allow-dirty"]);
        let said = said(&output);
        assert_eq!(status(&output), Some(2), "{said}");
        for words in [
            ".gitlab-ci.yml: is not a regular file",
            "ci.yml: is not a regular file",
            "zero.yml: leads out of the repository",
            "out.yml: leads out of the repository",
            "dead.yml: does not exist",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        // The others are done.
        assert!(
            repository
                .get(".github/workflows/ok.yml")
                .contains("podman build"),
            "{said}"
        );
        let named = answer(&repository, &[GITLAB, "/dev/null"]);
        assert_eq!(status(&named), Some(2));
    }

    #[test]
    fn a_file_that_changes_or_goes_while_it_runs_is_not_overwritten() {
        // Enough work that something happens in the middle of it.
        let job = |number: usize| {
            format!(
                "job{number}:\n  image: docker:27\n  services: [docker:27-dind]\n  script: [docker build .]\n"
            )
        };
        let text: String = (0..400 / SLOWER).map(job).collect();
        for round in 0..12u64 {
            let repository = Repository::with(&[(GITLAB, &text)]);
            let path = repository.path().join(GITLAB);
            let mut child = Command::new(env!("CARGO_BIN_EXE_dindless"))
                .args(["--write", GITLAB])
                .current_dir(repository.path())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            sleep(Duration::from_millis(round * 15));
            let changed = format!("{text}# mine\n");
            // As editors do it: the whole file at once.
            let new = repository.path().join("new");
            fs::write(&new, &changed).unwrap();
            let is_gone = round % 2 == 0;
            if is_gone {
                fs::remove_file(&path).unwrap();
            } else {
                fs::rename(&new, &path).unwrap();
            }
            child.wait().unwrap();
            match fs::read_to_string(&path) {
                Ok(now) => assert!(
                    !is_gone && now == changed || is_gone && now.contains("podman"),
                    "round {round}"
                ),
                Err(_) => assert!(is_gone, "round {round}"),
            }
        }
    }

    #[test]
    fn a_folder_that_must_not_be_written_leaves_all_as_it_is() {
        let repository = Repository::with(&[
            (GITLAB, DOCKER),
            (GITHUB, WORKFLOW),
            ("app/Dockerfile", "FROM docker.io/library/alpine\n"),
        ]);
        let folder = repository.path().join(".github/workflows");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
        if is_root() {
            // Mode bits do not hold root up; what nobody may change does.
            let made = Command::new("chattr").args(["+i"]).arg(&folder).status();
            if !made.is_ok_and(|status| status.success()) {
                return eprintln!(
                    "skipped: root writes everywhere, and chattr +i does not work here"
                );
            }
        }
        let output = repository.run(&["--write"]);
        if is_root() {
            Command::new("chattr")
                .args(["-i"])
                .arg(&folder)
                .status()
                .unwrap();
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let said = said(&output);
        assert_eq!(status(&output), Some(2), "{said}");
        assert!(
            said.contains("ci.yml: must not be written by you"),
            "{said}"
        );
        assert_eq!(repository.get(GITLAB), DOCKER, "all or nothing");
        assert!(
            !repository
                .path()
                .join(".git/dindless/running.json")
                .exists()
        );
    }

    #[test]
    fn a_file_that_must_not_be_read_is_said() {
        if is_root() {
            return eprintln!("skipped: root reads everything");
        }
        let repository = Repository::with(&[(GITLAB, DOCKER)]);
        fs::set_permissions(
            repository.path().join(GITLAB),
            fs::Permissions::from_mode(0o000),
        )
        .unwrap();
        let output = repository.run(&[]);
        assert_eq!(status(&output), Some(2));
        assert!(
            said(&output).contains("must not be read by you"),
            "{}",
            said(&output)
        );
    }

    #[test]
    fn without_room_nothing_changes() {
        let repository = Repository::with(&[(GITLAB, DOCKER)]);
        // No file may grow beyond one block, and its signal is not wanted.
        let script = "trap '' XFSZ; ulimit -f 0 && exec \"$0\" --write";
        let output = Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_dindless")])
            .current_dir(repository.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(repository.get(GITLAB), DOCKER);
        assert_ne!(status(&output), Some(0), "{output:?}");
        assert_eq!(
            status(&repository.run(&["--write"])),
            Some(0),
            "and later it goes through"
        );
    }

    #[test]
    fn a_full_disk_is_said_and_nothing_changes() {
        let repository = Repository::loose();
        let disk = repository.path().join("disk");
        fs::create_dir(&disk).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(&disk)
            .stderr(Stdio::null())
            .status();
        if !mount.is_ok_and(|status| status.success()) {
            return eprintln!("skipped: no small disk can be mounted here");
        }
        fs::write(disk.join(GITLAB), DOCKER).unwrap();
        fs::write(disk.join("fill"), vec![0; 56 * 1024]).unwrap_or_default();
        let _ = fs::write(disk.join("more"), vec![0; 8 * 1024]);
        let output = Command::new(env!("CARGO_BIN_EXE_dindless"))
            .args(["--write", "--allow-no-vcs", "disk"])
            .current_dir(repository.path())
            .env("XDG_STATE_HOME", disk.join("state"))
            .output()
            .unwrap();
        let text = fs::read_to_string(disk.join(GITLAB)).unwrap();
        let unmounted = Command::new("umount").arg(&disk).status().unwrap();
        assert!(unmounted.success());
        assert_eq!(text, DOCKER);
        assert_eq!(status(&output), Some(2), "{output:?}");
        assert!(said(&output).contains("disk is full"), "{}", said(&output));
    }
}
