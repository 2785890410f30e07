//! A build step written out: `docker buildx build` with its flags, the pushes of its names, and the outputs that are read.

mod given;
mod script;

pub(crate) use script::WIDTH;

use crate::pipeline::Review;
use crate::rules::InputRule;

use super::inputs::{Values, Variables, is_true, quoted};
use super::step::{Commands, Refusal, Step};

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
    push: Push,
    /// The repositories that the image is pushed to by its digest alone: by their names, or under the names of the tags.
    by_digest: Vec<Option<String>>,
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
        push: Push::No,
        by_digest: Vec::new(),
        archive: None,
        losses: Vec::new(),
        reviews: Vec::new(),
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

/// All elements of an array, each behind a flag.
fn all_of(array: &str, flag: &str) -> String {
    format!("\"${{{array}[@]/#/{flag}=}}\"")
}
