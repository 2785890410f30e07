//! Actions written out: the docker commands that an action runs, which then move like any other.

use crate::rules::{ActionHandling, InputList, InputRule};

use super::build::build;
use super::expression;
use super::inputs::{Variables, quoted, split};
use super::settings;
use super::step::{Commands, Refusal, Step};

/// The docker commands that a step runs.
pub(super) fn expand(step: &Step<'_>) -> Result<Commands, Vec<Refusal>> {
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
        _ => Ok(Commands::default()),
    }
}

fn login(step: &Step<'_>) -> Result<Commands, Vec<Refusal>> {
    let mut variables = Variables {
        taken: step.variables.clone(),
        ..Variables::default()
    };
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
    let mut words = vec![
        "docker login --username".to_owned(),
        username,
        "--password-stdin".to_owned(),
    ];
    if let Some((_, registry)) = step.of(|rule| matches!(rule, InputRule::Registry { .. })) {
        let word = variables.word("REGISTRY", registry.trim());
        let given = expression::variable(registry)
            .and_then(|name| step.variables.get(name))
            .is_some_and(|value| !value.is_empty() && !expression::is_in(value));
        // an input that comes out empty is one that is not given
        words.push(
            match word
                .strip_suffix('"')
                .and_then(|word| word.strip_prefix("\"$"))
            {
                Some(name) if !given => format!("\"${{{name}:-docker.io}}\""),
                _ => word,
            },
        );
    }
    words.push(format!("<<< \"${password}\""));
    Ok(Commands {
        script: vec![words.join(" ")],
        variables: variables.new,
        ..Commands::default()
    })
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

/// Handlers for other architectures are the kernel's, so root installs them.
fn emulators(step: &Step<'_>) -> Commands {
    let mut variables = Variables {
        taken: step.variables.clone(),
        ..Variables::default()
    };
    let image = match step.of(|rule| *rule == InputRule::Image) {
        Some((_, image)) if expression::is_in(image) => variables.word("IMAGE", image.trim()),
        Some((_, image)) => {
            let image = image.trim();
            let short = crate::image_name::ImageName::parse(image).is_short();
            quoted(&match short {
                true => crate::image_name::ImageName::on_docker_hub(image),
                false => image.to_owned(),
            })
        }
        None => "docker.io/tonistiigi/binfmt".to_owned(),
    };
    let platforms = match step.of(|rule| *rule == InputRule::Platforms) {
        Some((_, text)) if expression::is_in(text) => variables.word("PLATFORMS", text.trim()),
        Some((_, text)) => quoted(&split(text, InputList::Names).join(",")),
        None => "all".to_owned(),
    };
    Commands {
        script: vec![format!(
            "sudo podman run --rm --privileged {image} --install {platforms}"
        )],
        variables: variables.new,
        ..Commands::default()
    }
}
