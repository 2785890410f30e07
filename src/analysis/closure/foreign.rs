//! Code in other languages than the shell's: docker in what it starts, clients of the engine in what it imports.

use crate::rules::Rules;

use super::reading::{Mention, Reading, Use, is_docker, is_known};
use super::simple::{Simple, base_name};

/// Beginnings of a line that is a comment.
const COMMENTS: [&str; 6] = ["#", "//", "*", "/*", "--", "\"\"\""];

/// What ends in front of a text that is only printed.
const PRINTS: [&str; 16] = [
    "print(",
    "print",
    "log(",
    "info(",
    "warn(",
    "warning(",
    "error(",
    "debug(",
    "echo",
    "puts",
    "write(",
    "Error(",
    "Exception(",
    "println!(",
    "help=",
    "description=",
];

/// Imports of a library that speaks to Docker's engine.
const LIBRARIES: [&str; 10] = [
    "import docker",
    "from docker import",
    "from docker.",
    "docker.from_env(",
    "'dockerode'",
    "\"dockerode\"",
    "testcontainers",
    "github.com/docker/docker/client",
    "github.com/ory/dockertest",
    "com.github.dockerjava",
];

impl Reading {
    /// Reads code in a language whose strings stand in quotes.
    pub(super) fn foreign(&mut self, rules: &Rules, text: &str) {
        for (number, line) in text.lines().enumerate() {
            let trimmed = line.trim_start();
            if COMMENTS.iter().any(|begin| trimmed.starts_with(begin)) && !trimmed.starts_with("#!")
            {
                continue;
            }
            let imports = |library: &&str| {
                trimmed.find(library).is_some_and(|at| {
                    let behind = trimmed.get(at + library.len()..).unwrap_or_default();
                    !library.ends_with("docker")
                        || !behind.starts_with(|next: char| next.is_alphanumeric() || next == '_')
                })
            };
            if LIBRARIES.iter().any(imports) {
                self.uses.push((number, Use::Library));
            }
            if trimmed.contains("docker.sock") {
                self.uses.push((number, Use::Socket));
            }
            self.import(trimmed);
            self.strings(rules, number, line);
        }
    }

    /// `from tools.build import x`, `import helpers`: files beside this one.
    fn import(&mut self, text: &str) {
        let module = text
            .strip_prefix("from ")
            .or_else(|| text.strip_prefix("import "));
        let module = module
            .and_then(|rest| rest.split([' ', ',', ';']).next())
            .unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.".contains(&byte);
        if !module.is_empty() && module.bytes().all(plain) {
            let path = module.trim_start_matches('.').replace('.', "/");
            self.mention(Mention::Word(format!("{path}.py")));
            self.mention(Mention::Word(format!("{path}/__init__.py")));
        }
    }

    fn strings(&mut self, rules: &Rules, number: usize, line: &str) {
        let mut rest = line;
        let mut before = String::new();
        while let Some(at) = rest.find(['"', '\'', '`']) {
            let quote = rest.get(at..at + 1).unwrap_or("\"");
            before.push_str(rest.get(..at).unwrap_or_default());
            let inner = rest.get(at + 1..).unwrap_or_default();
            let end = inner.find(quote).unwrap_or(inner.len());
            let text = inner.get(..end).unwrap_or_default();
            let behind = inner.get(end + 1..).unwrap_or_default();
            if !only_printed(&before) {
                self.string(rules, number, text, behind, line);
            }
            before.push_str(text);
            rest = behind;
        }
    }

    fn string(&mut self, rules: &Rules, number: usize, text: &str, behind: &str, line: &str) {
        let composes = base_name(text.trim()) == "docker-compose";
        let is_verb = |word: &str| {
            word.starts_with('-')
                || match composes {
                    true => (rules.command(&["compose", word])).is_some_and(|(_, words)| words > 1),
                    false => rules.command(&[word]).is_some(),
                }
        };
        if is_docker(text.trim()) {
            let next = behind.trim_start().strip_prefix(',');
            let next = next.map(|next| next.trim_start_matches([' ', '[', '(', '"', '\'', '`']));
            let verb = next.map(|next| {
                next.split(['"', '\'', '`', ',', ' '])
                    .next()
                    .unwrap_or_default()
            });
            if verb.is_some_and(|verb| is_verb(verb) || rules.starts_others(line)) {
                self.uses.push((number, Use::Calls));
            }
            return;
        }
        let mut words = text.split_whitespace();
        let Some(first) = words.next() else { return };
        if is_docker(first) {
            if words.next().is_some_and(is_verb) {
                self.uses.push((number, Use::Calls));
            }
            return;
        }
        let script = text.contains(' ')
            && (text.contains("docker")
                || is_known(rules, base_name(first)) && !rules.is_harmless(first));
        if script {
            let mut inner = Reading::default();
            inner.shell(rules, text, number);
            inner.run.clear();
            self.uses.extend(inner.uses);
            self.mentions.extend(inner.mentions);
        } else if !text.contains(' ') && text.contains(['/', '.']) {
            self.mention(Mention::Word(text.to_owned()));
            if text.starts_with('.') {
                for end in [".js", ".ts", ".mjs", ".cjs", "/index.js", "/index.ts"] {
                    self.mention(Mention::Word(format!("{text}{end}")));
                }
            }
        }
        // `["make", "ship"]`
        if matches!(text, "make" | "npm" | "yarn" | "bash" | "sh")
            && behind.trim_start().starts_with(',')
        {
            let words = behind
                .split([',', '[', ']', '(', ')'])
                .map(|word| word.trim().trim_matches(['"', '\'', '`']));
            let words = words.filter(|word| !word.is_empty()).map(str::to_owned);
            let simple = Simple {
                line: number,
                words: std::iter::once(text.to_owned()).chain(words).collect(),
                ..Simple::default()
            };
            self.command(rules, simple);
        }
    }
}

/// Whether what stands in front of a string prints it.
fn only_printed(before: &str) -> bool {
    let before = before.trim_end_matches(['f', 'r', 'b', 'u', ' ']);
    PRINTS.iter().any(|print| before.ends_with(print))
}
