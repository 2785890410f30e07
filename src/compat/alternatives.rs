//! Files that other CI servers run: they are not translated, and the user must know when they use Docker.

use std::path::Path;

use crate::finding::{Finding, Label, RuleId};
use crate::outcome::FileOutcome;
use crate::repository::Files;
use crate::rules::Rules;
use crate::text::{FileId, Location, Span};

/// The files of a repository for other CI servers that use Docker, each with what there is to say of it. `first` is the
/// number of the first of them.
pub(crate) fn other_servers(files: &dyn Files, rules: &Rules, first: usize) -> Vec<FileOutcome> {
    let mut found: Vec<FileOutcome> = Vec::new();
    for detector in &rules.detectors().pipelines {
        let path = Path::new(detector.subject());
        let known = found.iter().any(|file| file.source.path() == path);
        if known || !files.exists(path) {
            continue;
        }
        let Ok(source) = files.read(path) else {
            continue;
        };
        let range = detector.line_in(source.text());
        let (Some(range), Some(rule)) = (range, rules.named(detector.rule.0)) else {
            continue;
        };
        let file = FileId((first + found.len()) as u32);
        let at = Location {
            file,
            span: Span::new(range.start, range.end),
        };
        let finding = Finding {
            rule: RuleId(rule.name),
            severity: rule.severity,
            at: vec![Label {
                at,
                text: String::new(),
            }],
            message: rule.what.replace("{it}", detector.subject()),
            help: Some(rule.solve.clone()),
            fix: None,
            accepted: None,
        };
        found.push(FileOutcome {
            source,
            provider: None,
            changed: None,
            jobs: Vec::new(),
            findings: vec![finding],
        });
    }
    found
}
