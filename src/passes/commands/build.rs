//! `docker build` and `docker buildx build`: pushes, platforms, caches, attestations, and what the Dockerfile needs.

use crate::image_name::{ImageName, is_on_this_machine};
use crate::passes::draft::Draft;
use crate::passes::facts::{Deed, pushes};
use crate::passes::job::JobPass;

use crate::rules::VariableAction;

use super::dockerfile;
use super::parts::{self, Additions, remove_flag};
use crate::passes::docker_call::{DockerCall, Flag};

/// A flag of a build that the tables leave to code. `false`: not known, the job stays.
pub(super) fn flag(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    flag: &Flag<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
    why: usize,
) -> bool {
    let at = docker.at_words(&flag.words);
    let value = docker
        .value(flag)
        .map(|value| value.text)
        .unwrap_or_default();
    match flag.rule.name.as_str() {
        // a push as a command of its own would always push
        "--push" if docker.value(flag).is_some_and(|value| value.unknown) => draft.block(
            "unreadable-command",
            at,
            "whether this build pushes is decided while the job runs",
            "build without --push, push in a command of its own under that condition, then run again",
        ),
        "--push" | "--load" => {
            let why = draft.note(
                "build-push",
                at,
                "Podman builds into its own store; a push is a command of its own",
            );
            remove_flag(docker, flag, draft, why);
        }
        "--output" => {
            if only_says_where(&value) && docker.value(flag).is_some_and(|value| !value.unknown) {
                let why = draft.note(
                    "build-push",
                    at,
                    "Podman builds into its own store; a push is a command of its own",
                );
                remove_flag(docker, flag, draft, why);
            } else if !is_written_by_podman(&value)
                || docker.value(flag).is_some_and(|value| value.unknown)
            {
                return false;
            }
        }
        "--platform" | "--tag" | "--manifest" => {}
        "--cache-from" | "--cache-to" => cache(pass, index, docker, flag, additions, draft),
        "--provenance" | "--sbom" | "--attest" => {
            if value == "false" || (flag.rule.name == "--attest" && value.contains("disabled=true"))
            {
                let why = draft.note(
                    "attestation",
                    at,
                    format!("{}=false is what Podman does anyway", flag.rule.name),
                );
                remove_flag(docker, flag, draft, why);
            } else {
                let why = draft.lose(
                    "attestation",
                    at,
                    format!("{} is lost: Podman writes no attestations", flag.rule.name),
                    flag.rule.instead.as_deref(),
                );
                remove_flag(docker, flag, draft, why);
            }
        }
        "--secret" => {
            if let (Some(raw), Some(range)) = (docker.raw_value(flag), flag.value.clone())
                && let Some(found) = raw.find("source=")
            {
                let start = range.start + found;
                docker.replace(start..start + "source=".len(), "src=", draft, why);
            }
        }
        "--network" => match value.as_str() {
            "host" => {}
            "default" => remove_flag(docker, flag, draft, why),
            "none" if docker.view.on_machine() => {}
            _ if docker.view.on_machine() => draft.block(
                "no-counterpart",
                at,
                "`podman build` knows the networks host and none; others are Docker's",
                "build with --network host, or without the flag, then run again",
            ),
            _ => return false,
        },
        "--allow" | "--builder" | "--progress" => {
            let why = draft.note(
                "flag-dropped",
                at,
                format!("{} speaks to BuildKit only", flag.rule.name),
            );
            remove_flag(docker, flag, draft, why);
        }
        "--no-cache-filter" => {
            let why = draft.note(
                "build-cache",
                at,
                "Podman builds all stages anew, or none: --no-cache",
            );
            docker.replace(docker.range(&flag.words), "--no-cache", draft, why);
        }
        "--add-host" => parts::colon_for_equals(docker, flag, draft, why),
        "--isolation" if value == "default" => remove_flag(docker, flag, draft, why),
        "--pull" | "--squash" | "--memory" | "--file" | "--quiet" | "--ssh" | "--build-context"
        | "--force-rm" => {}
        _ => return false,
    }
    true
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
            "unreadable-command",
            docker.at(),
            "this build pushes, and the names that it pushes to are not written in the command",
            "write the names with --tag, then run again",
        );
        return;
    }
    platform_layers(pass, index, docker, additions, draft);
    if is_multi_platform(docker) {
        if adds_to_a_list(pass, index, docker, &tags) {
            draft.block(
                "manifest-name",
                docker.at(),
                "an earlier build of this job has the same name, and Podman would add to its list instead of making a new one",
                "build once, or give each list a name of its own",
            );
        }
        manifest(docker, &tags, &raw, push, additions, draft);
    } else if push {
        additions.after.extend(
            raw.iter()
                .map(|tag| format!("podman push {}{tag}", insecure(tag))),
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
        let why = draft.note("build-argument", docker.at_words(&flag.words), message);
        remove_flag(docker, flag, draft, why);
    }
    for word in docker.operands() {
        let context = docker.text_of(word).text;
        if context.contains("://") && context.contains('#') {
            draft.block(
                "build-context",
                docker.at_words(&(word..word + 1)),
                "Podman reads the part after # of a git context in its own way",
                "clone the repository in the script and build the folder",
            );
        }
    }
    dockerfile::needs(pass, index, docker, additions, draft);
}

/// Whether an earlier build of the job made a list (or an image) of the name that this list gets.
/// Source: ran on Podman 5.4.2: a second build with the same list name gives four entries for two platforms.
fn adds_to_a_list(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    tags: &[&Flag<'_>],
) -> bool {
    let Some(name) = tags.first().and_then(|flag| docker.value(flag)) else {
        return false;
    };
    let of_array = name.text.contains("[0]");
    let mut earlier = pass
        .facts
        .deeds
        .iter()
        .take_while(|(call, _)| *call < index)
        .map(|(_, deed)| deed);
    earlier.any(|deed| match deed {
        Deed::Builds(known) => *known == name.text,
        Deed::BuildsUnknown => of_array,
        _ => false,
    })
}

/// The flag that a push to a registry on the machine itself needs.
fn insecure(name: &str) -> &'static str {
    match is_on_this_machine(name) {
        true => "--tls-verify=false ",
        false => "",
    }
}

/// From an empty base, Podman takes the layers of one platform for another's and the image says the wrong one.
/// Source: ran on Podman 5.4.2 with `FROM scratch`; without layers it is right.
fn platform_layers(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let Some(flag) = docker.flags_named("--platform").last() else {
        return;
    };
    let one = docker
        .value(flag)
        .is_some_and(|value| !value.unknown && !value.text.contains(','));
    let caches = additions
        .options
        .iter()
        .any(|option| option.starts_with("--layers"));
    if one || caches {
        return;
    }
    let from_scratch = dockerfile::find(pass, index, docker).is_none_or(|dockerfile| {
        let mut bases = dockerfile
            .instructions
            .iter()
            .filter(|instruction| instruction.keyword == "FROM");
        bases.any(|instruction| {
            instruction
                .rest
                .split_whitespace()
                .any(|word| word == "scratch")
        })
    });
    if from_scratch {
        let at = docker.at_words(&flag.words);
        draft.note(
            "multi-platform",
            at,
            "without layers, so that no platform takes another's from the cache",
        );
        additions.options.push("--layers=false".to_owned());
    }
}

/// Whether the build is for more platforms than one, as far as the file says.
fn is_multi_platform(docker: &DockerCall<'_>) -> bool {
    docker.flags_named("--platform").any(|flag| {
        docker.value(flag).is_some_and(|value| {
            value.text.contains(',') || (value.unknown && value.text.starts_with('$'))
        })
    })
}

/// An index stays an index: `--manifest` in the place of the first `--tag`, and a push of the list for each name.
fn manifest(
    docker: &DockerCall<'_>,
    tags: &[&Flag<'_>],
    raw: &[&str],
    push: bool,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let message = "a build for several platforms makes a manifest list, so that all of them reach the registry";
    let why = draft.note("multi-platform", docker.at(), message);
    let Some((first, others)) = tags.split_first() else {
        return;
    };
    let word = &docker.words()[first.words.start];
    let written = docker.call.raw(word);
    let flag_length = match written.find('=') {
        Some(equals) => equals,
        None if first.words.len() > 1 => written.len(),
        None => {
            draft.block(
                "unknown-flag",
                docker.at_words(&first.words),
                "this -t and its value are one word",
                "write `-t NAME`",
            );
            return;
        }
    };
    docker.replace(
        word.span.start..word.span.start + flag_length,
        "--manifest",
        draft,
        why,
    );
    for other in others {
        remove_flag(docker, other, draft, why);
    }
    if push {
        let list = raw[0];
        for name in raw {
            additions.after.push(format!(
                "podman manifest push --all {}{list} {}",
                insecure(name),
                docker_transport(name)
            ));
        }
    }
}

/// `docker://NAME`, inside the name's own quotes.
pub(super) fn docker_transport(raw: &str) -> String {
    let quote = raw
        .chars()
        .next()
        .filter(|letter| matches!(letter, '"' | '\''));
    let name = raw.trim_matches(['"', '\'']);
    let full = if ImageName::parse(name).is_short() {
        ImageName::on_docker_hub(name)
    } else {
        name.to_owned()
    };
    match quote {
        Some(quote) => format!("{quote}docker://{full}{quote}"),
        None => format!("docker://{full}"),
    }
}

/// A cache goes to a repository of its own in a registry that the job pushes to, or is lost by name.
fn cache(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    flag: &Flag<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let at = docker.at_words(&flag.words);
    if let Some(folder) = local_cache(docker, flag)
        && pass
            .view
            .lines
            .iter()
            .enumerate()
            .any(|(line, other)| line != docker.call.line && other.parsed.text.contains(&folder))
    {
        draft.block(
            "build-cache",
            at,
            format!("the cache in {folder} is lost, and another command of the job works with that folder"),
            "take the folder out of the job, then run again",
        );
        return;
    }
    let review = pass.view.context.options.include_review;
    let target = docker
        .raw_value(flag)
        .and_then(|raw| cache_repository(pass, index, raw));
    let already = additions
        .options
        .iter()
        .any(|option| option.starts_with("--layers"));
    match target {
        Some(repository) if review => {
            let message =
                format!("the build cache moves to {repository}, where each cached layer is a tag");
            let why = draft.warn("build-cache", at, message);
            if !already {
                additions.options.push(format!(
                    "--layers --cache-from {repository} --cache-to {repository}"
                ));
            }
            remove_flag(docker, flag, draft, why);
        }
        target => {
            let (message, help) = match target {
                Some(repository) => (
                    format!("{} is lost, and the build takes longer", flag.rule.name),
                    format!("run with --include-review: it keeps a cache in {repository}"),
                ),
                None => (
                    format!(
                        "{} is lost: Podman takes a cache only from a repository that the job pushes to",
                        flag.rule.name
                    ),
                    flag.rule.instead.clone().unwrap_or_default(),
                ),
            };
            let help = Some(help.as_str()).filter(|help| !help.is_empty());
            let why = draft.lose("build-cache", at, message, help);
            remove_flag(docker, flag, draft, why);
        }
    }
}

/// The folder of `type=local,dest=FOLDER`.
fn local_cache(docker: &DockerCall<'_>, flag: &Flag<'_>) -> Option<String> {
    let raw = docker.raw_value(flag)?.trim_matches(['"', '\'']);
    let mut fields = raw.split(',');
    let is_local = raw.contains("type=local");
    let folder = fields.find_map(|field| {
        field
            .strip_prefix("dest=")
            .or_else(|| field.strip_prefix("src="))
    })?;
    (is_local && !folder.is_empty()).then(|| folder.to_owned())
}

/// The repository for a cache, if the job logs in to its registry and pushes there; Docker Hub has no room for it.
fn cache_repository(pass: &JobPass<'_>, index: usize, raw: &str) -> Option<String> {
    if raw.contains(['(', '`', '{']) && !raw.contains("${") {
        return None;
    }
    let inner = raw.trim_matches(['"', '\'']);
    let reference = if inner.contains("type=") {
        inner
            .split(',')
            .find_map(|part| part.strip_prefix("ref="))?
    } else {
        inner
    };
    let repository = ImageName::without_tag(reference);
    let expanded = pass.view.expand(repository).text;
    let on_hub = ImageName::parse(&expanded)
        .registry
        .is_none_or(|registry| registry.ends_with("docker.io"));
    let gitlab = expanded.starts_with("$CI_REGISTRY") || expanded.starts_with("${CI_REGISTRY");
    if on_hub && !gitlab || repository.contains(['(', '`']) || !pass.facts.pushes_to(&expanded) {
        return None;
    }
    let logged_in = pass.facts.logs_in_before(index, &expanded);
    if pass.facts.made_before(index, &expanded) {
        return None; // the cache is an image of this job's own
    }
    let quote = if raw.starts_with('"') { "\"" } else { "" };
    logged_in.then(|| format!("{quote}{repository}/cache{quote}"))
}
