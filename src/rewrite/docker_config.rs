//! The folder in which docker keeps what a login leaves, and what Podman makes of it.
//!
//! With DOCKER_CONFIG (or --config, from Podman 5 on) Podman reads and writes `config.json` in that folder, and nothing else.
//! Without, it writes a file of its own and reads `~/.docker/config.json` for what that one has not.
//! Source: ran on Podman 4.3.1, 5.4.2, 5.8.6 and 6.1.1.

use std::path::Path;

use crate::analysis::credentials::{ConfigFolder, VARIABLE, folder};
use crate::analysis::paths::path_from;
use crate::analysis::{Call, DockerCall, JobPass, Operation};
use crate::rules::{FileKey, ids};
use crate::version::Version;

use super::draft::Draft;

/// The first Podman that can be told to write Docker's file.
const COMPAT_AUTH_FILE: Version = Version {
    major: 4,
    minor: 8,
    patch: 0,
};

/// The options by which a login writes Docker's file in the place of Podman's own, and a logout takes it out of there, for
/// whoever reads that file. Source: podman-login(1), --compat-auth-file since 4.8; ran on 5.4.2, 5.8.6 and 6.1.1.
pub(super) fn options(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    draft: &mut Draft,
) -> Option<String> {
    if docker.call.with_sudo() {
        return None; // root's file is another one, and nobody else can read it
    }
    let folder = folder(pass.credentials(), docker);
    let line = pass.view.line(docker.call).node;
    let reader = pass.view.context.credential_reader(line);
    let (file, message) = match (folder, reader) {
        (ConfigFolder::Home, Some(reader)) => (
            "~/.docker/config.json",
            format!(
                "{reader} reads Docker's credentials file, so the {} writes that one",
                docker.rule.name
            ),
        ),
        (ConfigFolder::Perhaps, _) => (
            "\"${DOCKER_CONFIG:-$HOME/.docker}/config.json\"",
            format!(
                "DOCKER_CONFIG is set in a part of the job, so the {} writes the file that docker would",
                docker.rule.name
            ),
        ),
        (ConfigFolder::Explicit, Some(reader)) => {
            let message = format!(
                "{reader} reads Docker's credentials file: it is told in which folder, and Podman uses the same"
            );
            draft.note(ids::CREDENTIALS, docker.at(), message);
            return None;
        }
        (ConfigFolder::Explicit | ConfigFolder::Home, _) => return None,
    };
    if pass.credentials().elsewhere {
        draft.block(
            ids::CREDENTIALS,
            docker.at(),
            "REGISTRY_AUTH_FILE leads Podman to another file of credentials than Docker's, and the job needs the login in both",
            "let REGISTRY_AUTH_FILE name the config.json that docker writes, then run again",
        );
        return None;
    }
    draft.note(ids::CREDENTIALS, docker.at(), message);
    let podman = docker.view.podman();
    let flag = match podman.is_some_and(|podman| podman < COMPAT_AUTH_FILE) {
        true => "--authfile",
        false => "--compat-auth-file",
    };
    Some(format!("{flag} {file}"))
}

/// What a script writes into Docker's file or its variable, and Podman does not read as Docker does.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = pass.view;
    let mut last = None;
    for (index, call) in view.calls.iter().enumerate() {
        let command = call.command();
        let text = call.text().get(command.span.clone()).unwrap_or_default();
        let is_dockers = text.contains("/.docker") || text.contains(VARIABLE);
        if call.is_remote() || !is_dockers {
            continue;
        }
        for text in files(pass, index, call) {
            in_file(pass, call, &text, draft);
        }
        // what is written may come in by a pipe, and a heredoc stands behind the command
        let statement = (call.line, command.context.statement.clone());
        if last.as_ref() != Some(&statement) {
            let whole = call.text().get(statement.1.clone()).unwrap_or(text);
            in_file(pass, call, whole, draft);
            last = Some(statement);
        }
    }
    unread(pass, draft);
}

/// Looks at what Docker's file holds.
fn in_file(pass: &JobPass<'_>, call: &Call, text: &str, draft: &mut Draft) {
    let keys = pass.view.context.rules.credentials_file_keys();
    for (name, key) in keys.filter(|(name, key)| says(text, name, key)) {
        if key.always || !logs_in_itself(pass) {
            draft.block(
                ids::CREDENTIALS_FILE,
                pass.view.at_command(call),
                format!("{name} in Docker's file of credentials: {}", key.why),
                key.instead.clone(),
            );
        }
    }
}

/// Logins that Podman does not look for: what only docker's command reads, or all but one file.
fn unread(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = pass.view;
    let pushes = |operation: &&(usize, Operation)| matches!(operation.1, Operation::Push(_));
    let Some((push, _)) = pass.facts.operations.iter().find(pushes) else {
        return;
    };
    let at = view.at_command(&view.calls[*push]);
    let credentials = pass.credentials();
    if credentials.elsewhere && credentials.other_logins {
        draft.block(
            ids::CREDENTIALS,
            at,
            "with REGISTRY_AUTH_FILE Podman looks into that file alone, and the job has a login in Docker's",
            "let REGISTRY_AUTH_FILE name the config.json that docker reads, then run again",
        );
    }
    // docker's command reads it from 28.3 on: pull request 6008 of docker/cli; Podman does not: ran on 5.4.2, 5.8.6 and 6.1.1
    let in_variable = view.job.variables.contains_key("DOCKER_AUTH_CONFIG");
    if in_variable && !credentials.other_logins && pass.facts.logins.is_empty() {
        draft.block(
            ids::CREDENTIALS,
            at,
            "nothing in sight logs in, and DOCKER_AUTH_CONFIG is set, which a newer docker reads and Podman does not",
            "write it into a file first: `mkdir -p ~/.docker && printf %s \"$DOCKER_AUTH_CONFIG\" > ~/.docker/config.json`",
        );
    }
}

/// The files of the repository that a command names: `cp ci/config.json ~/.docker/`.
fn files(pass: &JobPass<'_>, index: usize, call: &Call) -> Vec<String> {
    let view = pass.view;
    let words = call.command().words.iter().skip(1);
    let paths = words.filter_map(|word| {
        let text = view.expand_word(call, word);
        let known = !text.unknown && text.text.ends_with(".json");
        let path = known.then(|| pass.path_of(index, &text.text))?;
        path.or_else(|| path_from(Path::new(""), &text.text))
    });
    let there = paths.filter(|path| view.context.files.exists(path));
    let sources = there.filter_map(|path| view.context.files.read(&path).ok());
    sources.map(|source| source.text().to_owned()).collect()
}

/// Whether a text gives a key of JSON a value.
fn says(text: &str, name: &str, key: &FileKey) -> bool {
    let beside = key.beside.as_ref().is_none_or(|other| gives(text, other));
    beside && gives(text, name) && !key.unless.as_ref().is_some_and(|other| gives(text, other))
}

fn gives(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + name.len()..].trim_start_matches(['"', '\'', '\\', ' ']);
        let value = behind
            .strip_prefix([':', '='])
            .map(|value| value.trim_start_matches(['"', '\\', ' ']));
        matches!(before, Some('"' | '.' | '\''))
            && value.is_some_and(|value| !value.is_empty() && !value.starts_with([',', '}', '=']))
    })
}

/// Whether the job logs in to every registry that it pushes to, so that Docker's file is not asked for it.
fn logs_in_itself(pass: &JobPass<'_>) -> bool {
    let mut pushes = pass
        .facts
        .operations
        .iter()
        .filter_map(|(call, operation)| match operation {
            Operation::Push(name) => Some((*call, name)),
            _ => None,
        });
    !pass.facts.logins.is_empty() && pushes.all(|(call, name)| pass.facts.logins.before(call, name))
}

#[cfg(test)]
mod tests {
    use super::gives;

    #[test]
    fn a_key_has_a_value() {
        for text in [
            r#"{"credsStore": "ecr-login"}"#,
            r#"echo "{\"credsStore\":\"ecr-login\"}""#,
            r#"jq '.credsStore = "ecr-login"'"#,
        ] {
            assert!(gives(text, "credsStore"), "{text}");
        }
        for text in [
            "jq 'del(.credsStore)' config.json",
            r#"sed -i '/"credsStore"/d' config.json"#,
            r#"{"credsStore": ""}"#,
            "credsStore: x",
        ] {
            assert!(!gives(text, "credsStore"), "{text}");
        }
    }
}
