//! Whether a script is valid, by the word of `brush-parser`.

use std::borrow::Cow;

use brush_parser::{ParseError, Parser, ParserOptions, SourcePosition};

use super::Problem;
use super::mask::FILLED;

/// How deep a script the judge is asked about. Its time can double with every level; no real script comes near.
const DEEPEST_JUDGED: usize = 10;

/// Says what is wrong with a script, if anything is. Of a deeper one the scanner's own word stands.
pub(super) fn judge(masked: &str, deepest: usize) -> Result<(), Problem> {
    if deepest > DEEPEST_JUDGED || is_clearly_valid(masked) {
        return Ok(());
    }
    ask(masked)
}

fn ask(masked: &str) -> Result<(), Problem> {
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

/// Words that begin or end something.
const RESERVED: [&str; 18] = [
    "if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do",
    "done", "in", "function", "time", "coproc", "eval",
];

/// Whether a script is one simple command beyond doubt: one line of words, double quotes and variables. Most lines are, and to
/// ask about them would take longer than all else that is done with them.
fn is_clearly_valid(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut quoted = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => quoted = !quoted,
            b'$' => match bytes.get(at) {
                Some(next) if next.is_ascii_alphabetic() || *next == b'_' => {}
                Some(b'{') => {
                    let name = bytes.get(at + 1..).unwrap_or_default();
                    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                    let length = name.iter().take_while(|byte| is_name(byte)).count();
                    let begins = name.first().is_some_and(|first| !first.is_ascii_digit());
                    if length == 0 || !begins || name.get(length) != Some(&b'}') {
                        return false;
                    }
                    at += length + 2;
                }
                _ => return false,
            },
            b'_' | b'.' | b'/' | b':' | b'@' | b'%' | b'+' | b',' | b'-' | b'=' | b' ' => {}
            _ if byte.is_ascii_alphanumeric() => {}
            _ => return false,
        }
    }
    let mut words = text.split([' ', '"']);
    !text.is_empty() && !quoted && words.all(|word| !RESERVED.contains(&word))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ask, is_clearly_valid};

    #[test]
    fn most_lines_need_no_judge() {
        for text in [
            "docker build --pull -t \"$IMAGE:${CI_COMMIT_SHA}\" -f a/Dockerfile .",
            "export PATH=\"$PWD/bin:$PATH\"",
        ] {
            assert!(is_clearly_valid(text), "{text}");
        }
        for text in [
            "",
            "a | b",
            "if true",
            "\"a",
            "${A:-b}",
            "$",
            "a\nb",
            "echo $(x)",
        ] {
            assert!(!is_clearly_valid(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_clearly_valid_is_valid(text in r#"((a|docker|A=|b1|"|\$A|\$\{B_1\}|[_./:@%+,=-]| ){0,12})"#) {
            if is_clearly_valid(&text) {
                prop_assert!(ask(&text).is_ok(), "{:?}", text);
            }
        }
    }
}
