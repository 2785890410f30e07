//! The command line: what the user says, what is done, and the exit status.

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use anyhow::Context;
use clap::{Args, Parser, ValueEnum};

use crate::discover::{Found, discover};
use crate::options::{ActionStyle, ComposeProvider, DEFAULT_PODMAN_IMAGE, Options, RunnerProfile};
use crate::outcome::{Outcome, Trouble};
use crate::parallel;
use crate::report::summary::Tally;
use crate::report::{
    Run, Style, diff, explain, github, gitlab, harmless, json, markdown, sarif, summary, text,
};
use crate::repository::{Disk, STANDARD_INPUT, WithInput};
use crate::rules::Rules;
use crate::translate::translate;
use crate::version::Version;
use crate::write::{Change, Permit, write};

/// The exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing is left to do.
    Clean = 0,
    /// Something would change, or something is left for a person.
    Left = 1,
    /// The work could not be done on some file; the others are done.
    Failed = 2,
    /// The arguments make no sense.
    Usage = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

const EXAMPLES: &str = "\
Examples:
  dindless                      show what would change in this repository
  dindless --write              change it (undo with git restore)

Exit status: 0 nothing left to do, 1 something would change or is left for a person,
2 a file could not be read or written, 3 bad arguments";

/// Moves a repository's CI from Docker to Podman: rewrites GitLab pipelines and GitHub workflows in place, or shows the diff
#[derive(Debug, Parser)]
#[command(name = "dindless", version, max_term_width = 100, after_help = EXAMPLES)]
struct Arguments {
    #[command(flatten)]
    mode: Mode,

    #[command(flatten)]
    guard: Guard,

    /// Repositories, directories or CI files; `-` is standard input [default: the whole repository that you are in]
    #[arg(value_name = "PATH", help_heading = "Input")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    output: Output,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Mode")]
#[group(multiple = false)]
struct Mode {
    /// Show the diff on standard output and write nothing (this is the default)
    #[arg(long)]
    diff: bool,

    /// Rewrite the files in place
    #[arg(long)]
    write: bool,

    /// Show only what is left, for CI: the exit status is 1 while Docker is left
    #[arg(long)]
    check: bool,

    /// Tell all about a rule: what it finds, why, since when, and what to do
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,

    /// List all rules; with --format markdown, all that is known about each
    #[arg(long)]
    rules: bool,

    /// Print the JSON Schema of --format json
    #[arg(long)]
    schema: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Mode")]
struct Guard {
    /// Write files, too, that have changes which are not committed
    #[arg(long)]
    allow_dirty: bool,

    /// Write files, too, that lie in no git work tree
    #[arg(long)]
    allow_no_vcs: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Target")]
struct Target {
    /// Apply the changes, too, that a person should look at
    #[arg(long)]
    include_review: bool,

    /// What the jobs run on
    #[arg(long, value_name = "PROFILE", value_enum, default_value_t)]
    runner: RunnerProfile,

    /// The image in the place of Docker's own
    #[arg(long, value_name = "IMAGE", default_value = DEFAULT_PODMAN_IMAGE, value_parser = image)]
    podman_image: String,

    /// What runs compose files
    #[arg(long, value_name = "PROVIDER", value_enum, default_value_t)]
    compose: ComposeProvider,

    /// What takes the place of Docker's actions in GitHub workflows
    #[arg(long, value_name = "STYLE", value_enum, default_value_t)]
    actions: ActionStyle,

    /// The Podman that the jobs will meet, like 5.4
    #[arg(long, value_name = "VERSION")]
    podman: Option<Version>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
struct Output {
    /// What to print
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,

    /// When to use colours
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    color: Color,

    /// Show notes and every place
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: the diff on standard output, all else on standard error
    #[default]
    Text,
    /// The patch alone
    Diff,
    /// Everything as one document (--schema describes it)
    Json,
    /// SARIF 2.1.0 for code scanning services and editors
    Sarif,
    /// Annotations for a step of a GitHub workflow
    Github,
    /// A Code Quality report for GitLab
    Gitlab,
    /// The description of a merge request; over several repositories, a table of them
    Markdown,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    fn style(self, stream: &impl anstream::stream::RawStream) -> Style {
        let coloured = match self {
            Self::Auto => AutoStream::choice(stream) != ColorChoice::Never,
            Self::Always => true,
            Self::Never => false,
        };
        Style {
            coloured,
            terminal: coloured || stream.is_terminal(),
        }
    }
}

/// An image goes into YAML as it is, so it must be one plain word.
fn image(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@${}".contains(&byte);
    let begins = |character: char| character.is_ascii_alphanumeric() || character == '$';
    if text.starts_with(begins) && text.bytes().all(plain) {
        Ok(text.into())
    } else {
        Err("an image is written like quay.io/podman/stable:v5.4".into())
    }
}

/// Does what the arguments say. The first of them is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Clean
            };
        }
    };
    if let Some(exit) = told(&arguments.mode, arguments.output.format) {
        return exit;
    }
    let input = arguments
        .paths
        .iter()
        .any(|path| path == Path::new(STANDARD_INPUT));
    if arguments.mode.write && input {
        return refuse(
            "standard input cannot be rewritten in place; leave out --write, the diff goes to standard output",
        );
    }
    let work = work(&arguments);
    let tally = Tally::new(&work);
    let exit = if tally.troubles > 0 {
        Exit::Failed
    } else if tally.clean() {
        Exit::Clean
    } else {
        Exit::Left
    };
    printed(print(&arguments, &work, &tally), exit)
}

/// The exit status of a run that ends like `exit` if its output could be printed. Nobody reading on is no failure.
fn printed(result: anyhow::Result<()>, exit: Exit) -> Exit {
    let is_closed = |error: &anyhow::Error| {
        let cause = error.downcast_ref::<io::Error>();
        cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    };
    match result {
        Err(error) if !is_closed(&error) => {
            complain(&format!("{error:#}"));
            Exit::Failed
        }
        _ => exit,
    }
}

/// Says what is wrong with the arguments.
fn refuse(why: &str) -> Exit {
    complain(why);
    Exit::Usage
}

/// Says what went wrong, as far as anybody listens: a closed pipe is no reason to fall over.
fn complain(why: &str) {
    let _ = writeln!(io::stderr(), "error: {why}");
}

/// Tells about the program itself, if that is all that is asked for.
fn told(mode: &Mode, format: Format) -> Option<Exit> {
    let rules = Rules::embedded();
    let markdown = match format {
        Format::Text => false,
        Format::Markdown => true,
        _ if mode.rules || mode.explain.is_some() => {
            return Some(refuse(
                "rules are told in --format text and --format markdown",
            ));
        }
        _ => false,
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match &mode.explain {
        Some(name) => match rules.named(name) {
            Some(rule) if markdown => explain::pages_markdown(&mut out, std::iter::once(rule)),
            Some(rule) => explain::page(&mut out, rule),
            None => {
                let hint = match explain::alike(rules, name).as_slice() {
                    [] => "--rules lists them".to_owned(),
                    alike => format!("do you mean {}?", alike.join(" or ")),
                };
                let why = format!("there is no rule `{}`; {hint}", harmless(name));
                return Some(refuse(&why));
            }
        },
        None if mode.rules && markdown => explain::pages_markdown(&mut out, rules.all_named()),
        None if mode.rules => explain::list(&mut out, rules),
        None if mode.schema => out.write_all(json::SCHEMA.as_bytes()),
        None => return None,
    };
    let written = written.and_then(|()| out.flush());
    let written = written.context("what is known of rules cannot be printed");
    Some(printed(written, Exit::Clean))
}

/// Reads, translates and, if that is wanted, writes.
fn work(arguments: &Arguments) -> Run {
    let options = Options {
        include_review: arguments.target.include_review,
        runner: arguments.target.runner,
        podman_image: arguments.target.podman_image.clone(),
        compose: arguments.target.compose,
        actions: arguments.target.actions,
        podman: arguments.target.podman,
        fixes: arguments.output.format == Format::Json,
    };
    let permit = Permit {
        dirty: arguments.guard.allow_dirty,
        no_vcs: arguments.guard.allow_no_vcs,
    };
    let discovery = discover(&arguments.paths);
    let mut run = Run {
        troubles: discovery.troubles,
        write: arguments.mode.write,
        options,
        ..Run::default()
    };
    let translated = parallel::map(discovery.found, |found| {
        let outcome = translated(&found, &run.options);
        (found, outcome)
    });
    for (found, mut outcome) in translated {
        let written = run.write && written(&found, &mut outcome, permit);
        run.add(found.root, outcome, written);
    }
    run
}

fn translated(found: &Found, options: &Options) -> Outcome {
    let disk = Disk::new(&found.root.path);
    match &found.input {
        None => translate(&disk, &found.files, options),
        Some(input) => {
            let repository = WithInput {
                input,
                repository: &disk,
            };
            translate(&repository, &found.files, options)
        }
    }
}

/// Writes the new texts of a repository; says whether they are on the disk. What went wrong joins the troubles.
fn written(found: &Found, outcome: &mut Outcome, permit: Permit) -> bool {
    let changes: Vec<Change<'_>> = outcome
        .files
        .iter()
        .filter_map(|file| {
            Some(Change {
                path: file.source.path(),
                before: file.source.text(),
                after: file.changed.as_deref()?,
            })
        })
        .collect();
    let root = &found.root;
    match write(&root.path, root.versioned, &changes, permit) {
        Ok(()) => true,
        Err(errors) => {
            outcome
                .troubles
                .extend(errors.into_iter().map(|error| Trouble {
                    path: error.path,
                    at: None,
                    message: error.message,
                    ours: false,
                }));
            false
        }
    }
}

/// Prints what is asked for to standard output, and what a person must know besides to standard error.
fn print(arguments: &Arguments, run: &Run, tally: &Tally) -> anyhow::Result<()> {
    let Arguments { mode, output, .. } = arguments;
    let verbose = output.verbose;
    let stdout = io::stdout();
    let style = output.color.style(&stdout);
    // Not through a stream that takes colours out: it would take escapes out of the files' own lines, too.
    let mut out = BufWriter::new(stdout.lock());
    let printed = match output.format {
        Format::Text if mode.write || mode.check => Ok(()),
        Format::Text | Format::Diff => diff::write(&mut out, &run.trees, style),
        Format::Json => json::write(&mut out, run, tally),
        Format::Sarif => sarif::write(&mut out, run, Rules::embedded()),
        Format::Github => github::write(&mut out, run, verbose),
        Format::Gitlab => gitlab::write(&mut out, run, verbose),
        Format::Markdown => markdown::write(&mut out, run, tally, Rules::embedded()),
    };
    let printed = printed.and_then(|()| out.flush());
    // What is wrong must be seen even if nobody reads the output to its end.
    let stderr = io::stderr();
    let style = output.color.style(&stderr);
    let mut errors = BufWriter::new(stderr.lock());
    let said = match output.format {
        Format::Text => text::write(&mut errors, run, style, verbose)
            .and_then(|()| summary::write(&mut errors, run, tally, verbose)),
        Format::Diff => text::troubles(&mut errors, run, style),
        // The report goes into a file or to a server: the log gets the numbers.
        Format::Sarif | Format::Github | Format::Gitlab => {
            let all = verbose || output.format == Format::Sarif;
            text::troubles(&mut errors, run, style)
                .and_then(|()| summary::write(&mut errors, run, tally, all))
        }
        Format::Json | Format::Markdown => Ok(()),
    };
    let _ = said.and_then(|()| errors.flush());
    printed.context("what was found cannot be written to standard output")
}
