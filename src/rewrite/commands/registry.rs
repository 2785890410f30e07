//! Logins, pulls and pushes: which registry a name means.

use crate::analysis::{DockerCall, JobPass};
use crate::image_name::{ImageName, is_on_this_machine};
use crate::rewrite::docker_config;
use crate::rewrite::draft::Draft;
use crate::rules::ids;
use crate::shell::{ArgumentKind, Nesting};

use super::logout;
use super::parts::Additions;

/// `docker login` without a registry means Docker Hub; Podman would ask its own list of registries.
/// Source: ran on Podman 4.3.1 and 5.8.6; podman issues 22392, 22400.
pub(super) fn login(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let rules = pass.view.context.rules;
    let operands = docker.operands();
    let place = &docker.call.command().context;
    if place.nesting.contains(&Nesting::Xargs) {
        let message = format!(
            "xargs fills in what this {} is about: without a registry and where nobody is logged in Podman does something else than Docker",
            docker.rule.name
        );
        let help = "write a command for each registry, then run again";
        draft.block(ids::LOGIN_REGISTRY, docker.at(), message, help);
        return;
    }
    if docker.rule.name == "logout" && logout::goes(pass, docker, draft) {
        return;
    }
    match operands.first() {
        None => {
            let message = format!(
                "`docker {}` without a registry means Docker Hub; Podman has to be told",
                docker.rule.name
            );
            draft.note(ids::LOGIN_REGISTRY, docker.at(), message);
            additions.operand = Some("docker.io".to_owned());
        }
        Some(word) => {
            let text = docker.text_of(*word);
            let name = text.text.trim_matches(['"', '\'']);
            let by_this_name = pass.facts.names_registry(&text.text);
            if rules.is_docker_hub(name) && !by_this_name {
                let message = "Podman knows Docker Hub as docker.io";
                let why = draft.note(
                    ids::LOGIN_REGISTRY,
                    docker.at_words(&(*word..*word + 1)),
                    message,
                );
                docker.replace(docker.range(&(*word..*word + 1)), "docker.io", draft, why);
            } else if text.text.is_empty() {
                draft.block(
                    ids::LOGIN_REGISTRY,
                    docker.at(),
                    "the registry of this login is empty",
                    "name the registry",
                );
            } else if matches!(
                docker
                    .arguments
                    .iter()
                    .find(|argument| argument.words.start == *word)
                    .map(|argument| &argument.kind),
                Some(ArgumentKind::Opaque)
            ) && text.unknown
                && !rules.names_registry(&text.text.to_ascii_uppercase())
            {
                draft.review(
                    ids::LOGIN_REGISTRY,
                    docker.at_words(&(*word..*word + 1)),
                    "the registry of this login comes from outside of the file; if it is empty, Docker takes Docker Hub and Podman does not",
                    "see that the variable is always set",
                );
            }
        }
    }
    additions
        .options
        .extend(docker_config::options(pass, docker, draft));
    if docker.rule.name == "logout" {
        logout::may_fail(pass, index, docker, additions, draft);
    }
}

/// A registry on the machine itself speaks plain HTTP, which Podman has to be told.
pub(super) fn on_this_machine(docker: &DockerCall<'_>, additions: &mut Additions) {
    let reaches = docker
        .view
        .context
        .rules
        .reaches_registry(&docker.rule.name);
    let named = docker
        .operands()
        .first()
        .is_some_and(|word| is_on_this_machine(&docker.text_of(*word).text));
    let is_set = docker.flags_named("--tls-verify").next().is_some();
    if reaches && named && !is_set {
        additions.options.push("--tls-verify=false".to_owned());
    }
}

/// What a push cannot say in Podman.
pub(super) fn push(pass: &JobPass<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    if let Some(word) = docker.operands().first() {
        let name = docker.text_of(*word).text;
        let parsed = ImageName::parse(&name);
        if parsed.tag.is_none()
            && parsed.digest.is_none()
            && pass.facts.makes(&name)
            && !pass.facts.makes_latest(&name)
        {
            draft.block(
                ids::PUSH_ALL_TAGS,
                docker.at_words(&(*word..*word + 1)),
                "a push without a tag: an old Docker pushes all of them, Podman only `latest`, which this job does not make",
                "write a push for each tag, then run again",
            );
        }
    }
    if docker.operands().len() > 1 {
        draft.block(
            ids::UNREADABLE_COMMAND,
            docker.at(),
            "a push of more than one name: Podman would take the second for the place to push to",
            "write a push for each name",
        );
    }
}
