//! Volumes: where a clean-up takes more, and a second making of one fails.

use std::collections::HashSet;

use crate::options::RunnerProfile;

use super::look::Look;

/// Looks at what the job does with volumes of a name.
pub(super) fn run(look: &mut Look<'_>) {
    let pass = look.pass;
    let kept = keeps_store(look);
    let named = kept || uses_names(look);
    let mut made: HashSet<String> = HashSet::new();
    for (_, docker) in pass.known_calls() {
        match docker.rule.name.as_str() {
            "volume prune" if named => look.say("volume-prune", docker.at(), "volume prune"),
            "system prune" if named => {
                if let Some(flag) = docker.flags_named("--volumes").last() {
                    let at = docker.at_words(&flag.words);
                    look.say("volume-prune", at, "system prune --volumes");
                }
            }
            "volume create" => {
                for word in docker.operands() {
                    let name = docker.text_of(word);
                    let again = !made.insert(name.text.clone());
                    if (kept || again) && !docker.call.command().place.tolerated {
                        let at = docker.at_words(&(word..word + 1));
                        look.say("volume-exists", at, &name.text);
                    }
                }
            }
            "volume rm" => {
                for word in docker.operands() {
                    made.remove(&docker.text_of(word).text);
                }
            }
            _ => {}
        }
    }
}

/// Whether volumes are still there when the next job runs.
fn keeps_store(look: &Look<'_>) -> bool {
    let view = look.pass.view;
    let on_runner = view.on_machine()
        || view.job.image.is_none() && view.context.options.runner == RunnerProfile::Podman;
    on_runner && look.pass.shares_engine()
}

/// Whether the job makes volumes of a name, or mounts them.
fn uses_names(look: &Look<'_>) -> bool {
    look.pass.known_calls().any(|(_, docker)| {
        docker.rule.name == "volume create"
            || docker.flags_named("--volume").any(|flag| {
                let raw = docker.raw_value(flag).unwrap_or_default();
                let raw = raw.trim_start_matches(['"', '\'']);
                let source = raw.split_once(':').map(|(source, _)| source);
                source.is_some_and(|source| {
                    source.starts_with(|letter: char| letter.is_ascii_alphanumeric())
                        && !source.contains('/')
                })
            })
    })
}
