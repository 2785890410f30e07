//! Comments that accept what is found: `# dindless: ignore[rule] why`.
//!
//! Such a comment speaks of the line it ends, or, on a line of its own, of the next one, and of all that hangs on that
//! line by being indented more: a job, a step, an item, a key with its list. `ignore-file` speaks of the whole file.
//! Comments are looked for in the text and not in a tree, so that the same words work in a script within a pipeline, in a
//! Dockerfile and in a compose file.

use crate::collections::HashMap;
use crate::text::Span;

/// What every such comment has.
pub(super) const MARK: &str = "dindless:";

/// A comment that speaks to this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment<'a> {
    /// From the sign that begins the comment to the end of its line.
    pub at: Span,
    /// What it says, if it can be understood.
    pub ignore: Option<Ignore<'a>>,
}

/// What a comment accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ignore<'a> {
    /// The bytes that it speaks of; none is the whole file.
    pub covers: Option<Span>,
    /// The rules that it names, as they are written; none is all of them.
    pub rules: Vec<&'a str>,
    /// The reason that its author gives; may be empty.
    pub why: &'a str,
}

/// All comments of a text that speak to this program, in their order.
pub(crate) fn comments(text: &str) -> Vec<Comment<'_>> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let lines = lines(text);
    let speaking = speaking(&lines);
    let mut blocks: HashMap<usize, Span> = HashMap::default();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((own, start, text)) = comment(line.text) else {
            continue;
        };
        let governed = match own {
            true => speaking.get(index + 1).copied().flatten(),
            false => Some(index),
        };
        let end = line.start + line.text.len();
        let covered = governed.map_or(Span::new(end, end), |first| {
            let known = blocks.entry(first);
            *known.or_insert_with(|| block(&lines, &speaking, first))
        });
        found.push(Comment {
            at: Span::new(line.start + start, end),
            ignore: ignore(text, covered),
        });
    }
    found
}

/// A line without its end.
struct Line<'a> {
    start: usize,
    text: &'a str,
}

impl Line<'_> {
    fn indentation(&self) -> usize {
        self.text.len() - self.text.trim_start().len()
    }

    /// Whether there is more on it than a comment.
    fn speaks(&self) -> bool {
        let text = self.text.trim_start();
        !text.is_empty() && !text.starts_with('#') && !text.starts_with("//")
    }

    fn is_item(&self) -> bool {
        let text = self.text.trim_start();
        text == "-" || text.starts_with("- ")
    }

    /// Whether what belongs to it begins on the next line: a key without a value.
    fn opens(&self) -> bool {
        let text = self.text.split(" #").next().unwrap_or(self.text);
        text.trim_end().ends_with(':')
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        let here = start;
        start += line.len();
        Line {
            start: here,
            text: line.trim_end_matches(['\n', '\r']),
        }
    });
    lines.collect()
}

/// For each line the first one from there on that speaks.
fn speaking(lines: &[Line<'_>]) -> Vec<Option<usize>> {
    let mut next = vec![None; lines.len()];
    let mut last = None;
    for (index, line) in lines.iter().enumerate().rev() {
        if line.speaks() {
            last = Some(index);
        }
        next[index] = last;
    }
    next
}

/// A line and all that hangs on it.
fn block(lines: &[Line<'_>], speaking: &[Option<usize>], first: usize) -> Span {
    let head = &lines[first];
    let indentation = head.indentation();
    let after = |line: usize| speaking.get(line + 1).copied().flatten();
    let mut following = std::iter::successors(after(first), |line| after(*line));
    // YAML lets a list stand as far to the left as the key that it belongs to
    let beside = |line: &Line<'_>| line.is_item() && line.indentation() == indentation;
    let opens = head.opens() && !head.is_item();
    let mut last = first;
    let list = opens
        && following
            .clone()
            .next()
            .is_some_and(|next| beside(&lines[next]));
    while let Some(next) = following.next()
        && (lines[next].indentation() > indentation || list && beside(&lines[next]))
    {
        last = next;
    }
    let end = lines[last].start + lines[last].text.len();
    // one more than the text, so that what stands at the very end is covered, too
    Span::new(head.start, end + 1)
}

/// The comment of a line that speaks to this program: whether it is all there is on the line, where it begins, and
/// what comes after the mark.
fn comment(line: &str) -> Option<(bool, usize, &str)> {
    for (at, _) in line.match_indices(MARK) {
        let before = line[..at].trim_end();
        let sign = ["#", "//"].into_iter().find(|sign| before.ends_with(sign));
        let Some(sign) = sign else { continue };
        let start = before.len() - sign.len();
        let outside = &line[..start];
        if outside.is_empty() || outside.ends_with([' ', '\t']) {
            let text = &line[at + MARK.len()..];
            return Some((outside.trim().is_empty(), start, text));
        }
    }
    None
}

/// Reads what comes after the mark.
fn ignore(text: &str, covered: Span) -> Option<Ignore<'_>> {
    let text = text.trim().strip_prefix("ignore")?;
    let (covers, text) = match text.strip_prefix("-file") {
        Some(rest) => (None, rest),
        None => (Some(covered), text),
    };
    let (rules, why) = match text.strip_prefix('[') {
        Some(rest) => {
            let (list, why) = rest.split_once(']')?;
            let rules: Vec<&str> = list.split(',').map(str::trim).collect();
            if rules.iter().any(|rule| rule.is_empty()) {
                return None;
            }
            (rules, why)
        }
        None => (Vec::new(), text),
    };
    // `ignored` and `ignore-all` are other words
    let why = match why.chars().next() {
        None => "",
        Some(next) if next.is_whitespace() || matches!(next, ':' | ',' | ';') => {
            why.trim_start_matches([' ', '\t', ':', ',', ';'])
        }
        Some(_) => return None,
    };
    Some(Ignore { covers, rules, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines that the first comment speaks of, from 1.
    fn covered(text: &str) -> Vec<usize> {
        let comments = comments(text);
        let ignore = comments[0].ignore.as_ref().expect("understood");
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts: Vec<usize> = [0].into_iter().chain(starts).collect();
        let lines = starts.iter().enumerate();
        let covers = |start: usize| {
            let range = ignore.covers.map(|span| span.range());
            range.is_none_or(|range| range.contains(&start))
        };
        lines
            .filter(|(_, start)| **start < text.len() && covers(**start))
            .map(|(index, _)| index + 1)
            .collect()
    }

    #[test]
    fn a_comment_speaks_of_its_line_or_the_next() {
        assert_eq!(covered("a: 1 # dindless: ignore\nb: 2\n"), [1]);
        assert_eq!(covered("# dindless: ignore\n\n# more\na: 1\nb: 2\n"), [4]);
        assert_eq!(covered("a: 1\nb: 2 # dindless: ignore"), [2]);
    }

    #[test]
    fn a_comment_speaks_of_all_that_hangs_on_the_line() {
        let job =
            "# dindless: ignore\nbuild:\n  script:\n  - a\n\n  # x\n  - b\n\ntest:\n  script: c\n";
        assert_eq!(covered(job), [2, 3, 4, 5, 6, 7]);
        let list = "build:\n  script: # dindless: ignore\n  - a\n  - b\n  image: x\n";
        assert_eq!(covered(list), [2, 3, 4]);
        let item = "script:\n  # dindless: ignore\n  - name: a\n    run: b\n  - c\n";
        assert_eq!(covered(item), [3, 4]);
        let key = "build:\n  image: x # dindless: ignore\n  script:\n  - a\n";
        assert_eq!(covered(key), [2]);
        let nested = "a:\n- b: # dindless: ignore\n  - x\n- c\n";
        assert_eq!(covered(nested), [2, 3]);
    }

    #[test]
    fn a_comment_names_rules_and_a_reason() {
        let one = |text| comments(text)[0].ignore.clone();
        let ignore = one("x # dindless: ignore[swarm, push-digest] we know\r\ny\r\n").unwrap();
        assert_eq!(ignore.rules, ["swarm", "push-digest"]);
        assert_eq!(ignore.why, "we know");
        assert_eq!(one("#dindless: ignore: later").unwrap().why, "later");
        let file = one("// dindless: ignore-file[swarm]").unwrap();
        assert_eq!((file.covers, file.rules), (None, vec!["swarm"]));
        for wrong in [
            "# dindless: ingore",
            "# dindless: ignored",
            "# dindless: ignore[swarm",
            "# dindless: ignore[]",
            "# dindless: ignore-all",
            "# dindless:",
        ] {
            assert_eq!(one(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn other_text_is_no_comment() {
        assert!(comments("run: echo dindless: ignore").is_empty());
        assert!(comments("run: a#dindless: ignore").is_empty());
        assert!(comments("a: https://dindless: ignore").is_empty());
    }
}
