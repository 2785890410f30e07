//! A build, said by buildah-build, and its push, said by push-to-registry.

use crate::pipeline::NodeRef;
use crate::providers::github::expression::{self, Template};
use crate::rules::{OutputRule, RedhatInput};
use crate::yaml::{Change, New};

use super::names::Names;
use super::{Refusal, Step, entry_index};

/// What the inputs of a build come to.
#[derive(Default)]
struct BuildInputs {
    context: Option<String>,
    /// The folder behind `{{defaultContext}}:`, from which the Dockerfile's path counts.
    folder: Option<String>,
    file: Option<String>,
    tags: Option<(NodeRef, String)>,
    pushes: Pushes,
    /// Whether there may be more platforms than one.
    several: bool,
    /// Lines of extra-args.
    options: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pushes {
    #[default]
    No,
    Yes,
    Maybe,
}

impl Step<'_> {
    pub(super) fn build(&mut self, push: &str) -> Result<(), Refusal> {
        let action = self.action;
        let mut given = BuildInputs::default();
        for (name, node) in &action.inputs {
            let text = self.text(*node)?.to_owned();
            if text.trim().is_empty() {
                self.remove(name);
                continue;
            }
            self.input(name, *node, &text, &mut given)?;
        }
        let Some((tags, named)) = given.tags else {
            return Err((action.uses.value, "it gives the image no name".to_owned()));
        };
        let context = given.context.as_deref().unwrap_or(".");
        let file = match (given.file, given.folder) {
            (Some(file), Some(folder)) => format!("{folder}/{file}"),
            (Some(file), None) => file,
            (None, _) => format!("{}/Dockerfile", context.trim_end_matches('/')),
        };
        let at = match (
            entry_index(self.pass.view, self.with, "file"),
            entry_index(self.pass.view, self.with, "context"),
        ) {
            (Some(file), _) => file,
            (None, Some(context)) => context + 1,
            (None, None) => 0,
        };
        self.insert(at, "containerfiles", New::Scalar(file));
        let condition = self.condition(given.pushes)?;
        let names = self.names(tags, &named, condition.is_some())?;
        let at = self.input_index("tags");
        if let Some(image) = &names.image {
            self.insert(at, "image", New::Scalar(image.clone()));
        }
        self.replace(tags, &names.tags);
        let end = self.length();
        let rule = self.rule;
        for (name, value) in rule.always() {
            let value = match value {
                "false" => New::Plain("false"),
                value => New::Scalar(value.to_owned()),
            };
            self.insert(end, name, value);
        }
        if !given.options.is_empty() {
            let options = given.options.join("\n");
            let value = match given.options.len() {
                1 => New::Scalar(options),
                _ => New::Block(format!("{options}\n")),
            };
            self.insert(end, "extra-args", value);
        }
        let id = self.id(given.several, condition.as_ref())?;
        if let Some(condition) = condition {
            self.step_change.then = Some(push_step(push, id, condition, names));
        }
        Ok(())
    }

    fn input(
        &mut self,
        name: &str,
        node: NodeRef,
        text: &str,
        given: &mut BuildInputs,
    ) -> Result<(), Refusal> {
        let trimmed = text.trim();
        let unsaid = |why: &str| Err((node, why.to_owned()));
        let rule = self.rule;
        match rule.input(name) {
            Some(RedhatInput::Same) => {}
            Some(RedhatInput::Tags) => given.tags = Some((node, text.to_owned())),
            Some(RedhatInput::Context) => match expression::template(trimmed) {
                Template::Folder(".") => self.remove(name),
                Template::Folder(folder) => {
                    self.replace(node, folder);
                    given.context = Some(folder.to_owned());
                    given.folder = Some(folder.to_owned());
                }
                Template::None if is_in_workspace(trimmed) => {
                    given.context = Some(trimmed.to_owned());
                }
                Template::None | Template::Other => {
                    return unsaid(
                        "buildah-build builds folders of the checkout only, and this may be another one",
                    );
                }
            },
            Some(RedhatInput::File) if is_in_workspace(trimmed) => {
                self.remove(name);
                given.file = Some(trimmed.to_owned());
            }
            Some(RedhatInput::File) => {
                return unsaid(
                    "buildah-build takes files of the checkout only, and this may be another one",
                );
            }
            Some(RedhatInput::Push) => {
                self.remove(name);
                given.pushes = match trimmed {
                    "true" | "True" | "TRUE" => Pushes::Yes,
                    _ if expression::is_in(trimmed) => Pushes::Maybe,
                    _ => Pushes::No,
                };
            }
            Some(RedhatInput::Platforms) => {
                let of_matrix =
                    expression::whole(trimmed).is_some_and(|inner| inner.starts_with("matrix."));
                if of_matrix {
                    given.several = true;
                } else if expression::is_in(trimmed) {
                    return unsaid("an expression names the platforms, and it may come out empty");
                } else {
                    let all: Vec<&str> = trimmed
                        .split([',', '\n'])
                        .map(str::trim)
                        .filter(|one| !one.is_empty())
                        .collect();
                    given.several = all.len() > 1;
                    let joined = all.join(",");
                    if joined != trimmed {
                        self.replace(node, &joined);
                    }
                }
            }
            Some(RedhatInput::Lines) => {
                let mut lines = trimmed.lines().map(str::trim);
                if lines.any(|line| line.is_empty() || line.starts_with('"')) {
                    return unsaid("buildah-build takes no quotes and no empty lines in a list");
                }
                if name.eq_ignore_ascii_case("labels") && trimmed.replace("${{", "").contains('$') {
                    return unsaid(
                        "Buildah puts variables into labels, and this one has a dollar sign",
                    );
                }
            }
            Some(RedhatInput::Option { flag, only }) => {
                let plain = !trimmed.contains(char::is_whitespace) && !expression::is_in(trimmed);
                if !plain || !only.is_empty() && !only.iter().any(|value| value == trimmed) {
                    return Err((
                        node,
                        format!("extra-args of buildah-build cannot hold this {name}"),
                    ));
                }
                given.options.push(format!("{flag}={trimmed}"));
                self.remove(name);
            }
            Some(RedhatInput::Switch { flag }) => {
                match trimmed {
                    "true" | "True" | "TRUE" => given.options.push(flag.clone()),
                    _ if expression::is_in(trimmed) => {
                        return Err((
                            node,
                            format!("an expression decides whether {flag} is given"),
                        ));
                    }
                    _ => {}
                }
                self.remove(name);
            }
            Some(RedhatInput::Drop { .. }) => self.drop(name, node, text)?,
            _ => return Err(self.unknown(name, node)),
        }
        Ok(())
    }

    /// Whether a step that pushes follows, and under which condition; an empty one is none.
    fn condition(&self, pushes: Pushes) -> Result<Option<String>, Refusal> {
        let documents = self.pass.view.context.documents;
        let value = |key: &str| {
            let node = documents.value(self.action.mapping, key)?;
            documents.text(node)
        };
        let uses = self.action.uses.value;
        if pushes == Pushes::No {
            return Ok(None);
        }
        if value("continue-on-error").is_some_and(|value| value.trim() != "false") {
            return Err((
                uses,
                "the push would run when the build has failed".to_owned(),
            ));
        }
        if pushes == Pushes::Maybe {
            let then = self
                .action
                .commands
                .as_ref()
                .and_then(|commands| commands.then.as_ref());
            return match then {
                Some((condition, _)) => Ok(Some(condition.clone())),
                None => Err((
                    uses,
                    "what decides whether it pushes cannot be the condition of a step".to_owned(),
                )),
            };
        }
        let own = value("if").unwrap_or_default();
        if expression::asks_status(own) {
            return Err((
                uses,
                "the push would run when the build has failed".to_owned(),
            ));
        }
        Ok(Some(own.to_owned()))
    }

    /// The id that the push gets, because its digest is read.
    fn id(&mut self, several: bool, condition: Option<&String>) -> Result<Option<String>, Refusal> {
        let view = self.pass.view;
        let documents = view.context.documents;
        let action = self.action;
        let Some((read, at)) = action.read.first() else {
            return Ok(None);
        };
        let rule = view.context.rules.action(&action.name);
        let digests = action
            .read
            .iter()
            .all(|(name, _)| rule.and_then(|rule| rule.output(name)) == Some(OutputRule::Digest));
        let conditional = self.is_conditional(condition);
        if !digests || several || conditional {
            return Err((
                *at,
                format!("its output {read} is read, and these actions may give another"),
            ));
        }
        let id = documents.value(action.mapping, "id");
        let id = id.and_then(|id| documents.text(id));
        let Some(id) = id.map(str::to_owned) else {
            return Ok(None);
        };
        let text = documents.file(action.mapping.file).source.text();
        let forms = [
            format!("steps.{id}.outcome"),
            format!("steps.{id}.conclusion"),
            format!("steps['{id}']"),
        ];
        if forms.iter().any(|form| text.contains(form.as_str())) {
            return Err((
                *at,
                "its result is read, and it becomes two steps".to_owned(),
            ));
        }
        let index = entry_index(view, action.mapping, "id").unwrap_or(0);
        let change = Change::RemoveEntry {
            mapping: action.mapping.node,
            index,
        };
        self.step_change.changes.push((action.mapping, change));
        Ok(Some(id))
    }

    /// Whether the push does not follow the build always.
    fn is_conditional(&self, condition: Option<&String>) -> bool {
        let documents = self.pass.view.context.documents;
        let own = documents.value(self.action.mapping, "if");
        let own = own.and_then(|own| self.text(own).ok()).unwrap_or_default();
        condition.is_none_or(|condition| condition != own)
    }
}

fn push_step(uses: &str, id: Option<String>, condition: String, names: Names) -> New {
    let mut step = vec![("name".to_owned(), New::Scalar("Push".to_owned()))];
    step.extend(id.map(|id| ("id".to_owned(), New::Scalar(id))));
    if !condition.is_empty() {
        step.push(("if".to_owned(), New::Scalar(condition)));
    }
    step.push(("uses".to_owned(), New::Scalar(uses.to_owned())));
    let inputs = [
        ("image", names.image),
        ("tags", Some(names.tags)),
        ("registry", names.registry),
    ];
    let inputs = inputs
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), New::Scalar(value?))));
    step.push(("with".to_owned(), New::Mapping(inputs.collect())));
    New::Mapping(step)
}

/// A path that lies in the checkout for sure: not one that an expression begins.
fn is_in_workspace(path: &str) -> bool {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| path.starts_with(prefix));
    !begins(&["/", "~", "$", "..", "http:", "https:", "git@"])
        && !path.contains("://")
        && !path.contains('#')
}
