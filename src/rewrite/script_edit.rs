//! Changes inside scripts: a word, a statement that goes, lines that come after a command or in front of all.

use std::ops::Range;

use crate::analysis::{Call, DockerCall, JobView, LineView};
use crate::pipeline::Phase;
use crate::shell::{Connected, Connector, Nesting};
use crate::yaml::{Change, New, Style};

use super::draft::{Draft, Planned, Purpose};

/// Replaces a range of a call's script.
pub(super) fn replace(
    view: &JobView<'_>,
    call: &Call,
    range: Range<usize>,
    text: impl Into<String>,
    draft: &mut Draft,
    why: usize,
) {
    let node = view.line(call).node;
    draft.change(
        node.file,
        Change::ReplaceText {
            node: node.node,
            range,
            text: text.into(),
        },
        why,
    );
}

/// How a line is written.
pub(super) fn style(view: &JobView<'_>, line: &LineView) -> Style {
    view.context
        .documents
        .tree(line.node)
        .scalar(line.node.node)
        .map_or(Style::Plain, |scalar| scalar.style())
}

/// Whether a range begins and ends with its lines, but for blanks, a comment, or a lone semicolon.
pub(super) fn has_own_lines(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].rsplit('\n').next().unwrap_or_default();
    let after = text[range.end..]
        .split('\n')
        .next()
        .unwrap_or_default()
        .trim();
    before.trim().is_empty() && (after.is_empty() || after == ";" || after.starts_with('#'))
}

/// Runs further commands after a command, where it stands, and only if it succeeds.
/// Gives `false` if the command stands where nothing can follow it.
pub(super) fn insert_after(
    view: &JobView<'_>,
    call: &Call,
    commands: &[String],
    draft: &mut Draft,
    why: usize,
) -> bool {
    if commands.is_empty() {
        return true;
    }
    let command = call.command();
    let line = view.line(call);
    let text = call.text();
    let place = &command.context;
    if place.background || place.negated || place.nesting.contains(&Nesting::Xargs) {
        return false;
    }
    let statement = place.statement.clone();
    let alone = place.connected == Connected::Alone
        && text[statement.clone()].trim() == text[command.span.clone()].trim();
    if alone
        && place.nesting.is_empty()
        && text.trim() == text[statement.clone()].trim()
        && let Some((sequence, index)) = line.item
    {
        for command in commands {
            let value = New::Scalar(command.clone());
            let change = Change::InsertItem {
                sequence: sequence.node,
                at: index + 1,
                value,
            };
            draft.change(sequence.file, change, why);
        }
        return true;
    }
    let on_lines = place.nesting.iter().all(|nesting| {
        matches!(
            nesting,
            Nesting::If
                | Nesting::LoopBody
                | Nesting::For
                | Nesting::Function(_)
                | Nesting::Group
                | Nesting::Case
        )
    });
    if alone && on_lines && has_own_lines(text, &statement) && style(view, line) == Style::Literal {
        let first = text[..statement.start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let indent = &text[first..statement.start];
        let end = text[statement.end..]
            .find('\n')
            .map_or(text.len(), |newline| statement.end + newline);
        let lines: String = commands
            .iter()
            .map(|command| format!("\n{indent}{command}"))
            .collect();
        replace(view, call, end..end, lines, draft, why);
        return true;
    }
    if place.pipeline.1 > 1
        || !command.redirects.is_empty()
            && command.redirects.iter().any(|one| one.heredoc.is_some())
    {
        return false;
    }
    let more: String = commands
        .iter()
        .map(|command| format!(" && {command}"))
        .collect();
    let (start, end) = (command.span.start, command.span.end);
    if place.connected == Connected::After(Connector::Or) {
        // what follows belongs to this side of the `||` alone
        replace(view, call, start..start, "{ ", draft, why);
        replace(view, call, end..end, format!("{more}; }}"), draft, why);
    } else {
        replace(view, call, end..end, more, draft, why);
    }
    true
}

/// Runs a command right before another one, which does not run if it fails.
/// Gives `false` if the other one stands where nothing can come before it.
pub(super) fn insert_before(
    view: &JobView<'_>,
    call: &Call,
    command: &str,
    draft: &mut Draft,
    why: usize,
) -> bool {
    let line = view.line(call);
    let text = call.text();
    let place = &call.command().context;
    if place.negated
        || place.pipeline.0 > 0
        || place.connected == Connected::After(Connector::Or)
        || place.nesting.contains(&Nesting::Xargs)
    {
        return false;
    }
    let statement = &place.statement;
    let begins = statement.start == call.command().span.start;
    if begins
        && place.nesting.is_empty()
        && text.trim() == text[statement.clone()].trim()
        && let Some((sequence, index)) = line.item
    {
        let change = Change::InsertItem {
            sequence: sequence.node,
            at: index,
            value: New::Scalar(command.to_owned()),
        };
        draft.change(sequence.file, change, why);
        return true;
    }
    if begins
        && place.statement_in_body
        && has_own_lines(text, statement)
        && style(view, line) == Style::Literal
    {
        let change = Change::InsertTextLinesBefore {
            node: line.node.node,
            before: statement.start,
            lines: vec![command.to_owned()],
        };
        draft.change(line.node.file, change, why);
        return true;
    }
    let start = call.command().span.start;
    replace(
        view,
        call,
        start..start,
        format!("{command} && "),
        draft,
        why,
    );
    true
}

/// Runs commands before everything else in the list (or text) that holds a line.
pub(super) fn insert_in_front(
    view: &JobView<'_>,
    line: &LineView,
    commands: &[String],
    purpose: Purpose,
    draft: &mut Draft,
    why: usize,
) {
    if let Some((sequence, _)) = line.item {
        for command in commands {
            let change = Change::InsertItem {
                sequence: sequence.node,
                at: 0,
                value: New::Scalar(command.clone()),
            };
            draft.plan(Planned {
                file: sequence.file,
                change,
                purpose: purpose.clone(),
                instead: None,
                finding: why,
            });
        }
        return;
    }
    let node = line.node;
    let change = if style(view, line) == Style::Literal {
        Change::InsertTextLinesBefore {
            node: node.node,
            before: 0,
            lines: commands.to_vec(),
        }
    } else {
        Change::ReplaceText {
            node: node.node,
            range: 0..0,
            text: format!("{} && ", commands.join(" && ")),
        }
    };
    draft.plan(Planned {
        file: node.file,
        change,
        purpose,
        instead: None,
        finding: why,
    });
}

/// The first line of a phase that a setup line can stand in front of.
pub(super) fn first_line<'a>(view: &'a JobView<'_>, phases: &[Phase]) -> Option<&'a LineView> {
    view.lines.iter().find(|line| phases.contains(&line.phase))
}

impl DockerCall<'_> {
    /// Replaces some of the script.
    pub(crate) fn replace(
        &self,
        range: Range<usize>,
        text: impl Into<String>,
        draft: &mut Draft,
        why: usize,
    ) {
        replace(self.view, self.call, range, text, draft, why);
    }

    /// Takes words away, with the blank in front of them.
    pub(crate) fn remove(&self, words: &Range<usize>, draft: &mut Draft, why: usize) {
        self.replace(self.range_with_gap(words), "", draft, why);
    }

    /// Writes words behind the subcommand.
    pub(crate) fn add_option(&self, option: &str, draft: &mut Draft, why: usize) {
        let end = self.words()[self.subcommand.end - 1].span.end;
        self.replace(end..end, format!(" {option}"), draft, why);
    }
}
