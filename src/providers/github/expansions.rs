//! Every step of every file that uses an action which the rules know, with what it does.

use std::sync::Arc;

use crate::collections::{HashMap, HashSet, IndexMap};
use crate::ops::{Operation, Push, Text};
use crate::pipeline::{Documents, Doubt, Expansion, NodeRef};
use crate::rules::{ActionHandling, ActionRule, InputRule, Rules};
use crate::text::FileId;
use crate::yaml::Kind;

use super::Role;
use super::environment::{env_of, reads_its_own, with_own};
use super::expression::{Template, outcomes_read, outputs_read, template};
use super::node::{entries, entry, items, root, scalars, text, text_of};
use super::operation::operation;
use super::platforms::platforms_of;
use super::step::{Meaning, Step};

/// What is known about a step that uses an action.
#[derive(Clone, Debug, Default)]
pub(super) struct StepExpansion {
    pub(super) commands: Option<Expansion>,
    pub(super) doubts: Vec<Doubt>,
    pub(super) read: Vec<(String, NodeRef)>,
}

/// The steps of all files, by the step's mapping.
pub(super) type Expansions = HashMap<NodeRef, StepExpansion>;

/// The action that `uses:` names, without its version; `None` for a path or an image.
pub(super) fn action_name(uses: &str) -> Option<&str> {
    if uses.starts_with("./") || uses.starts_with("docker://") {
        return None;
    }
    let end = memchr::memchr(b'@', uses.as_bytes());
    Some(&uses[..end.unwrap_or(uses.len())])
}

/// Reads the actions of all files; their commands are derived from their names.
pub(super) fn expand_all(documents: &mut Documents, rules: &Rules) -> Expansions {
    let mut written = Expansions::default();
    for index in 0..documents.files.len() {
        let file = FileId(index as u32);
        let (Some(root), Some(role)) = (root(documents, file), super::role(documents, file)) else {
            continue;
        };
        let holders: Vec<NodeRef> = match role {
            Role::Workflow => entry(documents, root, "jobs")
                .map(|jobs| entries(documents, jobs.value))
                .unwrap_or_default()
                .into_iter()
                .map(|(_, job)| job.value)
                .collect(),
            Role::Composite => entry(documents, root, "runs")
                .map(|runs| vec![runs.value])
                .unwrap_or_default(),
            Role::Other => continue,
        };
        let templates = templates(documents, root, &holders);
        for holder in holders {
            let scope = Scope {
                root,
                holder,
                role,
                rules,
                has_templates: !templates.is_empty(),
            };
            scope.steps(documents, &mut written);
        }
    }
    written
}

/// The texts of a file that hold the template `{{defaultContext}}`, but for the inputs of its steps: what an expression may
/// bring.
fn templates(documents: &Documents, root: NodeRef, holders: &[NodeRef]) -> HashSet<NodeRef> {
    let has_template = |node: &NodeRef| {
        let text = text(documents, *node).unwrap_or_default();
        text.contains("{{") && template(text) != Template::None
    };
    let mut found: HashSet<NodeRef> = scalars(documents, root)
        .into_iter()
        .filter(has_template)
        .collect();
    let lists = holders
        .iter()
        .filter(|_| !found.is_empty())
        .filter_map(|holder| entry(documents, *holder, "steps"));
    let steps = lists.flat_map(|list| items(documents, list.value));
    let inputs: Vec<NodeRef> = steps
        .filter_map(|step| entry(documents, step, "with"))
        .flat_map(|with| entries(documents, with.value))
        .map(|(_, input)| input.value)
        .collect();
    for input in inputs {
        found.remove(&input);
    }
    found
}

/// A job of a workflow, or the steps of a composite action.
struct Scope<'a> {
    root: NodeRef,
    holder: NodeRef,
    role: Role,
    rules: &'a Rules,
    /// Whether the file holds the template `{{defaultContext}}` where an expression may take it from.
    has_templates: bool,
}

impl Scope<'_> {
    fn steps(&self, documents: &mut Documents, written: &mut Expansions) {
        let steps = entry(documents, self.holder, "steps")
            .map(|steps| items(documents, steps.value))
            .unwrap_or_default();
        let known: Vec<(NodeRef, &ActionRule)> = steps
            .iter()
            .filter_map(|step| {
                let name = action_name(text_of(documents, *step, "uses")?)?;
                Some((*step, self.rules.action(name)?))
            })
            .collect();
        if known.is_empty() {
            return;
        }
        let read = self.read(documents, &known);
        let outcomes = self.outcomes(documents);
        for (mapping, rule) in known {
            if written.contains_key(&mapping) {
                continue;
            }
            let Some(step) = self.step(documents, mapping, rule, &read) else {
                continue;
            };
            let mut found = StepExpansion {
                read: step.read.clone(),
                ..StepExpansion::default()
            };
            let moves = matches!(
                rule.becomes,
                ActionHandling::Build
                    | ActionHandling::Login
                    | ActionHandling::Emulators
                    | ActionHandling::Nothing
            );
            if moves {
                let result = match (oddity(documents, mapping), reads_its_own(&step)) {
                    (Some(why), _) => Err(vec![(step.uses, why.to_owned())]),
                    (None, Some(refusal)) => Err(vec![refusal]),
                    (None, None) => operation(&step),
                };
                match result {
                    Ok(meaning) => {
                        let nothing = meaning.operation == Operation::Nothing;
                        let commands = self.commands(documents, step.uses, meaning);
                        let id = text_of(documents, mapping, "id");
                        let asked = id.and_then(|id| outcomes.get(id).copied());
                        match asked.filter(|_| nothing || commands.then.is_some()) {
                            Some(at) => found.doubts.push(Doubt {
                                at,
                                why: "whether it succeeded is asked, and no step tells it any more"
                                    .to_owned(),
                            }),
                            None => found.commands = Some(commands),
                        }
                    }
                    Err(refusals) => {
                        let doubt = |(at, why)| Doubt { at, why };
                        found.doubts = refusals.into_iter().map(doubt).collect();
                    }
                }
            }
            written.insert(mapping, found);
        }
    }

    fn step<'r>(
        &self,
        documents: &Documents,
        mapping: NodeRef,
        rule: &'r ActionRule,
        read: &HashMap<String, Vec<(String, NodeRef)>>,
    ) -> Option<Step<'r>> {
        let uses = entry(documents, mapping, "uses")?;
        let own = env_of(documents, mapping);
        let mut inputs = IndexMap::default();
        if let Some(with) = entry(documents, mapping, "with") {
            for (key, value) in entries(documents, with.value) {
                let (Some(name), Some(value_text)) =
                    (text(documents, key), text(documents, value.value))
                else {
                    continue;
                };
                let value_text = with_own(value_text, &own);
                inputs.insert(name.to_owned(), (value.value, value_text));
            }
        }
        let id = text_of(documents, mapping, "id");
        let may_fail = text_of(documents, mapping, "continue-on-error")
            .is_some_and(|value| value.trim() != "false");
        let read = id.and_then(|id| read.get(id)).cloned().unwrap_or_default();
        let variables = self.variables(documents, mapping);
        let flag = |name: &str, wanted: &str| matches!(rule.input(name), Some(InputRule::Flag { flag, .. }) if flag == wanted);
        let mut platforms = inputs.iter().filter(|(name, _)| flag(name, "--platform"));
        let platforms = platforms
            .next()
            .map(|(_, (_, text))| platforms_of(documents, self.holder, text.trim(), &variables))
            .unwrap_or_default();
        Some(Step {
            inputs,
            read_by_docker: read
                .iter()
                .all(|(_, node)| is_docker_script(documents, *node)),
            platforms,
            templates_elsewhere: self.has_templates,
            own_variables: own.into_keys().collect(),
            on_machine: entry(documents, self.holder, "container").is_none(),
            given: self.given(documents),
            uses: uses.value,
            condition: text_of(documents, mapping, "if").map(str::to_owned),
            may_fail,
            read,
            variables,
            rule,
        })
    }

    /// The inputs of the workflow or the action that must be given, or have a value when they are not.
    fn given(&self, documents: &Documents) -> HashSet<String> {
        let on = entry(documents, self.root, "on");
        let on = on
            .map(|on| entries(documents, on.value))
            .unwrap_or_default();
        let triggers = on.into_iter().map(|(_, trigger)| trigger.value);
        let inputs = triggers
            .chain([self.root])
            .filter_map(|holder| entry(documents, holder, "inputs"))
            .flat_map(|inputs| entries(documents, inputs.value));
        let mut given: IndexMap<String, bool> = IndexMap::default();
        for (name, input) in inputs {
            let default = text_of(documents, input.value, "default");
            let is_given = default.is_some_and(|text| !text.trim().is_empty())
                || text_of(documents, input.value, "required") == Some("true");
            let name = text(documents, name).unwrap_or_default().to_owned();
            // each trigger has inputs of its own
            *given.entry(name).or_insert(true) &= is_given;
        }
        let given = given.into_iter().filter(|(_, is_given)| *is_given);
        given.map(|(name, _)| name).collect()
    }

    /// The variables that a step sees by this file, each with the text that counts for it.
    fn variables(&self, documents: &Documents, step: NodeRef) -> IndexMap<String, String> {
        let mut found = IndexMap::default();
        for holder in [self.root, self.holder, step] {
            found.extend(env_of(documents, holder));
        }
        found
    }

    /// The steps whose outcome something asks, each with a place that does.
    fn outcomes(&self, documents: &Documents) -> HashMap<String, NodeRef> {
        let from = match self.role {
            Role::Composite => self.root,
            _ => self.holder,
        };
        let mut found = HashMap::default();
        for node in scalars(documents, from) {
            for id in outcomes_read(text(documents, node).unwrap_or_default()) {
                found.entry(id.to_owned()).or_insert(node);
            }
        }
        found
    }

    /// What is read of each step's outputs, but for what an input names that goes with its own step.
    fn read(
        &self,
        documents: &Documents,
        known: &[(NodeRef, &ActionRule)],
    ) -> HashMap<String, Vec<(String, NodeRef)>> {
        let mut gone: HashSet<NodeRef> = HashSet::default();
        for (step, rule) in known {
            let Some(with) = entry(documents, *step, "with") else {
                continue;
            };
            for (key, value) in entries(documents, with.value) {
                let input = text(documents, key).and_then(|name| rule.input(name));
                if matches!(input, Some(InputRule::Drop { .. })) {
                    gone.insert(value.written);
                }
            }
        }
        let from = match self.role {
            Role::Composite => self.root,
            _ => self.holder,
        };
        let mut read: HashMap<String, Vec<(String, NodeRef)>> = HashMap::default();
        for node in scalars(documents, from) {
            if gone.contains(&node) {
                continue;
            }
            for (id, name) in outputs_read(text(documents, node).unwrap_or_default()) {
                let list = read.entry(id.to_owned()).or_default();
                list.push((name.to_owned(), node));
            }
        }
        read
    }

    /// Adds the commands of an action to its file.
    fn commands(&self, documents: &mut Documents, uses: NodeRef, meaning: Meaning) -> Expansion {
        let (says_bash, says_folder) = self.defaults(documents);
        let script = meaning.operation.script();
        let span = documents.location(uses).span;
        let tree = Arc::make_mut(&mut documents.files[uses.file.0 as usize].tree);
        let mut list = |texts: &[Text]| NodeRef {
            file: uses.file,
            node: tree.derive(span, texts.iter().map(|text| text.text.as_str())),
        };
        let then = match &meaning.operation {
            Operation::Build(build) => match &build.push {
                Push::InStep(condition) => Some((condition.clone(), list(&script.then))),
                _ => None,
            },
            _ => None,
        };
        Expansion {
            script: list(&script.lines),
            operation: meaning.operation,
            variables: meaning.variables.into_iter().collect(),
            then,
            fetches: meaning.fetches,
            says_bash,
            says_folder,
            losses: meaning.losses,
            reviews: meaning.reviews,
        }
    }

    /// Whether a `run` step would be read by something else than bash, and in another folder than the workspace.
    fn defaults(&self, documents: &Documents) -> (bool, bool) {
        if self.role == Role::Composite {
            return (true, false);
        }
        let default = |key: &str| {
            [self.holder, self.root].into_iter().find_map(|holder| {
                let defaults = entry(documents, holder, "defaults")?;
                let run = entry(documents, defaults.value, "run")?;
                text_of(documents, run.value, key)
            })
        };
        let in_container = entry(documents, self.holder, "container").is_some();
        let other = default("shell").is_some_and(|shell| shell.trim() != "bash");
        (
            in_container && default("shell").is_none() || other,
            default("working-directory").is_some(),
        )
    }
}

/// Whether a scalar is a script that calls docker.
fn is_docker_script(documents: &Documents, node: NodeRef) -> bool {
    let tree = documents.tree(node);
    let Some(Kind::Mapping { entries, .. }) =
        tree.parent(node.node).map(|parent| &tree.node(parent).kind)
    else {
        return false;
    };
    let is_run = entries.iter().any(|entry| {
        entry.value == node.node
            && tree
                .scalar(entry.key)
                .is_some_and(|key| key.value() == "run")
    });
    is_run && text(documents, node).is_some_and(|text| text.contains("docker"))
}

/// What makes a step unfit to be written anew: GitHub would refuse it, too.
fn oddity(documents: &Documents, step: NodeRef) -> Option<&'static str> {
    let Some(all) = documents.tree(step).mapping(step.node) else {
        return Some("the step is no mapping");
    };
    if all.len() != entries(documents, step).len() {
        return Some("the step has a key twice");
    }
    let env = entry(documents, step, "env")?;
    let is_mapping = documents.tree(env.value).mapping(env.value.node).is_some();
    (!is_mapping).then_some("the step's env is no mapping")
}
