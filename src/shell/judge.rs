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

/// Whether a script is nothing but simple commands beyond doubt: words, quotes, variables, substitutions of such commands,
/// comments and plain redirections, with `&&`, `||`, `|`, `;` or a line end between. Most are, and to ask about them would
/// take longer than all else that is done with them.
fn is_clearly_valid(text: &str) -> bool {
    let mut words = text.split([' ', '\n', ';', '|', '&', '"', '\'', '(', ')']);
    words.all(|word| !RESERVED.contains(&word))
        && commands(text.as_bytes(), 0).is_some_and(|rest| rest.is_empty())
}

/// What follows commands beyond doubt: at their end, or behind the parenthesis that closes a substitution.
fn commands(mut rest: &[u8], depth: usize) -> Option<&[u8]> {
    // whether the command at hand has a word, must get one because an operator stands before it, and any has one
    let (mut has_word, mut is_owed, mut any) = (false, false, false);
    let mut after_blank = true;
    while let [byte, after @ ..] = rest {
        rest = after;
        let is_blank = match byte {
            b' ' => true,
            b'\n' if is_owed && !has_word => return None,
            b'\n' => {
                (has_word, is_owed) = (false, false);
                true
            }
            b'#' if after_blank => {
                let length = after.iter().position(|byte| *byte == b'\n');
                rest = after.get(length.unwrap_or(after.len())..)?;
                true
            }
            b'|' | b'&' | b';' if has_word => {
                if after.first() == Some(byte) && *byte != b';' {
                    rest = after.get(1..)?;
                } else if *byte == b'&' {
                    return None;
                }
                (has_word, is_owed) = (false, *byte != b';');
                true
            }
            b'\\' if after.first() == Some(&b'\n') && after_blank && (has_word || is_owed) => {
                rest = after.get(1..)?;
                true
            }
            b'[' if after_blank && after.first() == Some(&b' ') => false,
            b']' if after_blank && matches!(after.first(), Some(b' ' | b'\n' | b';') | None) => {
                false
            }
            b')' if depth > 0 => return (any && (has_word || !is_owed)).then_some(rest),
            _ => {
                rest = word_part(*byte, after, depth)?;
                false
            }
        };
        has_word |= !is_blank;
        any |= !is_blank;
        after_blank = is_blank;
    }
    (depth == 0 && any && (has_word || !is_owed)).then_some(rest)
}

/// What follows a piece of a word, or of a redirection, if it is beyond doubt.
fn word_part(byte: u8, after: &[u8], depth: usize) -> Option<&[u8]> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./:@%+,-=*?~^".contains(byte);
    match byte {
        _ if is_plain(&byte) => Some(after),
        b'\'' => {
            let end = after.iter().position(|byte| *byte == b'\'')?;
            let (inside, behind) = (after.get(..end)?, after.get(end + 1..)?);
            inside.iter().all(is_printed).then_some(behind)
        }
        b'"' => quoted(after, depth),
        b'$' => expansion(after, depth),
        b'>' => {
            let target = match after {
                [b'&', digit, ..] if digit.is_ascii_digit() => after.get(1..)?,
                _ => {
                    let target = after.strip_prefix(b">").unwrap_or(after);
                    let blanks = target.iter().take_while(|byte| **byte == b' ').count();
                    target.get(blanks..)?
                }
            };
            let begins = target
                .first()
                .is_some_and(|byte| is_plain(byte) || *byte == b'"');
            begins.then_some(target)
        }
        _ => None,
    }
}

/// What follows a double-quoted text.
fn quoted(mut rest: &[u8], depth: usize) -> Option<&[u8]> {
    loop {
        let (byte, after) = rest.split_first()?;
        rest = match byte {
            b'"' => return Some(after),
            b'$' => expansion(after, depth)?,
            b'\\' => after.split_first().filter(|(byte, _)| is_printed(byte))?.1,
            b'`' => return None,
            byte if is_printed(byte) => after,
            _ => return None,
        };
    }
}

/// What follows `NAME`, `{NAME}` or `(commands)` behind a dollar sign.
fn expansion(after: &[u8], depth: usize) -> Option<&[u8]> {
    if let Some(inside) = after.strip_prefix(b"(") {
        if depth >= DEEPEST_JUDGED {
            return None;
        }
        return commands(inside, depth + 1);
    }
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let (name, braced) = match after.strip_prefix(b"{") {
        Some(name) => (name, true),
        None => (after, false),
    };
    let length = name.iter().take_while(|byte| is_name(byte)).count();
    if length == 0 || name.first()?.is_ascii_digit() {
        return None;
    }
    let behind = name.get(length..)?;
    if braced {
        behind.strip_prefix(b"}")
    } else {
        Some(behind)
    }
}

fn is_printed(byte: &u8) -> bool {
    byte.is_ascii_graphic() || *byte == b' '
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
            "docker pull \"$IMAGE\" || true",
            "docker build \\\n  -t a \\\n  .\n# both\ndocker push a > log 2>&1; echo 'done? (yes)'",
            "docker login -p \"$(cat \"$FILE\" | base64 -d)\" $(host)",
            "echo a | \\\n  cat",
            "[ -n \"$TAG\" ] && docker tag a \"b:$TAG\"",
            "echo \"{\\\"auths\\\": {}}\" > ~/.docker/config.json",
        ] {
            assert!(is_clearly_valid(text), "{text}");
        }
        for text in [
            "",
            "a |",
            "a &",
            "| b",
            "a;;",
            "a && || b",
            "# a",
            "if true",
            "a; fi",
            "a >",
            "'a",
            "\"a",
            "${A:-b}",
            "$",
            "f() {",
            "[[ a ]]",
            "echo $(x",
            "echo $(x |)",
            "echo $((1))",
            "echo x)",
        ] {
            assert!(!is_clearly_valid(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_clearly_valid_is_valid(text in r#"((a|docker|A=|b1|2|"|'|\$A|\$\{B_1\}|\\\n|\\.|&&|\|\||>&1|\[ | \]|# |[_./:@%+,=*?~^<>|&;#\\(){}!\n-]|\$\(| ){0,14})"#) {
            if is_clearly_valid(&text) {
                prop_assert!(ask(&text).is_ok(), "{:?}", text);
            }
        }
    }
}
