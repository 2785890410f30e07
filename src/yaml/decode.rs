//! Aligns a decoded value with its source: which decoded bytes stand in the source as they are.
//! Every piece is compared with the source before it is believed.

use crate::text::Span;

use super::block::{self, Block};
use super::scalar::{Map, Piece, Style};

/// The map of a scalar whose source span is exact.
pub(super) fn map(
    text: &str,
    span: Span,
    style: Style,
    value: &str,
    layout: Option<&Block>,
) -> Map {
    let mut pieces = Pieces {
        text,
        value,
        at: 0,
        list: Vec::new(),
    };
    match layout {
        Some(layout) if style == Style::Literal => pieces.literal(layout),
        Some(layout) => pieces.folded(layout),
        None => {
            let quote = usize::from(style != Style::Plain);
            let inner = Span {
                start: span.start + quote as u32,
                end: span.end.saturating_sub(quote as u32),
            };
            if text.get(inner.start as usize..inner.end as usize) == Some(value) {
                return Map::Direct(inner.start);
            }
            pieces.flow(inner.start as usize, inner.end as usize, style);
        }
    }
    Map::Pieces(pieces.list.into_boxed_slice())
}

struct Pieces<'a> {
    text: &'a str,
    value: &'a str,
    /// How much of the value is accounted for.
    at: usize,
    list: Vec<Piece>,
}

impl Pieces<'_> {
    /// Takes source bytes as verbatim; false if the value says otherwise.
    fn verbatim(&mut self, start: usize, end: usize) -> bool {
        let length = end.saturating_sub(start);
        let source = self.text.as_bytes().get(start..end);
        if source.is_none() || source != self.value.as_bytes().get(self.at..self.at + length) {
            return false;
        }
        if length == 0 {
            return true;
        }
        let decoded = self.at;
        self.at += length;
        if let Some(last) = self.list.last_mut()
            && (last.decoded + last.length) as usize == decoded
            && (last.source + last.length) as usize == start
        {
            last.length += length as u32;
            return true;
        }
        self.list.push(Piece {
            decoded: decoded as u32,
            source: start as u32,
            length: length as u32,
        });
        true
    }

    fn literal(&mut self, layout: &Block) {
        for line in &layout.lines {
            if !self.verbatim(line.content, line.end) {
                return;
            }
            if self.value.as_bytes().get(self.at) != Some(&b'\n') {
                return;
            }
            // A lone carriage return was decoded; else the line feed itself is the verbatim byte.
            if !self.text[line.end..line.next].ends_with('\n') {
                self.at += 1;
            } else if !self.verbatim(line.next - 1, line.next) {
                return;
            }
        }
    }

    fn folded(&mut self, layout: &Block) {
        let mut blanks = 0;
        // Whether the last line with text was indented further; none before the first.
        let mut last: Option<bool> = None;
        for line in &layout.lines {
            let content = &self.text[line.content..line.end];
            if content.is_empty() {
                blanks += 1;
                continue;
            }
            let is_further = content.starts_with([' ', '\t']);
            self.at += match last {
                None => blanks,
                Some(was_further) if was_further || is_further => blanks + 1,
                Some(_) => blanks.max(1),
            };
            if !self.verbatim(line.content, line.end) {
                return;
            }
            last = Some(is_further);
            blanks = 0;
        }
    }

    fn flow(&mut self, start: usize, end: usize, style: Style) {
        let bytes = self.text.as_bytes();
        let mut from = start;
        let mut at = start;
        while at < end {
            match bytes[at] {
                b'\'' if style == Style::SingleQuoted => {
                    if !self.verbatim(from, at) {
                        return;
                    }
                    self.at += 1;
                    at += 2;
                    from = at;
                }
                b'\\' if style == Style::DoubleQuoted => {
                    if !self.verbatim(from, at) {
                        return;
                    }
                    let Some(escape) = bytes.get(at + 1) else {
                        return;
                    };
                    at += 2;
                    match escape {
                        b'\n' | b'\r' => {
                            if *escape == b'\r' && bytes.get(at) == Some(&b'\n') {
                                at += 1;
                            }
                            // Empty lines behind an escaped line end are line feeds.
                            let (breaks, next) = skip_lines(bytes, at, end);
                            self.at += breaks;
                            at = next;
                        }
                        _ => {
                            at += match escape {
                                b'x' => 2,
                                b'u' => 4,
                                b'U' => 8,
                                _ => 0,
                            };
                            let Some(decoded) =
                                self.value.get(self.at..).and_then(|it| it.chars().next())
                            else {
                                return;
                            };
                            self.at += decoded.len_utf8();
                            if !self.text.is_char_boundary(at) {
                                return;
                            }
                        }
                    }
                    from = at;
                }
                b'\n' | b'\r' => {
                    let mut trimmed = at;
                    while trimmed > from && matches!(bytes[trimmed - 1], b' ' | b'\t') {
                        trimmed -= 1;
                    }
                    if !self.verbatim(from, trimmed) {
                        return;
                    }
                    let (breaks, next) = skip_lines(bytes, at, end);
                    self.at += breaks.saturating_sub(1).max(1);
                    at = next;
                    from = at;
                }
                _ => at += 1,
            }
        }
        self.verbatim(from, end);
    }
}

/// Skips line ends and blanks; how many line ends, and where the text goes on.
fn skip_lines(bytes: &[u8], mut at: usize, end: usize) -> (usize, usize) {
    let mut breaks = 0;
    while at < end {
        match bytes[at] {
            b'\n' => breaks += 1,
            b'\r' => {
                breaks += 1;
                if bytes.get(at + 1) == Some(&b'\n') {
                    at += 1;
                }
            }
            b' ' | b'\t' => {}
            _ => break,
        }
        at += 1;
    }
    (breaks, at.min(end))
}

/// The layout of a block scalar.
pub(super) fn layout(text: &str, start: usize, value: &str) -> Block {
    block::read(text, start, value)
}
