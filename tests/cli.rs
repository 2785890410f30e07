//! The program as a user meets it: arguments, files of every kind, exit status.

mod support;

use std::fs;
use std::process::{Command, Stdio};

use support::{Repository, said, status};

const DOCKER: &str = "build:
  image: docker:27
  services: [docker:27-dind]
  script: [docker build .]
";
const PLAIN: &str = "test:\n  script: [make test]\n";

fn json(repository: &Repository, arguments: &[&str]) -> serde_json::Value {
    let arguments = [&["--format", "json"], arguments].concat();
    let output = repository.run(&arguments);
    serde_json::from_slice(&output.stdout).expect("JSON on standard output")
}

fn paths(document: &serde_json::Value) -> Vec<&str> {
    let files = document["files"].as_array().expect("a list of files");
    files
        .iter()
        .filter_map(|file| file["path"].as_str())
        .collect()
}

#[test]
fn nothing_to_do_is_zero() {
    let repository = Repository::with(&[(".gitlab-ci.yml", PLAIN)]);
    for mode in ["--diff", "--write", "--check"] {
        let output = repository.run(&[mode]);
        assert_eq!(status(&output), Some(0), "{}", said(&output));
        assert!(output.stdout.is_empty());
        assert_eq!(repository.get(".gitlab-ci.yml"), PLAIN);
    }
}

#[test]
fn bad_arguments_are_three_and_name_the_nearest() {
    let repository = Repository::new();
    let output = repository.run(&["--wrte"]);
    assert_eq!(status(&output), Some(3));
    assert!(said(&output).contains("--write"), "{}", said(&output));
    for wrong in [
        &["--diff", "--write"][..],
        &["--write", "--check"],
        &["--podman", "new"],
        &["--runner", "kubernets"],
        &["--podman-image", "a b"],
        &["--podman-image", ""],
        &["--write", "-"],
    ] {
        assert_eq!(status(&repository.run(wrong)), Some(3), "{wrong:?}");
    }
}

#[test]
fn help_and_version_are_no_errors() {
    let repository = Repository::new();
    let output = repository.run(&["--help"]);
    assert_eq!(status(&output), Some(0));
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    let places: Vec<_> = [
        "\nMode:",
        "\nInput:",
        "\nTarget:",
        "\nOutput:",
        "\nHelp:",
        "\nExamples:",
        "\n  dindless --write --include-review",
        "\nExit status:",
    ]
    .iter()
    .map(|heading| help.find(heading))
    .collect();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{help}"
    );
    let output = repository.run(&["--version"]);
    assert_eq!(status(&output), Some(0));
    assert!(output.stdout.starts_with(b"dindless "));
}

/// The long options that `--help` lists.
fn options() -> Vec<String> {
    let help = Repository::loose().run(&["--help"]).stdout;
    let help = String::from_utf8(help).expect("UTF-8");
    let words = help
        .lines()
        .filter(|line| line.trim_start().starts_with('-'));
    let words = words.flat_map(|line| line.split([' ', ',']));
    let options = words.filter(|word| word.starts_with("--"));
    options.map(str::to_owned).collect()
}

#[test]
fn shells_and_the_manual_know_every_option() {
    let repository = Repository::loose();
    let options = options();
    assert!(options.len() > 15, "{options:?}");
    let mut pages = vec![repository.run(&["--man"])];
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        pages.push(repository.run(&["--completions", shell]));
    }
    for page in pages {
        assert_eq!(status(&page), Some(0));
        // the manual writes its dashes with a backslash, fish without any
        let text = String::from_utf8_lossy(&page.stdout).replace('\\', "");
        for option in &options {
            let name = option.trim_start_matches('-');
            assert!(text.contains(name), "{option} is not in {text}");
        }
    }
    let manual = repository.run(&["--man"]).stdout;
    let manual = String::from_utf8_lossy(&manual).into_owned();
    for section in ["SYNOPSIS", "EXAMPLES", "EXIT STATUS"] {
        assert!(manual.contains(&format!(".SH {section}\n")), "{manual}");
    }
}

#[test]
fn colours_are_for_those_who_want_them() {
    let repository = Repository::with(&[(".gitlab-ci.yml", DOCKER)]);
    let coloured = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dindless"));
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
            command.env_remove(name);
        }
        command.args(arguments).envs(variables.iter().copied());
        let output = command.current_dir(repository.path()).output();
        let output = output.expect("the program ends");
        let both = [output.stdout, output.stderr].concat();
        both.contains(&0x1b)
    };
    assert!(!coloured(&[], &[]));
    assert!(!coloured(&[], &[("CI", "true")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(
        &[],
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]
    ));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_closed_pipe_is_no_reason_to_fall_over() {
    let repository = Repository::with(&[(".gitlab-ci.yml", DOCKER)]);
    for (arguments, expected) in [
        (&["--help"][..], 0),
        (&["--rules"], 0),
        (&["--schema"], 0),
        (&["--completions", "bash"], 0),
        (&["--man"], 0),
        (&["--wrte"], 3),
        (&["--explain", "no-such-rule"], 3),
        (&["--write", "-"], 3),
        (&[], 1),
        (&["--check"], 1),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = Command::new(env!("CARGO_BIN_EXE_dindless"))
            .args(arguments)
            .current_dir(repository.path())
            .stdin(Stdio::null())
            .stdout(writer.try_clone().unwrap())
            .stderr(writer)
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(expected), "{arguments:?}");
    }
}

#[test]
fn finds_what_ci_runs() {
    let repository = Repository::with(&[
        (".gitlab-ci.yml", PLAIN),
        ("ci/build.gitlab-ci.yml", PLAIN),
        ("ci/other.yml", PLAIN),
        (".github/workflows/ci.yaml", "on: push\njobs: {}\n"),
        (".github/dependabot.yml", "version: 2\n"),
        (
            "tools/setup/action.yml",
            "name: x\nruns:\n  using: composite\n",
        ),
        ("roles/x/action.yml", "- name: no action of GitHub's\n"),
        ("vendor/x/.github/workflows/ci.yml", "on: push\njobs: {}\n"),
        ("ignored/.gitlab-ci.yml", PLAIN),
        (".gitignore", "/ignored\n"),
    ]);
    repository.put("nested/.gitlab-ci.yml", PLAIN);
    fs::create_dir(repository.path().join("nested/.git")).unwrap();
    let everything = [
        ".github/workflows/ci.yaml",
        ".gitlab-ci.yml",
        "ci/build.gitlab-ci.yml",
        "tools/setup/action.yml",
    ];
    assert_eq!(paths(&json(&repository, &[])), everything);
    assert_eq!(paths(&json(&repository, &["."])), everything);
    assert_eq!(
        paths(&json(&repository, &["ci", "ci"])),
        ["ci/build.gitlab-ci.yml"]
    );
    let named = json(&repository, &["ci/other.yml", ".github/workflows/ci.yaml"]);
    assert_eq!(paths(&named), [".github/workflows/ci.yaml", "ci/other.yml"]);
    assert_eq!(named["files"][0]["provider"], "github");
    assert_eq!(named["files"][1]["provider"], "gitlab");
}

#[test]
fn an_ignore_rule_does_not_hide_the_main_file() {
    let repository = Repository::with(&[(".gitlab-ci.yml", PLAIN), (".gitignore", ".*\n")]);
    assert_eq!(paths(&json(&repository, &[])), [".gitlab-ci.yml"]);
}

#[test]
fn several_repositories_in_one_run() {
    let folder = Repository::loose();
    for name in ["one", "two"] {
        folder.put(&format!("{name}/.gitlab-ci.yml"), PLAIN);
        fs::create_dir(folder.path().join(name).join(".git")).unwrap();
    }
    assert_eq!(
        paths(&json(&folder, &["one", "two"])),
        ["one/.gitlab-ci.yml", "two/.gitlab-ci.yml"]
    );
}

#[test]
fn what_is_done_at_once_is_told_in_order() {
    let folder = Repository::loose();
    let long: String = (0..300)
        .map(|job| format!("job{job}:\n  image: docker:27\n  script:\n    - docker build .\n"))
        .collect();
    let names: Vec<String> = (0..6).map(|number| format!("r{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        let text = if number % 2 == 0 { &long } else { "a: [" };
        folder.put(&format!("{name}/.gitlab-ci.yml"), text);
        folder.put(&format!("{name}/.github/workflows/ci.yml"), "on: [");
        fs::create_dir(folder.path().join(name).join(".git")).unwrap();
    }
    let arguments: Vec<&str> = names.iter().map(String::as_str).collect();
    let output = folder.run(&arguments);
    let said = said(&output);
    let problems: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("error: "))
        .filter_map(|line| line.split(':').nth(1).map(str::trim))
        .collect();
    let workflow = |number: usize| format!("r{number}/.github/workflows/ci.yml");
    let pipeline = |number: usize| format!("r{number}/.gitlab-ci.yml");
    let expected: Vec<String> = (0..6)
        .flat_map(|number| match number % 2 {
            0 => vec![workflow(number)],
            _ => vec![pipeline(number), workflow(number)],
        })
        .collect();
    assert_eq!(problems, expected, "{said}");
    assert_eq!(status(&output), Some(2));
    let document = json(&folder, &arguments);
    assert_eq!(paths(&document), [pipeline(0), pipeline(2), pipeline(4)]);
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_two() {
    let repository = Repository::with(&[(".gitlab-ci.yml", PLAIN)]);
    for (arguments, what) in [
        (vec!["--format", "json"], "what was found cannot be written"),
        (vec!["--rules"], "what was asked for cannot be written"),
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_dindless"))
            .args(&arguments)
            .current_dir(repository.path())
            .stdout(fs::File::create("/dev/full").unwrap())
            .output()
            .unwrap();
        assert_eq!(status(&output), Some(2));
        assert!(said(&output).contains(what), "{}", said(&output));
    }
}

#[test]
fn standard_input_is_a_file_of_its_own() {
    let repository = Repository::new();
    for (text, provider) in [(PLAIN, "gitlab"), ("on: push\njobs: {}\n", "github")] {
        let output = repository.run_with(&["--format", "json", "-"], text.as_bytes());
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["files"][0]["path"], "-");
        assert_eq!(document["files"][0]["provider"], provider);
    }
    let output = repository.run_with(&["-"], b"a: \xff\n");
    assert_eq!(status(&output), Some(2));
    assert!(
        said(&output).contains("-:1:4: is not UTF-8"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_path_that_does_not_exist_is_two_and_the_others_are_done() {
    let repository = Repository::with(&[(".gitlab-ci.yml", PLAIN)]);
    let output = repository.run(&["nowhere", ".gitlab-ci.yml"]);
    assert_eq!(status(&output), Some(2));
    assert!(
        said(&output).contains("nowhere: does not exist"),
        "{}",
        said(&output)
    );
    assert!(said(&output).contains("1 file read"), "{}", said(&output));
    let document = json(&repository, &["nowhere"]);
    assert_eq!(document["troubles"][0]["path"], "nowhere");
}

#[test]
fn what_is_no_text_file_is_refused_with_its_place() {
    let repository = Repository::with(&[("ci/a.gitlab-ci.yml", PLAIN)]);
    fs::create_dir(repository.path().join(".gitlab-ci.yml")).unwrap();
    repository.put(
        ".github/workflows/latin.yml",
        b"on: push\njobs: # gr\xfc\xdfe\n",
    );
    let output = repository.run(&[]);
    assert_eq!(status(&output), Some(2));
    let said = said(&output);
    assert!(said.contains(".gitlab-ci.yml: is a directory"), "{said}");
    assert!(
        said.contains(".github/workflows/latin.yml:2:11: is not UTF-8"),
        "{said}"
    );
    assert!(said.contains("1 file read"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_inside_the_tree_only() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::NamedTempFile::new().unwrap();
    let repository = Repository::with(&[("ci/main.yml", PLAIN)]);
    symlink("ci/main.yml", repository.path().join(".gitlab-ci.yml")).unwrap();
    assert_eq!(paths(&json(&repository, &[])), ["ci/main.yml"]);
    assert_eq!(
        paths(&json(&repository, &[".gitlab-ci.yml"])),
        ["ci/main.yml"]
    );
    symlink(outside.path(), repository.path().join("x.gitlab-ci.yml")).unwrap();
    let output = repository.run(&[]);
    assert_eq!(status(&output), Some(2));
    let said = said(&output);
    assert!(
        said.contains("x.gitlab-ci.yml: leads out of the repository"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn a_fifo_is_not_opened() {
    let repository = Repository::new();
    let fifo = Command::new("mkfifo")
        .arg(repository.path().join(".gitlab-ci.yml"))
        .status();
    if !fifo.is_ok_and(|status| status.success()) {
        return; // no mkfifo here
    }
    for arguments in [&[][..], &[".gitlab-ci.yml"]] {
        let output = repository.run(arguments);
        assert_eq!(status(&output), Some(2));
        assert!(
            said(&output).contains("not a regular file"),
            "{}",
            said(&output)
        );
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_must_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let repository = Repository::with(&[(".gitlab-ci.yml", PLAIN)]);
    let path = repository.path().join(".gitlab-ci.yml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        return; // root reads everything
    }
    let output = repository.run(&[]);
    assert_eq!(status(&output), Some(2));
    assert!(said(&output).contains("chmod u+r"), "{}", said(&output));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let repository = Repository::with(&[(".gitlab-ci.yml", PLAIN)]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_dindless"))
        .args(["--format", "json"])
        .current_dir(repository.path())
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(status(&output), Some(0));
    assert_eq!(said(&output), "");
}

#[test]
fn paths_are_shown_from_where_the_user_stands() {
    let repository = Repository::with(&[(".gitlab-ci.yml", PLAIN), ("a/b/x", "")]);
    let output = Command::new(env!("CARGO_BIN_EXE_dindless"))
        .args(["--format", "json"])
        .current_dir(repository.path().join("a/b"))
        .output()
        .unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(paths(&document), ["../../.gitlab-ci.yml"]);
}

#[test]
fn paths_are_shown_from_a_folder_of_the_repository() {
    let repository = Repository::with(&[
        (".github/workflows/a.yml", WORKFLOW),
        ("tools/x/readme.md", ""),
    ]);
    for (folder, shown) in [
        (".github", "--> workflows/a.yml:"),
        (".github/workflows", "--> a.yml:"),
        ("tools/x", "--> ../../.github/workflows/a.yml:"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_dindless"))
            .current_dir(repository.path().join(folder))
            .arg("-v")
            .output()
            .unwrap();
        let said = said(&output);
        assert!(said.contains(shown), "{folder}: {said}");
    }
}

const WORKFLOW: &str = "on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: docker build -t app .
";

#[test]
fn a_job_to_try_podman_is_made_for_the_server_and_the_runner() {
    let repository = Repository::with(&[(".gitlab-ci.yml", PLAIN)]);
    let job = |arguments: &[&str]| {
        let output = repository.run(&[&["--verify-job"], arguments].concat());
        assert_eq!(status(&output), Some(0), "{}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let privileged = job(&["--runner", "docker-privileged"]);
    assert!(
        privileged.contains("image: quay.io/podman/stable:v5.8\n"),
        "{privileged}"
    );
    assert!(privileged.contains("podman run"), "{privileged}");
    assert!(!privileged.contains("variables:"), "{privileged}");
    let newer = job(&["--podman", "6.1"]);
    assert!(
        newer.contains(
            "image: quay.io/podman/stable:v6.1\n  variables:\n    TMPDIR: /var/lib/containers\n"
        ),
        "{newer}"
    );
    let sandboxed = job(&[
        "--runner",
        "docker-unprivileged",
        "--podman-image",
        "registry.test/podman:5",
    ]);
    assert!(sandboxed.contains("STORAGE_DRIVER: vfs"), "{sandboxed}");
    assert!(
        sandboxed.contains("BUILDAH_ISOLATION: chroot"),
        "{sandboxed}"
    );
    assert!(!sandboxed.contains("podman run"), "{sandboxed}");
    repository.put(".github/workflows/ci.yml", "on: push\njobs: {}\n");
    let both = job(&[]);
    assert!(
        both.contains("podman-check:\n  stage: test") && both.contains("\n---\n"),
        "{both}"
    );
    assert!(both.contains("runs-on: ubuntu-latest"), "{both}");
    for job in [&privileged, &sandboxed, &both] {
        for part in job.split("\n---\n") {
            serde_yaml::from_str::<serde_yaml::Value>(part).expect("YAML");
        }
        let left = job
            .replace("${{ secrets.GITHUB_TOKEN }}", "")
            .replace("${GITHUB_REPOSITORY,,}", "");
        let left = left.replace("{{.", "").replace("}}", "");
        assert!(!left.contains('{') && !left.contains('}'), "{left}");
    }
    let empty = Repository::new();
    assert_eq!(status(&empty.run(&["--verify-job"])), Some(2));
}
