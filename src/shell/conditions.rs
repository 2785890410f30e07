//! `[[ ]]`.

use super::Problem;
use super::scanner::Scanner;

/// Operators of `[[ ]]` with a word behind them.
pub(super) const UNARY: &str = "abcdefghknoprstuvwxzGLNORS";

/// Operators of `[[ ]]` between two words.
pub(super) const BINARY: [&str; 15] = [
    "=", "==", "!=", "=~", "<", ">", "-nt", "-ot", "-ef", "-eq", "-ne", "-lt", "-le", "-gt", "-ge",
];

impl Scanner<'_> {
    /// What stands between `[[` and `]]`, or in parentheses there: nothing in it is a command but what its words substitute.
    pub(super) fn test(&mut self) -> Result<(), Problem> {
        self.enter()?;
        loop {
            self.test_operand()?;
            self.blanks_and_lines()?;
            match (self.byte(self.pos), self.byte(self.pos + 1)) {
                (Some(b'&'), Some(b'&')) | (Some(b'|'), Some(b'|')) => self.pos += 2,
                _ => break,
            }
        }
        self.leave();
        Ok(())
    }

    /// `( test )`, `! test`, `-n word`, `word == word`, `word`.
    pub(super) fn test_operand(&mut self) -> Result<(), Problem> {
        self.blanks_and_lines()?;
        // they lie in each other like parentheses, but need no stack
        while self.reserved() == "!" {
            self.pos += 1;
            self.blanks_and_lines()?;
        }
        if self.byte(self.pos) == Some(b'(') {
            self.pos += 1;
            self.test()?;
            self.blanks_and_lines()?;
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
    pub(super) fn test_word(&mut self, is_regex: bool) -> Result<String, Problem> {
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
}
