//! A scalar: its decoded text, and where each byte of that text is written.

use std::ops::Range;

use crate::text::Span;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In `'`.
    SingleQuoted,
    /// In `"`.
    DoubleQuoted,
    /// A `|` block.
    Literal,
    /// A `>` block.
    Folded,
}

/// Decoded bytes that stand in the source as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) decoded: u32,
    pub(super) source: u32,
    pub(super) length: u32,
}

/// From decoded text to source. Most scalars stand in the source as they are and need no table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Map {
    /// The whole value begins at this byte.
    Direct(u32),
    /// In order; what lies between was decoded and has no bytes of its own.
    Pieces(Box<[Piece]>),
}

/// A scalar with its map to the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    pub(super) value: Box<str>,
    pub(super) style: Style,
    pub(super) map: Map,
}

impl Scalar {
    /// The decoded text.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// How it is written.
    pub fn style(&self) -> Style {
        self.style
    }

    /// Where these decoded bytes stand, if they stand there verbatim and in one piece. The last line end of a block
    /// scalar lies just behind the node's span.
    pub fn source_of(&self, decoded: Range<usize>) -> Option<Span> {
        let (start, end) = self.ends(&decoded)?;
        (end.checked_sub(start)? == decoded.len()).then(|| Span::new(start, end))
    }

    /// From where the first of these bytes stands to where the last one ends, if both stand in the source
    /// verbatim. Line ends, indentation and escapes may lie between. A first byte that was made of a line end counts
    /// from behind what stands before it, so that a word goes with the line that it has to itself.
    pub fn cover_of(&self, decoded: Range<usize>) -> Option<Span> {
        let (start, end) = match (&self.map, self.ends(&decoded)) {
            (_, Some(ends)) => ends,
            (Map::Pieces(pieces), None) if !decoded.is_empty() => (
                point(pieces, decoded.start)?,
                byte(pieces, decoded.end - 1)? + 1,
            ),
            _ => return None,
        };
        (start <= end).then(|| Span::new(start, end))
    }

    fn ends(&self, decoded: &Range<usize>) -> Option<(usize, usize)> {
        self.value.get(decoded.clone())?;
        match &self.map {
            Map::Direct(source) => {
                let source = *source as usize;
                Some((source + decoded.start, source + decoded.end))
            }
            Map::Pieces(pieces) => {
                if decoded.is_empty() {
                    let at = point(pieces, decoded.start)?;
                    return Some((at, at));
                }
                let start = byte(pieces, decoded.start)?;
                Some((start, byte(pieces, decoded.end - 1)? + 1))
            }
        }
    }
}

/// Where a decoded byte stands.
fn byte(pieces: &[Piece], decoded: usize) -> Option<usize> {
    let index = pieces.partition_point(|piece| piece.decoded as usize <= decoded);
    let piece = pieces.get(index.checked_sub(1)?)?;
    let offset = decoded - piece.decoded as usize;
    (offset < piece.length as usize).then_some(piece.source as usize + offset)
}

/// Where a text can be put in at a decoded offset: in a piece, at its start, or else at the end of one.
fn point(pieces: &[Piece], decoded: usize) -> Option<usize> {
    let index = pieces.partition_point(|piece| piece.decoded as usize <= decoded);
    let piece = pieces.get(index.checked_sub(1)?)?;
    let offset = decoded - piece.decoded as usize;
    (offset <= piece.length as usize).then_some(piece.source as usize + offset)
}
