//! The inputs of a build, each as what it adds to the operation.

use crate::collections::IndexMap;
use crate::image_name::ImageName;
use crate::ops::{Flag, Push, Values, Word};
use crate::pipeline::{NodeRef, Review};
use crate::providers::github::expression::{self, Template};
use crate::providers::github::inputs::{array, fields, is_true, split, unquoted, values};
use crate::providers::github::step::Platforms;
use crate::rules::{InputList, InputRule};

use super::{ByDigest, Inputs};

/// How many bytes a list may have. Each of its items becomes a word of the script, or a command.
const LONGEST: usize = 64 * 1024;

impl Inputs<'_> {
    pub(super) fn flag(
        &mut self,
        (name, at): (&str, NodeRef),
        flag: &str,
        list: InputList,
        text: &str,
    ) -> Result<(), String> {
        if text.len() > LONGEST {
            return Err(format!("{name} is longer than 64 KB"));
        }
        let written = match flag {
            "--build-context" => self.named_contexts(text)?,
            "--file" => self.in_context(text),
            _ => text.to_owned(),
        };
        let text = written.as_str();
        let many = name.to_ascii_uppercase().replace('-', "_");
        let one = match flag {
            "--tag" => "IMAGE".to_owned(),
            "--file" => "DOCKERFILE".to_owned(),
            _ => many.strip_suffix('S').unwrap_or(&many).to_owned(),
        };
        let no_empty = matches!(flag, "--shm-size" | "--cache-from" | "--cache-to");
        let input = expression::whole(text).and_then(|inner| inner.strip_prefix("inputs."));
        if let (true, Some(input)) = (no_empty, input) {
            let what = format!("{name} may be empty, and Podman takes no empty {flag}");
            if !self.step.given.contains(input) {
                return Err(what);
            }
            let help = "see that no caller of this workflow gives an empty value, then use --include-review";
            self.reviews.push(Review { at, what, help });
        }
        if list == InputList::Joined && self.step.platforms != Platforms::Unsaid {
            let word = match expression::is_in(text) {
                true => self.variables.word(&many, text.trim()),
                false => Word::text(split(text, InputList::Joined).join(",")),
            };
            self.add_one(flag, word);
            return Ok(());
        }
        if matches!(flag, "--cache-from" | "--cache-to")
            && let Some(repositories) = cache_repositories(text)
        {
            let caches = repositories.into_iter();
            let caches = caches.map(|repository| self.variables.word("CACHE", repository));
            let caches = Values::Words(caches.collect());
            self.add(flag, caches);
            return Ok(());
        }
        let values = match list {
            InputList::No => Values::Words(vec![self.variables.word(&one, text.trim())]),
            // Podman takes no empty platform, and of one with a blank in it or of a second line it makes another
            InputList::Joined => array(&mut self.variables, &many, text, list),
            _ => values(&mut self.variables, (&many, &one), text, list)?,
        };
        if let Values::Array(array) = &values {
            self.build.arrays.push(array.clone());
        }
        if flag == "--tag" {
            self.build.names = Some(values);
            return Ok(());
        }
        if flag == "--label" && !expression::is_in(text) && expands(text) {
            return Err(
                "Podman puts variables into labels, and this one has a dollar sign".to_owned(),
            );
        }
        self.add(flag, values);
        Ok(())
    }

    /// Adds a flag for each value.
    fn add(&mut self, flag: &str, values: Values) {
        let name = flag.to_owned();
        let values = Some(values);
        self.build.flags.push(Flag { name, values });
    }

    /// Adds a flag with a value.
    fn add_one(&mut self, flag: &str, value: Word) {
        self.add(flag, Values::Words(vec![value]));
    }

    /// The folder or the address that is built.
    pub(super) fn context(&mut self, text: &str) -> Result<(), String> {
        let text = text.trim();
        let folder = self.folder_of_template(text)?;
        self.fetches |= folder.is_some();
        let context = self.variables.word("CONTEXT", folder.unwrap_or(text));
        self.build.context = Some(context);
        Ok(())
    }

    /// The path of a Dockerfile. In a repository that BuildKit fetches it counts from the folder that is built.
    /// Source: BuildKit's documentation of contexts from Git.
    fn in_context(&self, file: &str) -> String {
        let context = self.step.of(|rule| *rule == InputRule::Context);
        let context = context.map(|(_, text)| expression::template(text));
        match context {
            Some(Template::Folder(folder)) if folder != "." && !file.trim().starts_with('/') => {
                let file = file.trim();
                format!("{folder}/{}", file.strip_prefix("./").unwrap_or(file))
            }
            _ => file.to_owned(),
        }
    }

    /// Named contexts, with folders of the checkout where the action would put the repository's address.
    fn named_contexts(&mut self, text: &str) -> Result<String, String> {
        let mut lines = Vec::new();
        for line in split(text, InputList::Lines) {
            let line = unquoted(line);
            let (name, value) = line.split_once('=').unwrap_or(("", line));
            match self.folder_of_template(value)? {
                None => lines.push(line.to_owned()),
                Some(folder) if !name.is_empty() => {
                    self.fetches = true;
                    lines.push(format!("{name}={folder}"));
                }
                Some(_) => return Err(format!("{line} names no context")),
            }
        }
        Ok(lines.join("\n"))
    }

    /// The folder that an input of the action means by a template.
    fn folder_of_template<'t>(&self, text: &'t str) -> Result<Option<&'t str>, String> {
        match expression::template(text) {
            Template::None if expression::is_in(text) && self.step.templates_elsewhere => Err(
                "it may be filled in with {{defaultContext}}, which only the action knows"
                    .to_owned(),
            ),
            Template::None => Ok(None),
            Template::Folder(folder) => Ok(Some(folder)),
            Template::Other => Err(format!(
                "{text} is a template that only the action fills in"
            )),
        }
    }

    pub(super) fn push_input(&mut self, text: &str) -> Result<(), String> {
        match (is_true(text), expression::whole(text)) {
            (Some(true), _) => self.asked_to_push = true,
            (Some(false), _) => {}
            (None, Some(_)) => self.build.push = Push::InStep(text.trim().to_owned()),
            (None, None) => return Err("whether it pushes is put together from parts".to_owned()),
        }
        Ok(())
    }

    pub(super) fn outputs(&mut self, text: &str) -> Result<(), String> {
        let refuse = || {
            Err(format!(
                "Podman has nothing like the output {}",
                text.trim()
            ))
        };
        for line in split(text, InputList::Lines) {
            let entries = fields(line, InputList::Names)?;
            let line = unquoted(line);
            let fields: IndexMap<&str, &str> = entries
                .iter()
                .filter_map(|field| field.split_once('='))
                .collect();
            if let ([folder], true) = (entries.as_slice(), fields.is_empty()) {
                // a folder alone means type=local
                if folder == "-" || !folder.contains(['/', '.']) {
                    return refuse();
                }
                let word = self
                    .variables
                    .word("OUTPUT", &format!("type=local,dest={folder}"));
                self.add_one("--output", word);
                continue;
            }
            let other = |known: &[&str]| fields.keys().any(|key| !known.contains(key));
            match fields.get("type").copied() {
                Some("registry") if !other(&["type"]) => self.build.push = Push::Yes,
                Some("image") if fields.get("push-by-digest") == Some(&"true") => {
                    let known = [
                        "type",
                        "name",
                        "push",
                        "push-by-digest",
                        "name-canonical",
                        "oci-mediatypes",
                    ];
                    let pushes = fields.get("push") == Some(&"true");
                    let name = fields.get("name").map(|name| (*name).to_owned());
                    let several = name.as_ref().is_some_and(|name| name.contains(','));
                    if other(&known) || several || !pushes && fields.contains_key("push") {
                        return refuse();
                    }
                    self.by_digest.push(ByDigest { name, pushes });
                }
                Some("image") if !other(&["type", "push"]) => {
                    if fields.get("push") == Some(&"true") {
                        self.build.push = Push::Yes;
                    }
                }
                Some("docker") if !other(&["type"]) => {}
                Some("docker") if !other(&["type", "dest"]) => {
                    let Some(file) = fields.get("dest") else {
                        return refuse();
                    };
                    self.build.archive = Some(self.variables.word("ARCHIVE", file));
                }
                Some("local" | "tar") if !other(&["type", "dest"]) => {
                    let word = self.variables.word("OUTPUT", line);
                    self.add_one("--output", word);
                }
                _ => return refuse(),
            }
        }
        Ok(())
    }

    pub(super) fn secret_values(&mut self, text: &str) -> Result<(), String> {
        for line in split(text, InputList::Lines) {
            let (key, value) = key_value(line)?;
            let letters = |letter: char| match letter.is_ascii_alphanumeric() {
                true => letter.to_ascii_uppercase(),
                false => '_',
            };
            let name = format!("SECRET_{}", key.chars().map(letters).collect::<String>());
            let variable = self.variables.hold(&name, value);
            self.add_one("--secret", Word::text(format!("id={key},env={variable}")));
        }
        Ok(())
    }

    /// Secrets from variables (`env`) or files (`src`).
    pub(super) fn secrets(&mut self, text: &str, from: &str) -> Result<(), String> {
        for line in split(text, InputList::Lines) {
            let (key, value) = key_value(line)?;
            if expression::is_in(value) {
                return Err("an expression names where the secret is".to_owned());
            }
            self.add_one("--secret", Word::text(format!("id={key},{from}={value}")));
        }
        Ok(())
    }
}

/// The repositories of caches in a registry whose names have expressions: Podman's caches have no tags and no modes.
fn cache_repositories(text: &str) -> Option<Vec<&str>> {
    let repository = |line| {
        let mut fields = split(line, InputList::Joined).into_iter();
        let is_registry = fields.next() == Some("type=registry");
        let image = fields.find_map(|field| field.strip_prefix("ref="));
        image
            .filter(|_| is_registry && !line.contains('"'))
            .map(ImageName::without_tag)
    };
    let lines = split(text, InputList::Lines).into_iter();
    expression::is_in(text).then(|| lines.map(repository).collect())?
}

/// Whether Podman would take a part of a label for a variable.
/// Source: ran on Podman 5.4.2; neither a backslash nor quotes keep it from that.
fn expands(text: &str) -> bool {
    text.split('$').skip(1).any(|rest| {
        rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || matches!(letter, '_' | '{'))
    })
}

fn key_value(line: &str) -> Result<(&str, &str), String> {
    let pair = unquoted(line).split_once('=');
    let pair = pair.map(|(key, value)| (key.trim(), value.trim()));
    pair.filter(|(key, value)| {
        !value.is_empty()
            && !key.is_empty()
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    })
    .ok_or_else(|| "a secret is not written as KEY=VALUE on one line".to_owned())
}
