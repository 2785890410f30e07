//! A script that is put together from words: its texts, and the commands in them as the shell will read them.

use crate::shell::{self, Command, CommandContext, Connected, Nesting, Redirect};

use super::Word;

/// How long a command may be before it is written over several lines.
const WIDTH: usize = 90;

/// Where a command goes on in the next line.
const CONTINUED: &str = " \\\n  ";

/// What takes an action's place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The texts of the step, one behind the other.
    pub lines: Vec<Text>,
    /// Those of a step of their own behind it.
    pub then: Vec<Text>,
}

/// A text of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// What is written.
    pub text: String,
    /// The commands of engines in it. What else the text does is for nobody to translate.
    pub script: shell::Script,
}

/// Texts that may have lost something as one script: a command is on one line again where it is short enough now.
pub(crate) fn joined(texts: &[String]) -> String {
    let shortened = texts.iter().map(|text| {
        let joined = text.replace(CONTINUED, " ");
        match joined.lines().all(|line| line.len() <= WIDTH) {
            true => joined,
            false => text.clone(),
        }
    });
    shortened.collect::<Vec<_>>().join("\n")
}

/// Writes texts.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) lines: Vec<Text>,
    nesting: Vec<Nesting>,
}

impl Writer {
    /// A text that begins here: within what holds others, a further line of the same.
    fn line(&mut self) -> &mut Text {
        if self.nesting.is_empty() {
            self.lines.push(Text::default());
        }
        let indent = "  ".repeat(self.nesting.len());
        let last = self.lines.len() - 1;
        let line = &mut self.lines[last];
        if !self.nesting.is_empty() {
            line.text.push('\n');
            line.text.push_str(&indent);
        }
        line
    }

    /// Text without a command of an engine.
    pub(super) fn plain(&mut self, text: &str) {
        self.line().text.push_str(text);
    }

    /// A command.
    pub(super) fn command(&mut self, words: &[Word]) {
        self.write(words, None, &[]);
    }

    /// A command that reads a word from its standard input.
    pub(super) fn command_reading(&mut self, words: &[Word], input: &Word) {
        self.write(words, Some(input), &[]);
    }

    /// A command in parts, each on a line of its own where one line would be too long.
    pub(super) fn command_in_parts(&mut self, parts: &[Vec<Word>]) {
        let words = parts.concat();
        self.command(&words);
        if self
            .lines
            .last()
            .is_some_and(|line| line.text.len() > WIDTH)
        {
            self.lines.pop();
            let starts = parts.iter().scan(0, |start, part| {
                *start += part.len();
                Some(*start)
            });
            self.write(&words, None, &starts.collect::<Vec<_>>());
        }
    }

    /// What holds other commands, from its first line to its last.
    pub(super) fn block(
        &mut self,
        head: &str,
        nesting: Nesting,
        inner: impl FnOnce(&mut Self),
        end: &str,
    ) {
        self.plain(head);
        self.nesting.push(nesting);
        inner(self);
        self.nesting.pop();
        let indent = "  ".repeat(self.nesting.len());
        if let Some(line) = self.lines.last_mut() {
            line.text.push_str(&format!("\n{indent}{end}"));
        }
    }

    /// Writes a command, with a line end before the words at `breaks`.
    fn write(&mut self, words: &[Word], input: Option<&Word>, breaks: &[usize]) {
        let nesting = self.nesting.clone();
        let Text { text, script } = self.line();
        let start = text.len();
        let mut read = Vec::with_capacity(words.len());
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                text.push_str(if breaks.contains(&index) {
                    CONTINUED
                } else {
                    " "
                });
            }
            read.push(word.write(text));
        }
        let redirects = input.map(|word| {
            let start = text.len() + 1;
            text.push_str(" <<< ");
            let target = Some(word.write(text));
            let operator = "<<<".to_owned();
            Redirect {
                span: start..text.len(),
                operator,
                target,
                heredoc: None,
            }
        });
        let wrappers = match words.first().and_then(Word::as_text) {
            Some("sudo") => vec![read.remove(0)],
            _ => Vec::new(),
        };
        let span = start..text.len();
        script.commands.push(Command {
            assignments: Vec::new(),
            wrappers,
            words: read,
            redirects: redirects.into_iter().collect(),
            span: span.clone(),
            context: CommandContext {
                statement: span,
                pipeline: (0, 1),
                negated: false,
                connected: Connected::Alone,
                followed_by: None,
                tolerated: false,
                background: false,
                nesting,
                statement_in_body: true,
            },
        });
    }
}
