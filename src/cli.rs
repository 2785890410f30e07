//! The command line: what the user says, what is done, and the exit status.

mod arguments;
mod told;
mod undo;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::discover::{Found, discover};
use crate::options::Options;
use crate::outcome::{Outcome, Trouble};
use crate::parallel;
use crate::report::summary::Tally;
use crate::report::{Run, diff, github, gitlab, json, markdown, sarif, summary, text};
use crate::repository::{Disk, STANDARD_INPUT, WithInput};
use crate::rules::Rules;
use crate::translate::translate;
use crate::write::{Change, Permit, WriteError, Writer};
use arguments::{Arguments, Format};

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
    if let Some(exit) = told::tell(&arguments.about, arguments.output.format) {
        return exit;
    }
    if arguments.mode.revert {
        return undo::revert(&arguments.paths);
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
    // Before anything is read: a run that was cut off is taken back first, and from here on nobody else writes.
    let writers = match run.write {
        true => undo::open(&discovery.found, permit),
        false => Vec::new(),
    };
    let translated = parallel::map(discovery.found, |found| {
        let outcome = translated(&found, &run.options);
        (found, outcome)
    });
    let mut writers = writers.into_iter();
    for (found, mut outcome) in translated {
        let written = writers
            .next()
            .is_some_and(|writer| written(writer, &mut outcome));
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
fn written(writer: Result<Writer, Vec<WriteError>>, outcome: &mut Outcome) -> bool {
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
    match writer.and_then(|writer| writer.write(&changes)) {
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
