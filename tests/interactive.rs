//! `--interactive`: what is asked, and what is written by which answer.

mod support;

use support::{Repository, said, status};

const PIPELINE: &str = "\
one:
  image: docker:27
  services: [docker:27-dind]
  script: [docker run --rm alpine one]

two:
  image: docker:27
  services: [docker:27-dind]
  script: [docker run --rm alpine two]

.shared:
  script: [docker run --rm alpine shared]
three:
  extends: .shared
  image: docker:27
  services: [docker:27-dind]
four:
  extends: .shared
  image: docker:27
  services: [docker:27-dind]
";

fn answered(answers: &str) -> (Repository, String, Option<i32>) {
    let repository = Repository::with(&[(".gitlab-ci.yml", PIPELINE)]);
    let output = repository.run_with(&["--interactive"], answers.as_bytes());
    let code = status(&output);
    (repository, said(&output), code)
}

#[test]
fn each_answer_does_what_it_says() {
    let (repository, text, code) = answered("n\ny\nn\n");
    let after = repository.get(".gitlab-ci.yml");
    assert!(after.contains("docker run --rm alpine one"), "{after}");
    assert!(
        after.contains("podman run --rm docker.io/library/alpine two"),
        "{after}"
    );
    assert!(after.contains("docker run --rm alpine shared"), "{after}");
    assert_eq!(code, Some(1));
    assert!(
        text.contains("1 of 3: job one (.gitlab-ci.yml:1)"),
        "{text}"
    );
    assert!(text.contains("3 of 3: 2 jobs that share text"), "{text}");
    assert!(text.contains("declined 3"), "{text}");
}

#[test]
fn all_that_is_left_can_be_taken_or_left_at_once() {
    let (repository, text, code) = answered("n\na\n");
    let after = repository.get(".gitlab-ci.yml");
    assert_eq!(after.matches("podman run").count(), 2, "{after}");
    assert_eq!(code, Some(1), "{text}");
    let (repository, _, _) = answered("y\nq\n");
    let after = repository.get(".gitlab-ci.yml");
    assert_eq!(after.matches("podman run").count(), 1, "{after}");
    let (repository, _, code) = answered("a\n");
    assert!(!repository.get(".gitlab-ci.yml").contains("docker:27"));
    assert_eq!(code, Some(0));
}

#[test]
fn no_answer_writes_nothing() {
    let (repository, _, code) = answered("");
    assert_eq!(repository.get(".gitlab-ci.yml"), PIPELINE);
    assert_eq!(code, Some(1));
}

#[test]
fn other_words_bring_help_and_reasons() {
    let (_, text, _) = answered("maybe\ne\nq\n");
    assert!(text.contains("n - leave it on Docker"), "{text}");
    assert!(text.contains("note[dind-service]"), "{text}");
    assert_eq!(text.matches("Move to Podman?").count(), 3, "{text}");
}

#[test]
fn nobody_is_asked_in_vain() {
    let repository = Repository::with(&[(".gitlab-ci.yml", PIPELINE)]);
    repository.put(".gitlab-ci.yml", format!("{PIPELINE}# more\n"));
    let output = repository.run_with(&["--interactive"], b"a\n");
    let text = said(&output);
    assert_eq!(status(&output), Some(2), "{text}");
    assert!(
        text.contains("--allow-dirty") && !text.contains("Move to Podman?"),
        "{text}"
    );
}

#[test]
fn what_a_person_agreed_to_waits_for_nobody() {
    let repository = Repository::with(&[(
        ".gitlab-ci.yml",
        "one:\n  image: docker:27\n  script: [docker run --rm alpine one]\n",
    )]);
    let output = repository.run_with(&["--interactive"], b"y\n");
    assert!(repository.get(".gitlab-ci.yml").contains("podman run"));
    assert_eq!(status(&output), Some(0), "{}", said(&output));
}
