//! Commands that go, all at once: what is left of a list of commands still means the rest.

use std::ops::Range;

use crate::shell::{Connected, Connector, Nesting};
use crate::yaml::{Change, Style};

use super::context::{Call, JobView};
use super::draft::{Draft, Planned, Purpose, Removal};
use super::script_edit::{has_own_lines, replace, style};

/// Takes a command away, with the `|| true` that goes with it, once all passes are through.
pub(super) fn remove_command(call: &Call, draft: &mut Draft, why: usize) {
    let removal = Removal {
        call: (call.line, call.index),
        finding: why,
    };
    if draft
        .removals
        .iter()
        .all(|known| known.call != removal.call)
    {
        draft.removals.push(removal);
    }
}

/// Plans the changes for all commands that go.
pub(super) fn plan(view: &JobView<'_>, draft: &mut Draft) {
    let removals = std::mem::take(&mut draft.removals);
    let mut done: Vec<(usize, Range<usize>)> = Vec::new();
    let mut gone: Vec<Gone> = Vec::new();
    for removal in &removals {
        let Some(call) = view
            .calls
            .iter()
            .find(|call| (call.line, call.index) == removal.call)
        else {
            continue;
        };
        forget(view, call, draft);
        let statement = call.command().place.statement.clone();
        let key = (call.line, statement.clone());
        if done.contains(&key) {
            continue;
        }
        done.push(key);
        let list: Vec<&Call> = view
            .calls
            .iter()
            .filter(|other| {
                let place = &other.command().place;
                other.line == call.line
                    && place.statement == statement
                    && place.nesting == call.command().place.nesting
            })
            .collect();
        let goes: Vec<bool> = list
            .iter()
            .map(|one| {
                removals
                    .iter()
                    .any(|removal| removal.call == (one.line, one.index))
            })
            .collect();
        if nothing_stays(&list, &goes) {
            gone.push(Gone {
                line: call.line,
                statement: statement.clone(),
                finding: removal.finding,
            });
            remove_statement(view, call, statement, draft, removal.finding);
        } else {
            remove_some(view, &list, &goes, draft, removal.finding);
        }
    }
    whole_steps(view, &gone, draft);
}

/// A statement that goes.
struct Gone {
    line: usize,
    statement: Range<usize>,
    finding: usize,
}

/// A step of which nothing but comments would be left goes as a whole.
fn whole_steps(view: &JobView<'_>, gone: &[Gone], draft: &mut Draft) {
    for (index, line) in view.lines.iter().enumerate() {
        let Some((sequence, place)) = line.step else {
            continue;
        };
        let mut left = line.parsed.text.to_string();
        let mut ranges: Vec<&Gone> = gone.iter().filter(|one| one.line == index).collect();
        ranges.sort_by_key(|one| std::cmp::Reverse(one.statement.start));
        let Some(last) = ranges.first() else { continue };
        for one in &ranges {
            if left.get(one.statement.clone()).is_some() {
                left.replace_range(one.statement.clone(), "");
            }
        }
        let nothing = left.lines().all(|line| {
            let line = line.trim().trim_matches(';').trim();
            line.is_empty() || line.starts_with('#') || line.starts_with("set -")
        });
        if !nothing {
            continue;
        }
        draft.changes.retain(|planned| planned.node() != line.node);
        draft.plan(Planned {
            file: sequence.file,
            change: Change::RemoveItem {
                sequence: sequence.node,
                index: place,
            },
            purpose: Purpose::Text,
            instead: None,
            finding: last.finding,
        });
    }
}

/// What was planned inside of a command that goes is not needed any more.
fn forget(view: &JobView<'_>, call: &Call, draft: &mut Draft) {
    let node = view.line(call).node;
    let span = &call.command().span;
    draft.changes.retain(|planned| match &planned.change {
        Change::ReplaceText {
            node: other, range, ..
        } => {
            planned.file != node.file
                || *other != node.node
                || range.start < span.start
                || range.end > span.end
        }
        _ => true,
    });
}

/// Whether what stays of a list only tested something for what goes, or swallowed its failure.
fn nothing_stays(list: &[&Call], goes: &[bool]) -> bool {
    let whole = list.iter().all(|call| call.command().place.pipeline.1 == 1);
    whole
        && list
            .iter()
            .zip(goes)
            .enumerate()
            .all(|(index, (call, goes))| {
                let tests = matches!(call.program(), Some("[" | "test" | "[["))
                    && list.len() > index + 1
                    && call.command().place.followed_by.is_some();
                let swallows = index > 0
                    && call.command().place.connected == Connected::After(Connector::Or)
                    && matches!(call.program(), Some("true" | ":" | "echo" | "exit"));
                *goes || tests || swallows
            })
}

/// Takes some commands out of a list joined by `&&`; where that would change what the rest means, `true` stands in.
fn remove_some(view: &JobView<'_>, list: &[&Call], goes: &[bool], draft: &mut Draft, why: usize) {
    let joined = |index: usize| list[index].command().place.followed_by == Some(Connector::And);
    let mut index = 0;
    while index < list.len() {
        let call = list[index];
        let command = call.command();
        if !goes[index] {
            index += 1;
            continue;
        }
        if command.place.pipeline.1 > 1 || command.place.negated {
            replace(view, call, command.span.clone(), "true", draft, why);
            index += 1;
            continue;
        }
        // a run of commands that go, all joined by `&&`
        let mut end = index;
        while end + 1 < list.len() && goes[end + 1] && joined(end) {
            end += 1;
        }
        let after_or = command.place.connected == Connected::After(Connector::Or);
        if end + 1 < list.len() && joined(end) {
            let range = command.span.start..list[end + 1].command().span.start;
            replace(view, call, range, "", draft, why);
        } else if index > 0
            && joined(index - 1)
            && !after_or
            && list[end].command().place.followed_by.is_none()
            && !only_tests(&list[..index])
        {
            let range = list[index - 1].command().span.end..list[end].command().span.end;
            replace(view, call, range, "", draft, why);
        } else {
            let range = command.span.start..list[end].command().span.end;
            replace(view, call, range, "true", draft, why);
        }
        index = end + 1;
    }
}

/// `[ -n "$A" ] && ...`: without its right side a test that fails would end the job.
fn only_tests(list: &[&Call]) -> bool {
    list.iter()
        .any(|call| matches!(call.program(), Some("[" | "test" | "[[" | "grep")))
}

/// Takes a whole statement away: with its list item, with its lines, or with its semicolon.
fn remove_statement(
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
        if let Some((sequence, index)) = line.item.or(line.step) {
            draft.plan(Planned {
                file: sequence.file,
                change: Change::RemoveItem {
                    sequence: sequence.node,
                    index,
                },
                purpose: Purpose::Text,
                instead: None,
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
