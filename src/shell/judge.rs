//! Whether a script is valid, by the word of `brush-parser`.

use std::borrow::Cow;

use brush_parser::{ParseError, Parser, ParserOptions, SourcePosition};

use super::Problem;
use super::mask::FILLED;

/// How deep a script the judge is asked about. Its time can double with every level; no real script comes near.
const DEEPEST_JUDGED: usize = 10;

/// How many bytes the judge may have to read if it does double with every level.
const MOST_JUDGED: usize = 1024 * 1024;

/// Says what is wrong with a script, if anything is. Of a deeper one the scanner's own word stands.
pub(super) fn judge(masked: &str, deepest: usize) -> Result<(), Problem> {
    let is_too_deep = deepest > DEEPEST_JUDGED || masked.len() << deepest > MOST_JUDGED;
    if is_too_deep || is_clearly_valid(masked) {
        return Ok(());
    }
    ask(masked)
}

fn ask(masked: &str) -> Result<(), Problem> {
    if let Some(at) = large_descriptor(masked.as_bytes()) {
        return Err(Problem {
            at,
            message: "a file descriptor cannot have such a number".to_owned(),
        });
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

/// The first number before a redirection that no file descriptor can have: the judge takes each for a 32-bit one.
fn large_descriptor(text: &[u8]) -> Option<usize> {
    const DIGITS: usize = 10;
    memchr::memchr2_iter(b'<', b'>', text).find_map(|at| {
        let before = text.get(..at)?;
        let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit());
        let digits = digits.count();
        (digits >= DIGITS).then_some(at - digits)
    })
}

/// Words that begin or end something, where a command may begin.
const RESERVED: [&str; 18] = [
    "if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do",
    "done", "in", "function", "time", "coproc", "eval",
];

/// Whether a script is beyond doubt: commands of plain words, quotes, variables and substitutions of such commands, comments
/// and plain redirections, with `&&`, `||`, `|`, `;` or a line end between, also in `if`, `for`, `while`, groups and subshells.
/// Most are, and to ask about them would take longer than all else that is done with them.
fn is_clearly_valid(text: &str) -> bool {
    commands(text.as_bytes(), End::Text, 0).is_some()
}

/// What ends a list of commands.
#[derive(Clone, Copy)]
enum End {
    Text,
    Parenthesis,
    /// One of these words where a command may begin.
    Words(&'static [&'static str]),
}

/// What follows commands beyond doubt and what ends them, and which of the words it is.
fn commands(mut rest: &[u8], end: End, depth: usize) -> Option<(&[u8], usize)> {
    if depth > DEEPEST_JUDGED {
        return None;
    }
    // whether the command at hand has a word, is a compound one, must come because an operator stands before it, and any came
    let (mut has_word, mut is_compound, mut is_owed, mut any) = (false, false, false, false);
    let (mut begins_word, mut after_blank, mut after_pipe) = (true, true, false);
    while let [byte, after @ ..] = rest {
        if begins_word && let Some(word) = reserved(rest) {
            if has_word {
                return None;
            }
            let behind = rest.get(word.len()..)?;
            if let End::Words(words) = end
                && let Some(which) = words.iter().position(|one| *one == word)
            {
                return (any && !is_owed).then_some((behind, which));
            }
            if word == "!" {
                // it stands in front of a whole pipeline of simple commands
                if after_pipe || reserved(behind.trim_ascii_start()).is_some() {
                    return None;
                }
                (is_owed, begins_word, after_blank) = (true, false, false);
            } else {
                (has_word, is_compound, any) = (true, true, true);
                (begins_word, after_blank) = (false, false);
            }
            rest = compound(word, behind, depth + 1)?;
            continue;
        }
        rest = after;
        let mut is_separator = true;
        let is_blank = match byte {
            b' ' => true,
            b'\n' if is_owed && !has_word => return None,
            b'\n' => {
                (has_word, is_compound, is_owed, after_pipe) = (false, false, false, false);
                true
            }
            b'#' if after_blank => {
                let length = after.iter().position(|byte| *byte == b'\n');
                rest = after.get(length.unwrap_or(after.len())..)?;
                true
            }
            b'|' | b'&' | b';' if has_word => {
                let is_double = after.first() == Some(byte) && *byte != b';';
                if is_double {
                    rest = after.get(1..)?;
                } else if *byte == b'&' {
                    return None;
                }
                (has_word, is_compound, is_owed) = (false, false, *byte != b';');
                after_pipe = *byte == b'|' && !is_double;
                false
            }
            b'\\' if after.first() == Some(&b'\n') && after_blank && (has_word || is_owed) => {
                rest = after.get(1..)?;
                true
            }
            b')' if matches!(end, End::Parenthesis) => {
                return (any && (has_word || !is_owed)).then_some((rest, 0));
            }
            _ if is_compound => return None,
            b'(' if begins_word && !has_word && after.first() != Some(&b'(') => {
                rest = commands(after, End::Parenthesis, depth + 1)?.0;
                (has_word, is_compound, any) = (true, true, true);
                is_separator = false;
                false
            }
            _ => {
                rest = match byte {
                    b'[' if after_blank && after.first() == Some(&b' ') => after,
                    b']' if after_blank
                        && matches!(after.first(), Some(b' ' | b'\n' | b';') | None) =>
                    {
                        after
                    }
                    _ => word_part(*byte, after, depth)?,
                };
                (has_word, any) = (true, true);
                is_separator = false;
                false
            }
        };
        (begins_word, after_blank) = (is_separator, is_blank);
    }
    let is_whole = matches!(end, End::Text) && any && (has_word || !is_owed);
    is_whole.then_some((rest, 0))
}

/// The reserved word that stands here by itself, `!` and braces too.
fn reserved(rest: &[u8]) -> Option<&'static str> {
    let ends = |byte: Option<&u8>| byte.is_none_or(|byte| b" \n;|&()<>".contains(byte));
    match rest {
        [b'!', b' ', ..] => return Some("!"),
        [b'{', b' ' | b'\n', ..] => return Some("{"),
        [b'}', behind @ ..] if ends(behind.first()) => return Some("}"),
        _ => {}
    }
    let letters = |byte: &&u8| byte.is_ascii_lowercase();
    let length = rest.iter().take_while(letters).count();
    let word = rest.get(..length).filter(|_| ends(rest.get(length)))?;
    let mut known = RESERVED.iter();
    known.find(|known| known.as_bytes() == word).copied()
}

/// What follows a compound command behind the word that it begins with, or an exclamation mark.
fn compound<'t>(word: &str, rest: &'t [u8], depth: usize) -> Option<&'t [u8]> {
    let body = |rest, word| Some(commands(rest, End::Words(word), depth)?.0);
    match word {
        "!" => rest.strip_prefix(b" "),
        "{" => body(rest, &["}"]),
        "while" | "until" => body(body(rest, &["do"])?, &["done"]),
        "for" => body(loop_head(rest, depth)?, &["done"]),
        "if" => {
            let mut rest = rest;
            loop {
                rest = body(rest, &["then"])?;
                let (behind, which) = commands(rest, End::Words(&["fi", "elif", "else"]), depth)?;
                match which {
                    0 => return Some(behind),
                    1 => rest = behind,
                    _ => return body(behind, &["fi"]),
                }
            }
        }
        _ => None,
    }
}

/// What follows ` NAME in WORDS; do` behind `for`.
fn loop_head(rest: &[u8], depth: usize) -> Option<&[u8]> {
    let rest = rest.strip_prefix(b" ")?;
    let (name, rest) = rest.split_at(name_length(rest)?);
    if reserved(name).is_some() {
        return None;
    }
    let mut rest = rest.strip_prefix(b" in ")?;
    let mut any = false;
    loop {
        let (byte, after) = rest.split_first()?;
        rest = match byte {
            b' ' => after,
            b';' | b'\n' if any => {
                let behind = after.trim_ascii_start();
                return behind
                    .strip_prefix(b"do")
                    .filter(|_| reserved(behind) == Some("do"));
            }
            b'>' => return None,
            _ if reserved(rest).is_some() => return None,
            byte => {
                any = true;
                word_part(*byte, after, depth)?
            }
        };
    }
}

/// What follows a piece of a word, or of a redirection, if it is beyond doubt.
fn word_part(byte: u8, after: &[u8], depth: usize) -> Option<&[u8]> {
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
                .is_some_and(|byte| is_plain(byte) || matches!(byte, b'"' | b'$'));
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

/// What follows `NAME`, `{NAME}`, `{NAME:-default}` or `(commands)` behind a dollar sign.
fn expansion(after: &[u8], depth: usize) -> Option<&[u8]> {
    if let Some(inside) = after.strip_prefix(b"(") {
        // `$((` is arithmetic
        let is_list = inside.first() != Some(&b'(');
        return Some(
            commands(inside, End::Parenthesis, depth + 1)
                .filter(|_| is_list)?
                .0,
        );
    }
    let Some(name) = after.strip_prefix(b"{") else {
        return after.get(name_length(after)?..);
    };
    let mut rest = name.get(name_length(name)?..)?;
    let is_operator = |byte: &u8| b":-+=?%#/".contains(byte);
    if !rest
        .first()
        .is_some_and(|byte| *byte == b'}' || is_operator(byte))
    {
        return None;
    }
    loop {
        let (byte, after) = rest.split_first()?;
        rest = match byte {
            b'}' => return Some(after),
            b'$' if depth < DEEPEST_JUDGED => expansion(after, depth + 1)?,
            byte if is_plain(byte) || *byte == b'#' => after,
            _ => return None,
        };
    }
}

/// How long the variable's name is that stands here.
fn name_length(rest: &[u8]) -> Option<usize> {
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let length = rest.iter().take_while(is_name).count();
    (length > 0 && !rest.first()?.is_ascii_digit()).then_some(length)
}

fn is_plain(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_./:@%+,-=*?~^".contains(byte)
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
    fn a_number_that_no_descriptor_has_is_refused() {
        assert!(ask("a & b 2147483648> c").is_err_and(|problem| problem.at == 6));
        assert!(ask("a & b 2> c").is_ok());
    }

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
            "echo \"A=$A\" >> ${CI_PROJECT_DIR}/build.env",
            "export TAG=${CI_COMMIT_TAG:-$CI_COMMIT_SHA} NAME=\"${IMAGE##*/}\"",
            "if ! docker info; then\n  sleep 1\nelif [ -f a ]; then b; else\n  c # d\nfi",
            "for image in a \"$B\" $(c); do docker pull $image || exit 1; done && echo done. | cat",
            "until docker info > /dev/null 2>&1; do sleep 1; done\nwhile a; do b; done",
            "(cd a && docker build .) || { echo no; exit 1; }",
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
            "$",
            "f() {",
            "[[ a ]]",
            "echo do",
            "if a; then b",
            "if a; b; fi",
            "if a then b; fi",
            "if a; then fi",
            "if a; then b; fi c",
            "if a; then b; fi then",
            "for a in ; do b; done",
            "for a in b do c; done",
            "while a; done",
            "(a) b",
            "((a))",
            "{ a }",
            "{a; }",
            "! ! a",
            "a | ! b",
            "! if a; then b; fi",
            "${A:-\"b\"}",
            "${A:-(}",
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

        #[test]
        fn compound_commands_that_are_clearly_valid_are_valid(text in r#"(if |a|b c|\$A|; |\n|then |; then |else |elif |; fi|fi|for a in |; do |do |done|; done|while |until |\( ?|\)|\{ |; \}|\}|! |in | && | \|\| | \| |\$\{A(:?[+=?-]|%%?|##?|/)|"|# |> | ){0,16}"#) {
            if is_clearly_valid(&text) {
                prop_assert!(ask(&text).is_ok(), "{:?}", text);
            }
        }

        #[test]
        fn a_valid_script_with_a_piece_less_or_twice(script in script(), at: prop::sample::Index, twice: bool) {
            let mut pieces: Vec<&str> = script.split_inclusive([' ', ';', '\n']).collect();
            prop_assert!(!is_clearly_valid(&script) || ask(&script).is_ok(), "{:?}", script);
            let at = at.index(pieces.len());
            if twice {
                pieces.insert(at, pieces[at]);
            } else {
                pieces.remove(at);
            }
            let text = pieces.concat();
            if is_clearly_valid(&text) {
                prop_assert!(ask(&text).is_ok(), "{:?}", text);
            }
        }
    }

    /// Scripts of the kind that is known, nested at random.
    fn script() -> impl Strategy<Value = String> {
        let words =
            "(a|docker ps|A=b c|echo \"\\$A\"|x > \\$\\{B:-c\\}|\\[ -n \"\\$X\" \\]|y '\\}' # z\n)";
        words.prop_recursive(4, 24, 3, |inner| {
            let two = (inner.clone(), inner.clone());
            prop_oneof![
                (two.clone(), "( && | \\|\\| | \\| |; |\n|\n\n)")
                    .prop_map(|((a, b), with)| format!("{a}{with}{b}")),
                (two.clone(), inner.clone())
                    .prop_map(|((a, b), c)| format!("if {a}; then {b}; else\n{c}\nfi")),
                two.clone()
                    .prop_map(|(a, b)| format!("if ! {a}\nthen {b}; elif {b}; then {a}; fi")),
                two.clone()
                    .prop_map(|(a, b)| format!("while {a}; do {b}; done")),
                inner
                    .clone()
                    .prop_map(|a| format!("for x in 1 \"$2\"; do\n{a}\ndone")),
                inner.clone().prop_map(|a| format!("({a})")),
                inner.clone().prop_map(|a| format!("{{ {a}; }}")),
                inner.prop_map(|a| format!("echo \"$({a})\" $({a})")),
            ]
        })
    }
}
