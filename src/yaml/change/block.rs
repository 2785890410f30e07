//! Changes in block collections: whole lines go and come.
//!
//! Which comments go with an entry: the one behind it on its lines; comment lines right below it that are indented
//! like the inside of its value; and the comment lines right above it, at its own indentation, with no blank line
//! between. Of those above, two kinds stay: the comment that a document begins with, and, above the first entry of
//! a collection of which something is left, a comment that ends with a colon: it speaks for the group.
//!
//! It is long because what goes and what comes share one view of lines and comments.

use std::cmp::Reverse;

use crate::text::{Edit, Span};

use super::super::block::read as read_block;
use super::super::lex;
use super::super::scalar::Style;
use super::super::tree::{Kind, NodeId, Tree};
use super::merge::{Merge, Rank};
use super::write::Manner;
use super::{Collection, Element, New, Plan, Refusal, refuse};

/// Works out the removals and insertions of one block collection.
pub(super) fn change(
    tree: &Tree,
    text: &str,
    known: &Collection<'_>,
    step: usize,
    plan: &Plan,
    merge: &mut Merge,
) -> Result<(), Refusal> {
    let (node, elements, manner) = (known.node, &known.elements[..], &known.manner);
    let Some(first) = elements.first() else {
        return Err(refuse(
            tree,
            node,
            "this block collection has no place of its own",
        ));
    };
    let lines = Lines::new(tree, text, node, first);
    let is_left = |index: &usize| !plan.removed.contains(index);
    let count = elements.len();
    let eol = lex::eol(text);
    let render = |key: Option<&str>, value: &New| {
        let prefix = match key {
            Some(key) => format!("{}:", super::write::key(key, false)),
            None => "-".to_owned(),
        };
        manner.block(value, &prefix, &lines.indent, step, eol)
    };
    let between = format!("{eol}{}", lines.indent);
    let Some(first_left) = (0..count).find(is_left) else {
        let end = elements[count - 1].end;
        let new: Vec<String> = plan.all_inserted().map(|it| render(it.0, it.1)).collect();
        let last = plan.all_inserted().last();
        let end = last.map_or(end, |(_, last)| {
            lift_comment(text, first.start, end, last, merge)
        });
        merge.replace(first.start, end, new.join(&between));
        return Ok(());
    };

    let last_left = (first_left..count)
        .rev()
        .find(is_left)
        .unwrap_or(first_left);
    let depth = depth(tree, node);
    let is_compact = !lines.is_own(first.start);
    let mut previous = None; // the last element before it that stays
    for index in plan.removed.iter().copied() {
        previous = index.checked_sub(1).filter(is_left).or(previous);
        let element = elements[index];
        let own_end = lines.end(&element)?;
        if is_compact && index < first_left {
            // What follows moves up, behind the dash.
            if index + 1 == first_left {
                let target = lex_blank(text, own_end).min(elements[first_left].start);
                merge.delete(first.start, target);
            }
            continue;
        }
        let start = lines.start(elements, index);
        let ends_file = own_end == text.len() || lex_blank(text, own_end) == text.len();
        let block = previous.and_then(|it| deepest_block(tree, text, elements[it].value));
        let mut from = start;
        let mut to = own_end;
        if lines.blank_before(start) {
            to = lines.skip_blank(to);
            if ends_file
                && block.is_none_or(|it| !it.keeps)
                && plan.inserted_at(count).next().is_none()
            {
                while lines.blank_before(from) {
                    from = lex::line_start(text, from - 1);
                }
            }
        }
        if let Some(block) = block {
            if block.keeps {
                to = lines.skip_blank(to);
            }
            lines.outdent(to, block.indent, merge);
        }
        merge.delete(from, to);
    }

    for (at, new) in &plan.inserted {
        let at = *at;
        let new: Vec<String> = new.iter().map(|it| render(it.0, it.1)).collect();
        let new = new.join(&between);
        if is_compact && at <= first_left {
            merge.insert(first.start, Rank::Before(depth), format!("{new}{between}"));
        } else if at < count {
            let start = lines.start(elements, at);
            let rank = if at <= last_left {
                Rank::Before(depth)
            } else {
                Rank::Behind(Reverse(depth))
            };
            merge.insert(start, rank, format!("{}{new}{eol}", lines.indent));
        } else if is_left(&(count - 1)) {
            let last = elements[count - 1];
            let (end, next) = lex::line_end(text, last.end);
            lines.end(&last)?;
            if end == next {
                keep_end(tree, text, last.value, merge);
            }
            merge.insert(end, Rank::Behind(Reverse(depth)), format!("{between}{new}"));
        } else {
            let start = lines.start(elements, last_left + 1);
            merge.insert(
                start,
                Rank::Behind(Reverse(depth)),
                format!("{}{new}{eol}", lines.indent),
            );
        }
    }
    Ok(())
}

/// Puts another node in this one's place, its anchor and tag included if it goes as a `whole`.
pub(super) fn replace(
    tree: &Tree,
    text: &str,
    node: NodeId,
    value: &New,
    whole: bool,
    merge: &mut Merge,
) -> Result<(), Refusal> {
    let it = tree.node(node);
    let start = match whole {
        true => it.full_start(),
        false => it.span.start as usize,
    };
    let end = it.span.end as usize;
    let parent = tree.parent(node);
    let (flow, is_key) = match parent.map(|parent| &tree.node(parent).kind) {
        Some(Kind::Sequence { flow, .. }) => (*flow, false),
        Some(Kind::Mapping { flow, entries }) => (*flow, entries.iter().any(|it| it.key == node)),
        _ => (false, false),
    };
    if is_key {
        return Err(refuse(tree, node, "a key is not replaced as a whole"));
    }
    let siblings: Vec<NodeId> = match parent.map(|parent| &tree.node(parent).kind) {
        Some(Kind::Sequence { items, .. }) => items.clone(),
        Some(Kind::Mapping { entries, .. }) => entries.iter().map(|it| it.value).collect(),
        _ => Vec::new(),
    };
    let manner = Manner::of(tree, siblings.into_iter().filter(|it| *it != node));
    let spreads = match value {
        New::Sequence(items) => !items.is_empty(),
        New::Mapping(entries) => !entries.is_empty(),
        _ => false,
    };
    let own_line = tree.token_before(text, start);
    let written = if spreads && !flow {
        let eol = lex::eol(text);
        let (column, inside) = match parent {
            Some(parent) => (lex::column(text, tree.node(parent).span.start as usize), 2),
            None => (0, 0),
        };
        let indent = " ".repeat(column);
        let is_item = matches!(
            parent.map(|parent| &tree.node(parent).kind),
            Some(Kind::Sequence { .. })
        );
        let has_properties = !whole && (it.tag.is_some() || it.anchor.is_some());
        let prefix = if is_item && !has_properties { "-" } else { "" };
        let whole = manner.block(value, prefix, &indent, inside, eol);
        let body = whole.strip_prefix(prefix).unwrap_or(&whole).to_owned();
        if parent.is_none() {
            body.trim_start().to_owned()
        } else {
            body
        }
    } else {
        format!(" {}", manner.line(value, flow))
    };
    let body = written.trim_start_matches(' ');
    let spread_line = body.starts_with(['\n', '\r']);
    let end = match flow {
        true => end,
        false => lift_comment(text, own_line.unwrap_or(start), end, value, merge),
    };
    match own_line {
        // The old node begins on a later line than what leads to it: the new one moves up.
        Some(before) if !text[before..start].trim_matches([' ', '\t']).is_empty() => {
            let (line, _) = lex::line_end(text, before);
            let (last, _) = lex::line_end(text, end);
            let lead = if spread_line {
                body.to_owned()
            } else {
                format!(" {body}")
            };
            if flow {
                merge.replace(start, end, body.to_owned());
            } else if spread_line {
                merge.insert(line, Rank::Before(0), lead);
                merge.delete(line, last);
            } else {
                merge.insert(before, Rank::Before(0), lead);
                merge.delete(line, last);
            }
        }
        before => {
            let touches = start == end || before == Some(start);
            let needs_blank = touches
                && !spread_line
                && text[..start].chars().next_back().is_some_and(|it| {
                    !it.is_whitespace() && it != '[' && it != '{' && it != '\u{feff}'
                });
            let from = match before {
                Some(before) if spread_line => before,
                _ => start,
            };
            let lead = if needs_blank { " " } else { "" };
            merge.replace(from, end, format!("{lead}{body}"));
        }
    }
    Ok(())
}

/// A comment behind what goes moves above the line of `start`, if behind what comes it would be part of a text. Gives where what
/// goes ends, with the comment if it moves.
fn lift_comment(text: &str, start: usize, end: usize, value: &New, merge: &mut Merge) -> usize {
    let behind = lex::line_end(text, end).0;
    let comment = text[end..behind].trim();
    if !comment.starts_with('#') || !ends_in_lines(value) {
        return end;
    }
    let line = lex::line_start(text, start);
    let rest = &text[line..];
    let indent = &rest[..rest.len() - rest.trim_start_matches(' ').len()];
    let above = format!("{indent}{comment}{}", lex::eol(text));
    merge.insert(line, Rank::Before(0), above);
    behind
}

/// Whether what is written last is a text of several lines.
fn ends_in_lines(value: &New) -> bool {
    match value {
        New::Block(_) => true,
        New::Sequence(items) => items.last().is_some_and(ends_in_lines),
        New::Mapping(entries) => entries.last().is_some_and(|(_, last)| ends_in_lines(last)),
        _ => false,
    }
}

impl Tree {
    /// Where the last token before `start` ends on the way to a node: its indicator, tag or anchor.
    fn token_before(&self, text: &str, start: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut at = start;
        loop {
            while at > 0 && matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'\r') {
                at -= 1;
            }
            let index = self.comments().partition_point(|it| (it.end as usize) < at);
            match self.comments().get(index) {
                Some(comment) if comment.end as usize == at => at = comment.start as usize,
                _ => break,
            }
        }
        (at > 0 && !text[..at].ends_with('\u{feff}')).then_some(at)
    }
}

/// How far the collections below these elements are indented further than the elements.
pub(super) fn step(tree: &Tree, text: &str, elements: &[Element]) -> usize {
    let column = elements
        .first()
        .map_or(0, |first| lex::column(text, first.start));
    let below = |element: &Element| {
        let node = tree.node(element.value);
        match &node.kind {
            Kind::Sequence { flow: false, .. } | Kind::Mapping { flow: false, .. } => {
                lex::column(text, node.span.start as usize).checked_sub(column)
            }
            _ => None,
        }
    };
    elements.iter().find_map(below).unwrap_or(2)
}

fn depth(tree: &Tree, node: NodeId) -> usize {
    std::iter::successors(tree.parent(node), |it| tree.parent(*it)).count()
}

/// The first byte from here on that is not a blank or a line end.
fn lex_blank(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len()
}

/// A block scalar at the end of something.
#[derive(Clone, Copy)]
struct Tail {
    indent: usize,
    /// Whether blank lines behind it are its text.
    keeps: bool,
    header: usize,
    chomping: Option<(usize, u8)>,
    header_end: usize,
    end: usize,
}

/// The block scalar that a node ends with.
fn deepest_block(tree: &Tree, text: &str, mut node: NodeId) -> Option<Tail> {
    loop {
        let it = tree.node(node);
        match &it.kind {
            Kind::Sequence { items, flow: false } => node = *items.last()?,
            Kind::Mapping {
                entries,
                flow: false,
            } => node = entries.last()?.value,
            Kind::Scalar(scalar) if matches!(scalar.style(), Style::Literal | Style::Folded) => {
                let header = it.span.start as usize;
                let block = read_block(text, header, scalar.value());
                return Some(Tail {
                    indent: block.indent,
                    keeps: matches!(block.chomping, Some((_, b'+'))),
                    header,
                    chomping: block.chomping,
                    header_end: block.header_end,
                    end: block.end(),
                });
            }
            _ => return None,
        }
    }
}

/// A block scalar that ends with the file, on a line without end, has no line feed: it must not get one.
fn keep_end(tree: &Tree, text: &str, node: NodeId, merge: &mut Merge) {
    let Some(tail) = deepest_block(tree, text, node) else {
        return;
    };
    if tail.end < text.len() || tail.end <= tail.header_end || tail.header >= tail.end {
        return;
    }
    match tail.chomping {
        Some((_, b'-')) => {}
        Some((at, _)) => merge.guard(Edit::replace(Span::new(at, at + 1), "-")),
        None => merge.guard(Edit::insert(tail.header_end, "-")),
    }
}

/// The lines around the elements of one collection.
struct Lines<'a> {
    tree: &'a Tree,
    text: &'a str,
    node: NodeId,
    column: usize,
    indent: String,
}

impl<'a> Lines<'a> {
    fn new(tree: &'a Tree, text: &'a str, node: NodeId, first: &Element) -> Self {
        let column = lex::column(text, first.start);
        Self {
            tree,
            text,
            node,
            column,
            indent: " ".repeat(column),
        }
    }

    /// Whether nothing but blanks stands before a byte on its line.
    fn is_own(&self, at: usize) -> bool {
        let start = lex::line_start(self.text, at);
        self.text[start..at].bytes().all(|it| it == b' ')
    }

    /// The comment that stands alone on the line that begins at `line`: its column and its text.
    fn comment(&self, line: usize) -> Option<(usize, &'a str)> {
        let (end, _) = lex::line_end(self.text, line);
        let body = self.text[line..end].trim_start_matches([' ', '\t']);
        let at = end - body.len();
        let comments = self.tree.comments();
        let index = comments
            .binary_search_by_key(&(at as u32), |it| it.start)
            .ok()?;
        Some((at - line, comments[index].slice(self.text)))
    }

    fn is_blank(&self, line: usize) -> bool {
        let (end, next) = lex::line_end(self.text, line);
        next > line && self.text[line..end].trim_matches([' ', '\t']).is_empty()
    }

    /// Whether the line before the one that begins here is blank.
    fn blank_before(&self, line: usize) -> bool {
        line > 0 && {
            let before = self.previous(line);
            before < line && self.is_blank(before)
        }
    }

    /// Where the line before the one that begins here begins.
    fn previous(&self, line: usize) -> usize {
        let head = &self.text[..line];
        let head = head.strip_suffix('\n').unwrap_or(head);
        let head = head.strip_suffix('\r').unwrap_or(head);
        lex::line_start(self.text, head.len()).min(line)
    }

    fn skip_blank(&self, mut line: usize) -> usize {
        while line < self.text.len() && self.is_blank(line) {
            line = lex::line_end(self.text, line).1;
        }
        line
    }

    /// Where an element begins with the comments above it that are its own.
    fn start(&self, elements: &[Element], index: usize) -> usize {
        let line = lex::line_start(self.text, elements[index].start);
        let mut top = line;
        let mut lowest = None;
        while top > 0 {
            let above = self.previous(top);
            match self.comment(above) {
                Some((column, comment)) if above < top && column == self.column => {
                    lowest = lowest.or(Some(comment));
                    top = above;
                }
                _ => break,
            }
        }
        if index == 0 {
            let speaks_for_group =
                elements.len() > 1 && lowest.is_some_and(|it| it.trim_end().ends_with(':'));
            if speaks_for_group || self.begins_document(top) {
                return line;
            }
        }
        top
    }

    /// Whether a document begins with this line.
    fn begins_document(&self, line: usize) -> bool {
        if self.tree.parent(self.node).is_some() {
            return false;
        }
        let head = self.text[..line].trim_start_matches('\u{feff}').trim_end();
        head.is_empty() || head.ends_with("---") || head.ends_with("...")
    }

    /// Where the line behind an element begins, and behind the comments below that lie within it.
    fn end(&self, element: &Element) -> Result<usize, Refusal> {
        let (end, mut next) = lex::line_end(self.text, element.end);
        let rest = self.text[element.end..end].trim_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with('#') {
            return Err(refuse(
                self.tree,
                element.value,
                "something else stands on the same line",
            ));
        }
        let value = self.tree.node(element.value);
        let inside = match &value.kind {
            Kind::Sequence { flow: false, .. } | Kind::Mapping { flow: false, .. } => {
                lex::column(self.text, value.span.start as usize).max(self.column + 1)
            }
            _ => usize::MAX,
        };
        while let Some((column, _)) = self.comment(next)
            && column >= inside
        {
            next = lex::line_end(self.text, next).1;
        }
        Ok(next)
    }

    /// Comments that would become text of the block scalar before them move out to the collection's indentation.
    fn outdent(&self, mut line: usize, indent: usize, merge: &mut Merge) {
        while line < self.text.len() {
            if !self.is_blank(line) {
                match self.comment(line) {
                    Some((column, _)) if column >= indent => {
                        merge.delete(line + self.column.min(column), line + column);
                    }
                    _ => return,
                }
            }
            line = lex::line_end(self.text, line).1;
        }
    }
}
