//! Whether a script is valid, by the word of `brush-parser`.

use std::borrow::Cow;

use brush_parser::{ParseError, Parser, ParserOptions, SourcePosition};

use super::Problem;
use super::mask::FILLED;

/// How deep a script the judge is asked about. Its time can double with every level; no real script comes near.
const DEEPEST_JUDGED: usize = 10;

/// Says what is wrong with a script, if anything is. Of a deeper one the scanner's own word stands.
pub(super) fn judge(masked: &str, deepest: usize) -> Result<(), Problem> {
    if deepest > DEEPEST_JUDGED {
        return Ok(());
    }
    let text = readable(masked);
    let mut parser = Parser::new(text.as_bytes(), &ParserOptions::default());
    let Err(error) = parser.parse_program() else {
        return Ok(());
    };
    Err(match error {
        ParseError::ParsingNear(position) => Problem {
            at: offset(masked, &position),
            message: "the shell would not understand what stands here".to_owned(),
        },
        ParseError::ParsingAtEndOfInput => Problem {
            at: masked.len(),
            message: "the script ends before something that it opens is closed".to_owned(),
        },
        ParseError::Tokenizing { inner, position } => Problem {
            at: position.map_or(masked.len(), |position| offset(masked, &position)),
            // It may list every heredoc of the script.
            message: inner.to_string().chars().take(160).collect(),
        },
    })
}

/// What the judge gets to see: plain line ends, and names in place of what is filled in. Lines stay where they are.
fn readable(masked: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(masked);
    if text.contains('\r') {
        text = Cow::Owned(text.replace("\r\n", "\n"));
    }
    if text.as_bytes().contains(&FILLED) {
        text = Cow::Owned(text.replace(char::from(FILLED), "_"));
    }
    // A backslash at the very end continues nothing; the judge takes it for half an escape.
    if let Some(shorter) = text.trim_end_matches('\n').strip_suffix('\\')
        && !shorter.ends_with('\\')
    {
        text = Cow::Owned(shorter.to_owned());
    }
    text
}

/// The byte at a line and column.
fn offset(text: &str, position: &SourcePosition) -> usize {
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if number + 1 == position.line {
            let column = position.column.saturating_sub(1);
            let within = line
                .char_indices()
                .nth(column)
                .map_or(line.len(), |(at, _)| at);
            return start + within;
        }
        start += line.len();
    }
    text.len()
}
