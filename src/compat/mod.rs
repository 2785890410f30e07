//! The compatibility pass: what no rewrite carries over, said once, with its place and the way out. One file an area.
//!
//! What a rule looks for is data where a command, a flag, a variable, an instruction or a key says it; an area's own file
//! holds what takes more than that.

mod alternatives;
mod archive;
mod builds;
mod check;
mod commands;
mod compose;
mod compose_paths;
mod danger;
mod dockerfiles;
mod format;
mod ignored;
mod instructions;
mod locations;
mod privileges;
mod rootless;
mod silent;
mod stages;
mod started;
mod swarm;
mod volumes;

pub(crate) use alternatives::other_servers;

use crate::analysis::JobPass;
use crate::rewrite::{Draft, Gap};

use check::JobCheck;

/// The areas with code of their own; a new one is a file and a line here.
const AREAS: &[fn(&mut JobCheck<'_>)] = &[
    commands::run,
    dockerfiles::run,
    instructions::run,
    stages::run,
    ignored::run,
    format::run,
    compose::run,
    swarm::run,
    danger::run,
    privileges::run,
    silent::run,
    volumes::run,
];

/// What there is to know of a job that uses Docker, beside what the passes change in it.
pub(crate) fn job(pass: &JobPass<'_>, draft: &Draft) -> Vec<Gap> {
    let Some(project) = pass.view.context.project else {
        return Vec::new(); // only what changes is asked for
    };
    let mut check = JobCheck::new(pass, draft, project);
    for area in AREAS {
        area(&mut check);
    }
    check.gaps
}
