//! Simple commands: assignments, words, redirections with their heredocs.

use std::ops::Range;

use super::lists::Member;
use super::scanner::{NEVER_ENDED, Pending, Scanner, is_name, is_name_start};
use super::{Assignment, Command, Heredoc, Problem, Redirect, Word};

/// Programs of the shell that take lists like `A=(a b)` as arguments.
pub(super) const DECLARING: [&str; 8] = [
    "alias", "declare", "eval", "export", "let", "local", "readonly", "typeset",
];

impl Scanner<'_> {
    pub(super) fn simple(&mut self) -> Result<Option<Member>, Problem> {
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

    /// Where the name ends that may begin here.
    pub(super) fn name_end(&self, start: usize) -> usize {
        let mut at = start;
        if self.byte(at).is_some_and(is_name_start) {
            while self.byte(at).is_some_and(is_name) {
                at += 1;
            }
        }
        at
    }

    /// `NAME=`, `NAME+=`, `NAME[x]=`: the name, and where the value begins.
    pub(super) fn assignment_head(&self, start: usize) -> Option<(Range<usize>, usize)> {
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

    pub(super) fn redirects(&mut self) -> Result<(), Problem> {
        loop {
            self.blanks();
            if self.redirect()?.is_none() {
                return Ok(());
            }
        }
    }

    pub(super) fn redirect(&mut self) -> Result<Option<Redirect>, Problem> {
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
    pub(super) fn descriptor_end(&self, start: usize) -> usize {
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
    pub(super) fn bodies(&mut self) -> Result<(), Problem> {
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
}
