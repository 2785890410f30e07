//! Changes inside scripts: a word, a statement that goes, lines that come after a command or in front of all.

use std::ops::Range;

use crate::pipeline::{Phase, Script};
use crate::shell::{Connected, Connector, Nesting};
use crate::yaml::{Change, New, Style};

use super::context::{Call, JobView, LineView};
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

/// Takes a command away with the `|| true` that goes with it, and leaves a script that still means the rest.
pub(super) fn remove_command(view: &JobView<'_>, call: &Call, draft: &mut Draft, why: usize) {
    let command = call.command();
    let statement = command.place.statement.clone();
    if alone_in_statement(call) {
        remove_statement(view, call, statement, draft, why);
        return;
    }
    let text = call.text();
    let after = &text[command.span.end.min(text.len())..statement.end.min(text.len())];
    if command.place.pipeline.1 == 1
        && command.place.connected == Connected::First
        && let Some(rest) = after.trim_start().strip_prefix("&&")
    {
        let end = statement.end - rest.trim_start().len();
        replace(view, call, command.span.start..end, "", draft, why);
        return;
    }
    let before = &text[statement.start..command.span.start];
    if command.place.pipeline.1 == 1
        && command.place.connected == Connected::After(Connector::And)
        && command.place.followed_by.is_none()
        && let Some(kept) = before.trim_end().strip_suffix("&&")
    {
        let start = statement.start + kept.trim_end().len();
        replace(view, call, start..command.span.end, "", draft, why);
        return;
    }
    replace(view, call, command.span.clone(), "true", draft, why);
}

/// Whether a command is all that its statement does, but for what swallows its failure.
fn alone_in_statement(call: &Call) -> bool {
    let command = call.command();
    let Ok(script) = &call.parsed.script else {
        return false;
    };
    command.place.pipeline.1 == 1
        && script.commands.iter().enumerate().all(|(index, other)| {
            let inside = command.place.statement.start <= other.span.start
                && other.span.end <= command.place.statement.end;
            !inside
                || index == call.index
                || (command.place.tolerated && other.span.start >= command.span.end)
                || (command.span.start <= other.span.start && other.span.end <= command.span.end)
        })
}

/// Takes a whole statement away: with its list item, with its lines, or with its semicolon.
pub(super) fn remove_statement(
    view: &JobView<'_>,
    call: &Call,
    statement: Range<usize>,
    draft: &mut Draft,
    why: usize,
) {
    let line = view.line(call);
    let text = call.text();
    let nested = call.command().place.nesting.iter().any(|nesting| {
        !matches!(
            nesting,
            Nesting::WhileCondition | Nesting::UntilCondition | Nesting::LoopBody
        )
    });
    let inner = call.command().place.statement != statement;
    if text.trim() == text[statement.clone()].trim() {
        if let Some((sequence, index)) = line.item {
            draft.plan(Planned {
                file: sequence.file,
                change: Change::RemoveItem {
                    sequence: sequence.node,
                    index,
                },
                purpose: Purpose::Text,
                instead: None,
                slot: script_of(view, line).map(|script| script.slot.clone()),
                finding: why,
            });
            return;
        }
        replace(view, call, statement, "true", draft, why);
        return;
    }
    if nested && !inner {
        replace(view, call, statement, "true", draft, why);
        return;
    }
    if has_own_lines(text, &statement) && style(view, line) == Style::Literal {
        let node = line.node;
        draft.change(
            node.file,
            Change::RemoveTextLines {
                node: node.node,
                range: statement,
            },
            why,
        );
        return;
    }
    let after = &text[statement.end..];
    if let Some(rest) = after.trim_start_matches([' ', '\t']).strip_prefix(';')
        && !rest.starts_with(';')
    {
        let end = text.len() - rest.trim_start_matches([' ', '\t']).len();
        replace(view, call, statement.start..end, "", draft, why);
        return;
    }
    let before = text[..statement.start].trim_end_matches([' ', '\t']);
    if let Some(kept) = before.strip_suffix(';')
        && !kept.ends_with(';')
        && after.trim().is_empty()
    {
        replace(
            view,
            call,
            kept.trim_end().len()..statement.end,
            "",
            draft,
            why,
        );
        return;
    }
    replace(view, call, statement, "true", draft, why);
}

/// The script of a job that a line belongs to.
pub(super) fn script_of<'a>(view: &JobView<'a>, line: &LineView) -> Option<&'a Script> {
    view.job
        .scripts
        .iter()
        .find(|script| script.phase == line.phase)
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
fn has_own_lines(text: &str, range: &Range<usize>) -> bool {
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
    let place = &command.place;
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
        let change = Change::InsertTextLines {
            node: line.node.node,
            after: statement.end.saturating_sub(1),
            lines: commands.to_vec(),
        };
        draft.change(line.node.file, change, why);
        return true;
    }
    if place.pipeline.1 > 1
        || !command.redirects.is_empty()
            && command.redirects.iter().any(|one| one.heredoc.is_some())
    {
        return false;
    }
    let mut more = String::new();
    for command in commands {
        more.push_str(" && ");
        more.push_str(command);
    }
    let end = command.span.end;
    replace(view, call, end..end, more, draft, why);
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
                slot: None,
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
        slot: None,
        finding: why,
    });
}

/// The first line of a phase that a setup line can stand in front of.
pub(super) fn first_line<'a>(view: &'a JobView<'_>, phases: &[Phase]) -> Option<&'a LineView> {
    view.lines.iter().find(|line| phases.contains(&line.phase))
}
