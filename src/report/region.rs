//! Lines and columns as reports name them.

use serde::Serialize;

use crate::text::{Source, Span};

/// From the first character of something to the place after its last one. Lines and columns count from 1, columns in
/// characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Region {
    /// The line of the first character, from 1
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub line: usize,
    /// The column of the first character, from 1, in characters
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub column: usize,
    /// The line of the place after the last character
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub end_line: usize,
    /// The column of the place after the last character
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub end_column: usize,
}

impl Region {
    /// Where a span lies, exactly.
    pub(super) fn of(source: &Source, span: Span) -> Self {
        let start = source.position(span.start as usize);
        let end = source.position(span.end as usize);
        Self {
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    /// Where the text of a span lies, without blanks and line ends behind it: what a person would mark.
    pub(super) fn shown(source: &Source, span: Span) -> Self {
        let text = source.text().get(span.range()).unwrap_or_default();
        let end = span.range().start + text.trim_end().len();
        Self::of(source, Span::new(span.range().start, end))
    }
}

/// The line of the last byte: a span that ends with a line feed does not reach into the next line.
pub(super) fn last_line(source: &Source, span: Span) -> usize {
    let last = span.range().end.saturating_sub(1);
    source.position(last.max(span.range().start)).line
}
