//! How a statement goes: with its list item, with its lines, or with its semicolon.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::analysis::{JobView, LineView};
use crate::rewrite::draft::{Draft, Planned, Purpose};
use crate::rewrite::script_edit::{has_own_lines, style};
use crate::rules::ids;
use crate::shell::{CommandContext, Nesting};
use crate::yaml::{Change, Style};

use super::reading::{Reading, inside, standing, starting_in};
use super::{Decision, statements, without};

/// Plans the changes that carry out what was decided about a script.
pub(super) fn write(
    view: &JobView<'_>,
    reading: &Reading<'_>,
    decisions: &[Decision],
    draft: &mut Draft,
) {
    let writer = Writer::new(view, reading, decisions);
    let mut held: HashSet<Range<usize>> = HashSet::new(); // lists that are held open by a `true`
    for decision in decisions {
        match decision {
            Decision::Refused { range } => writer.refuse(range.clone(), draft),
            Decision::Part {
                range,
                text,
                finding,
            } => writer.replace(range.clone(), text, draft, *finding),
            Decision::Statement {
                range,
                context,
                finding,
            } => match standing(context).last() {
                None => writer.at_the_top(range, draft, *finding),
                Some(
                    Nesting::IfCondition
                    | Nesting::WhileCondition
                    | Nesting::UntilCondition
                    | Nesting::Substitution
                    | Nesting::Backquotes,
                ) => writer.refuse(range.clone(), draft),
                Some(_) => {
                    let list = writer.list_around(range, context);
                    let stays = list
                        .as_ref()
                        .is_some_and(|list| held.contains(list) || writer.keeps_something(list));
                    if stays && writer.remove(range, list.as_ref(), draft, *finding) {
                        continue;
                    }
                    writer.replace(range.clone(), "true", draft, *finding);
                    held.extend(list);
                }
            },
        }
    }
}

/// One script, and the statements of it that go.
struct Writer<'a> {
    view: &'a JobView<'a>,
    line: &'a LineView,
    reading: &'a Reading<'a>,
    /// In order and apart.
    statements: Vec<&'a Range<usize>>,
    /// Whether something of the script stays.
    something_stays: bool,
    /// The lists of compound commands, by how much holds them.
    lists: HashMap<usize, Vec<&'a Range<usize>>>,
    /// Those of them that hold something that stays, as far as it was asked for.
    keeping: RefCell<HashMap<Range<usize>, bool>>,
}

impl<'a> Writer<'a> {
    fn new(view: &'a JobView<'a>, reading: &'a Reading<'a>, decisions: &'a [Decision]) -> Self {
        let statements: Vec<&Range<usize>> =
            statements(decisions).map(|(range, _)| range).collect();
        let mut lists: HashMap<usize, Vec<&Range<usize>>> = HashMap::new();
        for compound in &reading.script.compounds {
            let depth = lists.entry(compound.context.nesting.len() + 1).or_default();
            depth.extend(&compound.lists);
        }
        Self {
            view,
            line: &view.lines[reading.line],
            reading,
            something_stays: !is_blank(&without(reading.text, statements.iter().copied())),
            statements,
            lists,
            keeping: RefCell::default(),
        }
    }

    /// The job stays: what goes decides something, or its output is used.
    fn refuse(&self, range: Range<usize>, draft: &mut Draft) {
        draft.block(
            ids::REMOVED_CONDITION,
            self.view.context.documents.inside(self.line.node, range),
            "Podman has nothing to put here, and what else the script does depends on it",
            "take the decision out of the script, then run again",
        );
    }

    /// The list of the innermost compound command that a statement stands in.
    fn list_around(
        &self,
        statement: &Range<usize>,
        context: &CommandContext,
    ) -> Option<Range<usize>> {
        let lists = self.lists.get(&standing(context).len())?;
        let next = lists.partition_point(|list| list.start <= statement.start);
        let list = lists.get(next.checked_sub(1)?)?;
        inside(statement, list).then(|| (*list).clone())
    }

    /// Whether a list holds more than the statements that go, semicolons and comments.
    fn keeps_something(&self, list: &Range<usize>) -> bool {
        if let Some(known) = self.keeping.borrow().get(list) {
            return *known;
        }
        let within = starting_in(&self.statements, list, |statement| statement);
        let ranges: Vec<Range<usize>> = self.statements[within]
            .iter()
            .map(|statement| statement.start - list.start..statement.end - list.start)
            .collect();
        let text = self.reading.text.get(list.clone()).unwrap_or_default();
        let keeps = !is_blank(&without(text, ranges.iter()));
        self.keeping.borrow_mut().insert(list.clone(), keeps);
        keeps
    }

    /// A statement of the script itself goes with its list item if nothing is left of that.
    fn at_the_top(&self, statement: &Range<usize>, draft: &mut Draft, why: usize) {
        let line = self.line;
        let alone = !self.something_stays;
        let item = line.item.or(line.step);
        if let Some((sequence, index)) = item.filter(|_| alone) {
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
        let last = self
            .statements
            .last()
            .is_some_and(|last| *last == statement);
        if (alone && last) || !self.remove(statement, None, draft, why) {
            self.replace(statement.clone(), "true", draft, why);
        }
    }

    /// Takes a statement away with its lines or its semicolon; `false` if neither is its own. `list` is the list that holds
    /// it, if that is not the whole script.
    fn remove(
        &self,
        statement: &Range<usize>,
        list: Option<&Range<usize>>,
        draft: &mut Draft,
        why: usize,
    ) -> bool {
        let text = self.reading.text;
        if has_own_lines(text, statement) && style(self.view, self.line) == Style::Literal {
            draft.change(
                self.line.node.file,
                Change::RemoveTextLines {
                    node: self.line.node.node,
                    range: statement.clone(),
                },
                why,
            );
            return true;
        }
        let after = text.get(statement.end..).unwrap_or_default();
        if let Some(rest) = after.trim_start_matches([' ', '\t']).strip_prefix(';')
            && !rest.starts_with(';')
        {
            let end = text.len() - rest.trim_start_matches([' ', '\t']).len();
            self.replace(statement.start..end, "", draft, why);
            return true;
        }
        let before = text
            .get(..statement.start)
            .unwrap_or_default()
            .trim_end_matches([' ', '\t']);
        let is_last = match list {
            Some(list) => list.end == statement.end,
            None => after.trim().is_empty(),
        };
        if let Some(kept) = before.strip_suffix(';')
            && !kept.ends_with(';')
            && is_last
        {
            self.replace(kept.trim_end().len()..statement.end, "", draft, why);
            return true;
        }
        false
    }

    fn replace(&self, range: Range<usize>, text: &str, draft: &mut Draft, why: usize) {
        let node = self.line.node;
        let change = Change::ReplaceText {
            node: node.node,
            range,
            text: text.to_owned(),
        };
        draft.change(node.file, change, why);
    }
}

fn is_blank(text: &str) -> bool {
    text.lines().all(|line| {
        let line = line.trim().trim_matches(';').trim();
        line.is_empty() || line.starts_with('#')
    })
}
