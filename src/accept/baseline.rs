//! A list of what was there before: `--check` is quiet about it, and speaks of what came later.
//!
//! What is listed is told by its file, its rule and the line that it begins on, not by the line's number, so that the list
//! holds when other lines come and go. What stands there several times is counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::{Accepted, AcceptedBy, Finding, Severity};
use crate::outcome::{FileOutcome, JobOutcome, Outcome, Verdict};
use crate::text::Source;

/// The version of the shape of the list.
const VERSION: u32 = 1;

/// What may be left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Baseline {
    version: u32,
    /// Jobs that stay on Docker or have not moved yet: by file and name, the reasons that are known.
    jobs: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Findings: by file, rule and line, how often they are known.
    findings: BTreeMap<String, BTreeMap<String, BTreeMap<String, usize>>>,
}

impl Baseline {
    /// Reads a list.
    ///
    /// # Errors
    /// What is wrong with it, with line and column where they are known.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let baseline: Self = serde_json::from_str(text).map_err(|error| {
            format!(
                "is no list of --update-baseline: {error}; write it anew with --update-baseline"
            )
        })?;
        match baseline.version {
            VERSION => Ok(baseline),
            other => Err(format!(
                "is a list of version {other}, and this program knows version {VERSION}; write it anew with --update-baseline"
            )),
        }
    }

    /// The list as it is kept, by lines that compare well.
    pub(crate) fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        text + "\n"
    }

    /// A list of nothing.
    pub(crate) fn empty() -> Self {
        Self {
            version: VERSION,
            ..Self::default()
        }
    }

    /// Takes up all that is left of a repository; `shown` tells how a file of it is named.
    pub(crate) fn add(&mut self, outcome: &Outcome, shown: impl Fn(&Source) -> String) {
        for file in &outcome.files {
            let path = shown(&file.source);
            for job in file.jobs.iter().filter(|job| is_left(job)) {
                let jobs = self.jobs.entry(path.clone()).or_default();
                jobs.insert(job.name.clone(), reasons(job));
            }
            for finding in file.findings.iter().filter(|finding| is_open(finding)) {
                let rules = self.findings.entry(path.clone()).or_default();
                let lines = rules.entry(finding.rule.0.to_owned()).or_default();
                *lines.entry(line(file, finding)).or_default() += 1;
            }
        }
    }

    /// Marks what is on the list.
    pub(crate) fn accept(&self, outcome: &mut Outcome, shown: impl Fn(&Source) -> String) {
        for file in &mut outcome.files {
            let path = shown(&file.source);
            let known = self.jobs.get(&path);
            for job in &mut file.jobs {
                let known = known.and_then(|jobs| jobs.get(&job.name));
                let listed = |known: &Vec<String>| reasons(job).iter().all(|it| known.contains(it));
                job.accepted |= is_left(job) && known.is_some_and(listed);
            }
            let Some(rules) = self.findings.get(&path) else {
                continue;
            };
            let mut seen: BTreeMap<(&str, String), usize> = BTreeMap::new();
            let listed: Vec<bool> = file
                .findings
                .iter()
                .map(|finding| {
                    if !is_open(finding) {
                        return false;
                    }
                    let line = line(file, finding);
                    let lines = rules.get(finding.rule.0);
                    let known = lines.and_then(|lines| lines.get(&line)).copied();
                    let seen = seen.entry((finding.rule.0, line)).or_default();
                    *seen += 1;
                    *seen <= known.unwrap_or_default()
                })
                .collect();
            for (finding, listed) in file.findings.iter_mut().zip(listed) {
                if listed {
                    finding.accepted = Some(Accepted {
                        by: AcceptedBy::Baseline,
                        why: String::new(),
                    });
                }
            }
        }
    }
}

fn is_left(job: &JobOutcome) -> bool {
    job.verdict != Verdict::Untouched && !job.accepted
}

fn is_open(finding: &Finding) -> bool {
    finding.severity > Severity::Note && finding.accepted.is_none()
}

fn reasons(job: &JobOutcome) -> Vec<String> {
    match &job.verdict {
        Verdict::Left(reasons) => reasons.iter().map(|rule| rule.0.to_owned()).collect(),
        Verdict::Untouched | Verdict::Migrated => Vec::new(),
    }
}

/// The line that a finding begins on, without the blanks around it.
fn line(file: &FileOutcome, finding: &Finding) -> String {
    let start = finding.at.first().map(|label| label.at.span.start as usize);
    let position = file.source.position(start.unwrap_or_default());
    let line = file.source.line(position.line).unwrap_or_default();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::Baseline;

    #[test]
    fn a_list_is_read_back() {
        let baseline = Baseline::empty();
        assert_eq!(Baseline::parse(&baseline.text()), Ok(baseline));
        assert!(
            Baseline::parse("{}")
                .unwrap_err()
                .contains("--update-baseline")
        );
        let newer = "{\"version\": 2, \"jobs\": {}, \"findings\": {}}";
        assert!(Baseline::parse(newer).unwrap_err().contains("version 2"));
    }
}
