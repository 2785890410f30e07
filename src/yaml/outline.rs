//! Plain YAML line by line: block mappings and lists with one-line values and block scalars, as most CI files are written.
//!
//! Nothing else is understood but anchors and aliases alone on their lines: of a text with anything that takes more (tags,
//! escapes, values over several lines) nothing is told. What is understood here, the parser understands in the same way.

use crate::text::Span;

/// How deep collections may lie in each other, far below what the parser allows.
const DEEPEST: usize = 100;

/// The longest key; the parser takes up to 1024 characters.
const LONGEST_KEY: usize = 200;

/// What stands behind a key or a dash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value<'t> {
    /// Nothing on this line.
    Missing,
    /// A text, without its quotes.
    Text(&'t str),
    /// A block scalar, a list in brackets, or empty braces.
    Other,
    /// The name of an anchor, with nothing behind it on this line.
    Anchor(&'t str),
    /// The name of the anchor whose value this is.
    Alias(&'t str),
}

/// A key of a mapping.
#[derive(Debug)]
pub struct Key<'t> {
    /// Without quotes.
    pub name: &'t str,
    /// Where it stands.
    pub span: Span,
    /// In how many collections it lies.
    pub depth: usize,
    /// What stands behind it on its line.
    pub value: Value<'t>,
    /// Where the text before it ended.
    pub behind: usize,
}

/// A text as its lines tell it.
#[derive(Debug)]
pub struct Lines<'t> {
    text: &'t str,
    /// All keys, in their order.
    pub keys: Vec<Key<'t>>,
    /// Where the latest token ended.
    pub end: usize,
    /// The collections that are still open: the column of each, and whether it is a list.
    open: Vec<(usize, bool)>,
    /// Whether the latest key is still without a value.
    waits: bool,
    /// The first byte that was not read yet.
    next: usize,
}

/// Reads a text that is a block mapping; nothing if there is more in it than is understood.
pub fn read(text: &str) -> Option<Lines<'_>> {
    let mut lines = Lines {
        text,
        keys: Vec::new(),
        end: 0,
        open: Vec::new(),
        waits: false,
        next: 0,
    };
    let mut marked = false;
    while lines.next < text.len() {
        let start = lines.next;
        let line = lines.take();
        match line.trim_start_matches(' ') {
            "---" if line == "---" && lines.keys.is_empty() && !marked => marked = true,
            rest if rest.is_empty() || rest.starts_with('#') => {}
            rest => lines.line(start, line.len() - rest.len(), line)?,
        }
    }
    Some(lines)
}

impl<'t> Lines<'t> {
    /// The next line, without its end.
    fn take(&mut self) -> &'t str {
        let rest = &self.text[self.next..];
        let length = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        self.next += length + 1;
        &rest[..length]
    }

    fn line(&mut self, start: usize, indent: usize, line: &'t str) -> Option<()> {
        let mut column = indent;
        let is_item = line[indent..].starts_with("- ");
        if is_item {
            self.enter(indent, true)?;
            column += 1 + spaces(&line[indent + 1..]);
        }
        let rest = &line[column..];
        let at = start + column;
        let Some(length) = key(rest) else {
            let value = self.value(at, rest, indent)?;
            return (is_item && matches!(value, Value::Text(_) | Value::Other)).then_some(());
        };
        match is_item {
            true => self.open.push((column, false)),
            false => self.enter(column, false)?,
        }
        let behind = self.end;
        self.end = at + length + 1;
        let value = self.value(self.end, &rest[length + 1..], column)?;
        self.waits = matches!(value, Value::Missing | Value::Anchor(_));
        self.keys.push(Key {
            name: &rest[..length],
            span: Span::new(at, at + length),
            depth: self.open.len(),
            value,
            behind,
        });
        (self.open.len() < DEEPEST).then_some(())
    }

    /// Goes to the list or mapping at a column, which a key without a value may begin; nothing if none can be there.
    fn enter(&mut self, column: usize, list: bool) -> Option<()> {
        let ends =
            |(at, is_list): &mut (usize, bool)| *at > column || *at == column && *is_list && !list;
        while self.open.pop_if(ends).is_some() {
            self.waits = false;
        }
        let waited = std::mem::take(&mut self.waits);
        if self.open.last() == Some(&(column, list)) {
            return Some(());
        }
        self.open.push((column, list));
        let is_first = self.keys.is_empty() && column == 0 && !list;
        (waited || is_first).then_some(())
    }

    /// The value in the rest of a line, and where it ends. `column` is that of the key or dash before it.
    fn value(&mut self, at: usize, rest: &'t str, column: usize) -> Option<Value<'t>> {
        let blanks = spaces(rest);
        let (at, rest) = (at + blanks, &rest[blanks..]);
        let bytes = rest.as_bytes();
        let first = match bytes.first() {
            None | Some(b'#') => return Some(Value::Missing),
            Some(b'|' | b'>') => return self.block(rest, column),
            Some(first) => *first,
        };
        let length = match first {
            b'"' | b'\'' => memchr::memchr(first, &bytes[1..])? + 2,
            b'[' => memchr::memchr(b']', bytes)? + 1,
            b'{' => "{}".len(),
            b'&' | b'*' => 1 + name_length(&bytes[1..])?,
            _ => plain(rest)?.len(),
        };
        let (written, behind) = rest.split_at_checked(length)?;
        let inside = written.get(1..length - 1).unwrap_or_default();
        let value = match first {
            b'"' if !inside.contains('\\') => Value::Text(inside),
            b'\'' if !behind.starts_with('\'') => Value::Text(inside),
            b'[' if is_plain_list(inside) => Value::Other,
            b'{' if written == "{}" => Value::Other,
            b'&' => Value::Anchor(&written[1..]),
            b'*' => Value::Alias(&written[1..]),
            b'"' | b'\'' | b'[' | b'{' => return None,
            _ => Value::Text(written),
        };
        self.end = at + length;
        let comment = behind.trim_start_matches(' ');
        let ends = comment.is_empty() || comment.starts_with('#') && comment.len() < behind.len();
        ends.then_some(value)
    }

    /// The lines of a block scalar, by its header.
    fn block(&mut self, header: &str, column: usize) -> Option<Value<'t>> {
        if !matches!(header[1..].trim_end_matches(' '), "" | "-") {
            return None;
        }
        let mut indent = None;
        while self.next < self.text.len() {
            let start = self.next;
            let line = self.take();
            if line.is_empty() {
                continue;
            }
            let depth = spaces(line);
            if depth == line.len() || indent.is_none() && depth <= column {
                return None;
            }
            if depth < *indent.get_or_insert(depth) {
                self.next = start;
                return (depth <= column).then_some(Value::Other);
            }
            self.end = start + line.len();
        }
        indent.map(|_| Value::Other)
    }
}

/// How long the plain key is that a line begins with.
fn key(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let ends = |at: &usize| matches!(bytes.get(at + 1), None | Some(b' '));
    let length = memchr::memchr_iter(b':', bytes).find(ends)?;
    let name = &bytes[..length];
    let is_part = |byte: &u8| is_word(*byte) || b" /-+@():".contains(byte);
    let is_plain = name.first().is_some_and(|byte| is_word(*byte))
        && name.last() != Some(&b' ')
        && length <= LONGEST_KEY
        && name.iter().all(is_part);
    (is_plain || name == b"<<").then_some(length)
}

/// How long the name of an anchor is.
fn name_length(bytes: &[u8]) -> Option<usize> {
    let name = bytes.iter().take_while(|it| is_word(**it) || **it == b'-');
    Some(name.count()).filter(|length| *length > 0)
}

/// A plain scalar of one line: up to a comment, without the blanks before it.
fn plain(rest: &str) -> Option<&str> {
    let bytes = rest.as_bytes();
    let starts = match bytes.first()? {
        b'-' => matches!(bytes.get(1), Some(next) if is_word(*next) || *next == b'-'),
        byte => is_word(*byte) || b"/$~+=(;<^\\".contains(byte),
    };
    let mut end = bytes.len();
    for at in memchr::memchr2_iter(b':', b'#', bytes) {
        match bytes[at] {
            b'#' if bytes[at - 1] == b' ' => {
                end = at;
                break;
            }
            b':' if matches!(bytes.get(at + 1), None | Some(b' ')) => return None,
            _ => {}
        }
    }
    starts.then(|| rest[..end].trim_end_matches(' '))
}

/// What stands in brackets: words and quoted texts with commas between them.
fn is_plain_list(inside: &str) -> bool {
    let is_plain = |item: &str| {
        let item = item.trim_matches(' ');
        let quoted = |quote: char| item.strip_prefix(quote)?.strip_suffix(quote);
        let inner = quoted('"').or_else(|| quoted('\'')).unwrap_or(item);
        let mut bytes = inner.bytes();
        bytes.next().is_some_and(is_word)
            && bytes.all(|byte| is_word(byte) || b"/-*@+".contains(&byte))
    };
    inside.trim_matches(' ').is_empty() || inside.split(',').all(is_plain)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')
}

fn spaces(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
