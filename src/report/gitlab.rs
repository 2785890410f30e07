//! A Code Quality report for GitLab: the artifact whose entries a merge request shows, with what is new and what is gone.
//!
//! Source: docs.gitlab.com, "Code Quality", on the format of a report that is imported.

use std::io::{self, Write};

use serde::Serialize;

use super::remark::{Remark, remarks};
use super::{Run, write_json};
use crate::finding::Severity;

#[derive(Serialize)]
struct Entry<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// Writes all remarks as one list. Notes only if `verbose`.
pub fn write(out: &mut dyn Write, run: &Run, verbose: bool) -> io::Result<()> {
    let remarks = remarks(run, verbose);
    let entries: Vec<Entry<'_>> = remarks.iter().map(entry).collect();
    write_json(out, &entries)
}

fn entry<'a>(remark: &'a Remark<'_>) -> Entry<'a> {
    Entry {
        description: remark.text(),
        check_name: remark.rule.map_or("trouble", |rule| rule.0),
        fingerprint: &remark.fingerprint,
        severity: match (remark.rule, remark.severity) {
            (None, _) => "blocker",
            (_, Severity::Note) => "info",
            (_, Severity::Warning) => "minor",
            (_, Severity::Error) => "major",
        },
        location: Place {
            path: &remark.path,
            lines: Lines {
                begin: remark.region.map_or(1, |at| at.line),
            },
        },
    }
}
