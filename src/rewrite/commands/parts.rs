//! What the modules of the single commands share.

use crate::analysis::{DockerCall, Flag};
use crate::image_name::ImageName;
use crate::rewrite::draft::Draft;
use crate::rules::ids;

/// What a command's own module adds to the words that the tables change.
#[derive(Default)]
pub(super) struct Additions {
    /// Options behind the subcommand.
    pub(super) options: Vec<String>,
    /// Commands that follow when this one succeeds.
    pub(super) after: Vec<String>,
    /// The last argument, when one is missing.
    pub(super) operand: Option<String>,
}

/// Takes a flag away, value and all.
pub(super) fn remove_flag(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft, why: usize) {
    if flag.clustered {
        let at = docker.at_words(&flag.words);
        draft.block(
            ids::UNKNOWN_FLAG,
            at,
            "a flag that has to go stands in a cluster",
            "write the flags apart",
        );
        return;
    }
    docker.remove(&flag.words, draft, why);
}

/// Podman reads `NAME:ADDRESS` only, where Docker takes `NAME=ADDRESS`, too.
/// Source: ran on Podman 4.3.1, 5.4.2 and 5.8.6.
pub(super) fn colon_for_equals(
    docker: &DockerCall<'_>,
    flag: &Flag<'_>,
    draft: &mut Draft,
    why: usize,
) {
    let raw = docker.raw_value(flag).unwrap_or_default();
    let found = raw
        .find(['=', ':'])
        .filter(|at| raw[*at..].starts_with('='));
    if let (Some(range), Some(found)) = (flag.value.clone(), found) {
        let start = range.start + found;
        docker.replace(start..start + 1, ":", draft, why);
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
