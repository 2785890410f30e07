//! What the inputs of an action mean, as an operation.

use crate::collections::IndexMap;
use crate::image_name::ImageName;
use crate::ops::{Emulators, Login, Operation, Word};
use crate::rules::{ActionHandling, InputList, InputRule};

use super::build::build;
use super::expression;
use super::inputs::{Variables, split};
use super::settings;
use super::step::{Meaning, Refusal, Step};

/// What a step does.
pub(super) fn operation(step: &Step<'_>) -> Result<Meaning, Vec<Refusal>> {
    let mut refusals = Vec::new();
    for (name, (at, text)) in &step.inputs {
        match step.rule.input(name) {
            None => refusals.push((*at, format!("the input {name} is not known here"))),
            Some(InputRule::Gap { why, .. }) if !text.trim().is_empty() => {
                refusals.push((*at, format!("the input {name} has no counterpart: {why}")));
            }
            Some(InputRule::Settings { format, why, idle }) if !text.trim().is_empty() => {
                let names = settings::names(text, *format);
                let other = |names: Vec<String>| {
                    let mut names = names.into_iter();
                    names.find(|name| idle.get(name).is_none())
                };
                let message = match names.map(other) {
                    Some(None) => continue,
                    Some(Some(setting)) => {
                        format!("{setting} in the input {name} has no counterpart: {why}")
                    }
                    None => format!("the input {name} has no counterpart: {why}"),
                };
                refusals.push((*at, message));
            }
            Some(InputRule::Drop { except, why }) if except.iter().any(|it| it == text.trim()) => {
                refusals.push((*at, format!("{name}: {text} has no counterpart: {why}")));
            }
            _ => {}
        }
    }
    for (name, at) in &step.read {
        if step.rule.output(name).is_none() {
            let why = match step.rule.becomes {
                ActionHandling::Nothing => {
                    format!("its output {name} is read, and nothing gives it any more")
                }
                _ => format!("its output {name} is read, and Podman gives nothing like it"),
            };
            refusals.push((*at, why));
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    match step.rule.becomes {
        ActionHandling::Build => build(step),
        ActionHandling::Login => login(step),
        ActionHandling::Emulators => Ok(emulators(step)),
        _ => Ok(Meaning::new(Operation::Nothing, IndexMap::default())),
    }
}

fn login(step: &Step<'_>) -> Result<Meaning, Vec<Refusal>> {
    let mut variables = Variables::of(step);
    let (Some((at, username)), Some((_, password))) = (
        step.of(|rule| *rule == InputRule::Username),
        step.of(|rule| *rule == InputRule::Password),
    ) else {
        let why = "it logs in without a username and a password of its own";
        return Err(vec![(step.uses, why.to_owned())]);
    };
    if takes_keys(step, username) {
        let why = "for this registry it takes the username and the password for keys of AWS (`aws ecr get-login-password | podman login --username AWS --password-stdin REGISTRY` logs in with them)";
        return Err(vec![(at, why.to_owned())]);
    }
    let username = variables.word("REGISTRY_USERNAME", username.trim());
    let password = variables.hold("REGISTRY_PASSWORD", password.trim());
    let named = step.of(|rule| matches!(rule, InputRule::Registry { .. }));
    let registry = named.map(|(_, registry)| {
        let word = variables.word("REGISTRY", registry.trim());
        let has_value = expression::variable(registry)
            .and_then(|name| step.variables.get(name))
            .is_some_and(|value| !value.is_empty() && !expression::is_in(value));
        // an input that comes out empty is one that is not there
        match word.as_variable() {
            Some(name) if !has_value => Word::expansion(format!("${{{name}:-docker.io}}")),
            _ => word,
        }
    });
    let login = Login {
        registry,
        username,
        password,
    };
    Ok(Meaning::new(Operation::Login(login), variables.new))
}

/// Whether the action asks AWS for the password: by the registry, or, where an expression names that, by the user.
fn takes_keys(step: &Step<'_>, username: &str) -> bool {
    if step
        .inputs
        .get("ecr")
        .is_some_and(|(_, text)| text.trim() == "false")
    {
        return false;
    }
    let mut inputs = step.inputs.iter();
    inputs.any(|(name, (_, text))| {
        let Some(InputRule::Registry { by_keys }) = step.rule.input(name) else {
            return false;
        };
        let text = expression::variable(text)
            .and_then(|name| step.variables.get(name))
            .unwrap_or(text);
        by_keys.iter().any(|part| text.contains(part.as_str()))
            || expression::whole(text).is_some() && username.contains("AWS_ACCESS_KEY")
    })
}

fn emulators(step: &Step<'_>) -> Meaning {
    let mut variables = Variables::of(step);
    let image = match step.of(|rule| *rule == InputRule::Image) {
        Some((_, image)) if expression::is_in(image) => variables.word("IMAGE", image.trim()),
        Some((_, image)) if ImageName::parse(image.trim()).is_short() => {
            Word::text(ImageName::on_docker_hub(image.trim()))
        }
        Some((_, image)) => Word::text(image.trim()),
        None => Word::text("docker.io/tonistiigi/binfmt"),
    };
    let platforms = match step.of(|rule| *rule == InputRule::Platforms) {
        Some((_, text)) if expression::is_in(text) => variables.word("PLATFORMS", text.trim()),
        Some((_, text)) => Word::text(split(text, InputList::Names).join(",")),
        None => Word::text("all"),
    };
    let emulators = Operation::Emulators(Emulators { image, platforms });
    Meaning::new(emulators, variables.new)
}
