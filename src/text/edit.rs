//! Edits as values: a span of the original bytes and what stands there instead.

use super::Span;

/// A replacement of a span; an empty span inserts, an empty text deletes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// Which bytes go.
    pub span: Span,
    /// What comes in their place.
    pub insert: String,
}

impl Edit {
    /// Puts `insert` in the place of `span`.
    pub fn replace(span: Span, insert: impl Into<String>) -> Self {
        Self {
            span,
            insert: insert.into(),
        }
    }

    /// Puts `insert` at `offset`.
    pub fn insert(offset: usize, insert: impl Into<String>) -> Self {
        Self::replace(Span::at(offset), insert)
    }

    /// Takes `span` away.
    pub fn delete(span: Span) -> Self {
        Self::replace(span, "")
    }
}

/// Why a set of edits cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// Two edits want the same bytes, or insert at the same point.
    Overlap(Span, Span),
    /// An edit points outside of the text, or into the middle of a character.
    OutOfBounds(Span),
}

impl std::fmt::Display for EditError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Overlap(a, b) => {
                write!(
                    f,
                    "two edits meet: bytes {}..{} and {}..{}",
                    a.start, a.end, b.start, b.end
                )
            }
            Self::OutOfBounds(span) => {
                write!(
                    f,
                    "an edit points outside of the text: bytes {}..{}",
                    span.start, span.end
                )
            }
        }
    }
}

impl std::error::Error for EditError {}

/// Applies edits in one pass over the original text. Equal edits count once; edits that meet are refused.
pub fn apply_edits(text: &str, mut edits: Vec<Edit>) -> Result<String, EditError> {
    edits.sort();
    edits.dedup();
    let mut result = String::with_capacity(text.len() + 64);
    let mut done = 0;
    let mut last: Option<Span> = None;
    for edit in &edits {
        let range = edit.span.range();
        if range.end > text.len()
            || !text.is_char_boundary(range.start)
            || !text.is_char_boundary(range.end)
        {
            return Err(EditError::OutOfBounds(edit.span));
        }
        if let Some(previous) = last
            && (range.start < done || edit.span == previous)
        {
            return Err(EditError::Overlap(previous, edit.span));
        }
        result.push_str(&text[done..range.start]);
        result.push_str(&edit.insert);
        done = range.end;
        last = Some(edit.span);
    }
    result.push_str(&text[done..]);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_from_left_to_right_over_the_original() {
        let edits = vec![
            Edit::delete(Span::new(4, 6)),
            Edit::replace(Span::new(0, 1), "xyz"),
            Edit::insert(3, "!"),
        ];
        assert_eq!(apply_edits("abcdef", edits).unwrap(), "xyzbc!d");
    }

    #[test]
    fn the_same_edit_twice_is_one_edit() {
        let edit = Edit::replace(Span::new(1, 2), "x");
        assert_eq!(apply_edits("abc", vec![edit.clone(), edit]).unwrap(), "axc");
    }

    #[test]
    fn edits_that_meet_are_refused() {
        let edits = vec![
            Edit::replace(Span::new(0, 2), "x"),
            Edit::replace(Span::new(1, 3), "y"),
        ];
        assert!(matches!(
            apply_edits("abc", edits),
            Err(EditError::Overlap(..))
        ));
        let edits = vec![Edit::insert(1, "x"), Edit::insert(1, "y")];
        assert!(matches!(
            apply_edits("abc", edits),
            Err(EditError::Overlap(..))
        ));
    }

    #[test]
    fn half_a_character_is_refused() {
        assert!(matches!(
            apply_edits("ö", vec![Edit::insert(1, "x")]),
            Err(EditError::OutOfBounds(_))
        ));
    }
}
