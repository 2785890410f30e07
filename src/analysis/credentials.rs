//! The folder in which docker keeps what a login leaves, and what else in a job logs in.
//!
//! With DOCKER_CONFIG (or --config, from Podman 5 on) Podman reads and writes `config.json` in that folder, and nothing else.
//! Without, it writes a file of its own and reads `~/.docker/config.json` for what that one has not.
//! Source: ran on Podman 4.3.1, 5.4.2, 5.8.6 and 6.1.1.

use crate::pipeline::{Action, Scope};
use crate::rules::LoginRule;

use super::context::Call;
use super::context::JobView;
use super::docker_call::DockerCall;

/// The variable that names the folder.
pub(crate) const VARIABLE: &str = "DOCKER_CONFIG";

/// Where docker looks when it runs a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConfigFolder {
    /// In `~/.docker`.
    Home,
    /// In a folder that its flag or variable names, and so does Podman.
    Explicit,
    /// Something in the job names a folder, and whether it holds for the command is not known.
    Perhaps,
}

/// What a job does with credentials beside docker's logins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Credentials {
    /// Whether a script or a step names a folder for Docker's file.
    names_folder: bool,
    /// Whether REGISTRY_AUTH_FILE, which counts more to Podman than anything else, names a file that is not Docker's.
    pub(crate) elsewhere: bool,
    /// Whether something else than docker login may log in.
    pub(crate) other_logins: bool,
}

impl Credentials {
    pub(crate) fn of(view: &JobView<'_>) -> Self {
        let rules = view.context.rules;
        let rule = |action: &Action| rules.action(&action.name);
        let actions = &view.job.actions;
        let any_line =
            |test: &dyn Fn(&str) -> bool| view.lines.iter().any(|line| test(&line.parsed.text));
        let in_scripts = any_line(&|text| text.contains(VARIABLE));
        let names_folder = in_scripts
            || actions.iter().any(|action| {
                let env = view.context.documents.value(action.mapping, "env");
                rule(action).is_some_and(|rule| rule.sets_docker_config)
                    || env.is_some_and(|env| view.context.documents.value(env, VARIABLE).is_some())
            });
        let own = view.job.variables.get(AUTH_FILE);
        let own = own.and_then(|variable| variable.value.as_deref());
        let elsewhere = own.is_some_and(|value| !value.is_empty() && !value.ends_with(HOME_FILE))
            || any_line(&|text| {
                let mut values = text.split(AUTH_FILE).skip(1);
                values.any(|behind| {
                    let value = behind.strip_prefix('=').unwrap_or_default();
                    let value = value.split_whitespace().next().unwrap_or_default();
                    !value.is_empty() && !value.trim_end_matches(['"', '\'']).ends_with(HOME_FILE)
                })
            });
        let other_logins = in_scripts
            || any_line(&|text| text.contains("/.docker"))
            || actions
                .iter()
                .any(|action| rule(action).is_some_and(|rule| rule.leaves_credentials))
            || view
                .calls
                .iter()
                .any(|call| login_rule(view, call).is_some());
        Self {
            names_folder,
            elsewhere,
            other_logins,
        }
    }
}

/// The variable that names Podman's file.
pub(crate) const AUTH_FILE: &str = "REGISTRY_AUTH_FILE";

/// How the path of Docker's file ends when nothing names another folder.
pub(crate) const HOME_FILE: &str = "/.docker/config.json";

/// The folder that a command itself names, as it is written.
pub(crate) fn given<'d>(docker: &DockerCall<'d>) -> Option<&'d str> {
    let mut flags = docker.global_flags();
    let flag = flags.find(|flag| flag.rule.name == "--config");
    if let Some(flag) = flag {
        return docker.raw_value(&flag);
    }
    let mut assignments = docker.call.command().assignments.iter();
    let assigned = assignments.find(|assignment| assignment.name == VARIABLE)?;
    Some(docker.call.raw(&assigned.value))
}

/// The folder that counts for a command.
pub(crate) fn folder(credentials: Credentials, docker: &DockerCall<'_>) -> ConfigFolder {
    let view = docker.view;
    if given(docker).is_some_and(|folder| !folder.is_empty()) {
        return ConfigFolder::Explicit;
    }
    let Some(variable) = view.job.variables.get(VARIABLE) else {
        return match credentials.names_folder {
            true => ConfigFolder::Perhaps,
            false => ConfigFolder::Home,
        };
    };
    let env = view.job.keys.get("env");
    let env = env.map(|env| view.context.documents.resolve(*env));
    let mut slots = variable.slots.iter();
    let everywhere = !view.job.provider.has_steps()
        || slots.any(|(scope, slot)| *scope == Scope::Global || Some(slot.mapping) == env);
    let names = variable
        .value
        .as_deref()
        .is_some_and(|value| !value.is_empty());
    match everywhere && names && !variable.varies {
        true => ConfigFolder::Explicit,
        false => ConfigFolder::Perhaps,
    }
}

/// What the tables say of a call, if it logs in to a registry for Docker.
pub(crate) fn login_rule<'a>(view: &JobView<'a>, call: &Call) -> Option<&'a LoginRule> {
    let words = || {
        let words = call.command().words.iter().skip(1);
        let texts = words.map(|word| view.expand_word(call, word).text);
        texts.collect()
    };
    view.context.rules.login(call.program()?, words)
}
