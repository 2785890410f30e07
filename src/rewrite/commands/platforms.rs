//! Builds for several platforms: a list of images, an image for each.

use crate::analysis::{DockerCall, Flag, JobPass};
use crate::image_name::insecure;
use crate::providers::github::matrix;
use crate::rewrite::draft::Draft;
use crate::rules::ids;

use super::dockerfile;
use super::parts::{Additions, docker_transport, remove_flag};

/// Whether an earlier build of the job made a list (or an image) of the name that this list gets.
/// Source: ran on Podman 5.4.2: a second build with the same list name gives four entries for two platforms.
pub(super) fn adds_to_a_list(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    tags: &[&Flag<'_>],
) -> bool {
    let Some(name) = tags.first().and_then(|flag| docker.value(flag)) else {
        return false;
    };
    let of_array = name.text.contains("[0]");
    pass.facts.built_before(index, &name.text)
        || of_array && pass.facts.builds_unknown_before(index)
}

/// From an empty base, Podman takes the layers of one platform for another's and the image says the wrong one.
/// Source: ran on Podman 5.4.2 with `FROM scratch`; without layers it is right.
pub(super) fn platform_layers(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let (at, one) = match (
        docker.flags_named("--platform").last(),
        platforms_of_array(docker),
    ) {
        (_, Some(word)) => (docker.at_words(&(word..word + 1)), false),
        (Some(flag), None) => {
            let one = docker.value(flag).is_some_and(|value| {
                !value.unknown && !value.text.contains(',') || is_one_of_matrix(docker, &value.text)
            });
            (docker.at_words(&flag.words), one)
        }
        (None, None) => return,
    };
    let caches = additions
        .options
        .iter()
        .any(|option| option.starts_with("--layers"));
    if one || caches {
        return;
    }
    let from_scratch = dockerfile::find(pass, index, docker).is_none_or(|dockerfiles| {
        let mut bases = dockerfiles
            .iter()
            .flat_map(|dockerfile| &dockerfile.instructions)
            .filter(|instruction| instruction.keyword == "FROM");
        bases.any(|instruction| {
            instruction
                .rest
                .split_whitespace()
                .any(|word| word == "scratch")
        })
    });
    if from_scratch {
        draft.note(
            ids::MULTI_PLATFORM,
            at,
            "without layers, so that no platform takes another's from the cache",
        );
        additions.options.push("--layers=false".to_owned());
    }
}

/// Whether the build is for more platforms than one, as far as the file says.
pub(super) fn is_multi_platform(docker: &DockerCall<'_>) -> bool {
    let mut flags = docker.flags_named("--platform");
    platforms_of_array(docker).is_some()
        || flags.any(|flag| {
            docker.value(flag).is_some_and(|value| {
                let filled_in = value.unknown && value.text.starts_with('$');
                value.text.contains(',') || filled_in && !is_one_of_matrix(docker, &value.text)
            })
        })
}

/// The lists of platforms that a build is for, one for each value that a matrix gives; none if it names none, and empty if
/// they are not all in the file.
pub(in crate::rewrite) fn platforms(docker: &DockerCall<'_>) -> Option<Vec<String>> {
    if platforms_of_array(docker).is_some() {
        return Some(Vec::new());
    }
    let flag = docker.flags_named("--platform").last()?;
    let value = docker.value(flag)?;
    Some(match value.unknown {
        true => values_of_matrix(docker, &value.text).unwrap_or_default(),
        false => vec![value.text],
    })
}

/// The word `"${platforms[@]/#/--platform=}"`: what is in the array is not in the file.
fn platforms_of_array(docker: &DockerCall<'_>) -> Option<usize> {
    let raw = |word: &usize| docker.call.raw(&docker.words()[*word]);
    let mut operands = docker.operands().into_iter();
    operands.find(|word| raw(word).ends_with("[@]/#/--platform=}\""))
}

/// Whether an expression gives the values of a matrix one by one, each a single platform.
fn is_one_of_matrix(docker: &DockerCall<'_>, text: &str) -> bool {
    let values = values_of_matrix(docker, text);
    values.is_some_and(|values| !values.iter().any(|value| value.contains([',', '\n'])))
}

/// The values of an expression, or of a variable that holds one, if a matrix says them all.
fn values_of_matrix(docker: &DockerCall<'_>, text: &str) -> Option<Vec<String>> {
    let view = docker.view;
    // a variable that other steps of the job fill with something else
    let variable = text
        .strip_prefix('$')
        .and_then(|name| docker.variable(name));
    let text = variable.unwrap_or(text);
    matrix::values(view.context.documents, view.job.own?, text)
}

/// An index stays an index: `--manifest` in the place of the first `--tag`, and for each name a push of the list; without a push
/// the list gets its other names.
/// Source: `podman tag` of a list ran on Podman 5.4.2, 5.8.6 and 6.1.1.
pub(super) fn manifest(
    docker: &DockerCall<'_>,
    tags: &[&Flag<'_>],
    raw: &[&str],
    push: bool,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let message = "a build for several platforms makes a manifest list, so that all of them reach the registry";
    let why = draft.note(ids::MULTI_PLATFORM, docker.at(), message);
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
                ids::UNKNOWN_FLAG,
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
    let [list, others @ ..] = raw else { return };
    if !push {
        let names = others.iter();
        additions
            .after
            .extend(names.map(|name| format!("podman tag {list} {name}")));
    } else {
        for name in raw {
            additions.after.push(format!(
                "podman manifest push --all{} {list} {}",
                insecure(name, ""),
                docker_transport(name)
            ));
        }
    }
}
