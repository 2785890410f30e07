//! How new text is written: quotes, escapes, blocks. What is written plain was read back before it is believed.

use super::super::scalar::Style;
use super::super::tree::{Kind, NodeId, Tree};
use super::New;

/// Where a scalar stands, as far as that decides how it may be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Context {
    pub(super) flow: bool,
    pub(super) key: bool,
}

/// Reads one written scalar back: its decoded value, if it is one scalar of this style.
pub(super) fn read(written: &str, context: Context, style: Style) -> Option<String> {
    if style == Style::Plain && is_clearly_plain(written, context) {
        return Some(written.to_owned());
    }
    if let Some(text) = clearly_quoted(written, style) {
        return Some(text);
    }
    let whole = match (context.flow, context.key) {
        (true, true) => format!("{{{written}: v}}"),
        (true, false) => format!("[{written}]"),
        (false, true) => format!("{written}: v"),
        (false, false) => format!("k: {written}"),
    };
    read_in(&whole, context, style)
}

/// As `read`, of a text that already stands in a mapping or a bracketed list.
pub(super) fn read_in(whole: &str, context: Context, style: Style) -> Option<String> {
    let tree = Tree::parse(whole).ok()?;
    let [root] = tree.documents() else {
        return None;
    };
    let node = match &tree.node(*root).kind {
        Kind::Sequence { items, .. } => match items.as_slice() {
            [item] => *item,
            _ => return None,
        },
        Kind::Mapping { entries, .. } => match entries.as_slice() {
            [entry] if context.key => entry.key,
            [entry] => entry.value,
            _ => return None,
        },
        _ => return None,
    };
    let it = tree.node(node);
    if it.tag.is_some() || it.anchor.is_some() || !tree.comments().is_empty() {
        // A block's header may have a comment; nothing else may turn into one.
        if !matches!(style, Style::Literal | Style::Folded) {
            return None;
        }
    }
    match &it.kind {
        Kind::Scalar(scalar) if scalar.style() == style => Some(scalar.value().to_owned()),
        _ => None,
    }
}

/// Whether a text is one plain scalar beyond doubt, so that nobody needs to read it back: it begins with a letter, ends with
/// no blank, and holds nothing that could end a scalar. A colon in the middle of a word ends none.
fn is_clearly_plain(text: &str, context: Context) -> bool {
    let harmless = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || b"_./-$=+@~".contains(byte)
            || !context.flow && b" \"'(){}[],;&|<>*!:".contains(byte)
    };
    text.len() < 500
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && text.as_bytes().iter().all(harmless)
}

/// What a short text on one line in quotes says, if it has no escapes but of quotes and backslashes.
fn clearly_quoted(written: &str, style: Style) -> Option<String> {
    let (quote, escape) = match style {
        Style::SingleQuoted => ('\'', '\''),
        Style::DoubleQuoted => ('"', '\\'),
        _ => return None,
    };
    let printed = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    if written.len() >= 500 || !written.as_bytes().iter().all(printed) {
        return None;
    }
    let inside = written.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut text = String::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        let escape = match character {
            it if it == escape => characters
                .next()
                .filter(|it| *it == quote || *it == escape)?,
            it if it == quote => return None,
            it => it,
        };
        text.push(escape);
    }
    Some(text)
}

/// Whether a text can stand plain.
pub(super) fn plain(text: &str, context: Context) -> bool {
    !text.is_empty()
        && !text.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}', '\u{feff}'])
        && read(text, context, Style::Plain).as_deref() == Some(text)
}

/// Whether a plain text might be taken for something else than a text by one of the servers' readers.
pub(super) fn is_typed(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<", "---",
    ];
    let lower = text.to_ascii_lowercase();
    if WORDS.contains(&lower.as_str()) {
        return true;
    }
    let rest = lower.trim_start_matches(['-', '+']);
    if matches!(rest, ".inf" | ".nan") {
        return true;
    }
    rest.starts_with(|it: char| it.is_ascii_digit() || it == '.')
        && rest
            .chars()
            .all(|it| it.is_ascii_hexdigit() || "xo_+-.:tz ".contains(it))
}

/// A text in double quotes, on one line.
pub(super) fn double(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    escape(text, &mut written);
    written.push('"');
    written
}

/// A text as it stands between double quotes.
pub(super) fn escape(text: &str, written: &mut String) {
    for character in text.chars() {
        match character {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            it if it.is_control() || matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                written.push_str(&format!("\\u{:04x}", it as u32));
            }
            it => written.push(it),
        }
    }
}

/// A text in single quotes, if they can carry it on one line.
pub(super) fn single(text: &str) -> Option<String> {
    let fits = !text.contains(|it: char| {
        (it.is_control() && it != '\t') || matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}')
    });
    fits.then(|| format!("'{}'", text.replace('\'', "''")))
}

/// A one-line scalar in the wanted style, or in the nearest that can carry it.
pub(super) fn scalar(text: &str, style: Style, context: Context) -> String {
    let written = match style {
        Style::Plain if plain(text, context) => Some(text.to_owned()),
        Style::SingleQuoted => single(text),
        _ => None,
    };
    written.unwrap_or_else(|| double(text))
}

/// How the scalars of a collection are written, to write new ones alike.
pub(super) struct Manner {
    /// The quotes that all of them have.
    pub(super) all: Option<Style>,
    /// The quotes to take where quotes are needed.
    pub(super) quotes: Style,
}

impl Manner {
    pub(super) fn of(tree: &Tree, values: impl Iterator<Item = NodeId>) -> Self {
        let (mut plain, mut single, mut double) = (0, 0, 0);
        for value in values {
            if let Kind::Scalar(scalar) = &tree.node(value).kind {
                match scalar.style() {
                    Style::SingleQuoted => single += 1,
                    Style::DoubleQuoted => double += 1,
                    Style::Plain if !scalar.value().is_empty() => plain += 1,
                    _ => {}
                }
            }
        }
        let quotes = if single > double {
            Style::SingleQuoted
        } else {
            Style::DoubleQuoted
        };
        let is_one = plain == 0 && (single == 0) != (double == 0);
        Self {
            all: is_one.then_some(quotes),
            quotes,
        }
    }

    /// A new scalar or collection on one line.
    pub(super) fn line(&self, value: &New, flow: bool) -> String {
        let context = Context { flow, key: false };
        match value {
            New::Scalar(text) => match self.all {
                Some(style) => scalar(text, style, context),
                None if !is_typed(text) && plain(text, context) => text.clone(),
                None => scalar(text, self.quotes, context),
            },
            New::Plain(text) => (*text).to_owned(),
            New::Alias { name, .. } => format!("*{name}"),
            New::Quoted(text) | New::Block(text) => scalar(text, self.quotes, context),
            New::EmptySequence => "[]".into(),
            New::Sequence(items) => {
                let items: Vec<_> = items.iter().map(|it| self.line(it, true)).collect();
                format!("[{}]", items.join(", "))
            }
            New::Mapping(entries) => {
                let entry = |it: &(String, New)| {
                    format!("{}: {}", key(&it.0, true), self.line(&it.1, true))
                };
                let entries: Vec<_> = entries.iter().map(entry).collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    /// A new node behind `prefix` (`- ` or `key:`) in a block collection; its further lines are indented by
    /// `indent` and `step`.
    pub(super) fn block(
        &self,
        value: &New,
        prefix: &str,
        indent: &str,
        step: usize,
        eol: &str,
    ) -> String {
        let is_dash = prefix == "-";
        let deeper = format!("{indent}{}", " ".repeat(if is_dash { 2 } else { step }));
        let lines: Vec<String> = match value {
            New::Sequence(items) if !items.is_empty() => {
                let item = |it: &New| self.block(it, "-", &deeper, step, eol);
                items.iter().map(item).collect()
            }
            New::Block(text) if can_be_block(text) => {
                let header = if text.ends_with('\n') { "|" } else { "|-" };
                let inner = if is_dash { 2 } else { step.max(2) };
                let indent = format!("{indent}{}", " ".repeat(inner));
                let line = |line: &str| match line {
                    "" => eol.to_owned(),
                    line => format!("{eol}{indent}{line}"),
                };
                let lines: String = text.lines().map(line).collect();
                return format!("{prefix} {header}{lines}");
            }
            New::Mapping(entries) if !entries.is_empty() => {
                let inner = step.max(2);
                let deeper = if is_dash {
                    deeper.clone()
                } else {
                    format!("{indent}{}", " ".repeat(inner))
                };
                let entry = |it: &(String, New)| {
                    let prefix = format!("{}:", key(&it.0, false));
                    self.block(&it.1, &prefix, &deeper, step, eol)
                };
                let lines: Vec<String> = entries.iter().map(entry).collect();
                return join(prefix, &lines, &deeper, is_dash, eol);
            }
            _ => return format!("{prefix} {}", self.line(value, false)),
        };
        join(prefix, &lines, &deeper, is_dash, eol)
    }
}

/// Whether a literal block holds a text as it is: its first line begins with no blank, and nothing in it needs an escape.
fn can_be_block(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    !first.is_empty()
        && !first.starts_with([' ', '\t'])
        && !text.ends_with("\n\n")
        && text.chars().all(|it| {
            it == '\n'
                || it == '\t'
                || !it.is_control() && !matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}')
        })
}

fn join(prefix: &str, lines: &[String], indent: &str, is_dash: bool, eol: &str) -> String {
    let between = format!("{eol}{indent}");
    let first = if is_dash { " " } else { between.as_str() };
    format!("{prefix}{first}{}", lines.join(&between))
}

/// A key.
pub(super) fn key(text: &str, flow: bool) -> String {
    scalar(text, Style::Plain, Context { flow, key: true })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::scalar::Style;
    use super::{Context, clearly_quoted, is_clearly_plain, read, read_in};

    proptest! {
        #[test]
        fn what_is_clearly_plain_is_read_as_it_is(
            text in r#"([a-zA-Z][a-z0-9_./$=+@~: \\"'(){}\[\],;&|<>*!-]{0,20})"#,
            flow: bool,
            key: bool,
        ) {
            let context = Context { flow, key };
            if is_clearly_plain(&text, context) {
                let whole = match (flow, key) {
                    (true, true) => format!("{{{text}: v}}"),
                    (true, false) => format!("[{text}]"),
                    (false, true) => format!("{text}: v"),
                    (false, false) => format!("k: {text}"),
                };
                let found = read_in(&whole, context, Style::Plain);
                prop_assert_eq!(found.as_deref(), Some(text.as_str()));
                prop_assert_eq!(read(&text, context, Style::Plain), found);
            }
        }

        #[test]
        fn what_is_clearly_quoted_is_read_so(
            inside in r#"([a-z:#{}\[\],&*!|>%@` -]|'|''|"|\\"|\\\\|\\n|\\){0,12}"#,
            single: bool,
            flow: bool,
            key: bool,
        ) {
            let context = Context { flow, key };
            let (quote, style) = match single {
                true => ('\'', Style::SingleQuoted),
                false => ('"', Style::DoubleQuoted),
            };
            let written = format!("{quote}{inside}{quote}");
            if let Some(text) = clearly_quoted(&written, style) {
                let whole = match (flow, key) {
                    (true, true) => format!("{{{written}: v}}"),
                    (true, false) => format!("[{written}]"),
                    (false, true) => format!("{written}: v"),
                    (false, false) => format!("k: {written}"),
                };
                prop_assert_eq!(read_in(&whole, context, style), Some(text));
            }
        }
    }
}
