//! What the modules of the single commands share.

use crate::passes::docker_call::{DockerCall, Flag};
use crate::passes::draft::Draft;

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
            "unknown-flag",
            at,
            "a flag that has to go stands in a cluster",
            "write the flags apart",
        );
        return;
    }
    docker.remove(&flag.words, draft, why);
}
