//! Logins, pulls and pushes: which registry a name means.

use crate::image_name::{ImageName, is_on_this_machine};
use crate::passes::docker_config;
use crate::passes::draft::Draft;
use crate::passes::job::JobPass;
use crate::passes::own_names::latest;
use crate::passes::setup;
use crate::rules::ShortName;
use crate::shell::{ArgumentKind, Nesting};

use super::logout;
use super::parts::Additions;
use crate::passes::docker_call::DockerCall;

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
        draft.block("login-registry", docker.at(), message, help);
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
            draft.note("login-registry", docker.at(), message);
            additions.operand = Some("docker.io".to_owned());
        }
        Some(word) => {
            let text = docker.text_of(*word);
            let name = text.text.trim_matches(['"', '\'']);
            let by_this_name = pass.facts.names_registry(&text.text);
            if rules.is_docker_hub(name) && !by_this_name {
                let message = "Podman knows Docker Hub as docker.io";
                let why = draft.note(
                    "login-registry",
                    docker.at_words(&(*word..*word + 1)),
                    message,
                );
                docker.replace(docker.range(&(*word..*word + 1)), "docker.io", draft, why);
            } else if text.text.is_empty() {
                draft.block(
                    "login-registry",
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
                    "login-registry",
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
    let told = docker.flags_named("--tls-verify").next().is_some();
    if reaches && named && !told {
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
                "push-all-tags",
                docker.at_words(&(*word..*word + 1)),
                "a push without a tag: an old Docker pushes all of them, Podman only `latest`, which this job does not make",
                "write a push for each tag, then run again",
            );
        }
    }
    if docker.operands().len() > 1 {
        draft.block(
            "unreadable-command",
            docker.at(),
            "a push of more than one name: Podman would take the second for the place to push to",
            "write a push for each name",
        );
    }
}

/// A pull of a short name means Docker Hub.
pub(super) fn pull(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    draft: &mut Draft,
    why: usize,
) {
    for word in docker.operands() {
        fetch(pass, index, docker, word, draft, why);
    }
}

/// The image of a container: a name that the job did not make itself means Docker Hub, and so does one that is fetched anew.
pub(super) fn image(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    draft: &mut Draft,
    why: usize,
) {
    let Some(word) = docker.operands().first().copied() else {
        return;
    };
    let mut pulls = docker.flags_named("--pull");
    match pulls.any(|flag| docker.value(flag).is_some_and(|it| it.text == "always")) {
        true => fetch(pass, index, docker, word, draft, why),
        false => qualify(pass, index, docker, word, draft, why),
    }
}

/// A name that is fetched from its registry, whatever the store has: for an image of the job's own, Podman would ask
/// `localhost`.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1.
fn fetch(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    word: usize,
    draft: &mut Draft,
    why: usize,
) {
    let name = docker.text_of(word).text;
    let is_own = is_plain_short_name(&name) && pass.facts.is_made_before(index, &name);
    let written = docker.call.raw(&docker.words()[word]);
    let can_be_told = is_plain_short_name(written.trim_matches(['"', '\'']));
    if is_own && !(can_be_told && pass.facts.is_pushed_before(index, &name)) {
        draft.block(
            "short-name",
            docker.at_words(&(word..word + 1)),
            format!("{name} is made by this job, and fetched from its registry here: in Podman these are two images"),
            "write the registry's name in front wherever its image is meant, then run again",
        );
    } else {
        write_out(pass, docker, word, draft, why);
    }
}

/// Writes Docker Hub's name in front of a short name that the job did not make itself. One that may be the job's own stays as
/// it is: Podman looks for it in its store first.
fn qualify(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    word: usize,
    draft: &mut Draft,
    why: usize,
) {
    let name = docker.text_of(word).text;
    if pass.facts.made_before(index, &name) {
        return;
    }
    let may_be_own = pass.facts.may_make_before(latest(index, docker), &name);
    if !may_be_own || !is_plain_short_name(&name) {
        write_out(pass, docker, word, draft, why);
        return;
    }
    let rules = pass.view.context.rules;
    if let ShortName::Other(other) = rules.short_name(ImageName::without_tag(&name)) {
        draft.review(
            "short-name",
            docker.at_words(&(word..word + 1)),
            format!("{name} may be an image of this job's own; where it is none, Podman takes {other} for it"),
            "write docker.io/library/ in front if Docker Hub's image is meant",
        );
    }
    let message = format!(
        "{name} may be an image of this job's own, so the name stays; where it is none, Podman is told to take it from Docker Hub"
    );
    setup::short_names(pass.view, docker.call, message, draft);
}

/// Writes Docker Hub's name in front of a short name, or tells Podman where to look for it.
fn write_out(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    word: usize,
    draft: &mut Draft,
    why: usize,
) {
    let text = docker.text_of(word);
    let raw = docker.call.raw(&docker.words()[word]);
    if is_filled_in(docker, raw) {
        let message = "the image's name comes in when the script runs; Podman is told to take short names from Docker Hub";
        setup::short_names(pass.view, docker.call, message.to_owned(), draft);
        return;
    }
    let quotes = raw.len() - raw.trim_start_matches(['"', '\'']).len();
    let inner = raw.trim_matches(['"', '\'']);
    if is_plain_short_name(inner) {
        let full = ImageName::on_docker_hub(inner);
        let prefix = full.strip_suffix(inner).unwrap_or_default().to_owned();
        let at = docker.at_words(&(word..word + 1));
        draft.note("short-name", at, format!("{inner} is an image of Docker Hub; Podman has no one to ask which registry is meant"));
        let start = docker.words()[word].span.start + quotes;
        docker.replace(start..start, prefix, draft, why);
    } else if is_plain_short_name(&text.text) && !text.used.is_empty() {
        let message = format!(
            "{} is an image of Docker Hub; Podman is told to take short names from there",
            text.text
        );
        setup::short_names(pass.view, docker.call, message, draft);
    }
}

/// Whether xargs or find puts something else in the place of a word.
fn is_filled_in(docker: &DockerCall<'_>, raw: &str) -> bool {
    let call = docker.call;
    if !call.command().context.nesting.contains(&Nesting::Xargs) {
        return false;
    }
    let mut placeholders = vec!["{}"];
    let mut before = "";
    for word in &call.command().wrappers {
        let text = word.value.as_deref().unwrap_or_default();
        let own = match text.strip_prefix("-I") {
            Some(own) => own,
            None if before == "-I" => text,
            None => "",
        };
        if !own.is_empty() {
            placeholders.push(own);
        }
        before = text;
    }
    placeholders
        .iter()
        .any(|placeholder| raw.contains(placeholder))
}

/// Whether a word is a plain image name that the file shows.
fn is_plain_short_name(text: &str) -> bool {
    !text.is_empty()
        && ImageName::parse(text).is_short()
        && !text.contains(['`', '(', '*', '?'])
        && !text.starts_with(['$', '-', '/', '.', '~'])
}
