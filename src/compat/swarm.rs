//! Swarm: what a stack's file asks of it and compose over Podman does not do.

use std::path::PathBuf;

use crate::compose::load;

use super::check::JobCheck;
use super::compose_paths::{Paths, below, walk};
use super::locations::ProjectLocations;

/// Looks at the files of every `docker stack deploy`.
pub(super) fn run(check: &mut JobCheck<'_>) {
    let pass = check.pass;
    let stacks: Vec<_> = pass
        .known_calls()
        .filter(|(_, docker)| docker.rule.name == "stack deploy")
        .collect();
    if stacks.is_empty() {
        return;
    }
    let paths = Paths::of(&check.rules().detectors().stack);
    for (index, docker) in stacks {
        let named = docker.flags_named("--compose-file");
        let files = named.filter_map(|flag| pass.path_of(index, &docker.value(flag)?.text));
        let files: Vec<PathBuf> = files.collect();
        let folder = files.first().and_then(|file| file.parent());
        let folder = folder.map(PathBuf::from).unwrap_or_default();
        let project = load(pass.view.context, &files, &folder, &());
        let locations = ProjectLocations::of(check, &project);
        let mut found = Vec::new();
        for (section, entry) in project.root.entries() {
            walk(entry, &below(&[&paths], section), &mut found);
        }
        for one in found {
            let text = locations.text(one.at);
            locations.emit(check, one.rule, one.at, &text);
        }
    }
}
