//! The variables that a workflow, a job or a step has by `env:`, and what reads those of a step that gives way to commands.

use crate::collections::IndexMap;
use crate::pipeline::{Documents, NodeRef};

use super::expression;
use super::node::{entries, entry, text};
use super::step::Step;

/// The variables that a workflow, a job or a step has for itself.
pub(super) fn env_of(documents: &Documents, holder: NodeRef) -> IndexMap<String, String> {
    let env = entry(documents, holder, "env");
    let all = env.iter().flat_map(|env| entries(documents, env.value));
    let texts = all.filter_map(|(name, value)| {
        let value = text(documents, value.value)?.to_owned();
        Some((text(documents, name)?.to_owned(), value))
    });
    texts.collect()
}

/// An input with the step's own variables put in. In `env:` of the same step, where its text goes, nothing sees them: GitHub
/// looks at all of `env:` before any of it counts.
pub(super) fn with_own(text: &str, own: &IndexMap<String, String>) -> String {
    let mut text = text.to_owned();
    if own.is_empty() || expression::variable(&text).is_some() {
        return text; // the script itself reads the variable
    }
    for (name, value) in own {
        for form in [
            format!("${{{{ env.{name} }}}}"),
            format!("${{{{env.{name}}}}}"),
        ] {
            text = text.replace(&form, value);
        }
        // inside of an expression stands what the variable is made of
        let inner = match expression::whole(value) {
            Some(inner) => format!("({inner})"),
            None if !expression::is_in(value) => format!("'{}'", value.replace('\'', "''")),
            None => continue,
        };
        text = expression::with_member(&text, "env", name, &inner);
    }
    text
}

/// An input by which a step still reads a variable of its own.
pub(super) fn reads_its_own(step: &Step<'_>) -> Option<(NodeRef, String)> {
    if step.own_variables.is_empty() {
        return None;
    }
    let own = |name: &&str| *name == "*" || step.own_variables.contains(*name);
    step.inputs.iter().find_map(|(input, (at, text))| {
        let name = expression::members_read(text, "env").into_iter().find(own)?;
        let why = format!("the input {input} reads the step's own variable {name} by an expression, and the commands that take the step's place could not");
        expression::variable(text).is_none().then_some((*at, why))
    })
}
