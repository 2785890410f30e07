//! The files by which others' tools run this one (pre-commit, GitHub, GitLab) call it as it wants to be called.

#![cfg(unix)]

mod support;

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use serde_yaml::Value;
use support::{Repository, said, status};

const DOCKER: &str = "build:
  image: docker:27
  services: [docker:27-dind]
  script: [docker build .]
";
const PLAIN: &str = "test:\n  script: [make test]\n";

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).expect("YAML")
}

/// Runs a line of a script where `program` leads to this program.
fn bash(repository: &Repository, program: &str, line: &str, variables: &[(&str, &str)]) -> Output {
    let place = repository.path().join(program);
    let folder = place.parent().expect("a folder");
    std::fs::create_dir_all(folder).expect("a folder");
    if !place.exists() {
        symlink(env!("CARGO_BIN_EXE_dindless"), &place).expect("a link");
    }
    let mut command = Command::new("bash");
    command.args(["-e", "-o", "pipefail", "-c", line]);
    command.current_dir(repository.path());
    command.env("RUNNER_TEMP", repository.path().join("temp"));
    command.envs(variables.iter().copied());
    command.output().expect("bash")
}

#[test]
fn the_hook_of_pre_commit() {
    let hooks = yaml(include_str!("../.pre-commit-hooks.yaml"));
    let entry = hooks[0]["entry"].as_str().expect("an entry");
    let words: Vec<&str> = entry.split(' ').skip(1).collect();
    for (text, expected) in [(DOCKER, 1), (PLAIN, 0)] {
        let output = Repository::with(&[(".gitlab-ci.yml", text)]).run(&words);
        assert_eq!(status(&output), Some(expected), "{}", said(&output));
    }
}

#[test]
fn the_action_of_github() {
    let action = yaml(include_str!("../action.yml"));
    let steps = action["runs"]["steps"].as_sequence().expect("steps");
    let build = steps[0]["run"].as_str().expect("a script");
    let look = steps[1]["run"].as_str().expect("a script");
    // what is built is what is called
    assert!(build.contains("--root \"$RUNNER_TEMP/dindless\""));
    assert!(look.contains("\"$RUNNER_TEMP/dindless/bin/dindless\""));
    let repository = Repository::with(&[(".gitlab-ci.yml", DOCKER)]);
    let program = "temp/dindless/bin/dindless";
    let output = bash(&repository, program, look, &[("OPTIONS", "")]);
    assert_eq!(status(&output), Some(1), "{}", said(&output));
    let annotations = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        annotations.starts_with("::warning file=.gitlab-ci.yml,line=1"),
        "{annotations}"
    );
    let options = [("OPTIONS", "--include-review --runner podman")];
    let output = bash(&repository, program, look, &options);
    assert_eq!(status(&output), Some(1), "{}", said(&output));
}

#[test]
fn the_component_of_gitlab() {
    let text = include_str!("../templates/check.yml");
    let (head, body) = text.split_once("\n---\n").expect("a head");
    let inputs = yaml(head)["spec"]["inputs"]
        .as_mapping()
        .cloned()
        .expect("inputs");
    let values: BTreeMap<String, String> = inputs
        .iter()
        .map(|(name, input)| {
            let name = name.as_str().expect("a name");
            let value = input.get("default").and_then(Value::as_str);
            (name.to_owned(), value.unwrap_or("given").to_owned())
        })
        .collect();
    let mut body = body.to_owned();
    for (name, value) in &values {
        let written = format!("$[[ inputs.{name} ]]");
        assert!(body.contains(&written), "{name} is not used");
        body = body.replace(&written, value);
    }
    assert!(!body.contains("$[["), "an input is not declared: {body}");
    let job = yaml(&body)["dindless"].clone();
    let script = job["script"].as_sequence().expect("a script");
    let (build, look) = (script[0].as_str().unwrap(), script[1].as_str().unwrap());
    assert!(build.contains("--root .dindless "));
    let report = job["artifacts"]["reports"]["codequality"]
        .as_str()
        .expect("a report");
    for (text, expected, entries) in [(DOCKER, 1, 1), (PLAIN, 0, 0)] {
        let repository = Repository::with(&[(".gitlab-ci.yml", text)]);
        let output = bash(&repository, ".dindless/bin/dindless", look, &[]);
        assert_eq!(status(&output), Some(expected), "{}", said(&output));
        let report: serde_json::Value =
            serde_json::from_str(&repository.get(report)).expect("JSON");
        let found = report.as_array().map_or(0, Vec::len);
        assert!(found >= entries && (entries > 0) == (found > 0), "{report}");
    }
}

#[test]
fn builds_by_a_rust_that_is_new_enough() {
    let manifest = include_str!("../Cargo.toml");
    let needed = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "));
    let needed = needed.expect("a version").trim_matches('"');
    let template = include_str!("../templates/check.yml");
    assert!(template.contains(&format!("image: docker.io/library/rust:{needed}\n")));
    assert!(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("Cargo.lock")
            .exists()
    );
}
