//! The names in a job's scripts: what they define, call and read, looked up once, because it is asked at each command.

use crate::collections::{HashMap, HashSet};

use super::context::JobView;
use super::image::mentions;

/// The names in the scripts of a job.
#[derive(Debug, Default)]
pub(super) struct Names {
    functions: HashSet<String>,
    programs: HashSet<String>,
    /// What each variable is set to; nothing if it is set more than once.
    values: HashMap<String, Option<String>>,
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
