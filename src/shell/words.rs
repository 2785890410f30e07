//! The scanner's words: quotes, expansions, assignments.

use std::ops::Range;

use super::decoded::Decoded;
use super::grammar::{Scanner, Stop};
use super::mask::FILLED;
use super::{Assignment, Nesting, Part, Problem, Word};

/// Where expansions are read inside other text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Between double quotes.
    Quotes,
    /// In a heredoc; tabs at the start of lines may go.
    Body { strips_tabs: bool },
}

/// Adds literal text, joined to the literal before it where nothing lies between.
fn push_literal(parts: &mut Vec<Part>, text: &str, range: Range<usize>) {
    if range.is_empty() {
        return;
    }
    let Some(literal) = text.get(range.clone()) else {
        parts.push(Part::Other(range));
        return;
    };
    // What is filled in from outside is not literal, whatever the quotes.
    if literal.as_bytes().contains(&FILLED) {
        let bytes = literal.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let filled = byte == FILLED;
            let rest = bytes.get(at..).unwrap_or_default();
            let length = rest
                .iter()
                .take_while(|&&byte| (byte == FILLED) == filled)
                .count();
            let run = range.start + at..range.start + at + length;
            if filled {
                parts.push(Part::Other(run));
            } else {
                push_literal(parts, text, run);
            }
            at += length;
        }
        return;
    }
    if let Some(Part::Literal(last, value)) = parts.last_mut()
        && last.end == range.start
    {
        last.end = range.end;
        value.push_str(literal);
        return;
    }
    parts.push(Part::Literal(range, literal.to_owned()));
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Scanner<'_> {
    /// Reads a word; nothing when none begins here.
    pub(super) fn word(&mut self) -> Result<Option<Word>, Problem> {
        self.word_or_list(false)
    }

    /// Reads a word, which may be `A=(a b)` where `lists` may stand.
    pub(super) fn word_or_list(&mut self, lists: bool) -> Result<Option<Word>, Problem> {
        let start = self.pos;
        if self.byte(start) == Some(b'#') {
            return Ok(None); // a comment
        }
        let mut parts = Vec::new();
        let end = self.word_parts(start, lists, &mut parts)?;
        if end == start {
            return Ok(None);
        }
        self.last_end = end;
        Ok(Some(Word::new(start..end, parts)))
    }

    /// Reads what a word is made of; says where its last byte ends.
    fn word_parts(
        &mut self,
        start: usize,
        lists: bool,
        parts: &mut Vec<Part>,
    ) -> Result<usize, Problem> {
        let mut end = self.pos;
        loop {
            let at = self.pos;
            match self.byte(at) {
                None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')') => break,
                Some(b'\r') if self.line_ends(at) => break,
                Some(b'<' | b'>') if self.byte(at + 1) == Some(b'(') => {
                    self.substitution(at + 2)?;
                    parts.push(Part::Other(at..self.pos));
                }
                Some(b'<' | b'>') => break,
                Some(b'(') => {
                    let before = at.checked_sub(1).and_then(|before| self.byte(before));
                    if at > start && matches!(before, Some(b'@' | b'?' | b'*' | b'+' | b'!')) {
                        self.extended_glob()?;
                        push_literal(parts, self.text, at..self.pos);
                    } else if lists
                        && before == Some(b'=')
                        && self
                            .assignment_head(start)
                            .is_some_and(|(_, value)| value == at)
                    {
                        self.array()?;
                        parts.push(Part::Other(at..self.pos));
                    } else {
                        break;
                    }
                }
                Some(b'\\') => {
                    if let Some(next) = self.continuation(at) {
                        self.pos = next;
                        continue;
                    }
                    let Some(length) = self.char_length(at + 1) else {
                        self.pos = self.end;
                        break;
                    };
                    push_literal(parts, self.text, at + 1..at + 1 + length);
                    self.pos = at + 1 + length;
                }
                Some(b'\'') => {
                    self.single_quoted(parts)?;
                }
                Some(b'"') => self.double_quoted(parts)?,
                Some(b'$') => self.dollar(parts, false)?,
                Some(b'`') => self.backquotes(parts, false)?,
                Some(_) => {
                    let mut next = at + 1;
                    while let Some(byte) = self.byte(next) {
                        if b" \t\n\r;&|()<>\\'\"$`".contains(&byte) {
                            break;
                        }
                        next += 1;
                    }
                    push_literal(parts, self.text, at..next);
                    self.pos = next;
                }
            }
            end = self.pos;
        }
        Ok(end)
    }

    fn single_quoted(&mut self, parts: &mut Vec<Part>) -> Result<(), Problem> {
        let open = self.pos;
        let close = self
            .find(open + 1, b'\'')
            .ok_or_else(|| self.problem(open, "this single quote is never closed"))?;
        push_literal(parts, self.text, open + 1..close);
        self.pos = close + 1;
        Ok(())
    }

    fn double_quoted(&mut self, parts: &mut Vec<Part>) -> Result<(), Problem> {
        let open = self.pos;
        self.pos += 1;
        self.expanded(parts, Within::Quotes)?;
        if self.byte(self.pos) != Some(b'"') {
            return Err(self.problem(open, "this double quote is never closed"));
        }
        self.pos += 1;
        Ok(())
    }

    /// Reads a heredoc's body, in which the outer shell expands.
    pub(super) fn heredoc_parts(
        &mut self,
        body: Range<usize>,
        strips_tabs: bool,
    ) -> Result<Vec<Part>, Problem> {
        let (end, last_end) = (self.end, self.last_end);
        self.end = body.end;
        self.pos = body.start;
        let mut parts = Vec::new();
        let read = self.expanded(&mut parts, Within::Body { strips_tabs });
        self.end = end;
        self.last_end = last_end;
        self.pos = body.end;
        read.map(|()| parts)
    }

    /// The parts of a heredoc's body in which nothing is expanded.
    pub(super) fn verbatim_parts(&self, body: Range<usize>, strips_tabs: bool) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut at = body.start;
        for line in self
            .text
            .get(body)
            .unwrap_or_default()
            .split_inclusive('\n')
        {
            let kept = if strips_tabs {
                line.trim_start_matches('\t')
            } else {
                line
            };
            let end = at + line.len();
            push_literal(&mut parts, self.text, end - kept.len()..end);
            at = end;
        }
        parts
    }

    /// Text in which `$`, backquotes and some backslashes mean something, up to the closing quote or the end.
    fn expanded(&mut self, parts: &mut Vec<Part>, within: Within) -> Result<(), Problem> {
        let quotes = within == Within::Quotes;
        let strips = within == Within::Body { strips_tabs: true };
        let mut line_start = !quotes;
        loop {
            let at = self.pos;
            if line_start && strips {
                line_start = false;
                while self.byte(self.pos) == Some(b'\t') {
                    self.pos += 1;
                }
                continue;
            }
            match self.byte(at) {
                None => return Ok(()),
                Some(b'"') if quotes => return Ok(()),
                Some(b'\\') => {
                    if let Some(next) = self.continuation(at) {
                        self.pos = next;
                        continue;
                    }
                    match self.byte(at + 1) {
                        Some(b'$' | b'`' | b'\\') => {
                            push_literal(parts, self.text, at + 1..at + 2);
                            self.pos = at + 2;
                        }
                        Some(b'"') if quotes => {
                            push_literal(parts, self.text, at + 1..at + 2);
                            self.pos = at + 2;
                        }
                        _ => {
                            push_literal(parts, self.text, at..at + 1);
                            self.pos = at + 1;
                        }
                    }
                }
                Some(b'$') => self.dollar(parts, true)?,
                Some(b'`') => self.backquotes(parts, quotes)?,
                Some(_) => {
                    let mut next = at;
                    while let Some(byte) = self.byte(next) {
                        if matches!(byte, b'\\' | b'$' | b'`') || (quotes && byte == b'"') {
                            break;
                        }
                        next += 1;
                        if byte == b'\n' && strips {
                            line_start = true;
                            break;
                        }
                    }
                    push_literal(parts, self.text, at..next);
                    self.pos = next;
                }
            }
        }
    }

    /// Reads what a dollar sign begins.
    fn dollar(&mut self, parts: &mut Vec<Part>, quoted: bool) -> Result<(), Problem> {
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

    fn variable(
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
    fn parameter(&mut self, parts: &mut Vec<Part>, quoted: bool) -> Result<(), Problem> {
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
    fn substitution(&mut self, from: usize) -> Result<(), Problem> {
        self.pos = from;
        self.within(Nesting::Substitution, |scanner| {
            scanner.list(Stop::PARENTHESIS)?;
            scanner.expect(b')')
        })
    }

    /// Reads backquotes. What stands between them is unescaped first, so it is a script of its own.
    fn backquotes(&mut self, parts: &mut Vec<Part>, quoted: bool) -> Result<(), Problem> {
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
    fn matched(
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

    /// `(a b)` behind `A=`.
    fn array(&mut self) -> Result<(), Problem> {
        let open = self.pos;
        self.enter()?;
        self.pos += 1;
        loop {
            self.blanks_and_lines()?;
            let start = self.pos;
            if self.byte(start) == Some(b'[') {
                self.pos += 1;
                self.matched(start, Some(b'['), b']', false)?;
            }
            if self.word()?.is_none() && self.pos == start {
                break;
            }
        }
        if self.byte(self.pos).is_none() {
            return Err(self.problem(open, "this parenthesis is never closed"));
        }
        self.expect(b')')?;
        self.leave();
        Ok(())
    }

    /// Where the name ends that may begin here.
    fn name_end(&self, start: usize) -> usize {
        let mut at = start;
        if self.byte(at).is_some_and(is_name_start) {
            while self.byte(at).is_some_and(is_name) {
                at += 1;
            }
        }
        at
    }

    /// `NAME=`, `NAME+=`, `NAME[x]=`: the name, and where the value begins.
    fn assignment_head(&self, start: usize) -> Option<(Range<usize>, usize)> {
        let mut at = self.name_end(start);
        if at == start {
            return None;
        }
        let name = start..at;
        if self.byte(at) == Some(b'[') {
            let mut open = 1usize;
            while open > 0 {
                at += 1;
                match self.byte(at)? {
                    b'[' => open += 1,
                    b']' => open -= 1,
                    b'\n' | b';' | b'|' | b' ' => return None,
                    _ => {}
                }
            }
            at += 1;
        }
        if self.byte(at) == Some(b'+') {
            at += 1;
        }
        (self.byte(at) == Some(b'=')).then_some((name, at + 1))
    }

    /// Reads an assignment; nothing when none begins here.
    pub(super) fn assignment(&mut self) -> Result<Option<Assignment>, Problem> {
        let start = self.pos;
        let Some((name, value_start)) = self.assignment_head(start) else {
            let name = self.name_end(start);
            if name > start && self.byte(name) == Some(b'[') {
                return Err(self.problem(name, "this subscript is not understood"));
            }
            return Ok(None);
        };
        let subscript = self.byte(name.end) == Some(b'[');
        let append = self.byte(value_start.saturating_sub(2)) == Some(b'+');
        // The name is kept in front so that `A=(` is known for what it is.
        self.pos = value_start;
        let mut parts = Vec::new();
        let list = self.byte(value_start) == Some(b'(');
        let end = self.word_parts(start, true, &mut parts)?.max(value_start);
        self.last_end = end;
        Ok(Some(Assignment {
            name: self.text.get(name).unwrap_or_default().to_owned(),
            value: Word::new(value_start..end, parts),
            span: start..end,
            append,
            array: list || subscript,
        }))
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
