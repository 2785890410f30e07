//! What becomes of lines: loops that wait, commands that go.

use crate::analysis::JobPass;
use crate::rewrite::{Draft, disguise, other_engine, waits};

use super::{changed, job, kept_by, names, with_context, with_pass};

#[test]
fn a_loop_that_only_waits_for_the_daemon_asks_once() {
    let waited = |script: &str| {
        with_pass(&job(script), |pass| {
            let mut draft = Draft::default();
            waits::run(pass, &mut draft);
            changed(pass, &draft.changes)
        })
    };
    for script in [
        "until docker info; do sleep 1; done",
        "until docker info >/dev/null 2>&1; do echo waiting; sleep 1; done",
        "while ! docker info; do sleep 1; done",
        "until nc -z docker 2376; do sleep 1; done",
        "for i in 1 2 3; do docker info && break; sleep 1; done",
        "for i in 1 2 3; do if docker info; then break; fi; sleep 1; done",
        "for i in 1 2 3; do if ! docker info; then sleep 1; else break; fi; done",
    ] {
        assert_eq!(waited(script), "podman info", "{script}");
    }
    for script in [
        "while docker info; do sleep 1; done",
        "until docker info; do make; done",
        "until pg_isready -h db; do sleep 1; done",
        "for i in 1 2 3; do docker info; done",
        "until docker info; do n=1; sleep 1; done\necho $n",
        "for i in 1 2 3; do docker info && break; sleep 1; done\necho $i",
    ] {
        assert_eq!(waited(script), script, "{script}");
    }
}

#[test]
fn a_loop_that_waits_for_the_daemons_port_and_does_more_keeps_the_job() {
    let loops = "until nc -z docker 2376; do make; done";
    assert_eq!(kept_by(&job(loops), waits::run), ["engine-api"]);
}

#[test]
fn what_is_left_of_a_list_still_means_the_rest() {
    for (script, left) in [
        ("docker context create ci\nmake", "make"),
        ("docker context create ci || true\nmake", "make"),
        ("docker context create ci || echo no\nmake", "make"),
        ("docker context create ci && make", "make"),
        ("make && docker context create ci", "make"),
        ("docker context create ci; make", "make"),
        (
            "docker context create ci && docker context use ci && make",
            "make",
        ),
        ("[ -n \"$A\" ] && docker context create ci\nmake", "make"),
        // without its right side a test that fails would end the job
        (
            "[ -n \"$A\" ] && make && docker context create ci",
            "[ -n \"$A\" ] && make && true",
        ),
        ("make || docker context create ci", "make || true"),
        ("docker context ls | grep ci\nmake", "make"),
        (
            "if [ -n \"$A\" ]; then docker context create ci; fi\nmake",
            "make",
        ),
        (
            "if docker context create ci; then echo yes; fi\nmake",
            "make",
        ),
        (
            "if [ -n \"$A\" ]; then docker context create ci; make; fi",
            "if [ -n \"$A\" ]; then make; fi",
        ),
        (
            "for c in a b; do docker context create $c; done\nmake",
            "make",
        ),
        ("(docker context create ci)\nmake", "make"),
    ] {
        let (blockers, text) = moved(script);
        assert_eq!((blockers, text.as_str()), (vec![], left), "{script}");
    }
    for script in [
        "docker context create ci || make",
        "docker context create ci | xargs make",
        "if docker context create ci; then make; fi",
    ] {
        assert_eq!(moved(script).0, ["removed-condition"], "{script}");
    }
    let fails = "! docker context create ci && make";
    assert_eq!(moved(fails).0, ["docker-must-fail"]);
}

/// What all passes make of a script, with the rules that keep it.
fn moved(script: &str) -> (Vec<&'static str>, String) {
    with_context(&job(script), |context| {
        let job = &context.pipeline.jobs[0];
        let drafted = crate::rewrite::run(context, job, |_, _| Vec::new());
        let draft = drafted.expect("it uses Docker").draft;
        let view = context.view(job);
        let text = changed(&JobPass::new(&view), &draft.changes);
        (names(&draft.blockers), text)
    })
}

#[test]
fn docker_is_known_behind_another_name() {
    let kept = |script: &str| kept_by(&job(script), |pass, draft| disguise::run(pass, draft));
    for script in [
        "DOCKER=docker\n$DOCKER ps",
        "A=docker\nB=$A\n$B ps",
        "d=dock\n${d}er ps",
        "cmd=(docker ps)\n\"${cmd[@]}\"",
        "CMD='docker ps'\neval \"$CMD\"",
        "for c in docker podman; do $c ps; done",
        "$(which docker) ps",
        "${DOCKER:-docker} ps",
        "\"$BIN\"/docker ps",
        "$CONTAINER_ENGINE ps",
        "alias d='docker ps'",
        "docker() { podman \"$@\"; }",
        "run() { \"$@\"; }\nrun docker ps",
    ] {
        assert_eq!(kept(script), ["disguised-docker"], "{script}");
    }
    for script in [
        "TOOL=make\n$TOOL all",
        "NAME=docker\necho $NAME",
        "alias ll='ls -l'",
        "run() { \"$@\"; }\nrun make",
        "ssh host '$DOCKER ps'",
    ] {
        assert!(kept(script).is_empty(), "{script}");
    }
}

#[test]
fn a_setting_leads_away_unless_it_names_the_jobs_own_engine() {
    let own = "docker context create ci\ndocker context create far --docker host=ssh://far";
    with_pass(&job(own), |pass| {
        for (name, value) in [
            ("DOCKER_HOST", "ssh://ci@far"),
            ("DOCKER_HOST", "tcp://10.0.0.9:2376"),
            ("DOCKER_HOST", "tcp://far"),
            ("DOCKER_CONTEXT", "prod"),
            ("DOCKER_CONTEXT", "far"),
        ] {
            assert!(
                other_engine::leads_away(pass, name, value),
                "{name}={value}"
            );
        }
        for (name, value) in [
            ("DOCKER_HOST", ""),
            ("DOCKER_HOST", "unix:///var/run/docker.sock"),
            ("DOCKER_HOST", "tcp://docker:2375"),
            ("DOCKER_HOST", "localhost:2375"),
            ("DOCKER_CONTEXT", "default"),
            ("DOCKER_CONTEXT", "ci"),
            ("DOCKER_CONTEXT", "./docker"),
            ("DOCKER_CONFIG", "ssh://far"),
        ] {
            assert!(
                !other_engine::leads_away(pass, name, value),
                "{name}={value}"
            );
        }
    });
}
