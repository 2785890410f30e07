//! A build step written out: `docker buildx build` with its flags, the pushes of its names, and the outputs that are read.

use crate::collections::IndexMap;
use crate::rules::{InputList, InputRule, OutputRule};

use super::expression;
use super::inputs::{Values, Variables, is_true, quoted, split, unquoted, values};
use super::step::{Commands, Refusal, Step};
use crate::image_name::is_on_this_machine;

/// Whether a build pushes.
enum Push {
    No,
    Yes,
    If(String),
}

/// A build as it is put together.
struct Build<'a> {
    step: &'a Step<'a>,
    variables: Variables,
    /// Lines that fill arrays, each with the array.
    arrays: Vec<(String, String)>,
    words: Vec<String>,
    names: Option<Values>,
    /// Whether the platforms may be more than one.
    several: bool,
    push: Push,
    /// An archive that the image is written to.
    archive: Option<String>,
    losses: Vec<String>,
}

pub(super) fn build(step: &Step<'_>) -> Result<Commands, Vec<Refusal>> {
    let mut build = Build {
        step,
        variables: Variables {
            taken: step.variables.clone(),
            ..Variables::default()
        },
        arrays: Vec::new(),
        words: Vec::new(),
        names: None,
        several: false,
        push: Push::No,
        archive: None,
        losses: Vec::new(),
    };
    let mut context = None;
    let mut refusals = Vec::new();
    for (name, (at, text)) in &step.inputs {
        if text.trim().is_empty() {
            continue;
        }
        let Some(rule) = step.rule.input(name) else {
            continue;
        };
        let result = match rule {
            InputRule::Context => {
                context = Some(text.trim().to_owned());
                Ok(())
            }
            InputRule::Flag { flag, list } => build.flag(name, flag, *list, text),
            InputRule::Switch { flag } => match is_true(text) {
                Some(true) => {
                    build.words.push(flag.clone());
                    Ok(())
                }
                Some(false) => Ok(()),
                None => Err(format!("an expression decides whether {flag} is given")),
            },
            InputRule::Push => build.push_input(text),
            InputRule::Outputs => build.outputs(text),
            InputRule::SecretValues => build.secret_values(text),
            InputRule::SecretVariables => build.secrets(text, "env"),
            InputRule::SecretFiles => build.secrets(text, "src"),
            _ => Ok(()),
        };
        if let Err(why) = result {
            refusals.push((*at, why));
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let (context, fetches) = match context {
        None => (".".to_owned(), true),
        Some(text) => match text.strip_prefix("{{defaultContext}}") {
            Some("") => (".".to_owned(), true),
            Some(folder) => (quoted(folder.trim_start_matches(':')), true),
            None => (build.variables.word("CONTEXT", &text), false),
        },
    };
    build.finish(context, fetches)
}

impl Build<'_> {
    fn flag(&mut self, name: &str, flag: &str, list: InputList, text: &str) -> Result<(), String> {
        let many = name.to_ascii_uppercase().replace('-', "_");
        let one = match flag {
            "--tag" => "IMAGE".to_owned(),
            "--file" => "DOCKERFILE".to_owned(),
            _ => many.strip_suffix('S').unwrap_or(&many).to_owned(),
        };
        let no_empty = matches!(
            flag,
            "--platform" | "--shm-size" | "--cache-from" | "--cache-to"
        );
        if no_empty && expression::whole(text).is_some_and(|inner| inner.starts_with("inputs.")) {
            return Err(format!(
                "{name} may be empty, and Podman takes no empty {flag}"
            ));
        }
        if list == InputList::Joined {
            let word = match expression::is_in(text) {
                true if text.trim().contains('\n') => {
                    return Err(format!("the list {name} is made of several expressions"));
                }
                true => self.variables.word(&many, text.trim()),
                false => quoted(&split(text, InputList::Joined).join(",")),
            };
            if flag == "--platform" {
                // `linux/${{ matrix.arch }}` is one
                let text = text.trim();
                self.several = text.contains([',', '\n']) || text.starts_with("${{");
            }
            self.words.extend([flag.to_owned(), word]);
            return Ok(());
        }
        let values = match list {
            InputList::No => Values::Words(vec![self.variables.word(&one, text.trim())]),
            _ => values(&mut self.variables, (&many, &one), text, list)?,
        };
        if let Values::Array { name, line } = &values {
            self.arrays.push((name.clone(), line.clone()));
        }
        if flag == "--tag" {
            self.names = Some(values);
            return Ok(());
        }
        if flag == "--label" && !expression::is_in(text) && expands(text) {
            return Err(
                "Podman puts variables into labels, and this one has a dollar sign".to_owned(),
            );
        }
        match values {
            Values::Words(words) => {
                for word in words {
                    self.words.extend([flag.to_owned(), word]);
                }
            }
            Values::Array { name, .. } => self.words.push(all_of(&name, flag)),
        }
        Ok(())
    }

    fn push_input(&mut self, text: &str) -> Result<(), String> {
        match (is_true(text), expression::whole(text)) {
            (Some(true), _) => self.push = Push::Yes,
            (Some(false), _) => {}
            (None, Some(_)) => self.push = Push::If(text.trim().to_owned()),
            (None, None) => return Err("whether it pushes is put together from parts".to_owned()),
        }
        Ok(())
    }

    fn outputs(&mut self, text: &str) -> Result<(), String> {
        let refuse = || {
            Err(format!(
                "Podman has nothing like the output {}",
                text.trim()
            ))
        };
        for line in split(text, InputList::Lines) {
            let line = unquoted(line);
            let fields: IndexMap<&str, &str> = line
                .split(',')
                .filter_map(|field| field.split_once('='))
                .collect();
            let other = |known: &[&str]| fields.keys().any(|key| !known.contains(key));
            match fields.get("type").copied() {
                Some("registry") if !other(&["type"]) => self.push = Push::Yes,
                Some("image") if !other(&["type", "push"]) => {
                    if fields.get("push") == Some(&"true") {
                        self.push = Push::Yes;
                    }
                }
                Some("docker") if !other(&["type"]) => {}
                Some("docker") if !other(&["type", "dest"]) => {
                    let Some(file) = fields.get("dest") else {
                        return refuse();
                    };
                    self.archive = Some(self.variables.word("ARCHIVE", file));
                }
                Some("local" | "tar") if !other(&["type", "dest"]) => {
                    let word = self.variables.word("OUTPUT", line);
                    self.words.extend(["--output".to_owned(), word]);
                }
                _ => return refuse(),
            }
        }
        Ok(())
    }

    fn secret_values(&mut self, text: &str) -> Result<(), String> {
        for line in split(text, InputList::Lines) {
            let (key, value) = key_value(line)?;
            let letters = |letter: char| match letter.is_ascii_alphanumeric() {
                true => letter.to_ascii_uppercase(),
                false => '_',
            };
            let name = format!("SECRET_{}", key.chars().map(letters).collect::<String>());
            let variable = self.variables.hold(&name, value);
            let word = quoted(&format!("id={key},env={variable}"));
            self.words.extend(["--secret".to_owned(), word]);
        }
        Ok(())
    }

    /// Secrets from variables (`env`) or files (`src`).
    fn secrets(&mut self, text: &str, from: &str) -> Result<(), String> {
        for line in split(text, InputList::Lines) {
            let (key, value) = key_value(line)?;
            if expression::is_in(value) {
                return Err("an expression names where the secret is".to_owned());
            }
            let word = quoted(&format!("id={key},{from}={value}"));
            self.words.extend(["--secret".to_owned(), word]);
        }
        Ok(())
    }

    /// The first name of the image, as a word.
    fn first_name(&self) -> Option<String> {
        match self.names.as_ref()? {
            Values::Words(words) => words.first().cloned(),
            Values::Array { name, .. } => Some(format!("\"${{{name}[0]}}\"")),
        }
    }

    fn finish(mut self, context: String, fetches: bool) -> Result<Commands, Vec<Refusal>> {
        let refuse = |why: &str| Err(vec![(self.step.uses, why.to_owned())]);
        let pushes = !matches!(self.push, Push::No);
        let first = self.first_name();
        if pushes && first.is_none() {
            return refuse("it pushes, and the names that it pushes to are not given as tags");
        }
        let several = self.several;
        let digest = self.step.reads(OutputRule::Digest);
        if digest && !pushes {
            return refuse(
                "its digest is read, and without a push Podman has no digest that a registry would know",
            );
        }
        let by_itself = several
            && matches!(self.push, Push::Yes)
            && !digest
            && matches!(self.names, Some(Values::Words(_)));
        let mut words = vec!["docker buildx build".to_owned()];
        match &self.names {
            Some(Values::Words(names)) if !several || by_itself => {
                for name in names {
                    words.extend(["--tag".to_owned(), name.clone()]);
                }
            }
            Some(Values::Array { name, .. }) if !several => words.push(all_of(name, "--tag")),
            Some(_) => words.extend(["--tag".to_owned(), first.clone().unwrap_or_default()]),
            None => {}
        }
        words.append(&mut self.words);
        if by_itself {
            words.push("--push".to_owned());
        }
        let image_id = self.step.reads(OutputRule::ImageId);
        if image_id {
            words.extend([
                "--iidfile".to_owned(),
                "\"$RUNNER_TEMP/image-id\"".to_owned(),
            ]);
        }
        words.push(context);
        let mut script: Vec<String> = self.arrays.iter().map(|(_, line)| line.clone()).collect();
        script.push(wrapped(&words));
        if image_id {
            script.push(
                "echo \"imageid=$(cat \"$RUNNER_TEMP/image-id\")\" >> \"$GITHUB_OUTPUT\""
                    .to_owned(),
            );
        }
        if let Some(archive) = &self.archive {
            let Some(first) = first.clone().filter(|_| !several) else {
                return refuse("it writes an archive of an image without a name, or of several");
            };
            script.push(format!("docker save --output {archive} {first}"));
        }
        let mut commands = Commands {
            fetches,
            ..Commands::default()
        };
        if pushes && !by_itself {
            let pushed = self.pushes(several, digest, &first.unwrap_or_default());
            match &self.push {
                Push::If(condition) => {
                    self.conditional(condition.clone(), pushed, &mut script, &mut commands)
                }
                _ => script.extend(pushed),
            }
        }
        if pushes && !self.words_have("--provenance") {
            self.losses.push(
                "the action adds a provenance attestation to what it pushes, and Podman does not"
                    .to_owned(),
            );
        }
        commands.script = script;
        commands.variables = self.variables.new;
        commands.losses = self.losses;
        Ok(commands)
    }

    fn words_have(&self, flag: &str) -> bool {
        self.step.inputs.keys().any(|name| {
            matches!(self.step.rule.input(name), Some(InputRule::Flag { flag: known, .. }) if known == flag)
        })
    }

    /// The pushes of all names.
    fn pushes(&self, several: bool, digest: bool, first: &str) -> Vec<String> {
        let file = match digest {
            true => " --digestfile \"$RUNNER_TEMP/digest\"",
            false => "",
        };
        // the digest is Podman's to write: docker push has no file for it
        let insecure = |name: &str| match is_on_this_machine(name) {
            true => " --tls-verify=false",
            false => "",
        };
        let command = |name: &str| match (several, digest) {
            (true, _) => format!(
                "podman manifest push --all{}{file} {first} {}",
                insecure(name),
                transport(name)
            ),
            (false, true) => format!("podman push{}{file} {name}", insecure(name)),
            (false, false) => format!("docker push {name}"),
        };
        let mut lines = Vec::new();
        match &self.names {
            Some(Values::Words(names)) => lines.extend(names.iter().map(|name| command(name))),
            Some(Values::Array { name, .. }) => {
                let push = command("\"$name\"");
                lines.push(format!(
                    "for name in \"${{{name}[@]}}\"; do\n  {push}\ndone"
                ));
            }
            None => {}
        }
        if digest {
            lines.push(
                "echo \"digest=$(cat \"$RUNNER_TEMP/digest\")\" >> \"$GITHUB_OUTPUT\"".to_owned(),
            );
        }
        lines
    }

    /// Pushes that an expression decides: in a step of their own, where its condition means the same, else in the script.
    fn conditional(
        &mut self,
        condition: String,
        pushed: Vec<String>,
        script: &mut Vec<String>,
        commands: &mut Commands,
    ) {
        let step = self.step;
        let own = step.condition.as_deref().map(str::trim);
        let inner = expression::whole(&condition).unwrap_or_default().to_owned();
        let apart = expression::is_boolean(&inner)
            && step.read.is_empty()
            && !step.may_fail
            && !own.is_some_and(expression::asks_status)
            && !expression::asks_status(&inner);
        if !apart {
            let variable = self.variables.hold("PUSH", &condition);
            let lines: Vec<String> = pushed
                .iter()
                .flat_map(|text| text.lines())
                .map(|line| format!("  {line}"))
                .collect();
            script.push(format!(
                "if [ \"${{{variable},,}}\" = true ]; then\n{}\nfi",
                lines.join("\n")
            ));
            return;
        }
        let both = match own {
            None => condition,
            Some(own) => {
                let own = expression::whole(own).unwrap_or(own);
                format!("${{{{ ({own}) && ({inner}) }}}}")
            }
        };
        let mut lines: Vec<String> = Vec::new();
        for (array, line) in &self.arrays {
            if pushed
                .iter()
                .any(|text| text.contains(&format!("${{{array}[")))
            {
                lines.push(line.clone());
            }
        }
        lines.extend(pushed);
        commands.then = Some((both, lines));
    }
}

/// Whether Podman would take a part of a label for a variable.
/// Source: ran on Podman 5.4.2; neither a backslash nor quotes keep it from that.
fn expands(text: &str) -> bool {
    text.split('$').skip(1).any(|rest| {
        rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || matches!(letter, '_' | '{'))
    })
}

/// All elements of an array, each behind a flag.
fn all_of(array: &str, flag: &str) -> String {
    format!("\"${{{array}[@]/#/{flag}=}}\"")
}

/// A name behind `docker://`, inside its own quotes.
fn transport(name: &str) -> String {
    match name.strip_prefix('"') {
        Some(rest) => format!("\"docker://{rest}"),
        None => format!("docker://{name}"),
    }
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

/// How long a command may be before it is written over several lines.
const WIDTH: usize = 90;

/// A command on one line, or with one flag a line.
fn wrapped(words: &[String]) -> String {
    let line = words.join(" ");
    if line.len() <= WIDTH {
        return line;
    }
    let mut text = String::new();
    let mut after_flag = true;
    for (index, word) in words.iter().enumerate() {
        let is_flag = word.starts_with("--");
        if index > 0 {
            text.push_str(if after_flag { " " } else { " \\\n  " });
        }
        text.push_str(word);
        after_flag = is_flag
            && words
                .get(index + 1)
                .is_some_and(|next| !next.starts_with("--"))
            && takes_value(word);
    }
    text
}

/// Whether the flag's value is the next word: switches stand alone.
fn takes_value(flag: &str) -> bool {
    !matches!(flag, "--no-cache" | "--pull" | "--push") && !flag.contains('=')
}
