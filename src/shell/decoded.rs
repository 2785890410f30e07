//! A script that is the value of something else (a quoted word, a heredoc, backquotes), with the way back to the source.

use std::ops::Range;

use super::mask::FILLED;
use super::{Assignment, Command, Compound, GeneratedFile, Part, Redirect, Script, Word};

/// Text copied from the source byte for byte.
#[derive(Clone, Copy, Debug)]
struct Piece {
    at: usize,
    source: usize,
    length: usize,
}

/// A text made of pieces of the source.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) text: String,
    pieces: Vec<Piece>,
    /// What the outer shell fills in: here in the text as [`FILLED`], by source range, in order.
    outer: Vec<Part>,
}

impl Decoded {
    /// The script that these parts make.
    pub(super) fn of_parts<'p>(parts: impl IntoIterator<Item = &'p Part>) -> Self {
        let mut decoded = Self::default();
        decoded.push_parts(parts);
        decoded
    }

    /// Puts parts behind what is there.
    pub(super) fn push_parts<'p>(&mut self, parts: impl IntoIterator<Item = &'p Part>) {
        for part in parts {
            match part {
                Part::Literal(range, text) => self.push(range.start, text),
                other => {
                    let range = other.range();
                    let filled: String =
                        std::iter::repeat_n(char::from(FILLED), range.len()).collect();
                    self.push(range.start, &filled);
                    self.outer.push(other.clone());
                }
            }
        }
    }

    /// A blank that no source byte stands for.
    pub(super) fn push_blank(&mut self) {
        self.text.push(' ');
    }

    /// Source bytes, copied as they are.
    pub(super) fn push(&mut self, source: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        let at = self.text.len();
        self.text.push_str(text);
        match self.pieces.last_mut() {
            Some(last) if last.source + last.length == source && last.at + last.length == at => {
                last.length += text.len();
            }
            _ => self.pieces.push(Piece {
                at,
                source,
                length: text.len(),
            }),
        }
    }

    /// Whether anything is written out here, so that it is worth reading.
    pub(super) fn has_text(&self) -> bool {
        self.text
            .bytes()
            .any(|byte| byte != FILLED && !byte.is_ascii_whitespace())
    }

    fn piece(&self, offset: usize) -> Option<&Piece> {
        let index = self.pieces.partition_point(|piece| piece.at <= offset);
        self.pieces.get(index.checked_sub(1)?)
    }

    /// Where a range stands in the source, if it stands there in one piece.
    fn exact(&self, range: &Range<usize>) -> Option<Range<usize>> {
        if range.is_empty() {
            return self.bounds(range);
        }
        let piece = self.piece(range.start)?;
        let start = range.start - piece.at;
        let end = range.end - piece.at;
        (end <= piece.length).then(|| piece.source + start..piece.source + end)
    }

    /// Where a range begins and ends in the source, whatever lies between.
    pub(super) fn bounds(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let source_offset = |offset: usize| {
            let piece = self.piece(offset)?;
            let within = offset - piece.at;
            (within <= piece.length).then_some(piece.source + within)
        };
        let start = source_offset(range.start)?;
        if range.is_empty() {
            return Some(start..start);
        }
        let end = source_offset(range.end - 1)? + 1;
        (start <= end).then_some(start..end)
    }

    /// Carries a script that was read from the decoded text back to the source; what cannot be carried is doubtful.
    pub(super) fn carry(&self, script: Script) -> Script {
        let mut carried = Script::default();
        for command in script.commands {
            match self.command(&command) {
                Some(command) => carried.commands.push(command),
                None => carried.doubtful.extend(self.bounds(&command.span)),
            }
        }
        for written in script.written {
            let GeneratedFile { file, body, script } = written;
            if let Some(body) = self.bounds(&body) {
                let script = self.carry(script);
                carried.written.push(GeneratedFile { file, body, script });
            }
        }
        for compound in script.compounds {
            carried.compounds.extend(self.compound(compound));
        }
        for mut function in script.functions {
            if let Some(span) = self.bounds(&function.span) {
                function.span = span;
                carried.functions.push(function);
            }
        }
        for assignment in &script.assignments {
            match self.assignment(assignment) {
                Some(assignment) => carried.assignments.push(assignment),
                None => carried.doubtful.extend(self.bounds(&assignment.span)),
            }
        }
        let doubtful = script.doubtful.iter();
        carried
            .doubtful
            .extend(doubtful.filter_map(|range| self.bounds(range)));
        carried
    }

    fn command(&self, command: &Command) -> Option<Command> {
        let mut context = command.context.clone();
        context.statement = self.bounds(&context.statement)?;
        Some(Command {
            assignments: (command.assignments.iter())
                .map(|assignment| self.assignment(assignment))
                .collect::<Option<_>>()?,
            wrappers: self.words(&command.wrappers)?,
            words: self.words(&command.words)?,
            redirects: (command.redirects.iter())
                .map(|redirect| self.redirect(redirect))
                .collect::<Option<_>>()?,
            span: self.bounds(&command.span)?,
            context,
        })
    }

    fn compound(&self, mut compound: Compound) -> Option<Compound> {
        compound.span = self.bounds(&compound.span)?;
        compound.context.statement = self.bounds(&compound.context.statement)?;
        for list in &mut compound.lists {
            *list = self.bounds(list)?;
        }
        Some(compound)
    }

    fn assignment(&self, assignment: &Assignment) -> Option<Assignment> {
        Some(Assignment {
            value: self.word(&assignment.value)?,
            span: self.exact(&assignment.span)?,
            ..assignment.clone()
        })
    }

    fn redirect(&self, redirect: &Redirect) -> Option<Redirect> {
        let mut carried = redirect.clone();
        carried.span = self.exact(&redirect.span)?;
        if let Some(target) = &redirect.target {
            carried.target = Some(self.word(target)?);
        }
        if let Some(heredoc) = &mut carried.heredoc {
            heredoc.body = self.bounds(&heredoc.body)?;
            heredoc.parts = self.parts(&heredoc.parts)?;
        }
        Some(carried)
    }

    fn words(&self, words: &[Word]) -> Option<Vec<Word>> {
        words.iter().map(|word| self.word(word)).collect()
    }

    fn word(&self, word: &Word) -> Option<Word> {
        Some(Word::new(self.exact(&word.span)?, self.parts(&word.parts)?))
    }

    fn parts(&self, parts: &[Part]) -> Option<Vec<Part>> {
        let mut carried = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Part::Literal(range, text) => {
                    carried.push(Part::Literal(self.exact(range)?, text.clone()));
                }
                Part::Variable { range, name, plain } => carried.push(Part::Variable {
                    range: self.exact(range)?,
                    name: name.clone(),
                    plain: *plain,
                }),
                Part::Other(range) => {
                    let range = self.bounds(range)?;
                    let first =
                        (self.outer).partition_point(|part| part.range().end <= range.start);
                    let known = self.outer.get(first..).unwrap_or_default();
                    let count = known.partition_point(|part| part.range().end <= range.end);
                    let known = known.get(..count).unwrap_or_default();
                    // Several variables in a row are one run of filled bytes here.
                    let covered: usize = known.iter().map(|part| part.range().len()).sum();
                    if covered == range.len() && covered > 0 {
                        carried.extend_from_slice(known);
                    } else {
                        carried.push(Part::Other(range));
                    }
                }
            }
        }
        Some(carried)
    }
}
