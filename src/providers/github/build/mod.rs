//! A build step as an operation: the build with its flags, the pushes of its names, and the outputs that are read.

mod inputs;

use crate::image_name::ImageName;
use crate::ops::{self, Operation, Push, Values};
use crate::pipeline::Review;
use crate::rules::{InputRule, OutputRule, ids};

use super::expression;
use super::inputs::{Variables, is_true};
use super::step::{Meaning, Platforms, Refusal, Step};

/// A repository that an image is pushed to by its digest alone.
struct ByDigest {
    /// Its name; without one, that of the tag.
    name: Option<String>,
    /// Whether the output itself says that it pushes.
    pushes: bool,
}

/// A build as its inputs are gone through.
struct Inputs<'a> {
    step: &'a Step<'a>,
    variables: Variables,
    /// What they come to.
    build: ops::Build,
    /// Whether the repository at the commit of the run is part of what is built.
    fetches: bool,
    /// Whether the input that says so asks for a push.
    asked_to_push: bool,
    by_digest: Vec<ByDigest>,
    reviews: Vec<Review>,
}

pub(super) fn build(step: &Step<'_>) -> Result<Meaning, Vec<Refusal>> {
    let mut inputs = Inputs {
        step,
        variables: Variables::of(step),
        build: ops::Build {
            makes_list: step.platforms != Platforms::One,
            gives_digest: step.reads(OutputRule::Digest),
            gives_id: step.reads(OutputRule::ImageId),
            is_loaded: step
                .inputs
                .get("load")
                .is_some_and(|(_, text)| is_true(text) != Some(false)),
            ..ops::Build::default()
        },
        fetches: false,
        asked_to_push: false,
        by_digest: Vec::new(),
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
            InputRule::Context => inputs.context(text),
            InputRule::Flag { flag, list } => inputs.flag((name, *at), flag, *list, text),
            InputRule::Switch { flag } => inputs.switch(flag, text),
            InputRule::Push => inputs.push_input(text),
            InputRule::Outputs => inputs.outputs(text),
            InputRule::SecretValues => inputs.secret_values(text),
            InputRule::SecretVariables => inputs.secrets(text, "env"),
            InputRule::SecretFiles => inputs.secrets(text, "src"),
            _ => Ok(()),
        };
        if let Err(why) = result {
            refusals.push((*at, why));
        }
    }
    let refuse = |why: &str| (step.uses, why.to_owned());
    refusals.extend(inputs.pushes_of_outputs().err().map(refuse));
    if !refusals.is_empty() {
        return Err(refusals);
    }
    inputs.finish().map_err(|why| vec![refuse(why)])
}

impl Inputs<'_> {
    fn switch(&mut self, flag: &str, text: &str) -> Result<(), String> {
        let on = is_true(text)
            .ok_or_else(|| format!("an expression decides whether {flag} is given"))?;
        let name = flag.to_owned();
        let switch = on.then_some(ops::Flag { name, values: None });
        self.build.flags.extend(switch);
        Ok(())
    }

    /// Brings together what `push: true` and the outputs say: beside a push by digest, the input means that one.
    fn pushes_of_outputs(&mut self) -> Result<(), &'static str> {
        if self.by_digest.is_empty() && self.asked_to_push {
            self.build.push = Push::Yes;
        }
        let pushes = |output: &ByDigest| output.pushes || self.asked_to_push;
        match self.by_digest.iter().all(pushes) {
            true => Ok(()),
            false => {
                Err("an output is pushed by its digest, and nothing says that it is pushed at all")
            }
        }
    }

    /// What all inputs together come to.
    fn finish(mut self) -> Result<Meaning, &'static str> {
        let step = self.step;
        let pushes = self.build.push != Push::No;
        let is_named = self.build.names.as_ref().and_then(Values::first).is_some();
        if pushes && !is_named {
            return Err("it pushes, and the names that it pushes to are not given as tags");
        }
        self.repositories()?;
        let pushes_at_all = pushes || !self.build.by_digest.is_empty();
        if self.build.gives_digest && !pushes_at_all && !step.read_by_docker {
            return Err(
                "its digest is read, and without a push Podman has no digest that a registry would know",
            );
        }
        let one_name = (is_named || !self.build.by_digest.is_empty()) && !self.build.makes_list;
        if self.build.archive.is_some() && !one_name {
            return Err("it writes an archive of an image without a name, or of several");
        }
        if let Push::InStep(condition) = self.build.push.clone() {
            self.build.push = self.conditional(condition);
        }
        let loss = match pushes_at_all {
            true if !self.has_flag("--provenance") => Some((
                ids::ATTESTATION,
                "the action adds a provenance attestation to what it pushes, and Podman does not",
            )),
            true if step.platforms == Platforms::Unsaid => Some((
                ids::LIST_OF_ONE,
                "the platforms may be several, so Podman pushes a list; where they come out as one, the action pushes the image alone",
            )),
            _ => None,
        };
        Ok(Meaning {
            fetches: self.fetches || self.build.context.is_none(),
            variables: self.variables.new,
            losses: loss.into_iter().collect(),
            reviews: self.reviews,
            operation: Operation::Build(self.build.into()),
        })
    }

    /// The repositories that the image is pushed to by its digest.
    fn repositories(&mut self) -> Result<(), &'static str> {
        if !self.by_digest.is_empty() && !self.step.on_machine {
            return Err("a push by digest alone takes skopeo, which the job's image may not have");
        }
        for output in std::mem::take(&mut self.by_digest) {
            let name = match (output.name, &self.build.names) {
                (Some(name), _) => self.variables.word("IMAGE", name.trim()),
                (None, Some(Values::Words(names))) if names.len() == 1 => names[0].clone(),
                _ => {
                    return Err(
                        "it pushes by digest, and to which repository is not written in one place",
                    );
                }
            };
            let of_names =
                |letter: char| letter.is_ascii_alphanumeric() || "._/:-".contains(letter);
            let is_more =
                |text: &str| !text.chars().all(of_names) || ImageName::parse(text).tag.is_some();
            if name.as_text().is_some_and(is_more) {
                return Err("it pushes by digest to a name that is more than a repository");
            }
            self.build.by_digest.push(name);
        }
        Ok(())
    }

    fn has_flag(&self, flag: &str) -> bool {
        self.step.inputs.keys().any(|name| {
            matches!(self.step.rule.input(name), Some(InputRule::Flag { flag: known, .. }) if known == flag)
        })
    }

    /// Pushes that an expression decides: in a step of their own, where its condition means the same, else in the script.
    fn conditional(&mut self, condition: String) -> Push {
        let step = self.step;
        let own = step.condition.as_deref().map(str::trim);
        let inner = expression::whole(&condition).unwrap_or_default();
        let apart = expression::is_boolean(inner)
            && expression::may_be_condition(inner)
            && step.own_variables.is_empty()
            && step.read.is_empty()
            && !step.may_fail
            && !own.is_some_and(expression::asks_status)
            && !expression::asks_status(inner);
        match own {
            _ if !apart => Push::If(self.variables.hold("PUSH", &condition)),
            None => Push::InStep(condition),
            Some(own) => {
                let own = expression::whole(own).unwrap_or(own);
                Push::InStep(format!("${{{{ ({own}) && ({inner}) }}}}"))
            }
        }
    }
}
