//! The JSON report: one document, stable names, lines and columns from 1, columns in characters.

use std::io::{self, Write};

use indexmap::IndexMap;
#[cfg(test)]
use schemars::JsonSchema;
use serde::Serialize;

use super::region::{Region, last_line};
use super::summary::Tally;
use super::{Run, Tree, write_json};
use crate::finding::{AcceptedBy, Finding, RuleId, Safety, Severity};
use crate::outcome::{FileOutcome, Problem, ProviderRef, Verdict};
use crate::text::{FileId, Span};

/// The version of the shape of the document; it grows when a name goes or changes its meaning.
const VERSION: u32 = 2;

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
        problems: run
            .problems()
            .map(|(path, problem)| json_problem(path, problem))
            .collect(),
        summary: json_summary(tally),
    };
    write_json(out, &document)
}

/// The JSON Schema of the document.
pub const SCHEMA: &str = include_str!("json.schema.json");

// What `///` says below is the schema's description of it: for those who read the document.

/// What `dindless --format json` prints
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Report"))]
struct Document<'a> {
    /// The version of this shape: it grows when a name goes or changes its meaning; names may be added without that
    version: u32,
    /// Every CI file that was read, and every other file that a finding is about, by their paths
    files: Vec<JsonFile<'a>>,
    /// What could not be done; the rest of the run went on
    #[serde(rename = "troubles")]
    problems: Vec<JsonProblem<'a>>,
    /// The numbers of the whole run
    summary: JsonSummary,
}

/// A file
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "File"))]
struct JsonFile<'a> {
    /// The way to it from where the program was started, with `/` between the parts; `-` is standard input
    path: String,
    /// Who runs it; null for a file that no CI server runs, such as a Dockerfile
    provider: Option<ProviderRef>,
    /// Whether its text changes
    changed: bool,
    /// The jobs that it names, in order; hidden jobs are not jobs
    jobs: Vec<JsonJob<'a>>,
    /// What there is to say of it, in the order of the text
    findings: Vec<JsonFinding<'a>>,
}

/// A job and what becomes of it
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Job"))]
struct JsonJob<'a> {
    /// Its name as the CI server shows it
    name: &'a str,
    /// Its first line, from 1
    #[cfg_attr(test, schemars(range(min = 1)))]
    line: usize,
    /// Its last line
    #[cfg_attr(test, schemars(range(min = 1)))]
    end_line: usize,
    /// What becomes of it
    verdict: JsonVerdict,
    /// The rules by which it stays on Docker; none if it does not
    reasons: Vec<&'a str>,
    /// The rules by which a person had to agree before it moved; none unless `--include-review` was given
    review: Vec<&'a str>,
    /// Whether the user said that it may be as it is
    accepted: bool,
}

/// What becomes of a job
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Verdict"))]
#[serde(rename_all = "lowercase")]
enum JsonVerdict {
    /// It does not use Docker
    Untouched,
    /// It moves to Podman, whole
    Migrated,
    /// It could move, and waits for a person: `--include-review` moves it
    Review,
    /// It stays on Docker, whole
    Left,
    /// What it is or runs lies where nothing can be read, so it stays as it is
    Unknown,
}

/// One thing to say about one place
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Finding"))]
struct JsonFinding<'a> {
    /// The rule that says it: `dindless --explain RULE` tells more
    rule: &'a str,
    /// How much it matters
    severity: Severity,
    #[serde(flatten)]
    at: Region,
    /// What is the matter, in one sentence
    message: &'a str,
    /// What to do next
    help: Option<&'a str>,
    /// How sure its change is; null if it has none
    safety: Option<Safety>,
    /// Who said that it may be; null if nobody did
    accepted: Option<JsonAccepted<'a>>,
    /// What its change writes, as far as that can be told apart from the changes of other findings. A job moves as a
    /// whole: to apply changes, take the patch (`--format diff`)
    edits: Vec<JsonEdit<'a>>,
}

/// That a finding may be
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Accepted"))]
struct JsonAccepted<'a> {
    /// Where that is said
    by: AcceptedBy,
    /// The reason that is given there; may be empty
    why: &'a str,
}

/// A replacement of some bytes
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Edit"))]
struct JsonEdit<'a> {
    /// The file, as in `files`
    path: String,
    /// The first byte of the old file that goes, from 0
    start: u32,
    /// The byte after the last one that goes
    end: u32,
    #[serde(flatten)]
    at: Region,
    /// What comes in their place
    insert: &'a str,
}

/// Something that could not be done
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Trouble"))]
struct JsonProblem<'a> {
    /// The file or folder
    path: String,
    /// The line, from 1, if it can be said
    line: Option<usize>,
    /// The column, from 1, in characters
    column: Option<usize>,
    /// What is wrong, and what to do next
    message: &'a str,
    /// Whether it is a mistake of dindless: a result that failed its proof, nothing of which was used
    ours: bool,
}

/// The numbers of a run
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Summary"))]
struct JsonSummary {
    /// CI files that were read
    files: usize,
    /// Files whose text changes
    changed: usize,
    /// Files whose new text was written
    written: usize,
    /// Jobs by what becomes of them
    jobs: JsonJobs,
    /// How many jobs stay for each reason, those for review aside
    #[cfg_attr(test, schemars(with = "std::collections::BTreeMap<String, usize>"))]
    reasons: IndexMap<&'static str, usize>,
    /// Findings that only inform
    notes: usize,
    /// Findings of something that is lost, or differs, or is left for a person
    warnings: usize,
    /// Findings of something broken or dangerous
    errors: usize,
    /// Things that could not be done
    #[serde(rename = "troubles")]
    problems: usize,
}

/// How many jobs
#[derive(Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Jobs"))]
struct JsonJobs {
    /// Do not use Docker
    untouched: usize,
    /// Move to Podman
    migrated: usize,
    /// Stay on Docker whatever is asked for
    left: usize,
    /// Stay on Docker until `--include-review` is given
    review: usize,
    /// The same number as `review`, under its older name
    held_for_review: usize,
    /// Stay as they are, because what they are or run lies where nothing can be read
    unknown: usize,
    /// Use Docker and may be as they are, because the user said so
    accepted: usize,
}

fn json_file<'a>(tree: &'a Tree, file: &'a FileOutcome) -> JsonFile<'a> {
    JsonFile {
        path: tree.root.shown(file.source.path()),
        provider: file.provider,
        changed: file.changed.is_some(),
        jobs: file
            .jobs
            .iter()
            .map(|job| {
                let lines = Region::of(&file.source, job.span);
                let (verdict, reasons) = match &job.verdict {
                    Verdict::Untouched => (JsonVerdict::Untouched, Vec::new()),
                    Verdict::Migrated => (JsonVerdict::Migrated, Vec::new()),
                    Verdict::Left(rules) => {
                        let verdict = match job {
                            job if job.held_for_review => JsonVerdict::Review,
                            job if job.unknown => JsonVerdict::Unknown,
                            _ => JsonVerdict::Left,
                        };
                        (verdict, names(rules))
                    }
                };
                JsonJob {
                    name: &job.name,
                    line: lines.line,
                    end_line: last_line(&file.source, job.span),
                    verdict,
                    reasons,
                    review: names(&job.reviewed),
                    accepted: job.accepted,
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

fn names(rules: &[RuleId]) -> Vec<&'static str> {
    rules.iter().map(|rule| rule.0).collect()
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
        severity: finding.severity,
        at: primary.map_or_else(
            || Region::of(&file.source, Span::at(0)),
            |at| Region::of(source(at.file).unwrap_or(&file.source), at.span),
        ),
        message: &finding.message,
        help: finding.help.as_deref(),
        safety: finding.fix.as_ref().map(|fix| fix.safety),
        accepted: finding.accepted.as_ref().map(|accepted| JsonAccepted {
            by: accepted.by,
            why: &accepted.why,
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
                    at: Region::of(source, edit.span),
                    insert: &edit.insert,
                })
            })
            .collect(),
    }
}

fn json_problem(path: String, problem: &Problem) -> JsonProblem<'_> {
    JsonProblem {
        path,
        line: problem.at.map(|at| at.line),
        column: problem.at.map(|at| at.column),
        message: &problem.message,
        ours: problem.ours,
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
            left: tally.left - tally.unknown,
            review: tally.held,
            held_for_review: tally.held,
            unknown: tally.unknown,
            accepted: tally.accepted,
        },
        reasons: tally
            .reasons
            .iter()
            .map(|(rule, number)| (rule.0, *number))
            .collect(),
        notes: tally.notes,
        warnings: tally.warnings,
        errors: tally.errors,
        problems: tally.problems,
    }
}

#[cfg(test)]
mod tests {
    use schemars::generate::SchemaSettings;

    use super::{Document, SCHEMA};

    /// `DINDLESS_ACCEPT=1` writes the file anew.
    #[test]
    fn the_schema_is_that_of_the_document() {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        let schema = settings
            .into_generator()
            .into_root_schema_for::<Document<'_>>();
        let made = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("DINDLESS_ACCEPT").is_some_and(|value| value == "1") {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/json.schema.json");
            std::fs::write(path, &made).unwrap();
        }
        assert!(
            made == SCHEMA,
            "DINDLESS_ACCEPT=1 cargo test --lib schema writes it anew"
        );
    }
}
