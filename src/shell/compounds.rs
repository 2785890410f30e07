//! Commands that hold others, function definitions and tests.

use super::lists::{CLOSING, Member};
use super::scanner::{Scanner, Stop};
use super::{Compound, CompoundKind, Function, Nesting, Problem};

/// Words that a compound command begins with.
pub(super) const COMPOUND: [&str; 8] = ["{", "if", "while", "until", "for", "select", "case", "[["];

impl Scanner<'_> {
    pub(super) fn begins_compound(&self) -> bool {
        self.byte(self.pos) == Some(b'(') || COMPOUND.contains(&self.reserved())
    }

    /// One command; says which, unless it runs nothing by itself: an assignment, arithmetic, the definition of a function.
    pub(super) fn command(&mut self) -> Result<Option<Member>, Problem> {
        self.blanks();
        let start = self.pos;
        let outer = std::mem::take(&mut self.lists);
        let member = self.command_from(start);
        self.lists = outer;
        member
    }

    pub(super) fn command_from(&mut self, start: usize) -> Result<Option<Member>, Problem> {
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
    pub(super) fn compound_end(
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

    pub(super) fn body(
        &mut self,
        nesting: Nesting,
        until: &'static [&'static str],
    ) -> Result<(), Problem> {
        self.within(nesting, |scanner| scanner.counted_list(Stop::words(until)))
    }

    /// A list of the compound command at hand.
    pub(super) fn counted_list(&mut self, stop: Stop) -> Result<(), Problem> {
        self.blanks_and_lines()?;
        let (start, before) = (self.pos, self.statements.len());
        self.list(stop)?;
        if self.statements.len() == before && !stop.case {
            return Err(self.unexpected());
        }
        self.lists.push(start..self.last_end.max(start));
        Ok(())
    }

    pub(super) fn if_command(&mut self) -> Result<CompoundKind, Problem> {
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

    pub(super) fn loop_command(&mut self, word: &str, condition: Nesting) -> Result<(), Problem> {
        self.expect_word(word)?;
        self.body(condition, &["do"])?;
        self.expect_word("do")?;
        self.body(Nesting::LoopBody, &["done"])?;
        self.expect_word("done")
    }

    pub(super) fn for_command(&mut self) -> Result<CompoundKind, Problem> {
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
            self.blanks_and_lines()?;
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
        self.blanks_and_lines()?;
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

    pub(super) fn case_command(&mut self) -> Result<CompoundKind, Problem> {
        self.expect_word("case")?;
        self.blanks();
        if self.word()?.is_none() {
            return Err(self.unexpected());
        }
        self.expect_word("in")?;
        loop {
            self.blanks_and_lines()?;
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

    pub(super) fn function(
        &mut self,
        name: String,
        start: usize,
    ) -> Result<Option<Member>, Problem> {
        self.blanks_and_lines()?;
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
}
