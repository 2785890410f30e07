//! SARIF 2.1.0, as code scanning services and editors read it: a run for each repository.
//!
//! Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; docs.github.com, "SARIF support
//! for code scanning".
//!
//! A job moves as a whole, so a fix is the whole change of a server's files and stands with the first job that moves:
//! the changes of a single finding would leave a job between Docker and Podman.

use std::io::{self, Write};
use std::path::Path;

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use super::annotation::{Fingerprints, how_to_move, movers};
use super::markup::sentences;
use super::region::Region;
use super::{CAN_MOVE, Run, Tree, diff, explain, harmless, write_json};
use crate::finding::{Accepted, AcceptedBy, Finding, RuleId, Severity};
use crate::outcome::{FileOutcome, Problem, Provider};
use crate::repository::slashed;
use crate::rules::{CatalogRule, Rules};
use crate::text::{Source, Span};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The name for the top of the repository; consumers know where that is.
const ROOT: &str = "%SRCROOT%";

/// Writes the whole log and a final newline.
pub fn write(out: &mut dyn Write, run: &Run, rules: &Rules) -> io::Result<()> {
    let mut runs: Vec<SarifRun> = run
        .trees
        .iter()
        .map(|tree| sarif_run(run, tree, rules))
        .collect();
    let outside = run.problems.iter();
    let outside: Vec<_> = outside.map(|it| notification(it, None)).collect();
    if runs.is_empty() {
        runs.push(SarifRun::new(Vec::new(), Vec::new(), outside, None));
    } else if let Some(first) = runs.first_mut() {
        first.invocations[0].add(outside);
    }
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs,
    };
    write_json(out, &log)
}

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<SarifRun>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRun {
    tool: Tool,
    #[serde(skip_serializing_if = "Option::is_none")]
    automation_details: Option<AutomationDetails>,
    invocations: [Invocation; 1],
    original_uri_base_ids: IndexMap<&'static str, BaseId>,
    results: Vec<Result>,
    column_kind: &'static str,
    newline_sequences: [&'static str; 3],
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    short_description: Message,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message,
    full_description: Message,
    help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_configuration: Option<Configuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties>,
}

#[derive(Serialize)]
struct Help {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    tags: [&'static str; 1],
}

#[derive(Serialize)]
struct AutomationDetails {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

impl Invocation {
    fn add(&mut self, notifications: Vec<Notification>) {
        self.execution_successful &= notifications.is_empty();
        self.tool_execution_notifications.extend(notifications);
    }
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    locations: [Location; 1],
}

#[derive(Serialize)]
struct BaseId {
    description: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Result {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: IndexMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<String>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<SarifRegion>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRegion {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix {
    description: Message,
    artifact_changes: Vec<ArtifactChange>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: SarifRegion,
    inserted_content: Message,
}

impl SarifRun {
    fn new(
        rules: Vec<Rule>,
        results: Vec<Result>,
        notifications: Vec<Notification>,
        id: Option<String>,
    ) -> Self {
        let mut invocation = Invocation {
            execution_successful: true,
            tool_execution_notifications: Vec::new(),
        };
        invocation.add(notifications);
        let root = BaseId {
            description: said("The top of the repository"),
        };
        Self {
            tool: Tool {
                driver: Driver {
                    name: "dindless",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    short_description: said(env!("CARGO_PKG_DESCRIPTION")),
                    rules,
                },
            },
            automation_details: id.map(|id| AutomationDetails { id }),
            invocations: [invocation],
            original_uri_base_ids: IndexMap::from([(ROOT, root)]),
            results,
            column_kind: "unicodeCodePoints",
            newline_sequences: ["\r\n", "\n", "\r"],
        }
    }
}

fn sarif_run(run: &Run, tree: &Tree, rules: &Rules) -> SarifRun {
    let mut ids: IndexSet<RuleId> = IndexSet::new();
    let mut results = Vec::new();
    let mut fixes = tree_fixes(run, tree);
    for file in &tree.outcome.files {
        let path = slashed(file.source.path());
        let mut fingerprints = Fingerprints::of(file, &path);
        for mover in movers(tree, file) {
            let fix = file
                .provider
                .and_then(|it| fixes.shift_remove(&name_of(it)));
            results.push(Result {
                rule_id: CAN_MOVE.0,
                rule_index: ids.insert_full(CAN_MOVE).0,
                level: level(Severity::Warning),
                message: plain(&sentences(&mover.message, Some(how_to_move(run)))),
                locations: vec![location(&file.source, mover.region)],
                related_locations: Vec::new(),
                partial_fingerprints: named(fingerprints.mover(&mover)),
                fixes: fix.into_iter().collect(),
                suppressions: Vec::new(),
            });
        }
        for finding in &file.findings {
            let index = ids.insert_full(finding.rule).0;
            let fingerprint = fingerprints.finding(finding);
            results.push(result(tree, file, finding, index, fingerprint));
        }
    }
    let problems = tree.outcome.problems.iter();
    let problems = problems.map(|it| notification(it, Some(ROOT))).collect();
    let known = ids.into_iter().map(|id| rule(id, rules.named(id.0)));
    let several = run.trees.len() > 1;
    let id = several.then(|| format!("dindless/{}/", slashed(&tree.root.shown)));
    SarifRun::new(known.collect(), results, problems, id)
}

fn result(
    tree: &Tree,
    file: &FileOutcome,
    finding: &Finding,
    rule_index: usize,
    fingerprint: String,
) -> Result {
    let mut places = finding.at.iter().enumerate().map(|(index, label)| {
        let other = tree.outcome.files.get(label.at.file.0 as usize);
        let source = other.map_or(&file.source, |other| &other.source);
        let mut place = location(source, Region::shown(source, label.at.span));
        if index > 0 {
            place.id = Some(index);
            place.message = (!label.text.is_empty()).then(|| plain(&label.text));
        }
        place
    });
    Result {
        rule_id: finding.rule.0,
        rule_index,
        level: level(finding.severity),
        message: plain(&sentences(&finding.message, finding.help.as_deref())),
        locations: places.next().into_iter().collect(),
        related_locations: places.collect(),
        partial_fingerprints: named(fingerprint),
        fixes: Vec::new(),
        suppressions: finding.accepted.iter().map(suppression).collect(),
    }
}

fn suppression(accepted: &Accepted) -> Suppression {
    let why = harmless(&accepted.why).into_owned();
    Suppression {
        kind: match accepted.by {
            AcceptedBy::Comment => "inSource",
            AcceptedBy::Configuration | AcceptedBy::Baseline => "external",
        },
        justification: (!why.is_empty()).then_some(why),
    }
}

/// What a run would write, a fix for the files of each server.
fn tree_fixes(run: &Run, tree: &Tree) -> IndexMap<&'static str, Fix> {
    let mut fixes: IndexMap<&'static str, Fix> = IndexMap::new();
    for file in tree.outcome.files.iter().filter(|_| !tree.written) {
        let (Some(provider), Some(changed)) = (file.provider, &file.changed) else {
            continue;
        };
        let name = name_of(provider);
        let fix = fixes.entry(name).or_insert_with(|| {
            let with = if run.options.include_review {
                ", with what a person should look at"
            } else {
                ""
            };
            let text = format!("Move all jobs of {name} that can move to Podman{with}.");
            Fix {
                description: Message { text },
                artifact_changes: Vec::new(),
            }
        });
        fix.artifact_changes.push(ArtifactChange {
            artifact_location: in_repository(file.source.path()),
            replacements: replacements(&file.source, changed),
        });
    }
    fixes
}

fn replacements(source: &Source, changed: &str) -> Vec<Replacement> {
    const MARK: &str = "\u{feff}";
    let replacements = diff::replacements(source.text(), changed).into_iter();
    replacements
        .map(|(range, text)| {
            // A byte order mark is in no column: it stays.
            let marked = range.start == 0 && source.text().starts_with(MARK);
            let skipped = if marked && text.starts_with(MARK) && !range.is_empty() {
                MARK.len()
            } else {
                0
            };
            let deleted = Span::new(range.start + skipped, range.end);
            Replacement {
                deleted_region: region(Region::of(source, deleted)),
                inserted_content: Message {
                    text: text.get(skipped..).unwrap_or_default().to_owned(),
                },
            }
        })
        .collect()
}

fn name_of(provider: Provider) -> &'static str {
    match provider {
        Provider::GitLab => "GitLab",
        Provider::GitHub => "GitHub",
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// A rule as the catalog tells it; one that is not there is told by its name.
fn rule(id: RuleId, known: Option<&CatalogRule>) -> Rule {
    let Some(known) = known else {
        return Rule {
            id: id.0,
            short_description: plain(id.0),
            full_description: plain(id.0),
            help: Help {
                text: "See the message of each result.".to_owned(),
                markdown: None,
            },
            default_configuration: None,
            properties: None,
        };
    };
    Rule {
        id: id.0,
        short_description: said(&explain::told(&known.what)),
        full_description: said(&known.why),
        help: Help {
            text: explain::page_text(known),
            markdown: Some(explain::page_markdown(known)),
        },
        default_configuration: Some(Configuration {
            level: level(known.severity),
        }),
        properties: Some(Properties { tags: [known.area] }),
    }
}

/// What could not be done, and the name of what the path begins at.
fn notification(problem: &Problem, base: Option<&'static str>) -> Notification {
    let ours = "This is a mistake of dindless, please report it";
    let region = problem.at.map(|at| SarifRegion {
        start_line: at.line,
        start_column: at.column,
        end_line: at.line,
        end_column: at.column,
    });
    Notification {
        level: "error",
        message: plain(&sentences(&problem.message, problem.ours.then_some(ours))),
        locations: [Location {
            id: None,
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation {
                    uri: uri(&problem.path),
                    uri_base_id: base,
                },
                region,
            },
            message: None,
        }],
    }
}

fn named(fingerprint: String) -> IndexMap<&'static str, String> {
    IndexMap::from([("dindless/v1", fingerprint)])
}

/// A sentence of ours.
fn said(text: &str) -> Message {
    plain(&sentences(text, None))
}

/// Text that says nothing but itself: nothing steers a terminal, and no brackets make a link.
fn plain(text: &str) -> Message {
    let text = harmless(text);
    Message {
        text: if text.contains("](") {
            text.replace('[', "\\[").replace(']', "\\]")
        } else {
            text.into_owned()
        },
    }
}

fn location(source: &Source, at: Region) -> Location {
    Location {
        id: None,
        physical_location: PhysicalLocation {
            artifact_location: in_repository(source.path()),
            region: Some(region(at)),
        },
        message: None,
    }
}

fn region(at: Region) -> SarifRegion {
    SarifRegion {
        start_line: at.line,
        start_column: at.column,
        end_line: at.end_line,
        end_column: at.end_column,
    }
}

fn in_repository(path: &Path) -> ArtifactLocation {
    ArtifactLocation {
        uri: uri(path),
        uri_base_id: Some(ROOT),
    }
}

/// A path as a reference: every byte that it may not hold is an escape.
fn uri(path: &Path) -> String {
    use std::fmt::Write as _;
    let mut uri = String::new();
    for byte in slashed(path).bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        let of = |path| uri(Path::new(path));
        assert_eq!(
            of(".github/workflows/a b.yml"),
            ".github/workflows/a%20b.yml"
        );
        assert_eq!(of("a:b%ö"), "a%3Ab%25%C3%B6");
    }

    #[test]
    fn a_message_makes_no_link() {
        let of = |text| plain(text).text;
        assert_eq!(of("[[ -f x ]]"), "[[ -f x ]]");
        assert_eq!(of("[x](https://a.test)"), "\\[x\\](https://a.test)");
    }
}
