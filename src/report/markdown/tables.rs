//! The tables of a description: files with their jobs, or repositories.

use std::io::{self, Write};

use crate::finding::RuleId;
use crate::repository::slashed;
use crate::rules::Rules;

use super::super::explain::sentence;
use super::super::markup::{cell, code, prose};
use super::super::summary::{Tally, many};
use super::super::{Run, Tree};

/// Reasons in one row.
const REASONS: usize = 3;

/// Writes a row for each CI file in which something uses Docker, and one for all others; nothing for a single file.
pub(super) fn files(out: &mut dyn Write, run: &Run, tree: &Tree) -> io::Result<()> {
    let files = tree.outcome.files.iter();
    let files: Vec<_> = files.filter(|file| file.provider.is_some()).collect();
    if files.len() < 2 {
        return Ok(());
    }
    head(out, "File")?;
    let (mut others, mut jobs) = (0, 0);
    for file in files {
        let tally = Tally::of_file(run, tree, file);
        if tally.migrated + tally.left + tally.held + tally.changed == 0 {
            others += 1;
            jobs += tally.untouched;
        } else {
            row(out, &cell(&slashed(file.source.path())), &tally)?;
        }
    }
    if others > 0 {
        let tally = Tally {
            untouched: jobs,
            ..Tally::default()
        };
        row(
            out,
            &format!("{} without Docker", many(others, "file")),
            &tally,
        )?;
    }
    writeln!(out)
}

/// Writes a row for each repository, and why jobs stay in all of them.
pub(super) fn repositories(
    out: &mut dyn Write,
    run: &Run,
    all: &Tally,
    rules: &Rules,
) -> io::Result<()> {
    let mut repositories = many(run.trees.len(), "repository");
    if run.trees.len() != 1 {
        repositories = format!("{} repositories", run.trees.len());
    }
    let changed = many(all.changed, "file");
    writeln!(
        out,
        "CI of {repositories}: {} to Podman in {changed}, {} on Docker, {} for review, {} without Docker.\n",
        many(all.migrated, "job"),
        all.left,
        all.held,
        all.untouched
    )?;
    if run.trees.is_empty() {
        return Ok(());
    }
    head(out, "Repository")?;
    for tree in &run.trees {
        let shown = slashed(&tree.root.shown);
        let name = if shown.is_empty() { "." } else { &shown };
        row(out, &cell(name), &Tally::of_tree(run, tree))?;
    }
    writeln!(out)?;
    for (title, reasons) in [
        ("Why jobs stay on Docker", &all.reasons),
        ("What waits for a person", &all.held_reasons),
    ] {
        if reasons.is_empty() {
            continue;
        }
        writeln!(out, "## {title}\n")?;
        for (rule, number) in reasons {
            write!(out, "- {}: {}", code(rule.0), many(*number, "job"))?;
            match rules.named(rule.0) {
                Some(rule) => writeln!(out, "; {}", prose(&sentence(&rule.what)))?,
                None => writeln!(out)?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn head(out: &mut dyn Write, first: &str) -> io::Result<()> {
    writeln!(
        out,
        "| {first} | To Podman | On Docker | For review | Without Docker | Why jobs stay |"
    )?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | --- |")
}

fn row(out: &mut dyn Write, name: &str, tally: &Tally) -> io::Result<()> {
    let why = tally.reasons.iter().chain(&tally.held_reasons);
    let why: Vec<&(RuleId, usize)> = why.collect();
    let mut shown: Vec<String> = why
        .iter()
        .take(REASONS)
        .map(|(rule, number)| format!("{} {number}", code(rule.0)))
        .collect();
    if why.len() > REASONS {
        shown.push(format!("{} more", why.len() - REASONS));
    }
    let Tally {
        migrated,
        left,
        held,
        untouched,
        ..
    } = tally;
    let why = shown.join(", ");
    writeln!(
        out,
        "| {name} | {migrated} | {left} | {held} | {untouched} | {why} |"
    )
}
