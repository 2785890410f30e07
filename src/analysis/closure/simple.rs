//! Commands as plain words: of a script that the shell can read, or line by line where it cannot.

use std::borrow::Cow;

use crate::analysis::text::unquoted;
use crate::shell::{self, Command, CompoundKind, Nesting, Script, Word};

/// A command by its words, quotes taken away and expansions left as they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Simple {
    /// Its line, from 0.
    pub(super) line: usize,
    /// `A=b` in front of it, or alone.
    pub(super) settings: Vec<(String, String)>,
    /// The program and its arguments.
    pub(super) words: Vec<String>,
    /// What stands in front of the program and starts it.
    pub(super) wrapped: Vec<String>,
    /// The files that it reads by `<`.
    pub(super) inputs: Vec<String>,
    /// Whether a shell runs what it prints.
    pub(super) fed_to_shell: bool,
    /// Whether what it prints goes into a file or to another command.
    pub(super) printed_on: bool,
}

impl Simple {
    /// The program without its folder.
    pub(super) fn program(&self) -> &str {
        base_name(self.words.first().map_or("", String::as_str))
    }

    /// A command of a script, `text` of each word as the caller knows it.
    pub(crate) fn of(
        script: &Script,
        index: usize,
        raw: &str,
        text: impl Fn(&Word) -> String,
    ) -> Self {
        let Some(command) = script.commands.get(index) else {
            return Self::default();
        };
        let set =
            |assignment: &shell::Assignment| (assignment.name.clone(), text(&assignment.value));
        let inputs = command.redirects.iter().filter(|one| one.operator == "<");
        let inputs = inputs.filter_map(|one| one.target.as_ref()).map(&text);
        let (place, of) = command.context.pipeline;
        let into_file = command
            .redirects
            .iter()
            .any(|one| one.operator.starts_with('>'));
        Self {
            line: line_of(raw, command.span.start),
            settings: command.assignments.iter().map(set).collect(),
            words: command.words.iter().map(&text).collect(),
            wrapped: command.wrappers.iter().map(&text).collect(),
            inputs: inputs.collect(),
            fed_to_shell: place + 1 < of && shell_behind(script, index)
                || read_by_shell(script, index),
            printed_on: place + 1 < of || into_file,
        }
    }
}

/// Whether a shell stands behind a command in its pipeline.
fn shell_behind(script: &Script, index: usize) -> bool {
    let Some(command) = script.commands.get(index) else {
        return false;
    };
    let later = script.commands.iter().skip(index + 1);
    let mut together = later.take_while(|next| next.context.statement == command.context.statement);
    together.any(|next| is_shell(base_name(next.program().unwrap_or_default())))
}

/// How many commands may hold another one.
const MOST_OUTER: usize = 16;

/// `eval "$(cat FILE)"`, `source <(sed ... FILE)`: whether a shell reads what a command in its words prints.
fn read_by_shell(script: &Script, index: usize) -> bool {
    let Some(command) = script.commands.get(index) else {
        return false;
    };
    if command.context.nesting.is_empty() {
        return false;
    }
    let earlier = script.commands.iter().take(index).rev().take(MOST_OUTER);
    let mut outer = earlier.filter(|outer| outer.span.end >= command.span.end);
    outer.any(|outer| {
        let program = base_name(outer.program().unwrap_or_default());
        is_shell(program) || matches!(program, "eval" | "source" | ".")
    })
}

/// Whether a program reads a script of the shell's language.
pub(super) fn is_shell(program: &str) -> bool {
    matches!(
        program,
        "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" | "$SHELL" | "${SHELL}"
    )
}

/// The last piece of a path.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The number of a line, from 0.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count()
}

/// All commands of a text, and whether the shell can read it.
pub(super) fn commands(text: &str) -> (Vec<Simple>, bool) {
    let Ok(script) = shell::parse(text) else {
        return (by_lines(text, 0), false);
    };
    let mut found = Vec::new();
    collect(&script, text, &mut found);
    (found, true)
}

fn collect(script: &Script, text: &str, found: &mut Vec<Simple>) {
    let word = |word: &Word| unquoted(word.raw(text)).into_owned();
    let away = |command: &Command| command.context.nesting.contains(&Nesting::Remote);
    for (index, _) in script
        .commands
        .iter()
        .enumerate()
        .filter(|(_, one)| !away(one))
    {
        found.push(Simple::of(script, index, text, word));
    }
    found.extend(loose(script, text, word));
    for range in &script.doubtful {
        let part = text.get(range.clone()).unwrap_or_default();
        found.extend(by_lines(part, line_of(text, range.start)));
    }
    for written in script
        .written
        .iter()
        .filter(|written| !is_prose(&written.file))
    {
        collect(&written.script, text, found);
    }
}

/// What a script says beside its commands: assignments that stand alone, and what loops go over.
pub(crate) fn loose(script: &Script, text: &str, word: impl Fn(&Word) -> String) -> Vec<Simple> {
    let mut found = Vec::new();
    for assignment in &script.assignments {
        let value = word(&assignment.value);
        let value = value.trim_start_matches('(').trim_end_matches(')').trim();
        found.push(Simple {
            line: line_of(text, assignment.span.start),
            settings: vec![(assignment.name.clone(), value.to_owned())],
            ..Simple::default()
        });
    }
    // `for file in ci/*.sh`: what the loop goes over is given to its body
    for compound in script
        .compounds
        .iter()
        .filter(|one| one.kind == CompoundKind::For)
    {
        let body = compound
            .lists
            .first()
            .map_or(compound.span.end, |list| list.start);
        let head = text.get(compound.span.start..body).unwrap_or_default();
        let words = head
            .split_whitespace()
            .skip(3)
            .map(|word| word.trim_matches([';', '"', '\'']));
        found.push(Simple {
            line: line_of(text, compound.span.start),
            settings: words.map(|word| (String::new(), word.to_owned())).collect(),
            ..Simple::default()
        });
    }
    found
}

/// Whether a file holds no commands, by its name.
fn is_prose(file: &str) -> bool {
    let name = base_name(file).to_ascii_lowercase();
    let ends = [
        ".md", ".txt", ".json", ".yml", ".yaml", ".toml", ".xml", ".html", ".conf",
    ];
    name.contains("dockerfile") || ends.iter().any(|end| name.ends_with(end))
}

/// The commands of a text that the shell cannot read: what stands on a line between what separates commands.
fn by_lines(text: &str, first: usize) -> Vec<Simple> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = without_comment(line);
        for part in line.split([';', '|', '&', '(', ')', '{', '}', '`']) {
            let mut words = part.split_whitespace().map(plain).skip_while(|word| {
                matches!(
                    &**word,
                    "" | "if" | "then" | "else" | "elif" | "do" | "while" | "until" | "!" | "time"
                )
            });
            let mut settings = Vec::new();
            let first_word = words.by_ref().find_map(|word| match setting(&word) {
                Some((name, value)) => {
                    settings.push((name.to_owned(), value.to_owned()));
                    None
                }
                None => Some(word.into_owned()),
            });
            let words = first_word.into_iter().chain(words.map(Cow::into_owned));
            let simple = Simple {
                line: first + number,
                words: words.collect(),
                settings,
                ..Simple::default()
            };
            if !simple.words.is_empty() || !simple.settings.is_empty() {
                found.push(simple);
            }
        }
    }
    found
}

fn plain(word: &str) -> Cow<'_, str> {
    unquoted(word)
}

/// `NAME=value`.
pub(super) fn setting(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    is_name(name).then_some((name, value))
}

/// Whether a text is the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A line up to a comment of the shell's kind.
pub(super) fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    line.find(" #")
        .map_or(line, |at| line.get(..at).unwrap_or(line))
}
