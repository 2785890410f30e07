//! Images and containers that a job uses and that nothing in sight makes: what is out of sight makes them, with Docker.

use crate::analysis::machine::is_of_its_own;
use crate::analysis::{DockerCall, JobPass, Operation};
use crate::collections::HashSet;
use crate::rules::ids;
use crate::shell::ArgumentKind;

use super::draft::Draft;

/// Says which they are, where something out of sight may make them. A machine of the job's own has nothing in its store when the job begins.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    if !pass.view.on_machine() {
        return;
    }
    never_pulled(pass, draft);
    let composes = pass
        .known_calls()
        .any(|(_, docker)| docker.rule.name.starts_with("compose"));
    if composes || !is_of_its_own(pass) {
        return;
    }
    let rules = pass.view.context.rules;
    let mut actions = pass.view.job.actions.iter();
    let mut findings = draft.findings.iter().chain(&draft.blockers);
    let unseen = actions.any(|action| rules.is_unseen_action(&action.name))
        || findings.any(|finding| finding.rule == ids::HIDDEN_DOCKER);
    let mut blockers = draft.blockers.iter();
    let said = blockers.any(|finding| finding.rule == ids::HIDDEN_DOCKER);
    if unseen && !said {
        images(pass, draft);
    }
    if unseen || pass.view.job.services.is_some() {
        containers(pass, draft);
    }
}

/// Images that must be in the store already, and that no step in sight puts there.
fn never_pulled(pass: &JobPass<'_>, draft: &mut Draft) {
    for (index, operation) in &pass.facts.operations {
        let Operation::Run { image, .. } = operation else {
            continue;
        };
        let Some(docker) = pass.known_call(*index) else {
            continue;
        };
        let never = docker.flags_named("--pull").any(|flag| {
            docker
                .value(flag)
                .is_some_and(|value| value.text == "never")
        });
        if never && !pass.facts.has_before(*index, image) {
            absent(pass, *index, image, draft);
        }
    }
}

/// Images that are pushed, saved or named anew without being made or fetched.
fn images(pass: &JobPass<'_>, draft: &mut Draft) {
    let is_plain = |name: &str| !name.is_empty() && !name.contains(['$', '`']);
    // what has a name that is not written here may be any of them
    let made_unnamed = pass
        .facts
        .operations
        .iter()
        .any(|(_, operation)| match operation {
            Operation::Build(name) | Operation::Tag { to: name, .. } | Operation::Pull(name) => {
                !is_plain(name)
            }
            _ => false,
        });
    if made_unnamed {
        return;
    }
    for (index, operation) in &pass.facts.operations {
        let names = match operation {
            Operation::Push(name) | Operation::Tag { from: name, .. } => std::slice::from_ref(name),
            Operation::Save(names) => names,
            _ => continue,
        };
        let mut names = names.iter().filter(|name| is_plain(name));
        if let Some(name) = names.find(|name| !pass.facts.has_before(usize::MAX, name)) {
            absent(pass, *index, name, draft);
        }
    }
}

fn absent(pass: &JobPass<'_>, call: usize, image: &str, draft: &mut Draft) {
    let view = pass.view;
    draft.block(
        ids::HIDDEN_DOCKER,
        view.at_command(&view.calls[call]),
        format!("the image {image} must be there already, and no step that is seen here makes or pulls it"),
        "see what makes it, and move the job by hand",
    );
}

/// Containers by a name that no container of the job gets.
fn containers(pass: &JobPass<'_>, draft: &mut Draft) {
    let mut given = Vec::new();
    let mut makes_some = false;
    for (_, docker) in pass.known_calls() {
        if docker.rule.name == "rename" {
            return;
        }
        if !matches!(docker.rule.name.as_str(), "run" | "create") {
            continue;
        }
        makes_some = true;
        let words = docker.arguments.iter();
        let mut options = words.take_while(|word| !matches!(word.kind, ArgumentKind::Operand));
        if options.any(|word| matches!(word.kind, ArgumentKind::Opaque)) {
            return; // the shell may bring a name
        }
        let names = docker.flags_named("--name");
        given.extend(names.filter_map(|flag| docker.value(flag)));
    }
    if !makes_some || given.iter().any(|name| name.unknown) {
        return; // without any, the host's pass has said it
    }
    let given: HashSet<String> = given.into_iter().map(|name| name.text).collect();
    for (index, operation) in &pass.facts.operations {
        let (Operation::UseContainer, Some(docker)) = (operation, pass.known_call(*index)) else {
            continue;
        };
        let Some(name) = container(docker) else {
            continue;
        };
        if !given.contains(&name) {
            draft.block(
                ids::HOST_CONTAINERS,
                docker.at(),
                format!("no step in sight starts the container {name}: what is out of sight does, and with Docker"),
                "the job stays on Docker",
            );
        }
    }
}

/// The container that a command is about, if its name is written out.
fn container(docker: &DockerCall<'_>) -> Option<String> {
    let operands = docker.operands();
    let mut texts = operands.iter().map(|word| docker.text_of(*word).text);
    let name = match docker.rule.name.as_str() {
        "cp" => texts.find_map(|text| Some(text.split_once(':')?.0.to_owned()))?,
        _ => texts.next()?,
    };
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (!name.is_empty() && name.bytes().all(letters)).then_some(name)
}
