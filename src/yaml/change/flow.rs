//! Changes in flow collections. What lies between two elements that stay, or between one and a bracket, is written
//! anew where something goes or comes; the elements themselves are not touched.

use std::collections::BTreeSet;

use super::super::lex;
use super::super::tree::{NodeId, Tree};
use super::merge::Merge;
use super::write;
use super::{Collection, Element, Plan, Refusal, refuse};

/// What stands between two neighbours.
pub(super) struct Gap<'a> {
    comma: bool,
    /// The comment behind the left neighbour.
    comment: &'a str,
    /// Whole lines between: comments and blank lines.
    lines: Vec<&'a str>,
    /// The blanks before the right neighbour, on its line.
    lead: &'a str,
    is_broken: bool,
}

/// Works out the removals and insertions of one flow collection.
pub(super) fn change(
    tree: &Tree,
    text: &str,
    known: &Collection<'_>,
    gaps: Option<&[Gap<'_>]>,
    plan: &Plan,
    merge: &mut Merge,
) -> Result<(), Refusal> {
    let (node, elements, manner) = (known.node, &known.elements[..], &known.manner);
    let Some((open, close)) = inside(tree, text, node) else {
        return Err(refuse(tree, node, "a pair without braces is not changed"));
    };
    let count = elements.len();
    let gaps = gaps.ok_or_else(|| {
        refuse(
            tree,
            node,
            "the commas of this list stand where they cannot be moved safely",
        )
    })?;
    let layout = Layout {
        eol: lex::eol(text),
        separator: match gaps.get(1) {
            Some(gap) if count > 1 && !gap.is_broken && gap.lead.is_empty() => ",",
            _ => ", ",
        },
        indent: gaps[..count]
            .iter()
            .find(|gap| gap.is_broken)
            .map_or("  ", |gap| gap.lead),
    };
    let touched: BTreeSet<usize> = plan
        .removed
        .iter()
        .chain(plan.inserted.keys())
        .copied()
        .collect();
    let mut done = 0; // what stands before this element is written
    for first in touched {
        if first < done {
            continue;
        }
        let mut right = first;
        while right < count && plan.removed.contains(&right) {
            right += 1;
        }
        done = right + 1;
        let left = first.checked_sub(1);
        let new: Vec<String> = (first..=right)
            .flat_map(|at| plan.inserted_at(at))
            .map(|(key, value)| match key {
                Some(key) => format!("{}: {}", write::key(key, true), manner.line(value, true)),
                None => manner.line(value, true),
            })
            .collect();
        let start = left.map_or(open, |left| elements[left].end);
        let end = elements.get(right).map_or(close, |it| it.start);
        let region = &gaps[first..=right];
        let written = layout.region(region, left.is_some(), right < count, &new);
        merge.replace(start, end, written);
    }
    Ok(())
}

/// Where what a collection holds begins and ends; nothing if it has no brackets.
fn inside(tree: &Tree, text: &str, node: NodeId) -> Option<(usize, usize)> {
    let span = tree.node(node).span;
    let slice = span.slice(text);
    let bracketed = slice.starts_with(['[', '{']) && slice.ends_with([']', '}']);
    bracketed.then_some((span.start as usize + 1, span.end as usize - 1))
}

/// What stands between the elements, and between them and the brackets; nothing if it cannot be taken apart.
pub(super) fn gaps<'t>(
    tree: &Tree,
    text: &'t str,
    node: NodeId,
    elements: &[Element],
) -> Option<Vec<Gap<'t>>> {
    let (open, close) = inside(tree, text, node)?;
    let mut gaps = Vec::with_capacity(elements.len() + 1);
    let mut from = open;
    for element in elements {
        gaps.push(gap(text, from, element.start)?);
        from = element.end;
    }
    gaps.push(gap(text, from, close)?);
    Some(gaps)
}

struct Layout<'a> {
    eol: &'a str,
    separator: &'a str,
    indent: &'a str,
}

impl Layout<'_> {
    fn region(&self, gaps: &[Gap], has_left: bool, has_right: bool, new: &[String]) -> String {
        let (Some(first), Some(last)) = (gaps.first(), gaps.last()) else {
            return String::new();
        };
        let mut written = String::new();
        if !first.is_broken && !last.is_broken {
            let separator = self.separator;
            if has_left && (!new.is_empty() || has_right) {
                written.push_str(separator);
            }
            if !has_left {
                written.push_str(first.lead);
            }
            written.push_str(&new.join(separator));
            if has_right {
                if !new.is_empty() {
                    written.push_str(separator);
                }
            } else {
                if last.comma {
                    written.push(',');
                }
                if has_left || gaps.len() > 1 || !new.is_empty() {
                    written.push_str(last.lead);
                }
            }
            return written;
        }
        let line = |indent: &str| format!("{}{indent}", self.eol);
        if has_left && (has_right || !new.is_empty() || last.comma) {
            written.push(',');
        }
        written.push_str(first.comment);
        for gap in &gaps[..gaps.len() - 1] {
            // The comment lines right above an element that goes are its own.
            let own = gap
                .lines
                .iter()
                .rev()
                .take_while(|it| it.trim_start().starts_with('#'))
                .count();
            for kept in &gap.lines[..gap.lines.len() - own] {
                written.push_str(&line(kept));
            }
        }
        for (index, element) in new.iter().enumerate() {
            written.push_str(&line(self.indent));
            written.push_str(element);
            if has_right || last.comma || index + 1 < new.len() {
                written.push(',');
            }
        }
        for kept in &last.lines {
            written.push_str(&line(kept));
        }
        // a bracket behind a comment would be part of it
        let behind_comment = new.is_empty() && written.contains('#');
        if last.is_broken {
            written.push_str(&line(last.lead));
        } else if has_right || behind_comment {
            written.push_str(&line(self.indent));
        } else {
            written.push_str(last.lead);
        }
        written
    }
}

/// Reads a gap; none if its comma does not stand on the left neighbour's line.
fn gap(text: &str, start: usize, end: usize) -> Option<Gap<'_>> {
    let whole = text.get(start..end)?;
    let (line, mut next) = lex::line_end(whole, 0);
    let head = &whole[..line];
    let blanks = [' ', '\t'];
    let (comma, head) = match head.trim_start_matches(blanks).strip_prefix(',') {
        Some(rest) => (true, rest),
        None => (false, head),
    };
    if next == line {
        let is_clean = head.trim_matches(blanks).is_empty();
        return is_clean.then_some(Gap {
            comma,
            comment: "",
            lines: Vec::new(),
            lead: head,
            is_broken: false,
        });
    }
    let comment = head.trim_end_matches(blanks);
    let is_comment = |it: &str| it.is_empty() || it.starts_with('#');
    if !is_comment(comment.trim_start_matches(blanks)) {
        return None;
    }
    let mut lines = Vec::new();
    loop {
        let (line_end, following) = lex::line_end(whole, next);
        let line = &whole[next..line_end];
        if following == line_end {
            return line.trim_matches(blanks).is_empty().then_some(Gap {
                comma,
                comment,
                lines,
                lead: line,
                is_broken: true,
            });
        }
        if !is_comment(line.trim_matches(blanks)) {
            return None;
        }
        lines.push(line);
        next = following;
    }
}
