//! What the prescan tells by itself, and what it leaves to the full reader.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::options::Options;
use crate::outcome::{Outcome, ProviderRef};
use crate::providers::{GITHUB, GITLAB};
use crate::repository::Memory;
use crate::rules::Rules;
use crate::translate::{CiFile, translate, translate_scanned};

use super::{Outline, Prescan, may_spell_docker};

fn outline(provider: ProviderRef, text: &str) -> Option<Outline> {
    Prescan::new(Rules::embedded()).outline(provider.0, text)
}

fn jobs(provider: ProviderRef, text: &str) -> Option<Vec<(String, String)>> {
    let jobs = outline(provider, text)?.jobs.into_iter().map(|job| {
        let text = job.span.slice(text).to_owned();
        (job.name, text)
    });
    Some(jobs.collect())
}

const WORKFLOW: &str = "\
# checks
name: ci
on: [push, pull_request]
jobs:
  lint:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - name: 'Lint'  # all of it
        run: |
          # the shell's own comment
          npm run lint -- \\
            --fix

  test:
    runs-on: [self-hosted, linux]
    steps:
    - run: npm test
      env:
        CI:
";

#[test]
fn tells_a_plain_workflow() {
    let jobs = jobs(GITHUB, WORKFLOW).unwrap();
    let names: Vec<&str> = jobs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["lint", "test"]);
    assert!(jobs[0].1.ends_with("--fix"), "{}", jobs[0].1);
    assert!(jobs[1].1.ends_with("CI:"), "{}", jobs[1].1);
}

#[test]
fn tells_a_plain_pipeline() {
    let text = "---\nimage: node:22\n.base:\n  stage: test\nunit test:\n  extends: .base\n  script:\n    - make\n";
    let jobs = jobs(GITLAB, text).unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].0, "unit test");
    assert!(jobs[0].1.ends_with("make"));
}

#[test]
fn leaves_what_is_not_plain() {
    for (old, new) in [
        ("name: ci", "name: &a ci"),
        ("name: ci", "name: \"c\\u0069\""),
        ("name: ci", "name: ci\n  and more"),
        ("name: ci", "\"name\": ci"),
        ("name: ci", "name: a: b"),
        ("name: ci", "name:\tci"),
        ("name: ci", "name: ci\r"),
        ("name: ci", "name: *b"),
        ("name: ci", "- ci"),
        ("name: ci", "...\nname: ci"),
        ("name: ci", "runs: ci"),
        ("[push, pull_request]", "[push, pull_request"),
        ("[push, pull_request]", "workflow_call"),
        ("[push, pull_request]", "[push, workflow_call]"),
        ("[push, pull_request]", "{push: null}"),
        ("actions/checkout@v4", "./.github/actions/build"),
        ("actions/checkout@v4", "Helm/Kind-Action@v1"),
        ("actions/checkout@v4", "docker://alpine"),
        (
            "    steps:\n    - run",
            "    container: docker\n    steps:\n    - run",
        ),
        ("npm test", "d'ock'er build ."),
        ("npm test", "DOCKER_HOST=x make"),
        ("run: |", "run: |2"),
        ("run: |", "run: |+"),
        ("  test:", " test:"),
        ("  test:", "  lint:"),
        ("jobs:", "job:"),
    ] {
        let text = WORKFLOW.replace(old, new);
        assert_ne!(text, WORKFLOW, "{old}");
        assert_eq!(jobs(GITHUB, &text), None, "{new}");
    }
    for text in [
        "",
        "# nothing\n",
        "include: x.yml\n",
        "a:\n  trigger: x\n",
        "a:\n  services:\n    - x-dind\n",
        "image: gitlab/dind\n",
        "a:\n  extends: x\n",
        "a:\n  extends: b\nb:\n  extends: a\n",
        "a:\n  extends: a\n",
        "a:\n  - x\n",
        "a: {}\n",
        "a:\n",
        "a:\n  script: !reference [b, script]\n",
    ] {
        assert_eq!(jobs(GITLAB, text), None, "{text}");
    }
}

#[test]
fn every_sign_of_docker_in_the_tables_matters() {
    let rules = Rules::embedded();
    for word in rules.words_of_docker() {
        let step = format!("on: push\njobs:\n  a:\n    steps:\n    - uses: {word}@v1\n");
        assert!(outline(GITHUB, &step).is_none(), "{word}");
        let job = format!("a:\n  image: {word}\n  script: x\n");
        assert!(outline(GITLAB, &job).is_none(), "{word}");
    }
}

#[test]
fn sees_the_word_through_what_a_shell_takes_out() {
    for text in ["docker", "d'ock'er", "doc\\\n    ker", "d$'ocker'"] {
        assert!(may_spell_docker(text.as_bytes()), "{text}");
    }
    for text in ["", "check out the package", "lock", "clock"] {
        assert!(!may_spell_docker(text.as_bytes()), "{text}");
    }
}

/// Whether the prescan tells a file; asserts that a repository of this one file comes to the same with it and without.
fn agrees(provider: ProviderRef, text: &str) -> bool {
    let names = match provider.id() {
        "gitlab" => [".gitlab-ci.yml", "part/.gitlab-ci.yml"],
        _ => [".github/workflows/a.yml", ".github/workflows/b.yml"],
    };
    let taken = outline(provider, text).is_some();
    for name in names {
        let full = same_in_full(provider, &[(name.to_owned(), text.to_owned())]);
        assert!(!taken || full.problems.is_empty(), "{text}");
    }
    taken
}

/// What a repository of these files comes to; asserts that it is the same with the prescan and without.
fn same_in_full(provider: ProviderRef, files: &[(String, String)]) -> Outcome {
    let memory: Memory = files.iter().cloned().collect();
    let given = files.iter().map(|(name, _)| CiFile {
        path: PathBuf::from(name),
        provider,
        named: false,
        configured: false,
    });
    let given: Vec<_> = given.collect();
    let options = Options::default();
    let shown = |outcome: &Outcome| {
        let files = outcome.files.iter();
        let files = files.map(|file| {
            let path = file.source.path();
            (path, &file.changed, &file.jobs, &file.findings)
        });
        format!("{:#?} {:?}", files.collect::<Vec<_>>(), outcome.problems)
    };
    let full = translate_scanned(&memory, &given, None, &options);
    let quick = translate(&memory, &given, &options);
    assert_eq!(shown(&full), shown(&quick), "{files:#?}");
    full
}

#[test]
fn tells_a_job_that_is_merged_into_others() {
    let shared = ".rules: &rules  # all\n  rules:\n    - if: $CI\n.node:\n  image: node:22\n";
    for (job, is_taken) in [
        ("test:\n  <<: *rules\n  extends: .node\n", true),
        ("test:\n  <<: *unknown\n", false),
        ("test: *rules\n", false),
        ("test:\n  script: *rules\n", false),
        ("test: &rules\n  script: x\n", true),
        ("test: &test\n  <<: *rules\n", false),
        ("test: &test\n  <<: *test\n", false),
        ("test: &test\n  extends: .node\n", false),
    ] {
        let text = format!("{shared}{job}");
        assert_eq!(agrees(GITLAB, &text), is_taken, "{text}");
        assert!(!agrees(
            GITHUB,
            &format!("jobs:\n  {}", text.replace('\n', "\n  "))
        ));
    }
}

const PLAIN: &str = "test:\n  image: node:22\n  script:\n    - npm test\n";
const DOCKER: &str =
    "build:\n  image: docker:27\n  services: [docker:27-dind]\n  script: docker build .\n";

/// Files of these names and texts, each a pipeline's.
fn repository(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let files = files.iter();
    let files = files.map(|(folder, text)| (format!("{folder}.gitlab-ci.yml"), text.to_string()));
    files.collect()
}

#[test]
fn agrees_on_child_pipelines_and_includes() {
    let starts =
        |child: &str| format!("{child}:\n  trigger:\n    include: {child}/.gitlab-ci.yml\n");
    let includes = |part: &str| format!("include: {part}/.gitlab-ci.yml\n");
    for root in [
        starts("a") + &starts("b"),
        includes("a") + &starts("b"),
        // the same file as both, in either order
        starts("a") + &includes("a"),
        includes("a") + &starts("a"),
        includes("docker") + &starts("a"),
        includes("a") + &starts("docker") + DOCKER,
        includes("./a") + &starts("./b"),
        includes("gone") + &starts("gone"),
        "include: '*/.gitlab-ci.yml'\n".to_owned() + &starts("b"),
        // one that starts itself
        format!(
            "again:\n  trigger:\n    include: .gitlab-ci.yml\n{}",
            starts("a")
        ),
    ] {
        let mut files = repository(&[
            ("", &root),
            ("a/", PLAIN),
            ("b/", PLAIN),
            ("c/", PLAIN),
            ("docker/", DOCKER),
        ]);
        same_in_full(GITLAB, &files);
        // a child that starts another one
        files[3].1 = starts("b") + &includes("a");
        files[0].1 += &starts("c");
        same_in_full(GITLAB, &files);
    }
}

#[test]
fn agrees_on_more_includes_than_a_pipeline_may_have() {
    let parts = (0..230).map(|part| format!("part-{part}/.gitlab-ci.yml"));
    let list = parts.clone().map(|part| format!("  - local: {part}\n"));
    let root = "include:\n".to_owned() + &list.collect::<String>();
    let mut files = repository(&[("", &root)]);
    files.extend(parts.map(|part| (part, PLAIN.to_owned())));
    let outcome = same_in_full(GITLAB, &files);
    let beside = outcome
        .files
        .iter()
        .filter(|file| !file.findings.is_empty());
    assert!((25..40).contains(&beside.count()));
    files[0].1 = "include: '*/.gitlab-ci.yml'\n".to_owned();
    same_in_full(GITLAB, &files);
}

/// Lines that stand for all that CI files hold, plain and not.
const LINES: [&str; 56] = [
    "k: v",
    "k: v w  # c",
    "k:",
    "k: # c",
    "k:  'v: w'",
    "k: \"v # w\"",
    "k: \"v\" w",
    "k: 'it''s'",
    "k: |",
    "k: >-",
    "k: |  ",
    "k: [a, 'b', c.d]",
    "k: [ ]",
    "k: [a, , b]",
    "k: [a: b]",
    "k: {}",
    "k: {} # c",
    "k : v",
    "k: v:",
    "k: v: w",
    "k:v",
    "k: -",
    "k: - v",
    "k: -v",
    "k: ?",
    "k: \"\"",
    "k: https://example.org/x#y",
    "l m: ${{ github.ref }}",
    "- v",
    "- v w # c",
    "- k: v",
    "- k: |",
    "- |",
    "- 'v'",
    "-",
    "- - v",
    "-   k: v",
    "- https://example.org:80/",
    "# c",
    "",
    "text",
    "---",
    "uses: actions/checkout@v4",
    "image: node:22",
    "extends: a",
    "run: make \\",
    "0: 1",
    "...",
    "k: &m",
    "k: &m  # c",
    "k: &m v",
    "k: *m",
    "- *m",
    "- &n v",
    "<<: *m",
    "<<: v",
];

/// Lines at some depth, behind what a file begins with.
fn texts() -> impl Strategy<Value = String> {
    let heads = prop::sample::select(vec![
        "",
        "on: push\njobs:\n  a:\n    steps:\n",
        "jobs:\n  a:\n",
        "jobs:\n  a:\n    runs-on: x\n  b:\n    steps:\n    - run: |\n",
        "a:\n  script:\n",
        "stages: [a]\na:\n  extends: b\nb:\n",
        "a: &m\n  script: x\nb:\n  <<: *m\n",
        ".a: &m\n  k: v\n.b: &n\n  <<: *m\nc:\n",
    ]);
    let line = (
        prop::sample::select(vec![0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 5, 3]),
        0..LINES.len(),
    );
    let tails = (prop::collection::vec(line, 1..7), any::<bool>());
    (heads, tails).prop_map(|(head, (lines, ends))| {
        let mut text = head.to_owned();
        for (indent, line) in lines {
            text.push_str(&" ".repeat(indent));
            text.push_str(LINES[line]);
            text.push('\n');
        }
        if !ends {
            text.pop();
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn tells_what_the_full_reader_tells(text in texts()) {
        agrees(GITHUB, &text);
        agrees(GITLAB, &text);
    }
}

#[test]
fn agrees_on_files_with_another_word_for_docker() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let (mut taken, mut all) = (0, 0);
    let mut open = vec![golden];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).unwrap();
            open.extend(entries.map(|entry| entry.unwrap().path()));
            continue;
        }
        let is_yaml = path
            .extension()
            .is_some_and(|end| end == "yml" || end == "yaml");
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        if is_yaml {
            let text = text.replace("docker", "engine");
            for provider in [GITLAB, GITHUB] {
                all += 1;
                taken += usize::from(agrees(provider, &text));
            }
        }
    }
    assert!(taken > 100, "{taken} of {all}");
}
