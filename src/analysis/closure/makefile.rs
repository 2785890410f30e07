//! Makefiles (and justfiles): which rule holds which recipe, and what it needs.

use crate::collections::HashMap;
use crate::rules::Rules;

use super::reading::{Holds, Mention, Reading};
use super::simple::is_name;
use super::words::{expansion, filled, variable};

/// A piece of a file that is reached by itself: a rule of a makefile, a script of package.json, or a whole file.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    /// The names by which it is asked for, `*` for what is filled in; none: it belongs to all of them.
    pub(super) names: Vec<String>,
    /// The names of what it needs.
    pub(super) needs: Vec<String>,
    /// Its commands as the shell gets them, with the number of its first line.
    pub(super) script: Vec<(usize, String)>,
    /// What it holds.
    pub(super) reading: Reading,
}

/// Takes a makefile apart; the first part is what belongs to all rules.
pub(super) fn parts(rules: &Rules, text: &str) -> Vec<Part> {
    let mut parts = vec![Part::default()];
    let mut values: HashMap<String, String> = HashMap::default();
    let mut defines: Option<String> = None;
    let mut current = 0;
    for (number, line) in joined_lines(text) {
        let trimmed = line.trim_start();
        if let Some(name) = &defines {
            if trimmed.starts_with("endef") {
                defines = None;
            } else {
                let at = part_named(&mut parts, &in_recipe(name));
                parts[at].script.push((number, of_recipe(trimmed)));
            }
            continue;
        }
        if let Some(name) = trimmed.strip_prefix("define ") {
            defines = Some(
                name.trim()
                    .trim_end_matches(['=', ':', '?', ' '])
                    .to_owned(),
            );
            continue;
        }
        let is_recipe =
            line.starts_with('\t') || line.starts_with("  ") && current > 0 && !is_head(trimmed);
        if is_recipe && current > 0 {
            parts[current].script.push((number, of_recipe(trimmed)));
            continue;
        }
        let head = trimmed.split(" #").next().unwrap_or(trimmed);
        if head.is_empty() || head.starts_with('#') {
            continue;
        }
        if let Some(files) = ["include ", "-include ", "sinclude ", "import "]
            .iter()
            .find_map(|word| head.strip_prefix(word))
        {
            for file in files.split_whitespace() {
                let file = file.trim_matches(['"', '\'']).to_owned();
                parts[0].reading.mention(Mention::Include(file));
            }
        } else if let Some((name, operator, value)) = assignment(head) {
            assign(&mut parts[0].reading, number, name, operator, value);
            values.insert(name.to_owned(), value.to_owned());
            let commands = shell_functions(value, number);
            match operator.starts_with(':') {
                true => parts[0].script.extend(commands),
                // what is not `:=` is put in where the name stands, and not before
                false => parts.push(Part {
                    names: vec![in_recipe(name)],
                    needs: called(&of_recipe(value)),
                    script: commands,
                    reading: Reading::default(),
                }),
            }
            parts.push(Part {
                names: vec![in_list(name)],
                needs: names_in(value),
                ..Part::default()
            });
        } else if let Some((names, rest)) = rule(head) {
            if let Some((name, operator, value)) = assignment(rest) {
                assign(&mut parts[0].reading, number, name, operator, value);
                continue;
            }
            let (needs, recipe) = rest.split_once(';').unwrap_or((rest, ""));
            let part = Part {
                names: targets(names, &values),
                needs: names_in(needs),
                script: Some(recipe.trim())
                    .filter(|recipe| !recipe.is_empty())
                    .map(|recipe| (number, of_recipe(recipe)))
                    .into_iter()
                    .collect(),
                reading: Reading::default(),
            };
            parts.push(part);
            current = parts.len() - 1;
        }
    }
    for part in &mut parts {
        let script = std::mem::take(&mut part.script);
        for (line, text) in &script {
            part.reading.shell(rules, text, *line);
            part.needs.extend(called(text));
        }
        part.script = script;
    }
    parts
}

/// The part of a `define`, made when it is first named.
fn part_named(parts: &mut Vec<Part>, name: &str) -> usize {
    let known = parts
        .iter()
        .position(|part| part.names.iter().any(|one| one == name));
    known.unwrap_or_else(|| {
        parts.push(Part {
            names: vec![name.to_owned()],
            ..Part::default()
        });
        parts.len() - 1
    })
}

/// The lines of a text with those put together that a backslash continues, each with its number from 0.
fn joined_lines(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in text.lines().enumerate() {
        match found.last_mut().filter(|_| goes_on) {
            Some((_, whole)) => {
                whole.push('\n');
                whole.push_str(line.trim_start_matches('\t'));
            }
            None => found.push((number, line.to_owned())),
        }
        goes_on = line.ends_with('\\');
    }
    found
}

/// Whether an indented line is none of a recipe.
fn is_head(line: &str) -> bool {
    [
        "ifeq", "ifneq", "ifdef", "ifndef", "else", "endif", "include ",
    ]
    .iter()
    .any(|word| line.starts_with(word))
        || assignment(line).is_some()
}

/// `NAME := value`, `export NAME ?= value`.
fn assignment(line: &str) -> Option<(&str, &str, &str)> {
    let line = line
        .strip_prefix("export ")
        .or_else(|| line.strip_prefix("override "))
        .unwrap_or(line);
    let at = line.find('=')?;
    let before = line.get(..at)?;
    let name = before.trim_end_matches([':', '?', '+', '!']);
    let operator = before.get(name.len()..)?;
    let name = name.trim();
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    plain.then(|| {
        (
            name,
            operator,
            line.get(at + 1..).unwrap_or_default().trim(),
        )
    })
}

fn assign(reading: &mut Reading, line: usize, name: &str, operator: &str, value: &str) {
    let value = value.trim_matches(['"', '\'']);
    let plain = value == "docker" || value.starts_with('/') && value.ends_with("bin/docker");
    if operator == "?" && plain {
        reading
            .engines
            .push((line, name.to_owned(), Holds::DockerByDefault));
        reading.set.push(name.to_owned());
    } else {
        reading.setting(line, name, value);
    }
}

/// `targets: needs`.
fn rule(line: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let skip = expansion(rest);
        if skip > 0 {
            at += skip;
            continue;
        }
        if rest.starts_with(':') {
            let names = line.get(..at)?.trim_end_matches('&');
            return Some((names, rest.trim_start_matches(':')));
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    None
}

/// The names in a list, `*` for what make fills in.
fn names_in(list: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0;
    // names that a function makes: `$(addprefix image-,$(ALL))`
    while let Some(rest) = list.get(at..).filter(|rest| !rest.is_empty()) {
        let length = expansion(rest);
        let inner = rest.get(..length).unwrap_or_default();
        if let Some(name) = variable(inner) {
            found.push(in_list(name));
        } else if inner.contains([' ', '=']) {
            let pieces = inner.split(['(', ')', ',', ' ', '=', ':']);
            let made = pieces
                .filter(|piece| piece.contains('%') && piece.len() > 1 || piece.ends_with('-'));
            found.extend(made.map(|piece| match piece.contains('%') {
                true => piece.replace('%', "*"),
                false => format!("{piece}*"),
            }));
        }
        at += length.max(rest.chars().next().map_or(1, char::len_utf8));
    }
    let plain = filled(list);
    let names = plain
        .split_whitespace()
        .filter(|name| *name != "|" && *name != "*" && !name.starts_with('#'));
    found.extend(names.map(|name| name.replace('%', "*")));
    found
}

/// What a recipe names of the makefile: `$(NAME)`, `$(call NAME,...)`.
fn called(recipe: &str) -> Vec<String> {
    let pieces = recipe.split("${").skip(1);
    let names = pieces.filter_map(|piece| piece.split('}').next());
    names.filter(|name| is_name(name)).map(in_recipe).collect()
}

/// The commands of `$(shell ...)` in a value.
fn shell_functions(value: &str, line: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find("$(shell ") {
        rest = rest.get(at..).unwrap_or_default();
        let length = expansion(rest).max(1);
        let inner = rest.get("$(shell ".len()..length.saturating_sub(1));
        let inner = inner.unwrap_or_default();
        if !looks_for_podman(inner) {
            found.push((line, of_recipe(inner)));
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    found
}

/// The name of what a variable puts into a recipe.
fn in_recipe(variable: &str) -> String {
    format!("${variable}")
}

/// The name of what a variable puts into a list of names.
fn in_list(variable: &str) -> String {
    format!("%{variable}")
}

/// The names of a rule, the variables in them put in where the file says what they hold.
fn targets(list: &str, values: &HashMap<String, String>) -> Vec<String> {
    let mut names = Vec::new();
    for word in list.split_whitespace() {
        match variable(word).and_then(|name| values.get(name)) {
            Some(value) => names.extend(names_in(value)),
            None => names.extend(names_in(word)),
        }
    }
    names.retain(|name| !name.starts_with('%'));
    names
}

/// `command -v podman || command -v docker` takes Podman where it is.
fn looks_for_podman(command: &str) -> bool {
    command
        .find("podman")
        .is_some_and(|at| command.find("docker").is_none_or(|docker| at < docker))
}

/// A line of a recipe as the shell gets it: make's variables as the shell's.
pub(super) fn of_recipe(line: &str) -> String {
    let line = line.trim_start_matches(['@', '-', '+', ' ', '\t']);
    let mut script = String::new();
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(doubled) = rest.strip_prefix("$$") {
            script.push('$');
            at += rest.len() - doubled.len();
            continue;
        }
        let length = expansion(rest);
        if length == 0 || rest.starts_with('`') {
            let one = rest.chars().next().unwrap_or(' ');
            script.push(one);
            at += one.len_utf8();
            continue;
        }
        let whole = rest.get(..length).unwrap_or_default();
        let inner = whole.get(2..length.saturating_sub(1)).unwrap_or_default();
        if let Some(command) = inner.strip_prefix("shell ") {
            script.push_str("$(");
            script.push_str(&of_recipe(command));
            script.push(')');
        } else if let Some(call) = inner.strip_prefix("call ") {
            let mut arguments = call.split(',');
            script.push_str(&format!(
                "${{{}}}",
                arguments.next().unwrap_or_default().trim()
            ));
            for argument in arguments {
                script.push(' ');
                script.push_str(&of_recipe(argument.trim()));
            }
        } else if is_name(inner) {
            script.push_str(&format!("${{{inner}}}"));
        } else if inner.contains(' ') && inner.contains("docker") {
            // `$(if $(X),docker ...)`: the words stand where the function stands
            script.push_str(&of_recipe(&inner.replace([',', '('], " ")));
        } else {
            script.push_str("${MADE_BY_MAKE}");
        }
        at += length;
    }
    script
}

/// The scripts of package.json, each as a part.
pub(super) fn package_scripts(rules: &Rules, text: &str) -> Vec<Part> {
    let Ok(package) = serde_json::from_str::<serde_json::Value>(text) else {
        return vec![Part::default()];
    };
    let scripts = package
        .get("scripts")
        .and_then(|scripts| scripts.as_object());
    let mut parts = vec![Part::default()];
    let from = text.find("\"scripts\"").unwrap_or(0);
    let begins = super::simple::line_of(text, from);
    let lines = lines_of_names(text, from, begins);
    for (name, script) in scripts.into_iter().flatten() {
        let Some(script) = script.as_str() else {
            continue;
        };
        let line = lines.get(name.as_str()).copied().unwrap_or(begins);
        let mut reading = Reading::default();
        reading.shell(rules, script, 0);
        reading.put_on(line);
        let needs = vec![format!("pre{name}"), format!("post{name}")];
        let script = vec![(line, script.to_owned())];
        parts.push(Part {
            names: vec![name.clone()],
            needs,
            script,
            reading,
        });
    }
    parts
}

/// What stands in quotes from a byte and its line on, each with the line on which it first stands.
fn lines_of_names(text: &str, from: usize, mut line: usize) -> HashMap<&str, usize> {
    let mut lines = HashMap::default();
    let mut open = None;
    for (at, letter) in text.bytes().enumerate().skip(from) {
        match letter {
            b'\n' => line += 1,
            b'"' => {
                if let Some((start, line)) = open.replace((at + 1, line))
                    && let Some(name) = text.get(start..at)
                {
                    lines.entry(name).or_insert(line);
                }
            }
            _ => {}
        }
    }
    lines
}

impl Reading {
    /// Says of everything that it stands on one line.
    fn put_on(&mut self, line: usize) {
        self.uses.iter_mut().for_each(|one| one.0 = line);
        self.engines.iter_mut().for_each(|one| one.0 = line);
        self.run.iter_mut().for_each(|one| one.0 = line);
    }
}
