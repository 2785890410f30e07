//! The commands in a shell script, each with the exact bytes at which it is written.
//!
//! The script is read by a scanner of our own, because every word needs its place in the source, also in a default value
//! (`${X:-$(cmd)}`), between backquotes, in a heredoc whose tabs are stripped and in a script that is itself an argument.
//! It refuses what it does not understand, so that bash accepts what it accepts: see `tests/shells.rs`.

mod compounds;
mod conditions;
mod decoded;
mod expansions;
mod inner;
mod lists;
mod mask;
pub mod options;
mod scanner;
mod simple;
mod words;
mod wrappers;

#[cfg(test)]
mod tests;

use std::ops::Range;

pub use options::{Argument, ArgumentKind, Options, Value, arguments, leading};

/// How many levels (groups, substitutions, loops ...) may be open at once. Real scripts stay below ten; without a limit a
/// hostile one overflows the stack.
const DEEPEST: usize = 64;

/// How many bytes a script may have. Real ones in pipelines stay far below; what is done with the commands of one may take the
/// square of their number.
const LONGEST: usize = 64 * 1024;

/// Why a script could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The byte of the script at which it shows.
    pub at: usize,
    /// What is wrong, as part of a sentence.
    pub message: String,
}

/// What a script does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Every command, in the order of the text; also those in substitutions, heredocs and scripts given to a shell.
    pub commands: Vec<Command>,
    /// What holds commands: conditions, loops, groups; what lies in another stands behind it.
    pub compounds: Vec<Compound>,
    /// The functions that it defines.
    pub functions: Vec<Function>,
    /// Assignments that stand alone: `A=b`.
    pub assignments: Vec<Assignment>,
    /// Scripts, as far as a shell can read them, that it writes into files. What they hold is nowhere else here.
    pub written: Vec<GeneratedFile>,
    /// Where commands may stand whose bytes in the source are not certain. They are not in `commands`.
    pub doubtful: Vec<Range<usize>>,
}

/// A text that is written into a file, read as a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// The file, without quotes; variables in it are not replaced.
    pub file: String,
    /// The text.
    pub body: Range<usize>,
    /// What it does when it is run.
    pub script: Script,
}

/// A command that holds others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compound {
    /// What it is.
    pub kind: CompoundKind,
    /// From its first word to its last, or to the end of its last redirection.
    pub span: Range<usize>,
    /// The lists in it, from the first statement's start to the last one's end: of `if` each condition with what it guards
    /// and then what `else` holds, of `while` and `until` the condition and the body, of all others the bodies.
    pub lists: Vec<Range<usize>>,
    /// How it stands in the script.
    pub context: CommandContext,
}

/// What a command is that holds others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompoundKind {
    /// `if`
    If,
    /// `while`
    While,
    /// `until`
    Until,
    /// `for` or `select`
    For,
    /// `case`
    Case,
    /// `{ }`
    Group,
    /// `( )`
    Subshell,
}

/// A function definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The whole definition.
    pub span: Range<usize>,
}

/// A program with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Assignments before the program: `A=b program`.
    pub assignments: Vec<Assignment>,
    /// Programs that only start this one, with their own options and operands: `sudo -u x`, `timeout 30`.
    pub wrappers: Vec<Word>,
    /// The program and its arguments; never empty.
    pub words: Vec<Word>,
    /// Redirections, in the order of the text.
    pub redirects: Vec<Redirect>,
    /// From the first assignment, wrapper or word to the last word or redirection; without a heredoc's body.
    pub span: Range<usize>,
    /// How it stands in the script.
    pub context: CommandContext,
}

impl Command {
    /// The program's name, when it is written out.
    pub fn program(&self) -> Option<&str> {
        self.words.first().and_then(|word| word.value.as_deref())
    }

    /// The file that it runs as a script: what a shell is given, what is sourced, a program that is named by its path.
    pub fn file_run(&self, text: &str) -> Option<&Word> {
        inner::file_run(text, self)
    }
}

/// `name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The variable; of `A[1]=x` that is `A`.
    pub name: String,
    /// What stands behind the equals sign; may be empty.
    pub value: Word,
    /// The whole assignment.
    pub span: Range<usize>,
    /// `+=`.
    pub append: bool,
    /// `A=(a b)` or `A[1]=x`.
    pub array: bool,
}

/// One word, as the shell sees words before it expands them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its bytes, with quotes.
    pub span: Range<usize>,
    /// Its text after quote removal; nothing when it holds an expansion. A glob stays as it is written.
    pub value: Option<String>,
    /// What it is made of, in order. Quotes and escaping backslashes lie between the parts.
    pub parts: Vec<Part>,
}

impl Word {
    /// As it is written.
    pub fn raw<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.span.clone()).unwrap_or_default()
    }

    /// A word that is made of these parts.
    pub(crate) fn new(span: Range<usize>, parts: Vec<Part>) -> Self {
        let mut value = Some(String::new());
        for part in &parts {
            match (part, &mut value) {
                (Part::Literal(_, text), Some(value)) => value.push_str(text),
                _ => value = None,
            }
        }
        Self { span, value, parts }
    }
}

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text that stands for itself: the bytes of the range are exactly the text.
    Literal(Range<usize>, String),
    /// A variable.
    Variable {
        /// From the dollar sign to the end of the name or the closing brace.
        range: Range<usize>,
        /// `NAME` in `$NAME`, `${NAME}`, `${NAME:-x}`.
        name: String,
        /// `$NAME` or `${NAME}`, with nothing else in the braces.
        plain: bool,
    },
    /// Any other expansion: a substitution, arithmetic, `${{ }}`, `$'..'` with escapes, an array's list.
    Other(Range<usize>),
}

impl Part {
    /// Its bytes.
    pub fn range(&self) -> &Range<usize> {
        match self {
            Self::Literal(range, _) | Self::Variable { range, .. } | Self::Other(range) => range,
        }
    }
}

/// A redirection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// From the descriptor or operator to the end of the target.
    pub span: Range<usize>,
    /// `>`, `<<-`, `&>` ..., without a descriptor before it.
    pub operator: String,
    /// The file, the descriptor, or the heredoc's delimiter.
    pub target: Option<Word>,
    /// The text behind `<<`.
    pub heredoc: Option<Heredoc>,
}

/// The text behind `<<`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// Its lines, without the one that ends it.
    pub body: Range<usize>,
    /// Whether the delimiter is quoted, so that nothing in the body is expanded.
    pub quoted: bool,
    /// Whether tabs at the start of lines are dropped (`<<-`).
    pub strips_tabs: bool,
    /// What the body is made of.
    pub parts: Vec<Part>,
    /// Which body it is in the scanner's table.
    id: usize,
}

/// `&&` or `||`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connector {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// How a pipeline stands in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connected {
    /// No `&&` or `||` around.
    Alone,
    /// The first of several.
    First,
    /// Behind one.
    After(Connector),
}

/// How a command stands in the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandContext {
    /// The whole list (`docker pull x || true`) at this level of nesting, with its heredocs' bodies and their last lines.
    pub statement: Range<usize>,
    /// Its place in its pipeline, and the pipeline's length.
    pub pipeline: (usize, usize),
    /// Whether its pipeline is behind `!`.
    pub negated: bool,
    /// What stands before its pipeline.
    pub connected: Connected,
    /// What stands behind its pipeline.
    pub followed_by: Option<Connector>,
    /// Whether its failure, or that of what holds it, is swallowed by `|| true`, `|| :`, `|| echo ..` or `|| exit 0`.
    pub tolerated: bool,
    /// Whether it, or what holds it, runs behind the script's back (`&`).
    pub background: bool,
    /// What it stands in, outermost first.
    pub nesting: Vec<Nesting>,
    /// Whether the statement stands in a body, where another statement may stand before or behind it: not in a condition and
    /// not in a substitution.
    pub statement_in_body: bool,
}

/// One thing that holds a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// The body of a function.
    Function(String),
    /// `( )`
    Subshell,
    /// `{ }`
    Group,
    /// `$( )`, `<( )`, `>( )`
    Substitution,
    /// `` ` ` ``
    Backquotes,
    /// What `then` or `else` holds.
    If,
    /// What `if` or `elif` tests.
    IfCondition,
    /// The body of `while` or `until`.
    LoopBody,
    /// What `while` tests.
    WhileCondition,
    /// What `until` tests.
    UntilCondition,
    /// The body of `for` or `select`.
    For,
    /// A branch of `case`.
    Case,
    /// A script given to a shell as an argument: `sh -c '...'`, `eval '...'`.
    Script,
    /// A script fed to a shell.
    Heredoc,
    /// A script that is written into a file.
    GeneratedFile,
    /// A script run on another machine, however it is given.
    Remote,
    /// What `trap` runs.
    Trap,
    /// What `xargs` runs.
    Xargs,
}

impl Script {
    /// The script with what those written files do which it or another one `runs`; nothing if it writes none of them.
    pub fn with_generated_files(&self, runs: impl Fn(&GeneratedFile) -> bool) -> Option<Self> {
        if !self.written.iter().any(&runs) {
            return None;
        }
        let mut script = self.clone();
        for written in std::mem::take(&mut script.written) {
            if runs(&written) {
                script.take_in(written.script);
            } else {
                script.written.push(written);
            }
        }
        script.in_order();
        Some(script)
    }

    /// Adds what another script holds.
    fn take_in(&mut self, other: Self) {
        self.commands.extend(other.commands);
        self.compounds.extend(other.compounds);
        self.functions.extend(other.functions);
        self.assignments.extend(other.assignments);
        self.written.extend(other.written);
        self.doubtful.extend(other.doubtful);
    }

    /// Says of everything in it what holds it all.
    fn put_into(&mut self, outer: &[Nesting]) {
        let commands = self.commands.iter_mut().map(|one| &mut one.context);
        let compounds = self.compounds.iter_mut().map(|one| &mut one.context);
        for place in commands.chain(compounds) {
            place.nesting.splice(0..0, outer.iter().cloned());
        }
        for written in &mut self.written {
            written.script.put_into(outer);
        }
    }

    /// Puts everything in the order of the text; what holds something before what it holds.
    fn in_order(&mut self) {
        let order = |range: &Range<usize>| (range.start, std::cmp::Reverse(range.end));
        self.commands.sort_by_key(|command| order(&command.span));
        self.compounds.sort_by_key(|compound| order(&compound.span));
        self.functions.sort_by_key(|function| order(&function.span));
        self.assignments
            .sort_by_key(|assignment| order(&assignment.span));
    }
}

/// Reads a script. Cost is linear in its length for each level of scripts in scripts.
///
/// # Errors
///
/// It is no script, or one of more than 64 KB.
pub fn parse(text: &str) -> Result<Script, Problem> {
    if text.len() > LONGEST {
        return Err(Problem {
            at: 0,
            message: "it is longer than 64 KB".to_owned(),
        });
    }
    let masked = mask::mask(text);
    let script = inner::read(&masked, 0)?;
    Ok(mask::restore(script, text))
}
