//! Names that a job writes into the machine's `/etc/hosts`. Docker gives each container a file of its own; Podman copies the
//! machine's into it, where a name goes before what the network knows.
//! Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1 beside Docker 26.1; podman-run(1), `base_hosts_file` of containers.conf(5).

use crate::analysis::{Call, DockerCall, JobPass, JobView};
use crate::rules::ids;

use super::draft::Draft;

const HOSTS: &str = "/etc/hosts";

/// Looks for names that mean the container itself in Podman, and another one in Docker.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = pass.view;
    let mut lines = view.lines.iter();
    if !lines.any(|line| line.parsed.text.contains(HOSTS)) {
        return;
    }
    for (index, call) in view.calls.iter().enumerate() {
        if call.is_remote() || !writes(call) {
            continue;
        }
        for name in names(view, index) {
            let Some(by) = asked_for(pass, &name) else {
                continue;
            };
            let message = match name {
                Name::Literal(name) => format!(
                    "the job writes {name} into {HOSTS} with an address of its own machine, Podman copies that file into containers, and {by} is about that name: it would reach itself"
                ),
                Name::Unknown => format!(
                    "the job writes a name into {HOSTS} that is not known here; Podman copies that file into containers, where the name would mean the container itself"
                ),
            };
            draft.block(
                ids::HOSTS_FILE,
                view.at_command(call),
                message,
                "call localhost on the machine in its place, or give the containers names of their own, then run again",
            );
        }
    }
}

/// A name that is written into the file with an address of the machine itself.
enum Name {
    Literal(String),
    /// One that the script makes up when it runs.
    Unknown,
}

/// Whether a command writes into the file.
fn writes(call: &Call) -> bool {
    let is_it = |word: &str| word.trim_matches(['"', '\'']) == HOSTS;
    let mut redirects = call.command().redirects.iter();
    let redirected = redirects.any(|redirect| {
        redirect.operator.starts_with('>')
            && redirect
                .target
                .as_ref()
                .is_some_and(|word| is_it(call.raw(word)))
    });
    let mut words = call.command().words.iter().skip(1);
    let edits = match call.program() {
        Some("tee") => true,
        Some("sed") => call
            .command()
            .words
            .iter()
            .any(|word| call.raw(word).starts_with("-i")),
        _ => false,
    };
    redirected || edits && words.any(|word| is_it(call.raw(word)))
}

/// The names that a command writes with an address of the machine itself. What it writes stands in the command, in its
/// heredoc, or in the command before it.
fn names(view: &JobView<'_>, index: usize) -> Vec<Name> {
    let call = &view.calls[index];
    let place = &call.command().context;
    let before = index.checked_sub(1).map(|before| &view.calls[before]);
    let before = before.filter(|before| {
        place.pipeline.0 > 0
            && before.line == call.line
            && before.command().context.statement == place.statement
    });
    let mut texts: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for source in before.into_iter().chain([call]) {
        if source.program() == Some("cat") && source.command().words.len() > 1 {
            found.push(Name::Unknown); // a file of names
        }
        let words = source.command().words.iter().skip(1);
        let words: Vec<String> = words
            .map(|word| view.expand_word(source, word).text)
            .collect();
        texts.push(words.join(" "));
        let heredocs = source.command().redirects.iter();
        let bodies = heredocs
            .filter_map(|redirect| source.text().get(redirect.heredoc.as_ref()?.body.clone()));
        texts.extend(bodies.map(|body| view.expand(body).text));
        let strings = source.command().redirects.iter();
        let strings = strings.filter(|redirect| redirect.operator == "<<<");
        texts.extend(
            strings.filter_map(|redirect| {
                Some(view.expand_word(source, redirect.target.as_ref()?).text)
            }),
        );
    }
    for line in texts.iter().flat_map(|text| text.split('\n')) {
        // echo -e and sed write a new line as two letters, and a tab, too
        for line in line.replace("\\t", " ").split("\\n") {
            entries(line, &mut found);
        }
    }
    found
}

fn entries(line: &str, found: &mut Vec<Name>) {
    let mut own = false;
    let letters =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    for word in line.split_whitespace() {
        let bare = word.trim_matches(['"', '\'']);
        if is_own_address(bare) {
            own = true;
        } else if !own || matches!(bare, "localhost" | HOSTS) {
            continue;
        } else if bare.contains(['$', '`']) {
            found.push(Name::Unknown);
        } else if !bare.is_empty() && bare.chars().all(letters) {
            found.push(Name::Literal(bare.to_owned()));
        }
    }
}

/// `127.0.0.1`, also behind what sed is told: `$ a 127.0.0.1`, `s/$/127.0.0.1`.
fn is_own_address(word: &str) -> bool {
    let address = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let v4 = address.starts_with("127.") || address == "0.0.0.0";
    v4 && address
        .chars()
        .all(|letter| letter.is_ascii_digit() || letter == '.')
        || address == "::1"
}

/// What container asks for a name: one is called so, and there is another that may call it; or one is told of it.
fn asked_for(pass: &JobPass<'_>, name: &Name) -> Option<String> {
    let mut containers = 0;
    let mut named: Option<String> = None;
    for (index, docker) in pass.known_calls() {
        let command = docker.rule.name.as_str();
        match command {
            "run" | "create" => {
                containers += 1;
                let network = docker
                    .flags()
                    .any(|flag| matches!(flag.rule.name.as_str(), "--network" | "--net"));
                match name {
                    Name::Literal(name) if is_called(docker, name) => {
                        named = Some(command_of(docker))
                    }
                    // what a container is told by that goes before the file
                    Name::Literal(name) if is_added(docker, name) => {}
                    Name::Literal(name) if speaks_of(docker, name) => {
                        return Some(command_of(docker));
                    }
                    Name::Unknown if network => named = Some(command_of(docker)),
                    _ => {}
                }
            }
            "exec" => {
                if let Name::Literal(name) = name
                    && speaks_of(docker, name)
                {
                    return Some(command_of(docker));
                }
            }
            _ if command.starts_with("compose") => {
                let uses = pass.compose_uses();
                let project = uses
                    .iter()
                    .find(|used| used.call == index)
                    .and_then(|used| used.project.as_ref());
                let is_service = match (name, project) {
                    (Name::Literal(name), Some(project)) => project.service(name).is_some(),
                    _ => true,
                };
                if is_service && matches!(command, "compose up" | "compose run" | "compose start") {
                    return Some(command_of(docker));
                }
            }
            _ => {}
        }
    }
    named.filter(|_| containers > 1)
}

fn command_of(docker: &DockerCall<'_>) -> String {
    format!("`docker {}`", docker.rule.name)
}

/// Whether a container has a name.
fn is_called(docker: &DockerCall<'_>, name: &str) -> bool {
    docker.flags().any(|flag| {
        matches!(
            flag.rule.name.as_str(),
            "--name" | "--network-alias" | "--hostname"
        ) && docker.value(flag).is_some_and(|value| value.text == name)
    })
}

/// `--add-host NAME:ADDRESS`.
fn is_added(docker: &DockerCall<'_>, name: &str) -> bool {
    docker.flags_named("--add-host").any(|flag| {
        let value = docker.value(flag).map(|value| value.text);
        value.is_some_and(|value| value.split([':', '=']).next() == Some(name))
    })
}

/// Whether a name stands in the words of a command, and is not just what it gives the container.
fn speaks_of(docker: &DockerCall<'_>, name: &str) -> bool {
    let joins = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let words = docker.words().iter().skip(docker.subcommand.end);
    words.into_iter().any(|word| {
        let text = docker.view.expand_word(docker.call, word).text;
        text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            !before.is_some_and(joins) && !after.is_some_and(joins)
        })
    })
}
