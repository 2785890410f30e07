//! Block scalars as lines: header, indentation, and which lines belong to the text.

use super::lex::line_end;
use super::scalar::Style;

/// One source line of a block scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The line's first byte.
    pub(super) start: usize,
    /// Where its text begins, behind the indentation.
    pub(super) content: usize,
    /// Where its text ends, before the line end.
    pub(super) end: usize,
    /// The first byte of the next line.
    pub(super) next: usize,
}

/// A block scalar's layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The digit in the header, if there is one.
    pub(super) explicit: Option<usize>,
    /// Where `+` or `-` stands in the header, and which it is.
    pub(super) chomping: Option<(usize, u8)>,
    /// Where the header ends, before blanks and a comment.
    pub(super) header_end: usize,
    /// Where the header's line ends, before its line end.
    pub(super) header_line_end: usize,
    /// How many spaces each line of text is indented by.
    pub(super) indent: usize,
    /// The lines that belong to the scalar: without trailing blank ones, unless they are kept by `+`.
    pub(super) lines: Vec<Line>,
}

/// Reads the layout of the block scalar whose header stands at `start`; `value` is what it decodes to.
pub(super) fn read(text: &str, start: usize, value: &str) -> Block {
    let bytes = text.as_bytes();
    let mut explicit = None;
    let mut chomping = None;
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'+' | b'-' => chomping = Some((at, *byte)),
            b'1'..=b'9' => explicit = Some(usize::from(byte - b'0')),
            _ => break,
        }
        at += 1;
    }
    let (header_line_end, body) = line_end(text, at);
    let spaces = |line: &str| line.bytes().take_while(|byte| *byte == b' ').count();
    let has_text = |line: &str| spaces(line) < line.len();

    // The decoder took the same number of spaces from every line: the first line with text tells how many.
    let decoded = value.split('\n').find(|line| has_text(line)).map(spaces);
    let mut from = body;
    let mut indent = None;
    while let Some(decoded) = decoded
        && from < text.len()
    {
        let (end, next) = line_end(text, from);
        let line = &text[from..end];
        if has_text(line) {
            indent = spaces(line).checked_sub(decoded);
            break;
        }
        from = next;
    }

    let mut lines = Vec::new();
    let mut kept = 0;
    from = body;
    while from < text.len() {
        let (end, next) = line_end(text, from);
        let line = &text[from..end];
        let depth = spaces(line);
        let is_blank = depth == line.len();
        let belongs = match indent {
            Some(indent) => is_blank || (depth >= indent && !(indent == 0 && ends_document(line))),
            None => is_blank,
        };
        if !belongs {
            break;
        }
        let content = from + depth.min(indent.unwrap_or(depth));
        lines.push(Line {
            start: from,
            content,
            end,
            next,
        });
        if !is_blank || indent.is_some_and(|indent| depth > indent) {
            kept = lines.len();
        }
        from = next;
    }
    if !matches!(chomping, Some((_, b'+'))) {
        lines.truncate(kept);
    } else if lines
        .last()
        .is_some_and(|line| line.next == line.end && line.start == line.end)
    {
        lines.pop();
    }
    Block {
        explicit,
        chomping,
        header_end: at,
        header_line_end,
        indent: indent.unwrap_or(0),
        lines,
    }
}

fn ends_document(line: &str) -> bool {
    (line.starts_with("---") || line.starts_with("..."))
        && line[3..]
            .chars()
            .next()
            .is_none_or(|it| it == ' ' || it == '\t')
}

impl Block {
    /// Where the scalar ends: before the last line end that belongs to it.
    pub(super) fn end(&self) -> usize {
        self.lines.last().map_or(self.header_end, |line| line.end)
    }

    /// The style that the header's first byte names.
    pub(super) fn style(header: u8) -> Style {
        if header == b'>' {
            Style::Folded
        } else {
            Style::Literal
        }
    }
}
