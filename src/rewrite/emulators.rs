//! Emulators of other architectures: BuildKit's own builders bring them along, Podman takes those of the kernel.

use crate::analysis::{DockerCall, JobPass, JobView};
use crate::dockerfile::{Dockerfile, Stage};
use crate::options::RunnerProfile;
use crate::rules::{ActionHandling, ids};

use super::commands::{dockerfiles, platforms};
use super::draft::{Draft, Purpose};
use super::script_edit::insert_in_front;

/// Gives the kernel emulators, as `docker/setup-qemu-action` does.
const INSTALL: &str = "podman run --rm --privileged docker.io/tonistiigi/binfmt --install all";

/// Installs emulators in front of builds for other platforms that had those of a builder.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = pass.view;
    if !has_builder(pass) || has_emulators(pass) {
        return;
    }
    let message = "this build is for another platform than the runner's, and its builder brought emulators along; Podman needs those of the kernel";
    let mut done = Vec::new();
    for (index, docker) in pass.known_calls() {
        if docker.rule.name != "build" || !needs_emulators(pass, index, docker) {
            continue;
        }
        let line = view.line(docker.call);
        let is_ours = view.on_machine() || pass.evidence.docker_image() && may_be_privileged(view);
        if !is_ours || pass.replaced.contains(&index) {
            draft.review(
                ids::EMULATORS,
                docker.at(),
                message,
                format!("see that the runner has them, or run `{INSTALL}` as root in front"),
            );
            continue;
        }
        let list = line.item.map_or(line.node, |(list, _)| list);
        if done.contains(&list) {
            continue;
        }
        done.push(list);
        let command = match view.on_machine() {
            true => format!("sudo {INSTALL}"),
            false => INSTALL.to_owned(),
        };
        let why = draft.note(
            ids::EMULATORS,
            docker.at(),
            format!("{message}: `{command}`"),
        );
        insert_in_front(view, line, &[command], Purpose::Setup, draft, why);
    }
}

/// Whether nobody said that the runner gives its containers no privileges.
fn may_be_privileged(view: &JobView<'_>) -> bool {
    !matches!(
        view.context.options.runner,
        RunnerProfile::DockerUnprivileged
            | RunnerProfile::Kubernetes
            | RunnerProfile::Openshift
            | RunnerProfile::Podman
    )
}

/// Whether the job has a builder of BuildKit's beside the engine's own: that is a container with emulators in it.
fn has_builder(pass: &JobPass<'_>) -> bool {
    let rules = pass.view.context.rules;
    let mut actions = pass.view.job.actions.iter();
    let mut calls = pass.known_calls();
    let brings = |name: &str| rules.action(name).is_some_and(|rule| rule.brings_emulators);
    actions.any(|action| brings(&action.name))
        || calls.any(|(_, docker)| docker.rule.name == "buildx create")
}

/// Whether the job installs emulators by itself, or looks after those of the kernel.
fn has_emulators(pass: &JobPass<'_>) -> bool {
    let view = pass.view;
    let rules = view.context.rules;
    let mut actions = view.job.actions.iter();
    let by_action = actions.any(|action| {
        let rule = rules.action(&action.name);
        rule.is_some_and(|rule| matches!(rule.becomes, ActionHandling::Emulators))
    });
    let mut lines = view.lines.iter();
    let names = |text: &str| ["binfmt", "qemu"].iter().any(|name| text.contains(name));
    by_action || lines.any(|line| names(&line.parsed.text))
}

/// Whether something runs in a build on another platform than the runner's.
fn needs_emulators(pass: &JobPass<'_>, index: usize, docker: &DockerCall<'_>) -> bool {
    let native = pass.view.architectures();
    let is_native = |platform: &str| {
        let Some((_, architecture)) = platform.trim().split_once('/') else {
            return false;
        };
        let architecture = architecture.split('/').next().unwrap_or_default();
        native.contains(&architecture)
    };
    let Some(platforms) = platforms(docker) else {
        return false;
    };
    // each value of a matrix is a build of its own, on the runner for it
    let one_by_one = platforms.iter().all(|list| !list.contains(','));
    let mut all = platforms.iter().flat_map(|list| list.split(','));
    if !platforms.is_empty() && all.all(is_native) && (one_by_one || native.len() == 1) {
        return false;
    }
    let target = docker.flags_named("--target").last();
    let target = target.and_then(|flag| docker.value(flag));
    let target = target.map(|target| target.text);
    let dockerfiles = dockerfiles(pass, index, docker);
    dockerfiles.is_none_or(|all| all.iter().any(|one| runs_there(one, target.as_ref())))
}

/// Whether a stage that is needed for `target` runs something on the platform that is built for.
fn runs_there(dockerfile: &Dockerfile, target: Option<&String>) -> bool {
    let stages = dockerfile.stages();
    let needed = dockerfile.needed(&stages, &[target.cloned()]);
    let here = |stage: &Stage<'_>| {
        let bottom = stage.bases(&stages).last();
        let bottom = bottom.and_then(|index| stages.get(index));
        let from = bottom.map_or(stage.from, |bottom| bottom.from);
        let mut platforms = from.flags_named("--platform");
        platforms.any(|flag| {
            let value = flag.value.as_deref().unwrap_or_default();
            matches!(value, "$BUILDPLATFORM" | "${BUILDPLATFORM}")
        })
    };
    let mut needed = stages.iter().zip(needed).filter(|(_, needed)| *needed);
    needed.any(|(stage, _)| stage.body.iter().any(|it| it.keyword == "RUN") && !here(stage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_runs_on_the_other_platform_needs_an_emulator() {
        let runs = |text: &str| runs_there(&Dockerfile::read(text), None);
        assert!(runs("FROM a\nRUN x\n"));
        assert!(!runs("FROM a\nCOPY x y\n"));
        let cross = "FROM --platform=$BUILDPLATFORM a AS base\nFROM base AS build\nRUN x\nFROM b\n";
        assert!(!runs(&format!("{cross}COPY --from=build x y\n")));
        assert!(runs(&format!("{cross}COPY --from=build x y\nRUN x\n")));
        assert!(runs(&format!(
            "FROM --platform=linux/arm64 a AS c\nRUN x\n{cross}COPY --from=c x y\n"
        )));
        assert!(!runs("FROM a AS unused\nRUN x\nFROM b\n"));
    }
}
