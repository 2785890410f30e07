//! A build step written out: `docker buildx build` with its flags, the pushes of its names, and the outputs that are read.

mod inputs;
mod script;

pub(crate) use script::WIDTH;

use crate::pipeline::Review;
use crate::rules::InputRule;

use super::inputs::{Values, Variables, is_true};
use super::step::{Commands, Refusal, Step};

/// Whether a build pushes.
enum Push {
    No,
    Yes,
    If(String),
}

/// A repository that an image is pushed to by its digest alone.
struct ByDigest {
    /// Its name; without one, that of the tag.
    name: Option<String>,
    /// Whether the output itself says that it pushes.
    pushes: bool,
}

/// A build as it is put together.
struct Build<'a> {
    step: &'a Step<'a>,
    variables: Variables,
    /// Lines that fill arrays, each with the array.
    arrays: Vec<(String, String)>,
    words: Vec<String>,
    names: Option<Values>,
    /// The folder or the address that is built, as a word; none if no input names it.
    context: Option<String>,
    /// Whether the repository at the commit of the run is part of what is built.
    fetches: bool,
    push: Push,
    /// Whether the input that says so asks for a push.
    asked_to_push: bool,
    by_digest: Vec<ByDigest>,
    /// An archive that the image is written to.
    archive: Option<String>,
    losses: Vec<(&'static str, String)>,
    reviews: Vec<Review>,
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
        context: None,
        fetches: false,
        push: Push::No,
        asked_to_push: false,
        by_digest: Vec::new(),
        archive: None,
        losses: Vec::new(),
        reviews: Vec::new(),
    };
    let mut refusals = Vec::new();
    for (name, (at, text)) in &step.inputs {
        if text.trim().is_empty() {
            continue;
        }
        let Some(rule) = step.rule.input(name) else {
            continue;
        };
        let result = match rule {
            InputRule::Context => build.context(text),
            InputRule::Flag { flag, list } => build.flag((name, *at), flag, *list, text),
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
    if let Err(why) = build.pushes_of_outputs() {
        refusals.push((step.uses, why.to_owned()));
    }
    match refusals.is_empty() {
        true => build.finish(),
        false => Err(refusals),
    }
}

/// All elements of an array, each behind a flag.
fn all_of(array: &str, flag: &str) -> String {
    format!("\"${{{array}[@]/#/{flag}=}}\"")
}
