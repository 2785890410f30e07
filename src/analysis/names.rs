//! The names in a job's scripts: what they define, call and read, looked up once, because it is asked at each command.

use crate::collections::{HashMap, HashSet, IndexSet};
use crate::shell::{Compound, CompoundKind, Script};

use super::call::{Call, LineView};
use super::text::mentions;

/// The names in the scripts of a job.
#[derive(Debug, Default)]
pub(crate) struct Names {
    functions: HashSet<String>,
    programs: HashSet<String>,
    /// What each variable is set to; nothing if it is set more than once.
    values: HashMap<String, Option<String>>,
    /// The values that are named for each variable; nothing if it may hold another one.
    options: HashMap<String, Option<Vec<String>>>,
    /// What all that is put into each variable is made of.
    given: HashMap<String, VariableWords>,
    /// The last line that reads each variable, by its place in the view.
    last_read: HashMap<String, usize>,
}

impl Names {
    pub(crate) fn of(lines: &[LineView], calls: &[Call]) -> Self {
        let mut names = Self::default();
        for (index, line) in lines.iter().enumerate() {
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
            names.add_options(script, text);
            for set in &script.assignments {
                let known = names.values.entry(set.name.clone());
                known
                    .and_modify(|value| *value = None)
                    .or_insert_with(|| Some(set.value.raw(text).to_owned()));
            }
        }
        let programs = calls.iter().filter_map(|call| call.program());
        names.programs.extend(programs.map(str::to_owned));
        names
    }

    /// Adds what a script puts into variables: `A=b`, `export A=b`.
    fn add_given(&mut self, script: &Script, text: &str) {
        let alone = script.assignments.iter();
        let alone = alone.map(|set| (set.name.as_str(), set.value.raw(text)));
        let commands = script.commands.iter();
        let declared = commands.filter(|command| declares(command.program()));
        let words = declared.flat_map(|command| &command.words);
        let values = words.filter_map(|word| word.raw(text).split_once('='));
        for (name, value) in alone.chain(values) {
            self.given.entry(name.to_owned()).or_default().add(value);
        }
        self.add_loops(script, text);
        let reads = |program| matches!(program, Some("read" | "mapfile" | "readarray"));
        let read = script.commands.iter().filter(|one| reads(one.program()));
        for word in read.flat_map(|command| command.words.iter().skip(1)) {
            let name = word.raw(text).to_owned();
            self.given.entry(name).or_default().add(FROM_OUTSIDE);
        }
    }

    /// Adds what loops put into variables, one word after the other: `for name in a b`.
    fn add_loops(&mut self, script: &Script, text: &str) {
        let loops = script.compounds.iter();
        for compound in loops.filter(|one| one.kind == CompoundKind::For) {
            let (name, list) = head_of_loop(compound, text);
            let list = list.unwrap_or(FROM_OUTSIDE);
            let given = self.given.entry(name.to_owned()).or_default();
            match list.contains("$(") || list.contains('`') {
                true => given.add(list),
                false => list.split_whitespace().for_each(|word| given.add(word)),
            }
        }
    }

    /// Adds the values that a script names for variables: `A=b`, `export A=b`, `for A in b c`, and none for `read A`.
    fn add_options(&mut self, script: &Script, text: &str) {
        for set in &script.assignments {
            let value = set.value.value.clone();
            self.add_option(&set.name, value.filter(|_| !set.array && !set.append));
        }
        for command in &script.commands {
            let words = command.words.iter().skip(1);
            match command.program() {
                program if declares(program) => {
                    for word in words {
                        let name = word.raw(text).split('=').next().unwrap_or_default();
                        let value = word.value.as_deref().and_then(|it| it.split_once('='));
                        if word.raw(text).contains('=') {
                            self.add_option(name, value.map(|(_, value)| value.to_owned()));
                        }
                    }
                }
                Some("read" | "mapfile" | "readarray" | "getopts") => {
                    words.for_each(|word| self.add_option(word.raw(text), None));
                }
                Some("printf") => {
                    let mut words = words.map(|word| word.raw(text));
                    let name = words.next().filter(|flag| *flag == "-v").and(words.next());
                    name.into_iter()
                        .for_each(|name| self.add_option(name, None));
                }
                _ => {}
            }
        }
        let loops = script.compounds.iter();
        for compound in loops.filter(|one| one.kind == CompoundKind::For) {
            let (name, values) = head_of_loop(compound, text);
            let filled_in = |values: &&str| values.contains(['$', '`', '*', '?', '[', '{', '\\']);
            match values.filter(|values| !filled_in(values)) {
                Some(values) => {
                    let values = values.split_whitespace();
                    let values = values.map(|value| value.trim_matches(['"', '\'']));
                    values.for_each(|value| self.add_option(name, Some(value.to_owned())));
                }
                None => self.add_option(name, None),
            }
        }
    }

    fn add_option(&mut self, name: &str, value: Option<String>) {
        let known = self.options.entry(name.to_owned());
        let known = known.or_insert_with(|| Some(Vec::new()));
        match (known.as_mut(), value) {
            (Some(values), Some(value)) => values.push(value),
            _ => *known = None,
        }
    }
}

fn declares(program: Option<&str>) -> bool {
    matches!(program, Some("export" | "declare" | "local" | "readonly"))
}

/// The variable of a loop, and the words that it goes through.
fn head_of_loop<'t>(compound: &Compound, text: &'t str) -> (&'t str, Option<&'t str>) {
    let body = compound.lists.first().map(|list| list.start);
    let head = compound.span.start..body.unwrap_or(compound.span.end);
    let head = text.get(head).unwrap_or_default();
    let head = head.split([';', '\n']).next().unwrap_or_default();
    let mut words = head
        .trim_start_matches("for")
        .trim()
        .splitn(3, char::is_whitespace);
    let name = words.next().unwrap_or_default();
    let values = words.next().filter(|word| *word == "in").and(words.next());
    (name, values)
}

/// What stands for a text that the script does not hold.
const FROM_OUTSIDE: &str = "$()";

/// What the words are that the scripts put into a variable.
#[derive(Debug, Default)]
pub(crate) struct VariableWords {
    /// The flags among them.
    pub(crate) flags: IndexSet<String>,
    /// Whether there is a comma in one.
    pub(crate) has_list: bool,
    /// Whether one comes from another variable, or from a command.
    pub(crate) filled_in: bool,
    /// Whether they are more than one at once.
    pub(crate) several: bool,
    /// What is put into it each time, as it is written.
    pub(crate) texts: Vec<String>,
}

impl VariableWords {
    fn add(&mut self, value: &str) {
        let words = words_of(value);
        self.several |= words.len() > 1;
        self.texts.push(value.to_owned());
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
pub(crate) fn words_of(value: &str) -> Vec<String> {
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

impl Names {
    /// Whether a script defines a function.
    pub(crate) fn has_function(&self, name: &str) -> bool {
        self.functions.contains(name)
    }

    /// Whether a script calls a program.
    pub(crate) fn calls_program(&self, name: &str) -> bool {
        self.programs.contains(name)
    }

    /// What the scripts set a variable to, as it is written, if they do so once.
    pub(crate) fn set_once(&self, variable: &str) -> Option<&str> {
        self.values.get(variable)?.as_deref()
    }

    /// The values that the scripts name for a variable, if it can hold no other one as far as they say.
    pub(crate) fn values_set(&self, variable: &str) -> Option<&[String]> {
        self.options.get(variable)?.as_deref()
    }

    /// What the scripts put into a variable, if they do.
    pub(crate) fn given(&self, variable: &str) -> Option<&VariableWords> {
        self.given.get(variable)
    }

    /// Whether one of `lines`, which are those of the job, reads a variable from the place `first` on.
    pub(crate) fn is_read_from(&self, lines: &[LineView], first: usize, variable: &str) -> bool {
        if variable.bytes().all(is_part) {
            let last = self.last_read.get(variable);
            return last.is_some_and(|last| *last >= first);
        }
        let mut lines = lines.iter().skip(first);
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
