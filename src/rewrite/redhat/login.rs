//! A login, said by podman-login.

use crate::pipeline::NodeRef;
use crate::providers::github::expression;
use crate::rules::RedhatInput;
use crate::yaml::New;

use super::{Refusal, Step};

impl Step<'_> {
    pub(super) fn login(&mut self) -> Result<(), Refusal> {
        self.beside()?;
        let action = self.action;
        let mut named = false;
        for (name, node) in &action.inputs {
            let text = self.text(*node)?.to_owned();
            match self.rule.input(name) {
                Some(RedhatInput::Same) => {}
                Some(RedhatInput::Registry) if text.trim().is_empty() => self.remove(name),
                Some(RedhatInput::Registry) => {
                    named = true;
                    self.registry(*node, text.trim())?;
                }
                Some(RedhatInput::Drop { .. }) => self.drop(name, *node, &text)?,
                _ => return Err(self.unknown(name, *node)),
            }
        }
        if !named {
            self.insert(0, "registry", New::Scalar("docker.io".to_owned()));
        }
        Ok(())
    }

    fn registry(&mut self, node: NodeRef, text: &str) -> Result<(), Refusal> {
        let Some(registry) = self.known(text) else {
            return Err((
                node,
                "an expression names the registry, and it may come out empty".to_owned(),
            ));
        };
        if self.pass.view.context.rules.is_docker_hub(registry) {
            if self.pass.facts.names_registry(registry) || expression::is_in(text) {
                let why = "podman-login knows Docker Hub as docker.io, and other steps use another name for it";
                return Err((node, why.to_owned()));
            }
            self.replace(node, "docker.io");
        } else if registry.contains("://") {
            return Err((
                node,
                "podman-login takes a registry without a scheme".to_owned(),
            ));
        }
        Ok(())
    }

    /// Logins that podman-login would hide: from then on Podman reads one file of credentials, and no other.
    fn beside(&self) -> Result<(), Refusal> {
        let view = self.pass.view;
        let rules = view.context.rules;
        let hides = |what: &str| {
            format!(
                "podman-login makes Podman read its own file of credentials, and {what} may leave a login in another"
            )
        };
        for other in &view.job.actions {
            let leaves = match rules.action(&other.name) {
                Some(rule) => rule.leaves_credentials,
                None => rules.action_reads_credentials(&other.name),
            };
            if leaves {
                return Err((self.action.uses.value, hides(&other.name)));
            }
        }
        for word in &self.rule.not_beside {
            let in_script = view
                .lines
                .iter()
                .find(|line| line.parsed.text.contains(word.as_str()));
            if in_script.is_some() || view.job.variables.contains_key(word.as_str()) {
                return Err((self.action.uses.value, hides(word)));
            }
        }
        Ok(())
    }
}
