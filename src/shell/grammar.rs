//! The scanner's grammar: lists, pipelines, compound commands, redirections.

use std::ops::Range;

use super::decoded::Decoded;
use super::words::is_name;
use super::{
    Assignment, Command, CommandContext, Compound, CompoundKind, Connected, Connector, DEEPEST,
    Function, Heredoc, Nesting, Part, Problem, Redirect, Script, Word,
};

/// What ends a list of statements.
#[derive(Clone, Copy)]
pub(super) struct Stop {
    words: &'static [&'static str],
    parenthesis: bool,
    case: bool,
}

impl Stop {
    const END: Self = Self::words(&[]);
    pub(super) const PARENTHESIS: Self = Self {
        words: &[],
        parenthesis: true,
        case: false,
    };
    const CASE: Self = Self {
        words: &["esac"],
        parenthesis: false,
        case: true,
    };

    const fn words(words: &'static [&'static str]) -> Self {
        Self {
            words,
            parenthesis: false,
            case: false,
        }
    }
}

/// Words that a compound command begins with.
const COMPOUND: [&str; 8] = ["{", "if", "while", "until", "for", "select", "case", "[["];

/// Words that no command begins with: they only stand where something is open.
const CLOSING: [&str; 10] = [
    "then", "elif", "else", "fi", "do", "done", "esac", "}", "in", "]]",
];

/// Operators of `[[ ]]` with a word behind them.
const UNARY: &str = "abcdefghknoprstuvwxzGLNORS";

/// Operators of `[[ ]]` between two words.
const BINARY: [&str; 15] = [
    "=", "==", "!=", "=~", "<", ">", "-nt", "-ot", "-ef", "-eq", "-ne", "-lt", "-le", "-gt", "-ge",
];

/// Programs of the shell that take lists like `A=(a b)` as arguments.
const DECLARING: [&str; 8] = [
    "alias", "declare", "eval", "export", "let", "local", "readonly", "typeset",
];

const NEVER_ENDED: &str = "no line ends this heredoc";

/// A heredoc whose body has not been reached.
struct Pending {
    operator: usize,
    delimiter: String,
    id: usize,
}

/// How much had been found at some point.
#[derive(Clone, Copy)]
struct Mark {
    commands: usize,
    compounds: usize,
    carried: usize,
    carried_compounds: usize,
}

/// What a pipeline is made of, by its place in the scanner's lists.
#[derive(Clone, Copy)]
enum Member {
    Simple(usize),
    Compound(usize),
}

/// A pipeline that was read.
struct Pipeline {
    /// The command, where the pipeline is a single simple one.
    single: Option<usize>,
    members: Vec<Member>,
    before: Mark,
    after: Mark,
}

/// Reads a script from left to right.
pub(super) struct Scanner<'t> {
    pub(super) text: &'t str,
    bytes: &'t [u8],
    pub(super) pos: usize,
    pub(super) end: usize,
    /// Where the last word, redirection or closing word ended.
    pub(super) last_end: usize,
    /// Where the last compound command ended, without its redirections.
    compound_end: usize,
    depth: usize,
    inner: Inner,
    nesting: Vec<Nesting>,
    pending: Vec<Pending>,
    heredocs: Vec<Heredoc>,
    statements: Vec<Range<usize>>,
    /// Commands of this text; until the end their statement is an index.
    commands: Vec<Command>,
    /// The same of what holds commands.
    compounds: Vec<Compound>,
    /// The lists of the compound command at hand.
    lists: Vec<Range<usize>>,
    /// What scripts inside this one hold, complete.
    carried: Script,
    functions: Vec<Function>,
    assignments: Vec<Assignment>,
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

    fn unexpected(&self) -> Problem {
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

    fn expect_word(&mut self, word: &str) -> Result<(), Problem> {
        self.separators()?;
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

    fn blanks(&mut self) {
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

    fn separators(&mut self) -> Result<(), Problem> {
        self.blanks_and_lines()
    }

    /// The unquoted word at the cursor, if it can be a reserved one.
    fn reserved(&self) -> &str {
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

    /// Reads statements until what ends them, which stays.
    pub(super) fn list(&mut self, stop: Stop) -> Result<(), Problem> {
        loop {
            self.separators()?;
            match self.byte(self.pos) {
                None if stop.words.is_empty() && !stop.parenthesis && !stop.case => return Ok(()),
                None => return Err(self.unexpected()),
                Some(b')') if stop.parenthesis => return Ok(()),
                Some(b';') if stop.case && matches!(self.byte(self.pos + 1), Some(b';' | b'&')) => {
                    return Ok(());
                }
                _ => {}
            }
            if stop.words.contains(&self.reserved()) {
                return Ok(());
            }
            self.statement()?;
        }
    }

    /// One list of pipelines with what ends it.
    fn statement(&mut self) -> Result<(), Problem> {
        let start = self.pos;
        let mut pipelines: Vec<Pipeline> = Vec::new();
        let mut connectors: Vec<Connector> = Vec::new();
        loop {
            pipelines.push(self.pipeline()?);
            self.blanks();
            let connector = match (self.byte(self.pos), self.byte(self.pos + 1)) {
                (Some(b'&'), Some(b'&')) => Connector::And,
                (Some(b'|'), Some(b'|')) => Connector::Or,
                _ => break,
            };
            connectors.push(connector);
            self.pos += 2;
            self.separators()?;
        }
        // Entered when complete, so that statements stand in the order of their ends.
        let id = self.statements.len();
        self.statements.push(start..self.last_end.max(start));
        let background = match self.byte(self.pos) {
            Some(b';') if !matches!(self.byte(self.pos + 1), Some(b';' | b'&')) => {
                self.pos += 1;
                false
            }
            Some(b'&') => {
                self.pos += 1;
                true
            }
            None | Some(b'\n' | b')' | b';' | b'#') => false,
            // `case x in y) z;; esac fi`: right behind a compound command nothing needs to separate.
            Some(_) if self.last_end == self.compound_end && CLOSING.contains(&self.reserved()) => {
                false
            }
            Some(_) => return Err(self.unexpected()),
        };
        let tolerated = self.tolerated(&pipelines, &connectors);
        for (index, pipeline) in pipelines.iter().enumerate() {
            let connected = match index
                .checked_sub(1)
                .and_then(|before| connectors.get(before))
            {
                Some(connector) => Connected::After(*connector),
                None if connectors.is_empty() => Connected::Alone,
                None => Connected::First,
            };
            for &member in &pipeline.members {
                if let Some(context) = self.context(member) {
                    context.statement = id..id;
                    context.connected = connected;
                    context.followed_by = connectors.get(index).copied();
                }
            }
            let swallowed = tolerated.get(index).copied().unwrap_or(false);
            if swallowed || background {
                self.hand_down(pipeline, swallowed, background);
            }
        }
        Ok(())
    }

    /// Which pipelines' failures are swallowed further on in their list.
    fn tolerated(&self, pipelines: &[Pipeline], connectors: &[Connector]) -> Vec<bool> {
        let mut tolerated = vec![false; pipelines.len()];
        let mut swallowed = false;
        for index in (0..pipelines.len()).rev() {
            if let Some(context) = tolerated.get_mut(index) {
                *context = swallowed;
            }
            let Some(before) = index
                .checked_sub(1)
                .and_then(|before| connectors.get(before))
            else {
                break;
            };
            let ends = pipelines.get(index).and_then(|pipeline| pipeline.single);
            let ends = ends.and_then(|single| self.commands.get(single));
            swallowed = match (before, ends.map(ending)) {
                (Connector::Or, Some(Ending::Success)) => {
                    // `a || echo failed && exit 1` swallows nothing.
                    let next = pipelines.get(index + 1).and_then(|next| next.single);
                    let next = next.and_then(|single| self.commands.get(single));
                    !(connectors.get(index) == Some(&Connector::And)
                        && next.map(ending) == Some(Ending::Failure))
                }
                (Connector::Or, Some(Ending::Failure)) => false,
                _ => swallowed,
            };
        }
        tolerated
    }

    /// What holds for a pipeline holds for the commands inside it, but not for the body of a function that it defines.
    fn hand_down(&mut self, pipeline: &Pipeline, swallowed: bool, background: bool) {
        let level = self.nesting.len();
        let (before, after) = (pipeline.before, pipeline.after);
        let own = self.commands.get_mut(before.commands..after.commands);
        let carried = (self.carried.commands).get_mut(before.carried..after.carried);
        let commands = [own, carried].into_iter().flatten().flatten();
        let own = self.compounds.get_mut(before.compounds..after.compounds);
        let carried =
            (self.carried.compounds).get_mut(before.carried_compounds..after.carried_compounds);
        let compounds = [own, carried].into_iter().flatten().flatten();
        for context in commands
            .map(|command| &mut command.context)
            .chain(compounds.map(|compound| &mut compound.context))
        {
            let deeper = context.nesting.get(level..).unwrap_or_default();
            if !deeper
                .iter()
                .any(|nesting| matches!(nesting, Nesting::Function(_)))
            {
                context.tolerated |= swallowed;
                context.background |= background;
            }
        }
    }

    fn mark(&self) -> Mark {
        Mark {
            commands: self.commands.len(),
            compounds: self.compounds.len(),
            carried: self.carried.commands.len(),
            carried_compounds: self.carried.compounds.len(),
        }
    }

    fn context(&mut self, member: Member) -> Option<&mut CommandContext> {
        match member {
            Member::Simple(index) => Some(&mut self.commands.get_mut(index)?.context),
            Member::Compound(index) => Some(&mut self.compounds.get_mut(index)?.context),
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline, Problem> {
        let before = self.mark();
        let mut negated = false;
        loop {
            self.blanks();
            if self.reserved() == "!" {
                negated = !negated;
                self.pos += 1;
            } else if let Some(next) = self.timed_compound() {
                self.pos = next;
            } else {
                break;
            }
        }
        let mut members = Vec::new();
        let mut length = 0;
        loop {
            if let Some(index) = self.command()? {
                members.push((length, index));
            }
            length += 1;
            self.blanks();
            if self.byte(self.pos) != Some(b'|') || self.byte(self.pos + 1) == Some(b'|') {
                break;
            }
            self.pos += if self.byte(self.pos + 1) == Some(b'&') {
                2
            } else {
                1
            };
            self.separators()?;
        }
        for &(index, member) in &members {
            if let Some(context) = self.context(member) {
                context.pipeline = (index, length);
                context.negated = negated;
            }
        }
        let members: Vec<Member> = members.into_iter().map(|(_, member)| member).collect();
        let single = match members.first() {
            Some(Member::Simple(index)) if length == 1 && !negated => Some(*index),
            _ => None,
        };
        Ok(Pipeline {
            single,
            members,
            before,
            after: self.mark(),
        })
    }

    /// What stands behind `time`, where that is no program; before a program it is a wrapper like any other.
    fn timed_compound(&mut self) -> Option<usize> {
        if self.reserved() != "time" {
            return None;
        }
        let start = self.pos;
        self.pos += "time".len();
        self.blanks();
        if self.reserved() == "-p" {
            self.pos += "-p".len();
            self.blanks();
        }
        let word = self.reserved();
        let is_program = !self.begins_compound() && word != "!" && !CLOSING.contains(&word);
        let next = std::mem::replace(&mut self.pos, start);
        (!is_program).then_some(next)
    }

    fn begins_compound(&self) -> bool {
        self.byte(self.pos) == Some(b'(') || COMPOUND.contains(&self.reserved())
    }

    /// One command; says which, unless it runs nothing by itself: an assignment, arithmetic, the definition of a function.
    fn command(&mut self) -> Result<Option<Member>, Problem> {
        self.blanks();
        let start = self.pos;
        let outer = std::mem::take(&mut self.lists);
        let member = self.command_from(start);
        self.lists = outer;
        member
    }

    fn command_from(&mut self, start: usize) -> Result<Option<Member>, Problem> {
        if self.byte(start) == Some(b'(') {
            let arithmetic = match self.byte(start + 1) {
                Some(b'(') => self.arithmetic_end(start)?,
                _ => None,
            };
            if let Some(close) = arithmetic {
                self.arithmetic(start + 2, close)?;
                return self.compound_end(None, start);
            }
            self.pos += 1;
            self.within(Nesting::Subshell, |scanner| {
                scanner.counted_list(Stop::PARENTHESIS)?;
                scanner.expect(b')')
            })?;
            return self.compound_end(Some(CompoundKind::Subshell), start);
        }
        let kind = match self.reserved() {
            "{" => {
                self.pos += 1;
                self.body(Nesting::Group, &["}"])?;
                self.expect_word("}")?;
                Some(CompoundKind::Group)
            }
            "if" => Some(self.if_command()?),
            "while" => {
                self.loop_command("while", Nesting::WhileCondition)?;
                Some(CompoundKind::While)
            }
            "until" => {
                self.loop_command("until", Nesting::UntilCondition)?;
                Some(CompoundKind::Until)
            }
            "for" | "select" => Some(self.for_command()?),
            "case" => Some(self.case_command()?),
            "[[" => {
                self.pos += 2;
                self.test()?;
                self.expect_word("]]")?;
                None
            }
            "function" => {
                self.pos += "function".len();
                self.blanks();
                let Some(name) = self.word()? else {
                    return Err(self.unexpected());
                };
                let name = name.raw(self.text).to_owned();
                self.blanks();
                if self.byte(self.pos) == Some(b'(') {
                    self.pos += 1;
                    self.blanks();
                    self.expect(b')')?;
                }
                return self.function(name, start);
            }
            "coproc" => return Err(self.problem(start, "a coprocess is not understood")),
            word if word == "!" || CLOSING.contains(&word) => return Err(self.unexpected()),
            _ => return self.simple(),
        };
        self.compound_end(kind, start)
    }

    /// The end of a compound command: the redirections behind it.
    fn compound_end(
        &mut self,
        kind: Option<CompoundKind>,
        start: usize,
    ) -> Result<Option<Member>, Problem> {
        self.compound_end = self.last_end;
        self.redirects()?;
        let Some(kind) = kind else {
            return Ok(None);
        };
        let context = self.new_context();
        self.compounds.push(Compound {
            kind,
            span: start..self.last_end,
            lists: std::mem::take(&mut self.lists),
            context,
        });
        Ok(Some(Member::Compound(self.compounds.len() - 1)))
    }

    fn redirects(&mut self) -> Result<(), Problem> {
        loop {
            self.blanks();
            if self.redirect()?.is_none() {
                return Ok(());
            }
        }
    }

    /// How a command stands here, as far as it is known before its pipeline is complete.
    fn new_context(&self) -> CommandContext {
        let nesting = self.nesting.clone();
        let statement_in_body = !matches!(
            nesting.last(),
            Some(
                Nesting::IfCondition
                    | Nesting::WhileCondition
                    | Nesting::UntilCondition
                    | Nesting::Substitution
                    | Nesting::Backquotes
            )
        );
        CommandContext {
            statement: usize::MAX..usize::MAX,
            pipeline: (0, 1),
            negated: false,
            connected: Connected::Alone,
            followed_by: None,
            tolerated: false,
            background: false,
            nesting,
            statement_in_body,
        }
    }

    fn body(&mut self, nesting: Nesting, until: &'static [&'static str]) -> Result<(), Problem> {
        self.within(nesting, |scanner| scanner.counted_list(Stop::words(until)))
    }

    /// A list of the compound command at hand.
    fn counted_list(&mut self, stop: Stop) -> Result<(), Problem> {
        self.separators()?;
        let (start, before) = (self.pos, self.statements.len());
        self.list(stop)?;
        if self.statements.len() == before && !stop.case {
            return Err(self.unexpected());
        }
        self.lists.push(start..self.last_end.max(start));
        Ok(())
    }

    fn if_command(&mut self) -> Result<CompoundKind, Problem> {
        self.expect_word("if")?;
        loop {
            self.body(Nesting::IfCondition, &["then"])?;
            self.expect_word("then")?;
            self.body(Nesting::If, &["elif", "else", "fi"])?;
            match self.reserved() {
                "elif" => self.expect_word("elif")?,
                "else" => {
                    self.expect_word("else")?;
                    self.body(Nesting::If, &["fi"])?;
                    break;
                }
                _ => break,
            }
        }
        self.expect_word("fi")?;
        Ok(CompoundKind::If)
    }

    fn loop_command(&mut self, word: &str, condition: Nesting) -> Result<(), Problem> {
        self.expect_word(word)?;
        self.body(condition, &["do"])?;
        self.expect_word("do")?;
        self.body(Nesting::LoopBody, &["done"])?;
        self.expect_word("done")
    }

    fn for_command(&mut self) -> Result<CompoundKind, Problem> {
        let counts = self.reserved() == "for";
        self.pos += self.reserved().len();
        self.blanks();
        let open = self.pos;
        if counts && self.byte(open) == Some(b'(') && self.byte(open + 1) == Some(b'(') {
            let close = self.arithmetic_end(open)?;
            let head = close.and_then(|close| self.text.get(open + 2..close));
            let (Some(close), Some(2)) = (close, head.map(|head| head.matches(';').count())) else {
                return Err(self.unexpected());
            };
            self.arithmetic(open + 2, close)?;
        } else {
            if self.word()?.is_none() {
                return Err(self.unexpected());
            }
            self.separators()?;
            if self.reserved() == "in" {
                self.pos += 2;
                loop {
                    self.blanks();
                    if self.word()?.is_none() {
                        break;
                    }
                }
            }
        }
        self.blanks();
        if self.byte(self.pos) == Some(b';') {
            self.pos += 1;
        }
        self.separators()?;
        if self.reserved() == "{" {
            self.pos += 1;
            self.body(Nesting::For, &["}"])?;
            self.expect_word("}")?;
            return Ok(CompoundKind::For);
        }
        self.expect_word("do")?;
        self.body(Nesting::For, &["done"])?;
        self.expect_word("done")?;
        Ok(CompoundKind::For)
    }

    fn case_command(&mut self) -> Result<CompoundKind, Problem> {
        self.expect_word("case")?;
        self.blanks();
        if self.word()?.is_none() {
            return Err(self.unexpected());
        }
        self.expect_word("in")?;
        loop {
            self.separators()?;
            if self.reserved() == "esac" {
                self.expect_word("esac")?;
                return Ok(CompoundKind::Case);
            }
            if self.byte(self.pos) == Some(b'(') {
                self.pos += 1;
            }
            loop {
                self.blanks();
                if self.word()?.is_none() {
                    return Err(self.unexpected());
                }
                self.blanks();
                if self.byte(self.pos) != Some(b'|') {
                    break;
                }
                self.pos += 1;
            }
            self.expect(b')')?;
            self.within(Nesting::Case, |scanner| scanner.counted_list(Stop::CASE))?;
            if self.byte(self.pos) == Some(b';') {
                let ends = self.text.get(self.pos..self.end).unwrap_or_default();
                self.pos += if ends.starts_with(";;&") { 3 } else { 2 };
            }
        }
    }

    /// What stands between `[[` and `]]`, or in parentheses there: nothing in it is a command but what its words substitute.
    fn test(&mut self) -> Result<(), Problem> {
        self.enter()?;
        loop {
            self.test_operand()?;
            self.separators()?;
            match (self.byte(self.pos), self.byte(self.pos + 1)) {
                (Some(b'&'), Some(b'&')) | (Some(b'|'), Some(b'|')) => self.pos += 2,
                _ => break,
            }
        }
        self.leave();
        Ok(())
    }

    /// `( test )`, `! test`, `-n word`, `word == word`, `word`.
    fn test_operand(&mut self) -> Result<(), Problem> {
        self.separators()?;
        // they lie in each other like parentheses, but need no stack
        while self.reserved() == "!" {
            self.pos += 1;
            self.separators()?;
        }
        if self.byte(self.pos) == Some(b'(') {
            self.pos += 1;
            self.test()?;
            self.separators()?;
            return self.expect(b')');
        }
        let first = self.test_word(false)?;
        self.blanks();
        let unary = first.strip_prefix('-').filter(|flag| flag.len() == 1);
        let operator = match self.byte(self.pos) {
            _ if unary.is_some_and(|flag| UNARY.contains(flag)) => "",
            None | Some(b'&' | b'|' | b')') => return Ok(()),
            Some(b'<' | b'>') => self.text.get(self.pos..=self.pos).unwrap_or_default(),
            _ if self.reserved() == "]]" => return Ok(()),
            _ => self.reserved(),
        };
        let is_regex = operator == "=~";
        if !operator.is_empty() && !BINARY.contains(&operator) {
            return Err(self.unexpected());
        }
        self.pos += operator.len();
        self.blanks();
        self.test_word(is_regex).map(|_| ())
    }

    /// A word of a test as it is written. Parentheses and bars are part of a regular expression.
    fn test_word(&mut self, is_regex: bool) -> Result<String, Problem> {
        let start = self.pos;
        if self.reserved() == "]]" {
            return Err(self.unexpected());
        }
        loop {
            let read = self.word()?.is_some();
            match self.byte(self.pos) {
                Some(b'|') if is_regex => self.pos += 1,
                Some(b'(') if is_regex => self.extended_glob()?,
                _ if read => break,
                _ if self.pos == start => return Err(self.unexpected()),
                _ => break,
            }
        }
        self.last_end = self.pos;
        let word = self.text.get(start..self.pos).unwrap_or_default();
        Ok(word.to_owned())
    }

    fn function(&mut self, name: String, start: usize) -> Result<Option<Member>, Problem> {
        self.separators()?;
        if !self.begins_compound() {
            return Err(self.unexpected());
        }
        self.within(Nesting::Function(name.clone()), |scanner| {
            scanner.command().map(|_| ())
        })?;
        let span = start..self.last_end;
        self.functions.push(Function { name, span });
        Ok(None)
    }

    fn simple(&mut self) -> Result<Option<Member>, Problem> {
        let start = self.pos;
        let mut assignments = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        let mut redirects = Vec::new();
        let mut lists = false;
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                lists = false;
                continue;
            }
            if words.is_empty()
                && let Some(assignment) = self.assignment()?
            {
                assignments.push(assignment);
                continue;
            }
            if self.byte(self.pos) == Some(b'(') {
                let ([name], [], []) = (&words[..], &assignments[..], &redirects[..]) else {
                    return Err(self.unexpected());
                };
                let name = name.raw(self.text).to_owned();
                self.pos += 1;
                self.blanks();
                self.expect(b')')?;
                return self.function(name, start);
            }
            let Some(word) = self.word_or_list(lists)? else {
                break;
            };
            if words.is_empty() {
                lists = DECLARING.contains(&word.raw(self.text));
            }
            words.push(word);
        }
        if words.is_empty() {
            if assignments.is_empty() && redirects.is_empty() {
                return Err(self.unexpected());
            }
            self.assignments.append(&mut assignments);
            return Ok(None);
        }
        self.commands.push(Command {
            assignments,
            wrappers: Vec::new(),
            words,
            redirects,
            span: start..self.last_end,
            context: self.new_context(),
        });
        Ok(Some(Member::Simple(self.commands.len() - 1)))
    }

    fn redirect(&mut self) -> Result<Option<Redirect>, Problem> {
        const OPERATORS: [&str; 12] = [
            "<<<", "<<-", "&>>", "<<", "<>", "<&", ">&", ">>", ">|", "&>", "<", ">",
        ];
        let start = self.pos;
        let at = self.descriptor_end(start);
        let prefixed = at > start;
        let rest = self.text.get(at..self.end).unwrap_or_default();
        let operator = OPERATORS
            .into_iter()
            .find(|operator| rest.starts_with(operator));
        let Some(operator) = operator else {
            return Ok(None);
        };
        let substitution = matches!(operator, "<" | ">") && self.byte(at + 1) == Some(b'(');
        if (substitution && !prefixed) || (prefixed && operator.starts_with('&')) {
            return Ok(None);
        }
        self.pos = at + operator.len();
        self.last_end = self.pos;
        self.blanks();
        let number = self.descriptor_end(self.pos);
        let is_prefix = number > self.pos && matches!(self.byte(number), Some(b'<' | b'>'));
        if is_prefix && !operator.ends_with('&') {
            return Err(self.unexpected());
        }
        let target = self.word()?;
        if target.is_none() {
            return Err(self.unexpected());
        }
        let mut heredoc = None;
        if matches!(operator, "<<" | "<<-")
            && let Some(target) = &target
        {
            let raw = target.raw(self.text);
            let quoted = raw.contains(['\'', '"', '\\']);
            // Nothing is expanded in a delimiter: `<<$X` ends at a line `$X`.
            let delimiter = target.value.clone().unwrap_or_else(|| {
                raw.chars()
                    .filter(|it| !matches!(it, '\'' | '"' | '\\'))
                    .collect()
            });
            let id = self.heredocs.len();
            let document = Heredoc {
                body: self.end..self.end,
                quoted,
                strips_tabs: operator == "<<-",
                parts: Vec::new(),
                id,
            };
            self.heredocs.push(document.clone());
            heredoc = Some(document);
            self.pending.push(Pending {
                operator: start,
                delimiter,
                id,
            });
        }
        Ok(Some(Redirect {
            span: start..self.last_end,
            operator: operator.to_owned(),
            target,
            heredoc,
        }))
    }

    /// What follows `2` or `{name}`, which before an operator say which descriptor is meant.
    fn descriptor_end(&self, start: usize) -> usize {
        let mut at = start;
        if self.byte(at) != Some(b'{') {
            while self.byte(at).is_some_and(|byte| byte.is_ascii_digit()) {
                at += 1;
            }
            return at;
        }
        at += 1;
        while self.byte(at).is_some_and(is_name) {
            at += 1;
        }
        let is_named = self.byte(at) == Some(b'}') && at > start + 1;
        if is_named { at + 1 } else { start }
    }

    /// Reads the heredocs that begin on this line.
    fn bodies(&mut self) -> Result<(), Problem> {
        let pending = std::mem::take(&mut self.pending);
        let last_end = self.last_end;
        let mut ends = Vec::with_capacity(pending.len());
        for document in &pending {
            let Some((quoted, strips_tabs)) =
                (self.heredocs.get(document.id)).map(|it| (it.quoted, it.strips_tabs))
            else {
                continue;
            };
            let start = self.pos;
            let mut line = start;
            let mut is_joined = false;
            let (body_end, after) = loop {
                if line >= self.end {
                    return Err(self.problem(document.operator, NEVER_ENDED));
                }
                let line_end = self.find(line, b'\n').unwrap_or(self.end);
                let content = self.text.get(line..line_end).unwrap_or_default();
                let content = content.strip_suffix('\r').unwrap_or(content);
                let content = if strips_tabs {
                    content.trim_start_matches('\t')
                } else {
                    content
                };
                if content == document.delimiter && !is_joined {
                    break (line, line_end);
                }
                let backslashes = content.bytes().rev().take_while(|byte| *byte == b'\\');
                is_joined = !quoted && backslashes.count() % 2 == 1;
                line = (line_end + 1).min(self.end);
            };
            let body = start..body_end;
            let parts = if quoted {
                self.verbatim_parts(body.clone(), strips_tabs)
            } else {
                self.heredoc_parts(body.clone(), strips_tabs)?
            };
            if let Some(heredoc) = self.heredocs.get_mut(document.id) {
                heredoc.body = body;
                heredoc.parts = parts;
            }
            ends.push((document.operator, after));
            self.pos = (after + 1).min(self.end);
        }
        self.last_end = last_end;
        // Statements that are complete on this line reach to the end of their last heredoc.
        let Some(&(first, _)) = ends.first() else {
            return Ok(());
        };
        for statement in self.statements.iter_mut().rev() {
            if statement.end <= first {
                break;
            }
            let count = ends.partition_point(|(operator, _)| *operator < statement.end);
            if let Some((operator, after)) = count.checked_sub(1).and_then(|last| ends.get(last))
                && *operator >= statement.start
            {
                statement.end = statement.end.max(*after);
            }
        }
        Ok(())
    }

    /// Reads a script that lies inside this one, and keeps what it holds.
    pub(super) fn read_inner(&mut self, decoded: &Decoded, nesting: Nesting, whole: Range<usize>) {
        let mut outer = self.nesting.clone();
        outer.push(nesting);
        let script = (self.inner)(decoded, &outer, self.depth, whole);
        self.carried.take_in(script);
    }

    fn finish(mut self) -> (Script, Script) {
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

/// How a simple command ends, as far as its words say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Success,
    Failure,
    Unknown,
}

fn ending(command: &Command) -> Ending {
    let argument = command.words.get(1).map(|word| match &word.parts[..] {
        [Part::Literal(_, text)] => text.as_str(),
        _ => "",
    });
    match (command.program(), argument) {
        (Some("true" | ":" | "echo" | "printf"), _) => Ending::Success,
        (Some("exit" | "return"), Some("0")) => Ending::Success,
        (Some("exit" | "return" | "false"), _) => Ending::Failure,
        _ => Ending::Unknown,
    }
}
