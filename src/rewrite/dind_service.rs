//! The Docker daemon beside the job goes; what its flags were meant for stays.

use crate::analysis::JobPass;
use crate::pipeline::Phase;
use crate::rules::{DaemonFlag, DaemonFlagHandling, ids};
use crate::text::Location;

use super::draft::{Draft, Instead, Planned, Purpose};
use super::removal::remove_command;
use super::script_edit::{first_line, insert_in_front};

/// Removes dind services, and daemons that the script starts.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    started(pass, draft);
    let Some(services) = &pass.view.job.services else {
        return;
    };
    let documents = pass.view.context.documents;
    let all = services.items.len() == pass.evidence.daemons.len();
    for index in &pass.evidence.daemons {
        let service = &services.items[*index];
        let at = documents.location(service.name);
        let why = draft.note(
            ids::DIND_SERVICE,
            at,
            "Podman needs no daemon beside the job",
        );
        draft.plan(Planned {
            file: service.item.0.file,
            change: super::actions::removal_of(pass.view, service.item),
            purpose: Purpose::Text,
            instead: all.then(|| Instead::Services(Vec::new())),
            finding: why,
        });
        flags(pass, &service.arguments, at, draft);
    }
}

/// `dockerd --mtu 1400 &`
fn started(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for index in &pass.evidence.started {
        let call = &view.calls[*index];
        let at = view.at_command(call);
        let why = draft.note(ids::DIND_SERVICE, at, "Podman needs no daemon in the job");
        remove_command(call, draft, why);
        let words = call.command().words.iter().skip(1);
        let arguments: Vec<String> = words
            .map(|word| view.expand_word(call, word).text)
            .collect();
        flags(pass, &arguments, at, draft);
    }
}

/// What the daemon was told.
fn flags(pass: &JobPass<'_>, arguments: &[String], at: Location, draft: &mut Draft) {
    let view = &pass.view;
    let mut words = arguments
        .iter()
        .flat_map(|argument| argument.split_whitespace())
        .peekable();
    let mut configuration: Vec<String> = Vec::new();
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        if !name.starts_with('-') {
            continue;
        }
        let rule = view.context.rules.daemon_flag(name);
        if rule.is_none() && !name.starts_with("--") {
            continue; // a flag of what starts the daemon, such as env
        }
        let Some(rule) = rule else {
            draft.warn(
                ids::DAEMON_FLAG,
                at,
                format!(
                    "the daemon's {name} is lost: it is not known what Podman would make of it"
                ),
            );
            continue;
        };
        let value = match value {
            None if rule.value => words
                .next_if(|next| !next.starts_with('-'))
                .map(str::to_owned),
            value => value,
        };
        let value = value.unwrap_or_default();
        let value = value.trim_matches(['"', '\'']);
        configuration.extend(setting(name, rule, value, at, draft));
    }
    registries(pass, ("10-ci", configuration), at, draft);
}

/// One setting of the daemon: what it says of registries, as a part of Podman's file about them. Anything else is said.
pub(super) fn setting(
    name: &str,
    rule: &DaemonFlag,
    value: &str,
    at: Location,
    draft: &mut Draft,
) -> Option<String> {
    match rule.is {
        DaemonFlagHandling::InsecureRegistry => Some(format!(
            "[[registry]]\\nlocation = \"{value}\"\\ninsecure = true\\n"
        )),
        DaemonFlagHandling::RegistryMirror => {
            let insecure = if value.starts_with("http://") {
                "insecure = true\\n"
            } else {
                ""
            };
            let host = value
                .split("://")
                .last()
                .unwrap_or(value)
                .trim_end_matches('/');
            Some(format!(
                "[[registry]]\\nprefix = \"docker.io\"\\nlocation = \"docker.io\"\\n[[registry.mirror]]\\nlocation = \"{host}\"\\n{insecure}"
            ))
        }
        DaemonFlagHandling::Gap => {
            draft.block(
                ids::DAEMON_FLAG,
                at,
                format!("the daemon's {name}: {}", rule.why),
                "the job stays on Docker",
            );
            None
        }
        DaemonFlagHandling::Drop => {
            draft.note(
                ids::DAEMON_FLAG,
                at,
                format!("the daemon's {name} goes: {}", rule.why),
            );
            None
        }
    }
}

/// Tells Podman of registries what the daemon was told, in a file of this name.
pub(super) fn registries(
    pass: &JobPass<'_>,
    (name, configuration): (&str, Vec<String>),
    at: Location,
    draft: &mut Draft,
) {
    let view = pass.view;
    if configuration.is_empty() {
        return;
    }
    if configuration
        .iter()
        .any(|text| text.contains(['$', '\'', '%']))
    {
        draft.block(
            ids::DAEMON_FLAG,
            at,
            "the daemon is told of a registry by a variable, and Podman reads that from a file",
            "write the registry out, or write /etc/containers/registries.conf.d by hand",
        );
        return;
    }
    let why = draft.note(
        ids::DAEMON_FLAG,
        at,
        "Podman reads from a file what the daemon was told of registries",
    );
    let line = format!(
        "printf '{}' > /etc/containers/registries.conf.d/{name}.conf",
        configuration.concat()
    );
    match first_line(view, &[Phase::Before, Phase::Main]) {
        Some(first) => insert_in_front(view, first, &[line], Purpose::Setup, draft, why),
        None => draft.block(
            ids::DAEMON_FLAG,
            at,
            "the job has no script that could tell Podman of its registry",
            "move the job by hand",
        ),
    }
}
