//! What a run says of an outcome: findings with their lines, the summary, the JSON.

use std::path::PathBuf;

use dindless::discover::Root;
use dindless::finding::{Finding, Fix, Label, RuleId, Safety, Severity};
use dindless::options::Options;
use dindless::outcome::{FileOutcome, JobOutcome, Outcome, Problem, Verdict};
use dindless::providers::GITLAB;
use dindless::report::summary::{self, Tally};
use dindless::report::{Run, Style, json, text};
use dindless::text::{Edit, FileId, Location, Position, Source, Span};

/// A file of the outcome; its findings and jobs are found by what they mark.
fn file(path: &str, text: &str) -> FileOutcome {
    FileOutcome {
        source: Source::new(path, text.into()),
        provider: Some(GITLAB),
        changed: None,
        jobs: Vec::new(),
        findings: Vec::new(),
    }
}

fn span(text: &str, marked: &str) -> Span {
    let start = text.find(marked).expect("the marked text is there");
    Span::new(start, start + marked.len())
}

fn label(id: u32, span: Span, text: &str) -> Label {
    let at = Location {
        file: FileId(id),
        span,
    };
    Label {
        at,
        text: text.into(),
    }
}

fn finding(severity: Severity, message: &str, at: Vec<Label>) -> Finding {
    Finding {
        rule: RuleId("some-rule"),
        severity,
        at,
        message: message.into(),
        help: None,
        fix: None,
        accepted: None,
    }
}

fn job(name: &str, span: Span, verdict: Verdict, held_for_review: bool) -> JobOutcome {
    JobOutcome {
        name: name.into(),
        span,
        verdict,
        held_for_review,
        unknown: false,
        reviewed: Vec::new(),
        because: Vec::new(),
        accepted: false,
    }
}

fn run(files: Vec<FileOutcome>) -> Run {
    let mut run = Run::default();
    let root = Root {
        path: PathBuf::from("/r"),
        here: PathBuf::new(),
        shown: PathBuf::new(),
        versioned: true,
    };
    let outcome = Outcome {
        files,
        problems: Vec::new(),
    };
    run.add(root, Options::default(), outcome, false);
    run
}

fn said(run: &Run, verbose: bool) -> String {
    let mut out = Vec::new();
    text::write(&mut out, run, Style::default(), verbose).unwrap();
    String::from_utf8(out).unwrap()
}

fn summed(run: &Run) -> String {
    let mut out = Vec::new();
    summary::write(&mut out, run, &Tally::new(run), false).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_finding_shows_its_line() {
    let text = "build:\n  script:\n    - docker stack deploy x\n  stage: a\n";
    let mut one = file(".gitlab-ci.yml", text);
    let marked = span(text, "docker stack deploy");
    let mut warning = finding(
        Severity::Warning,
        "Podman has no Swarm",
        vec![label(0, marked, "here")],
    );
    warning.help = Some("keep this job on Docker".into());
    one.findings.push(warning);
    insta::assert_snapshot!(said(&run(vec![one]), false));
}

#[test]
fn places_close_together_share_a_window_and_other_files_get_their_own() {
    let text = "a: 1\nb: 2\nc: 3\n";
    let mut one = file("one.yml", text);
    let two = file("two.yml", "\u{feff}x: 1\r\ny: 2\r\n");
    one.findings.push(finding(
        Severity::Error,
        "Three places",
        vec![
            label(0, span(text, "2"), "the value"),
            label(0, span(text, "a"), "the key"),
            label(1, Span::new(3, 4), "elsewhere"),
        ],
    ));
    insta::assert_snapshot!(said(&run(vec![one, two]), false));
}

#[test]
fn equal_findings_are_said_once_and_notes_are_counted() {
    let text: String = (0..20).map(|n| format!("job{n:02}: x\n")).collect();
    let mut one = file("one.yml", &text);
    for n in (0..20).rev() {
        let at = vec![label(0, span(&text, &format!("job{n:02}")), "")];
        one.findings
            .push(finding(Severity::Warning, "Said often", at.clone()));
        one.findings.push(finding(Severity::Note, "A note", at));
    }
    let run = run(vec![one]);
    insta::assert_snapshot!(said(&run, false));
    let everything = said(&run, true);
    assert!(everything.contains("one.yml:20") && everything.contains("A note"));
    assert!(summed(&run).contains("20 warnings, 20 notes (-v shows them)."));
}

#[test]
fn nothing_in_a_file_steers_the_terminal() {
    let text = "a: \u{1b}[2J\u{9b}31m\u{202e}x\n";
    let mut one = file("bad\u{1b}[0m.yml", text);
    let at = vec![label(0, span(text, "x"), "a\u{1b}label")];
    let mut bad = finding(Severity::Warning, "a\u{1b}message\u{9b}", at);
    bad.help = Some("a\u{7}help".into());
    one.findings.push(bad);
    let said = said(&run(vec![one]), false);
    let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!said.contains(steers), "{said:?}");
}

#[test]
fn odd_places_are_survived() {
    let long = format!("a: {}docker{}\nb: 1\n", "x".repeat(5000), "ö".repeat(5000));
    let texts = [
        "",
        "\u{feff}",
        "\u{feff}a",
        "ö",
        "a\r\nb\rc\n\n",
        long.as_str(),
    ];
    for text in texts {
        for (start, end) in [
            (0, 0),
            (0, 1),
            (1, 2),
            (0, text.len()),
            (text.len(), text.len()),
            (90_000, 90_001),
        ] {
            let mut one = file("one.yml", text);
            let at = vec![
                label(0, Span::new(start, end), "one"),
                label(0, Span::new(0, end), "two"),
                label(7, Span::new(0, end), "nowhere"),
            ];
            one.findings.push(finding(Severity::Error, "odd", at));
            one.findings
                .push(finding(Severity::Error, "without a place", Vec::new()));
            let run = run(vec![one]);
            let said = said(&run, false);
            assert!(said.contains("odd") && said.len() < 4000, "{said}");
            json::write(&mut Vec::new(), &run, &Tally::new(&run)).unwrap();
        }
    }
}

#[test]
fn a_cut_line_keeps_its_place() {
    let text = format!("a: {}docker{}\n", "x".repeat(5000), "y".repeat(5000));
    let mut one = file("one.yml", &text);
    let at = vec![label(0, span(&text, "docker"), "here")];
    one.findings
        .push(finding(Severity::Error, "far to the right", at));
    let said = said(&run(vec![one]), false);
    assert!(said.contains("one.yml:1:5004"), "{said}");
    assert!(said.contains("^^^^^^ here"), "{said}");
}

#[test]
fn troubles_name_their_place() {
    let mut run = run(Vec::new());
    run.problems.push(Problem {
        path: "a.yml".into(),
        at: Some(Position { line: 2, column: 3 }),
        message: "is not UTF-8".into(),
        ours: true,
    });
    let said = said(&run, false);
    assert!(said.starts_with("error: a.yml:2:3: is not UTF-8"), "{said}");
    assert!(said.contains("please report it"), "{said}");
    assert_eq!(summed(&run), "No CI file was read.\n");
}

#[test]
fn the_summary_counts_jobs_by_reason() {
    let mut one = file("one.yml", "a: 1\n");
    one.changed = Some("a: 2\n".into());
    let at = Span::new(0, 4);
    for (number, verdict, held) in [
        (5, Verdict::Migrated, false),
        (3, Verdict::Left(vec![RuleId("swarm")]), false),
        (
            1,
            Verdict::Left(vec![RuleId("windows"), RuleId("swarm")]),
            false,
        ),
        (2, Verdict::Left(vec![RuleId("runner-socket")]), true),
        (7, Verdict::Untouched, false),
    ] {
        one.jobs
            .extend((0..number).map(|n| job(&format!("j{n}"), at, verdict.clone(), held)));
    }
    let run = run(vec![one, file("two.yml", "")]);
    insta::assert_snapshot!(summed(&run));
}

#[test]
fn what_is_settled_leaves_nothing_to_do() {
    let review = Fix {
        title: String::new(),
        safety: Safety::Review,
        edits: Vec::new(),
    };
    let mut one = file("one.yml", "a: 1\n");
    let mut warning = finding(Severity::Warning, "w", vec![label(0, Span::new(0, 1), "")]);
    warning.fix = Some(review);
    one.findings.push(warning);
    one.findings.push(finding(Severity::Note, "n", Vec::new()));
    let mut run = run(vec![one]);
    assert!(!Tally::new(&run).clean());
    run.options.include_review = true;
    assert!(Tally::new(&run).clean());
    run.trees[0].outcome.files[0].changed = Some("a: 2\n".into());
    assert!(!Tally::new(&run).clean());
    run.trees[0].written = true;
    assert!(Tally::new(&run).clean());
}

#[test]
fn the_json_has_its_shape() {
    let text = "ö:\n  script:\n    - docker push x\n";
    let mut one = file("one.yml", text);
    one.changed = Some(text.replace("docker", "podman"));
    one.jobs
        .push(job("ö", Span::new(0, text.len()), Verdict::Migrated, false));
    one.jobs.push(job(
        "x",
        Span::new(0, 2),
        Verdict::Left(vec![RuleId("swarm")]),
        false,
    ));
    let docker = span(text, "docker");
    let mut note = finding(Severity::Note, "Moved", vec![label(0, docker, "")]);
    note.fix = Some(Fix {
        title: "podman".into(),
        safety: Safety::Safe,
        edits: vec![(FileId(0), Edit::replace(docker, "podman"))],
    });
    one.findings.push(note);
    let run = run(vec![one]);
    let mut out = Vec::new();
    json::write(&mut out, &run, &Tally::new(&run)).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}
