//! Actions of a workflow: those that run docker become the commands that they ran; the others stay, if the job still works.

use std::path::{Path, PathBuf};

use crate::analysis::evidence::{names_command, uses_docker};
use crate::analysis::{JobPass, JobView, Operation, machine};
use crate::image_name::ImageName;
use crate::pipeline::{Action, NodeRef};
use crate::providers::github::settings;
use crate::rules::{ActionHandling, Format, IdleSetting, InputRule, UniqueMap, ids};
use crate::yaml::{Change, Kind};

use super::checkout;
use super::draft::Draft;

/// Plans what becomes of the actions of a job.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for (index, action) in view.job.actions.iter().enumerate() {
        one(pass, index, action, draft);
    }
    out_of_sight(pass, draft);
}

fn one(pass: &JobPass<'_>, index: usize, action: &Action, draft: &mut Draft) {
    let view = &pass.view;
    let documents = view.context.documents;
    let at = documents.location(action.uses.value);
    let Some(rule) = view.context.rules.action(&action.name) else {
        commands_in_inputs(pass, action, draft);
        image_in_inputs(pass, action, draft);
        local_program(pass, action, draft);
        return unknown(pass, action, draft);
    };
    if matches!(
        rule.becomes,
        ActionHandling::Same | ActionHandling::StoreReader
    ) {
        commands_in_inputs(pass, action, draft);
    }
    match rule.becomes {
        ActionHandling::Same if rule.calls_docker && !machine::is_of_its_own(pass) => {
            let message = format!(
                "{} calls docker, and nothing shows that the job has it beside Podman",
                action.name
            );
            let help = rule
                .instead
                .as_deref()
                .unwrap_or("log in with podman login");
            match view.on_machine() {
                true => draft.review(ids::LOGIN_BY_PROGRAM, at, message, help),
                false => draft.block(ids::LOGIN_BY_PROGRAM, at, message, help),
            }
        }
        ActionHandling::Same => {
            draft.note(
                ids::ACTION_STAYS,
                at,
                format!("{} stays: {}", action.name, rule.why),
            );
        }
        ActionHandling::Gap => {
            let what = bake_targets(view, action);
            draft.block(
                ids::ACTION_GAP,
                at,
                format!("{} has no counterpart{what}: {}", action.name, rule.why),
                rule.instead
                    .as_deref()
                    .unwrap_or("the job stays on Docker until it does without the action"),
            );
        }
        ActionHandling::StoreReader => {
            store_reader(pass, action, rule.image_input.as_deref(), draft)
        }
        ActionHandling::Build
        | ActionHandling::Login
        | ActionHandling::Emulators
        | ActionHandling::Nothing => {
            for doubt in &action.doubts {
                let input = action.inputs.iter().find(|(_, node)| **node == doubt.at);
                let instead = match input.and_then(|(name, _)| rule.input(name)) {
                    Some(InputRule::Gap { instead, .. }) => instead.as_deref(),
                    _ => None,
                };
                draft.block(
                    ids::ACTION_GAP,
                    documents.location(doubt.at),
                    format!(
                        "{} cannot be written out as commands: {}",
                        action.name, doubt.why
                    ),
                    instead.unwrap_or("the job stays on Docker until the step does without it"),
                );
            }
            if action.doubts.is_empty() {
                goes(pass, index, action, draft);
            }
        }
    }
}

/// The step's commands take the action's place.
fn goes(pass: &JobPass<'_>, index: usize, action: &Action, draft: &mut Draft) {
    let view = &pass.view;
    let at = view.context.documents.location(action.uses.value);
    let Some(commands) = &action.commands else {
        return;
    };
    let Some(rule) = view.context.rules.action(&action.name) else {
        return;
    };
    let why = match pass.other_actions.get(&index) {
        Some(why) => *why,
        None => {
            let message = match rule.becomes {
                ActionHandling::Nothing => format!("{} goes: {}", action.name, rule.why),
                _ => format!(
                    "{} becomes the commands that it runs, by Podman",
                    action.name
                ),
            };
            let why = draft.note(ids::ACTION, at, message);
            remove(action, draft, why);
            why
        }
    };
    for (rule, loss) in &commands.losses {
        draft.warn(*rule, at, *loss);
    }
    for review in &commands.reviews {
        let at = view.context.documents.location(review.at);
        draft.review(ids::EMPTY_INPUT, at, review.what.clone(), review.help);
    }
    for (name, value) in &action.inputs {
        if let Some(InputRule::Drop { why: reason, .. }) = rule.input(name) {
            let at = view.context.documents.location(*value);
            draft.note(
                ids::ACTION_INPUT,
                at,
                format!("the input {name} goes: {reason}"),
            );
        }
        if let Some(InputRule::Settings { format, idle, .. }) = rule.input(name) {
            settings_go(pass, (name, *value), *format, idle, draft);
        }
    }
    if commands.fetches {
        checkout::needed(pass, index, action, draft, why);
    }
}

/// Settings that need nothing in their place, unless the job does something for which they matter.
fn settings_go(
    pass: &JobPass<'_>,
    (input, value): (&str, NodeRef),
    format: Format,
    idle: &UniqueMap<IdleSetting>,
    draft: &mut Draft,
) {
    let documents = pass.view.context.documents;
    let at = documents.location(value);
    let text = documents.text(value).unwrap_or_default();
    let archives =
        |operation: &Operation| matches!(operation, Operation::Save(_) | Operation::Load);
    let has_archives = pass
        .facts
        .operations
        .iter()
        .any(|(_, operation)| archives(operation));
    for name in settings::names(text, format).unwrap_or_default() {
        let Some(setting) = idle.get(&name) else {
            continue;
        };
        match &setting.archives {
            Some(why) if has_archives => draft.block(
                ids::ACTION_GAP,
                at,
                format!("{name} in the input {input} has no counterpart: {why}"),
                "write an archive for each platform, then run again",
            ),
            _ => {
                draft.note(
                    ids::ACTION_INPUT,
                    at,
                    format!("{name} in the input {input} goes: {}", setting.why),
                );
            }
        }
    }
}

/// Takes away that the step uses an action; commands come in its place.
fn remove(action: &Action, draft: &mut Draft, why: usize) {
    let slots = [Some(&action.uses), action.with.as_ref()];
    for slot in slots.into_iter().flatten() {
        let change = slot.removal();
        draft.change(slot.mapping.file, change, why);
    }
}

/// A scanner looks for its image in Docker's store, where an image that Podman built is not.
fn store_reader(pass: &JobPass<'_>, action: &Action, input: Option<&str>, draft: &mut Draft) {
    let view = &pass.view;
    let documents = view.context.documents;
    let at = documents.location(action.uses.value);
    let image = input
        .and_then(|input| action.inputs.get(input))
        .and_then(|node| documents.text(*node));
    let Some(image) = image else { return };
    let before = |index: &usize| view.calls[*index].line < action.lines_before;
    let builds = |operation: &Operation| {
        matches!(
            operation,
            Operation::Build(_) | Operation::BuildUnnamed | Operation::Load | Operation::Tag { .. }
        )
    };
    let made = pass
        .facts
        .operations
        .iter()
        .any(|(index, operation)| before(index) && builds(operation));
    // a push that a condition decides may not have happened
    let certain = |index: &usize| {
        let call = &view.calls[*index];
        let list = view.line(call).item.map(|(list, _)| list);
        let conditional = view.job.actions.iter().any(|known| {
            let then = known
                .commands
                .as_ref()
                .and_then(|commands| commands.then.as_ref());
            then.is_some_and(|(_, then)| Some(*then) == list)
        });
        call.command().context.nesting.is_empty() && !conditional
    };
    let pushed = pass.facts.operations.iter().any(|(index, operation)| {
        before(index) && certain(index) && matches!(operation, Operation::Push(name) if ImageName::without_tag(name) == ImageName::without_tag(image))
    });
    if made && !pushed {
        draft.block(
            ids::STORE_READER,
            at,
            format!("{} looks for the image {image} in Docker's store, and Podman's is another one", action.name),
            "write the image to an archive with `podman save` and give the scanner that, or push it first",
        );
    }
}

/// An action that is not in the tables, or an image that the runner starts.
fn unknown(pass: &JobPass<'_>, action: &Action, draft: &mut Draft) {
    let at = pass.view.context.documents.location(action.uses.value);
    if let Some(image) = action.name.strip_prefix("docker://") {
        draft.note(
            ids::RUNNER_CONTAINER,
            at,
            format!("the runner itself starts {image} with its Docker; that stays"),
        );
    } else if action.name.to_ascii_lowercase().contains("docker") {
        draft.review(
            ids::UNKNOWN_ACTION,
            at,
            format!(
                "{} is not known here, and its name speaks of Docker",
                action.name
            ),
            "see that it does not need what Docker's daemon holds",
        );
    }
}

/// The targets that a bake step names.
fn bake_targets(view: &JobView<'_>, action: &Action) -> String {
    let targets = action
        .inputs
        .get("targets")
        .and_then(|node| view.context.documents.text(*node));
    match targets {
        Some(targets) => {
            let names: Vec<&str> = targets
                .split([',', '\n'])
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .collect();
            format!(" (its targets: {})", names.join(", "))
        }
        None => String::new(),
    }
}

/// Logins, builders, pulls and clean-ups are for something: if that is not seen, the job stays, because what is not seen
/// still uses Docker.
fn out_of_sight(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let seen = pass.facts.operations.iter().any(|(_, operation)| {
        matches!(
            operation,
            Operation::Build(_)
                | Operation::BuildUnnamed
                | Operation::Manifest(_)
                | Operation::Push(_)
                | Operation::Run { .. }
                | Operation::Save(_)
        )
    });
    let composes = pass
        .known_calls()
        .any(|(_, docker)| docker.rule.name.starts_with("compose"));
    if seen || composes || !draft.blockers.is_empty() || !view.on_machine() {
        return;
    }
    let help = "see what uses it, and move the job by hand";
    let action = view
        .job
        .actions
        .iter()
        .find(|action| uses_docker(view, action));
    if let Some(action) = action {
        draft.block(
            ids::HIDDEN_DOCKER,
            view.context.documents.location(action.uses.value),
            format!("{} prepares for something in this job that is not seen here: no step builds, runs or pushes an image", action.name),
            help,
        );
    } else if let Some(index) = pass.evidence.commands.first() {
        draft.block(
            ids::HIDDEN_DOCKER,
            view.at_command(&view.calls[*index]),
            "this command is about something that is not seen here: no step builds, runs or pushes an image",
            help,
        );
    }
}

/// Inputs of other actions that hold docker commands.
fn commands_in_inputs(pass: &JobPass<'_>, action: &Action, draft: &mut Draft) {
    let documents = pass.view.context.documents;
    for (name, node) in &action.inputs {
        let text = documents.text(*node).unwrap_or_default();
        let runs_action = text.trim().starts_with("docker/") && text.contains('@');
        let is_call = runs_action || calls_docker(text) || names_task(name, text);
        if is_call || names_command(pass.view.context.rules, text) {
            draft.block(
                ids::DISGUISED_DOCKER,
                documents.location(*node),
                format!(
                    "{} is given a docker command by its input {name}",
                    action.name
                ),
                "make it a run step, then run again",
            );
        }
    }
}

/// Whether a script in another language than the shell's hands docker to what starts programs: `exec('docker', ...)`,
/// `execSync("docker run app")`.
fn calls_docker(script: &str) -> bool {
    let calls = [
        "exec",
        "spawn",
        "getExecOutput",
        "subprocess",
        "system",
        "$`",
    ];
    script.lines().any(|line| {
        let code = line.trim_start();
        let names = ["docker", "docker-compose"].iter().any(|name| {
            ['\'', '"', '`'].iter().any(|quote| {
                let begins = format!("{quote}{name}");
                let mut found = code.match_indices(&begins);
                found.any(|(at, it)| code[at + it.len()..].starts_with([' ', '\'', '"', '`']))
            })
        });
        names && !code.starts_with("//") && calls.iter().any(|call| code.contains(call))
    })
}

/// Whether an input names a task of a build tool that docker does: `arguments: dockerBuild`.
fn names_task(input: &str, text: &str) -> bool {
    let is_tool = ["arguments", "args", "tasks", "goals", "maven-args"].contains(&input);
    let mut words = text.split_whitespace();
    is_tool
        && words.any(|word| {
            let word = word.rsplit(':').next().unwrap_or(word);
            let letters = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
            letters && word.to_ascii_lowercase().contains("docker")
        })
}

/// A local action in JavaScript whose program calls docker: what it does is out of sight.
fn local_program(pass: &JobPass<'_>, action: &Action, draft: &mut Draft) {
    let view = &pass.view;
    let files = view.context.files;
    let Some(folder) = action.name.strip_prefix("./").map(Path::new) else {
        return;
    };
    let read = |path: PathBuf| {
        let there = files.exists(&path);
        there.then(|| files.read(&path).ok()).flatten()
    };
    let mut names = ["action.yml", "action.yaml"].iter();
    let Some(source) = names.find_map(|name| read(folder.join(name))) else {
        return;
    };
    let lines = source.text().lines().map(str::trim);
    let programs = lines.filter_map(|line| {
        let (key, path) = line.split_once(':')?;
        matches!(key, "main" | "pre" | "post").then(|| path.trim().trim_matches(['"', '\'']))
    });
    for program in programs {
        let text = read(folder.join(program));
        if text.is_some_and(|text| calls_docker(text.text())) {
            draft.block(
                ids::DOCKER_IN_FILE,
                view.context.documents.location(action.uses.value),
                format!("{program} of the action {} calls docker", action.name),
                "the job stays on Docker; run what it does as a step of the workflow, then run again",
            );
        }
    }
}

/// An action that nobody here knows gets an image that only the job's own engine has: it may look for it in Docker's store.
fn image_in_inputs(pass: &JobPass<'_>, action: &Action, draft: &mut Draft) {
    let view = &pass.view;
    let before = |index: usize| view.calls[index].line < action.lines_before;
    let operations = || {
        pass.facts
            .operations
            .iter()
            .filter(|(index, _)| before(*index))
    };
    let made = operations().filter_map(|(_, one)| match one {
        Operation::Build(name) | Operation::Tag { to: name, .. } => Some(name.as_str()),
        _ => None,
    });
    let is_pushed = |image: &str| {
        operations().any(|(_, one)| matches!(one, Operation::Push(name) if name.as_str() == image))
    };
    let made: Vec<&str> = made
        .filter(|name| !name.is_empty() && !is_pushed(name))
        .collect();
    for (name, node) in action.inputs.iter().filter(|_| !made.is_empty()) {
        let text = view.context.documents.text(*node).unwrap_or_default();
        let text = view.expand(text).text;
        let lower = name.to_ascii_lowercase();
        let means_image = ["image", "ref", "target", "scan", "docker"];
        let means_image = means_image.iter().any(|word| lower.contains(word));
        let words =
            || text.split(|letter: char| letter.is_whitespace() || "'\",=".contains(letter));
        let is = |image: &&&str| {
            words().any(|word| word == **image && (word.contains(':') || means_image))
        };
        if let Some(image) = made.iter().find(is) {
            draft.block(
                ids::STORE_READER,
                view.context.documents.location(*node),
                format!("{} is given the image {image}, which only Podman has once the job has moved; whether the action looks for it in Docker's store is not known", action.name),
                "push the image first, or give the action an archive of it",
            );
            return;
        }
    }
}

/// Whether a step that a service or an action stands in is an item of a list or an entry of a mapping.
pub(super) fn removal_of(view: &JobView<'_>, (holder, index): (NodeRef, usize)) -> Change {
    match &view.context.documents.tree(holder).node(holder.node).kind {
        Kind::Mapping { .. } => Change::RemoveEntry {
            mapping: holder.node,
            index,
        },
        _ => Change::RemoveItem {
            sequence: holder.node,
            index,
        },
    }
}
