//! The commands of a build: the build itself, the pushes of its names, and the outputs that are read.

use crate::image_name::{ImageName, insecure};
use crate::providers::github::expression;
use crate::providers::github::inputs::Values;
use crate::providers::github::step::{Commands, Platforms, Refusal};
use crate::rules::{InputRule, OutputRule};

use super::{Build, ByDigest, Push, all_of};

/// Gives the digest of what was pushed to those who read it.
const DIGEST_OUTPUT: &str = "echo \"digest=$(cat \"$RUNNER_TEMP/digest\")\" >> \"$GITHUB_OUTPUT\"";

impl Build<'_> {
    /// The first name of the image, as a word.
    fn first_name(&self) -> Option<String> {
        match self.names.as_ref()? {
            Values::Words(words) => words.first().cloned(),
            Values::Array { name, .. } => Some(format!("\"${{{name}[0]}}\"")),
        }
    }

    /// Brings together what `push: true` and the outputs say: beside a push by digest, the input means that one.
    pub(super) fn pushes_of_outputs(&mut self) -> Result<(), &'static str> {
        if self.by_digest.is_empty() && self.asked_to_push {
            self.push = Push::Yes;
        }
        let pushes = |output: &ByDigest| output.pushes || self.asked_to_push;
        match self.by_digest.iter().all(pushes) {
            true => Ok(()),
            false => {
                Err("an output is pushed by its digest, and nothing says that it is pushed at all")
            }
        }
    }

    /// A push of no name is an error of the action's, and a loop over no name is none.
    fn some_name(&self) -> Option<String> {
        match self.names.as_ref()? {
            Values::Array {
                name,
                may_be_empty: true,
                ..
            } => Some(format!(
                ": \"${{{name}[0]:?there is no name to push the image to}}\""
            )),
            _ => None,
        }
    }

    pub(super) fn finish(mut self) -> Result<Commands, Vec<Refusal>> {
        let refuse = |why: &str| Err(vec![(self.step.uses, why.to_owned())]);
        let pushes = !matches!(self.push, Push::No);
        let first = self.first_name();
        if pushes && first.is_none() {
            return refuse("it pushes, and the names that it pushes to are not given as tags");
        }
        let several = self.step.makes_list();
        let digest = self.step.reads(OutputRule::Digest);
        let by_digest = match self.by_digest.is_empty() {
            true => None,
            false => match self.digest_push(digest) {
                Ok(lines) => Some(lines),
                Err(why) => return refuse(why),
            },
        };
        let first = first.or_else(|| self.first_name());
        // of an image that is not pushed, Docker's digest is its id
        let local_digest = digest && !pushes && by_digest.is_none();
        if local_digest && !self.step.read_by_docker {
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
        if image_id || local_digest {
            words.extend([
                "--iidfile".to_owned(),
                "\"$RUNNER_TEMP/image-id\"".to_owned(),
            ]);
        }
        let fetches = self.fetches || self.context.is_none();
        words.push(self.context.take().unwrap_or_else(|| ".".to_owned()));
        let mut script: Vec<String> = self.arrays.iter().map(|(_, line)| line.clone()).collect();
        if matches!(self.push, Push::Yes) {
            script.extend(self.some_name());
        }
        script.push(wrapped(&words));
        if image_id {
            script.push(
                "echo \"imageid=$(cat \"$RUNNER_TEMP/image-id\")\" >> \"$GITHUB_OUTPUT\""
                    .to_owned(),
            );
        }
        if local_digest {
            script.push(
                "echo \"digest=$(cat \"$RUNNER_TEMP/image-id\")\" >> \"$GITHUB_OUTPUT\"".to_owned(),
            );
        }
        let pushes_at_all = pushes || by_digest.is_some();
        script.extend(by_digest.into_iter().flatten());
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
                    let condition = condition.clone();
                    let pushed = self.some_name().into_iter().chain(pushed).collect();
                    self.conditional(condition, pushed, &mut script, &mut commands);
                }
                _ => script.extend(pushed),
            }
        }
        if pushes_at_all && !self.words_have("--provenance") {
            self.losses.push((
                "attestation",
                "the action adds a provenance attestation to what it pushes, and Podman does not"
                    .to_owned(),
            ));
        } else if pushes_at_all && self.step.platforms == Platforms::Unsaid {
            self.losses.push((
                "list-of-one",
                "the platforms may be several, so Podman pushes a list; where they come out as one, the action pushes the image alone"
                    .to_owned(),
            ));
        }
        commands.script = script;
        commands.variables = self.variables.new;
        commands.losses = self.losses;
        commands.reviews = self.reviews;
        Ok(commands)
    }

    /// A push without a tag: the image is written to a folder as it will lie in the registry, so that its digest is known
    /// before it gets there.
    /// Source: ran on Podman 4.3.1 and skopeo 1.9.3 against a registry, in both image formats.
    fn digest_push(&mut self, digest_is_read: bool) -> Result<Vec<String>, &'static str> {
        if !self.step.on_machine {
            return Err("a push by digest alone takes skopeo, which the job's image may not have");
        }
        let mut names = Vec::new();
        for output in std::mem::take(&mut self.by_digest) {
            let name = match (output.name, &self.names) {
                (Some(name), _) => self.variables.word("IMAGE", name.trim()),
                (None, Some(Values::Words(names))) if names.len() == 1 => names[0].clone(),
                _ => {
                    return Err(
                        "it pushes by digest, and to which repository is not written in one place",
                    );
                }
            };
            let inner = name.trim_matches('"');
            if inner.contains(['\'', '"', '@']) || ImageName::parse(inner).tag.is_some() {
                return Err("it pushes by digest to a name that is more than a repository");
            }
            names.push(name);
        }
        let Some(first) = names.first() else {
            return Ok(Vec::new());
        };
        if self.names.is_none() {
            self.names = Some(Values::Words(vec![first.clone()]));
        }
        let several = self.step.makes_list();
        let mut lines = match several {
            false => vec![format!(
                "podman push --compress --digestfile \"$RUNNER_TEMP/digest\" {first} \"dir:$RUNNER_TEMP/image\""
            )],
            // podman manifest push cannot compress what it writes to a folder
            true => vec![
                format!("podman manifest push --all {first} \"dir:$RUNNER_TEMP/list\""),
                "skopeo copy --all --dest-compress --digestfile \"$RUNNER_TEMP/digest\" \"dir:$RUNNER_TEMP/list\" \"dir:$RUNNER_TEMP/image\"".to_owned(),
            ],
        };
        let all = if several { " --all" } else { "" };
        for name in &names {
            let insecure = insecure(name, "dest-");
            let inner = name.trim_matches('"');
            lines.push(format!(
                "skopeo copy{all}{insecure} \"dir:$RUNNER_TEMP/image\" \"docker://{inner}@$(cat \"$RUNNER_TEMP/digest\")\""
            ));
        }
        if digest_is_read {
            lines.push(DIGEST_OUTPUT.to_owned());
        }
        Ok(lines)
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
        let command = |name: &str| match (several, digest) {
            (true, _) => format!(
                "podman manifest push --all{}{file} {first} {}",
                insecure(name, ""),
                transport(name)
            ),
            (false, true) => format!("podman push{}{file} {name}", insecure(name, "")),
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
            lines.push(DIGEST_OUTPUT.to_owned());
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
            && expression::may_be_condition(&inner)
            && step.own_variables.is_empty()
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

/// A name behind `docker://`, inside its own quotes.
fn transport(name: &str) -> String {
    match name.strip_prefix('"') {
        Some(rest) => format!("\"docker://{rest}"),
        None => format!("docker://{name}"),
    }
}

/// How long a command may be before it is written over several lines.
pub(crate) const WIDTH: usize = 90;

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
