//! `docker buildx imagetools` and `docker manifest inspect`: lists of images that stay in their registry.

use crate::analysis::{DockerCall, JobPass};
use crate::image_name::insecure;
use crate::rewrite::draft::{Draft, Purpose};
use crate::rewrite::script_edit::{insert_after, insert_in_front};
use crate::rules::ids;
use crate::shell::Nesting;

use super::list_parts::{Parts, Source, TagFlag, UNKNOWN, qualify_all};
use super::parts::docker_transport;

/// The digest of what a name means in its registry, as the two programs write it.
/// Source: ran on skopeo 1.9.3: of a list it is the digest of the list.
const DIGEST: (&str, &str) = ("{{.Manifest.Digest}}", "'{{.Digest}}'");

/// A manifest in a registry: Podman shows only lists, skopeo shows what is there.
/// Source: `podman manifest inspect` of a single image is an error, ran on Podman 5.8.6; skopeo-inspect(1).
pub(super) fn inspect(pass: &JobPass<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    let operands = docker.operands();
    let [image] = operands.as_slice() else {
        return refuse(docker, draft, "only one name can be looked at");
    };
    let mut shape = "--raw".to_owned();
    let mut tls = insecure(&docker.text_of(*image).text, "");
    for flag in docker.flags() {
        let value = docker.value(flag).map(|value| value.text);
        match flag.rule.name.as_str() {
            "--insecure" => tls = " --tls-verify=false".to_owned(),
            "--raw" => {}
            "--verbose" if !docker.is_on("--verbose") => {}
            "--format" if value.as_deref() == Some(DIGEST.0) => {
                shape = format!("--format {}", DIGEST.1);
            }
            _ => return refuse(docker, draft, "its output has another shape there"),
        }
    }
    let message = "Podman shows only lists of a registry; skopeo shows what is there";
    let why = draft.note(ids::REGISTRY_MANIFEST, docker.at(), message);
    let raw = docker.call.raw(&docker.words()[*image]);
    let last = docker.words().len();
    docker.replace(
        docker.range(&(0..last)),
        format!("skopeo inspect {shape}{tls} {}", docker_transport(raw)),
        draft,
        why,
    );
    install_skopeo(pass, docker, draft, why);
}

/// `imagetools create`: an index gets another name, or is made of others.
pub(super) fn create(pass: &JobPass<'_>, index: usize, docker: &DockerCall<'_>, draft: &mut Draft) {
    let known = docker
        .flags()
        .all(|flag| matches!(flag.rule.name.as_str(), "--tag" | "--progress"));
    if !known {
        return refuse(
            docker,
            draft,
            "what it does beside naming cannot be said there",
        );
    }
    if docker.call.is_read() {
        return refuse(docker, draft, "the script reads what it prints");
    }
    let parts = match Parts::of(docker) {
        Ok(parts) => parts,
        Err(why) => return refuse(docker, draft, why),
    };
    match (parts.named.is_empty(), parts.sources.as_slice()) {
        (_, []) => refuse(
            docker,
            draft,
            "the images of the new list are not written here",
        ),
        (false, [Source::One(word)]) if parts.filled.is_empty() => {
            copy(pass, docker, *word, &parts.named, draft);
        }
        (true, _) if parts.filled.is_empty() => {
            refuse(
                docker,
                draft,
                "the name of the new list is not written here",
            );
        }
        _ => join(pass, index, docker, &parts, draft),
    }
}

/// An index gets another name.
fn copy(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    source: usize,
    tags: &[&str],
    draft: &mut Draft,
) {
    let why = draft.note(
        ids::REGISTRY_MANIFEST,
        docker.at(),
        "skopeo copies an index with all of its images",
    );
    let raw = docker.call.raw(&docker.words()[source]);
    let from = insecure(&docker.text_of(source).text, "src-");
    let copies: Vec<String> = tags
        .iter()
        .map(|tag| {
            let to = insecure(tag, "dest-");
            format!(
                "skopeo copy --all{from}{to} {} {}",
                docker_transport(raw),
                docker_transport(tag)
            )
        })
        .collect();
    let last = docker.words().len();
    docker.replace(docker.range(&(0..last)), copies.join(" && "), draft, why);
    install_skopeo(pass, docker, draft, why);
}

/// An index of several others: a list of Podman's own, pushed under each name.
/// Source: `manifest create --all L docker://B@DIGEST ...` and pushes of it ran on Podman 4.3.1 and 5.8.6.
fn join(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    parts: &Parts<'_>,
    draft: &mut Draft,
) {
    let list = match list_name(pass, index, docker, parts) {
        Ok(list) => list,
        Err(why) => return refuse(docker, draft, why),
    };
    let message = "Podman makes the list in its own store and pushes it; of a source that is a list itself it keeps the images, and not what ties attestations to them";
    let why = draft.note(ids::REGISTRY_MANIFEST, docker.at(), message);
    let create = format!("podman manifest create --all {list}");
    docker.replace(
        docker.range(&(0..docker.subcommand.end)),
        create,
        draft,
        why,
    );
    for flag in docker.flags() {
        docker.remove(&flag.words, draft, why);
    }
    for source in &parts.sources {
        match source {
            Source::One(word) => {
                let word = &docker.words()[*word];
                let new = docker_transport(docker.call.raw(word));
                docker.replace(word.span.clone(), new, draft, why);
            }
            Source::Several(word) => {
                if !qualify_all(docker, &docker.words()[*word], draft, why) {
                    return refuse(docker, draft, UNKNOWN);
                }
            }
        }
    }
    let push = |tag: &str| format!("podman manifest push --all {list} {tag}");
    let mut after: Vec<String> = parts
        .named
        .iter()
        .map(|tag| push(&docker_transport(tag)))
        .collect();
    let variable = free_name(docker.call.text());
    for (word, flag) in &parts.filled {
        let words = docker.call.raw(&docker.words()[*word]);
        let body = match flag {
            TagFlag::Short => format!(
                "[ \"${variable}\" = -t ] || {}",
                push(&format!("\"docker://${variable}\""))
            ),
            TagFlag::Long => format!(
                "[ \"${variable}\" = --tag ] || {}",
                push(&format!("\"docker://${variable}\""))
            ),
            TagFlag::Joined => push(&format!("\"docker://${{{variable}#--tag=}}\"")),
        };
        after.push(format!("for {variable} in {words}; do {body}; done"));
        docker.remove(&(*word..*word + 1), draft, why);
    }
    if !insert_after(docker.view, docker.call, &after, draft, why) {
        refuse(docker, draft, "the push of the list cannot follow here");
    }
}

/// The name of the list in Podman's store, where it must be a new one.
/// Source: `manifest create` of a name that an image or a list has is an error; ran on Podman 4.3.1.
fn list_name(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    parts: &Parts<'_>,
) -> Result<String, &'static str> {
    const TAKEN: &str = "the list gets a name that Podman's store has already";
    if let Some(first) = parts.named.first() {
        let name = docker.view.expand(first.trim_matches(['"', '\''])).text;
        let taken = pass.facts.is_made(&name) || pass.facts.listed_before(index, &name);
        return match taken {
            true => Err(TAKEN),
            false => Ok((*first).to_owned()),
        };
    }
    let again = |nesting: &Nesting| {
        matches!(
            nesting,
            Nesting::For | Nesting::LoopBody | Nesting::Function(_)
        )
    };
    if docker.call.command().context.nesting.iter().any(again) {
        return Err("it runs more than once, and its names are made up when the script runs");
    }
    Ok(match pass.earlier.unnamed_lists(index) {
        0 => "merged".to_owned(),
        count => format!("merged-{}", count + 1),
    })
}

/// A name for a variable that the script does not have.
fn free_name(text: &str) -> &'static str {
    let names = ["tag", "name", "list_name"];
    let free =
        |name: &&str| !text.contains(&format!("${name}")) && !text.contains(&format!("${{{name}"));
    names.into_iter().find(free).unwrap_or("pushed_name")
}

/// The stable image lacks skopeo; GitHub's machines have it.
/// Source: images.yaml; readmes of actions/runner-images, 2026.
fn install_skopeo(pass: &JobPass<'_>, docker: &DockerCall<'_>, draft: &mut Draft, why: usize) {
    if pass.view.on_machine() {
        return;
    }
    let line = pass.view.line(docker.call);
    if crate::rewrite::setup::can_install(pass.view, docker.call, "skopeo", draft)
        && !pass.view.names().calls_program("skopeo")
    {
        insert_in_front(
            pass.view,
            line,
            &["dnf install -y skopeo".to_owned()],
            Purpose::Setup,
            draft,
            why,
        );
    }
}

fn refuse(docker: &DockerCall<'_>, draft: &mut Draft, why: &str) {
    draft.block(
        ids::NO_COUNTERPART,
        docker.at(),
        format!(
            "`docker {}` needs other commands in Podman: {why}",
            docker.rule.name
        ),
        "write them by hand, then run again",
    );
}
