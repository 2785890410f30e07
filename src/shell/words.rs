//! Words: quotes, and text in which variables are expanded.

use std::ops::Range;

use super::mask::FILLED;
use super::scanner::Scanner;
use super::{Part, Problem, Word};

/// Where expansions are read inside other text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// Between double quotes.
    Quotes,
    /// In a heredoc; tabs at the start of lines may go.
    Body { strips_tabs: bool },
}

/// Adds literal text, joined to the literal before it where nothing lies between.
pub(super) fn push_literal(parts: &mut Vec<Part>, text: &str, range: Range<usize>) {
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
    pub(super) fn word_parts(
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

    /// `(a b)` behind `A=`.
    pub(super) fn array(&mut self) -> Result<(), Problem> {
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

    pub(super) fn single_quoted(&mut self, parts: &mut Vec<Part>) -> Result<(), Problem> {
        let open = self.pos;
        let close = self
            .find(open + 1, b'\'')
            .ok_or_else(|| self.problem(open, "this single quote is never closed"))?;
        push_literal(parts, self.text, open + 1..close);
        self.pos = close + 1;
        Ok(())
    }

    pub(super) fn double_quoted(&mut self, parts: &mut Vec<Part>) -> Result<(), Problem> {
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
    pub(super) fn expanded(
        &mut self,
        parts: &mut Vec<Part>,
        within: Within,
    ) -> Result<(), Problem> {
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
}
