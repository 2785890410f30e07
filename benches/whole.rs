//! The whole program as a process: by the number of files, by their size, by processors, with its memory; what it takes to
//! start; and how it stands beside a plain search for the word.
//!
//! `cargo bench --bench whole` makes all files itself, in a temporary folder. With `DINDLESS_BENCH_DIR=FOLDER` it also runs over
//! the CI files below that folder, each laid out where its server looks for it. Times are medians of whole processes, two
//! commands that are compared run in turn; what is not installed (`rg`, `taskset`, `/usr/bin/time`) is left out.

#[allow(dead_code, reason = "the other benchmark uses the rest")]
mod inputs;

use std::ffi::OsStr;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use criterion::Criterion;

use dindless::outcome::ProviderRef;
use dindless::providers::{GITHUB, GITLAB};
use inputs::{Docker, main_file, text_of};

/// A repository without Docker of so many files is read within a second, and within this many times what a search takes.
const MANY: usize = 10_000;
const TARGET_MANY: Duration = Duration::from_secs(1);
const TARGET_SEARCH: f64 = 2.0;
/// How much longer than a program that only reads its arguments one small file may take.
const TARGET_START: Duration = Duration::from_millis(3);

/// Set, this program only reads its arguments.
const BARE: &str = "DINDLESS_BENCH_BARE";

/// A program that only reads its arguments.
#[derive(Parser)]
struct Bare {
    paths: Vec<PathBuf>,
    #[arg(long)]
    write: bool,
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_dindless"))
}

/// Whether a command can be run at all.
fn is_there(name: &str) -> bool {
    let mut command = Command::new(name);
    command.arg("--version");
    run(&mut command).is_some()
}

/// How long a process takes; nothing if it cannot be started.
fn run(command: &mut Command) -> Option<f64> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    black_box(command.status()).ok()?;
    Some(start.elapsed().as_secs_f64())
}

/// The medians of some commands, run in turn, and of the ratios of each to the first.
fn in_turn(runs: usize, commands: &mut [Command]) -> Vec<(f64, f64)> {
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); commands.len()];
    for _ in 0..=runs {
        for (command, times) in commands.iter_mut().zip(&mut times) {
            times.push(run(command).unwrap_or(f64::NAN));
        }
    }
    // the first run warms up
    for times in &mut times {
        times.remove(0);
    }
    let first = times[0].clone();
    let rows = times.iter().map(|times| {
        let ratios = times.iter().zip(&first).map(|(time, first)| time / first);
        (median(times.clone()), median(ratios.collect()))
    });
    rows.collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The largest memory of a run, in MiB.
fn memory(arguments: &[&OsStr], folder: &Path) -> Option<f64> {
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%M", env!("CARGO_BIN_EXE_dindless")])
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let kilobytes: f64 = said.lines().next_back()?.trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}

fn shown(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.1}"))
}

fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}

/// A file below a folder, with its folders.
fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// A repository of many small files: workflows beside each other, or pipelines each in a folder of its own.
fn monorepo(folder: &Path, provider: ProviderRef, files: usize, docker: Docker) {
    for file in 0..files {
        let text = text_of(provider, 2, docker).replace("part-", &format!("part-{file}-"));
        let path = match provider.id() {
            "gitlab" => format!("packages/part-{file}/.gitlab-ci.yml"),
            _ => format!(".github/workflows/part-{file}.yml"),
        };
        put(folder, &path, &text);
    }
    put(folder, ".git/HEAD", "ref: refs/heads/main\n");
}

/// One small file, beside a program that only reads its arguments.
fn start() {
    println!("\none small file from start to end, in ms");
    let own = std::env::current_exe().expect("this program");
    for provider in [GITLAB, GITHUB] {
        for (name, docker) in [("without Docker", Docker::None), ("changes", Docker::All)] {
            let folder = tempfile::tempdir().expect("a folder for one file");
            put(
                folder.path(),
                main_file(provider),
                &text_of(provider, 3, docker),
            );
            let mut bare = Command::new(&own);
            bare.arg(".").env(BARE, "1").current_dir(folder.path());
            let mut ours = program();
            ours.arg(".").current_dir(folder.path());
            let times = in_turn(41, &mut [bare, ours]);
            let more = times[1].0 - times[0].0;
            println!(
                "  {} {name:15} {:6.2}, {more:.2} more than {:.2} for the arguments alone   target {} more: {}",
                provider.id(),
                times[1].0 * 1e3,
                times[0].0 * 1e3,
                TARGET_START.as_millis(),
                verdict(more <= TARGET_START.as_secs_f64()),
                more = more * 1e3,
            );
        }
    }
}

/// Repositories of more and more files.
fn many() {
    println!(
        "\na repository by the number of its files: ms, µs a file, MiB at most, times `rg --hidden -l docker`, times one processor"
    );
    let (search, pin) = (is_there("rg"), is_there("taskset"));
    for (provider, docker, name) in [
        (GITHUB, Docker::None, "github without Docker"),
        (GITLAB, Docker::None, "gitlab without Docker"),
        (GITHUB, Docker::Some, "github with Docker in every file"),
    ] {
        println!("  {name}");
        for files in [1, 10, 100, 1000, MANY, 50_000] {
            let docker = match docker {
                Docker::Some => Docker::All,
                docker => docker,
            };
            if docker != Docker::None && files > 1000 {
                break;
            }
            let folder = tempfile::tempdir().expect("a folder for a repository");
            monorepo(folder.path(), provider, files, docker);
            let mut ours = program();
            ours.current_dir(folder.path());
            let mut commands = vec![ours];
            if pin {
                let mut pinned = Command::new("taskset");
                pinned.args(["-c", "0", env!("CARGO_BIN_EXE_dindless")]);
                pinned.current_dir(folder.path());
                commands.push(pinned);
            }
            if search {
                let mut rg = Command::new("rg");
                rg.args(["--hidden", "-l", "docker", "."]);
                rg.current_dir(folder.path());
                commands.push(rg);
            }
            let runs = if files > 1000 { 5 } else { 11 };
            let times = in_turn(runs, &mut commands);
            let one = pin.then(|| 1.0 / times[1].1);
            let beside = search.then(|| 1.0 / times[commands.len() - 1].1);
            let taken = times[0].0;
            let mut row = format!(
                "  {files:7} {:9.2} {:8.2} {:>8} {:>6} {:>6}",
                taken * 1e3,
                taken * 1e6 / files as f64,
                shown(memory(&[], folder.path())),
                shown(beside),
                one.map_or("-".to_owned(), |one| format!("{one:.2}")),
            );
            if files == MANY && docker == Docker::None {
                row += &format!(
                    "   target {} ms: {}",
                    TARGET_MANY.as_millis(),
                    verdict(taken <= TARGET_MANY.as_secs_f64())
                );
                if let Some(beside) = beside {
                    row += &format!(
                        ", {TARGET_SEARCH} times: {}",
                        verdict(beside <= TARGET_SEARCH)
                    );
                }
            }
            println!("{row}");
        }
    }
}

/// One file, larger and larger.
fn large() {
    println!("\none file by its size: ms, ms a MB, MiB at most");
    for provider in [GITLAB, GITHUB] {
        for (name, docker) in [("without Docker", Docker::None), ("changes", Docker::All)] {
            println!("  {} {name}", provider.id());
            let per_job = text_of(provider, 101, docker).len() - text_of(provider, 1, docker).len();
            for size in [1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
                let text = text_of(provider, (size * 100 / per_job).max(1), docker);
                let folder = tempfile::tempdir().expect("a folder for one file");
                put(folder.path(), main_file(provider), &text);
                let mut ours = program();
                ours.arg(".").current_dir(folder.path());
                let runs = if size > 1_000_000 { 1 } else { 5 };
                let taken = in_turn(runs, &mut [ours])[0].0;
                println!(
                    "  {:9} bytes {:9.2} {:8.1} {:>8}",
                    text.len(),
                    taken * 1e3,
                    taken * 1e9 / text.len() as f64,
                    shown(memory(&[OsStr::new(".")], folder.path())),
                );
            }
        }
    }
}

/// The files that the user points at, each where its server looks for it.
fn real(criterion: &mut Criterion) {
    let inputs = inputs::real();
    if inputs.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the files");
    let mut folders = Vec::new();
    for (number, input) in inputs.iter().enumerate() {
        let own = folder.path().join(number.to_string());
        for (path, text) in &input.files {
            put(&own, &path.display().to_string(), text);
        }
        folders.push(own);
    }
    let mut group = criterion.benchmark_group("whole");
    group.sample_size(10).bench_function("folder", |bench| {
        bench.iter(|| run(program().arg("--include-review").args(&folders)));
    });
    group.finish();
    let arguments: Vec<&OsStr> = folders.iter().map(|folder| folder.as_os_str()).collect();
    println!(
        "{} files, MiB at most: {}",
        inputs.len(),
        shown(memory(&arguments, folder.path()))
    );
}

fn main() {
    if std::env::var_os(BARE).is_some() {
        let bare = Bare::parse();
        black_box((bare.paths, bare.write));
        return;
    }
    // `cargo test --benches` only wants to see it run
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let mut criterion = Criterion::default()
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    real(&mut criterion);
    criterion.final_summary();
    start();
    large();
    many();
}
