//! Every rule of the catalog finds its own example, does not find the solved one, and holds from and up to the Podman
//! that it says.
//!
//! The files of an example are those of a repository. `script` stands for a GitLab job that runs these lines with Docker,
//! `job` for a GitLab job, `workflow` for a workflow of GitHub's; `options` says how the program is called, and with
//! `--interactive` every answer is no. Where none of
//! these is there, a job starts the compose file, or else builds the Dockerfile.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use dindless::finding::RuleId;
use dindless::options::{ComposeProvider, Options};
use dindless::outcome::{Outcome, Verdict};
use dindless::providers;
use dindless::report::CAN_MOVE;
use dindless::repository::Memory;
use dindless::rules::{CatalogRule, Composer, Rules};
use dindless::translate::{CiFile, translate};
use dindless::version::Version;

const GITLAB: &str = ".gitlab-ci.yml";
const GITHUB: &str = ".github/workflows/ci.yml";
const ACTION: &str = "action.yml";

#[test]
fn every_rule_finds_its_example_and_not_what_is_solved() {
    let mut faults = Vec::new();
    for rule in Rules::embedded().all_named() {
        let podman = some_version(rule);
        if !found(rule, &rule.before, podman) {
            faults.push(format!("{} does not find its example", rule.name));
        }
        if !rule.after.is_empty() && found(rule, &rule.after, podman) {
            faults.push(format!("{} finds what is solved", rule.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn rules_hold_on_one_side_of_their_gates() {
    let mut faults = Vec::new();
    for rule in Rules::embedded().all_named() {
        for (gate, holds_from_there) in [(rule.since, true), (rule.until, false)] {
            let Some(gate) = gate else { continue };
            let sides = [(gate, holds_from_there), (before(gate), !holds_from_there)];
            for (podman, holds) in sides {
                if found(rule, &rule.before, Some(podman)) != holds {
                    faults.push(format!("{} and Podman {podman}", rule.name));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What was seen of a Podman beside the gates: on which of them a rule is true.
#[test]
fn rules_hold_where_they_were_seen_to() {
    let seen = [
        ("compose-start-interval", "5.4.2", true),
        ("compose-start-interval", "5.7.0", true),
        ("compose-start-interval", "5.8.6", false),
        ("compose-start-interval-unread", "5.7.0", false),
        ("compose-start-interval-unread", "5.8.2", true),
        ("compose-healthcheck-test", "5.4.2", false),
        ("compose-healthcheck-test", "5.8.6", true),
        ("podman-compose-userns", "4.3.1", true),
        ("podman-compose-userns", "5.4.2", true),
        ("podman-compose-userns", "5.7.0", true),
        ("podman-compose-userns", "5.8.6", false),
        ("volume-changes", "4.3.1", true),
        ("volume-changes", "5.4.2", false),
        ("bind-mount-writes", "4.3.1", true),
        ("bind-mount-writes", "5.4.2", false),
        ("target-stage-argument", "4.3.1", true),
        ("target-stage-argument", "5.4.2", true),
    ];
    let mut faults = Vec::new();
    for (name, podman, holds) in seen {
        let rule = Rules::embedded().named(name);
        let rule = rule.unwrap_or_else(|| panic!("there is no rule {name}"));
        let version = podman.parse().expect("a version");
        if found(rule, &rule.before, Some(version)) != holds {
            faults.push(format!("{name} and Podman {podman}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The rules that no golden report can show, and why.
const IN_NO_GOLDEN_REPORT: [(&str, &str); 2] = [
    (
        "can-move",
        "only the formats that list findings one by one name it; in text it is the diff",
    ),
    (
        "declined",
        "only an answer to --interactive makes it, and no golden case asks",
    ),
];

/// Golden cases hold the place, the severity and the text of a finding beside all that else comes out of a repository; an
/// example of the catalog holds only that it is found.
#[test]
fn every_rule_stands_in_a_golden_report() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let reports: Vec<String> = texts(&golden, "report.txt");
    let headings = reports.iter().flat_map(|report| report.lines());
    let shown: BTreeSet<&str> = headings
        .filter_map(|line| {
            let (severity, rest) = line.split_once('[')?;
            let named = ["note", "warning", "error"].contains(&severity);
            named.then(|| rest.split(']').next())?
        })
        .collect();
    let excepted = BTreeSet::from(IN_NO_GOLDEN_REPORT.map(|(name, _)| name));
    let lacking: Vec<&str> = Rules::embedded()
        .all_named()
        .map(|rule| rule.name)
        .filter(|name| !shown.contains(name) && !excepted.contains(name))
        .collect();
    assert!(lacking.is_empty(), "no golden case shows {lacking:?}");
    let needless: Vec<&&str> = excepted.intersection(&shown).collect();
    assert!(needless.is_empty(), "a golden case shows {needless:?}");
}

/// The texts of all files in a folder and those below it whose paths end so.
fn texts(folder: &Path, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(texts(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(fs::read_to_string(&path).expect("the file is text"));
        }
    }
    found
}

/// A Podman of which the rule is true, if it is not true of all.
fn some_version(rule: &CatalogRule) -> Option<Version> {
    rule.since.or(rule.until.map(before))
}

fn before(version: Version) -> Version {
    let Version {
        major,
        minor,
        patch,
    } = version;
    let (major, minor, patch) = match (major, minor, patch) {
        (0, 0, 0) => (0, 0, 0),
        (major, 0, 0) => (major - 1, 99, 0),
        (major, minor, 0) => (major, minor - 1, 99),
        (major, minor, patch) => (major, minor, patch - 1),
    };
    Version {
        major,
        minor,
        patch,
    }
}

fn found(rule: &CatalogRule, files: &[(String, String)], podman: Option<Version>) -> bool {
    let told = files.iter().find(|(name, _)| name == "options");
    let told = told.map(|(_, text)| text.as_str()).unwrap_or_default();
    let options = Options {
        runner: chosen(told, "--runner"),
        actions: chosen(told, "--actions"),
        podman: podman.or_else(|| {
            let named = value_of(told, "--podman")?;
            Some(named.parse().expect("a version"))
        }),
        declined: match told.contains("--interactive") {
            true => [(GITLAB.into(), "job".to_owned())].into(),
            false => BTreeSet::new(),
        },
        include_review: true,
        compose: match rule.compose {
            Some(Composer::PodmanCompose) => ComposeProvider::PodmanCompose,
            Some(Composer::DockerCompose) | None => ComposeProvider::DockerCompose,
        },
        ..Options::default()
    };
    let (memory, given) = repository(files);
    let outcome = translate(&memory, &given, &options);
    assert!(
        outcome.problems.is_empty(),
        "{}: {:?}",
        rule.name,
        outcome.problems
    );
    names(&outcome).contains(&rule.name)
}

/// The value of an option, as the command line takes it.
fn chosen<T: ValueEnum + Default>(told: &str, option: &str) -> T {
    value_of(told, option).map_or_else(T::default, |value| {
        T::from_str(value, false).expect("options has values that are known")
    })
}

fn value_of<'t>(told: &'t str, option: &str) -> Option<&'t str> {
    let mut words = told.split_whitespace().skip_while(|word| *word != option);
    words.nth(1)
}

/// All rules that are named in findings or as reasons.
fn names(outcome: &Outcome) -> Vec<&'static str> {
    let findings = outcome.files.iter().flat_map(|file| &file.findings);
    let reasons = outcome
        .files
        .iter()
        .flat_map(|file| &file.jobs)
        .flat_map(|job| match &job.verdict {
            Verdict::Left(rules) => rules.as_slice(),
            Verdict::Migrated => &[CAN_MOVE],
            Verdict::Untouched => &[],
        });
    let reasons = reasons.map(|RuleId(name)| *name);
    findings
        .map(|finding| finding.rule.0)
        .chain(reasons)
        .collect()
}

/// The repository of an example, and the CI files in it.
fn repository(files: &[(String, String)]) -> (Memory, Vec<CiFile>) {
    let mut all: Vec<(PathBuf, String)> = Vec::new();
    let indented = |text: &str, by: usize| -> String {
        let blanks = " ".repeat(by);
        text.lines()
            .map(|line| format!("{blanks}{line}\n"))
            .collect()
    };
    let with_docker = |script: &str| {
        let script = indented(script, 4);
        format!("job:\n  image: docker:27\n  services: [docker:27-dind]\n  script: |\n{script}")
    };
    for (name, text) in files {
        all.push(match name.as_str() {
            "script" => (GITLAB.into(), with_docker(text)),
            "job" => (GITLAB.into(), format!("job:\n{}", indented(text, 2))),
            "workflow" => (GITHUB.into(), text.clone()),
            "options" => continue,
            path => (path.into(), text.clone()),
        });
    }
    let is_there = |path: &str| all.iter().any(|(name, _)| name.as_os_str() == path);
    if !is_there(GITLAB) && !is_there(GITHUB) && !is_there(ACTION) {
        let script = match is_there("compose.yaml") {
            true => "docker compose up -d",
            false => "docker build -t app .",
        };
        all.push((GITLAB.into(), with_docker(script)));
    }
    let ci = |(name, _): &(PathBuf, String)| {
        let provider = match name.to_str() {
            Some(path) if path.ends_with(GITLAB) => providers::GITLAB,
            Some(path) if path.starts_with(".github/workflows/") || path == ACTION => {
                providers::GITHUB
            }
            _ => return None,
        };
        Some(CiFile {
            path: name.clone(),
            provider,
            named: false,
            configured: false,
        })
    };
    let given = all.iter().filter_map(ci).collect();
    (all.into_iter().collect(), given)
}
