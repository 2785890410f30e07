//! Commands that go, all at once: what is left of a list of commands still means the rest.

mod reading;
mod write;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::analysis::{Call, JobView};
use crate::collections::{HashMap, HashSet};
use crate::pipeline::NodeRef;
use crate::shell::{CommandContext, Connected, Connector};
use crate::yaml::Change;

use super::draft::{Draft, Planned, Purpose, Removal};
use reading::{Reading, Unit, inside, standing};

/// Takes a command away, with the `|| true` that goes with it, once all passes are through.
pub(super) fn remove_command(call: &Call, draft: &mut Draft, why: usize) {
    draft.removals.push(Removal {
        call: (call.line, call.index),
        finding: why,
    });
}

/// Plans the changes for all commands that go.
pub(super) fn plan(view: &JobView<'_>, draft: &mut Draft) {
    let mut lines: BTreeMap<usize, BTreeMap<usize, usize>> = BTreeMap::new();
    for removal in std::mem::take(&mut draft.removals) {
        let (line, index) = removal.call;
        let removals = lines.entry(line).or_default();
        removals.entry(index).or_insert(removal.finding); // the first reason counts
    }
    let readings = lines.into_iter();
    let readings = readings.filter_map(|(line, removals)| Reading::new(view, line, removals));
    let decided: Vec<(Reading<'_>, Vec<Decision>)> = readings
        .map(|reading| {
            let decisions = decide(&reading);
            (reading, decisions)
        })
        .collect();
    forget(view, &decided, draft);
    let mut gone: HashSet<NodeRef> = HashSet::default();
    for (reading, decisions) in &decided {
        write::write(view, reading, decisions, draft);
        gone.extend(whole_step(view, reading.line, decisions, draft));
    }
    if !gone.is_empty() {
        let changes = &mut draft.changes;
        changes.retain(|planned| !gone.contains(&planned.node()));
    }
}

/// What becomes of a list of commands of which some go.
enum Decision {
    /// The whole statement goes.
    Statement {
        /// It.
        range: Range<usize>,
        /// Any of its commands tells how it stands.
        context: CommandContext,
        /// Why: an index into the draft's findings.
        finding: usize,
    },
    /// A part of it goes, or `true` takes its place.
    Part {
        /// It.
        range: Range<usize>,
        /// `true`, or nothing.
        text: &'static str,
        /// Why: an index into the draft's findings.
        finding: usize,
    },
    /// Nothing can go: what goes decides what else runs, or what it prints is used.
    Refused {
        /// What goes.
        range: Range<usize>,
    },
}

/// Looks at each statement that loses commands, the outer ones first.
fn decide(reading: &Reading<'_>) -> Vec<Decision> {
    let mut decisions = Vec::new();
    let mut gone = 0; // where the last statement ends that goes as a whole
    let mut parts = BTreeMap::new(); // where each part begins that goes, and where it ends
    let mut last: Option<(Range<usize>, usize)> = None;
    for (start, context) in reading.leaving() {
        let key = (context.statement.clone(), standing(context).len());
        let part = parts.range(..=start).next_back();
        let goes_with_part = part.is_some_and(|(_, end)| start < *end);
        if start < gone || goes_with_part || last.as_ref() == Some(&key) {
            continue;
        }
        let units = reading.units(context);
        let finding = units.iter().find_map(|unit| unit.finding);
        if let Some(finding) = finding.filter(|_| nothing_stays(&units)) {
            let range = with_ampersand(reading.text, context);
            gone = range.end;
            if !joins_the_last(reading, context, &mut decisions) {
                decisions.push(Decision::Statement {
                    range,
                    context: context.clone(),
                    finding,
                });
            }
        } else {
            let first = decisions.len();
            some_stay(&units, &mut decisions);
            parts.extend(decisions.iter().skip(first).filter_map(part_of));
        }
        last = Some(key);
    }
    decisions
}

/// The bounds of a part that goes.
fn part_of(decision: &Decision) -> Option<(usize, usize)> {
    match decision {
        Decision::Part { range, .. } => Some((range.start, range.end)),
        _ => None,
    }
}

/// A statement with the `&` that sends it behind the script's back.
fn with_ampersand(text: &str, context: &CommandContext) -> Range<usize> {
    let statement = &context.statement;
    let behind = text.get(statement.end..).unwrap_or_default();
    let rest = behind.trim_start_matches([' ', '\t']);
    let ampersand = context.background && rest.starts_with('&') && !rest.starts_with("&&");
    let blanks = behind.len() - rest.len();
    let end = statement.end + if ampersand { blanks + 1 } else { 0 };
    statement.start..end
}

/// `a; b` of which both go is one statement that goes.
fn joins_the_last(
    reading: &Reading<'_>,
    context: &CommandContext,
    decisions: &mut [Decision],
) -> bool {
    let Some(Decision::Statement {
        range,
        context: last,
        ..
    }) = decisions.last_mut()
    else {
        return false;
    };
    let between = reading.text.get(range.end..context.statement.start);
    let joins = standing(last) == standing(context)
        && between.is_some_and(|between| between.trim_matches([' ', '\t']) == ";");
    if joins {
        range.end = context.statement.end;
    }
    joins
}

/// Whether what stays of a list only tested something for what goes, said something about it, or swallowed its failure.
fn nothing_stays(units: &[Unit<'_>]) -> bool {
    units.iter().enumerate().all(|(index, unit)| {
        let tests = unit.tests && index + 1 < units.len();
        let swallows =
            unit.swallows && index > 0 && unit.connected == Connected::After(Connector::Or);
        unit.finding.is_some() || unit.hollow || tests || swallows
    })
}

/// Takes some commands out of a list; where that would change what the rest means, `true` stands in.
fn some_stay(units: &[Unit<'_>], decisions: &mut Vec<Decision>) {
    let joined = |index: usize| units[index].followed_by == Some(Connector::And);
    let mut index = 0;
    while index < units.len() {
        let unit = &units[index];
        if unit.is_torn() {
            let range = unit.span.clone();
            decisions.push(Decision::Refused { range });
        }
        let Some(finding) = unit.finding else {
            index += 1;
            continue;
        };
        // a run of commands that go, all joined by `&&`
        let mut end = index;
        while end + 1 < units.len() && units[end + 1].finding.is_some() && joined(end) {
            end += 1;
        }
        let after_or = unit.connected == Connected::After(Connector::Or);
        let decides = units[end].followed_by == Some(Connector::Or)
            || units[index..=end].iter().any(|unit| unit.negated);
        let whole = unit.span.start..units[end].span.end;
        decisions.push(if decides {
            Decision::Refused { range: whole }
        } else if end + 1 < units.len() && !after_or {
            Decision::Part {
                range: unit.span.start..units[end + 1].span.start,
                text: "",
                finding,
            }
        } else if index > 0
            && joined(index - 1)
            && end + 1 == units.len()
            && !only_tests(&units[..index])
        {
            Decision::Part {
                range: units[index - 1].span.end..whole.end,
                text: "",
                finding,
            }
        } else {
            Decision::Part {
                range: whole,
                text: "true",
                finding,
            }
        });
        index = end + 1;
    }
}

/// `[ -n "$A" ] && ...`: without its right side a test that fails would end the job.
fn only_tests(units: &[Unit<'_>]) -> bool {
    units.iter().any(|unit| unit.tests || unit.searches)
}

/// What was planned inside of a command that goes is not needed any more.
fn forget(view: &JobView<'_>, decided: &[(Reading<'_>, Vec<Decision>)], draft: &mut Draft) {
    let mut going: HashMap<NodeRef, (&Reading<'_>, Vec<&Range<usize>>)> = HashMap::default();
    for (reading, decisions) in decided {
        let statements = statements(decisions).map(|(range, _)| range).collect();
        let node = view.lines[reading.line].node;
        going.insert(node, (reading, statements));
    }
    let goes = |node: NodeRef, range: &Range<usize>| {
        let Some((reading, statements)) = going.get(&node) else {
            return false;
        };
        let next = statements.partition_point(|statement| statement.start <= range.start);
        let last = next.checked_sub(1).and_then(|last| statements.get(last));
        reading.covers(range) || last.is_some_and(|statement| inside(range, statement))
    };
    draft.changes.retain(|planned| match &planned.change {
        Change::ReplaceText { range, .. } => !goes(planned.node(), range),
        _ => true,
    });
}

/// A step of which nothing but comments would be left goes as a whole; gives its script then.
fn whole_step(
    view: &JobView<'_>,
    index: usize,
    decisions: &[Decision],
    draft: &mut Draft,
) -> Option<NodeRef> {
    let line = &view.lines[index];
    let (sequence, context) = line.step?;
    let (_, finding) = statements(decisions).last()?;
    let left = without(
        &line.parsed.text,
        statements(decisions).map(|(range, _)| range),
    );
    let nothing = left.lines().all(|line| {
        let line = line.trim().trim_matches(';').trim();
        line.is_empty() || line.starts_with('#') || line.starts_with("set -")
    });
    if !nothing {
        return None;
    }
    draft.plan(Planned {
        file: sequence.file,
        change: Change::RemoveItem {
            sequence: sequence.node,
            index: context,
        },
        purpose: Purpose::Text,
        instead: None,
        finding,
    });
    Some(line.node)
}

/// The statements that go as a whole, in order, each with the finding that says why.
fn statements(decisions: &[Decision]) -> impl Iterator<Item = (&Range<usize>, usize)> {
    decisions.iter().filter_map(|decision| match decision {
        Decision::Statement { range, finding, .. } => Some((range, *finding)),
        _ => None,
    })
}

/// A text without some ranges of it, which are in order and apart.
fn without<'r>(text: &str, ranges: impl Iterator<Item = &'r Range<usize>>) -> String {
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    for range in ranges {
        left.push_str(text.get(at..range.start).unwrap_or_default());
        at = range.end.max(at);
    }
    left.push_str(text.get(at..).unwrap_or_default());
    left
}
