//! `docker build` and `docker buildx build`: pushes, platforms, caches, attestations, and what the Dockerfile needs.

use crate::analysis::facts::pushes;
use crate::analysis::{DockerCall, Flag, JobPass};
use crate::dockerfile::is_repository;
use crate::image_name::insecure;
use crate::rewrite::draft::Draft;
use crate::rules::{VariableAction, ids};
use crate::version::Version;

use super::dockerfile;
use super::filled;
use super::parts::{Additions, remove_flag};
use super::platforms::{adds_to_a_list, is_multi_platform, manifest, platform_layers};

/// `--push`: a push becomes a command of its own.
pub(super) fn push(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft) {
    // a push as a command of its own would always push
    if docker.value(flag).is_some_and(|value| value.unknown) {
        draft.block(
            ids::UNREADABLE_COMMAND,
            docker.at_words(&flag.words),
            "whether this build pushes is decided while the job runs",
            "build without --push, push in a command of its own under that condition, then run again",
        );
        return;
    }
    goes_to_the_store(docker, flag, draft);
}

/// `--output`: it goes where it names an image, and stays where Podman writes the same files.
pub(super) fn output(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft) -> bool {
    let Some(value) = docker.value(flag).filter(|value| !value.unknown) else {
        return false;
    };
    if only_says_where(&value.text) {
        goes_to_the_store(docker, flag, draft);
        return true;
    }
    is_written_by_podman(&value.text)
}

fn goes_to_the_store(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft) {
    let why = draft.note(
        ids::BUILD_PUSH,
        docker.at_words(&flag.words),
        "Podman builds into its own store; a push is a command of its own",
    );
    remove_flag(docker, flag, draft, why);
}

/// `--provenance`, `--sbom`, `--attest`: Podman attaches nothing to an image.
pub(super) fn attestation(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft) {
    let at = docker.at_words(&flag.words);
    let name = &flag.rule.name;
    let value = docker.value(flag).map(|value| value.text);
    let value = value.unwrap_or_default();
    let asks_for_none = value == "false" || name == "--attest" && value.contains("disabled=true");
    let why = match asks_for_none {
        true => draft.note(
            ids::ATTESTATION,
            at,
            format!("{name}=false is what Podman does anyway"),
        ),
        // whoever asks for one has a reader of it
        false => {
            let message = format!("{name} is lost: Podman writes no attestations");
            let help = flag.rule.instead.as_deref();
            draft.review(
                ids::ATTESTATION,
                at,
                message.clone(),
                help.unwrap_or_default(),
            );
            draft.lose(ids::ATTESTATION, at, message, help)
        }
    };
    remove_flag(docker, flag, draft, why);
}

/// `--secret id=x,source=f`.
pub(super) fn secret(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft, why: usize) {
    if let (Some(raw), Some(range)) = (docker.raw_value(flag), flag.value.clone())
        && let Some(found) = raw.find("source=")
    {
        let start = range.start + found;
        docker.replace(start..start + "source=".len(), "src=", draft, why);
    }
}

/// `--network`, whose `host` both have.
pub(super) fn network(
    docker: &DockerCall<'_>,
    flag: &Flag<'_>,
    draft: &mut Draft,
    why: usize,
) -> bool {
    let value = docker.value(flag).map(|value| value.text);
    match value.as_deref() {
        Some("host") => {}
        Some("default") => remove_flag(docker, flag, draft, why),
        Some("none") if docker.view.on_machine() => {}
        _ if docker.view.on_machine() => draft.block(
            ids::NO_COUNTERPART,
            docker.at_words(&flag.words),
            "`podman build` knows the networks host and none; others are Docker's",
            "build with --network host, or without the flag, then run again",
        ),
        _ => return false,
    }
    true
}

/// `--allow`: what it lets BuildKit do.
pub(super) fn allow(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft) {
    let at = docker.at_words(&flag.words);
    let message = format!("{} speaks to BuildKit only", flag.rule.name);
    let why = draft.note(ids::FLAG_DROPPED, at, message);
    remove_flag(docker, flag, draft, why);
}

/// `--no-cache-filter`.
pub(super) fn no_cache_filter(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft) {
    let at = docker.at_words(&flag.words);
    let message = "Podman builds all stages anew, or none: --no-cache";
    let why = draft.note(ids::BUILD_CACHE, at, message);
    docker.replace(docker.range(&flag.words), "--no-cache", draft, why);
}

/// Whether an output is an image in the store or in a registry, and nothing is said of how it is written there.
fn only_says_where(output: &str) -> bool {
    let mut fields = output.split(',');
    let is_image = matches!(
        fields.next(),
        Some("type=docker" | "type=image" | "type=registry")
    );
    is_image && fields.all(|field| matches!(field, "push=true" | "push=false"))
}

/// Whether an output is a folder or an archive of files, with options that Podman knows.
/// Source: ran on Podman 4.3.1, 5.4.2 and 5.8.6; podman-build(1).
fn is_written_by_podman(output: &str) -> bool {
    let is_files =
        |field: &str| matches!(field, "type=local" | "type=tar") || field.starts_with("dest=");
    !output.contains('=') || output.split(',').all(is_files)
}

/// Pushes, manifest lists, and what the Dockerfile needs.
pub(super) fn finish(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let push = pushes(docker);
    let tags: Vec<&Flag<'_>> = docker.flags_named("--tag").collect();
    let raw: Vec<&str> = tags
        .iter()
        .filter_map(|flag| docker.raw_value(flag))
        .collect();
    if push && raw.is_empty() {
        draft.block(
            ids::UNREADABLE_COMMAND,
            docker.at(),
            "this build pushes, and the names that it pushes to are not written in the command",
            "write the names with --tag, then run again",
        );
        return;
    }
    if push && raw.iter().any(|raw| filled::is_several(docker, raw)) {
        draft.block(
            ids::FLAGS_IN_VARIABLE,
            docker.at(),
            "a variable holds several words where this build has one name, and Podman would not push what they say",
            "write each name with --tag into the command, then run again",
        );
        return;
    }
    platform_layers(pass, index, docker, additions, draft);
    if is_multi_platform(docker) {
        if adds_to_a_list(pass, index, docker, &tags) {
            draft.block(
                ids::MANIFEST_NAME,
                docker.at(),
                "an earlier build of this job has the same name, and Podman would add to its list instead of making a new one",
                "build once, or give each list a name of its own",
            );
        }
        manifest(docker, &tags, &raw, push, additions, draft);
    } else if push {
        additions.after.extend(
            raw.iter()
                .map(|tag| format!("podman push{} {tag}", insecure(tag, ""))),
        );
    }
    for flag in docker.flags_named("--build-arg") {
        let value = docker
            .value(flag)
            .map(|value| value.text)
            .unwrap_or_default();
        let name = value.split('=').next().unwrap_or_default();
        if !name.starts_with("BUILDKIT_") {
            continue;
        }
        let known = pass
            .view
            .context
            .rules
            .variable(name)
            .map(|rule| &rule.action);
        let message = match known {
            Some(VariableAction::Drop(why)) => format!("{name} goes: {why}"),
            _ => format!("{name} goes: it speaks to BuildKit only"),
        };
        let why = draft.note(ids::BUILD_ARGUMENT, docker.at_words(&flag.words), message);
        remove_flag(docker, flag, draft, why);
    }
    git_context(pass, docker, draft);
    dockerfile::needs(pass, index, docker, additions, draft);
}

/// The first Podman that reads a folder behind the reference of a repository. Source: Buildah changelog 1.27.
const READS_FOLDERS: Version = Version {
    major: 4,
    minor: 2,
    patch: 0,
};

/// `https://HOST/NAME.git#REFERENCE:FOLDER` is the same commit and folder to Podman.
/// Source: podman-build(1), Buildah changelog 1.27.
fn git_context(pass: &JobPass<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    let Some(word) = docker.operands().last().copied() else {
        return;
    };
    let context = docker.text_of(word).text;
    let Some((_, reference)) = context
        .split_once('#')
        .filter(|(url, _)| url.contains("://"))
    else {
        return;
    };
    let old = pass
        .target_podman()
        .is_none_or(|podman| podman < READS_FOLDERS);
    let why = if !is_repository(&context) {
        "Podman reads the part after # only of an address that ends in .git"
    } else if reference.contains(':') && old {
        "Podman before 4.2 reads no folder behind the reference of a repository, and builds its root"
    } else {
        return;
    };
    draft.block(
        ids::BUILD_CONTEXT,
        docker.at_words(&(word..word + 1)),
        why,
        "clone the repository in the script and build the folder",
    );
}
