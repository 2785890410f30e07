//! Scripts, makefiles and other files of the repository that a job runs: those that use Docker keep it there, unless they
//! take their engine from a variable.

use std::path::{Path, PathBuf};

use crate::analysis::api_clients::ApiClient;
use crate::analysis::closure::{Closure, Simple, loose};
use crate::analysis::{Call, JobPass, api_clients};
use crate::analysis::{evidence, generated_files, out_of_sight};
use crate::rules::{Rules, ids};
use crate::shell::Word;

use super::draft::Draft;
use super::engine_variable;
use super::{daemon_host, setup};

/// Looks into each file that the job runs.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let entered = entered(pass);
    let mut closure = Closure::new(&view.context.texts);
    for (index, call) in view.calls.iter().enumerate() {
        if call.is_remote()
            || evidence::calls_docker(call)
            || generated_files::is_run(&view.written, call)
            || pass.evidence.started.contains(&index)
        {
            continue;
        }
        let at = view.at_command(call);
        let reached = closure.follow(index, simple(pass, call), pass.folder_at(index), &entered);
        if let Some(found) = reached.found {
            draft.block(ids::DOCKER_IN_FILE, at, found.message(), help(&found.path));
            continue;
        }
        if reached.too_much {
            draft.review(
                ids::HIDDEN_DOCKER,
                at,
                "this command runs more files of the repository than are followed",
                "see that they do not call docker",
            );
        }
        if let Some(client) = pass.api_client(index) {
            of_client(pass, index, client, draft);
            continue;
        }
        if let Some(what) = out_of_sight::from_elsewhere(pass, index, call) {
            draft.review(
                ids::HIDDEN_DOCKER,
                at,
                format!("{what}: it cannot be seen here whether that calls docker"),
                "see that it does not call docker",
            );
        } else if !reached.seen
            && let Some(name) = out_of_sight::of_project(pass, call)
        {
            unseen(pass, index, &name, draft);
        }
    }
    beside_commands(pass, &mut closure, draft);
    actions(pass, &mut closure, draft);
    reached_tests(pass, &closure, draft);
    engines(pass, &closure, draft);
    daemon_host::run(pass, &closure, draft);
}

/// Looks into the files that a job without Docker of its own runs: one that calls docker keeps it there.
pub(super) fn of_others(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let entered = entered(pass);
    let mut closure = Closure::of_what_runs(&view.context.texts);
    for (index, call) in view.calls.iter().enumerate() {
        if call.is_remote() || generated_files::is_run(&view.written, call) {
            continue;
        }
        let reached = closure.follow(index, simple(pass, call), pass.folder_at(index), &entered);
        if let Some(found) = reached.found {
            let at = view.at_command(call);
            draft.block(ids::DOCKER_IN_FILE, at, found.message(), help(&found.path));
        }
    }
    actions(pass, &mut closure, draft);
    let of_job = |name: &str| view.job.variables.get(name)?.value.clone();
    for engine in closure.engines(of_job) {
        let Some(call) = view.calls.get(engine.call) else {
            continue;
        };
        let message = format!("{}, by the variable {}", engine.at.message(), engine.name);
        let help = match engine.is_settable {
            true => format!(
                "set {} to podman where the job has it, then run again",
                engine.name
            ),
            false => help(&engine.at.path),
        };
        draft.block(ids::DOCKER_IN_FILE, view.at_command(call), message, help);
    }
}

/// Files that the job's lines name where no command stands: `SCRIPT=ci/build.sh`, `for file in ci/*.sh`.
fn beside_commands(pass: &JobPass<'_>, closure: &mut Closure<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for (line, known) in view.lines.iter().enumerate() {
        let Ok(script) = &known.parsed.script else {
            continue;
        };
        let text = &known.parsed.text;
        let call = view.calls_in(line, &(0..text.len())).start;
        let word = |word: &Word| view.expand(&word.raw(text).replace(['"', '\''], "")).text;
        for simple in loose(script, text, word) {
            let folder = known.folder.as_deref().unwrap_or_default();
            let folder = crate::analysis::paths::path_from(Path::new(""), folder);
            if let Some(found) = closure.follow(call, simple, folder, &[]).found {
                let at = view.context.documents.location(known.node);
                draft.block(ids::DOCKER_IN_FILE, at, found.message(), help(&found.path));
            }
        }
    }
}

/// Commands that other actions are given to run: `command: make e2e`.
fn actions(pass: &JobPass<'_>, closure: &mut Closure<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let documents = view.context.documents;
    let others = view.job.actions.iter();
    for action in others.filter(|action| !evidence::uses_docker(view, action)) {
        let given = action.inputs.iter();
        let commands = given.filter(|(name, _)| {
            let parts = ["command", "cmd", "run", "exec"];
            matches!(name.as_str(), "start" | "build")
                || parts.iter().any(|part| name.contains(part))
        });
        let given = commands.filter_map(|(_, node)| Some((*node, documents.text(*node)?)));
        let own =
            (action.name == "pre-commit/action").then_some((action.uses.value, "pre-commit run"));
        for (node, text) in given.chain(own) {
            // `borales/actions-yarn` is given a script's name alone
            let mut parts = action.name.split(['/', '-']);
            let runner = parts.find(|part| matches!(*part, "npm" | "yarn" | "pnpm"));
            let of_runner = runner.map(|runner| format!("{runner} {text}"));
            let texts = [Some(text), of_runner.as_deref()];
            let mut found = texts.into_iter().flatten();
            let found = found.find_map(|text| closure.follow_text(text).found);
            if let Some(found) = found {
                draft.block(
                    ids::DOCKER_IN_FILE,
                    documents.location(node),
                    found.message(),
                    help(&found.path),
                );
            }
        }
    }
}

/// What to do about a file that calls docker.
fn help(path: &str) -> String {
    format!("move {path} to Podman (or let it take its engine from a variable), then run again")
}

/// Tests by a library that speaks to an engine: they need the one in which the job's images are.
fn of_client(pass: &JobPass<'_>, index: usize, client: &ApiClient, draft: &mut Draft) {
    let view = &pass.view;
    let Some(call) = view.calls.get(index) else {
        return;
    };
    let (at, sharing) = (view.at_command(call), pass.sharing());
    match view.on_machine() && !sharing.of_images(index) && !sharing.of_store(index) {
        true => client.goes_on(at, draft),
        false => client.keeps(at, draft),
    }
}

/// What commands in the job's files run: tests by a library of the engine's, programs that look for an image.
fn reached_tests(pass: &JobPass<'_>, closure: &Closure<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let rules = view.context.rules;
    for (index, words, folders) in closure.others() {
        let Some((program, words)) = words.split_first() else {
            continue;
        };
        let program = program.rsplit('/').next().unwrap_or(program);
        let Some(call) = view.calls.get(index) else {
            continue;
        };
        if rules.scans_images(program) && words.iter().any(|word| pass.facts.is_made(word)) {
            draft.block(
                ids::ENGINE_API,
                view.at_command(call),
                format!("{program} looks for the image in the store of Docker's daemon"),
                "give it an archive (`podman save -o FILE IMAGE`), then run again",
            );
        }
        let Some(runner) = rules.test_runner(program, || words.to_vec()) else {
            continue;
        };
        let client = folders.iter().find_map(|folder| {
            api_clients::in_folder(pass.view, &crate::repository::slashed(folder), runner)
        });
        if let Some(client) = client {
            of_client(pass, index, &client, draft);
        }
    }
}

/// Variables that files take their engine from: podman, where it does all that docker does there.
fn engines(pass: &JobPass<'_>, closure: &Closure<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let of_job = |name: &str| view.job.variables.get(name)?.value.clone();
    let engines = closure.engines(of_job);
    let names: Vec<&str> = engines.iter().map(|engine| engine.name.as_str()).collect();
    let settable = engines.iter().any(|engine| engine.is_settable);
    let more = settable.then(|| {
        let scripts = closure.scripts();
        let scripts: Vec<String> = scripts
            .map(|(_, script)| engine_variable::with_docker(script, &names))
            .collect();
        engine_variable::needs_more(pass, draft, &scripts)
    });
    let more = more.flatten();
    for engine in engines {
        let Some(call) = view.calls.get(engine.call) else {
            continue;
        };
        let at = view.at_command(call);
        let (name, path) = (&engine.name, &engine.at.path);
        if !engine.is_settable {
            let message = format!("{}, by the variable {name}", engine.at.message());
            let help = format!("let {path} take its engine from the environment, then run again");
            draft.block(ids::DOCKER_IN_FILE, at, message, help);
        } else if let Some(more) = &more {
            let message = format!(
                "{path} takes its engine from {name}, but podman in its place is not enough: {more}"
            );
            let help = format!("change {path} so that podman runs it, then run again");
            draft.block(ids::DOCKER_IN_FILE, at, message, help);
        } else {
            let message = format!("{path} takes its engine from {name}, which is set to podman");
            let why = draft.note(ids::ENGINE_VARIABLE, at, message);
            setup::variable(draft, name, "podman", why);
        }
    }
}

/// The folders that the job's own lines go to.
fn entered(pass: &JobPass<'_>) -> Vec<PathBuf> {
    let calls = pass.view.calls.iter().enumerate();
    let moves = calls.filter(|(_, call)| matches!(call.program(), Some("cd" | "pushd")));
    let targets = moves.take(MOST_ENTERED).filter_map(|(index, call)| {
        let word = call.command().words.get(1)?;
        let text = pass.view.expand_word(call, word).text;
        let folder = pass.folder_at(index).unwrap_or_default();
        crate::analysis::paths::path_from(&folder, &text)
    });
    targets.collect()
}

/// Changes of folder that are looked at where it is not known in which one a command runs.
const MOST_ENTERED: usize = 12;

/// A command by its words, the job's variables put in.
fn simple(pass: &JobPass<'_>, call: &Call) -> Simple {
    let text = |word: &Word| pass.view.expand_word(call, word).text;
    match &call.parsed.script {
        Ok(script) => Simple::of(script, call.index, call.text(), text),
        Err(_) => Simple::default(),
    }
}

/// What a command runs that is out of sight.
fn unseen(pass: &JobPass<'_>, index: usize, name: &str, draft: &mut Draft) {
    let view = &pass.view;
    let Some(call) = view.calls.get(index) else {
        return;
    };
    let at = view.at_command(call);
    let stays = "see what it calls, and move the job by hand";
    let look = "see that it does not call docker";
    let rule = ids::HIDDEN_DOCKER;
    if pass.evidence.commands.is_empty() {
        let message = format!(
            "the job has Docker and calls it nowhere in this file: {name} may, and cannot be seen here"
        );
        draft.block(rule, at, message, stays);
    } else if pass.sharing().uses_unmade {
        let message =
            format!("{name} cannot be seen here, and seems to build what the job then uses");
        draft.block(rule, at, message, stays);
    } else if speaks_of_images(view.context.rules, call) {
        let message = format!(
            "{name} cannot be seen here, and seems to do something with images: its words say so"
        );
        draft.block(rule, at, message, stays);
    } else if view.on_machine() && pass.sharing().of_images(index) {
        let message = format!(
            "{name} cannot be seen here: with Docker it may make or use the same images as the job, and Podman's store is another one"
        );
        draft.review(rule, at, message, look);
    } else if view.on_machine() {
        let message = format!(
            "{name} cannot be seen here: what it does with docker, it still does with the machine's Docker"
        );
        draft.note(rule, at, message);
    } else {
        let message =
            format!("{name} cannot be seen here: if it calls docker, it will not find it");
        draft.review(rule, at, message, look);
    }
}

/// `make image`, `./build-image.sh`, `make push-all`: what is run is named after images.
fn speaks_of_images(rules: &Rules, call: &Call) -> bool {
    call.command().words.iter().any(|word| {
        call.raw(word)
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .any(|part| rules.speaks_of_images(part))
    })
}
