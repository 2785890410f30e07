//! The JSON report: one document, stable names, lines and columns from 1, columns in characters.

use std::io::{self, Write};

use indexmap::IndexMap;
use serde::Serialize;

use super::summary::Tally;
use super::{Run, Tree};
use crate::finding::{Finding, Safety, Severity};
use crate::outcome::{FileOutcome, Provider, Trouble, Verdict};
use crate::repository::slashed;
use crate::text::{FileId, Position, Source, Span};

/// The version of the shape of the document; it grows when a name goes or changes its meaning.
const VERSION: u32 = 1;

/// Writes the whole document and a final newline.
pub fn write(out: &mut dyn Write, run: &Run, tally: &Tally) -> io::Result<()> {
    let document = Document {
        version: VERSION,
        files: run
            .trees
            .iter()
            .flat_map(|tree| {
                let files = tree.outcome.files.iter();
                files
                    .filter(|file| file.provider.is_some() || !file.findings.is_empty())
                    .map(move |file| json_file(tree, file))
            })
            .collect(),
        troubles: run.troubles.iter().map(json_trouble).collect(),
        summary: json_summary(tally),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    files: Vec<JsonFile<'a>>,
    troubles: Vec<JsonTrouble<'a>>,
    summary: JsonSummary,
}

#[derive(Serialize)]
struct JsonFile<'a> {
    path: String,
    /// Nothing if no CI server runs it.
    provider: Option<&'static str>,
    changed: bool,
    jobs: Vec<JsonJob<'a>>,
    findings: Vec<JsonFinding<'a>>,
}

#[derive(Serialize)]
struct JsonJob<'a> {
    name: &'a str,
    line: usize,
    end_line: usize,
    verdict: &'static str,
    reasons: Vec<&'static str>,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'static str,
    severity: &'static str,
    #[serde(flatten)]
    at: JsonRange,
    message: &'a str,
    help: Option<&'a str>,
    safety: Option<&'static str>,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    path: String,
    /// Bytes of the old file.
    start: u32,
    end: u32,
    #[serde(flatten)]
    at: JsonRange,
    insert: &'a str,
}

/// The end is the place after the last character.
#[derive(Serialize, Default)]
struct JsonRange {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct JsonTrouble<'a> {
    path: String,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
    ours: bool,
}

#[derive(Serialize)]
struct JsonSummary {
    files: usize,
    changed: usize,
    written: usize,
    jobs: JsonJobs,
    reasons: IndexMap<&'static str, usize>,
    notes: usize,
    warnings: usize,
    errors: usize,
    troubles: usize,
}

#[derive(Serialize)]
struct JsonJobs {
    untouched: usize,
    migrated: usize,
    left: usize,
    held_for_review: usize,
}

fn json_file<'a>(tree: &'a Tree, file: &'a FileOutcome) -> JsonFile<'a> {
    JsonFile {
        path: tree.root.shown(file.source.path()),
        provider: file.provider.map(|provider| match provider {
            Provider::GitLab => "gitlab",
            Provider::GitHub => "github",
        }),
        changed: file.changed.is_some(),
        jobs: file
            .jobs
            .iter()
            .map(|job| {
                let lines = range(&file.source, job.span);
                let (verdict, reasons) = match &job.verdict {
                    Verdict::Untouched => ("untouched", Vec::new()),
                    Verdict::Migrated => ("migrated", Vec::new()),
                    Verdict::Left(rules) => ("left", rules.iter().map(|rule| rule.0).collect()),
                };
                JsonJob {
                    name: &job.name,
                    line: lines.line,
                    end_line: last_line(&file.source, job.span),
                    verdict,
                    reasons,
                }
            })
            .collect(),
        findings: file
            .findings
            .iter()
            .map(|finding| json_finding(tree, file, finding))
            .collect(),
    }
}

fn json_finding<'a>(
    tree: &'a Tree,
    file: &'a FileOutcome,
    finding: &'a Finding,
) -> JsonFinding<'a> {
    let source = |id: FileId| {
        let file = tree.outcome.files.get(id.0 as usize);
        file.map(|file| &file.source)
    };
    let primary = finding.at.first().map(|label| label.at);
    JsonFinding {
        rule: finding.rule.0,
        severity: match finding.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        },
        at: primary.map_or_else(
            || range(&file.source, Span::at(0)),
            |at| range(source(at.file).unwrap_or(&file.source), at.span),
        ),
        message: &finding.message,
        help: finding.help.as_deref(),
        safety: finding.fix.as_ref().map(|fix| match fix.safety {
            Safety::Safe => "safe",
            Safety::Review => "review",
        }),
        edits: finding
            .fix
            .iter()
            .flat_map(|fix| &fix.edits)
            .filter_map(|(id, edit)| {
                let source = source(*id)?;
                Some(JsonEdit {
                    path: tree.root.shown(source.path()),
                    start: edit.span.start,
                    end: edit.span.end,
                    at: range(source, edit.span),
                    insert: &edit.insert,
                })
            })
            .collect(),
    }
}

fn json_trouble(trouble: &Trouble) -> JsonTrouble<'_> {
    JsonTrouble {
        path: slashed(&trouble.path),
        line: trouble.at.map(|at| at.line),
        column: trouble.at.map(|at| at.column),
        message: &trouble.message,
        ours: trouble.ours,
    }
}

fn json_summary(tally: &Tally) -> JsonSummary {
    JsonSummary {
        files: tally.files,
        changed: tally.changed,
        written: tally.written,
        jobs: JsonJobs {
            untouched: tally.untouched,
            migrated: tally.migrated,
            left: tally.left,
            held_for_review: tally.held,
        },
        reasons: tally
            .reasons
            .iter()
            .map(|(rule, number)| (rule.0, *number))
            .collect(),
        notes: tally.notes,
        warnings: tally.warnings,
        errors: tally.errors,
        troubles: tally.troubles,
    }
}

fn range(source: &Source, span: Span) -> JsonRange {
    let start: Position = source.position(span.start as usize);
    let end = source.position(span.end as usize);
    JsonRange {
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

/// The line of the last byte: a span that ends with a line feed does not reach into the next line.
fn last_line(source: &Source, span: Span) -> usize {
    let last = span.range().end.saturating_sub(1);
    source.position(last.max(span.range().start)).line
}
