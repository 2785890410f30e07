//! The folder in which docker keeps what a login leaves, and what Podman makes of it.
//!
//! With DOCKER_CONFIG (or --config, from Podman 5 on) Podman reads and writes `config.json` in that folder, and nothing else.
//! Without, it writes a file of its own and reads `~/.docker/config.json` for what that one has not.
//! Source: ran on Podman 4.3.1, 5.4.2, 5.8.6 and 6.1.1.

use std::path::Path;

use crate::pipeline::{Provider, Scope};
use crate::rules::FileKey;
use crate::version::Version;

use super::context::Call;
use super::docker_call::DockerCall;
use super::draft::Draft;
use super::facts::Deed;
use super::folder::path_from;
use super::job::JobPass;

/// The variable that names the folder.
const VARIABLE: &str = "DOCKER_CONFIG";

/// Where docker looks when it runs a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConfigFolder {
    /// In `~/.docker`.
    Home,
    /// In a folder that it is told, and so is Podman.
    Told,
    /// Something in the job names a folder, and whether it holds for the command is not known.
    Perhaps,
}

/// The folder that counts for a command.
pub(super) fn folder(pass: &JobPass<'_>, docker: &DockerCall<'_>) -> ConfigFolder {
    let view = pass.view;
    let mut assignments = docker.call.command().assignments.iter();
    let assigned = assignments.any(|assignment| {
        assignment.name == VARIABLE && !docker.call.raw(&assignment.value).is_empty()
    });
    if assigned
        || docker
            .global_flags()
            .any(|flag| flag.rule.name == "--config")
    {
        return ConfigFolder::Told;
    }
    if let Some(variable) = view.job.variables.get(VARIABLE) {
        let of_job = view
            .job
            .keys
            .get("env")
            .map(|env| view.context.documents.resolve(*env));
        let everywhere = view.job.provider == Provider::GitLab
            || variable
                .slots
                .iter()
                .any(|(scope, slot)| *scope == Scope::Global || Some(slot.mapping) == of_job);
        let says = variable
            .value
            .as_deref()
            .is_some_and(|value| !value.is_empty());
        return match everywhere && says && !variable.varies {
            true => ConfigFolder::Told,
            false => ConfigFolder::Perhaps,
        };
    }
    match *pass.names_docker_config.get_or_init(|| is_named(pass)) {
        true => ConfigFolder::Perhaps,
        false => ConfigFolder::Home,
    }
}

/// Whether a script or a step names a folder for docker's file.
fn is_named(pass: &JobPass<'_>) -> bool {
    let view = pass.view;
    let mut lines = view.lines.iter();
    let mut actions = view.job.actions.iter();
    lines.any(|line| line.parsed.text.contains(VARIABLE))
        || actions.any(|action| {
            let rule = view.context.rules.action(&action.name);
            let env = view.value_of(action.mapping, "env");
            rule.is_some_and(|rule| rule.sets_docker_config)
                || env.is_some_and(|env| view.value_of(env, VARIABLE).is_some())
        })
}

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
    let folder = folder(pass, docker);
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
        (ConfigFolder::Told, Some(reader)) => {
            let message = format!(
                "{reader} reads Docker's credentials file: it is told in which folder, and Podman uses the same"
            );
            draft.note("credentials", docker.at(), message);
            return None;
        }
        (ConfigFolder::Told | ConfigFolder::Home, _) => return None,
    };
    if leads_elsewhere(pass) {
        draft.block(
            "credentials",
            docker.at(),
            "REGISTRY_AUTH_FILE leads Podman to another file of credentials than Docker's, and the job needs the login in both",
            "let REGISTRY_AUTH_FILE name the config.json that docker writes, then run again",
        );
        return None;
    }
    draft.note("credentials", docker.at(), message);
    let podman = docker.view.podman();
    let flag = match podman.is_some_and(|podman| podman < COMPAT_AUTH_FILE) {
        true => "--authfile",
        false => "--compat-auth-file",
    };
    Some(format!("{flag} {file}"))
}

/// Whether REGISTRY_AUTH_FILE, which counts more than anything else, names a file that is not Docker's.
fn leads_elsewhere(pass: &JobPass<'_>) -> bool {
    let variable = pass.view.job.variables.get("REGISTRY_AUTH_FILE");
    let value = variable.and_then(|variable| variable.value.as_deref());
    value.is_some_and(|value| !value.is_empty() && !value.ends_with("/.docker/config.json"))
}

/// What a script writes into Docker's file, and Podman does not read as Docker does.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = pass.view;
    for (index, call) in view.calls.iter().enumerate() {
        let text = call
            .text()
            .get(call.command().span.clone())
            .unwrap_or_default();
        if call.is_remote() || !(text.contains("config.json") || text.contains("configjson")) {
            continue;
        }
        // the text may come in by a pipe, and a heredoc stands behind the command
        let statement = &call.command().place.statement;
        let whole = call.text().get(statement.clone()).unwrap_or(text);
        let written = std::iter::once(whole.to_owned()).chain(files(pass, index, call));
        for text in written {
            for (name, key) in view.context.rules.credentials_file_keys() {
                if says(&text, name, key) && (key.always || !logs_in_itself(pass)) {
                    draft.block(
                        "credentials-file",
                        view.at_command(call),
                        format!("{name} in Docker's file of credentials: {}", key.why),
                        key.instead.clone(),
                    );
                }
            }
        }
    }
}

/// The files of the repository that a command names: `cp ci/config.json ~/.docker/`.
fn files(pass: &JobPass<'_>, index: usize, call: &Call) -> Vec<String> {
    let view = pass.view;
    let words = call.command().words.iter().skip(1);
    let paths = words.filter_map(|word| {
        let text = view.expand_word(call, word);
        let known = !text.unknown && text.text.ends_with(".json");
        let path = known.then(|| pass.path_of(index, &text))?;
        path.or_else(|| path_from(Path::new(""), &text.text))
    });
    let there = paths.filter(|path| view.context.files.exists(path));
    let sources = there.filter_map(|path| view.context.files.read(&path).ok());
    sources.map(|source| source.text().to_owned()).collect()
}

/// Whether a text gives a key of JSON a value.
fn says(text: &str, name: &str, key: &FileKey) -> bool {
    gives(text, name) && !key.unless.as_ref().is_some_and(|other| gives(text, other))
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
        .deeds
        .iter()
        .filter_map(|(call, deed)| match deed {
            Deed::Pushes(name) => Some((*call, name)),
            _ => None,
        });
    pass.facts.logins().next().is_some()
        && pushes.all(|(call, name)| pass.facts.logs_in_before(call, name))
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
