//! What a job does with Docker: whether at all, with which images, logged in where.

use crate::analysis::Evidence;
use crate::analysis::facts::session;
use crate::rewrite::absent;
use crate::rules::Rules;

use super::{job, kept_by, with_pass};

#[test]
fn a_job_uses_docker_by_what_it_runs_and_not_by_what_it_names() {
    let uses = |ci: &str| with_pass(ci, |pass| Evidence::of(pass.view).uses_docker());
    for ci in [
        "job: {script: [docker ps]}",
        "job: {script: [\"sudo -E docker ps\"]}",
        "job: {script: [\"sh -c 'docker ps'\"]}",
        "job: {script: [\"time docker ps | grep x\"]}",
        "job: {script: [docker-compose up]}",
        "job: {script: [make], services: [docker:27-dind]}",
        "job: {script: [make], services: [{name: registry.example.com/docker:27-dind, alias: docker}]}",
        "job: {script: [docker ps], image: python:3.12}",
        // what make runs cannot be seen, and there it would find docker
        "job: {script: [make], image: docker:27}",
    ] {
        assert!(uses(ci), "{ci}");
    }
    for ci in [
        "job: {script: [apk add git, git push], image: docker:27}",
        "job: {script: [echo docker ps]}",
        "job: {script: [ls docker, cat docker/ps]}",
        "job: {script: [podman build docker.io/library/alpine]}",
        "job: {script: ['# docker ps', make]}",
        "job: {script: [make], services: [postgres:16]}",
    ] {
        assert!(!uses(ci), "{ci}");
    }
}

#[test]
fn an_image_is_there_once_it_was_made_fetched_or_loaded() {
    let script = "docker run a true\ndocker pull a:1\ndocker run a:2 true\ndocker build -t r/b:1 .\ndocker tag r/b:1 r/c\ndocker push r/c";
    with_pass(&job(script), |pass| {
        let facts = &pass.facts;
        // by name alone: another tag of it may be meant
        assert!(!facts.has_before(0, "a") && facts.has_before(2, "a:2"));
        assert!(!facts.made_before(6, "a"), "what is pulled is not made");
        assert!(!facts.made_before(3, "r/b:1") && facts.made_before(4, "r/b:1"));
        assert!(facts.makes("r/b") && !facts.makes_latest("r/b"));
        assert!(facts.makes_latest("r/c") && facts.pushes_to("r/c"));
    });
    with_pass(&job("docker load -i x.tar\ndocker run any true"), |pass| {
        let facts = &pass.facts;
        assert!(facts.has_before(1, "any") && facts.made_before(1, "any"));
    });
}

#[test]
fn a_login_holds_until_the_logout_of_the_same_registry() {
    let script = "docker login -u u -p p r.example.com\ndocker login\ndocker logout https://r.example.com/\ndocker ps";
    with_pass(&job(script), |pass| {
        let login = |call, registry| pass.facts.logged_in_before(call, registry);
        assert_eq!(login(1, "r.example.com"), Some(0));
        assert_eq!(login(3, "r.example.com"), None);
        assert_eq!(login(3, "docker.io"), Some(1));
    });
}

#[test]
fn a_registry_has_one_name() {
    for (registry, name) in [
        ("", "docker.io"),
        ("docker.io", "docker.io"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("https://r.example.com/", "r.example.com"),
        ("${CI_REGISTRY}", "$CI_REGISTRY"),
    ] {
        assert_eq!(session(Rules::embedded(), registry), name, "{registry}");
    }
}

#[test]
fn a_container_or_image_that_nobody_in_sight_makes_keeps_the_job() {
    let kept = |steps: &str| {
        let workflow = format!(
            "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    services: {{db: {{image: postgres}}}}\n    steps:\n{steps}"
        );
        kept_by(&workflow, |pass, draft| absent::run(pass, draft))
    };
    let runs = "      - run: docker run -d --name web nginx\n";
    for (step, rules) in [
        ("docker exec web true", &[][..]),
        ("docker exec db true", &["host-containers"]),
        ("docker cp db:/a .", &["host-containers"]),
        ("docker exec $ID true", &[]),
        ("docker run --pull never made true", &["hidden-docker"]),
        ("docker run --pull never nginx true", &[]),
    ] {
        let steps = format!("{runs}      - run: {step}\n");
        assert_eq!(kept(&steps), rules, "{step}");
    }
}
