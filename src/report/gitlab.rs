//! A Code Quality report for GitLab: the artifact whose entries a merge request shows, with what is new and what is gone.
//!
//! Source: docs.gitlab.com, "Code Quality", on the format of a report that is imported.

use std::io::{self, Write};

use serde::Serialize;

use crate::finding::Severity;

use super::annotation::{Annotation, annotations};
use super::{Run, write_json};

#[derive(Serialize)]
struct Entry<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: IssueLocation<'a>,
}

#[derive(Serialize)]
struct IssueLocation<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// Writes all remarks as one list. Notes only if `verbose`.
pub fn write(out: &mut dyn Write, run: &Run, verbose: bool) -> io::Result<()> {
    let annotations = annotations(run, verbose);
    let entries: Vec<Entry<'_>> = annotations.iter().map(entry).collect();
    write_json(out, &entries)
}

fn entry<'a>(annotation: &'a Annotation<'_>) -> Entry<'a> {
    Entry {
        description: annotation.text(),
        check_name: annotation.rule.map_or("trouble", |rule| rule.0),
        fingerprint: &annotation.fingerprint,
        severity: match (annotation.rule, annotation.severity) {
            (None, _) => "blocker",
            (_, Severity::Note) => "info",
            (_, Severity::Warning) => "minor",
            (_, Severity::Error) => "major",
        },
        location: IssueLocation {
            path: &annotation.path,
            lines: Lines {
                begin: annotation.region.map_or(1, |at| at.line),
            },
        },
    }
}
