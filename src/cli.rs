//! The command line: what the user says, what is done, and the exit status.

mod about;
mod arguments;
mod baseline;
mod interactive;
mod progress;
mod undo;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::config::Config;
use crate::discover::{Found, discover};
use crate::options::Options;
use crate::outcome::{Outcome, Problem, ProviderRef};
use crate::parallel;
use crate::report::summary::Tally;
use crate::report::{Run, diff, github, gitlab, json, markdown, sarif, summary, text, verify};
use crate::repository::{Disk, STANDARD_INPUT, WithInput};
use crate::rules::Rules;
use crate::translate::translate;
use crate::write::{Change, Permit, WriteError, Writer};

use arguments::{Arguments, Format};
use interactive::Dialogue;
use progress::Progress;

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
    if let Some(exit) = about::answer(&arguments.about, arguments.output.format) {
        return exit;
    }
    if arguments.mode.verify_job {
        return verify_job(&arguments);
    }
    if arguments.mode.revert {
        return undo::revert(&arguments.paths);
    }
    let input = arguments
        .paths
        .iter()
        .any(|path| path == Path::new(STANDARD_INPUT));
    if arguments.mode.writes() && input {
        return refuse(
            "standard input cannot be rewritten in place; leave out --write, the diff goes to standard output",
        );
    }
    let mut work = match work(&arguments) {
        Ok(work) => work,
        Err(error) => {
            complain(&format!("{error:#}"));
            return Exit::Failed;
        }
    };
    if let Some(file) = &arguments.baseline {
        let done = match arguments.mode.update_baseline {
            true => baseline::update(file, &work),
            false => baseline::accept(file, &mut work),
        };
        if let Err(error) = done {
            complain(&format!("{error:#}"));
            return Exit::Failed;
        }
    }
    let tally = Tally::new(&work);
    let exit = if tally.problems > 0 {
        Exit::Failed
    } else if tally.clean() || arguments.mode.update_baseline {
        Exit::Clean
    } else {
        Exit::Left
    };
    let exit = printed(print(&arguments, &work, &tally), exit);
    // The process ends here and gives all of it back at once, which takes no time.
    std::mem::forget(work);
    exit
}

/// Prints a job that tries Podman, for the CI server of each repository that was asked for.
fn verify_job(arguments: &Arguments) -> Exit {
    let discovery = discover(&arguments.paths, arguments.config.as_deref());
    for problem in &discovery.problems {
        complain(&format!("{}: {}", problem.path.display(), problem.message));
    }
    let mut jobs: Vec<(ProviderRef, Options)> = Vec::new();
    for found in &discovery.found {
        for file in &found.files {
            if jobs.iter().all(|(provider, _)| *provider != file.provider) {
                jobs.push((
                    file.provider,
                    arguments.target.options(&found.config, false),
                ));
            }
        }
    }
    if jobs.is_empty() && discovery.problems.is_empty() {
        complain("no CI file is here that says which server runs it; name one, or its folder");
        return Exit::Failed;
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let mut written = Ok(());
    for (index, (provider, options)) in jobs.iter().enumerate() {
        let between = if index > 0 { "---\n" } else { "" };
        written = written
            .and_then(|()| out.write_all(between.as_bytes()))
            .and_then(|()| verify::write(&mut out, provider.0, options, Rules::embedded()));
    }
    let exit = match discovery.problems.is_empty() {
        true => Exit::Clean,
        false => Exit::Failed,
    };
    let written = written.and_then(|()| out.flush());
    printed(
        written.context("the job cannot be written to standard output"),
        exit,
    )
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

/// Reads, translates and, if that is wanted, writes.
fn work(arguments: &Arguments) -> anyhow::Result<Run> {
    let fixes = arguments.output.format == Format::Json;
    let options = |config: &Config| {
        let mut options = arguments.target.options(config, fixes);
        options.include_review |= arguments.mode.interactive; // a person looks at each
        options
    };
    let permit = Permit {
        dirty: arguments.guard.allow_dirty,
        no_vcs: arguments.guard.allow_no_vcs,
    };
    let discovery = discover(&arguments.paths, arguments.config.as_deref());
    let mut run = Run {
        problems: discovery.problems,
        write: arguments.mode.writes(),
        options: options(&Config::default()),
        ..Run::default()
    };
    let mut found: Vec<(Found, Options)> = discovery
        .found
        .into_iter()
        .map(|found| {
            let options = options(&found.config);
            (found, options)
        })
        .collect();
    // Before anything is read: a run that was cut off is taken back first, and from here on nobody else writes.
    let mut writers = match run.write {
        true => undo::open(found.iter().map(|(found, _)| found), permit),
        false => Vec::new(),
    };
    if arguments.mode.interactive {
        // Locked only now: what comes by standard input was read before.
        let (input, stderr) = (io::stdin(), io::stderr());
        let mut dialogue = Dialogue {
            input: &mut input.lock(),
            style: arguments.output.color.style(&stderr),
            out: &mut stderr.lock(),
            rest: None,
        };
        for ((found, options), writer) in found.iter_mut().zip(&mut writers) {
            ask(found, options, writer, &mut dialogue)?;
        }
    }
    let files = found.iter().map(|(found, _)| found.files.len()).sum();
    let progress = Progress::with(files);
    let translated = parallel::map(found, |(found, options)| {
        let outcome = translated(&found, &options);
        (found, options, outcome)
    });
    drop(progress);
    let mut writers = writers.into_iter();
    for (found, options, mut outcome) in translated {
        let written = writers
            .next()
            .is_some_and(|writer| written(writer, &mut outcome));
        run.add(found.root, options, outcome, written);
    }
    Ok(run)
}

/// Asks what is to move in a repository, if that may be written at all: nobody answers questions in vain.
fn ask(
    found: &Found,
    options: &mut Options,
    writer: &mut Result<Writer, Vec<WriteError>>,
    dialogue: &mut Dialogue<'_>,
) -> io::Result<()> {
    let Ok(open) = writer else {
        return Ok(());
    };
    let all = translated(found, options);
    match open.permits(&changes(&all)) {
        Ok(()) => options.declined = dialogue.declined(found, options, &all)?,
        Err(errors) => *writer = Err(errors),
    }
    Ok(())
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
fn written(writer: Result<Writer, Vec<WriteError>>, outcome: &mut Outcome) -> bool {
    match writer.and_then(|writer| writer.write(&changes(outcome))) {
        Ok(()) => true,
        Err(errors) => {
            outcome
                .problems
                .extend(errors.into_iter().map(|error| Problem {
                    path: error.path,
                    at: None,
                    message: error.message,
                    ours: false,
                }));
            false
        }
    }
}

/// What a repository's files are to hold.
fn changes(outcome: &Outcome) -> Vec<Change<'_>> {
    let files = outcome.files.iter();
    let changes = files.filter_map(|file| {
        Some(Change {
            path: file.source.path(),
            before: file.source.text(),
            after: file.changed.as_deref()?,
        })
    });
    changes.collect()
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
        Format::Text if mode.writes() || mode.check || mode.update_baseline => Ok(()),
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
    let result = match output.format {
        Format::Text => text::write(&mut errors, run, style, verbose)
            .and_then(|()| summary::write(&mut errors, run, tally, verbose)),
        Format::Diff => text::problems(&mut errors, run, style),
        // The report goes into a file or to a server: the log gets the numbers.
        Format::Sarif | Format::Github | Format::Gitlab => {
            let all = verbose || output.format == Format::Sarif;
            text::problems(&mut errors, run, style)
                .and_then(|()| summary::write(&mut errors, run, tally, all))
        }
        Format::Json | Format::Markdown => Ok(()),
    };
    let _ = result.and_then(|()| errors.flush());
    printed.context("what was found cannot be written to standard output")
}
