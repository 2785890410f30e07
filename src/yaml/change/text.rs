//! Changes in the text of one scalar. The new scalar is read back, and the change refused if it would not decode
//! to what was asked for.
//!
//! It is long because each style of a scalar has a way of its own, and all of them share what follows a line.

use std::ops::Range;

use crate::text::{Edit, Span, apply_edits};

use super::super::block::{self, Block};
use super::super::lex;
use super::super::scalar::{Scalar, Style};
use super::super::tree::{Kind, NodeId, Tree};
use super::merge::Merge;
use super::write::{self, Context};
use super::{Change, Refusal, refuse};

/// Works out all changes of one scalar.
pub(super) fn scalar(
    tree: &Tree,
    text: &str,
    node: NodeId,
    changes: &[&Change],
    merge: &mut Merge,
) -> Result<(), Refusal> {
    let Kind::Scalar(scalar) = &tree.node(node).kind else {
        return Err(refuse(tree, node, "this is not a text"));
    };
    let it = Job::new(tree, text, node, scalar);
    let mut whole = changes.iter().filter_map(|change| match change {
        Change::ReplaceScalar { text, .. } => Some(text),
        _ => None,
    });
    if let Some(new) = whole.next() {
        if changes.len() > 1 {
            return Err(it.refuse("two changes want the same text"));
        }
        return it.whole(new, merge);
    }
    // A value that is missing needs what stands before one.
    if it.span.is_empty()
        && let [Change::ReplaceText { text, .. }] = changes
    {
        return it.whole(text, merge);
    }
    it.parts(changes, merge)
}

struct Job<'a> {
    tree: &'a Tree,
    text: &'a str,
    node: NodeId,
    span: Span,
    scalar: &'a Scalar,
    context: Context,
    layout: Option<Block>,
}

/// One replacement, in the decoded value and in the source.
struct Part {
    decoded: Range<usize>,
    text: String,
    source: Span,
    written: String,
}

impl<'a> Job<'a> {
    fn new(tree: &'a Tree, text: &'a str, node: NodeId, scalar: &'a Scalar) -> Self {
        let span = tree.node(node).span;
        let context = match tree.parent(node).map(|parent| &tree.node(parent).kind) {
            Some(Kind::Sequence { flow, .. }) => Context {
                flow: *flow,
                key: false,
            },
            Some(Kind::Mapping { flow, entries }) => Context {
                flow: *flow,
                key: entries.iter().any(|entry| entry.key == node),
            },
            _ => Context {
                flow: false,
                key: false,
            },
        };
        let is_block = matches!(scalar.style(), Style::Literal | Style::Folded);
        let layout = is_block.then(|| block::read(text, span.start as usize, scalar.value()));
        Self {
            tree,
            text,
            node,
            span,
            scalar,
            context,
            layout,
        }
    }

    fn refuse(&self, why: &str) -> Refusal {
        refuse(self.tree, self.node, why)
    }

    /// A new value for the whole scalar.
    fn whole(&self, new: &str, merge: &mut Merge) -> Result<(), Refusal> {
        if new == self.scalar.value() {
            return Ok(());
        }
        let (start, end) = (self.span.start as usize, self.span.end as usize);
        if let Some(layout) = &self.layout
            && let Some(written) = self.block(layout, new)
        {
            merge.replace(start, end, written);
            return Ok(());
        }
        let old = self.scalar.value();
        let style = match self.scalar.style() {
            Style::Plain if write::is_typed(new) && !write::is_typed(old) => Style::DoubleQuoted,
            style => style,
        };
        let mut written = write::scalar(new, style, self.context);
        if let Some(layout) = &self.layout {
            written.push_str(self.text[layout.header_end..layout.header_line_end].trim_end());
        }
        if start == end {
            let before = self.text[..start].chars().next_back();
            if self.context.key
                || !self.has_colon()
                || !matches!(before, Some(':' | '-' | ' '))
                    && self.tree.node(self.node).full_start() == start
            {
                return Err(self.refuse("there is no place for a text here"));
            }
            if before != Some(' ') {
                written.insert(0, ' ');
            }
        }
        merge.replace(start, end, written);
        Ok(())
    }

    /// Whether a colon is written before the value of an entry: `? key` and `{key}` have none.
    fn has_colon(&self) -> bool {
        let parent = self.tree.parent(self.node);
        let Some(Kind::Mapping { entries, .. }) = parent.map(|it| &self.tree.node(it).kind) else {
            return true;
        };
        let entry = entries.iter().find(|entry| entry.value == self.node);
        entry.is_none_or(|entry| {
            let between = self.tree.node(entry.key).span.end as usize..self.span.start as usize;
            let between = self.text.get(between);
            between.is_some_and(|between| between.contains(':'))
        })
    }

    /// A block scalar with a new value: the header with its comment, and the lines. None if a block cannot carry it.
    fn block(&self, layout: &Block, new: &str) -> Option<String> {
        let eol = lex::eol(self.text);
        let body = new.strip_suffix('\n').unwrap_or(new);
        // lines without text do not show how far one is indented
        let is_blank = layout.lines.iter().all(|line| line.content == line.end);
        if body.is_empty() || body.ends_with('\n') || body.contains('\r') || is_blank {
            return None;
        }
        let ends_file = self.span.end as usize == self.text.len();
        let wants_strip = !new.ends_with('\n');
        if ends_file && !wants_strip {
            return None;
        }
        let start = self.span.start as usize;
        let strips = matches!(layout.chomping, Some((_, b'-')));
        let mut header = self.text[start..layout.header_line_end].to_owned();
        if let Some((at, chomping)) = layout.chomping {
            if chomping == b'+' || strips != wants_strip {
                header.replace_range(
                    at - start..at - start + 1,
                    if wants_strip { "-" } else { "" },
                );
            }
        } else if wants_strip {
            // Also at the end of a file, where something may be put behind.
            header.insert(layout.header_end - start, '-');
        }
        let indent = " ".repeat(layout.indent);
        let is_folded = self.scalar.style() == Style::Folded;
        for (number, line) in body.split('\n').enumerate() {
            if is_folded && number > 0 {
                header.push_str(eol);
            }
            header.push_str(eol);
            if !line.is_empty() {
                header.push_str(&indent);
                header.push_str(line);
            }
        }
        (self.read(&header, layout).as_deref() == Some(new)).then_some(header)
    }

    /// Reads a written block scalar back, as it will stand in this file.
    fn read(&self, written: &str, layout: &Block) -> Option<String> {
        let outer = layout
            .explicit
            .map_or(0, |digit| layout.indent.saturating_sub(digit));
        let end = self.span.end as usize;
        let line_end = if lex::line_end(self.text, end).1 > end {
            "\n"
        } else {
            ""
        };
        let key = if layout.indent == 0 { "---" } else { "k:" };
        let whole = format!("{}{key} {written}{line_end}", " ".repeat(outer));
        let context = Context {
            flow: false,
            key: false,
        };
        if layout.indent == 0 {
            let tree = Tree::parse(&whole).ok()?;
            return Some(tree.scalar(*tree.documents().first()?)?.value().to_owned());
        }
        write::read_in(&whole, context, self.scalar.style())
    }

    /// Replacements within the text, and lines that go and come.
    fn parts(&self, changes: &[&Change], merge: &mut Merge) -> Result<(), Refusal> {
        let mut parts = Vec::new();
        let removed = self.lines(changes, &mut parts)?;
        let value = self.scalar.value();
        for change in changes {
            let Change::ReplaceText { range, text, .. } = change else {
                continue;
            };
            if value.get(range.clone()).is_none() {
                return Err(self.refuse("the change does not fit the text"));
            }
            if removed
                .iter()
                .any(|gone| gone.start <= range.start && range.end <= gone.end)
            {
                continue;
            }
            let source = self.scalar.source_of(range.clone());
            let Some(mut source) = source.or_else(|| self.scalar.cover_of(range.clone())) else {
                return Err(self.refuse("the text does not stand in the file as it is read"));
            };
            // a line end of two bytes is decoded as one, and stays whole
            let before = (source.start as usize).checked_sub(1);
            if value[range.start..].starts_with('\n')
                && before.and_then(|at| self.text.as_bytes().get(at)) == Some(&b'\r')
            {
                source.start -= 1;
                if range.is_empty() {
                    source.end -= 1;
                }
            }
            parts.push(Part {
                decoded: range.clone(),
                text: text.clone(),
                source,
                written: self.written(text),
            });
        }
        parts.sort_by_key(|part| (part.decoded.start, part.decoded.end));
        let expected = self.expected(&parts)?;
        if self.verify(&parts, &expected) {
            for part in parts {
                merge.replace(
                    part.source.start as usize,
                    part.source.end as usize,
                    part.written,
                );
            }
            return Ok(());
        }
        let is_line = !self.span.slice(self.text).contains(['\n', '\r']);
        if self.layout.is_none() && is_line && !self.context.key {
            let style = match self.scalar.style() {
                Style::Plain if !expected.contains('\'') => Style::SingleQuoted,
                style => style,
            };
            let written = write::scalar(&expected, style, self.context);
            merge.replace(self.span.start as usize, self.span.end as usize, written);
            return Ok(());
        }
        Err(self.refuse("the new text cannot be written here without another meaning"))
    }

    /// The text as it is written in this scalar's style.
    fn written(&self, text: &str) -> String {
        match self.scalar.style() {
            Style::SingleQuoted => text.replace('\'', "''"),
            Style::DoubleQuoted => {
                let mut written = String::new();
                write::escape(text, &mut written);
                written
            }
            Style::Literal if text.contains('\n') => {
                let indent = self.layout.as_ref().map_or(0, |layout| layout.indent);
                text.replace(
                    '\n',
                    &format!("{}{}", lex::eol(self.text), " ".repeat(indent)),
                )
            }
            _ => text.to_owned(),
        }
    }

    fn expected(&self, parts: &[Part]) -> Result<String, Refusal> {
        let edits = parts
            .iter()
            .map(|it| Edit::replace(Span::new(it.decoded.start, it.decoded.end), it.text.clone()))
            .collect();
        apply_edits(self.scalar.value(), edits)
            .map_err(|_| self.refuse("two changes meet in this text"))
    }

    /// Whether the parts change nothing but letters within the lines of a literal block, so that what is read is beyond doubt:
    /// no line comes, goes, is emptied or begins in another column.
    fn is_clearly_literal(&self, parts: &[Part]) -> bool {
        let is_indented = self.layout.as_ref().is_some_and(|layout| layout.indent > 0);
        is_indented
            && self.scalar.style() == Style::Literal
            && parts.iter().all(|part| self.keeps_its_line(part))
    }

    /// Whether a part replaces letters of one line by others, and the line still begins as it did or with a letter in that place.
    fn keeps_its_line(&self, part: &Part) -> bool {
        let Range { start, end } = part.decoded;
        let (Some(before), Some(old), Some(after)) = (
            self.scalar.value().get(..start),
            self.scalar.value().get(start..end),
            self.scalar.value().get(end..),
        ) else {
            return false;
        };
        let printed = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        if part.written != part.text
            || !part.text.bytes().all(printed)
            || old.contains(['\n', '\r'])
        {
            return false;
        }
        let lead = before.rsplit('\n').next().unwrap_or_default();
        // the letter next to it tells that the source is meant which stands on this line
        let beside = if lead.bytes().any(|byte| byte.is_ascii_graphic()) {
            let letter = before.chars().next_back().map_or(0, char::len_utf8);
            start - letter..end
        } else if part
            .text
            .starts_with(|first: char| first.is_ascii_graphic())
        {
            let letter = match after.chars().next() {
                Some(letter) if !matches!(letter, '\n' | '\r') => letter.len_utf8(),
                _ => return false,
            };
            start..end + letter
        } else {
            return false;
        };
        let (more_before, more_after) = (start - beside.start, beside.end - end);
        self.scalar.source_of(beside).is_some_and(|source| {
            source.start as usize + more_before == part.source.start as usize
                && source.end as usize == part.source.end as usize + more_after
        })
    }

    /// Whether the parts, written, are read as expected.
    fn verify(&self, parts: &[Part], expected: &str) -> bool {
        if self.is_clearly_literal(parts) {
            return true;
        }
        let start = self.span.start as usize;
        let end = self.span.end as usize;
        let last = lex::line_end(self.text, end).1;
        let is_block = self.layout.is_some();
        // the line end behind a block parts it from what follows
        let takes_end = |part: &Part| part.source.end as usize > end;
        if is_block && parts.iter().any(takes_end) {
            return false;
        }
        let whole = &self.text[start..if is_block { last } else { end }];
        let mut edits = Vec::new();
        for part in parts {
            let (Some(from), Some(to)) = (
                (part.source.start as usize).checked_sub(start),
                (part.source.end as usize).checked_sub(start),
            ) else {
                return false;
            };
            edits.push(Edit::replace(Span::new(from, to), part.written.clone()));
        }
        let Ok(written) = apply_edits(whole, edits) else {
            return false;
        };
        let read = match &self.layout {
            Some(layout) => {
                let written = written.strip_suffix('\n').unwrap_or(&written);
                self.read(written.strip_suffix('\r').unwrap_or(written), layout)
            }
            None => write::read(&written, self.context, self.scalar.style()),
        };
        read.as_deref() == Some(expected)
    }

    /// Works out the changes of whole lines; the decoded ranges that go.
    fn lines(
        &self,
        changes: &[&Change],
        parts: &mut Vec<Part>,
    ) -> Result<Vec<Range<usize>>, Refusal> {
        let is_lines = |change: &&&Change| !matches!(change, Change::ReplaceText { .. });
        if !changes.iter().any(|change| is_lines(&change)) {
            return Ok(Vec::new());
        }
        let lines = self.line_table()?;
        let line_of = |offset: usize| {
            lines
                .partition_point(|it| it.decoded.start <= offset)
                .saturating_sub(1)
        };
        let mut removed = vec![false; lines.len()];
        let mut before = vec![Vec::new(); lines.len()];
        let mut behind = vec![Vec::new(); lines.len()];
        let value = self.scalar.value();
        let indented = |index: usize, new: &[String]| -> Vec<String> {
            let line = &value[lines[index].decoded.clone()];
            let lead = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
            new.iter().map(|it| format!("{lead}{it}")).collect()
        };
        for change in changes {
            match change {
                Change::RemoveTextLines { range, .. } => {
                    if value.get(range.clone()).is_none() {
                        return Err(self.refuse("the change does not fit the text"));
                    }
                    let last = range.end.saturating_sub(1).max(range.start);
                    removed[line_of(range.start)..=line_of(last)].fill(true);
                }
                Change::InsertTextLines { after, lines, .. } => {
                    let index = line_of(*after);
                    behind[index].extend(indented(index, lines));
                }
                Change::InsertTextLinesBefore {
                    before: at, lines, ..
                } => {
                    let index = line_of(*at);
                    before[index].extend(indented(index, lines));
                }
                _ => {}
            }
        }
        let inserts = before.iter().chain(&behind).any(|it| !it.is_empty());
        if inserts && self.scalar.style() != Style::Literal {
            return Err(self.refuse("lines can only be put into a literal block"));
        }
        if removed.iter().all(|it| *it) && !inserts {
            return Err(self.refuse("nothing would be left of the text"));
        }
        let indent = " ".repeat(self.layout.as_ref().map_or(0, |layout| layout.indent));
        let eol = lex::eol(self.text);
        // Each line carries the line end before it, but the first carries the one behind it.
        let survivors = |from: usize| (from..lines.len()).any(|it| !removed[it]);
        let mut gone = Vec::new();
        let mut is_first = true;
        for (index, line) in lines.iter().enumerate() {
            let new: Vec<&String> = if removed[index] {
                before[index].iter().chain(&behind[index]).collect()
            } else {
                Vec::new()
            };
            if removed[index] {
                gone.push(line.decoded.clone());
                if !new.is_empty() {
                    let text = new.iter().map(|it| it.as_str()).collect::<Vec<_>>();
                    parts.push(Part {
                        decoded: line.decoded.clone(),
                        text: text.join("\n"),
                        source: Span::new(line.content, line.end),
                        written: text.join(&format!("{eol}{indent}")),
                    });
                    is_first = false;
                    continue;
                }
                let previous = index.checked_sub(1).map(|it| &lines[it]);
                let next = lines.get(index + 1);
                let (decoded, source) = match (previous, next) {
                    (_, Some(next)) if is_first || survivors(index + 1) => (
                        line.decoded.start..next.decoded.start,
                        Span::new(line.content, next.content),
                    ),
                    (Some(previous), _) => (
                        previous.decoded.end..line.decoded.end,
                        Span::new(previous.end, line.end),
                    ),
                    _ => return Err(self.refuse("nothing would be left of the text")),
                };
                parts.push(Part {
                    decoded,
                    text: String::new(),
                    source,
                    written: String::new(),
                });
                continue;
            }
            is_first = false;
            if !before[index].is_empty() {
                let text = &before[index];
                parts.push(Part {
                    decoded: line.decoded.start..line.decoded.start,
                    text: format!("{}\n", text.join("\n")),
                    source: Span::at(line.content),
                    written: format!("{0}{eol}{indent}", text.join(&format!("{eol}{indent}"))),
                });
            }
            if !behind[index].is_empty() {
                let text = &behind[index];
                parts.push(Part {
                    decoded: line.decoded.end..line.decoded.end,
                    text: format!("\n{}", text.join("\n")),
                    source: Span::at(line.end),
                    written: format!("{eol}{indent}{}", text.join(&format!("{eol}{indent}"))),
                });
            }
        }
        Ok(gone)
    }

    /// Each source line of the text with the decoded bytes that it carries.
    fn line_table(&self) -> Result<Vec<TextLine>, Refusal> {
        let value = self.scalar.value();
        let mut table = Vec::new();
        if self.scalar.style() == Style::Literal
            && let Some(layout) = &self.layout
        {
            let mut at = 0;
            for line in &layout.lines {
                let length = line.end - line.content;
                if value.get(at..at + length) != self.text.get(line.content..line.end) {
                    return Err(self.refuse("the lines of this text cannot be told apart"));
                }
                table.push(TextLine {
                    decoded: at..at + length,
                    content: line.content,
                    end: line.end,
                });
                at += length + 1;
            }
        } else {
            let mut at = 0;
            let mut from = match &self.layout {
                Some(layout) => layout
                    .lines
                    .first()
                    .map_or(layout.header_line_end, |it| it.start),
                None if self.scalar.style() == Style::Plain => self.span.start as usize,
                None => return Err(self.refuse("lines of a quoted text cannot be taken away")),
            };
            let end = self.span.end as usize;
            while from < end {
                let (line_end, next) = lex::line_end(self.text, from);
                let line = self.text[from..line_end.min(end)].trim_end_matches(['\t']);
                let content = line.trim_start_matches([' ', '\t']);
                let stop = from + line.len();
                let start = stop - content.len();
                let content = content.trim_end_matches([' ', '\t']);
                if !content.is_empty() {
                    let Some(found) = value.get(at..).and_then(|it| it.find(content)) else {
                        return Err(self.refuse("the lines of this text cannot be told apart"));
                    };
                    let decoded = at + found..at + found + content.len();
                    at = decoded.end;
                    table.push(TextLine {
                        decoded,
                        content: start,
                        end: start + content.len(),
                    });
                }
                from = next;
            }
        }
        if table.is_empty() {
            return Err(self.refuse("this text has no lines"));
        }
        Ok(table)
    }
}

/// A source line and the decoded bytes it carries.
struct TextLine {
    decoded: Range<usize>,
    content: usize,
    end: usize,
}
