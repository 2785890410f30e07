//! Jobs held against each other: who moves, and what is written where they share text.

use crate::analysis::Scripts;
use crate::options::Options;
use crate::rewrite::tests::lowered;
use crate::rules::Rules;
use crate::text::apply_edits;
use crate::yaml;

use super::{Plan, State, plan, reasons};

/// Each job with why it stays (`-` if it moves, nothing if it has no Docker), and the pipeline as it comes out.
fn planned(ci: &str) -> (String, String) {
    let (files, lowered) = lowered(ci);
    let (options, scripts) = (Options::default(), Scripts::default());
    let (documents, rules) = (&lowered.documents, Rules::embedded());
    let plan = plan(
        documents,
        &lowered.pipelines,
        rules,
        &options,
        &files,
        &scripts,
        None,
    );
    let document = &documents.files[0];
    let mut text = document.source.text().to_owned();
    for changes in plan.changes.values() {
        let edits = yaml::edits(&document.tree, &text, changes).expect("they can be written");
        text = apply_edits(&text, edits).expect("they are apart");
    }
    (states(&plan), text)
}

fn states(plan: &Plan<'_>) -> String {
    let states = plan.units.iter().map(|unit| {
        let why = match &unit.state {
            State::Untouched => String::new(),
            State::Moves => "-".to_owned(),
            State::Left(findings) => {
                let rules = reasons(findings);
                let rules: Vec<&str> = rules.iter().map(|rule| rule.0).collect();
                rules.join(",")
            }
        };
        format!("{}:{why}", unit.job.name)
    });
    states.collect::<Vec<String>>().join(" ")
}

/// A pipeline with Docker's image and daemon for all jobs, and what more it has.
fn with_default(more: &str) -> String {
    format!("default:\n  image: docker:27\n  services: [docker:27-dind]\n{more}")
}

/// A job that moves, and one that stays because its command has no counterpart.
const MOVES: &str = "moves:\n  script: [docker ps]\n";
const STAYS: &str = "stays:\n  script: [docker swarm init]\n";

#[test]
fn an_emptied_list_goes_with_its_key_unless_that_uncovers_or_breaks_something() {
    let podman = "  image: quay.io/podman/stable:v5.8\n";
    let own = "a:\n  image: docker:27\n  services: [docker:27-dind]\n  script: [docker ps]\n";
    let gone = format!("a:\n{podman}  script: [podman ps]\n");
    let empty = format!("a:\n{podman}  services: []\n  script: [podman ps]\n");
    for (others, expected) in [
        ("", &gone),
        // the services of all jobs would come out from under it
        ("default:\n  services: [postgres:16]\n", &empty),
    ] {
        let (_, text) = planned(&format!("{others}{own}"));
        assert_eq!(text, format!("{others}{expected}"));
    }
    // without the key an alias or a reference would name nothing
    for (list, name) in [
        ("services: &all", "*all"),
        ("services:", "!reference [.base, services]"),
    ] {
        let job = |job: &str| {
            format!("{job}:\n  image: docker:27\n  services: {name}\n  script: [docker ps]\n")
        };
        let base = format!(".base:\n  {list} [docker:27-dind]\n  tags: [x]\n");
        let (states, text) = planned(&format!("{base}{}{}", job("a"), job("b")));
        assert_eq!(states, "a:- b:-");
        assert!(text.contains(&format!("  {list} []\n")), "{text}");
    }
}

#[test]
fn a_job_that_moves_gets_its_own_keys_where_a_shared_one_stays() {
    let (states, text) = planned(&with_default(&format!("{MOVES}{STAYS}")));
    assert_eq!(states, "moves:- stays:swarm");
    let expected = format!(
        "moves:\n  image: quay.io/podman/stable:v5.8\n  services: []\n  script: [podman ps]\n{STAYS}"
    );
    assert_eq!(text, with_default(&expected));
}

#[test]
fn keys_of_its_own_stand_behind_what_says_where_a_job_runs() {
    let more = "moves:\n  # why\n  extends: .base\n  stage: test\n  variables: {A: b}\n  script: [docker ps]\n";
    let base = ".base:\n  tags: [x]\n";
    let (_, text) = planned(&with_default(&format!("{base}{more}{STAYS}")));
    let place = "  stage: test\n  image: quay.io/podman/stable:v5.8\n  services: []\n  variables:";
    assert!(text.contains(place), "{text}");
}

#[test]
fn a_few_jobs_that_stay_keep_a_copy_when_most_move_on() {
    let moving = |count: usize| -> String {
        let jobs = (0..count).map(|job| format!("m{job}:\n  script: [docker ps]\n"));
        jobs.collect()
    };
    let (states, text) = planned(&with_default(&format!("{}{STAYS}", moving(2))));
    assert_eq!(states, "m0:- m1:- stays:swarm");
    assert!(
        text.starts_with("default:\n  image: quay.io/podman/stable:v5.8\nm0:"),
        "{text}"
    );
    assert!(
        text.ends_with("stays:\n  image: docker:27\n  services:\n    - docker:27-dind\n  script: [docker swarm init]\n"),
        "{text}"
    );
    // four copies would be no small diff
    let stays: String = (0..4)
        .map(|job| STAYS.replace("stays", &format!("s{job}")))
        .collect();
    let (_, text) = planned(&with_default(&format!("{}{stays}", moving(5))));
    assert!(text.starts_with("default:\n  image: docker:27\n"), "{text}");
    assert!(text.ends_with(&stays), "{text}");
}

#[test]
fn a_line_that_jobs_share_changes_for_all_or_for_none() {
    let shared = ".lines:\n  script: &lines [docker ps]\n";
    let job = |name: &str, more: &str| {
        format!(
            "{name}:\n  image: docker:27\n  services: [docker:27-dind]\n  script: *lines\n{more}"
        )
    };
    let (states, text) = planned(&format!("{shared}{}{}", job("a", ""), job("b", "")));
    assert_eq!(states, "a:- b:-");
    assert!(text.contains("&lines [podman ps]"), "{text}");
    let stays = "  after_script: [docker swarm init]\n";
    let ci = format!("{shared}{}{}", job("a", ""), job("b", stays));
    let (states, text) = planned(&ci);
    assert_eq!(states, "a:shared-text b:swarm");
    assert_eq!(text, ci);
}

#[test]
fn a_template_with_an_image_of_its_own_keeps_its_lines() {
    let ci = ".tool:\n  image: registry.example.com/tool:1\n  services: [docker:27-dind]\n  script: [docker ps]\na:\n  extends: .tool\n  image: docker:27\n";
    let (states, text) = planned(ci);
    assert_eq!((states.as_str(), text.as_str()), ("a:shared-text", ci));
}

#[test]
fn images_that_go_from_job_to_job_keep_both_on_one_engine() {
    let saves = "saves:\n  script: [docker save -o app.tar app]\n  artifacts: {paths: [app.tar]}\n";
    let loads = "loads:\n  script: [docker load -i app.tar]\n";
    let (states, _) = planned(&with_default(&format!("{saves}{loads}")));
    assert_eq!(states, "saves:- loads:-");
    let stays = loads.replace("app.tar", "app.tar, docker swarm init");
    let (states, _) = planned(&with_default(&format!("{saves}{stays}")));
    assert_eq!(states, "saves:image-archive loads:swarm");
    // each job with a daemon beside it has a store of its own
    let builds = "builds:\n  script: [docker build -t r/app .]\n";
    let pushes = "pushes:\n  script: [docker push r/app]\n";
    let (states, _) = planned(&with_default(&format!("{builds}{pushes}")));
    assert_eq!(states, "builds:- pushes:-");
}

#[test]
fn dockers_variables_go_where_nobody_needs_them_any_more() {
    let engine =
        "variables:\n  DOCKER_HOST: tcp://docker:2375\n  DOCKER_DRIVER: overlay2\n  A: b\n";
    let all = |jobs: &str| planned(&with_default(&format!("{engine}{jobs}"))).1;
    let text = all(MOVES);
    assert!(text.contains("variables:\n  A: b\nmoves"), "{text}");
    let text = all(&format!("{MOVES}{STAYS}"));
    assert!(text.contains(engine), "{text}");
    let reads = "reads:\n  image: alpine:3\n  services: []\n  script: [echo $DOCKER_DRIVER]\n";
    let text = all(&format!("{MOVES}{reads}"));
    assert!(
        text.contains("  DOCKER_DRIVER: overlay2\n  A: b\n"),
        "{text}"
    );
    assert!(!text.contains("DOCKER_HOST"), "{text}");
}

#[test]
fn a_new_variable_stands_where_the_jobs_own_are() {
    // a HEALTHCHECK would be lost, where it cannot be seen that there is none
    let build = "  script: ['docker build -t r/app $FOLDER']\n";
    let variables_after = |variables: &str| {
        let ci = with_default(&format!("a:\n{variables}{build}"));
        let (states, text) = planned(&ci);
        assert_eq!(states, "a:-", "{ci}");
        let text = text.split_once("a:\n").expect("it is there").1.to_owned();
        text.split("  script").next().unwrap_or_default().to_owned()
    };
    let new = "BUILDAH_FORMAT: docker\n";
    assert_eq!(variables_after(""), format!("  variables:\n    {new}"));
    let own = "  variables:\n    A: b\n";
    assert_eq!(variables_after(own), format!("{own}    {new}"));
    let docker = "  variables:\n    DOCKER_DRIVER: vfs\n    A: b\n";
    assert_eq!(
        variables_after(docker),
        format!("  variables:\n    {new}    A: b\n")
    );
    assert_eq!(
        variables_after("  variables:\n    BUILDAH_FORMAT: oci\n"),
        "  variables:\n    BUILDAH_FORMAT: oci\n"
    );
}

#[test]
fn a_line_that_all_need_stands_once_in_the_list_that_they_share() {
    let shared = "  before_script: [echo hi]\n";
    let jobs = "a:\n  script: [git status, docker ps]\nb:\n  script: [git log, docker ps]\n";
    let (_, text) = planned(&with_default(&format!("{shared}{jobs}")));
    assert!(
        text.contains("before_script: [dnf install -y git, echo hi]"),
        "{text}"
    );
    assert!(text.contains("script: [git log, podman ps]"), "{text}");
    // a job that stays would run it, too
    let (_, text) = planned(&with_default(&format!("{shared}{jobs}{STAYS}")));
    assert!(text.contains(shared), "{text}");
    assert!(
        text.contains("script: [dnf install -y git, git log, podman ps]"),
        "{text}"
    );
}

#[test]
fn variables_that_are_merged_or_shared_stay_beside_a_new_one() {
    let base = ".base: &base\n  variables: &all\n    A: b\n    N: \"1\"\n";
    for (key, beside) in [
        ("  <<: *base\n", "    A: b\n    N: \"1\"\n"),
        ("  variables: *all\n", "    <<: *all\n"),
    ] {
        let other = format!("b:\n{key}  image: alpine:3\n  services: []\n  script: [echo hi]\n");
        let job = format!("a:\n{key}  script: ['docker build -t r/app $FOLDER']\n");
        let (states, text) = planned(&with_default(&format!("{base}{job}{other}")));
        assert_eq!(states, "a:- b:");
        let variables = format!("  variables:\n{beside}    BUILDAH_FORMAT: docker\n");
        assert!(text.contains(&variables), "{text}");
        assert!(text.contains(base) && text.ends_with(&other), "{text}");
    }
}
