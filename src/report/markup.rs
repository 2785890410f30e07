//! Markdown that shows what it is given, whatever that is: nothing in it becomes a heading, a link, a mention, HTML, or a
//! new row of a table, on GitHub and on GitLab.
//!
//! What could mean something stands in code, where all servers take nothing for markup, a name of a person or a number
//! of an issue.

use super::harmless;

/// Longer names are cut.
const LONGEST: usize = 300;

/// A sentence. Words between backticks, and words that hold more than letters, become code.
pub(super) fn prose(text: &str) -> String {
    let text = one_line(text);
    let mut written = String::with_capacity(text.len() + 16);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (plain, marked) = match rest.split_once('`') {
            Some((plain, after)) => match after.split_once('`') {
                Some((marked, after)) => {
                    rest = after;
                    (plain, Some(marked))
                }
                None => (std::mem::take(&mut rest), None),
            },
            None => (std::mem::take(&mut rest), None),
        };
        for word in plain.split_inclusive(' ') {
            let bare = word.trim_end_matches(' ');
            written.push_str(&shown(bare));
            written.push_str(&word[bare.len()..]);
        }
        if let Some(marked) = marked {
            written.push_str(&code(marked));
        }
    }
    written
}

/// A text of several lines: paragraphs with blank lines between them, lists of lines that begin with `- ` or `[ ] `, and
/// lines of code, which are indented.
pub(super) fn paragraphs(text: &str) -> String {
    let mut parts: Vec<Part> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            open = false;
            continue;
        }
        let indented = line.starts_with(' ');
        let (mark, rest) = if let Some(rest) = trimmed.strip_prefix("- ") {
            ("- ", rest)
        } else if let Some(rest) = trimmed.strip_prefix("[ ] ") {
            ("- [ ] ", rest)
        } else {
            ("", trimmed)
        };
        match parts.last_mut() {
            // what is indented below an item, or stands below a line of a paragraph, goes on with it
            Some(Part::Text { mark: item, words })
                if open && mark.is_empty() && (indented != item.is_empty()) =>
            {
                words.push(' ');
                words.push_str(rest);
            }
            Some(Part::Code(lines)) if indented && mark.is_empty() => {
                lines.push_str(trimmed);
                lines.push('\n');
            }
            _ if indented && mark.is_empty() => parts.push(Part::Code(format!("{trimmed}\n"))),
            _ => parts.push(Part::Text {
                mark,
                words: rest.to_owned(),
            }),
        }
        open = true;
    }
    let mut written = String::new();
    let mut in_list = false;
    for part in parts {
        let item = matches!(&part, Part::Text { mark, .. } if !mark.is_empty());
        let goes_on = item && in_list;
        if !(written.is_empty() || goes_on) {
            written.push('\n');
        }
        in_list = item;
        match part {
            Part::Text { mark, words } => {
                written.push_str(mark);
                written.push_str(&prose(&words));
                written.push('\n');
            }
            Part::Code(lines) => written.push_str(&block(&lines)),
        }
    }
    written
}

/// A part of a text of several lines.
enum Part {
    /// A paragraph, or an item with its mark.
    Text {
        mark: &'static str,
        words: String,
    },
    Code(String),
}

/// A word of a sentence.
fn shown(word: &str) -> String {
    let start = word.trim_start_matches(['(', '"', '\'']);
    let (before, rest) = word.split_at(word.len() - start.len());
    let core = rest.trim_end_matches(|it| match it {
        ',' | '.' | ';' | ':' | '?' | '!' | '"' | '\'' => true,
        ')' => !rest.contains('('),
        _ => false,
    });
    let after = &rest[core.len()..];
    if core.is_empty() || (is_plain(core) && !begins_list(core, after)) {
        word.to_owned()
    } else {
        format!("{before}{}{after}", code(core))
    }
}

/// Whether a line that begins so is an item of a numbered list.
fn begins_list(core: &str, after: &str) -> bool {
    core.chars().all(|it| it.is_ascii_digit()) && after.starts_with(['.', ')'])
}

/// Whether a word is one of a language, or a number: it means nothing to any server.
fn is_plain(word: &str) -> bool {
    let inner = |character: char| matches!(character, '-' | '\'' | '\u{2019}');
    let letters = word
        .chars()
        .all(|it| it.is_alphabetic() || inner(it))
        && word.starts_with(char::is_alphabetic)
        && word.ends_with(char::is_alphabetic)
        // a long run of these letters names a commit
        && !(word.len() >= 7 && word.chars().all(|it| it.is_ascii_hexdigit()));
    let digits = word.len() < 7
        && word.chars().all(|it| it.is_ascii_digit() || it == '.')
        && word.starts_with(|it: char| it.is_ascii_digit())
        && word.ends_with(|it: char| it.is_ascii_digit());
    letters || digits
}

/// A text as code, in one line.
pub(super) fn code(text: &str) -> String {
    let text = name(text);
    let longest = text.split(|it| it != '`').map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or_default() + 1);
    // One blank on each side is taken away by readers, if there is something else.
    let blank = |it: &str| it.starts_with(['`', ' ']) || it.ends_with(['`', ' ']);
    match text.trim().is_empty() {
        true => "`(blank)`".to_owned(),
        false if blank(&text) => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// A text as code in a cell of a table, where readers look for `|` before they look for anything else.
pub(super) fn cell(text: &str) -> String {
    let line = name(text);
    if !line.contains(['|', '\\', '`']) {
        return code(&line);
    }
    let mut written = String::from("<code>");
    for character in line.chars() {
        if character.is_alphanumeric() || character == ' ' {
            written.push(character);
        } else {
            written.push_str(&format!("&#{};", u32::from(character)));
        }
    }
    written.push_str("</code>");
    written
}

/// Some lines as a block of code.
pub(super) fn block(text: &str) -> String {
    let text = harmless(text);
    let longest = text.split(|it| it != '`').map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or_default().max(2) + 1);
    format!("{fence}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// Message and help as sentences with capital and full stop.
pub(super) fn sentences(message: &str, help: Option<&str>) -> String {
    let mut text = capital(message);
    let end = |text: &mut String| {
        if !text.ends_with(['.', '!', '?']) {
            text.push('.');
        }
    };
    end(&mut text);
    if let Some(help) = help {
        text.push(' ');
        text.push_str(&capital(help));
        end(&mut text);
    }
    text
}

/// A sentence with a capital, if it begins with a word and not with a name or a command.
pub(super) fn capital(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    let word = first.trim_end_matches([',', ':', ';']);
    if matches!(word, "docker" | "podman" | "dindless") || !word.chars().all(char::is_alphabetic) {
        return text.to_owned();
    }
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}

/// Line ends and what else could steer in letters.
fn one_line(text: &str) -> String {
    harmless(text).replace('\n', "\\n").replace('\t', " ")
}

/// In one line, and no more than a person reads.
fn name(text: &str) -> String {
    let mut line = one_line(text);
    if let Some((end, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(end);
        line.push('\u{2026}');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_language_stay_words() {
        let text = "the job's base (Podman 5.4) is well-known: see it.";
        assert_eq!(prose(text), text);
    }

    #[test]
    fn all_else_is_code() {
        assert_eq!(
            prose("write --flag=x, not `a b` or <script>!"),
            "write `--flag=x`, not `a b` or `<script>`!"
        );
        assert_eq!(prose("ask @all, fix #12"), "ask `@all`, fix `#12`");
        assert_eq!(prose("1. /close [x](y)"), "`1`. `/close` `[x](y)`");
        assert_eq!(prose("GH-12 deadbeef - x"), "`GH-12` `deadbeef` `-` x");
        assert_eq!(prose("an odd ` stays"), "an odd `` ` `` stays");
        assert_eq!(prose("`x`: y (`z`)."), "`x`: y (`z`).");
        assert_eq!(prose("a\nb\u{1b}c"), "`a\\nb\\u{1b}c`");
    }

    #[test]
    fn paragraphs_lists_and_code_are_told_apart() {
        let text = "one\ntwo:\n\n  a | b\n  c\n\nthree\n\n- four\n  five\n- six\n\n[ ] seven\n    eight\nnine:\n  X: y\n";
        assert_eq!(
            paragraphs(text),
            "one two:\n\n```\na | b\nc\n```\n\nthree\n\n- four five\n- six\n- [ ] seven eight\n\nnine:\n\n```\nX: y\n```\n"
        );
        assert_eq!(paragraphs("one"), "one\n");
    }

    #[test]
    fn sentences_begin_and_end() {
        assert_eq!(
            sentences("the job stays", Some("see why.")),
            "The job stays. See why."
        );
        assert_eq!(sentences("docker:27 goes", None), "docker:27 goes.");
        assert_eq!(sentences("docker goes", None), "docker goes.");
        assert_eq!(sentences("", None), ".");
    }

    #[test]
    fn code_may_hold_anything() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code(" "), "`(blank)`");
        assert_eq!(cell("a|`b"), "<code>a&#124;&#96;b</code>");
        assert_eq!(cell("a.b"), "`a.b`");
        assert_eq!(code(&"\u{f6}".repeat(400)).chars().count(), LONGEST + 3);
        assert_eq!(block("a\n```\n"), "````\na\n```\n````\n");
    }
}
