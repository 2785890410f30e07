//! Archives, manifests and printed output: where the same words give something else.

use crate::analysis::docker_call::behind;
use crate::analysis::{DockerCall, JobPass};
use crate::rewrite::draft::Draft;
use crate::rules::ids;

use super::imagetools;
use super::parts::{Additions, docker_transport};

/// `podman save A B` writes one image under two names; `-m` makes it two, as Docker does.
/// Source: ran on Podman 4.3.1, 5.4.2 and 5.8.6; podman issue 2669.
pub(super) fn save(docker: &DockerCall<'_>, additions: &mut Additions) {
    let operands = docker.operands();
    let opaque = docker.arguments.iter().any(|argument| {
        matches!(argument.kind, crate::shell::ArgumentKind::Opaque)
            && docker.text_of(argument.words.start).unknown
    });
    if operands.len() > 1 || opaque {
        additions.options.push("-m".to_owned());
    }
}

/// Output that the script reads, and that Podman prints in another way.
/// Source: templates ran on Podman 4.3.1 and 5.8.6.
pub(super) fn output(docker: &DockerCall<'_>, draft: &mut Draft) {
    if docker.flags_named("--format").next().is_some() || !docker.call.is_read() {
        return; // a template is looked at field by field
    }
    let at = docker.at();
    let help = "write what Podman prints by hand (`podman inspect` and `podman info` show it)";
    if docker.rule.name == "info" {
        let message =
            "the script reads what `docker info` prints, and Podman prints something else";
        draft.block(ids::OUTPUT_DIFFERS, at, message, help);
    } else if let Some(field) = inspected(docker) {
        let message = match field {
            ".RepoDigests" => {
                "the digest that Podman knows after a push is not the registry's".to_owned()
            }
            field => format!("{field} is not the same in Podman"),
        };
        draft.block(ids::OUTPUT_DIFFERS, at, message, help);
    }
}

/// `docker inspect x | jq ...`: the fields stand in the next command.
pub(super) fn inspected<'b>(docker: &'b DockerCall<'_>) -> Option<&'b str> {
    let rules = docker.view.context.rules;
    behind(docker).find_map(|call| {
        let text = call.text().get(call.command().span.clone())?;
        let name = || (call.program() == Some("jq") && reads_name(text)).then_some(".Name");
        rules.inspect_field(text).or_else(name)
    })
}

/// Whether a program of jq's asks for the name of what is inspected, which has a slash in front with Docker alone.
fn reads_name(text: &str) -> bool {
    text.match_indices(".Name").any(|(at, name)| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + name.len()..).unwrap_or_default();
        let joins = |letter: char| letter.is_alphanumeric() || letter == '_';
        let of_object = !before.ends_with(|letter: char| joins(letter));
        of_object && !after.starts_with(joins) && !after.contains("ltrimstr(\"/\")")
    })
}

/// Podman has no network called bridge.
/// Source: podman-network(1): the default network is podman.
pub(super) fn network(docker: &DockerCall<'_>, draft: &mut Draft) {
    let bridge = docker
        .operands()
        .iter()
        .any(|word| docker.text_of(*word).text == "bridge");
    let types = docker.flags_named("--type").last();
    let other = types.and_then(|flag| docker.value(flag));
    let other = other.is_some_and(|value| value.text != "network");
    if bridge && !other {
        draft.block(
            ids::OUTPUT_DIFFERS,
            docker.at(),
            "Podman has no network called bridge; its own is called podman, and looks otherwise",
            "ask for the address in another way, then run again",
        );
    }
}

/// A command that needs more than other words. Gives Podman's words, or plans all by itself.
pub(super) fn rewrite_command(
    pass: &JobPass<'_>,
    index: usize,
    name: &str,
    docker: &DockerCall<'_>,
    draft: &mut Draft,
) -> Option<String> {
    match name {
        "save" | "login" | "logout" => Some(name.to_owned()),
        "manifest-push" => Some("manifest push".to_owned()),
        "manifest-inspect" | "imagetools-inspect" => {
            imagetools::inspect(pass, docker, draft);
            None
        }
        "imagetools-create" => {
            imagetools::create(pass, index, docker, draft);
            None
        }
        _ => {
            draft.block(
                ids::NO_COUNTERPART,
                docker.at(),
                format!(
                    "`docker {}` needs other commands in Podman",
                    docker.rule.name
                ),
                "write them by hand, then run again",
            );
            None
        }
    }
}

/// Older Podman wants to be told where a list goes.
/// Source: `manifest push` with one name is an error of Podman 4.3.1 (ran).
pub(super) fn manifest_push(docker: &DockerCall<'_>, additions: &mut Additions) {
    let operands = docker.operands();
    if let ([list], true) = (operands.as_slice(), docker.view.on_machine()) {
        let raw = docker.call.raw(&docker.words()[*list]);
        additions.operand = Some(docker_transport(raw));
    }
}

/// Docker keeps manifest lists apart from images; in Podman both share their names. Gives other words where that matters.
/// Source: ran on Podman 5.4.2: `manifest create` of an image's name and `manifest rm` of an image are errors.
pub(super) fn manifest_name(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    draft: &mut Draft,
) -> Option<&'static str> {
    if !matches!(docker.rule.name.as_str(), "manifest rm" | "manifest create") {
        return None;
    }
    let name = docker
        .operands()
        .first()
        .map(|word| docker.text_of(*word).text)?;
    if !pass.facts.is_made(&name) {
        return None;
    }
    match docker.rule.name.as_str() {
        "manifest rm" => Some("rmi"),
        "manifest create" => {
            if !pass.earlier.is_freed(index, &name) {
                draft.block(
                    ids::MANIFEST_NAME,
                    docker.at(),
                    format!("the list gets the name of an image of this job ({name}), and in Podman both share their names"),
                    "remove the image first (`podman rmi`), or give the list a name of its own",
                );
            }
            None
        }
        _ => None,
    }
}
