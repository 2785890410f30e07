//! A file that was read: its path, its text, and where its lines begin.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A file's text with its line table.
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
    /// Shared, not copied, by those who hold the file.
    text: Arc<str>,
    /// Once somebody asked for a line: most files that are read are never spoken of.
    line_starts: OnceLock<Vec<u32>>,
}

/// A line and a column as people count them: from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

impl Source {
    /// Takes the text over.
    pub fn new(path: impl Into<PathBuf>, text: String) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            line_starts: OnceLock::new(),
        }
    }

    /// Where the lines begin. A line ends with `\n`, `\r\n`, or a lone `\r`, as in YAML.
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let mut line_starts = vec![0];
            for (index, byte) in bytes.iter().enumerate() {
                let ends_line =
                    *byte == b'\n' || (*byte == b'\r' && bytes.get(index + 1) != Some(&b'\n'));
                if ends_line {
                    line_starts.push(index as u32 + 1);
                }
            }
            line_starts
        })
    }

    /// Where the file lies, relative to the root of its repository, with links resolved; `-` is standard input.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The whole text, byte for byte as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset; past the end is the end.
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line_starts = self.line_starts();
        let line = line_starts.partition_point(|start| *start as usize <= offset) - 1;
        let start = line_starts[line] as usize;
        let mut column = self.text[start..offset].chars().count() + 1;
        if start == 0 && self.text.starts_with('\u{feff}') && column > 1 {
            column -= 1; // a byte order mark is not a character that anyone sees
        }
        Position {
            line: line + 1,
            column,
        }
    }

    /// The bytes of a line without its line end; lines from 1.
    pub fn line(&self, line: usize) -> Option<&str> {
        let line_starts = self.line_starts();
        let start = *line_starts.get(line.checked_sub(1)?)? as usize;
        let end = line_starts
            .get(line)
            .map_or(self.text.len(), |next| *next as usize);
        Some(self.text[start..end].trim_end_matches(['\r', '\n']))
    }

    /// Where the line that holds `offset` begins.
    pub fn line_start(&self, offset: usize) -> usize {
        let line_starts = self.line_starts();
        let line = line_starts.partition_point(|start| *start as usize <= offset) - 1;
        line_starts[line] as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_characters() {
        let source = Source::new("x", "a\r\nö b\nlast".into());
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(3), Position { line: 2, column: 1 });
        assert_eq!(source.position(5), Position { line: 2, column: 2 });
        assert_eq!(source.position(99), Position { line: 3, column: 5 });
        assert_eq!(source.line(2), Some("ö b"));
        assert_eq!(source.line(4), None);
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        let source = Source::new("x", "\u{feff}key: 1".into());
        assert_eq!(source.position(3), Position { line: 1, column: 1 });
    }
}
