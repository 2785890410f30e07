//! Variables that only Docker reads go, in the file and in scripts.

use crate::analysis::readers::Readers;
use crate::analysis::text::mentions;
use crate::analysis::{JobPass, readers};
use crate::rules::{Rules, VariableAction, ids};
use crate::text::Location;

use super::draft::{Draft, Instead, Planned, Purpose};
use super::{other_engine, script_edit};

/// Removes what only Docker reads.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    by_the_image(pass, draft);
    in_the_file(pass, draft);
    in_rules(pass, draft);
    in_scripts(pass, draft);
}

/// The entrypoint of Docker's own image says where the daemon is, and a script may read that without setting it.
/// Source: docker-entrypoint.sh of the official image.
fn by_the_image(pass: &JobPass<'_>, draft: &mut Draft) {
    for name in ["DOCKER_HOST", "DOCKER_CERT_PATH"] {
        if pass.evidence.own_daemon()
            && !pass.view.job.variables.contains_key(name)
            && is_read(pass, name)
        {
            reads_engine(name, pass.view.at_job(), draft);
        }
    }
}

/// The job stays because of a command that reads where the engine is.
fn reads_engine(name: &str, at: Location, draft: &mut Draft) {
    draft.block(
        ids::ENGINE_API,
        at,
        format!("a command of this job reads {name}: it speaks to Docker's engine itself"),
        "Podman can offer its own socket (`podman system service`); move the job by hand",
    );
}

fn in_the_file(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let documents = view.context.documents;
    for (name, variable) in &view.job.variables {
        let name: &str = name;
        let at = documents.location(variable.node);
        let value = variable.value.as_deref().unwrap_or_default();
        match action_of(view.context.rules, name) {
            None | Some(VariableAction::Keep(_)) => {
                if points_at_engine(pass, value) && !name.starts_with("DOCKER") {
                    draft.block(
                        ids::ENGINE_API,
                        at,
                        format!("{name} leads a program of this job to Docker's engine"),
                        "Podman can offer its own socket (`podman system service`); move the job by hand",
                    );
                }
                continue;
            }
            Some(VariableAction::Gap(reason)) => {
                if is_off(value) {
                    // switched off: Podman does without anyway
                } else {
                    draft.block(
                        ids::DOCKER_VARIABLE,
                        at,
                        format!("{name}: {reason}"),
                        "the job stays on Docker",
                    );
                    continue;
                }
            }
            Some(VariableAction::Drop(_)) => {}
            Some(VariableAction::Rewrite { .. })
                if says_the_default(name, &view.expand(value).text) => {}
            Some(VariableAction::Rewrite { why: reason, .. }) => {
                draft.block(
                    ids::DOCKER_VARIABLE,
                    at,
                    format!("{name}: {reason}"),
                    "say it in the commands, then run again",
                );
                continue;
            }
        }
        if other_engine::keeps(pass, name, value, at, draft) {
            continue;
        }

        if leads_to_engine(name) && is_read(pass, name) {
            reads_engine(name, at, draft);
            continue;
        }
        let why = draft.note(
            ids::DOCKER_VARIABLE,
            at,
            format!("{name} is read by Docker only"),
        );
        for (_, slot) in &variable.slots {
            draft.plan(Planned {
                file: slot.mapping.file,
                change: slot.removal(),
                purpose: Purpose::EngineVariable,
                instead: None::<Instead>,
                finding: why,
            });
        }
    }
}

/// Engine variables that rules set.
fn in_rules(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for (name, slot) in &view.job.varied {
        if !matches!(
            action_of(view.context.rules, name),
            Some(VariableAction::Drop(_))
        ) {
            continue;
        }
        let at = view.context.documents.location(slot.value);
        let why = draft.note(
            ids::DOCKER_VARIABLE,
            at,
            format!("{name} is read by Docker only"),
        );
        draft.plan(Planned {
            file: slot.mapping.file,
            change: slot.removal(),
            purpose: Purpose::EngineVariable,
            instead: None,
            finding: why,
        });
    }
}

/// What the rules make of a variable.
fn action_of<'a>(rules: &'a Rules, name: &str) -> Option<&'a VariableAction> {
    rules.variable(name).map(|rule| &rule.action)
}

fn is_off(value: &str) -> bool {
    matches!(
        value.to_ascii_lowercase().as_str(),
        "" | "0" | "false" | "no"
    )
}

/// Whether a text is the address of the engine.
fn points_at_engine(pass: &JobPass<'_>, value: &str) -> bool {
    let names_host = |before: &str| {
        let hosts = &pass.evidence.hosts;
        hosts.iter().any(|host| before.ends_with(host.as_str()))
    };
    value.contains("docker.sock")
        || [":2375", ":2376"].iter().any(|port| {
            let mut ports = value.match_indices(port);
            ports.any(|(at, _)| names_host(&value[..at]))
        })
}

/// Variables that lead to Docker's engine: who reads one speaks to it.
pub(super) fn leads_to_engine(name: &str) -> bool {
    matches!(
        name,
        "DOCKER_HOST"
            | "DOCKER_TLS"
            | "DOCKER_TLS_CERTDIR"
            | "DOCKER_TLS_VERIFY"
            | "DOCKER_CERT_PATH"
    )
}

/// Keeps the variables that something which remains still reads: all changes of the job are known now.
pub(super) fn keep_what_is_read(pass: &JobPass<'_>, draft: &mut Draft) {
    let documents = pass.view.context.documents;
    let goes = |planned: &Planned| -> Option<&str> {
        let name = planned.removed_key(documents)?;
        (planned.purpose == Purpose::EngineVariable).then_some(name)
    };
    let mut names: Vec<&str> = draft.changes.iter().filter_map(goes).collect();
    if names.is_empty() {
        return;
    }
    let changes = draft.changes.iter();
    let changes = changes.map(|planned| (planned.file, &planned.change));
    let readers = Readers::of(documents, pass.view.job, changes).and_files(pass.view);
    names.retain(|name| readers.read(name));
    let mut kept = Vec::new();
    draft.changes.retain(|planned| {
        let name = goes(planned).filter(|name| names.contains(name));
        kept.extend(name.map(|name| (planned.finding, name)));
        name.is_none()
    });
    for (finding, name) in kept {
        if let Some(finding) = draft.findings.get_mut(finding) {
            finding.message = format!("{name} stays: what is left of the job still reads it");
        }
    }
}

/// Whether a command that is not docker itself reads a variable, or an assignment does.
fn is_read(pass: &JobPass<'_>, name: &str) -> bool {
    let view = &pass.view;
    let by_command = view.calls.iter().enumerate().any(|(index, call)| {
        // what a docker command is given is looked at there
        if pass.replaced.contains(&index) || crate::analysis::evidence::calls_docker(call) {
            return false;
        }
        let command = call.command();
        let mut files = command
            .redirects
            .iter()
            .filter(|it| it.operator.starts_with('>'));
        let files = files.any(|it| {
            let mut target = it.target.iter().map(|word| call.raw(word));
            it.operator != ">&" && target.any(|name| !name.starts_with("/dev/"))
        });
        let harmless = match call.program() {
            Some("echo" | "printf" | "printenv" | "env") => !call.is_read() && !files,
            Some("unset" | "[" | "test") => true,
            _ => false,
        };
        let declares = matches!(call.program(), Some("export" | "declare" | "local"));
        let mut words = command.words.iter().map(|word| match call.raw(word) {
            raw if declares => raw.split_once('=').map_or("", |(_, value)| value),
            raw => raw,
        });
        let mut given = command.redirects.iter();
        let mut given = given.by_ref().filter_map(|one| one.target.as_ref());
        let mut set = command.assignments.iter();
        !harmless && words.any(|word| mentions(word, name))
            || given.any(|word| mentions(call.raw(word), name))
            || set.any(|assignment| mentions(call.raw(&assignment.value), name))
    });
    by_command || is_handed_on(pass, name) || is_in_another_variable(pass, name)
}

/// `ADDRESS: "$DOCKER_HOST"` among the job's variables.
fn is_in_another_variable(pass: &JobPass<'_>, name: &str) -> bool {
    let view = &pass.view;
    view.job.variables.iter().any(|(other, variable)| {
        let value = variable.value.as_deref().unwrap_or_default();
        view.context.rules.variable(other).is_none() && mentions(value, name)
    })
}

/// `HOST=${DOCKER_HOST#tcp://}`; not `DOCKER_HOST=${DOCKER_HOST:-...}`, and not what a command makes of it.
fn is_handed_on(pass: &JobPass<'_>, name: &str) -> bool {
    pass.view.lines.iter().any(|line| {
        let text = &line.parsed.text;
        let scripts = line.parsed.script.iter();
        let mut set = scripts.flat_map(|script| &script.assignments);
        set.any(|assignment| {
            let value = assignment.value.raw(text);
            assignment.name != name && !value.contains("$(") && mentions(value, name)
        })
    })
}

/// `export DOCKER_HOST=...`, `DOCKER_BUILDKIT=1 docker build`, `unset DOCKER_HOST`.
fn in_scripts(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let rules = view.context.rules;
    for (index, call) in view.calls.iter().enumerate() {
        if pass.replaced.contains(&index) || call.is_remote() {
            continue;
        }
        let command = call.command();
        for assignment in &command.assignments {
            let name = &assignment.name;
            let at = view.at(call, assignment.span.clone());
            if command.words.is_empty() {
                continue;
            }
            stays_in_script(pass, name, call.raw(&assignment.value), at, draft);
            let is_for_docker =
                crate::analysis::evidence::calls_docker(call) || leads_to_engine(name);
            if is_for_docker && matches!(action_of(rules, name), Some(VariableAction::Drop(_))) {
                let why = draft.note(
                    ids::DOCKER_VARIABLE,
                    at,
                    format!("{name} is read by Docker only"),
                );
                let text = call.text();
                let end = text[assignment.span.end..].len()
                    - text[assignment.span.end..].trim_start().len()
                    + assignment.span.end;
                script_edit::replace(view, call, assignment.span.start..end, "", draft, why);
            }
        }
        if matches!(call.program(), Some("export" | "unset" | "declare")) {
            exported(pass, call, draft);
        }
    }
}

/// Whether a command of the job reads a variable, docker's own included.
fn is_read_by_a_line(pass: &JobPass<'_>, name: &str) -> bool {
    let mut lines = pass.view.lines.iter();
    lines.any(|line| {
        let sets = |text: &str| {
            let rest = text.trim_start().strip_prefix("export").unwrap_or(text);
            rest.split_whitespace().all(|word| word == name)
        };
        let mut texts = line.parsed.text.lines();
        texts.any(|text| readers::names(text, name) && !sets(text))
    })
}

/// A variable that a script sets for Docker, and that says something which Podman has to be told otherwise.
fn stays_in_script(pass: &JobPass<'_>, name: &str, value: &str, at: Location, draft: &mut Draft) {
    let value = pass
        .view
        .expand(&crate::analysis::text::unquoted(value))
        .text;
    let (reason, help) = match action_of(pass.view.context.rules, name) {
        Some(VariableAction::Gap(reason)) if !is_off(&value) => (reason, "the job stays on Docker"),
        Some(VariableAction::Rewrite { why, .. }) if !says_the_default(name, &value) => {
            (why, "say it in the commands, then run again")
        }
        _ => return,
    };
    draft.block(ids::DOCKER_VARIABLE, at, format!("{name}: {reason}"), help);
}

/// Whether a variable that Podman does not read asks for what Podman does anyway.
fn says_the_default(name: &str, value: &str) -> bool {
    value.is_empty() || name == "DOCKER_DEFAULT_PLATFORM" && value == "linux/amd64"
}

fn exported(pass: &JobPass<'_>, call: &crate::analysis::context::Call, draft: &mut Draft) {
    let view = &pass.view;
    let words = call.command().words.get(1..).unwrap_or_default();
    let name_of = |word: &crate::shell::Word| {
        call.raw(word)
            .split('=')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let engine = |name: &str| {
        let drops = matches!(
            action_of(view.context.rules, name),
            Some(VariableAction::Drop(_))
        );
        drops && (leads_to_engine(name) || !is_read_by_a_line(pass, name))
    };
    if call.program() != Some("unset") {
        for word in words {
            if let Some((name, value)) = call.raw(word).split_once('=') {
                stays_in_script(pass, name, value, view.at(call, word.span.clone()), draft);
            }
        }
    }
    let ours: Vec<usize> = (0..words.len())
        .filter(|index| engine(&name_of(&words[*index])))
        .collect();
    if ours.is_empty() {
        return;
    }
    let away = ours.iter().any(|index| {
        let word = &words[*index];
        let at = view.at(call, word.span.clone());
        let setting = call.raw(word).split_once('=');
        setting.is_some_and(|(name, value)| {
            other_engine::keeps(
                pass,
                name,
                &crate::analysis::text::unquoted(value),
                at,
                draft,
            )
        })
    });
    if away {
        return;
    }
    let names: Vec<String> = ours.iter().map(|index| name_of(&words[*index])).collect();
    let why = draft.note(
        ids::DOCKER_VARIABLE,
        view.at_command(call),
        format!("{} is read by Docker only", names.join(", ")),
    );
    if ours.len()
        == words
            .iter()
            .filter(|word| !call.raw(word).starts_with('-'))
            .count()
    {
        super::removal::remove_command(call, draft, why);
        return;
    }
    for index in ours {
        let previous = call.command().words[index].span.end;
        script_edit::replace(view, call, previous..words[index].span.end, "", draft, why);
    }
}
