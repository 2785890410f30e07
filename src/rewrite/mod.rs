//! The passes, one file each: every one looks at a job and plans changes, or says why the job stays.

mod absent;
mod actions;
mod apart;
mod by_others;
mod checkout;
mod commands;
mod compose;
mod container;
mod daemon_file;
mod daemon_host;
mod dind_service;
mod disguise;
mod distribution;
mod docker_config;
mod draft;
mod emulators;
mod engine_client;
mod engine_variable;
mod hidden;
mod host;
mod hostnames;
mod hosts_file;
mod image;
mod logins;
mod lost_programs;
mod other_engine;
mod packages;
mod podman_image;
mod printed;
mod project_files;
mod redhat;
mod removal;
mod rootless;
mod runner;
mod script_edit;
mod setup;
mod socket;
mod stays;
#[cfg(test)]
pub(crate) mod tests;
mod toolbox;
mod variables;
mod waits;

pub(crate) use draft::{Draft, Instead, NewVariable, Planned, Purpose, finding};
pub(crate) use rootless::{LOWEST_PORT, host_port, is_root};

use crate::analysis::{Context, Facts, JobPass};
use crate::finding::{Finding, Severity};
use crate::pipeline::Job;
use crate::text::Location;

/// What the passes make of a job; nothing if it does not use Docker.
pub struct Drafted {
    /// What would be done, and what speaks against it.
    pub draft: Draft,
    /// What the job does with images.
    pub facts: Facts,
    /// Whether it has a daemon or a machine, and so a store, of its own.
    pub own_store: bool,
    /// Whether a command of it is docker.
    pub calls_docker: bool,
    /// What else there is to say of it.
    pub gaps: Vec<Gap>,
}

/// Something to say of a job beside what the passes change.
#[derive(Clone, Debug)]
pub struct Gap {
    /// What there is to say.
    pub finding: Finding,
    /// Whether the job moves only when a person has looked.
    pub review: bool,
    /// Whether it is said at full weight even if the job stays on Docker.
    pub always: bool,
    /// Whether it is not said any more when the job moves.
    pub until_moved: bool,
    /// Whether it is said of the first job only that moves.
    pub once: bool,
    /// Whether it is said once of a file, with all places in it.
    pub grouped: bool,
}

/// Runs all passes over a job, and `look` once they have changed what they would.
pub(crate) fn run<'a>(
    context: &'a Context<'a>,
    job: &'a Job,
    look: impl FnOnce(&JobPass<'_>, &Draft) -> Vec<Gap>,
) -> Option<Drafted> {
    let view = context.view(job);
    let mut pass = JobPass::new(&view);
    if !pass.evidence.uses_docker() {
        let moved = podman_image::of_moved_job(context, job);
        return moved.or_else(|| by_files(pass));
    }
    let mut draft = Draft::default();
    draft.places = places(&pass);
    own_lines(&mut pass, &mut draft);
    project_files::run(&pass, &mut draft);
    absent::run(&pass, &mut draft);

    removal::plan(pass.view, &mut draft);
    variables::keep_what_is_read(&pass, &mut draft);
    daemon_host::in_own_lines(&pass, &mut draft);
    let gaps = held_by_errors(look(&pass, &draft), &mut draft);
    let own_store = pass.evidence.own_daemon() || crate::analysis::machine::is_of_its_own(&pass);
    let calls_docker = !pass.evidence.commands.is_empty();
    Some(Drafted {
        draft,
        facts: pass.facts,
        own_store,
        calls_docker,
        gaps,
    })
}

/// A job whose Docker is all in files of the repository that it runs.
fn by_files(pass: JobPass<'_>) -> Option<Drafted> {
    let mut draft = Draft::default();
    project_files::of_others(&pass, &mut draft);
    (!draft.blockers.is_empty()).then(|| Drafted {
        draft,
        own_store: pass.evidence.own_daemon() || crate::analysis::machine::is_of_its_own(&pass),
        calls_docker: false,
        facts: pass.facts,
        gaps: Vec::new(),
    })
}

/// What the passes make of the lines that a job has of its own.
fn own_lines(pass: &mut JobPass<'_>, draft: &mut Draft) {
    stays::run(pass, draft);
    redhat::run(pass, draft);
    waits::run(pass, draft);
    host::run(pass, draft);
    image::run(pass, draft);
    podman_image::run(pass, draft);
    dind_service::run(pass, draft);
    variables::run(pass, draft);
    other_engine::run(pass, draft);
    daemon_file::run(pass, draft);
    commands::run(pass, draft);
    emulators::run(pass, draft);
    printed::run(pass, draft);
    hosts_file::run(pass, draft);
    compose::run(pass, draft);
    socket::run(pass, draft);
    hostnames::run(pass, draft);
    packages::run(pass, draft);
    lost_programs::run(pass, draft);
    distribution::run(pass, draft);

    hidden::run(pass, draft);
    disguise::run(pass, draft);
    by_others::run(pass, draft);
    logins::run(pass, draft);
    docker_config::run(pass, draft);
    actions::run(pass, draft);
}

/// What is an error in what the job builds or starts keeps it on Docker, where it is none, and what a person should see
/// is for review; the rest is only to be told.
fn held_by_errors(gaps: Vec<Gap>, draft: &mut Draft) -> Vec<Gap> {
    let is_error = |gap: &Gap| gap.finding.severity == Severity::Error;
    let (errors, gaps): (Vec<Gap>, Vec<Gap>) = gaps.into_iter().partition(is_error);
    for mut error in errors {
        error.finding.severity = Severity::Warning;
        draft.stay(error.finding);
    }
    if !draft.blockers.is_empty() {
        return gaps; // nobody is asked about a job that stays
    }
    let asks = |gap: &Gap| gap.review && gap.finding.severity == Severity::Warning;
    let (reviews, gaps): (Vec<Gap>, Vec<Gap>) = gaps.into_iter().partition(asks);
    draft
        .reviews
        .extend(reviews.into_iter().map(|gap| gap.finding));
    gaps
}

/// Every place of Docker in a job.
fn places(pass: &JobPass<'_>) -> Vec<Location> {
    let view = &pass.view;
    let documents = view.context.documents;
    let mut found = Vec::new();
    if pass.evidence.docker_image()
        && let Some(image) = &view.job.image
    {
        found.push(documents.location(image.name.node));
    }
    for index in &pass.evidence.daemons {
        if let Some(service) = view
            .job
            .services
            .iter()
            .flat_map(|services| &services.items)
            .nth(*index)
        {
            found.push(documents.location(service.name));
        }
    }
    for index in &pass.evidence.actions {
        found.push(documents.location(view.job.actions[*index].uses.value));
    }
    for index in pass.evidence.commands.iter().chain(&pass.evidence.remote) {
        found.push(view.at_command(&view.calls[*index]));
    }
    found
}
