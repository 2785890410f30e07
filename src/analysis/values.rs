//! What the variables of a job's scripts may hold, as far as its files say, and whether that is docker.

use crate::collections::{HashMap, HashSet};
use crate::shell::{CompoundKind, Part, Word};

use super::context::JobView;

/// Whether a text holds docker as a word of its own, or as a program by its path.
pub(crate) fn holds_docker(text: &str) -> bool {
    let ends = |one: char| one.is_whitespace() || "\"'`(){}[];|&<>=,\\:".contains(one);
    let is_docker = |word: &str| {
        let name = word.rsplit_once("bin/").map_or(word, |(_, name)| name);
        matches!(name, "docker" | "docker-compose")
    };
    text.contains("docker") && text.split(ends).any(is_docker)
}

/// What the variables of a job may hold, as far as its files say.
pub(crate) struct Values<'a> {
    /// The values of each.
    texts: HashMap<&'a str, Vec<&'a str>>,
    /// Those that may hold docker, or another one that does.
    docker: HashSet<&'a str>,
}

impl<'a> Values<'a> {
    pub(crate) fn of(view: &'a JobView<'_>) -> Self {
        let mut values = Self {
            texts: HashMap::default(),
            docker: HashSet::default(),
        };
        for (name, variable) in &view.job.variables {
            let value = variable.value.as_deref();
            values.add(name.as_ref(), value.unwrap_or_default());
        }
        for line in &view.lines {
            let (Ok(script), text) = (&line.parsed.script, &*line.parsed.text) else {
                continue;
            };
            for assignment in &script.assignments {
                values.add(assignment.name.as_str(), assignment.value.raw(text));
            }
            let loops = script.compounds.iter();
            for compound in loops.filter(|one| one.kind == CompoundKind::For) {
                let body = compound.lists.first().map(|list| list.start);
                let head = compound.span.start..body.unwrap_or(compound.span.end);
                let head = text.get(head).unwrap_or_default();
                let mut words = head.split_whitespace().skip(1);
                values.add(words.next().unwrap_or_default(), head);
            }
        }
        for call in &view.calls {
            let declares = matches!(
                call.program(),
                Some("export" | "declare" | "typeset" | "local" | "readonly")
            );
            for word in call.command().words.iter().filter(|_| declares) {
                if let Some((name, value)) = call.raw(word).split_once('=') {
                    values.add(name.trim_end_matches('+'), value);
                }
            }
        }
        values.add_what_is_read(view);
        values.find_docker();
        values
    }

    /// `read NAME <<< docker`, `printf -v NAME docker`: what the line holds may come in.
    fn add_what_is_read(&mut self, view: &'a JobView<'_>) {
        let mut of_line = (usize::MAX, "");
        for call in &view.calls {
            let reads = match call.program() {
                Some("read" | "mapfile" | "readarray") => true,
                Some("printf") => {
                    let flag = call.command().words.get(1).map(|word| call.raw(word));
                    flag == Some("-v")
                }
                _ => false,
            };
            if !reads {
                continue;
            }
            if of_line.0 != call.line {
                let text = call.text();
                of_line = (call.line, if holds_docker(text) { "docker" } else { "" });
            }
            let words = call.command().words.iter().skip(1);
            for name in words.map(|word| call.raw(word)) {
                self.add(name, of_line.1);
            }
        }
    }

    fn add(&mut self, name: &'a str, value: &'a str) {
        self.texts.entry(name).or_default().push(value);
    }

    /// Finds the variables that may hold docker, and from there those that name them.
    fn find_docker(&mut self) {
        let mut named_by: HashMap<&str, Vec<&'a str>> = HashMap::default();
        let mut open = Vec::new();
        for (name, values) in &self.texts {
            for value in values {
                if holds_docker(&value.to_ascii_lowercase()) {
                    open.push(*name);
                }
                for other in names_in(value) {
                    named_by.entry(other).or_default().push(name);
                }
            }
        }
        while let Some(name) = open.pop() {
            if self.docker.insert(name) {
                open.extend(named_by.get(name).into_iter().flatten());
            }
        }
    }

    /// Whether the shell may make docker of a word of several variables: `$a$b`, `${d}ker`, `${!name}`.
    pub(crate) fn make_docker(&self, word: &Word, raw: &str) -> bool {
        if raw.contains("${!") {
            return !self.docker.is_empty();
        }
        let mut made = String::new();
        for part in &word.parts {
            match part {
                Part::Literal(_, text) => made.push_str(text),
                Part::Variable { name, .. } => {
                    let value = self
                        .texts
                        .get(name.as_str())
                        .and_then(|values| values.last());
                    made.push_str(value.map_or("", |value| value.trim_matches(['"', '\''])));
                }
                Part::Other(_) => return false,
            }
        }
        holds_docker(&made)
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.texts.contains_key(name)
    }

    pub(crate) fn is_docker(&self, name: &str) -> bool {
        self.docker.contains(name)
    }
}

/// The variables that a text names.
pub(crate) fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|rest| {
        let rest = rest.trim_start_matches('{').trim_start_matches('!');
        let end = rest.find(|one: char| !one.is_ascii_alphanumeric() && one != '_');
        rest.get(..end.unwrap_or(rest.len()))
            .filter(|name| name.starts_with(|one: char| one.is_ascii_alphabetic() || one == '_'))
    })
}

#[cfg(test)]
mod tests {
    use super::holds_docker;

    #[test]
    fn finds_docker_as_a_program_and_not_in_other_words() {
        for text in [
            "docker",
            "sudo docker ps",
            "(docker push a)",
            "\"docker\"",
            "$(command -v docker)",
            "/usr/local/bin/docker",
            "x; docker-compose up",
        ] {
            assert!(holds_docker(text), "{text}");
        }
        for text in [
            "docker/build.sh",
            "docker.io/library/alpine",
            "Dockerfile",
            "mydocker",
            "docker-entry",
            "./docker/docker.sh",
        ] {
            assert!(!holds_docker(text), "{text}");
        }
    }
}
