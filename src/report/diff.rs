//! The unified diff: byte for byte what `git apply` takes at the top of the repository, or coloured for a person.

use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Effects};
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline, group_diff_ops};

use super::{Style, Tree, harmless};

/// Lines that stay around lines that change.
const CONTEXT: usize = 3;

/// After this time the diff of one file gets coarser instead of smaller; real files need a thousandth of it.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Writes the diff of every file that changes.
pub fn write(out: &mut dyn Write, trees: &[Tree], style: Style) -> io::Result<()> {
    for tree in trees {
        for file in &tree.outcome.files {
            if let Some(changed) = &file.changed {
                let path = file.source.path();
                write_file(out, path, file.source.text(), changed, style)?;
            }
        }
    }
    Ok(())
}

/// Writes the diff of one file, whose path is relative to the top of its repository; nothing if the texts are equal.
pub fn write_file(
    out: &mut dyn Write,
    path: &Path,
    before: &str,
    after: &str,
    style: Style,
) -> io::Result<()> {
    if before == after {
        return Ok(());
    }
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let mut paint = Paint { out, style };
    let header = anstyle::Style::new().effects(Effects::BOLD);
    let (from, to) = (quoted("a/", path), quoted("b/", path));
    // A name with a blank ends with a tab, so that no reader takes the rest of the line for a date.
    let tab = if from.contains(' ') { "\t" } else { "" };
    paint.line(header, &format!("diff --git {from} {to}\n"))?;
    paint.line(header, &format!("--- {from}{tab}\n"))?;
    paint.line(header, &format!("+++ {to}{tab}\n"))?;
    let hunk_header = AnsiColor::Cyan.on_default();
    for hunk in group_diff_ops(operations(&old, &new), CONTEXT) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
            continue;
        };
        let old_lines = range(first.old_range().start..last.old_range().end);
        let new_lines = range(first.new_range().start..last.new_range().end);
        paint.line(hunk_header, &format!("@@ -{old_lines} +{new_lines} @@\n"))?;
        for operation in &hunk {
            paint.operation(operation, &old, &new)?;
        }
    }
    Ok(())
}

/// What turns a text into another: bytes of the old one in whole lines, each with what comes in their place.
pub(super) fn replacements<'a>(before: &str, after: &'a str) -> Vec<(Range<usize>, &'a str)> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let (old_starts, new_starts) = (starts(&old), starts(&new));
    let bytes = |starts: &[usize], lines: Range<usize>| {
        let at = |line| starts.get(line).copied().unwrap_or_default();
        at(lines.start)..at(lines.end)
    };
    let mut replacements: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for operation in operations(&old, &new) {
        if matches!(operation, DiffOp::Equal { .. }) {
            continue;
        }
        let gone = bytes(&old_starts, operation.old_range());
        let come = bytes(&new_starts, operation.new_range());
        match replacements.last_mut() {
            Some(last) if last.0.end == gone.start => {
                last.0.end = gone.end;
                last.1.end = come.end;
            }
            _ => replacements.push((gone, come)),
        }
    }
    let with_text =
        |(gone, come): (Range<usize>, Range<usize>)| (gone, after.get(come).unwrap_or_default());
    replacements.into_iter().map(with_text).collect()
}

/// Where each line begins, and where the last one ends.
fn starts(lines: &[&str]) -> Vec<usize> {
    let mut at = 0;
    let ends = lines.iter().map(|line| {
        at += line.len();
        at
    });
    std::iter::once(0).chain(ends).collect()
}

/// What turns the old lines into the new ones.
fn operations(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let deadline = Instant::now().checked_add(TIMEOUT);
    capture_diff_slices_deadline(Algorithm::Myers, old, new, deadline)
}

/// A range of lines as a hunk header says it: from 1, the count only where it is not one, and for no line the one before.
fn range(lines: Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    }
}

struct Paint<'a> {
    out: &'a mut dyn Write,
    style: Style,
}

impl Paint<'_> {
    fn operation(&mut self, operation: &DiffOp, old: &[&str], new: &[&str]) -> io::Result<()> {
        let old_lines = old.get(operation.old_range()).unwrap_or_default();
        let new_lines = new.get(operation.new_range()).unwrap_or_default();
        if matches!(operation, DiffOp::Equal { .. }) {
            return self.lines(anstyle::Style::new(), " ", old_lines);
        }
        self.lines(AnsiColor::Red.on_default(), "-", old_lines)?;
        self.lines(AnsiColor::Green.on_default(), "+", new_lines)
    }

    fn lines(&mut self, colour: anstyle::Style, mark: &str, lines: &[&str]) -> io::Result<()> {
        for line in lines {
            let shown = if self.style.terminal {
                // A carriage return before the line feed moves nothing that is still to be seen.
                harmless(line.strip_suffix("\r\n").unwrap_or(line))
            } else {
                (*line).into()
            };
            self.line(colour, &format!("{mark}{}", shown.trim_end_matches('\n')))?;
            let end: &[u8] = if line.ends_with('\n') {
                b"\n"
            } else {
                b"\n\\ No newline at end of file\n"
            };
            self.out.write_all(end)?;
        }
        Ok(())
    }

    fn line(&mut self, colour: anstyle::Style, text: &str) -> io::Result<()> {
        if !self.style.coloured {
            return self.out.write_all(text.as_bytes());
        }
        let body = text.trim_end_matches('\n');
        let end = if body.len() < text.len() { "\n" } else { "" };
        write!(self.out, "{colour}{body}{colour:#}{end}")
    }
}

/// A path as git writes it: in quotes with escapes if a character needs it.
fn quoted(prefix: &str, path: &Path) -> String {
    let bytes = path_bytes(path);
    let plain =
        |byte: &u8| !(byte.is_ascii_control() || matches!(byte, b'"' | b'\\') || *byte >= 128);
    if bytes.iter().all(plain) {
        return format!("{prefix}{}", String::from_utf8_lossy(&bytes));
    }
    let mut result = format!("\"{prefix}");
    for byte in &bytes {
        match byte {
            b'"' | b'\\' => result.extend(['\\', char::from(*byte)]),
            byte if plain(byte) => result.push(char::from(*byte)),
            byte => result.push_str(&format!("\\{byte:03o}")),
        }
    }
    result.push('"');
    result
}

#[cfg(unix)]
fn path_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(not(unix))]
fn path_bytes(path: &Path) -> Vec<u8> {
    crate::repository::slashed(path).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: &str, after: &str, style: Style) -> String {
        let mut out = Vec::new();
        write_file(&mut out, Path::new("a.yml"), before, after, style).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn three_lines_of_context() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let after = before.replace("5\n", "five\n");
        assert_eq!(
            diff(before, &after, Style::default()),
            "diff --git a/a.yml b/a.yml\n--- a/a.yml\n+++ b/a.yml\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
        );
        assert_eq!(diff(before, before, Style::default()), "");
    }

    #[test]
    fn replacements_make_the_new_text() {
        for (before, after) in [
            ("1\n2\n3\n4\n", "1\n2\n2a\n4\n"),
            ("1\n2\n", ""),
            ("", "1\n"),
            ("1\n2", "0\n1\n2\n3"),
            ("\u{feff}a\r\nb", "\u{feff}c\r\nb"),
        ] {
            let mut text = before.to_owned();
            for (range, with) in replacements(before, after).into_iter().rev() {
                text.replace_range(range, with);
            }
            assert_eq!(text, after);
        }
        let two = replacements("1\n2\n3\n", "one\n2\nthree\n");
        assert_eq!(two, [(0..2, "one\n"), (4..6, "three\n")]);
    }

    #[test]
    fn only_a_line_feed_ends_a_line() {
        let patch = diff("a\rb\r\nc", "a\rb\r\nd", Style::default());
        let hunk = "@@ -1,2 +1,2 @@\n a\rb\r\n-c\n\\ No newline at end of file\n+d\n\\ No newline at end of file\n";
        assert!(patch.ends_with(hunk), "{patch:?}");
    }

    #[test]
    fn all_lines_of_a_file() {
        assert!(diff("a\n", "", Style::default()).contains("@@ -1 +0,0 @@\n-a\n"));
        assert!(diff("", "a\n", Style::default()).contains("@@ -0,0 +1 @@\n+a\n"));
    }

    #[test]
    fn a_terminal_is_not_steered() {
        let style = Style {
            coloured: true,
            terminal: true,
        };
        let patch = diff("a\u{1b}c\r\n", "b\r\n", style);
        assert!(
            patch.contains("\u{1b}[31m-a\\u{1b}c\u{1b}[0m\n"),
            "{patch:?}"
        );
        assert!(patch.contains("+b\u{1b}[0m\n"), "{patch:?}");
        assert!(!patch.contains('\r'));
    }

    #[test]
    fn names_are_quoted_as_git_does() {
        assert_eq!(quoted("a/", Path::new("x y.yml")), "a/x y.yml");
        assert_eq!(
            quoted("a/", Path::new("ö\".yml")),
            "\"a/\\303\\266\\\".yml\""
        );
    }
}
