//! Volumes: where a clean-up takes more.

use crate::analysis::DockerCall;
use crate::rules::ids;

use super::check::JobCheck;

/// Looks at what the job does with volumes of a name.
pub(super) fn run(check: &mut JobCheck<'_>) {
    let pass = check.pass;
    let kept = pass.keeps_store();
    let last_use = last_use(check);
    for (index, docker) in pass.known_calls() {
        let takes = kept || last_use.is_some_and(|last| index < last);
        match docker.rule.name.as_str() {
            "volume prune" if takes => check.emit(ids::VOLUME_PRUNE, docker.at(), "volume prune"),
            "system prune" if takes => {
                if let Some(flag) = docker.flags_named("--volumes").last() {
                    let at = docker.at_words(&flag.words);
                    check.emit(ids::SYSTEM_PRUNE_VOLUMES, at, "system prune --volumes");
                }
            }
            _ => {}
        }
    }
}

/// The last command that mounts a volume by its name.
fn last_use(check: &JobCheck<'_>) -> Option<usize> {
    let mounts = |docker: &DockerCall<'_>| {
        docker.flags_named("--volume").any(|flag| {
            let raw = docker.raw_value(flag).unwrap_or_default();
            let raw = raw.trim_start_matches(['"', '\'']);
            let source = raw.split_once(':').map(|(source, _)| source);
            source.is_some_and(|source| {
                source.starts_with(|letter: char| letter.is_ascii_alphanumeric())
                    && !source.contains('/')
            })
        })
    };
    let calls = check.pass.known_calls();
    calls
        .filter(|(_, docker)| mounts(docker))
        .map(|(index, _)| index)
        .last()
}
