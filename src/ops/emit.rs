//! Operations as scripts: in docker's words where the tables say what becomes of them, in Podman's where docker has none.

use crate::image_name::insecure;
use crate::shell::Nesting;

use super::script::Writer;
use super::{Array, Build, Emulators, Login, Operation, Push, Script, Values, Word};

/// The file that holds the digest of what was pushed.
const DIGEST: &str = "digest";

/// The file that holds the id of an image.
const IMAGE_ID: &str = "image-id";

impl Operation {
    /// What a step runs to do it.
    pub fn script(&self) -> Script {
        let mut out = Writer::default();
        match self {
            Self::Build(build) => return build.script(),
            Self::Login(login) => login.write(&mut out),
            Self::Emulators(emulators) => emulators.write(&mut out),
            Self::Nothing => {}
        }
        let then = Vec::new();
        Script {
            lines: out.lines,
            then,
        }
    }
}

impl Login {
    fn write(&self, out: &mut Writer) {
        let mut command = words("docker login --username");
        command.push(self.username.clone());
        command.push("--password-stdin".into());
        command.extend(self.registry.clone());
        out.command_reading(&command, &Word::variable(&self.password));
    }
}

impl Emulators {
    /// Handlers for other architectures are the kernel's, so root installs them.
    fn write(&self, out: &mut Writer) {
        let mut command = words("sudo podman run --rm --privileged");
        command.extend([
            self.image.clone(),
            "--install".into(),
            self.platforms.clone(),
        ]);
        out.command(&command);
    }
}

impl Array {
    /// Fills it.
    fn write(&self, out: &mut Writer) {
        let (name, variable) = (self.name(), &self.variable);
        out.plain(&match self.commas {
            true => format!("mapfile -t {name} < <(tr -s ', ' '\\n' <<< \"${variable}\" | grep .)"),
            false => format!("mapfile -t {name} < <(grep . <<< \"${variable}\")"),
        });
    }
}

impl Build {
    fn script(&self) -> Script {
        let (mut out, mut then) = (Writer::default(), Writer::default());
        for array in &self.arrays {
            array.write(&mut out);
        }
        if self.push == Push::Yes {
            self.some_name(&mut out);
        }
        out.command_in_parts(&self.command());
        if self.makes_list && self.is_loaded {
            self.name_list(&mut out);
        }
        if self.gives_id {
            output("imageid", IMAGE_ID, &mut out);
        }
        if self.digest_is_id() {
            output("digest", IMAGE_ID, &mut out);
        }
        self.push_by_digest(&mut out);
        if let (Some(archive), Some(name)) = (&self.archive, self.first_name()) {
            let mut command = words("docker save --output");
            command.extend([archive.clone(), name]);
            out.command(&command);
        }
        match &self.push {
            Push::Yes if !self.pushes_itself() => self.pushes(&mut out),
            Push::Yes | Push::No => {}
            Push::If(variable) => {
                let head = format!("if [ \"${{{variable},,}}\" = true ]; then");
                let pushes = |out: &mut Writer| {
                    self.some_name(out);
                    self.pushes(out);
                };
                out.block(&head, Nesting::If, pushes, "fi");
            }
            Push::InStep(_) => {
                if let Some(Values::Array(array)) = &self.names {
                    array.write(&mut then);
                }
                self.some_name(&mut then);
                self.pushes(&mut then);
            }
        }
        Script {
            lines: out.lines,
            then: then.lines,
        }
    }

    /// The name by which it is known here.
    fn first_name(&self) -> Option<Word> {
        let own = self.names.as_ref().and_then(Values::first);
        own.or_else(|| self.by_digest.first().cloned())
    }

    /// Whether docker's own word for a build with a push says all there is to say.
    fn pushes_itself(&self) -> bool {
        self.makes_list
            && self.push == Push::Yes
            && !self.gives_digest
            && matches!(self.names, Some(Values::Words(_)))
    }

    /// Of an image that is not pushed, Docker's digest is its id.
    fn digest_is_id(&self) -> bool {
        self.gives_digest && self.push == Push::No && self.by_digest.is_empty()
    }

    /// The build alone, a flag with its value in each part.
    fn command(&self) -> Vec<Vec<Word>> {
        let mut parts = vec![words("docker buildx build")];
        match &self.names {
            Some(names) if !self.makes_list || self.pushes_itself() => {
                flag("--tag", names, &mut parts)
            }
            _ => parts.extend(self.first_name().map(|name| vec!["--tag".into(), name])),
        }
        for one in &self.flags {
            match &one.values {
                Some(values) => flag(&one.name, values, &mut parts),
                None => parts.push(vec![one.name.as_str().into()]),
            }
        }
        if self.pushes_itself() {
            parts.push(vec!["--push".into()]);
        }
        if self.gives_id || self.digest_is_id() {
            parts.push(vec!["--iidfile".into(), in_temp("", IMAGE_ID)]);
        }
        parts.push(vec![self.context.clone().unwrap_or_else(|| ".".into())]);
        parts
    }

    /// Gives a list its other names: Podman builds it under one.
    /// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1.
    fn name_list(&self, out: &mut Writer) {
        let Some(first) = self.first_name() else {
            return;
        };
        let name_it = |name: Word, out: &mut Writer| {
            let mut command = words("podman tag");
            command.extend([first.clone(), name]);
            out.command(&command);
        };
        match &self.names {
            Some(Values::Words(names)) => {
                let others = names.iter().skip(1).cloned();
                others.for_each(|name| name_it(name, out));
            }
            Some(Values::Array(array)) => {
                let head = format!("for name in \"${{{}[@]:1}}\"; do", array.name());
                let name_it = |out: &mut Writer| name_it(Word::variable("name"), out);
                out.block(&head, Nesting::For, name_it, "done");
            }
            None => {}
        }
    }

    /// A push of no name is an error of the action's, and a loop over no name is none.
    fn some_name(&self, out: &mut Writer) {
        if let Some(Values::Array(array)) = &self.names
            && array.may_be_empty
        {
            let name = array.name();
            out.plain(&format!(
                ": \"${{{name}[0]:?there is no name to push the image to}}\""
            ));
        }
    }

    /// The pushes of all names.
    fn pushes(&self, out: &mut Writer) {
        match &self.names {
            Some(Values::Words(names)) => names.iter().for_each(|name| self.push(name, out)),
            Some(Values::Array(array)) => {
                let head = format!("for name in \"${{{}[@]}}\"; do", array.name());
                let push = |out: &mut Writer| self.push(&Word::variable("name"), out);
                out.block(&head, Nesting::For, push, "done");
            }
            None => {}
        }
        if self.gives_digest {
            output("digest", DIGEST, out);
        }
    }

    /// The push of one name. The digest is Podman's to write: docker push has no file for it.
    fn push(&self, name: &Word, out: &mut Writer) {
        let mut command = words(match (self.makes_list, self.gives_digest) {
            (true, _) => "podman manifest push --all",
            (false, true) => "podman push",
            (false, false) => "docker push",
        });
        if self.makes_list || self.gives_digest {
            command.extend(words(&insecure(name.as_text().unwrap_or_default(), "")));
        }
        if self.gives_digest {
            command.extend(["--digestfile".into(), in_temp("", DIGEST)]);
        }
        match self.makes_list {
            true => {
                command.extend(self.first_name());
                command.push(Word::text("docker://").and(name.clone()));
            }
            false => command.push(name.clone()),
        }
        out.command(&command);
    }

    /// A push without a tag: the image is written to a folder as it will lie in the registry, so that its digest is known
    /// before it gets there.
    /// Source: ran on Podman 4.3.1 and skopeo 1.9.3 against a registry, in both image formats.
    fn push_by_digest(&self, out: &mut Writer) {
        if self.by_digest.is_empty() {
            return;
        }
        let first = self.first_name();
        let digest_file = ["--digestfile".into(), in_temp("", DIGEST)];
        let image = in_temp("dir:", "image");
        let (mut write, mut copy) = (words("podman push --compress"), words("skopeo copy"));
        if self.makes_list {
            // podman manifest push cannot compress what it writes to a folder
            let mut list = words("podman manifest push --all");
            list.extend(first);
            list.push(in_temp("dir:", "list"));
            out.command(&list);
            write = words("skopeo copy --all --dest-compress");
            write.extend(digest_file);
            write.push(in_temp("dir:", "list"));
            copy.push("--all".into());
        } else {
            write.extend(digest_file);
            write.extend(first);
        }
        write.push(image.clone());
        out.command(&write);
        for name in &self.by_digest {
            let mut command = copy.clone();
            command.extend(words(&insecure(
                name.as_text().unwrap_or_default(),
                "dest-",
            )));
            let digest = Word::expansion(format!("$(cat \"$RUNNER_TEMP/{DIGEST}\")"));
            let to = Word::text("docker://")
                .and(name.clone())
                .and("@")
                .and(digest);
            command.extend([image.clone(), to]);
            out.command(&command);
        }
        if self.gives_digest {
            output("digest", DIGEST, out);
        }
    }
}

/// Words that stand for themselves, with blanks between them.
fn words(text: &str) -> Vec<Word> {
    text.split_whitespace().map(Word::text).collect()
}

/// A flag for each value.
fn flag(name: &str, values: &Values, parts: &mut Vec<Vec<Word>>) {
    match values {
        Values::Words(words) => {
            parts.extend(words.iter().map(|word| vec![name.into(), word.clone()]));
        }
        Values::Array(array) => {
            let all = format!("${{{}[@]/#/{name}=}}", array.name());
            parts.push(vec![Word::expansion(all)]);
        }
    }
}

/// A file or folder in the runner's own place for such.
fn in_temp(transport: &str, name: &str) -> Word {
    let folder = Word::variable("RUNNER_TEMP").and(format!("/{name}").as_str());
    match transport {
        "" => folder,
        transport => Word::text(transport).and(folder),
    }
}

/// Gives what a file holds to those who read an output of the step.
fn output(name: &str, file: &str, out: &mut Writer) {
    out.plain(&format!(
        "echo \"{name}=$(cat \"$RUNNER_TEMP/{file}\")\" >> \"$GITHUB_OUTPUT\""
    ));
}
