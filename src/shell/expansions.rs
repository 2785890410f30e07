//! What the shell puts other text in place of: variables, substitutions, arithmetic.

use std::ops::Range;

use super::decoded::Decoded;
use super::scanner::{Scanner, Stop, is_name, is_name_start};
use super::words::push_literal;
use super::{Nesting, Part, Problem};

impl Scanner<'_> {
    /// Reads what a dollar sign begins.
    pub(super) fn dollar(&mut self, parts: &mut Vec<Part>, quoted: bool) -> Result<(), Problem> {
        let at = self.pos;
        match self.byte(at + 1) {
            Some(b'(') => {
                if self.byte(at + 2) == Some(b'(')
                    && let Some(close) = self.arithmetic_end(at + 1)?
                {
                    self.arithmetic(at + 3, close)?;
                } else {
                    self.substitution(at + 2)?;
                }
                parts.push(Part::Other(at..self.pos));
            }
            Some(b'{') => self.parameter(parts, quoted)?,
            Some(b'[') => {
                self.pos = at + 2;
                self.matched(at + 1, Some(b'['), b']', quoted)?;
                parts.push(Part::Other(at..self.pos));
            }
            Some(b'\'') if !quoted => {
                let mut next = at + 2;
                let mut escaped = false;
                loop {
                    match self.byte(next) {
                        None => return Err(self.problem(at, "this quote is never closed")),
                        Some(b'\'') => break,
                        Some(b'\\') => {
                            escaped = true;
                            next += 2;
                        }
                        Some(_) => next += 1,
                    }
                }
                if escaped {
                    parts.push(Part::Other(at..next + 1));
                } else {
                    push_literal(parts, self.text, at + 2..next);
                }
                self.pos = next + 1;
            }
            Some(b'"') if !quoted => {
                self.pos = at + 1;
                self.double_quoted(parts)?;
            }
            Some(byte) if is_name_start(byte) => {
                let end = self.name_end(at + 1);
                self.variable(parts, at..end, at + 1..end, true);
                self.pos = end;
            }
            Some(byte) if byte.is_ascii_digit() || b"@*#?$!-".contains(&byte) => {
                self.variable(parts, at..at + 2, at + 1..at + 2, true);
                self.pos = at + 2;
            }
            _ => {
                push_literal(parts, self.text, at..at + 1);
                self.pos = at + 1;
            }
        }
        Ok(())
    }

    pub(super) fn variable(
        &self,
        parts: &mut Vec<Part>,
        range: Range<usize>,
        name: Range<usize>,
        plain: bool,
    ) {
        let name = self.text.get(name).unwrap_or_default().to_owned();
        parts.push(Part::Variable { range, name, plain });
    }

    /// `${...}`
    pub(super) fn parameter(&mut self, parts: &mut Vec<Part>, quoted: bool) -> Result<(), Problem> {
        let open = self.pos;
        let mut at = open + 2;
        if matches!(self.byte(at), Some(b'!' | b'#')) && self.byte(at + 1) != Some(b'}') {
            at += 1;
        }
        let name = at;
        while self.byte(at).is_some_and(is_name) {
            at += 1;
        }
        if at == name && self.byte(at).is_some_and(|byte| b"@*#?$!-".contains(&byte)) {
            let opens = self.byte(at + 1).is_some_and(|next| b"{([".contains(&next));
            at += usize::from(!opens);
        }
        let name = name..at;
        let plain = name.start == open + 2 && self.byte(at) == Some(b'}');
        self.pos = at;
        self.matched(open, None, b'}', quoted)?;
        self.variable(parts, open..self.pos, name, plain);
        Ok(())
    }

    /// The script of `$( )` or `<( )`, from behind the parenthesis.
    pub(super) fn substitution(&mut self, from: usize) -> Result<(), Problem> {
        self.pos = from;
        self.within(Nesting::Substitution, |scanner| {
            scanner.list(Stop::PARENTHESIS)?;
            scanner.expect(b')')
        })
    }

    /// Reads backquotes. What stands between them is unescaped first, so it is a script of its own.
    pub(super) fn backquotes(
        &mut self,
        parts: &mut Vec<Part>,
        quoted: bool,
    ) -> Result<(), Problem> {
        let open = self.pos;
        let mut decoded = Decoded::default();
        let mut copied = open + 1;
        let mut at = copied;
        loop {
            match self.byte(at) {
                None => return Err(self.problem(open, "this backquote is never closed")),
                Some(b'`') => break,
                Some(b'\\') => {
                    let escaped = match self.byte(at + 1) {
                        Some(b'$' | b'`' | b'\\') => true,
                        Some(b'"') => quoted,
                        _ => false,
                    };
                    if escaped {
                        decoded.push(copied, self.text.get(copied..at).unwrap_or_default());
                        copied = at + 1;
                    }
                    at += 2;
                }
                Some(_) => at += 1,
            }
        }
        decoded.push(copied, self.text.get(copied..at).unwrap_or_default());
        self.pos = at + 1;
        parts.push(Part::Other(open..self.pos));
        self.enter()?;
        self.read_inner(&decoded, Nesting::Backquotes, open..at + 1);
        self.leave();
        Ok(())
    }

    /// `@(a|b)` and its like, at the parenthesis.
    pub(super) fn extended_glob(&mut self) -> Result<(), Problem> {
        let open = self.pos;
        self.pos += 1;
        self.matched(open, Some(b'('), b')', false)
    }

    /// Steps behind the `close` of what is open; what `nests` opens has a `close` of its own.
    pub(super) fn matched(
        &mut self,
        open: usize,
        nests: Option<u8>,
        close: u8,
        quoted: bool,
    ) -> Result<(), Problem> {
        self.enter()?;
        let mut unused = Vec::new();
        loop {
            let at = self.pos;
            match self.byte(at) {
                None => return Err(self.problem(open, "what opens here is never closed")),
                Some(byte) if byte == close => break,
                Some(byte) if nests == Some(byte) => {
                    self.pos += 1;
                    self.matched(at, nests, close, quoted)?;
                }
                Some(b'\\') => self.pos = at + 1 + self.char_length(at + 1).unwrap_or(0),
                // within double quotes, too
                Some(b'\'') => self.single_quoted(&mut unused)?,
                Some(b'"') => self.double_quoted(&mut unused)?,
                Some(b'$') => self.dollar(&mut unused, quoted)?,
                Some(b'`') => self.backquotes(&mut unused, quoted)?,
                Some(b'<' | b'>') if nests.is_none() && self.byte(at + 1) == Some(b'(') => {
                    self.substitution(at + 2)?;
                }
                Some(_) => self.pos = at + 1,
            }
        }
        self.pos += 1;
        self.leave();
        Ok(())
    }

    /// Where the arithmetic that opens with two parentheses at `open` ends: at the first of the two that close it. Nothing
    /// when it is a subshell in a subshell.
    pub(super) fn arithmetic_end(&self, open: usize) -> Result<Option<usize>, Problem> {
        let mut depth = 0usize;
        let mut at = open + 1;
        loop {
            match self.byte(at) {
                None => return Err(self.problem(open, "this parenthesis is never closed")),
                Some(b'\\') => at += 1,
                Some(quote @ (b'\'' | b'"')) => match self.find(at + 1, quote) {
                    Some(close) => at = close,
                    None => return Err(self.problem(at, "this quote is never closed")),
                },
                Some(b'(') => depth += 1,
                Some(b')') if depth == 0 => return Ok(None), // one parenthesis opened, not two
                Some(b')') => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok((self.byte(at + 1) == Some(b')')).then_some(at));
                    }
                }
                Some(_) => {}
            }
            at += 1;
        }
    }

    /// Finds the substitutions in arithmetic and steps behind its end.
    pub(super) fn arithmetic(&mut self, from: usize, close: usize) -> Result<(), Problem> {
        self.enter()?;
        let end = std::mem::replace(&mut self.end, close);
        self.pos = from;
        let mut unused = Vec::new();
        let mut read = Ok(());
        while let (Ok(()), Some(byte)) = (&read, self.byte(self.pos)) {
            match byte {
                b'$' => read = self.dollar(&mut unused, true),
                b'`' => read = self.backquotes(&mut unused, true),
                b'\\' => self.pos += 2,
                _ => self.pos += 1,
            }
        }
        self.end = end;
        read?;
        self.pos = close + 2;
        self.last_end = self.pos;
        self.leave();
        Ok(())
    }
}
