//! Folders that a container mounts and that a command before it names, and so may have made.

use crate::collections::{HashMap, HashSet};
use crate::passes::context::Call;
use crate::passes::job::JobPass;
use crate::shell::Connected;
use crate::text::Needles;

use super::binds::Bind;
use super::outside::Mount;

/// What containers mount, each with the first call that may have made it.
#[derive(Clone, Debug, Default)]
pub(in crate::passes) struct Made(HashMap<String, usize>);

impl Made {
    /// Looks for all that the containers of a job mount.
    pub(in crate::passes) fn of(pass: &JobPass<'_>) -> Self {
        let mut paths: HashSet<String> = HashSet::default();
        for (_, docker) in pass.known_calls() {
            if !matches!(docker.rule.name.as_str(), "run" | "create") {
                continue;
            }
            for flag in docker.flags_named("--volume") {
                paths.extend(Bind::of(docker, flag).map(|bind| bind.path));
                paths.extend(Mount::of(docker, flag).map(|mount| mount.source));
            }
        }
        let needles = Needles::new(paths.iter().map(String::as_str).collect());
        let mut made = HashMap::default();
        for (index, call) in pass.view.calls.iter().enumerate() {
            let text = call.text().get(call.command().span.clone());
            for path in needles.found_in(text.unwrap_or_default()) {
                if !made.contains_key(path) && makes(pass, index, call, path) {
                    made.insert(path.to_owned(), index);
                }
            }
        }
        Self(made)
    }

    /// Whether a command before a call names a path, and so may have made it.
    pub(super) fn before(&self, call: usize, path: &str) -> bool {
        self.0.get(path).is_some_and(|first| *first < call)
    }
}

/// Whether a command that names a path may make it.
fn makes(pass: &JobPass<'_>, index: usize, call: &Call, path: &str) -> bool {
    match pass.known_call(index) {
        // Docker has made it, and so will what takes its place
        Some(docker) if matches!(docker.rule.name.as_str(), "run" | "create") => {
            let mut binds = docker
                .flags_named("--volume")
                .filter_map(|flag| Bind::of(docker, flag));
            always_runs(call) && binds.any(|bind| bind.path == path)
        }
        Some(_) => true,
        None => !matches!(
            call.program(),
            Some("rm" | "rmdir" | "echo" | "printf" | "[" | "test")
        ),
    }
}

fn always_runs(call: &Call) -> bool {
    let place = &call.command().context;
    place.nesting.is_empty() && matches!(place.connected, Connected::Alone | Connected::First)
}
