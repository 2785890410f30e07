//! Docker out of sight: in words that the shell makes up, in sockets, in programs that need the engine.

use std::path::Path;

use crate::analysis::credentials::login_rule;
use crate::analysis::evidence::hides_docker;
use crate::analysis::{Call, JobPass};
use crate::rules::ids;

use super::draft::Draft;

/// Says what cannot be seen, or what is seen and stays.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    unreadable(pass, draft);
    sockets(pass, draft);
    clients(pass, draft);
    started_by_others(pass, draft);
    lookups(pass, draft);
}

/// Lines that are no shell, or hold words that cannot be placed.
fn unreadable(pass: &JobPass<'_>, draft: &mut Draft) {
    let documents = pass.view.context.documents;
    for (index, line) in pass.view.lines.iter().enumerate() {
        let text = &line.parsed.text;
        let at = documents.location(line.node);
        let hides = pass.evidence.unreadable.binary_search(&index).is_ok();
        match &line.parsed.script {
            Err(problem) if hides || text.contains("apk ") => {
                let message = format!("the shell script cannot be read here: {}", problem.message);
                draft.block(ids::UNREADABLE_SCRIPT, at, message, "mend the script, or move the job by hand");
            }
            Ok(_) if hides && !is_read_by_client(pass, index) => draft.block(
                ids::UNREADABLE_SCRIPT,
                at,
                "a docker command stands here in a way that cannot be taken apart, or goes into a file",
                "write it plainly, or move the job by hand",
            ),
            _ => {}
        }
    }
}

/// Whether a program of a line reads the store of Docker's daemon: that is said of the program.
fn is_read_by_client(pass: &JobPass<'_>, line: usize) -> bool {
    let view = pass.view;
    let calls = &view.calls[view.calls_in(line, &(0..usize::MAX))];
    let mut calls = calls
        .iter()
        .filter(|call| call.program().is_some() && !call.is_remote());
    let reads = |call: &Call| {
        let mut words = call.command().words.iter().skip(1);
        words.any(|word| call.raw(word).contains(DAEMON_STORE))
    };
    calls.any(reads) && !hides_docker(view.context.rules, &view.lines[line])
}

/// How skopeo and others name an image in the store of Docker's daemon.
const DAEMON_STORE: &str = "docker-daemon:";

/// The socket by name.
fn sockets(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for (index, call) in view.calls.iter().enumerate() {
        if pass.replaced.contains(&index)
            || call.is_remote()
            || matches!(call.program(), Some("export" | "unset"))
        {
            continue;
        }
        let raw = &call.text()[call.command().span.clone()];
        if raw.contains("docker.sock") && !super::socket::only_mounts(view, call) {
            draft.block(
                ids::DOCKER_SOCKET,
                view.at_command(call),
                "this command uses Docker's socket, which is root on its host",
                "Podman can offer its own socket (`podman system service`); see what the tool needs and move the job by hand",
            );
        }
    }
}

/// Programs that speak to the engine themselves, and daemons that the script starts.
fn clients(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for (index, call) in view.calls.iter().enumerate() {
        let written = call.command().words.first().map(|word| call.raw(word));
        // `$HOME/bin/kind`: only the folder is filled in
        let by_path = written.filter(|word| word.contains("/bin/") && !word.ends_with(['"', '}']));
        let Some(program) = call.program().or(by_path) else {
            continue;
        };
        if call.is_remote() || program == "docker-compose" || login_rule(view, call).is_some() {
            continue;
        }
        let program = tool(pass, program);
        let words = || call.command().words.iter().skip(1);
        let reads_store = call.text()[call.command().span.clone()].contains(DAEMON_STORE)
            && words().any(|word| call.raw(word).contains(DAEMON_STORE));
        let scans = view.context.rules.scans_images(program)
            && words().any(|word| {
                let name = view.expand_word(call, word).text;
                let name = name.strip_prefix("docker:").unwrap_or(&name);
                pass.facts.is_made(name)
            });
        if reads_store || scans {
            draft.block(
                ids::ENGINE_API,
                view.at_command(call),
                format!("{program} looks for the image in the store of Docker's daemon"),
                "give it an archive (`podman save -o FILE IMAGE`), then run again",
            );
            continue;
        }
        if pass.evidence.started.contains(&index) {
            continue; // it goes
        }
        if view.context.rules.is_daemon(program) {
            draft.block(
                ids::OWN_DAEMON,
                view.at_command(call),
                "the script starts a Docker daemon of its own",
                "move the job by hand",
            );
        } else if let Some((client, _)) = view.context.rules.engine_client(program) {
            let help = match &client.with_podman {
                Some(with) => format!("the job stays; with Podman: {with}"),
                None => "Podman can offer its own socket (`podman system service`); see what the tool needs and move the job by hand".to_owned(),
            };
            draft.block(
                ids::ENGINE_API,
                view.at_command(call),
                format!(
                    "{program} speaks to Docker's engine itself: it needs {}",
                    client.needs
                ),
                help,
            );
        } else if program.starts_with("docker-")
            && !program.starts_with("docker-credential")
            && !pass.view.names().has_function(program)
        {
            draft.block(
                ids::ENGINE_API,
                view.at_command(call),
                format!("{program} is a tool of Docker's"),
                "move the job by hand",
            );
        }
    }
}

/// `./grype`, `$HOME/bin/kind`: a tool by its path, if that is none of the repository's own files.
fn tool<'p>(pass: &JobPass<'_>, program: &'p str) -> &'p str {
    let path = program.strip_prefix("./").unwrap_or(program);
    match program.rsplit_once('/') {
        Some((_, name)) if !pass.view.context.files.exists(Path::new(path)) => name,
        _ => program,
    }
}

/// `find -exec docker load`, `retry docker push`: another program starts docker, in words that are not taken apart.
fn started_by_others(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for call in view.calls.iter().filter(|call| !call.is_remote()) {
        let Some(program) = call.program() else {
            continue;
        };
        let prints = view.context.rules.only_prints(program);
        if prints || crate::analysis::evidence::calls_docker(call) {
            continue;
        }
        let span = &call.command().span;
        let inside = view.calls_in(call.line, span);
        let on_another_machine = view.calls[inside]
            .iter()
            .any(|other| other.is_remote() && other.command().span.end <= span.end);
        if on_another_machine {
            continue; // `ssh host docker load`: what runs there is a command of its own already
        }
        let words = &call.command().words;
        let starts = words.windows(2).skip(1).any(|pair| {
            let names = pair[0].value.as_deref().zip(pair[1].value.as_deref());
            names.is_some_and(|(first, second)| {
                first == "docker" && view.context.rules.command(&[second]).is_some()
            })
        });
        if starts {
            draft.block(
                ids::DISGUISED_DOCKER,
                view.at_command(call),
                format!("{program} starts docker here"),
                "call docker as a command of its own, then run again",
            );
        } else if is_unknown(pass, program)
            && login_rule(view, call).is_none()
            && words
                .iter()
                .skip(1)
                .any(|word| word.value.as_deref() == Some("docker"))
        {
            draft.block(
                ids::HIDDEN_DOCKER,
                view.at_command(call),
                format!(
                    "{program} is given the word docker, and may drive Docker's engine by itself"
                ),
                "see what it does with it, and move the job by hand",
            );
        }
    }
}

/// Whether nothing is known of a program: no table has it, and it is no file of the repository and no function.
fn is_unknown(pass: &JobPass<'_>, program: &str) -> bool {
    let rules = pass.view.context.rules;
    let path = Path::new(program.strip_prefix("./").unwrap_or(program));
    let known = rules.is_harmless(program)
        || rules.runs_project_code(program)
        || rules.program(program).is_some()
        || rules.looks_up(program);
    !known && !pass.view.names().has_function(program) && !pass.view.context.files.exists(path)
}

/// `which docker`, `command -v docker`: the script asks for docker by name.
fn lookups(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for call in &view.calls {
        let program = call.program().unwrap_or_default();
        if !view.context.rules.looks_up(program) || call.is_remote() {
            continue;
        }
        for word in call.command().words.iter().skip(1) {
            if word.value.as_deref() == Some("docker") {
                let why = draft.note(
                    ids::DOCKER_COMMAND,
                    view.at(call, word.span.clone()),
                    "the script looks for docker",
                );
                super::script_edit::replace(view, call, word.span.clone(), "podman", draft, why);
            }
        }
    }
}
