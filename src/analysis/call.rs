//! A command of a script, and the line and the text that hold it.

use std::ops::Range;
use std::rc::Rc;

use crate::pipeline::{NodeRef, Phase};
use crate::shell::{self, Command, Word};

/// A script text as the shell reads it.
#[derive(Debug)]
pub struct Parsed {
    /// The text.
    pub text: Rc<str>,
    /// Its commands, or why it cannot be read.
    pub script: Result<shell::Script, shell::Problem>,
}

/// A line of a job's scripts.
#[derive(Clone, Debug)]
pub struct LineView {
    /// When it runs.
    pub phase: Phase,
    /// The scalar.
    pub node: NodeRef,
    /// The list that holds it, and its place there.
    pub item: Option<(NodeRef, usize)>,
    /// The step that is nothing but this line, as an item of its list.
    pub step: Option<(NodeRef, usize)>,
    /// The folder in which it runs, if that is not the root of the repository.
    pub folder: Option<String>,
    /// What the shell makes of it.
    pub parsed: Rc<Parsed>,
}

/// A command of a job.
#[derive(Clone, Debug)]
pub struct Call {
    /// When it runs.
    pub phase: Phase,
    /// The index of its line in `JobView::lines`.
    pub line: usize,
    /// The script that holds it.
    pub parsed: Rc<Parsed>,
    /// Its place among the script's commands.
    pub index: usize,
}

fn has_sudo(command: &Command) -> bool {
    let mut wrappers = command.wrappers.iter();
    wrappers.any(|word| word.value.as_deref() == Some("sudo"))
}

impl Call {
    /// The command. Calls are made for scripts that could be read.
    pub fn command(&self) -> &Command {
        match &self.parsed.script {
            Ok(script) => &script.commands[self.index],
            Err(_) => unreachable!("a call stands in a script that could be read"),
        }
    }

    /// The script's text.
    pub fn text(&self) -> &str {
        &self.parsed.text
    }

    /// A word as it is written.
    pub fn raw(&self, word: &Word) -> &str {
        &self.parsed.text[word.span.clone()]
    }

    /// The program that the command runs, without its folder; `None` if a variable decides.
    pub fn program(&self) -> Option<&str> {
        let first = self.command().words.first()?;
        let name = first.value.as_deref()?;
        Some(
            name.strip_prefix("/usr/bin/")
                .or_else(|| name.strip_prefix("/usr/local/bin/"))
                .or_else(|| name.strip_prefix("/bin/"))
                .unwrap_or(name),
        )
    }

    /// Whether it runs as root: behind `sudo`, or in a script that a shell behind `sudo` is given.
    pub fn with_sudo(&self) -> bool {
        has_sudo(self.command()) || self.shells_around().any(has_sudo)
    }

    /// The shells that are given a script in which the command stands: `bash -c '...'`, `bash <<END`.
    fn shells_around(&self) -> impl Iterator<Item = &Command> {
        let inner = self.command();
        let script = self.parsed.script.iter();
        let before = script.flat_map(|script| &script.commands[..self.index]);
        let given =
            |one: &shell::Nesting| matches!(one, shell::Nesting::Script | shell::Nesting::Heredoc);
        let is_given = inner.context.nesting.iter().any(given);
        let before = before.filter(move |_| is_given);
        before.filter(move |outer| {
            let holds = |range: &Range<usize>| {
                range.start <= inner.span.start && inner.span.end <= range.end
            };
            let mut bodies = outer.redirects.iter().filter_map(|it| it.heredoc.as_ref());
            // what a substitution among its words does runs before, and as the user
            let by_script = inner
                .context
                .nesting
                .get(outer.context.nesting.len())
                .is_some_and(given);
            by_script && (holds(&outer.span) || bodies.any(|it| holds(&it.body)))
        })
    }

    /// Whether its output is read by the script: in a substitution, or by the next command of a pipeline.
    pub fn is_read(&self) -> bool {
        let (at, length) = self.command().context.pipeline;
        self.is_substituted() || at + 1 < length
    }

    /// Whether its output takes the place of a `$( )`.
    pub fn is_substituted(&self) -> bool {
        let mut nesting = self.command().context.nesting.iter();
        nesting.any(|one| {
            matches!(
                one,
                shell::Nesting::Substitution | shell::Nesting::Backquotes
            )
        })
    }

    /// Whether it runs on another machine, after `ssh`.
    pub fn is_remote(&self) -> bool {
        self.command()
            .context
            .nesting
            .contains(&shell::Nesting::Remote)
    }
}
