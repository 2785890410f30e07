//! Lists of pipelines, and how a command stands in its list.

use super::scanner::{Scanner, Stop};
use super::{Command, CommandContext, Connected, Connector, Nesting, Part, Problem};

/// Words that no command begins with: they only stand where something is open.
pub(super) const CLOSING: [&str; 10] = [
    "then", "elif", "else", "fi", "do", "done", "esac", "}", "in", "]]",
];

/// How much had been found at some point.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    commands: usize,
    compounds: usize,
    carried: usize,
    carried_compounds: usize,
}

/// What a pipeline is made of, by its place in the scanner's lists.
#[derive(Clone, Copy)]
pub(super) enum Member {
    Simple(usize),
    Compound(usize),
}

/// A pipeline that was read.
pub(super) struct Pipeline {
    /// The command, where the pipeline is a single simple one.
    single: Option<usize>,
    members: Vec<Member>,
    before: Mark,
    after: Mark,
}

impl Scanner<'_> {
    /// Reads statements until what ends them, which stays.
    pub(super) fn list(&mut self, stop: Stop) -> Result<(), Problem> {
        loop {
            self.blanks_and_lines()?;
            match self.byte(self.pos) {
                None if stop.words.is_empty() && !stop.parenthesis && !stop.case => return Ok(()),
                None => return Err(self.unexpected()),
                Some(b')') if stop.parenthesis => return Ok(()),
                Some(b';') if stop.case && matches!(self.byte(self.pos + 1), Some(b';' | b'&')) => {
                    return Ok(());
                }
                _ => {}
            }
            if stop.words.contains(&self.reserved()) {
                return Ok(());
            }
            self.statement()?;
        }
    }

    /// One list of pipelines with what ends it.
    pub(super) fn statement(&mut self) -> Result<(), Problem> {
        let start = self.pos;
        let mut pipelines: Vec<Pipeline> = Vec::new();
        let mut connectors: Vec<Connector> = Vec::new();
        loop {
            pipelines.push(self.pipeline()?);
            self.blanks();
            let connector = match (self.byte(self.pos), self.byte(self.pos + 1)) {
                (Some(b'&'), Some(b'&')) => Connector::And,
                (Some(b'|'), Some(b'|')) => Connector::Or,
                _ => break,
            };
            connectors.push(connector);
            self.pos += 2;
            self.blanks_and_lines()?;
        }
        // Entered when complete, so that statements stand in the order of their ends.
        let id = self.statements.len();
        self.statements.push(start..self.last_end.max(start));
        let background = match self.byte(self.pos) {
            Some(b';') if !matches!(self.byte(self.pos + 1), Some(b';' | b'&')) => {
                self.pos += 1;
                false
            }
            Some(b'&') => {
                self.pos += 1;
                true
            }
            None | Some(b'\n' | b')' | b';' | b'#') => false,
            // `case x in y) z;; esac fi`: right behind a compound command nothing needs to separate.
            Some(_) if self.last_end == self.compound_end && CLOSING.contains(&self.reserved()) => {
                false
            }
            Some(_) => return Err(self.unexpected()),
        };
        let tolerated = self.tolerated(&pipelines, &connectors);
        for (index, pipeline) in pipelines.iter().enumerate() {
            let connected = match index
                .checked_sub(1)
                .and_then(|before| connectors.get(before))
            {
                Some(connector) => Connected::After(*connector),
                None if connectors.is_empty() => Connected::Alone,
                None => Connected::First,
            };
            for &member in &pipeline.members {
                if let Some(context) = self.context(member) {
                    context.statement = id..id;
                    context.connected = connected;
                    context.followed_by = connectors.get(index).copied();
                }
            }
            let swallowed = tolerated.get(index).copied().unwrap_or(false);
            if swallowed || background {
                self.hand_down(pipeline, swallowed, background);
            }
        }
        Ok(())
    }

    /// Which pipelines' failures are swallowed further on in their list.
    pub(super) fn tolerated(&self, pipelines: &[Pipeline], connectors: &[Connector]) -> Vec<bool> {
        let mut tolerated = vec![false; pipelines.len()];
        let mut swallowed = false;
        for index in (0..pipelines.len()).rev() {
            if let Some(context) = tolerated.get_mut(index) {
                *context = swallowed;
            }
            let Some(before) = index
                .checked_sub(1)
                .and_then(|before| connectors.get(before))
            else {
                break;
            };
            let ends = pipelines.get(index).and_then(|pipeline| pipeline.single);
            let ends = ends.and_then(|single| self.commands.get(single));
            swallowed = match (before, ends.map(ending)) {
                (Connector::Or, Some(Ending::Success)) => {
                    // `a || echo failed && exit 1` swallows nothing.
                    let next = pipelines.get(index + 1).and_then(|next| next.single);
                    let next = next.and_then(|single| self.commands.get(single));
                    !(connectors.get(index) == Some(&Connector::And)
                        && next.map(ending) == Some(Ending::Failure))
                }
                (Connector::Or, Some(Ending::Failure)) => false,
                _ => swallowed,
            };
        }
        tolerated
    }

    /// What holds for a pipeline holds for the commands inside it, but not for the body of a function that it defines.
    pub(super) fn hand_down(&mut self, pipeline: &Pipeline, swallowed: bool, background: bool) {
        let level = self.nesting.len();
        let (before, after) = (pipeline.before, pipeline.after);
        let own = self.commands.get_mut(before.commands..after.commands);
        let carried = (self.carried.commands).get_mut(before.carried..after.carried);
        let commands = [own, carried].into_iter().flatten().flatten();
        let own = self.compounds.get_mut(before.compounds..after.compounds);
        let carried =
            (self.carried.compounds).get_mut(before.carried_compounds..after.carried_compounds);
        let compounds = [own, carried].into_iter().flatten().flatten();
        for context in commands
            .map(|command| &mut command.context)
            .chain(compounds.map(|compound| &mut compound.context))
        {
            let deeper = context.nesting.get(level..).unwrap_or_default();
            if !deeper
                .iter()
                .any(|nesting| matches!(nesting, Nesting::Function(_)))
            {
                context.tolerated |= swallowed;
                context.background |= background;
            }
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            commands: self.commands.len(),
            compounds: self.compounds.len(),
            carried: self.carried.commands.len(),
            carried_compounds: self.carried.compounds.len(),
        }
    }

    pub(super) fn context(&mut self, member: Member) -> Option<&mut CommandContext> {
        match member {
            Member::Simple(index) => Some(&mut self.commands.get_mut(index)?.context),
            Member::Compound(index) => Some(&mut self.compounds.get_mut(index)?.context),
        }
    }

    pub(super) fn pipeline(&mut self) -> Result<Pipeline, Problem> {
        let before = self.mark();
        let mut negated = false;
        loop {
            self.blanks();
            if self.reserved() == "!" {
                negated = !negated;
                self.pos += 1;
            } else if let Some(next) = self.timed_compound() {
                self.pos = next;
            } else {
                break;
            }
        }
        let mut members = Vec::new();
        let mut length = 0;
        loop {
            if let Some(index) = self.command()? {
                members.push((length, index));
            }
            length += 1;
            self.blanks();
            if self.byte(self.pos) != Some(b'|') || self.byte(self.pos + 1) == Some(b'|') {
                break;
            }
            self.pos += if self.byte(self.pos + 1) == Some(b'&') {
                2
            } else {
                1
            };
            self.blanks_and_lines()?;
        }
        for &(index, member) in &members {
            if let Some(context) = self.context(member) {
                context.pipeline = (index, length);
                context.negated = negated;
            }
        }
        let members: Vec<Member> = members.into_iter().map(|(_, member)| member).collect();
        let single = match members.first() {
            Some(Member::Simple(index)) if length == 1 && !negated => Some(*index),
            _ => None,
        };
        Ok(Pipeline {
            single,
            members,
            before,
            after: self.mark(),
        })
    }

    /// What stands behind `time`, where that is no program; before a program it is a wrapper like any other.
    pub(super) fn timed_compound(&mut self) -> Option<usize> {
        if self.reserved() != "time" {
            return None;
        }
        let start = self.pos;
        self.pos += "time".len();
        self.blanks();
        if self.reserved() == "-p" {
            self.pos += "-p".len();
            self.blanks();
        }
        let word = self.reserved();
        let is_program = !self.begins_compound() && word != "!" && !CLOSING.contains(&word);
        let next = std::mem::replace(&mut self.pos, start);
        (!is_program).then_some(next)
    }

    /// How a command stands here, as far as it is known before its pipeline is complete.
    pub(super) fn new_context(&self) -> CommandContext {
        let nesting = self.nesting.clone();
        let statement_in_body = !matches!(
            nesting.last(),
            Some(
                Nesting::IfCondition
                    | Nesting::WhileCondition
                    | Nesting::UntilCondition
                    | Nesting::Substitution
                    | Nesting::Backquotes
            )
        );
        CommandContext {
            statement: usize::MAX..usize::MAX,
            pipeline: (0, 1),
            negated: false,
            connected: Connected::Alone,
            followed_by: None,
            tolerated: false,
            background: false,
            nesting,
            statement_in_body,
        }
    }
}

/// How a simple command ends, as far as its words say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Success,
    Failure,
    Unknown,
}

fn ending(command: &Command) -> Ending {
    let argument = command.words.get(1).map(|word| match &word.parts[..] {
        [Part::Literal(_, text)] => text.as_str(),
        _ => "",
    });
    match (command.program(), argument) {
        (Some("true" | ":" | "echo" | "printf"), _) => Ending::Success,
        (Some("exit" | "return"), Some("0")) => Ending::Success,
        (Some("exit" | "return" | "false"), _) => Ending::Failure,
        _ => Ending::Unknown,
    }
}
