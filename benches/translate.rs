//! How long a translation takes, phase by phase, held against the bare events of the YAML parser over the same bytes.
//!
//! `cargo bench --bench translate` measures generated pipelines and the golden cases; with `DINDLESS_BENCH_DIR=FOLDER`
//! every YAML file below that folder too. The tables of ratios come last.

mod inputs;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use granit_parser::Parser;

use dindless::analysis::Scripts;
use dindless::options::Options;
use dindless::outcome::{Outcome, ProviderRef, Verdict};
use dindless::pipeline::{Entry, Lowered};
use dindless::plan;
use dindless::project::ProjectFiles;
use dindless::prove;
use dindless::providers::{GITHUB, GITLAB};
use dindless::repository::{Files, Memory};
use dindless::rules::Rules;
use dindless::text::{FileId, apply_edits};
use dindless::translate::{CiFile, translate};
use dindless::yaml::{self, Tree};

use inputs::{Docker, Input, main_file, text_of};

/// What a file that has nothing to do with Docker may cost, in times of its bare events.
const TARGET_PLAIN: f64 = 3.0;
/// What a file that changes may cost.
const TARGET_CHANGES: f64 = 8.0;

/// The phases, in the order of the table.
const PHASES: [&str; 6] = ["parse", "lower", "plan", "apply", "proof", "all"];

/// What becomes of an input.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// Nothing in it is Docker's.
    Plain,
    /// It is changed.
    Changes,
    /// It names Docker and stays as it is.
    Stays,
}

impl Group {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "without Docker",
            Self::Changes => "changes",
            Self::Stays => "stays as it is",
        }
    }

    fn target(self) -> Option<f64> {
        match self {
            Self::Plain => Some(TARGET_PLAIN),
            Self::Changes => Some(TARGET_CHANGES),
            Self::Stays => None,
        }
    }
}

/// An input that can be run over and over.
struct Case {
    input: Input,
    memory: Memory,
    group: Group,
}

impl Case {
    /// Nothing for an input that is not a pipeline.
    fn new(input: Input) -> Option<Self> {
        let memory = input.memory();
        let outcome = run(&memory, &input.files[0].0, input.provider);
        if outcome.files.is_empty() || outcome.problems.iter().any(|problem| problem.ours) {
            return None;
        }
        let changes = outcome.files.iter().any(|file| file.changed.is_some());
        let quiet = outcome.files.iter().all(|file| {
            let untouched = |job: &dindless::outcome::JobOutcome| job.verdict == Verdict::Untouched;
            file.findings.is_empty() && file.jobs.iter().all(untouched)
        });
        let group = match (changes, quiet) {
            (true, _) => Group::Changes,
            (false, true) => Group::Plain,
            (false, false) => Group::Stays,
        };
        // only what the pipeline really reads is held against it
        let read: Vec<PathBuf> = outcome
            .files
            .iter()
            .map(|file| file.source.path().to_path_buf())
            .collect();
        let mut input = input;
        input.files.retain(|(path, _)| read.contains(path));
        Some(Self {
            memory,
            input,
            group,
        })
    }

    fn run(&self) -> Outcome {
        run(&self.memory, &self.input.files[0].0, self.input.provider)
    }

    fn bytes(&self) -> usize {
        self.input.files.iter().map(|(_, text)| text.len()).sum()
    }

    /// How many files are trees.
    fn parse(&self) -> usize {
        let texts = self.input.files.iter();
        let trees = texts.filter(|(_, text)| Tree::parse(text).is_ok());
        trees.count()
    }

    /// Plans and says; gives how much there is to say.
    fn plan(&self, lowered: &Lowered) -> usize {
        let (rules, options, files) = (Rules::embedded(), options(), &self.memory);
        let scripts = Scripts::default();
        let (documents, pipelines) = (&lowered.documents, &lowered.pipelines);
        let project = ProjectFiles::behind(documents.files.len());
        let project = Some(&project);
        let mut plan = plan::plan(
            documents, pipelines, rules, &options, files, &scripts, project,
        );
        plan.emit_findings(documents, pipelines, rules, &options, files, &scripts);
        plan.findings.len()
    }

    /// Bare events over all files.
    fn events(&self) -> usize {
        let files = self.input.files.iter();
        files
            .map(|(_, text)| {
                Parser::new_from_str(text)
                    .filter(|event| black_box(event).is_ok())
                    .count()
            })
            .sum()
    }
}

/// From the input's first file to pipelines.
fn lower(input: &Input, files: &dyn Files) -> Lowered {
    let entries = [Entry {
        path: input.files[0].0.clone(),
        starts: true,
    }];
    let provider = input.provider;
    provider.load(files, &entries, None, Rules::embedded())
}

fn run(files: &Memory, path: &Path, provider: ProviderRef) -> Outcome {
    let given = [CiFile {
        path: path.to_path_buf(),
        provider,
        named: true,
        configured: false,
    }];
    translate(files, &given, &options())
}

/// As for the diff, but what needs a second look is changed too, so that real files reach the phases behind the plan.
fn options() -> Options {
    Options {
        include_review: true,
        fixes: false,
        ..Options::default()
    }
}

/// The median time of one run, over at least `atleast` altogether.
fn time<T>(atleast: Duration, mut work: impl FnMut() -> T) -> f64 {
    let begin = Instant::now();
    let mut runs = Vec::new();
    while runs.len() < 7 || (begin.elapsed() < atleast && runs.len() < 1000) {
        let start = Instant::now();
        black_box(work());
        runs.push(start.elapsed().as_secs_f64());
    }
    median(&mut runs)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What one input takes: the bare events, then each phase without those before it.
struct Times {
    events: f64,
    phases: [f64; PHASES.len()],
}

fn measure(case: &Case) -> Times {
    let each = Duration::from_millis(20);
    let rules = Rules::embedded();
    let options = options();
    let files = &case.memory;
    let events = time(each, || case.events());
    let parse = time(each, || case.parse());
    let lowering = time(each, || lower(&case.input, files));
    let lowered = lower(&case.input, files);
    let (documents, pipelines) = (&lowered.documents, &lowered.pipelines);
    let planning = time(each, || case.plan(&lowered));
    let (mut applying, mut proof) = (0.0, 0.0);
    if case.group == Group::Changes {
        let scripts = Scripts::default();
        let plan = plan::plan(documents, pipelines, rules, &options, files, &scripts, None);
        let apply = || -> BTreeMap<FileId, String> {
            let changes = plan.changes.iter();
            changes
                .filter_map(|(file, changes)| {
                    let document = documents.file(*file);
                    let text = document.source.text();
                    let edits = yaml::edits(&document.tree, text, changes).ok()?;
                    Some((*file, apply_edits(text, edits).ok()?))
                })
                .collect()
        };
        applying = time(each, apply);
        let texts = apply();
        proof = time(each, || {
            let mut after = case.input.files.clone();
            for (file, text) in &texts {
                let document = documents.file(*file);
                let changes = plan.changes.get(file).map(Vec::as_slice);
                let changes = changes.unwrap_or_default();
                assert!(prove::values(&document.tree, changes, text).is_ok());
                let path = document.source.path();
                let place = after.iter_mut().find(|(known, _)| known == path);
                place.into_iter().for_each(|place| place.1.clone_from(text));
            }
            let files: Memory = after.into_iter().collect();
            let again = lower(&case.input, &files);
            assert!(prove::jobs(&plan, &lowered, &again).is_ok());
            let (documents, pipelines) = (&again.documents, &again.pipelines);
            let second = plan::plan(
                documents, pipelines, rules, &options, &files, &scripts, None,
            );
            assert!(second.changes.is_empty());
        });
    }
    let all = time(each, || case.run());
    Times {
        events,
        phases: [
            parse,
            (lowering - parse).max(0.0),
            planning,
            applying,
            proof,
            all,
        ],
    }
}

fn table(title: &str, cases: &[Case]) {
    for provider in [GITLAB, GITHUB] {
        table_of(provider, title, cases);
    }
}

fn table_of(provider: ProviderRef, title: &str, cases: &[Case]) {
    for group in [Group::Plain, Group::Changes, Group::Stays] {
        let ours: Vec<(&Case, Times)> = cases
            .iter()
            .filter(|case| case.input.provider == provider && case.group == group)
            .map(|case| (case, measure(case)))
            .collect();
        if ours.is_empty() {
            continue;
        }
        let bytes: usize = ours.iter().map(|(case, _)| case.bytes()).sum();
        let events: f64 = ours.iter().map(|(_, times)| times.events).sum();
        println!(
            "\n{title} {}, {}: {} inputs, {bytes} bytes, bare events {:.1} ms",
            provider.id(),
            group.name(),
            ours.len(),
            events * 1e3
        );
        println!(
            "  {:8} {:>8} {:>8} {:>8}",
            "times", "median", "total", "worst"
        );
        for (index, phase) in PHASES.iter().enumerate() {
            let mut ratios: Vec<f64> = ours
                .iter()
                .map(|(_, times)| times.phases[index] / times.events)
                .collect();
            let middle = median(&mut ratios);
            let worst = ratios.last().copied().unwrap_or(f64::NAN);
            let total: f64 = ours.iter().map(|(_, times)| times.phases[index]).sum();
            let verdict = match group.target() {
                Some(target) if *phase == "all" => format!(
                    "   target {target}: {}",
                    if middle <= target { "met" } else { "MISSED" }
                ),
                _ => String::new(),
            };
            println!(
                "  {phase:8} {middle:8.2} {:8.2} {worst:8.2}{verdict}",
                total / events
            );
        }
        let mut slow: Vec<(f64, &str)> = ours
            .iter()
            .map(|(case, times)| {
                (
                    times.phases[PHASES.len() - 1] / times.events,
                    case.input.name.as_str(),
                )
            })
            .collect();
        slow.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (ratio, name) in slow.iter().take(3) {
            println!("  {ratio:17.2} {name}");
        }
    }
}

/// Whether the cost of a job stays the same however many there are.
fn growth() {
    println!("\nmicroseconds a job, by the number of jobs");
    let sizes = [250, 500, 1000, 2000];
    println!(
        "  {:16} {}",
        "",
        sizes.map(|size| format!("{size:>8}")).join(" ")
    );
    for provider in [GITLAB, GITHUB] {
        for (name, docker) in [
            ("plain", Docker::None),
            ("mixed", Docker::Some),
            ("docker", Docker::All),
            ("own", Docker::Own),
        ] {
            let path = Path::new(main_file(provider));
            let row = sizes.map(|size| {
                let files: Memory = [(path, text_of(provider, size, docker))]
                    .into_iter()
                    .collect();
                let taken = time(Duration::ZERO, || run(&files, path, provider));
                format!("{:8.1}", taken * 1e6 / size as f64)
            });
            println!("  {} {name:9} {}", provider.id(), row.join(" "));
        }
    }
}

/// How many times longer four times as much may take, of a part.
const TARGET_GROWTH: f64 = 1.8;

/// Whether a part costs the same however many there are, for one axis after the other: the ratio is between two sizes in the
/// same run, so that a slow machine counts for nothing.
fn axes() {
    println!(
        "\nmicroseconds a part, by the number of parts, and how much the last is of the first   target {TARGET_GROWTH}"
    );
    for (name, parts, make) in inputs::growing::axes() {
        let costs = [1, 2, 4].map(|times| {
            let input = make(parts * times);
            let (files, path) = (input.memory(), input.files[0].0.clone());
            let each = Duration::from_millis(100);
            time(each, || run(&files, &path, input.provider)) * 1e6 / (parts * times) as f64
        });
        let ratio = costs[2] / costs[0];
        let row = costs.map(|cost| format!("{cost:8.1}")).join(" ");
        let verdict = if ratio <= TARGET_GROWTH {
            "met"
        } else {
            "MISSED"
        };
        println!("  {name:26} {parts:6} {row} {ratio:6.2} {verdict}");
    }
}

fn cases(inputs: Vec<Input>) -> Vec<Case> {
    inputs.into_iter().filter_map(Case::new).collect()
}

fn criterion(cases: &[Case]) {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for case in cases {
        let mut group = criterion.benchmark_group(&case.input.name);
        group.throughput(Throughput::Bytes(case.bytes() as u64));
        group.bench_function("events", |bench| bench.iter(|| case.events()));
        group.bench_function("parse", |bench| bench.iter(|| case.parse()));
        group.bench_function("lower", |bench| {
            bench.iter(|| lower(&case.input, &case.memory))
        });
        let lowered = lower(&case.input, &case.memory);
        group.bench_function("plan", |bench| bench.iter(|| case.plan(&lowered)));
        group.bench_function("translate", |bench| bench.iter(|| case.run()));
        group.finish();
    }
    criterion.final_summary();
}

fn main() {
    let generated = cases(inputs::generated());
    // `cargo test --benches` only wants to see it run
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    if std::env::var_os("DINDLESS_BENCH_TABLES").is_none() {
        criterion(&generated);
    }
    table("generated", &generated);
    table("golden", &cases(inputs::golden()));
    table("real", &cases(inputs::real()));
    growth();
    axes();
}
