//! What a repository accepts: its configuration, the comments in its files, its baseline.

mod support;

use jsonschema::Validator;
use support::{Repository, said, status};

const DOCKER: &str = "\
build:
  image: docker:27
  services: [docker:27-dind]
  script: [docker build -t app .]
deploy:
  image: docker:27
  services: [docker:27-dind]
  script: [docker service update app]
";
const ACCEPTED: &str = "\
# dindless: ignore-file until spring
deploy:
  image: docker:27
  services: [docker:27-dind]
  script: [docker service update app]
";

fn document(repository: &Repository, arguments: &[&str]) -> serde_json::Value {
    let output = repository.run(arguments);
    serde_json::from_slice(&output.stdout).expect("a document on standard output")
}

#[test]
fn the_nearest_configuration_counts() {
    let repository = Repository::with(&[
        (".gitlab-ci.yml", DOCKER),
        ("dindless.yml", "image: registry.test/far:1\n"),
        ("sub/a.gitlab-ci.yml", DOCKER),
        ("sub/dindless.yml", "image: registry.test/near:1\n"),
    ]);
    let diff = |arguments: &[&str]| {
        let output = repository.run(arguments);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(diff(&[".gitlab-ci.yml"]).contains("registry.test/far:1"));
    assert!(diff(&["sub/a.gitlab-ci.yml"]).contains("registry.test/near:1"));
    assert!(diff(&["--config", "dindless.yml", "sub/a.gitlab-ci.yml"]).contains("far:1"));
    let given = diff(&["--podman-image", "registry.test/given:1", ".gitlab-ci.yml"]);
    assert!(
        given.contains("given:1") && !given.contains("far:1"),
        "{given}"
    );
}

#[test]
fn a_wrong_configuration_stops_its_repository_alone() {
    let repository = Repository::loose();
    repository.put("good/.gitlab-ci.yml", DOCKER);
    repository.put("bad/.gitlab-ci.yml", DOCKER);
    repository.put("bad/dindless.yml", "image: a\npodmn: '5.4'\n");
    let output = repository.run(&["--write", "--allow-no-vcs", "good", "bad"]);
    let text = said(&output);
    assert_eq!(status(&output), Some(2), "{text}");
    assert!(text.contains("bad/dindless.yml:2:1"), "{text}");
    assert!(text.contains("did you mean `podman`?"), "{text}");
    assert!(
        repository
            .get("good/.gitlab-ci.yml")
            .contains("podman build")
    );
    assert_eq!(repository.get("bad/.gitlab-ci.yml"), DOCKER);
    let missing = repository.run(&["--config", "none.yml", "good"]);
    assert_eq!(status(&missing), Some(2));
}

#[test]
fn the_schema_takes_what_the_program_takes() {
    let repository = Repository::loose();
    let schema = document(&repository, &["--schema", "config"]);
    let schema = Validator::new(&schema).expect("a schema");
    for (text, right) in [
        ("{}", true),
        ("null", true),
        (
            r#"{"runner": "podman", "podman": "5.4", "rules": {"swarm": "off"}}"#,
            true,
        ),
        (
            r#"{"paths": {"exclude": ["a/"], "include": "b"}, "packages": {"a": false}}"#,
            true,
        ),
        (r#"{"runner": "podmann"}"#, false),
        (r#"{"runnr": "podman"}"#, false),
        (r#"{"rules": {"swarm": "fatal"}}"#, false),
        (r#"{"paths": {"only": ["a"]}}"#, false),
    ] {
        let value = serde_json::from_str(text).expect("JSON");
        assert_eq!(schema.is_valid(&value), right, "{text}");
        repository.put("dindless.yml", text);
        repository.put(".gitlab-ci.yml", "test:\n  script: [make]\n");
        let expected = if right { Some(0) } else { Some(2) };
        assert_eq!(status(&repository.run(&["."])), expected, "{text}");
    }
}

#[test]
fn what_is_accepted_fails_no_check_and_is_not_hidden() {
    let repository = Repository::with(&[(".gitlab-ci.yml", ACCEPTED)]);
    let check = repository.run(&["--check"]);
    assert_eq!(status(&check), Some(0), "{}", said(&check));
    assert!(said(&check).contains("1 accepted"), "{}", said(&check));
    for format in ["github", "gitlab"] {
        let output = repository.run(&["--check", "--format", format]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!text.contains("swarm"), "{text}");
    }
    let json = document(&repository, &["--format", "json"]);
    let job = &json["files"][0]["jobs"][0];
    assert_eq!(
        (&job["verdict"], &job["accepted"]),
        (&"left".into(), &true.into())
    );
    let findings = json["files"][0]["findings"].as_array().expect("findings");
    let swarm = findings
        .iter()
        .find(|it| it["rule"] == "swarm")
        .expect("one");
    assert_eq!(swarm["accepted"]["by"], "comment");
    assert_eq!(swarm["accepted"]["why"], "until spring");
    let sarif = document(&repository, &["--format", "sarif"]);
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let swarm = results
        .iter()
        .find(|it| it["ruleId"] == "swarm")
        .expect("one");
    assert_eq!(swarm["suppressions"][0]["kind"], "inSource");
    assert_eq!(swarm["suppressions"][0]["justification"], "until spring");
}

#[test]
fn a_baseline_is_quiet_about_what_is_known_and_tells_what_is_new() {
    let repository = Repository::with(&[(".gitlab-ci.yml", DOCKER)]);
    assert_eq!(status(&repository.run(&["--check"])), Some(1));
    let missing = repository.run(&["--check", "--baseline", "known.json"]);
    assert_eq!(status(&missing), Some(2));
    assert!(said(&missing).contains("--update-baseline"));
    let update = repository.run(&["--update-baseline", "--baseline", "known.json"]);
    assert_eq!(status(&update), Some(0), "{}", said(&update));
    let known = repository.run(&["--check", "--baseline", "known.json"]);
    assert_eq!(status(&known), Some(0), "{}", said(&known));
    assert!(said(&known).contains("2 accepted"), "{}", said(&known));

    let moved = format!("# other lines\nlint:\n  script: [make]\n{DOCKER}");
    repository.put(".gitlab-ci.yml", &moved);
    let known = repository.run(&["--check", "--baseline", "known.json"]);
    assert_eq!(status(&known), Some(0), "{}", said(&known));

    let more = format!("{moved}swarm:\n  image: docker:27\n  script: [docker service ls]\n");
    repository.put(".gitlab-ci.yml", &more);
    let new = repository.run(&["--check", "--baseline", "known.json", "--format", "json"]);
    assert_eq!(status(&new), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&new.stdout).expect("JSON");
    assert_eq!(json["summary"]["jobs"]["accepted"], 2);
    assert_eq!(json["summary"]["jobs"]["left"], 1);

    repository.put("known.json", "{\"version\": 1}");
    let broken = repository.run(&["--check", "--baseline", "known.json"]);
    assert_eq!(status(&broken), Some(2));
}

#[test]
fn a_run_has_one_configuration_for_a_repository() {
    let repository = Repository::with(&[
        (".gitlab-ci.yml", DOCKER),
        ("sub/a.gitlab-ci.yml", DOCKER),
        ("sub/dindless.yml", "image: registry.test/near:1\n"),
    ]);
    let output = repository.run(&["--write", ".gitlab-ci.yml", "sub"]);
    let text = said(&output);
    assert_eq!(status(&output), Some(2), "{text}");
    assert!(
        text.contains("sub/dindless.yml: the paths of one repository"),
        "{text}"
    );
    assert_eq!(repository.get("sub/a.gitlab-ci.yml"), DOCKER);
}
