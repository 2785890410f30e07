//! The words of an instruction, and the heredocs that they begin.

use std::ops::Range;

/// A word of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Without its quotes.
    pub text: String,
    /// Where it stands, quotes and all.
    pub span: Range<usize>,
}

/// The words of a text: cut at blanks that no quotes hold, or the items of a list as in JSON.
pub(super) fn split(text: &str) -> Vec<Word> {
    let items = text.trim();
    let raw = match items.starts_with('[') && items.ends_with(']') {
        true => ranges(text, |letter| {
            letter.is_whitespace() || matches!(letter, '[' | ']' | ',')
        }),
        false => ranges(text, char::is_whitespace),
    };
    let word = |span: Range<usize>| Word {
        text: unquoted(text.get(span.clone()).unwrap_or_default()),
        span,
    };
    raw.into_iter().map(word).collect()
}

/// The parts of a text between separators that stand outside of quotes.
fn ranges(text: &str, separates: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        if quote.is_none() && !escaped && separates(letter) {
            found.extend(start.take().map(|start| start..at));
            continue;
        }
        start.get_or_insert(at);
        if escaped {
            escaped = false;
            continue;
        }
        match (quote, letter) {
            (Some('\''), '\\') => {}
            (_, '\\') => escaped = true,
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    found.extend(start.map(|start| start..text.len()));
    found
}

fn unquoted(word: &str) -> String {
    word.chars()
        .filter(|letter| !matches!(letter, '"' | '\''))
        .collect()
}

/// The words that end the heredocs of an instruction, and whether tabs in front of them count.
///
/// A heredoc is a word of its own: `<<EOF`, `<<-EOF`, `3<<"EOF"`; what stands inside of quotes or of another word, as in
/// `$((1<<2))`, is none.
pub(super) fn heredoc_ends(keyword: &str, rest: &str) -> Vec<(String, bool)> {
    if !matches!(keyword, "RUN" | "COPY" | "ADD" | "ONBUILD") || !rest.contains("<<") {
        return Vec::new();
    }
    let words = ranges(rest, char::is_whitespace).into_iter();
    let words = words.filter_map(|range| rest.get(range));
    words.filter_map(heredoc_end).collect()
}

fn heredoc_end(word: &str) -> Option<(String, bool)> {
    let word = word.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let name = word.strip_prefix("<<")?;
    let (name, tabs) = match name.strip_prefix('-') {
        Some(name) => (name, true),
        None => (name, false),
    };
    let end = unquoted(name);
    (!end.is_empty() && !end.contains('<')).then_some((end, tabs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        split(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_keep_what_is_quoted_together() {
        assert_eq!(texts("a \"b c\" d\\ e"), ["a", "b c", "d\\ e"]);
        assert_eq!(texts(" [\"a b\", \"c\"] "), ["a b", "c"]);
        assert_eq!(texts("\"open and never closed"), ["open and never closed"]);
    }

    #[test]
    fn a_heredoc_is_a_word_of_its_own() {
        let ends = |rest| heredoc_ends("RUN", rest);
        let end = |name: &str, tabs| (name.to_owned(), tabs);
        assert_eq!(ends("python3 - <<EOF"), [end("EOF", false)]);
        assert_eq!(
            ends("<<-'A B.txt' 3<<\"C\""),
            [end("A B.txt", true), end("C", false)]
        );
        for none in [
            "echo $((1<<2))",
            "sh -c 'cat <<EOF'",
            "grep a <<<word",
            "echo \"x <<EOF\"",
            "a << b",
        ] {
            assert_eq!(ends(none), [], "{none}");
        }
        assert_eq!(heredoc_ends("CMD", "<<EOF"), []);
    }
}
