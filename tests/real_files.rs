//! What holds of every translation, tried on files as people write them: the golden cases, and the files below
//! `DINDLESS_REAL_FILES` if that names a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dindless::options::Options;
use dindless::outcome::{Outcome, ProviderRef};
use dindless::providers;
use dindless::providers::GITHUB;
use dindless::repository::Memory;
use dindless::translate::{CiFile, translate};
use dindless::yaml::{Kind, Tree};

struct File {
    name: String,
    provider: ProviderRef,
    text: String,
}

impl File {
    fn outcome(&self, text: &str) -> Outcome {
        let path = match self.provider.id() {
            "gitlab" => ".gitlab-ci.yml",
            _ => ".github/workflows/ci.yml",
        };
        let files: Memory = [(path, text)].into_iter().collect();
        let options = Options {
            include_review: true,
            ..Options::default()
        };
        let file = CiFile {
            path: PathBuf::from(path),
            provider: self.provider,
            named: false,
            configured: false,
        };
        translate(&files, &[file], &options)
    }

    /// What a text becomes; nothing if it is no file that can be read.
    fn result(&self, text: &str) -> Option<(String, Outcome)> {
        let outcome = self.outcome(text);
        if !outcome.problems.is_empty() {
            return None;
        }
        let changed = outcome.files.iter().find_map(|file| file.changed.clone());
        Some((changed.unwrap_or_else(|| text.to_owned()), outcome))
    }

    /// The lines of the file as blocks, each an entry that is a job or stands beside the jobs, with the comments above it;
    /// before the first one stands the head. Nothing where that is not plain to see.
    fn blocks(&self) -> Option<(String, Vec<String>)> {
        let text = &self.text;
        let tree = Tree::parse(text).ok()?;
        let [root] = tree.documents() else {
            return None;
        };
        let holder = match self.provider.id() {
            "gitlab" => *root,
            _ => tree.get(*root, "jobs")?.value,
        };
        let Kind::Mapping {
            entries,
            flow: false,
        } = &tree.node(holder).kind
        else {
            return None;
        };
        let is_last = tree.node(*root).span.end == tree.node(holder).span.end;
        if text.contains(['&', '\r', '\t', '\u{feff}']) || !text.ends_with('\n') || !is_last {
            return None; // what an anchor means depends on the order
        }
        let mut starts = Vec::new();
        for entry in entries {
            let key = tree.node(entry.key).span.start as usize;
            starts.push(above(text, text[..key].rfind('\n').map_or(0, |it| it + 1)));
        }
        let head = text[..*starts.first()?].to_owned();
        let ends = starts.iter().skip(1).copied().chain([text.len()]);
        let blocks = starts.iter().zip(ends);
        let blocks = blocks.map(|(start, end)| text.get(*start..end).map(str::to_owned));
        Some((head, blocks.collect::<Option<_>>()?))
    }
}

/// Where the comment above a line begins.
fn above(text: &str, mut line: usize) -> usize {
    while let Some(before) = text[..line].strip_suffix('\n') {
        let start = before.rfind('\n').map_or(0, |it| it + 1);
        if !before[start..].trim_start().starts_with('#') {
            break;
        }
        line = start;
    }
    line
}

fn joined(head: &str, blocks: &[String]) -> String {
    let texts = blocks.iter().map(String::as_str);
    std::iter::once(head).chain(texts).collect()
}

/// What becomes of each job, with the reasons.
fn verdicts(outcome: &Outcome) -> BTreeMap<String, String> {
    let jobs = outcome.files.iter().flat_map(|file| &file.jobs);
    jobs.map(|job| (job.name.clone(), format!("{:?}", job.verdict)))
        .collect()
}

/// All files that can be read, each with what it becomes.
fn files() -> Vec<(File, String, Outcome)> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut paths = Vec::new();
    gather(&golden, &mut paths);
    paths.retain(|path| path.components().any(|part| part.as_os_str() == "before"));
    if let Some(folder) = std::env::var_os("DINDLESS_REAL_FILES") {
        gather(Path::new(&folder), &mut paths);
    }
    let read = paths.into_iter().filter_map(|path| {
        let text = fs::read_to_string(&path).ok()?;
        let file = File {
            name: path.display().to_string(),
            provider: providers::by_text(&text),
            text,
        };
        let (after, outcome) = file.result(&file.text)?;
        Some((file, after, outcome))
    });
    let files: Vec<_> = read.collect();
    assert!(files.len() > 100, "the golden cases are not found");
    files
}

fn gather(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder that can be read") {
        let path = entry.expect("an entry").path();
        let is_yaml = path
            .extension()
            .is_some_and(|it| it == "yml" || it == "yaml");
        if path.is_dir() {
            gather(&path, paths);
        } else if is_yaml {
            paths.push(path);
        }
    }
    paths.sort();
}

fn none(failures: &[String], seen: usize) {
    assert!(seen > 100, "only {seen} could be tried");
    assert!(
        failures.is_empty(),
        "{} of {seen}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn line_ends_make_no_difference() {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let (mut failures, mut seen) = (Vec::new(), 0);
    for (file, after, _) in files() {
        if file.text.contains('\r') {
            continue;
        }
        seen += 1;
        let result = file.result(&crlf(&file.text));
        if result.map(|(text, _)| text) != Some(crlf(&after)) {
            failures.push(file.name);
        }
    }
    none(&failures, seen);
}

#[test]
fn the_order_of_jobs_does_not_matter() {
    let (mut failures, mut seen) = (Vec::new(), 0);
    for (file, _, outcome) in files() {
        let Some((head, mut blocks)) = file.blocks() else {
            continue;
        };
        seen += 1;
        blocks.reverse();
        let turned = file.result(&joined(&head, &blocks));
        if turned.map(|(_, outcome)| verdicts(&outcome)) != Some(verdicts(&outcome)) {
            failures.push(file.name);
        }
    }
    none(&failures, seen);
}

#[test]
fn an_unrelated_job_changes_no_other() {
    let (mut failures, mut seen) = (Vec::new(), 0);
    for (file, after, outcome) in files() {
        // what a workflow sets for all jobs, it sets for this one
        let for_all = file.text.contains("\nenv:") && file.provider == GITHUB;
        let Some((_, blocks)) = file.blocks().filter(|_| !for_all) else {
            continue;
        };
        seen += 1;
        let lines = match file.provider.id() {
            "gitlab" => GITLAB_JOB,
            _ => GITHUB_JOB,
        };
        let written = blocks.iter().flat_map(|block| block.lines());
        let written =
            written.filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#'));
        let least = written.map(|line| line.len() - line.trim_start().len());
        let indent = " ".repeat(least.min().unwrap_or_default());
        let job: String = lines
            .iter()
            .map(|line| format!("{indent}{line}\n"))
            .collect();
        let mut all = verdicts(&outcome);
        all.insert("unrelated".to_owned(), "Untouched".to_owned());
        let with = file.result(&format!("{}{job}", file.text));
        let with = with.map(|(text, outcome)| (text, verdicts(&outcome)));
        if with != Some((format!("{after}{job}"), all)) {
            failures.push(file.name);
        }
    }
    none(&failures, seen);
}

/// A job that takes nothing from the others.
const GITLAB_JOB: &[&str] = &[
    "unrelated:",
    "  inherit:",
    "    default: false",
    "    variables: false",
    "  script:",
    "    - 'true'",
];
const GITHUB_JOB: &[&str] = &[
    "unrelated:",
    "  runs-on: ubuntu-latest",
    "  steps:",
    "    - run: 'true'",
];
