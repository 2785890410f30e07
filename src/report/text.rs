//! Findings for people: the source line with a mark under it, short even where a hundred jobs say the same.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use indexmap::IndexMap;

use crate::finding::{Finding, Label, RuleId, Severity};
use crate::outcome::Problem;
use crate::text::{Location, Source};

use super::{Run, Style, Tree, harmless};

/// Places that are listed after the first one unless everything is asked for.
const OTHER_LOCATIONS: usize = 8;
/// Lines that are shown of one place.
const WINDOW_LINES: usize = 6;
/// Bytes that are shown of one place; a longer line is cut.
const WINDOW_BYTES: usize = 800;

/// Writes the findings in the order of their places, equal ones together, then the troubles. Notes only if `verbose`.
pub fn write(out: &mut dyn Write, run: &Run, style: Style, verbose: bool) -> io::Result<()> {
    let renderer = renderer(style);
    for tree in &run.trees {
        for same in grouped(tree, verbose) {
            let others = others(tree, &same, verbose);
            let Some(first) = same.first() else { continue };
            let report = [group(tree, first, others)];
            writeln!(out, "{}\n", renderer.render(&report))?;
        }
    }
    problems(out, run, style)
}

/// Writes what could not be done.
pub fn problems(out: &mut dyn Write, run: &Run, style: Style) -> io::Result<()> {
    let renderer = renderer(style);
    for (path, problem) in run.problems() {
        let message = problem_line(&path, problem);
        let report = [Group::with_title(Level::ERROR.primary_title(message))];
        writeln!(out, "{}\n", renderer.render(&report))?;
    }
    Ok(())
}

fn renderer(style: Style) -> Renderer {
    let renderer = if style.coloured {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.decor_style(DecorStyle::Ascii).term_width(140)
}

/// Findings that say the same, at the place of the first of them.
fn grouped(tree: &Tree, verbose: bool) -> impl Iterator<Item = Vec<&Finding>> {
    let mut findings: Vec<&Finding> = tree
        .outcome
        .files
        .iter()
        .flat_map(|file| &file.findings)
        .filter(|finding| finding.accepted.is_none())
        .filter(|finding| verbose || finding.severity > Severity::Note)
        .collect();
    findings.sort_by_key(|finding| place(finding));
    type Same<'a> = (RuleId, Severity, &'a str, Option<&'a str>);
    let mut groups: IndexMap<Same<'_>, Vec<&Finding>> = IndexMap::new();
    for finding in findings {
        let same = (
            finding.rule,
            finding.severity,
            finding.message.as_str(),
            finding.help.as_deref(),
        );
        groups.entry(same).or_default().push(finding);
    }
    groups.into_values()
}

fn place(finding: &Finding) -> Option<Location> {
    finding.at.first().map(|label| label.at)
}

/// Where else the same is said, as one line.
fn others(tree: &Tree, same: &[&Finding], verbose: bool) -> Option<String> {
    let mut places: Vec<String> = Vec::new();
    for at in same.iter().skip(1).filter_map(|finding| place(finding)) {
        let Some(source) = source(tree, at) else {
            continue;
        };
        let line = source.position(at.span.start as usize).line;
        let place = format!("{}:{line}", tree.root.shown(source.path()));
        if places.last() != Some(&place) {
            places.push(place);
        }
    }
    let limit = if verbose { usize::MAX } else { OTHER_LOCATIONS };
    let hidden = places.len().saturating_sub(limit);
    places.truncate(limit);
    if places.is_empty() {
        return None;
    }
    let listed = places.join(", ");
    Some(if hidden > 0 {
        format!("also at {listed} and {hidden} more places")
    } else {
        format!("also at {listed}")
    })
}

fn source(tree: &Tree, at: Location) -> Option<&Source> {
    let file = tree.outcome.files.get(at.file.0 as usize);
    file.map(|file| &file.source)
}

/// One finding as it is drawn.
fn group<'a>(tree: &'a Tree, finding: &'a Finding, others: Option<String>) -> Group<'a> {
    let level = match finding.severity {
        Severity::Note => Level::NOTE,
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let title = level
        .primary_title(harmless(&finding.message))
        .id(finding.rule.0);
    let mut group = Group::with_title(title);
    let mut labels = finding.at.iter().enumerate().peekable();
    while let Some((index, label)) = labels.next() {
        let Some(source) = source(tree, label.at) else {
            continue;
        };
        let mut window = Window::around(source, label);
        let mut marked = vec![(index, label)];
        // What stands within the same few lines is drawn with them.
        while let Some(next) = labels.next_if(|(_, next)| window.take_in(source, label, next)) {
            marked.push(next);
        }
        let path = harmless(&tree.root.shown(source.path())).into_owned();
        let mut snippet = Snippet::source(window.text(source))
            .line_start(window.line)
            .fold(false);
        if window.cut {
            // Where the line is cut the drawing cannot count columns.
            let at = source.position(label.at.span.start as usize);
            let origin = Origin::path(path).line(at.line).char_column(at.column);
            group = group.element(origin);
        } else {
            snippet = snippet.path(path);
        }
        for (index, label) in marked {
            let kind = if index == 0 {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            let mut annotation = kind.span(window.mark(source, label));
            if !label.text.is_empty() {
                annotation = annotation.label(harmless(&label.text));
            }
            snippet = snippet.annotation(annotation);
        }
        group = group.element(snippet);
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(harmless(help)));
    }
    if let Some(others) = others {
        group = group.element(Level::NOTE.message(harmless(&others).into_owned()));
    }
    group
}

/// The few lines around a place: drawing takes time by the length of the text that it is given.
struct Window {
    /// Bytes of the source.
    range: Range<usize>,
    /// The number of the first line.
    line: usize,
    /// Whether it is only a part of a line.
    cut: bool,
}

impl Window {
    fn around(source: &Source, label: &Label) -> Self {
        let text = source.text();
        let span = label.at.span.range();
        let start = text.floor_char_boundary(span.start.min(text.len()));
        let first = source.line_start(start);
        let line = source.position(start).line;
        let end = line_end(source, last_byte(&span, start));
        let last_line = source.position(last_byte(&span, start)).line;
        let mut range = first..end;
        if last_line - line >= WINDOW_LINES || range.len() > WINDOW_BYTES {
            range.end = line_end(source, start);
        }
        let cut = range.len() > WINDOW_BYTES;
        if cut {
            range.start = text
                .floor_char_boundary(start.saturating_sub(WINDOW_BYTES / 8))
                .max(first);
            range.end = text.floor_char_boundary(range.start + WINDOW_BYTES / 2);
        }
        if range.start == 0 && text.starts_with('\u{feff}') {
            range.start = '\u{feff}'.len_utf8();
        }
        range.end = range.end.max(range.start);
        Self { range, line, cut }
    }

    /// Widens the window by what `next` points at, if that is close enough; says whether it did.
    fn take_in(&mut self, source: &Source, label: &Label, next: &Label) -> bool {
        if next.at.file != label.at.file || self.cut {
            return false;
        }
        let other = Self::around(source, next);
        let start = self.range.start.min(other.range.start);
        let end = self.range.end.max(other.range.end);
        let lines = source.position(end).line - source.position(start).line + 1;
        let close = !other.cut && lines <= 2 * WINDOW_LINES && end - start <= 2 * WINDOW_BYTES;
        if close {
            self.range = start..end;
            self.line = self.line.min(other.line);
        }
        close
    }

    /// What to mark for a label, counted from the window's first byte: as much as a window of its own would show.
    fn mark(&self, source: &Source, label: &Label) -> Range<usize> {
        let shown = Self::around(source, label).range;
        let span = label.at.span.range();
        let start = span.start.clamp(shown.start, shown.end);
        let end = span.end.clamp(start, shown.end);
        let inside = |offset: usize| {
            let offset = source.text().floor_char_boundary(offset);
            offset.saturating_sub(self.range.start)
        };
        inside(start)..inside(end)
    }

    /// The text to be drawn, of the same length as in the file. The renderer makes the one-byte control characters
    /// visible; those of two bytes it lets through.
    fn text<'a>(&self, source: &'a Source) -> Cow<'a, str> {
        let text = source.text().get(self.range.clone()).unwrap_or_default();
        let steers = |character: char| character.is_control() && character.len_utf8() == 2;
        if text.contains(steers) {
            Cow::Owned(text.replace(steers, "\u{b7}"))
        } else {
            Cow::Borrowed(text)
        }
    }
}

/// The last byte that a span from `start` holds.
fn last_byte(span: &Range<usize>, start: usize) -> usize {
    span.end.saturating_sub(1).max(start)
}

/// Where the line that holds `offset` ends, before its line end.
fn line_end(source: &Source, offset: usize) -> usize {
    let line = source.position(offset).line;
    source.line_start(offset.min(source.text().len())) + source.line(line).map_or(0, str::len)
}

fn problem_line(path: &str, problem: &Problem) -> String {
    let place = problem
        .at
        .map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
    let message = format!("{path}{place}: {}", problem.message);
    let mut message = harmless(&message).into_owned();
    if problem.ours {
        message
            .push_str("; the file is left alone, this is a mistake of dindless: please report it");
    }
    message
}
