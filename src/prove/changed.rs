//! The text of a scalar with the changes inside of it.

use crate::yaml::Change;

/// A scalar's text with the changes inside of it: replaced ranges from the end, then whole lines.
pub(crate) fn changed_text(text: &str, changes: &[&Change]) -> String {
    enum Part<'a> {
        Replace(std::ops::Range<usize>, &'a str),
        Insert(usize, String),
    }
    // by bytes, as the last byte of a range may lie within a character
    let bytes = text.as_bytes();
    let line_start = |at: usize| {
        memchr::memrchr(b'\n', &bytes[..at.min(bytes.len())]).map_or(0, |newline| newline + 1)
    };
    let line_end = |at: usize| {
        memchr::memchr(b'\n', &bytes[at.min(bytes.len())..])
            .map_or(bytes.len(), |newline| at + newline + 1)
    };
    let indent = |at: usize| {
        let line = &text[line_start(at)..];
        line[..line.len() - line.trim_start_matches([' ', '\t']).len()].to_owned()
    };
    let mut parts: Vec<Part<'_>> = Vec::new();
    for change in changes {
        match change {
            Change::ReplaceText { range, text, .. } => {
                parts.push(Part::Replace(range.clone(), text))
            }
            Change::RemoveTextLines { range, .. } => {
                let last = range.end.saturating_sub(1).max(range.start);
                parts.push(Part::Replace(line_start(range.start)..line_end(last), ""));
            }
            Change::InsertTextLines { after, lines, .. } => {
                let indent = indent(*after);
                let lines: String = lines
                    .iter()
                    .map(|line| format!("{indent}{line}\n"))
                    .collect();
                parts.push(Part::Insert(line_end(*after), lines));
            }
            Change::InsertTextLinesBefore { before, lines, .. } => {
                let indent = indent(*before);
                let lines: String = lines
                    .iter()
                    .map(|line| format!("{indent}{line}\n"))
                    .collect();
                parts.push(Part::Insert(line_start(*before), lines));
            }
            _ => {}
        }
    }
    let start = |part: &Part<'_>| match part {
        Part::Replace(range, _) => (range.start, 1, range.end),
        Part::Insert(at, _) => (*at, 0, *at),
    };
    parts.sort_by_key(start);
    let mut result = text.to_owned();
    for part in parts.iter().rev() {
        match part {
            Part::Replace(range, text) => {
                if result.get(range.clone()).is_some() {
                    result.replace_range(range.clone(), text);
                }
            }
            Part::Insert(at, lines) => {
                if *at > 0 && !result[..*at].ends_with('\n') {
                    result.insert(*at, '\n');
                    let lines = lines.strip_suffix('\n').unwrap_or(lines);
                    result.insert_str(*at + 1, lines);
                } else {
                    result.insert_str(*at, lines);
                }
            }
        }
    }
    if !text.ends_with('\n') {
        // It ends where its last line ends (`|-`, or the file does), whichever line that is now.
        result.truncate(result.trim_end_matches('\n').len());
    }
    result
}
