//! The scanner's cursor, and what it has read so far.

use std::ops::Range;

use super::decoded::Decoded;
use super::{Assignment, Command, Compound, DEEPEST, Function, Heredoc, Nesting, Problem, Script};

pub(super) const NEVER_ENDED: &str = "no line ends this heredoc";

/// What ends a list of statements.
#[derive(Clone, Copy)]
pub(super) struct Stop {
    pub(super) words: &'static [&'static str],
    pub(super) parenthesis: bool,
    pub(super) case: bool,
}

impl Stop {
    pub(super) const END: Self = Self::words(&[]);
    pub(super) const PARENTHESIS: Self = Self {
        words: &[],
        parenthesis: true,
        case: false,
    };
    pub(super) const CASE: Self = Self {
        words: &["esac"],
        parenthesis: false,
        case: true,
    };

    pub(super) const fn words(words: &'static [&'static str]) -> Self {
        Self {
            words,
            parenthesis: false,
            case: false,
        }
    }
}

/// A heredoc whose body has not been reached.
pub(super) struct Pending {
    pub(super) operator: usize,
    pub(super) delimiter: String,
    pub(super) id: usize,
}

/// Reads a script from left to right.
pub(super) struct Scanner<'t> {
    pub(super) text: &'t str,
    pub(super) bytes: &'t [u8],
    pub(super) pos: usize,
    pub(super) end: usize,
    /// Where the last word, redirection or closing word ended.
    pub(super) last_end: usize,
    /// Where the last compound command ended, without its redirections.
    pub(super) compound_end: usize,
    pub(super) depth: usize,
    pub(super) inner: Inner,
    pub(super) nesting: Vec<Nesting>,
    pub(super) pending: Vec<Pending>,
    pub(super) heredocs: Vec<Heredoc>,
    pub(super) statements: Vec<Range<usize>>,
    /// Commands of this text; until the end their statement is an index.
    pub(super) commands: Vec<Command>,
    /// The same of what holds commands.
    pub(super) compounds: Vec<Compound>,
    /// The lists of the compound command at hand.
    pub(super) lists: Vec<Range<usize>>,
    /// What scripts inside this one hold, complete.
    pub(super) carried: Script,
    pub(super) functions: Vec<Function>,
    pub(super) assignments: Vec<Assignment>,
}

/// Reads a script inside of another: its text, what holds it, how deep it lies, and where it stands as a whole.
pub(super) type Inner = fn(&Decoded, &[Nesting], usize, Range<usize>) -> Script;

/// Reads a whole text, `depth` levels down: its own commands, and what scripts between backquotes hold.
/// `inner` reads a script that lies inside of the text.
pub(super) fn scan(text: &str, depth: usize, inner: Inner) -> Result<(Script, Script), Problem> {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        pos: 0,
        end: text.len(),
        last_end: 0,
        compound_end: 0,
        depth,
        inner,
        nesting: Vec::new(),
        pending: Vec::new(),
        heredocs: Vec::new(),
        statements: Vec::new(),
        commands: Vec::new(),
        compounds: Vec::new(),
        lists: Vec::new(),
        carried: Script::default(),
        functions: Vec::new(),
        assignments: Vec::new(),
    };
    scanner.list(Stop::END)?;
    match scanner.pending.first() {
        Some(heredoc) => Err(scanner.problem(heredoc.operator, NEVER_ENDED)),
        None => Ok(scanner.finish()),
    }
}

pub(super) fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Scanner<'_> {
    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        if at < self.end {
            self.bytes.get(at).copied()
        } else {
            None
        }
    }

    pub(super) fn find(&self, from: usize, byte: u8) -> Option<usize> {
        let rest = self.bytes.get(from..self.end)?;
        rest.iter().position(|&it| it == byte).map(|at| from + at)
    }

    pub(super) fn char_length(&self, at: usize) -> Option<usize> {
        self.byte(at)?;
        self.text.get(at..)?.chars().next().map(char::len_utf8)
    }

    pub(super) fn problem(&self, at: usize, message: &str) -> Problem {
        Problem {
            at,
            message: message.to_owned(),
        }
    }

    pub(super) fn unexpected(&self) -> Problem {
        let what = self
            .text
            .get(self.pos..)
            .and_then(|rest| rest.chars().next());
        match what {
            Some(what) if self.pos < self.end => Problem {
                at: self.pos,
                message: format!("`{}` cannot stand here", what.escape_debug()),
            },
            _ => self.problem(
                self.pos,
                "the script ends before something that it opens is closed",
            ),
        }
    }

    pub(super) fn enter(&mut self) -> Result<(), Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.problem(self.pos, "more than 64 levels are open at once"));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Reads something one level further down.
    pub(super) fn within(
        &mut self,
        nesting: Nesting,
        read: impl FnOnce(&mut Self) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        self.enter()?;
        self.nesting.push(nesting);
        read(self)?;
        self.nesting.pop();
        self.leave();
        Ok(())
    }

    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Problem> {
        if self.byte(self.pos) != Some(byte) {
            return Err(self.unexpected());
        }
        self.pos += 1;
        self.last_end = self.pos;
        Ok(())
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), Problem> {
        self.blanks_and_lines()?;
        if self.reserved() != word {
            return Err(self.unexpected());
        }
        self.pos += word.len();
        self.last_end = self.pos;
        Ok(())
    }

    /// Whether a line ends at a carriage return.
    pub(super) fn line_ends(&self, at: usize) -> bool {
        matches!(self.byte(at + 1), None | Some(b'\n'))
    }

    /// The byte behind a backslash and the line end that it takes away.
    pub(super) fn continuation(&self, at: usize) -> Option<usize> {
        match (self.byte(at + 1), self.byte(at + 2)) {
            (Some(b'\n'), _) => Some(at + 2),
            (Some(b'\r'), Some(b'\n')) => Some(at + 3),
            _ => None,
        }
    }

    pub(super) fn blanks(&mut self) {
        loop {
            match self.byte(self.pos) {
                Some(b' ' | b'\t') => self.pos += 1,
                Some(b'\r') if self.line_ends(self.pos) => self.pos += 1,
                Some(b'\\') => match self.continuation(self.pos) {
                    Some(next) => self.pos = next,
                    // A backslash that ends the script continues nothing.
                    None if self.pos + 1 == self.end => self.pos += 1,
                    None => return,
                },
                _ => return,
            }
        }
    }

    /// Blanks, comments and line ends, with the heredocs that begin there.
    pub(super) fn blanks_and_lines(&mut self) -> Result<(), Problem> {
        loop {
            self.blanks();
            match self.byte(self.pos) {
                Some(b'#') => self.pos = self.find(self.pos, b'\n').unwrap_or(self.end),
                Some(b'\n') => {
                    self.pos += 1;
                    if !self.pending.is_empty() {
                        self.bodies()?;
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    /// The unquoted word at the cursor, if it can be a reserved one.
    pub(super) fn reserved(&self) -> &str {
        let mut end = self.pos;
        while let Some(byte) = self.byte(end) {
            let is_end = |byte: u8| b" \t\n\r;&|()<>".contains(&byte);
            // a backslash that ends a line or the script is no part of the word
            let is_last = (end + 1 == self.end).then_some(self.end);
            let next = self.continuation(end).or(is_last);
            let next = next.filter(|_| byte == b'\\');
            let is_dropped = next.is_some_and(|next| self.byte(next).is_none_or(is_end));
            if is_end(byte) || is_dropped || end - self.pos > 8 {
                break;
            }
            end += 1;
        }
        self.text.get(self.pos..end).unwrap_or_default()
    }

    /// Reads a script that lies inside this one, and keeps what it holds.
    pub(super) fn read_inner(&mut self, decoded: &Decoded, nesting: Nesting, whole: Range<usize>) {
        let mut outer = self.nesting.clone();
        outer.push(nesting);
        let script = (self.inner)(decoded, &outer, self.depth, whole);
        self.carried.take_in(script);
    }

    pub(super) fn finish(mut self) -> (Script, Script) {
        let mut script = Script {
            functions: self.functions,
            assignments: self.assignments,
            ..Script::default()
        };
        for mut command in self.commands {
            let statement = self.statements.get(command.context.statement.start);
            command.context.statement = statement.cloned().unwrap_or_else(|| command.span.clone());
            for redirect in &mut command.redirects {
                if let Some(heredoc) = &mut redirect.heredoc
                    && let Some(read) = self.heredocs.get_mut(heredoc.id)
                {
                    heredoc.body = read.body.clone();
                    heredoc.parts = std::mem::take(&mut read.parts);
                }
            }
            script.commands.push(command);
        }
        for mut compound in self.compounds {
            let statement = self.statements.get(compound.context.statement.start);
            compound.context.statement =
                statement.cloned().unwrap_or_else(|| compound.span.clone());
            script.compounds.push(compound);
        }
        (script, self.carried)
    }
}
