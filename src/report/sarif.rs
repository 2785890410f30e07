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
use serde_json::{Value, json};

use crate::finding::{Accepted, AcceptedBy, Finding, RuleId, Severity};
use crate::outcome::{FileOutcome, Problem};
use crate::repository::slashed;
use crate::rules::{CatalogRule, Rules};
use crate::text::{Source, Span};

use super::annotation::{Fingerprints, how_to_move, movers};
use super::markup::sentences;
use super::region::Region;
use super::{CAN_MOVE, Run, Tree, diff, explain, harmless, write_json};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The name for the top of the repository; consumers know where that is.
const ROOT: &str = "%SRCROOT%";

/// The name of our way to tell two results apart.
const FINGERPRINT: &str = "dindless/v1";

/// Writes the whole log and a final newline.
pub fn write(out: &mut dyn Write, run: &Run, rules: &Rules) -> io::Result<()> {
    let outside = run.problems.iter();
    let mut outside: Vec<Value> = outside.map(|it| notification(it, None)).collect();
    let mut runs = Vec::new();
    for tree in &run.trees {
        runs.push(sarif_run(run, tree, rules, std::mem::take(&mut outside)));
    }
    if runs.is_empty() {
        runs.push(new_run(Vec::new(), Vec::new(), outside, None));
    }
    write_json(
        out,
        &json!({"$schema": SCHEMA, "version": "2.1.0", "runs": runs}),
    )
}

/// An object without those of its entries that are null or an empty list, which SARIF leaves out.
fn object(mut value: Value) -> Value {
    let holds =
        |value: &Value| !value.is_null() && value.as_array().is_none_or(|it| !it.is_empty());
    if let Value::Object(entries) = &mut value {
        entries.retain(|_, value| holds(value));
    }
    value
}

fn new_run(
    rules: Vec<Value>,
    results: Vec<Value>,
    notifications: Vec<Value>,
    id: Option<String>,
) -> Value {
    let mut run = object(json!({
        "tool": {
            "driver": {
                "name": "dindless",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "shortDescription": message(env!("CARGO_PKG_DESCRIPTION")),
                "rules": rules,
            },
        },
        "automationDetails": id.map(|id| json!({"id": id})),
        "invocations": [object(json!({
            "executionSuccessful": notifications.is_empty(),
            "toolExecutionNotifications": notifications,
        }))],
        "originalUriBaseIds": {ROOT: {"description": message("The top of the repository")}},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
    }));
    // an empty list of results says that nothing was found
    run["results"] = results.into();
    run
}

fn sarif_run(run: &Run, tree: &Tree, rules: &Rules, outside: Vec<Value>) -> Value {
    let mut ids: IndexSet<RuleId> = IndexSet::new();
    let mut results = Vec::new();
    let mut fixes = tree_fixes(run, tree);
    for file in &tree.outcome.files {
        let path = slashed(file.source.path());
        let mut fingerprints = Fingerprints::of(file, &path);
        for mover in movers(tree, file) {
            let fix = file.provider.and_then(|it| fixes.shift_remove(it.name()));
            results.push(object(json!({
                "ruleId": CAN_MOVE.0,
                "ruleIndex": ids.insert_full(CAN_MOVE).0,
                "level": Severity::Warning,
                "message": plain(&sentences(&mover.message, Some(how_to_move(run)))),
                "locations": [location(&file.source, mover.region)],
                "partialFingerprints": {FINGERPRINT: fingerprints.mover(&mover)},
                "fixes": Vec::from_iter(fix),
            })));
        }
        for finding in &file.findings {
            let index = ids.insert_full(finding.rule).0;
            let fingerprint = fingerprints.finding(finding);
            results.push(result(tree, file, finding, index, fingerprint));
        }
    }
    let problems = tree.outcome.problems.iter();
    let problems = problems.map(|it| notification(it, Some(ROOT)));
    let known = ids.into_iter().map(|id| rule(id, rules.named(id.0)));
    let several = run.trees.len() > 1;
    let id = several.then(|| format!("dindless/{}/", slashed(&tree.root.shown)));
    let notifications = problems.chain(outside).collect();
    new_run(known.collect(), results, notifications, id)
}

fn result(
    tree: &Tree,
    file: &FileOutcome,
    finding: &Finding,
    rule_index: usize,
    fingerprint: String,
) -> Value {
    let mut places = finding.at.iter().enumerate().map(|(index, label)| {
        let other = tree.outcome.files.get(label.at.file.0 as usize);
        let source = other.map_or(&file.source, |other| &other.source);
        let mut place = location(source, Region::shown(source, label.at.span));
        if index > 0 {
            place["id"] = index.into();
            if !label.text.is_empty() {
                place["message"] = plain(&label.text);
            }
        }
        place
    });
    let first = Vec::from_iter(places.next());
    object(json!({
        "ruleId": finding.rule.0,
        "ruleIndex": rule_index,
        "level": finding.severity,
        "message": plain(&sentences(&finding.message, finding.help.as_deref())),
        "locations": first,
        "relatedLocations": Vec::from_iter(places),
        "partialFingerprints": {FINGERPRINT: fingerprint},
        "suppressions": Vec::from_iter(finding.accepted.iter().map(suppression)),
    }))
}

fn suppression(accepted: &Accepted) -> Value {
    let why = harmless(&accepted.why).into_owned();
    object(json!({
        "kind": match accepted.by {
            AcceptedBy::Comment => "inSource",
            AcceptedBy::Configuration | AcceptedBy::Baseline => "external",
        },
        "justification": Some(why).filter(|why| !why.is_empty()),
    }))
}

/// What a run would write, a fix for the files of each server.
fn tree_fixes(run: &Run, tree: &Tree) -> IndexMap<&'static str, Value> {
    let mut changes: IndexMap<&'static str, Vec<Value>> = IndexMap::new();
    for file in tree.outcome.files.iter().filter(|_| !tree.written) {
        if let (Some(provider), Some(changed)) = (file.provider, &file.changed) {
            changes.entry(provider.name()).or_default().push(json!({
                "artifactLocation": artifact(file.source.path(), Some(ROOT)),
                "replacements": replacements(&file.source, changed),
            }));
        }
    }
    let with = match run.options.include_review {
        true => ", with what a person should look at",
        false => "",
    };
    let fix = |(name, changes)| {
        let text = format!("Move all jobs of {name} that can move to Podman{with}.");
        let fix = json!({"description": {"text": text}, "artifactChanges": changes});
        (name, fix)
    };
    changes.into_iter().map(fix).collect()
}

fn replacements(source: &Source, changed: &str) -> Vec<Value> {
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
            json!({
                "deletedRegion": region(Region::of(source, deleted)),
                "insertedContent": {"text": text.get(skipped..).unwrap_or_default()},
            })
        })
        .collect()
}

/// A rule as the catalog tells it; one that is not there is told by its name.
fn rule(id: RuleId, known: Option<&CatalogRule>) -> Value {
    let Some(known) = known else {
        return json!({
            "id": id.0,
            "shortDescription": plain(id.0),
            "fullDescription": plain(id.0),
            "help": {"text": "See the message of each result."},
        });
    };
    json!({
        "id": id.0,
        "shortDescription": message(&explain::sentence(&known.what)),
        "fullDescription": message(&known.why),
        "help": {"text": explain::page_text(known), "markdown": explain::page_markdown(known)},
        "defaultConfiguration": {"level": known.severity},
        "properties": {"tags": [known.area]},
    })
}

/// What could not be done, and the name of what the path begins at.
fn notification(problem: &Problem, base: Option<&'static str>) -> Value {
    let ours = "This is a mistake of dindless, please report it";
    let region = problem.at.map(|at| {
        region(Region {
            line: at.line,
            column: at.column,
            end_line: at.line,
            end_column: at.column,
        })
    });
    json!({
        "level": Severity::Error,
        "message": plain(&sentences(&problem.message, problem.ours.then_some(ours))),
        "locations": [{
            "physicalLocation": object(json!({
                "artifactLocation": artifact(&problem.path, base),
                "region": region,
            })),
        }],
    })
}

/// A sentence of ours.
fn message(text: &str) -> Value {
    plain(&sentences(text, None))
}

/// Text that says nothing but itself: nothing steers a terminal, and no brackets make a link.
fn plain(text: &str) -> Value {
    let text = harmless(text);
    match text.contains("](") {
        true => json!({"text": text.replace('[', "\\[").replace(']', "\\]")}),
        false => json!({"text": text}),
    }
}

fn location(source: &Source, at: Region) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": artifact(source.path(), Some(ROOT)),
            "region": region(at),
        },
    })
}

fn region(at: Region) -> Value {
    json!({
        "startLine": at.line,
        "startColumn": at.column,
        "endLine": at.end_line,
        "endColumn": at.end_column,
    })
}

/// A path, and the name of what it begins at.
fn artifact(path: &Path, base: Option<&'static str>) -> Value {
    object(json!({"uri": uri(path), "uriBaseId": base}))
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
        let of = |text| plain(text)["text"].clone();
        assert_eq!(of("[[ -f x ]]"), "[[ -f x ]]");
        assert_eq!(of("[x](https://a.test)"), "\\[x\\](https://a.test)");
    }
}
