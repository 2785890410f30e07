//! The description of a merge request in Markdown; over several repositories, a table of them.

mod sorted;
mod tables;

use std::io::{self, Write};

use crate::options::RunnerProfile;
use crate::outcome::{JobOutcome, Verdict};
use crate::providers;
use crate::rules::{Profile, Rules};

use super::markup::{capital, code, prose};
use super::summary::{Tally, many};
use super::{Run, Tree};
use sorted::{FindingGroup, Sorted};

/// Kinds of changes that are listed; a description is read by people.
const CHANGES: usize = 30;

/// Writes the document.
pub fn write(out: &mut dyn Write, run: &Run, tally: &Tally, rules: &Rules) -> io::Result<()> {
    match run.trees.as_slice() {
        [tree] => description(out, run, tree, tally, rules)?,
        _ => tables::repositories(out, run, tally, rules)?,
    }
    problems(out, run)
}

fn description(
    out: &mut dyn Write,
    run: &Run,
    tree: &Tree,
    tally: &Tally,
    rules: &Rules,
) -> io::Result<()> {
    let sorted = Sorted::of(run, tree, rules);
    writeln!(out, "{}\n", in_short(run, tally))?;
    tables::files(out, run, tree)?;
    changes(out, &sorted)?;
    list(out, "What is lost, or differs", &sorted.losses)?;
    needs(out, tree, rules, &sorted)?;
    stays(out, &sorted)?;
    if !sorted.held.is_empty() || !sorted.review.is_empty() {
        writeln!(out, "## For review\n")?;
        let how = "These changes are right unless something that the files cannot show says no; `--include-review` makes them.";
        writeln!(out, "{how}\n")?;
        for job in &sorted.held {
            job.write(out)?;
        }
        for group in &sorted.review {
            group.write(out, "")?;
        }
        writeln!(out)?;
    }
    if tally.changed > 0 {
        how_to(out, tree)?;
    }
    Ok(())
}

/// The first sentences.
fn in_short(run: &Run, tally: &Tally) -> String {
    let uses_docker = tally.migrated + tally.left + tally.held + tally.accepted;
    let jobs = uses_docker + tally.untouched;
    if tally.files == 0 {
        return "No CI file was read.".to_owned();
    }
    if uses_docker == 0 && tally.changed == 0 && tally.open == 0 {
        let (files, jobs) = (many(tally.files, "CI file"), many(jobs, "job"));
        return format!("Nothing here uses Docker: {files}, {jobs}.");
    }
    let changes = match (run.write, tally.changed) {
        (true, _) => format!(
            "{} of {} changed",
            tally.written,
            many(tally.files, "CI file")
        ),
        (false, 1) => format!("1 of {} changes", many(tally.files, "CI file")),
        (false, changed) => format!("{changed} of {} change", many(tally.files, "CI file")),
    };
    let mut parts = vec![format!("{} to Podman", tally.migrated)];
    for (number, what) in [
        (tally.left, "on Docker"),
        (tally.held, "for review"),
        (tally.accepted, "accepted"),
        (tally.untouched, "without Docker"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    format!(
        "CI moves from Docker to Podman: {changes}. {}: {}.",
        capital(&many(jobs, "job")),
        parts.join(", ")
    )
}

fn changes(out: &mut dyn Write, sorted: &Sorted<'_>) -> io::Result<()> {
    let (shown, rest) = sorted.changes.split_at(sorted.changes.len().min(CHANGES));
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out, "## What changes, and why\n")?;
    for group in shown {
        group.write(out, "")?;
    }
    if !rest.is_empty() {
        writeln!(out, "- and {} more", many(rest.len(), "kind"))?;
    }
    writeln!(out)
}

fn list(out: &mut dyn Write, head: &str, list: &[FindingGroup<'_>]) -> io::Result<()> {
    if list.is_empty() {
        return Ok(());
    }
    writeln!(out, "## {head}\n")?;
    for group in list {
        group.write(out, "")?;
    }
    writeln!(out)
}

/// What the runner must offer to the jobs that move, and to those that may.
fn needs(out: &mut dyn Write, tree: &Tree, rules: &Rules, sorted: &Sorted<'_>) -> io::Result<()> {
    let moves = |provider| {
        let files = tree.outcome.files.iter();
        let mut files = files.filter(|file| file.provider == Some(provider));
        let moves = |job: &JobOutcome| job.verdict == Verdict::Migrated || job.held_for_review;
        files.any(|file| file.jobs.iter().any(moves))
    };
    let own = rules.profile(&tree.options.runner.name());
    let as_is = rules.profile(&RunnerProfile::AsIs.name());
    let mut needs: Vec<String> = Vec::new();
    for provider in providers::ALL {
        if !moves(provider) {
            continue;
        }
        let of = |profile: &Profile| profile.needs(provider.id()).to_vec();
        let mut known = own.map(of).unwrap_or_default();
        // a profile of one server says nothing of the other's runners
        if known.is_empty() && sorted.runner.is_empty() {
            known = as_is.map(of).unwrap_or_default();
        }
        needs.extend(known);
        if !provider.labels_are_machines() {
            let image = code(&rules.target_image(&tree.options));
            needs.push(format!("Access to {image}"));
        }
    }
    if needs.is_empty() && sorted.runner.is_empty() {
        return Ok(());
    }
    writeln!(out, "## What the runner must offer\n")?;
    if let Some(version) = tree.options.podman {
        writeln!(out, "- Podman {version} or later, which this was made for")?;
    }
    for need in needs {
        writeln!(out, "- {}", prose(&need))?;
    }
    for group in &sorted.runner {
        group.write(out, "")?;
    }
    writeln!(out)
}

fn stays(out: &mut dyn Write, sorted: &Sorted<'_>) -> io::Result<()> {
    if sorted.left.is_empty() && sorted.left_besides.is_empty() {
        return Ok(());
    }
    writeln!(out, "## What stays on Docker\n")?;
    for job in &sorted.left {
        job.write(out)?;
    }
    for group in &sorted.left_besides {
        group.write(out, "")?;
    }
    writeln!(out)
}

fn how_to(out: &mut dyn Write, tree: &Tree) -> io::Result<()> {
    let lines = [
        "## How to try it\n",
        "- Let the pipeline of this branch run, on the runners that will run it later; mind that it pushes where it always pushed",
        "- Start the jobs, too, that only tags, schedules or people start",
        "- Compare with the last run on Docker: the names that were pushed, the images' configuration and size, the time that jobs take",
        "- Keep `dindless --check` in the pipeline, and Docker does not come back unseen\n",
        "## How to go back\n",
    ];
    for line in lines {
        writeln!(out, "{line}")?;
    }
    let files = tree.outcome.files.iter();
    let changed = files.filter(|file| file.changed.is_some()).count();
    writeln!(
        out,
        "Revert this change: nothing but {} is different. Docker pulls and runs the images that Podman pushed meanwhile.\n",
        many(changed, "file")
    )
}

fn problems(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    let mut problems = run.problems().peekable();
    if problems.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "## What could not be read or written\n")?;
    for (path, problem) in problems {
        let place = problem
            .at
            .map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
        let message = prose(&problem.message);
        write!(out, "- {}: {message}", code(&format!("{path}{place}")))?;
        if problem.ours {
            write!(out, "; this is a mistake of dindless, please report it")?;
        }
        writeln!(out)?;
    }
    writeln!(out)
}
