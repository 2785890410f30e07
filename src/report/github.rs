//! Annotations for GitHub's workflows: lines that its runner reads from the output of a step.
//!
//! Source: docs.github.com, "Workflow commands for GitHub Actions"; the escapes are those of actions/toolkit
//! (packages/core/src/command.ts) and of the runner that takes them back.

use std::io::{self, Write};

use crate::finding::Severity;

use super::Run;
use super::annotation::{Annotation, annotations};

/// Writes a line for each finding. Notes only if `verbose`: GitHub shows ten annotations of a kind for a step.
pub fn write(out: &mut dyn Write, run: &Run, verbose: bool) -> io::Result<()> {
    for annotation in annotations(run, verbose) {
        write_one(out, &annotation)?;
    }
    Ok(())
}

fn write_one(out: &mut dyn Write, annotation: &Annotation<'_>) -> io::Result<()> {
    let command = match annotation.severity {
        Severity::Note => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    write!(out, "::{command} file={}", property(&annotation.path))?;
    if let Some(at) = annotation.region {
        write!(out, ",line={},endLine={}", at.line, at.end_line)?;
        // GitHub takes columns only within one line.
        if at.line == at.end_line {
            write!(out, ",col={},endColumn={}", at.column, at.end_column)?;
        }
    }
    let title = match annotation.rule {
        Some(rule) => format!("dindless: {rule}"),
        None => "dindless".to_owned(),
    };
    writeln!(
        out,
        ",title={}::{}",
        property(&title),
        data(&annotation.text())
    )
}

/// The text of a message, in one line.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(&super::harmless(text))
        .replace(':', "%3A")
        .replace(',', "%2C")
}
