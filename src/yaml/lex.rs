//! Looking on in the source from a known place: to the next token, to the end of a line.

/// The first byte from here on that is not a blank, a line end, a comment, a tag or an anchor.
pub(super) fn token(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'#' => {
                while bytes.get(at).is_some_and(|it| !matches!(it, b'\n' | b'\r')) {
                    at += 1;
                }
            }
            b'&' | b'!' => {
                let is_verbatim = bytes.get(at + 1) == Some(&b'<');
                while bytes.get(at).is_some_and(|it| match it {
                    b' ' | b'\t' | b'\n' | b'\r' => false,
                    b',' | b'[' | b']' | b'{' | b'}' => is_verbatim,
                    _ => true,
                }) {
                    at += 1;
                }
            }
            _ => break,
        }
    }
    at
}

/// Where the line ends that `from` lies in: before its line end, and behind it.
pub(super) fn line_end(text: &str, from: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    let rest = bytes.get(from..).unwrap_or_default();
    let Some(length) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
        return (text.len(), text.len());
    };
    let end = from + length;
    let is_pair = rest[length] == b'\r' && rest.get(length + 1) == Some(&b'\n');
    (end, end + if is_pair { 2 } else { 1 })
}

/// Where the line begins that `from` lies in; a byte order mark is not part of it.
pub(super) fn line_start(text: &str, from: usize) -> usize {
    let head = text.as_bytes().get(..from).unwrap_or_default();
    match head.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')) {
        Some(at) => at + 1,
        None if text.starts_with('\u{feff}') => from.min(3),
        None => 0,
    }
}

/// How many characters stand before a byte on its line.
pub(super) fn column(text: &str, at: usize) -> usize {
    text.get(line_start(text, at)..at)
        .map_or(0, |it| it.chars().count())
}

/// The line end that a text uses.
pub(super) fn eol(text: &str) -> &'static str {
    let (end, next) = line_end(text, 0);
    match text.get(end..next) {
        Some("\r\n") => "\r\n",
        _ => "\n",
    }
}
