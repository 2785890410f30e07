//! Folders that a container mounts and that a command before it names, and so may have made.

use crate::collections::{HashMap, HashSet};
use crate::shell::Connected;
use crate::text::Needles;

use super::context::{Call, JobView};
use super::docker_call::DockerCall;
use super::mounts::{Bind, Mount};

/// What containers mount, each with the first call that may have made it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Made(HashMap<String, usize>);

impl Made {
    /// Looks for all that the containers of a job mount.
    pub(crate) fn of(view: &JobView<'_>, known: &[(usize, &DockerCall<'_>)]) -> Self {
        let mut paths: HashSet<String> = HashSet::default();
        for (_, docker) in known {
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
        for (index, call) in view.calls.iter().enumerate() {
            let text = call.text().get(call.command().span.clone());
            for path in needles.found_in(text.unwrap_or_default()) {
                if !made.contains_key(path) && makes(known, index, call, path) {
                    made.insert(path.to_owned(), index);
                }
            }
        }
        Self(made)
    }

    /// Whether a command before a call names a path, and so may have made it.
    pub(crate) fn before(&self, call: usize, path: &str) -> bool {
        self.0.get(path).is_some_and(|first| *first < call)
    }
}

/// Whether a command that names a path may make it.
fn makes(known: &[(usize, &DockerCall<'_>)], index: usize, call: &Call, path: &str) -> bool {
    let at = known.binary_search_by_key(&index, |(call, _)| *call);
    match at.ok().map(|at| known[at].1) {
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
