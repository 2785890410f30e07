//! What goes with the commands that go: conditions that only asked for them, loops and groups that held nothing else.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::analysis::{Call, JobView};
use crate::shell::{CommandContext, Compound, CompoundKind, Connected, Connector, Nesting, Script};

/// A script and the commands of it that go.
pub(super) struct Reading<'a> {
    /// The line that holds it, as an index into the view.
    pub(super) line: usize,
    /// Its text.
    pub(super) text: &'a str,
    /// What the shell makes of it.
    pub(super) script: &'a Script,
    view: &'a JobView<'a>,
    /// The commands that go, by their place in the script, each with the finding that says why.
    removals: BTreeMap<usize, usize>,
    /// What becomes of each compound command.
    compound_removals: Vec<Removal>,
    /// What the commands cover that go.
    covered: Vec<Range<usize>>,
}

/// What becomes of a command that holds others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Removal {
    /// It goes: the finding says why.
    Goes(usize),
    /// What it holds goes or only talks: it goes if all beside it goes.
    Hollow,
    /// It stays.
    Stays,
}

/// A pipeline of a list of commands.
pub(super) struct Unit<'a> {
    /// From its first command to its last.
    pub(super) span: Range<usize>,
    /// What stands before it.
    pub(super) connected: Connected,
    /// What stands behind it.
    pub(super) followed_by: Option<Connector>,
    /// Whether it is behind `!`.
    pub(super) negated: bool,
    /// Why it goes, if it does.
    pub(super) finding: Option<usize>,
    /// Whether it holds only what goes and what talks about it.
    pub(super) hollow: bool,
    /// Whether it only tests something.
    pub(super) tests: bool,
    /// Whether it is a search that fails when nothing is found.
    pub(super) searches: bool,
    /// Whether it can stand behind `||` to make up for a failure.
    pub(super) swallows: bool,
    members: Vec<Member<'a>>,
}

/// A command of a pipeline.
struct Member<'a> {
    span: &'a Range<usize>,
    context: &'a CommandContext,
    call: Option<&'a Call>,
    removal: Removal,
}

impl<'a> Reading<'a> {
    /// Reads a line; nothing if its script cannot be read.
    pub(super) fn new(
        view: &'a JobView<'a>,
        line: usize,
        removals: BTreeMap<usize, usize>,
    ) -> Option<Self> {
        let parsed = &view.lines.get(line)?.parsed;
        let script = parsed.script.as_ref().ok()?;
        let mut reading = Self {
            line,
            text: &parsed.text,
            script,
            view,
            removals,
            compound_removals: Vec::new(),
            covered: Vec::new(),
        };
        for index in reading.removals.keys() {
            let span = &script.commands.get(*index)?.span;
            let end = reading.covered.last().map_or(0, |last| last.end);
            if span.end > end {
                reading.covered.push(span.clone());
            }
        }
        reading.compound_removals = script
            .compounds
            .iter()
            .map(|compound| reading.removal(compound))
            .collect();
        Some(reading)
    }

    /// Whether a range lies in a command that goes.
    pub(super) fn covers(&self, range: &Range<usize>) -> bool {
        let next = self
            .covered
            .partition_point(|span| span.start <= range.start);
        let last = next.checked_sub(1).and_then(|last| self.covered.get(last));
        last.is_some_and(|span| inside(range, span))
    }

    /// Where each command stands that goes, simple and compound ones: the outer ones first.
    pub(super) fn leaving(&self) -> Vec<(usize, &'a CommandContext)> {
        let simple = self.removals.keys().map(|index| {
            let command = &self.script.commands[*index];
            (&command.span, &command.context)
        });
        let compounds = self.script.compounds.iter().zip(&self.compound_removals);
        let compound = compounds.filter_map(|(compound, removal)| {
            matches!(removal, Removal::Goes(_)).then_some((&compound.span, &compound.context))
        });
        let mut all: Vec<(&Range<usize>, &CommandContext)> = simple.chain(compound).collect();
        all.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        all.into_iter()
            .map(|(span, context)| (span.start, context))
            .collect()
    }

    /// The compound commands that begin in a range.
    fn compounds_in(&self, range: &Range<usize>) -> impl Iterator<Item = (&'a Compound, Removal)> {
        let within = starting_in(&self.script.compounds, range, |compound| &compound.span);
        let compound_removals = self
            .compound_removals
            .get(within.clone())
            .unwrap_or_default();
        let compounds = self.script.compounds.get(within).unwrap_or_default();
        compounds.iter().zip(compound_removals.iter().copied())
    }

    /// The calls that begin in a range.
    fn calls_in(&self, range: &Range<usize>) -> impl Iterator<Item = &'a Call> {
        let within = self.view.calls_in(self.line, range);
        self.view.calls.get(within).unwrap_or_default().iter()
    }

    fn removal(&self, compound: &Compound) -> Removal {
        let body_of_function =
            matches!(compound.context.nesting.last(), Some(Nesting::Function(_)));
        let (script, span) = (self.script, &compound.span);
        let assigns = !starting_in(&script.assignments, span, |one| &one.span).is_empty();
        let defines = !starting_in(&script.functions, span, |one| &one.span).is_empty();
        let doubtful = !starting_in(&script.doubtful, span, |one| one).is_empty();
        if body_of_function || assigns || defines || doubtful || self.fills_a_file(compound) {
            return Removal::Stays;
        }
        let asks = conditions(compound);
        let mut why = None;
        let mut asked = false;
        let (mut silent, mut quiet) = (true, true);
        let mut gone = 0; // where the last command ends that goes
        for call in self.calls_in(&compound.span) {
            let span = &call.command().span;
            if span.start < gone {
                continue;
            }
            if let Some(finding) = self.removals.get(&call.index) {
                gone = span.end;
                why = why.or(Some(*finding));
                asked |= asks.iter().any(|condition| inside(span, condition));
                continue;
            }
            silent &= is_silent(call);
            quiet &= is_silent(call) || only_talks(call);
        }
        let Some(why) = why else {
            return Removal::Stays;
        };
        let goes = match compound.kind {
            CompoundKind::If => asked && quiet || silent,
            CompoundKind::While | CompoundKind::Until => asked && quiet,
            CompoundKind::For
            | CompoundKind::Case
            | CompoundKind::Group
            | CompoundKind::Subshell => silent,
        };
        let group = matches!(compound.kind, CompoundKind::Group | CompoundKind::Subshell);
        match (goes, group && quiet) {
            (true, _) => Removal::Goes(why),
            (false, true) => Removal::Hollow,
            (false, false) => Removal::Stays,
        }
    }

    /// `done > file`, `} | ...` aside: what a compound command as a whole prints goes into a file.
    fn fills_a_file(&self, compound: &Compound) -> bool {
        let last = compound.lists.last().map_or(0, |list| list.end);
        let behind = self.text.get(last..compound.span.end).unwrap_or_default();
        let mut targets = behind.split('>').skip(1);
        targets.any(|target| {
            let target = target.trim_start_matches(['>', ' ', '|']);
            !target.starts_with("/dev/null") && !target.starts_with('&')
        })
    }

    /// The pipelines of the list that a command stands in.
    pub(super) fn units(&self, context: &CommandContext) -> Vec<Unit<'a>> {
        let same = |other: &CommandContext| {
            other.statement == context.statement && standing(other) == standing(context)
        };
        let simple = self.calls_in(&context.statement).filter_map(|call| {
            let command = call.command();
            let removal = match self.removals.get(&call.index) {
                Some(finding) => Removal::Goes(*finding),
                None => Removal::Stays,
            };
            same(&command.context).then_some(Member {
                span: &command.span,
                context: &command.context,
                call: Some(call),
                removal,
            })
        });
        let compounds = self.compounds_in(&context.statement);
        let compound = compounds.filter_map(|(compound, removal)| {
            same(&compound.context).then_some(Member {
                span: &compound.span,
                context: &compound.context,
                call: None,
                removal,
            })
        });
        let mut members: Vec<Member<'a>> = simple.chain(compound).collect();
        members.sort_by_key(|member| member.span.start);
        let mut units: Vec<Unit<'a>> = Vec::new();
        for member in members {
            match units.last_mut() {
                Some(unit) if member.context.pipeline.0 > 0 => {
                    unit.span.end = member.span.end;
                    unit.members.push(member);
                }
                _ => units.push(Unit::new(member)),
            }
        }
        units.iter_mut().for_each(Unit::settle);
        self.with_the_unseen(units, &context.statement)
    }

    /// Puts in what is no command and stands in the list all the same: `[[ a ]]`, `A=b`, arithmetic.
    fn with_the_unseen(&self, units: Vec<Unit<'a>>, statement: &Range<usize>) -> Vec<Unit<'a>> {
        let mut all: Vec<Unit<'a>> = Vec::with_capacity(units.len());
        for unit in units {
            let before = all.last().map_or(statement.start, |last| last.span.end);
            let behind = all.last().and_then(|last| last.followed_by);
            if let Connected::After(connector) = unit.connected {
                let gap = before..unit.span.start;
                all.extend(self.unseen(gap, behind, Some(connector)));
            }
            all.push(unit);
        }
        if let Some(last) = all.last()
            && let Some(connector) = last.followed_by
        {
            let gap = last.span.end..statement.end;
            all.extend(self.unseen(gap, Some(connector), None));
        }
        all
    }

    /// What stands in a gap between two commands beside the connectors.
    fn unseen(
        &self,
        gap: Range<usize>,
        first: Option<Connector>,
        last: Option<Connector>,
    ) -> Option<Unit<'a>> {
        let text = self.text.get(gap.clone())?;
        let blank = |letter: char| letter.is_whitespace() || letter == '\\';
        let mut inner = text.trim_matches(blank);
        if let Some(first) = first {
            inner = inner.strip_prefix(sign(first))?;
        }
        inner = inner.trim_end_matches('!').trim_end_matches(blank);
        if let Some(last) = last {
            inner = inner.strip_suffix(sign(last))?;
        }
        let inner = inner.trim_matches(blank);
        if inner.is_empty() {
            return None;
        }
        let start = gap.start + (inner.as_ptr() as usize - text.as_ptr() as usize);
        Some(Unit {
            span: start..start + inner.len(),
            connected: first.map_or(Connected::First, Connected::After),
            followed_by: last,
            negated: false,
            finding: None,
            hollow: false,
            tests: inner.starts_with("[["),
            searches: false,
            swallows: false,
            members: Vec::new(),
        })
    }
}

fn sign(connector: Connector) -> &'static str {
    match connector {
        Connector::And => "&&",
        Connector::Or => "||",
    }
}

/// What holds a command; that `xargs` runs it says nothing of its list.
pub(super) fn standing(context: &CommandContext) -> &[Nesting] {
    match context.nesting.split_last() {
        Some((Nesting::Xargs, outer)) => outer,
        _ => &context.nesting,
    }
}

impl<'a> Unit<'a> {
    fn new(first: Member<'a>) -> Self {
        Self {
            span: first.span.clone(),
            connected: first.context.connected,
            followed_by: first.context.followed_by,
            negated: first.context.negated,
            finding: None,
            hollow: false,
            tests: false,
            searches: false,
            swallows: false,
            members: vec![first],
        }
    }

    /// Works out what becomes of it from what becomes of its commands.
    fn settle(&mut self) {
        let length = self
            .members
            .first()
            .map_or(1, |first| first.context.pipeline.1);
        if let ([member], 1) = (&self.members[..], length) {
            if let Removal::Goes(finding) = member.removal {
                self.finding = Some(finding);
            }
            self.hollow = member.removal == Removal::Hollow;
            let program = member.call.and_then(Call::program);
            self.tests = matches!(program, Some("[" | "test" | "[["));
            self.searches = program == Some("grep");
            self.swallows = matches!(program, Some("true" | ":" | "echo" | "exit"));
            return;
        }
        // `docker buildx ls | grep x`: what only filters goes with what it filters
        let why = self.members.iter().find_map(|member| match member.removal {
            Removal::Goes(finding) => Some(finding),
            _ => None,
        });
        let goes = self.members.len() == length
            && self.members.iter().all(|member| {
                matches!(member.removal, Removal::Goes(_)) || member.call.is_some_and(only_filters)
            });
        self.finding = why.filter(|_| goes);
        self.hollow = false;
    }

    /// Whether one of its commands goes and others do not.
    pub(super) fn is_torn(&self) -> bool {
        let goes = |member: &Member<'_>| matches!(member.removal, Removal::Goes(_));
        self.finding.is_none() && self.members.iter().any(goes)
    }
}

/// The conditions of a compound command.
fn conditions(compound: &Compound) -> Vec<Range<usize>> {
    let lists = &compound.lists;
    match compound.kind {
        CompoundKind::If => {
            let guarded = lists.len() - lists.len() % 2; // what `else` holds has no condition
            lists.iter().take(guarded).step_by(2).cloned().collect()
        }
        CompoundKind::While | CompoundKind::Until => lists.iter().take(1).cloned().collect(),
        _ => Vec::new(),
    }
}

/// What begins in a range, of things in the order of their places.
pub(super) fn starting_in<T>(
    things: &[T],
    range: &Range<usize>,
    span: impl Fn(&T) -> &Range<usize>,
) -> Range<usize> {
    let first = |at: usize| things.partition_point(|thing| span(thing).start < at);
    first(range.start)..first(range.end)
}

pub(super) fn inside(range: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= range.start && range.end <= outer.end
}

/// Whether a command has no effect but its status.
fn is_silent(call: &Call) -> bool {
    let silent = matches!(
        call.program(),
        Some("[" | "test" | "true" | "false" | ":" | "seq")
    );
    silent && writes_nothing(call)
}

/// Whether a command only says something, waits or ends what holds it.
fn only_talks(call: &Call) -> bool {
    let talks = matches!(
        call.program(),
        Some("echo" | "printf" | "sleep" | "break" | "continue" | "exit" | "return")
    );
    talks && writes_nothing(call)
}

/// Whether a command only passes on what it is given.
fn only_filters(call: &Call) -> bool {
    let filters = matches!(
        call.program(),
        Some(
            "grep"
                | "egrep"
                | "sed"
                | "awk"
                | "cut"
                | "tr"
                | "head"
                | "tail"
                | "sort"
                | "uniq"
                | "wc"
                | "jq"
                | "cat"
                | "echo"
                | "printf"
        )
    );
    filters && writes_nothing(call)
}

fn writes_nothing(call: &Call) -> bool {
    let text = call.text();
    call.command().redirects.iter().all(|redirect| {
        let target = redirect.target.as_ref().map(|target| target.raw(text));
        redirect.operator.starts_with('<')
            || redirect.operator == ">&"
            || matches!(target, Some("/dev/null" | "/dev/stderr" | "/dev/stdout"))
    })
}
