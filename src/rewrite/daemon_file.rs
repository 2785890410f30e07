//! `/etc/docker/daemon.json`: a script that writes it configures Docker's daemon, and Podman reads it nowhere.

use serde_json::Value;

use crate::analysis::{Call, JobPass, JobView};
use crate::image_name::Expanded;
use crate::rules::{Site, ids};
use crate::shell::{Part, Word};
use crate::text::Location;

use super::dind_service::{registries, setting};
use super::draft::Draft;

/// The end of the file's path; without root it lies below the user's folder.
const FILE: &str = "docker/daemon.json";

/// Other files by which a system starts the daemon.
const OTHERS: [&str; 3] = [
    "/etc/default/docker",
    "/etc/sysconfig/docker",
    "docker.service.d",
];

/// Tells Podman what the file says of registries; a file that cannot be read keeps the job.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = pass.view;
    if pass.evidence.commands.is_empty() {
        return;
    }
    let mut first: Option<Location> = None;
    let mut configuration = Vec::new();
    for (index, call) in view.calls.iter().enumerate() {
        if starts_anew(call) && !view.on_machine() && !call.command().context.tolerated {
            draft.block(
                ids::OWN_DAEMON,
                view.at_command(call),
                "the script starts Docker's daemon as a service of the system, and Podman's image has none",
                "take it out of the script, then run again",
            );
        }
        let at = view.at_command(call);
        if view.on_machine() && !call.is_remote() && makes_room(view, call) {
            of_the_data(at, draft);
        }
        if call.is_remote()
            || !(names(view, call, FILE) || OTHERS.iter().any(|file| names(view, call, file)))
            || only_reads(view, call)
        {
            continue;
        }
        match content(view, index).and_then(|text| serde_json::from_str(&text).ok()) {
            Some(Value::Object(settings)) => {
                configuration.extend(registries_in(pass, &settings, at, draft));
                first.get_or_insert(at);
            }
            _ => draft.block(
                ids::DAEMON_FILE,
                at,
                "the script writes Docker's daemon.json, which Podman does not read, and what it writes is not known here",
                "write what it says of registries to /etc/containers/registries.conf.d, then run again",
            ),
        }
    }
    let documents = view.context.documents;
    for action in view.job.actions.iter().filter(|_| view.on_machine()) {
        let inputs = action.inputs.values();
        let mut inputs = inputs.filter(|node| {
            let text = documents.text(**node);
            text.is_some_and(|text| text.contains(DATA))
        });
        if let Some(node) = inputs.next() {
            of_the_data(documents.location(*node), draft);
        }
    }
    let Some(at) = first.filter(|_| !configuration.is_empty()) else {
        return;
    };
    if view.on_machine() {
        draft.block(
            ids::DAEMON_FILE,
            at,
            "the script tells Docker's daemon of a registry, and on a runner's machine Podman has a file of its own for that",
            "write it to /etc/containers/registries.conf.d in a step before, then run again",
        );
    } else {
        registries(pass, ("11-daemon-json", configuration), at, draft);
    }
}

/// Where Docker keeps its images.
const DATA: &str = "/var/lib/docker";

/// Whether a command puts Docker's data on another disk: `mv /var/lib/docker /mnt`, `mount --bind /mnt/docker /var/lib/docker`.
fn makes_room(view: &JobView<'_>, call: &Call) -> bool {
    matches!(call.program(), Some("mv" | "ln" | "mount" | "rsync")) && names(view, call, DATA)
}

fn of_the_data(at: Location, draft: &mut Draft) {
    draft.review(
        ids::DAEMON_FILE,
        at,
        "Docker's images get another disk here, and Podman keeps its own elsewhere, in the home of the runner's user",
        "see whether they need the room, and name the folder in ~/.config/containers/storage.conf in a step before",
    );
}

/// What the settings of a daemon say of registries, as parts of Podman's file about them.
fn registries_in(
    pass: &JobPass<'_>,
    settings: &serde_json::Map<String, Value>,
    at: Location,
    draft: &mut Draft,
) -> Vec<String> {
    let rules = pass.view.context.rules;
    let mut configuration = Vec::new();
    for (name, value) in settings {
        let flags = [name.clone(), singular(name)];
        let rule = flags
            .iter()
            .find_map(|name| rules.daemon_flag(&format!("--{name}")));
        let Some(rule) = rule else {
            draft.block(
                ids::DAEMON_FILE,
                at,
                format!("the script tells Docker's daemon {name}, and it is not known what Podman would make of it"),
                "the job stays on Docker",
            );
            continue;
        };
        if rule.on == Some(Site::Image) && pass.view.on_machine() {
            draft.review(
                ids::DAEMON_FILE,
                at,
                format!("the script tells Docker's daemon {name}, and nothing tells the machine's Podman so"),
                "see whether the job needs it, and write it for Podman (containers.conf, storage.conf) in a step before",
            );
            continue;
        }
        let values: Vec<&str> = match value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            Value::String(text) => vec![text],
            _ => vec![""],
        };
        for value in values {
            configuration.extend(setting(name, rule, value, at, draft));
        }
    }
    configuration
}

/// `service docker restart`, `systemctl start docker`, `/etc/init.d/docker start`.
fn starts_anew(call: &Call) -> bool {
    let mut words = call.command().words.iter().skip(1);
    match call.program() {
        Some("service" | "systemctl" | "rc-service" | "rc-update" | "initctl") => {
            words.any(|word| matches!(call.raw(word), "docker" | "docker.service" | "dockerd"))
        }
        Some("/etc/init.d/docker") => true,
        _ => false,
    }
}

/// The flag's name for a list's: `registry-mirrors`, `insecure-registries`.
fn singular(name: &str) -> String {
    match name.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => name.strip_suffix('s').unwrap_or(name).to_owned(),
    }
}

/// Whether a word or a redirection of a command names a file, or the text that it writes.
fn names(view: &JobView<'_>, call: &Call, file: &str) -> bool {
    let targets = call.command().redirects.iter();
    let targets = targets.filter_map(|redirect| redirect.target.as_ref());
    let mut words = call.command().words.iter().chain(targets);
    words.any(|word| path(view, call, word).contains(file))
}

/// A word with the variables put in, those of the script too where they are set once.
fn path(view: &JobView<'_>, call: &Call, word: &Word) -> String {
    let text = view.expand_word(call, word).text;
    let Some(name) = text.strip_prefix('$') else {
        return text;
    };
    let value = view.names().set_once(name.trim_matches(['{', '}']));
    value.map_or(text.clone(), str::to_owned)
}

/// Whether a command leaves the file as it is, or takes it away.
fn only_reads(view: &JobView<'_>, call: &Call) -> bool {
    let writes = call.command().redirects.iter().any(|redirect| {
        let mut target = redirect.target.iter();
        redirect.operator.starts_with('>')
            && target.any(|word| {
                let path = path(view, call, word);
                path.contains(FILE) || OTHERS.iter().any(|file| path.contains(file))
            })
    });
    let harmless = matches!(
        call.program(),
        Some(
            "cat"
                | "ls"
                | "rm"
                | "test"
                | "["
                | "[["
                | "stat"
                | "echo"
                | "printf"
                | "grep"
                | "chmod"
                | "chown"
                | "touch"
        )
    );
    harmless && !writes
}

/// What a command writes into the file, if the script shows it.
fn content(view: &JobView<'_>, index: usize) -> Option<String> {
    let call = &view.calls[index];
    let source = match call.program()? {
        "tee" if call.command().context.pipeline.0 > 0 => {
            let before = &view.calls[index.checked_sub(1)?];
            let same = before.line == call.line
                && before.command().context.statement == call.command().context.statement;
            Some(before).filter(|_| same)?
        }
        _ => call,
    };
    let appends = |source: &Call| {
        let mut redirects = source.command().redirects.iter();
        redirects.any(|redirect| redirect.operator == ">>")
    };
    if appends(source) || appends(call) {
        return None;
    }
    printed(view, source)
}

/// A word without its quotes, with the job's variables put in; nothing if the script makes up a part of it.
fn text_of(view: &JobView<'_>, call: &Call, word: &Word) -> Option<String> {
    let mut text = String::new();
    for part in &word.parts {
        match part {
            Part::Literal(_, literal) => text.push_str(literal),
            Part::Variable { range, plain, .. } if *plain => {
                let value = view.expand(call.text().get(range.clone())?);
                text.push_str(&Some(value).filter(|value| !value.unknown)?.text);
            }
            _ => return None,
        }
    }
    Some(text)
}

/// What a command prints, if it is written out.
fn printed(view: &JobView<'_>, call: &Call) -> Option<String> {
    let known = |text: Expanded| (!text.unknown).then_some(text.text);
    let command = call.command();
    let words = command.words.iter().skip(1);
    let mut words = words.map(|word| text_of(view, call, word));
    match call.program()? {
        "echo" => {
            let words: Option<Vec<String>> = words.collect();
            let words = words?.into_iter();
            let text: Vec<String> = words
                .skip_while(|word| matches!(word.as_str(), "-e" | "-n" | "-E" | "-ne" | "-en"))
                .collect();
            Some(text.join(" ").replace("\\n", "\n"))
        }
        "printf" => {
            let format = words.next()??;
            let text = match format.trim_end_matches("\\n") {
                "%s" => words.next()??,
                format if !format.contains('%') => format.to_owned(),
                _ => return None,
            };
            words.next().is_none().then(|| text.replace("\\n", "\n"))
        }
        "cat" | "tee" => {
            let mut redirects = command.redirects.iter();
            let heredoc = redirects.find_map(|redirect| redirect.heredoc.as_ref());
            let Some(heredoc) = heredoc else {
                let mut redirects = command.redirects.iter();
                let string = redirects.find(|redirect| redirect.operator == "<<<")?;
                return text_of(view, call, string.target.as_ref()?);
            };
            let body = call.text().get(heredoc.body.clone())?;
            match heredoc.quoted {
                true => Some(body.to_owned()),
                false => known(view.expand(body)),
            }
        }
        _ => None,
    }
}
