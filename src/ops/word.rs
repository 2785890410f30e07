//! Words of a command before they are written.

use std::ops::Range;

use crate::shell::{self, Part};

/// A word of a command: text that stands for itself, and what the shell fills in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Stands for itself.
    Text(String),
    /// What a variable holds.
    Variable(String),
    /// Any other expansion, as the shell reads it.
    Expansion(String),
}

impl Word {
    /// A text that stands for itself.
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![Piece::Text(text.into())])
    }

    /// What a variable holds.
    pub fn variable(name: impl Into<String>) -> Self {
        Self(vec![Piece::Variable(name.into())])
    }

    /// What an expansion comes to: `${NAME:-text}`, `$(command)`.
    pub fn expansion(text: impl Into<String>) -> Self {
        Self(vec![Piece::Expansion(text.into())])
    }

    /// The word with another one behind it, as one word.
    pub fn and(mut self, other: impl Into<Self>) -> Self {
        for piece in other.into().0 {
            match (self.0.last_mut(), piece) {
                (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
                (_, piece) => self.0.push(piece),
            }
        }
        self
    }

    /// The text, if the shell fills nothing in.
    pub fn as_text(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The variable, if the word is that alone.
    pub fn as_variable(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Variable(name)] => Some(name),
            _ => None,
        }
    }

    /// Writes the word behind a script; gives it as the shell will read it.
    pub(super) fn write(&self, script: &mut String) -> shell::Word {
        let start = script.len();
        let parts = match self.as_text() {
            Some(text) => write_text(text, script),
            None => self.write_quoted(script),
        };
        shell::Word::new(start..script.len(), parts)
    }

    fn write_quoted(&self, script: &mut String) -> Vec<Part> {
        let mut parts = Vec::new();
        script.push('"');
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => parts.extend(literal(script, text)),
                Piece::Variable(name) => {
                    let range = appended(script, &format!("${name}"));
                    parts.push(variable(range, name, true));
                }
                Piece::Expansion(text) => {
                    let range = appended(script, text);
                    let name = text.strip_prefix("${").map(|rest| {
                        let is_name = |one: char| one.is_ascii_alphanumeric() || one == '_';
                        &rest[..rest.find(|one| !is_name(one)).unwrap_or(rest.len())]
                    });
                    parts.push(match name {
                        Some(name) => variable(range, name, false),
                        None => Part::Other(range),
                    });
                }
            }
        }
        script.push('"');
        parts
    }
}

/// Writes a text as it is where no letter of it means something to the shell, else in single quotes.
fn write_text(text: &str, script: &mut String) -> Vec<Part> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:=,@+-%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return literal(script, text).into_iter().collect();
    }
    let mut parts = Vec::new();
    script.push('\'');
    for (index, piece) in text.split('\'').enumerate() {
        if index > 0 {
            script.push_str("'\\");
            parts.extend(literal(script, "'"));
            script.push('\'');
        }
        parts.extend(literal(script, piece));
    }
    script.push('\'');
    parts
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

fn appended(script: &mut String, text: &str) -> Range<usize> {
    let start = script.len();
    script.push_str(text);
    start..script.len()
}

fn literal(script: &mut String, text: &str) -> Option<Part> {
    let range = appended(script, text);
    (!text.is_empty()).then(|| Part::Literal(range, text.to_owned()))
}

fn variable(range: Range<usize>, name: &str, plain: bool) -> Part {
    let name = name.to_owned();
    Part::Variable { range, name, plain }
}
