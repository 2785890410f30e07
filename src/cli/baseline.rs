//! The file of `--baseline`: read before the report, written by `--update-baseline`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use crate::accept::baseline::Baseline;
use crate::report::{Run, Tree};
use crate::repository::slashed;
use crate::text::Source;
use crate::write;

/// Marks what the file lists.
///
/// # Errors
/// Why the file cannot be read, and what to do.
pub(super) fn accept(file: &Path, run: &mut Run) -> anyhow::Result<()> {
    let text = fs::read_to_string(file).with_context(|| {
        let path = file.display();
        format!("{path} cannot be read; --update-baseline writes it")
    })?;
    let baseline = Baseline::parse(&text).map_err(|why| anyhow!("{} {why}", file.display()))?;
    let several = run.trees.len() > 1;
    for tree in &mut run.trees {
        let root = tree.root.clone();
        let shown = |source: &Source| name(&root.shown, several, source);
        baseline.accept(&mut tree.outcome, shown);
    }
    Ok(())
}

/// Writes down what is left, in one step.
///
/// # Errors
/// Why the file cannot be written.
pub(super) fn update(file: &Path, run: &Run) -> anyhow::Result<()> {
    let mut baseline = Baseline::empty();
    let several = run.trees.len() > 1;
    for Tree { root, outcome, .. } in &run.trees {
        baseline.add(outcome, |source| name(&root.shown, several, source));
    }
    write::replace(file, &baseline.text())
        .with_context(|| format!("{} cannot be written", file.display()))
}

/// A file from the top of its repository, wherever the program was started; of several repositories, as the user would
/// write it.
fn name(root: &Path, several: bool, source: &Source) -> String {
    let path = match several {
        true => root.join(source.path()),
        false => PathBuf::from(source.path()),
    };
    slashed(&path)
}
