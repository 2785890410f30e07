//! Plain YAML line by line: block mappings and lists with one-line values and block scalars, as most CI files are written.
//!
//! Nothing else is understood but anchors and aliases alone on their lines: a text with anything that takes more (tags,
//! escapes, values over several lines) is given up, and the parser reads it. What is understood here, the parser understands in the same way.

use std::ops::Range;

/// How deep collections may lie in each other, far below what the parser allows.
const DEEPEST: usize = 100;

/// The longest key; the parser takes up to 1024 characters.
const LONGEST_KEY: usize = 200;

/// A collection that is still open.
pub(super) struct Frame<'t> {
    column: usize,
    /// Whether it is a list; else it is a mapping.
    pub(super) list: bool,
    /// The latest key of a mapping.
    pub(super) key: &'t str,
}

/// What stands behind a key or a dash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Value<'t> {
    /// Nothing on this line.
    Missing,
    /// A text, without its quotes.
    Text(&'t str),
    /// A block scalar.
    Block,
    /// A list in brackets, as written; or empty braces.
    Flow(&'t str),
    /// The name of an anchor, with nothing behind it on this line.
    Anchor(&'t str),
    /// The name of the anchor whose value this is.
    Alias(&'t str),
}

/// Who is told what stands in the text. The answer is whether to read on.
pub(super) trait Visit<'t> {
    /// A key, with the collections that it lies in, its own mapping last; `behind` is where the text before it ended.
    fn key(
        &mut self,
        frames: &[Frame<'t>],
        name: Range<usize>,
        value: Value<'t>,
        behind: usize,
    ) -> bool;

    /// An item of a list that is no mapping.
    fn item(&mut self, frames: &[Frame<'t>], value: Value<'t>) -> bool;
}

/// Where a text begins and ends to say something.
pub(super) struct Extent {
    pub(super) first: usize,
    pub(super) end: usize,
}

/// Reads a text that is a block mapping; nothing if there is more in it than is understood, or nobody wants to read on.
pub(super) fn read<'t>(text: &'t str, visit: &mut dyn Visit<'t>) -> Option<Extent> {
    let mut lines = Lines {
        text,
        frames: Vec::with_capacity(16),
        pending: false,
        first: None,
        next: 0,
        end: 0,
    };
    let mut marked = false;
    while lines.next < text.len() {
        let start = lines.next;
        let end = line_end(text, start);
        lines.next = end + 1;
        let line = &text[start..end];
        let indent = spaces(line);
        let rest = &line[indent..];
        if matches!(rest.as_bytes().first(), None | Some(b'#')) {
            continue;
        }
        if indent == 0 && (rest.starts_with("---") || rest.starts_with("...")) {
            if rest != "---" || marked || lines.first.is_some() {
                return None;
            }
            marked = true;
            continue;
        }
        lines.line(start + indent, indent, rest, visit)?;
    }
    Some(Extent {
        first: lines.first?,
        end: lines.end,
    })
}

struct Lines<'t> {
    text: &'t str,
    frames: Vec<Frame<'t>>,
    /// Whether the latest key of the innermost mapping is still without a value.
    pending: bool,
    /// Where the first key stands.
    first: Option<usize>,
    /// The first byte that was not read yet.
    next: usize,
    /// Where the latest token ended.
    end: usize,
}

impl<'t> Lines<'t> {
    fn line(
        &mut self,
        at: usize,
        indent: usize,
        rest: &'t str,
        visit: &mut dyn Visit<'t>,
    ) -> Option<()> {
        let (mut at, mut column, mut rest) = (at, indent, rest);
        let dash = rest.starts_with("- ").then_some(column);
        if dash.is_some() {
            self.open_item(column)?;
            let skipped = 1 + spaces(&rest[1..]);
            (at, column, rest) = (at + skipped, column + skipped, &rest[skipped..]);
            if rest.is_empty() || rest.starts_with("- ") {
                return None;
            }
        }
        let Some(length) = key(rest)? else {
            let value = self.value(at, rest, dash?)?;
            self.pending = false;
            let is_said = !matches!(value, Value::Missing | Value::Anchor(_) | Value::Alias(_));
            return (is_said && visit.item(&self.frames, value)).then_some(());
        };
        let name = &rest[..length];
        match dash {
            Some(_) => self.push(column, false)?,
            None => self.open_key(column)?,
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.key = name;
        }
        self.first.get_or_insert(at);
        let behind = self.end;
        self.end = at + length + 1;
        let value = self.value(at + length + 1, &rest[length + 1..], column)?;
        self.pending = matches!(value, Value::Missing | Value::Anchor(_));
        visit
            .key(&self.frames, at..at + length, value, behind)
            .then_some(())
    }

    fn push(&mut self, column: usize, list: bool) -> Option<()> {
        let frame = Frame {
            column,
            list,
            key: "",
        };
        self.frames.push(frame);
        (self.frames.len() < DEEPEST).then_some(())
    }

    /// Closes the collections that lie deeper than a column, and the list at it if a key follows.
    fn close(&mut self, column: usize, key: bool) {
        while let Some(frame) = self.frames.last()
            && (frame.column > column || frame.column == column && frame.list && key)
        {
            self.frames.pop();
            self.pending = false;
        }
    }

    fn open_item(&mut self, column: usize) -> Option<()> {
        self.close(column, false);
        let last = self.frames.last()?;
        if last.list && last.column == column {
            return Some(());
        }
        if last.list || !self.pending {
            return None;
        }
        self.pending = false;
        self.push(column, true)
    }

    fn open_key(&mut self, column: usize) -> Option<()> {
        self.close(column, true);
        let Some(last) = self.frames.last() else {
            let is_first = self.first.is_none() && column == 0;
            return is_first.then(|| self.push(column, false)).flatten();
        };
        if last.column == column {
            return Some(());
        }
        if last.list || !self.pending {
            return None;
        }
        self.push(column, false)
    }

    /// The value in the rest of a line, and where it ends. `column` is that of the key or dash before it.
    fn value(&mut self, at: usize, rest: &'t str, column: usize) -> Option<Value<'t>> {
        let blanks = spaces(rest);
        let (at, rest) = (at + blanks, &rest[blanks..]);
        let bytes = rest.as_bytes();
        let Some(first) = bytes.first() else {
            return Some(Value::Missing);
        };
        let (value, length) = match first {
            b'#' => return Some(Value::Missing),
            quote @ (b'"' | b'\'') => {
                let length = memchr::memchr(*quote, &bytes[1..])? + 2;
                let inside = &rest[1..length - 1];
                let escapes = match quote {
                    b'"' => inside.contains('\\'),
                    _ => bytes.get(length) == Some(quote),
                };
                if escapes {
                    return None;
                }
                (Value::Text(inside), length)
            }
            b'|' | b'>' => {
                let header = rest[1..].trim_end_matches(' ');
                if !matches!(header, "" | "-") {
                    return None;
                }
                self.block(column)?;
                return Some(Value::Block);
            }
            b'[' => {
                let length = memchr::memchr(b']', bytes)? + 1;
                if !is_plain_list(&rest[1..length - 1]) {
                    return None;
                }
                (Value::Flow(&rest[..length]), length)
            }
            mark @ (b'&' | b'*') => {
                let is_name = |byte: &u8| is_word(*byte) || *byte == b'-';
                let length = 1 + bytes[1..].iter().take_while(|byte| is_name(byte)).count();
                let name = &rest[1..length];
                let value = match mark {
                    _ if name.is_empty() => return None,
                    b'&' => Value::Anchor(name),
                    _ => Value::Alias(name),
                };
                (value, length)
            }
            b'{' if rest.starts_with("{}") => (Value::Flow("{}"), 2),
            _ => {
                let plain = plain(rest)?;
                (Value::Text(plain), plain.len())
            }
        };
        if length < rest.len() {
            let behind = &rest[length..];
            let comment = &behind[spaces(behind)..];
            if !(comment.is_empty() || comment.starts_with('#') && comment.len() < behind.len()) {
                return None;
            }
        }
        self.end = at + length;
        Some(value)
    }

    /// The lines of a block scalar.
    fn block(&mut self, column: usize) -> Option<()> {
        let mut indent = None;
        while self.next < self.text.len() {
            let end = line_end(self.text, self.next);
            let line = &self.text[self.next..end];
            if !line.is_empty() {
                let depth = spaces(line);
                if depth == line.len() || indent.is_none() && depth <= column {
                    return None;
                }
                if depth < *indent.get_or_insert(depth) {
                    if depth > column {
                        return None;
                    }
                    break;
                }
                self.end = end;
            }
            self.next = end + 1;
        }
        indent.map(|_| ())
    }
}

/// How long the key is that a line begins with; nothing inside if there is none, nothing at all if it is no plain one.
fn key(line: &str) -> Option<Option<usize>> {
    let bytes = line.as_bytes();
    if !bytes.first().is_some_and(|byte| is_word(*byte)) {
        return Some(line.starts_with("<<: ").then_some("<<".len()));
    }
    for (index, byte) in bytes.iter().enumerate() {
        match PARTS[usize::from(*byte)] {
            Part::Colon if matches!(bytes.get(index + 1), None | Some(b' ')) => {
                let plain = index <= LONGEST_KEY && bytes[index - 1] != b' ';
                return plain.then_some(Some(index));
            }
            Part::Word | Part::Between | Part::Colon => {}
            Part::Other => return Some(None),
        }
    }
    Some(None)
}

/// What a byte may be in a plain key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A letter, a digit, `_` or `.`.
    Word,
    /// What may stand between words.
    Between,
    Colon,
    Other,
}

/// The parts of all bytes: a look into a table costs less than to compare, for every byte of every key.
const PARTS: [Part; 256] = {
    let mut parts = [Part::Other; 256];
    let mut byte = 0;
    while byte < parts.len() {
        parts[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' => Part::Word,
            b' ' | b'/' | b'-' | b'+' | b'@' | b'(' | b')' => Part::Between,
            b':' => Part::Colon,
            _ => Part::Other,
        };
        byte += 1;
    }
    parts
};

/// A plain scalar of one line: up to a comment, without the blanks before it.
fn plain(rest: &str) -> Option<&str> {
    let bytes = rest.as_bytes();
    let starts = match bytes.first()? {
        b'/' | b'$' | b'~' | b'+' | b'=' | b'(' | b';' | b'<' | b'^' | b'\\' => true,
        b'-' => bytes
            .get(1)
            .is_some_and(|next| is_word(*next) || *next == b'-'),
        byte => is_word(*byte),
    };
    if !starts {
        return None;
    }
    let mut end = bytes.len();
    for at in memchr::memchr2_iter(b':', b'#', bytes) {
        if bytes[at] == b'#' {
            if at > 0 && bytes[at - 1] == b' ' {
                end = at;
                break;
            }
        } else if matches!(bytes.get(at + 1), None | Some(b' ')) {
            return None;
        }
    }
    while end > 0 && bytes[end - 1] == b' ' {
        end -= 1;
    }
    Some(&rest[..end])
}

/// What stands in brackets: words and quoted texts with commas between them.
fn is_plain_list(inside: &str) -> bool {
    if inside.trim_matches(' ').is_empty() {
        return true;
    }
    let plain = |word: &str| {
        let mut bytes = word.bytes();
        bytes.next().is_some_and(is_word)
            && bytes.all(|byte| is_word(byte) || matches!(byte, b'/' | b'-' | b'*' | b'@' | b'+'))
    };
    inside.split(',').all(|item| {
        let item = item.trim_matches(' ');
        let quoted = |quote: char| item.strip_prefix(quote)?.strip_suffix(quote);
        let inner = quoted('"').or_else(|| quoted('\'')).unwrap_or(item);
        plain(inner)
    })
}

fn is_word(byte: u8) -> bool {
    PARTS[usize::from(byte)] == Part::Word
}

fn spaces(line: &str) -> usize {
    let others = line.bytes().position(|byte| byte != b' ');
    others.unwrap_or(line.len())
}

fn line_end(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(text.len(), |length| from + length)
}
