//! The names in a job's scripts: what they define, call and read, looked up once, because it is asked at each command.

use crate::collections::{HashMap, HashSet, IndexSet};
use crate::shell::Script;

use super::context::JobView;
use super::image::mentions;

/// The names in the scripts of a job.
#[derive(Debug, Default)]
pub(super) struct Names {
    functions: HashSet<String>,
    programs: HashSet<String>,
    /// What each variable is set to; nothing if it is set more than once.
    values: HashMap<String, Option<String>>,
    /// What all that is put into each variable is made of.
    given: HashMap<String, VariableWords>,
    /// The last line that reads each variable, by its place in the view.
    last_read: HashMap<String, usize>,
}

impl Names {
    fn of(view: &JobView<'_>) -> Self {
        let mut names = Self::default();
        for (index, line) in view.lines.iter().enumerate() {
            let text = &line.parsed.text;
            for name in read_in(text) {
                names.last_read.insert(name.to_owned(), index);
            }
            let Ok(script) = &line.parsed.script else {
                continue;
            };
            let functions = script.functions.iter();
            names.functions.extend(functions.map(|it| it.name.clone()));
            names.add_given(script, text);
            for set in &script.assignments {
                let known = names.values.entry(set.name.clone());
                known
                    .and_modify(|value| *value = None)
                    .or_insert_with(|| Some(set.value.raw(text).to_owned()));
            }
        }
        let programs = view.calls.iter().filter_map(|call| call.program());
        names.programs.extend(programs.map(str::to_owned));
        names
    }

    /// Adds what a script puts into variables: `A=b`, `export A=b`.
    fn add_given(&mut self, script: &Script, text: &str) {
        let alone = script.assignments.iter();
        let alone = alone.map(|set| (set.name.as_str(), set.value.raw(text)));
        let declares =
            |program| matches!(program, Some("export" | "declare" | "local" | "readonly"));
        let commands = script.commands.iter();
        let declared = commands.filter(|command| declares(command.program()));
        let words = declared.flat_map(|command| &command.words);
        let values = words.filter_map(|word| word.raw(text).split_once('='));
        for (name, value) in alone.chain(values) {
            self.given.entry(name.to_owned()).or_default().add(value);
        }
    }
}

/// What the words are that the scripts put into a variable.
#[derive(Debug, Default)]
pub(super) struct VariableWords {
    /// The flags among them.
    pub(super) flags: IndexSet<String>,
    /// Whether there is a comma in one.
    pub(super) has_list: bool,
    /// Whether one comes from another variable, or from a command.
    pub(super) filled_in: bool,
    /// Whether they are more than one at once.
    pub(super) several: bool,
}

impl VariableWords {
    fn add(&mut self, value: &str) {
        let words = words_of(value);
        self.several |= words.len() > 1;
        for word in words {
            self.has_list |= word.contains(',');
            self.filled_in |= word.starts_with('$');
            if word.starts_with('-') {
                self.flags.insert(word);
            }
        }
    }
}

/// The words in what is assigned to a variable. What a command prints counts as one word without a flag.
pub(super) fn words_of(value: &str) -> Vec<String> {
    let mut plain = String::with_capacity(value.len());
    let mut depth = 0_usize;
    let mut ticks = false;
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '$' if letters.peek() == Some(&'(') => {
                letters.next();
                depth += 1;
                plain.push('$');
            }
            '(' if depth > 0 => depth += 1,
            ')' if depth > 0 => depth -= 1,
            '`' => {
                ticks = !ticks;
                plain.push('$');
            }
            letter if depth == 0 && !ticks => plain.push(letter),
            _ => {}
        }
    }
    let words = plain.split_whitespace();
    let bare = words.map(|word| word.trim_matches(['(', ')', '"', '\'']).to_owned());
    bare.filter(|word| !word.is_empty()).collect()
}

impl JobView<'_> {
    fn names(&self) -> &Names {
        self.names.get_or_init(|| Names::of(self))
    }

    /// Whether a script defines a function.
    pub(super) fn has_function(&self, name: &str) -> bool {
        self.names().functions.contains(name)
    }

    /// Whether a script calls a program.
    pub(super) fn calls_program(&self, name: &str) -> bool {
        self.names().programs.contains(name)
    }

    /// What the scripts set a variable to, as it is written, if they do so once.
    pub(super) fn set_once(&self, variable: &str) -> Option<&str> {
        self.names().values.get(variable)?.as_deref()
    }

    /// What the scripts put into a variable, if they do.
    pub(super) fn given(&self, variable: &str) -> Option<&VariableWords> {
        self.names().given.get(variable)
    }

    /// Whether a line from `first` on reads a variable.
    pub(super) fn is_read_from(&self, first: usize, variable: &str) -> bool {
        if variable.bytes().all(is_part) {
            let last = self.names().last_read.get(variable);
            return last.is_some_and(|last| *last >= first);
        }
        let mut lines = self.lines.iter().skip(first);
        lines.any(|line| mentions(&line.parsed.text, variable))
    }
}

/// The names behind the dollar signs of a text.
fn read_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).map(|rest| {
        let rest = rest.trim_start_matches('{');
        let end = rest.bytes().position(|byte| !is_part(byte));
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    })
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
