//! What answered at the daemon's name answers at localhost.

use std::ops::Range;

use crate::analysis::evidence::calls_docker;
use crate::analysis::text::mentions;
use crate::analysis::{DockerCall, JobPass, JobView};
use crate::collections::HashSet;
use crate::compose::Value;
use crate::rules::ids;
use crate::yaml::Change;

use super::apart::{Apart, brings_host, is_inside};
use super::draft::{Draft, Instead, Planned, Purpose};

/// Where Podman's containers answer: in the job itself.
const HERE: &str = "localhost";

/// Points addresses of the daemon at the job itself.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    in_variables(pass, draft);
    in_scripts(pass, draft);
    in_assignments(pass, draft);
    in_compose_files(pass, draft);
}

fn in_variables(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let documents = view.context.documents;
    for (name, variable) in &view.job.variables {
        if view.context.rules.variable(name).is_some() {
            continue;
        }
        let Some(value) = &variable.value else {
            continue;
        };
        let found = hosts_in_setting(pass, name, value);
        let mut moved = value.clone();
        for range in found.iter().rev() {
            moved.replace_range(range.clone(), HERE);
        }
        for range in found {
            let at = documents.inside(variable.node, range.clone());
            let why = draft.note(
                ids::DOCKER_HOST_NAME,
                at,
                format!(
                    "{} is no longer there; Podman's containers answer at localhost",
                    &value[range.clone()]
                ),
            );
            let change = Change::ReplaceText {
                node: variable.node.node,
                range,
                text: HERE.to_owned(),
            };
            draft.plan(Planned {
                file: variable.node.file,
                change,
                purpose: Purpose::Text,
                instead: Some(Instead::Variable(name.to_string(), moved.clone())),
                finding: why,
            });
        }
    }
}

/// Where a setting names the daemon: in an address, or as a host by itself (`DB_HOST=docker`).
fn hosts_in_setting(pass: &JobPass<'_>, name: &str, value: &str) -> Vec<Range<usize>> {
    let found = hosts_in(value, &pass.evidence.hosts, false);
    let upper = name.to_ascii_uppercase();
    let ends = ["HOST", "HOSTS", "HOSTNAME"];
    let names_host = ends.iter().any(|end| upper.ends_with(end));
    if !found.is_empty() || !names_host || pass.evidence.daemons.is_empty() {
        return found;
    }
    let mut at = 0;
    let parts = value.split([',', '"', '\'']).map(|part| {
        let start = at;
        at += part.len() + 1;
        start..start + part.len()
    });
    let hosts = &pass.evidence.hosts;
    let is_host = |part: &Range<usize>| hosts.iter().any(|host| *host == value[part.clone()]);
    parts.filter(is_host).collect()
}

/// `HOST=docker` and `URL=http://docker:8080` as statements of their own.
fn in_assignments(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for (index, line) in view.lines.iter().enumerate() {
        let scripts = line.parsed.script.iter();
        for set in scripts.flat_map(|script| &script.assignments) {
            if view.context.rules.variable(&set.name).is_none() {
                let value = set.value.raw(&line.parsed.text);
                let found = hosts_in_setting(pass, &set.name, value);
                for range in shifted(found, set.value.span.start) {
                    in_line(view, index, range, draft);
                }
            }
        }
    }
}

fn in_scripts(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let apart = Apart::of(pass, draft);
    let moved = moved(pass);
    for (index, call) in view.calls.iter().enumerate() {
        if pass.replaced.contains(&index) || call.is_remote() {
            continue;
        }
        let network_client = call
            .program()
            .is_some_and(|program| view.context.rules.is_network_client(program));
        let bare = network_client && !calls_docker(call);
        let command = call.command();
        let text = call.text().get(command.span.clone()).unwrap_or_default();
        let declares = matches!(call.program(), Some("export" | "declare" | "local"));
        let sets = declares || !command.assignments.is_empty();
        if let Some(docker) = pass.known_call(index)
            && is_inside(docker)
        {
            let brings_host = brings_host(pass, docker);
            if apart.is_apart(pass, index, docker) {
                in_a_container(pass, docker, brings_host, &moved, draft);
                continue;
            }
            if brings_host {
                continue; // the container has the name from its command, and keeps it
            }
        }
        if !bare && !sets && !text.contains("://") {
            continue;
        }
        // docker's own flags are its translation's: `docker -H tcp://docker:2375 build`
        let own = pass
            .known_call(index)
            .map_or(1, |docker| docker.subcommand.start.max(1));
        // what the rules know of, the variables pass has
        let known = |name: &str| view.context.rules.variable(name).is_some();
        let in_front = command.assignments.iter().filter(|set| !known(&set.name));
        let in_front = in_front.flat_map(|set| {
            let value = &set.value;
            let found = hosts_in_setting(pass, &set.name, call.raw(value));
            shifted(found, value.span.start)
        });
        let words = command.words.iter().skip(own).flat_map(|word| {
            let raw = call.raw(word);
            let (found, start) = match raw.split_once('=') {
                Some((name, _)) if known(name) => return Vec::new(),
                Some((name, value)) if declares => {
                    (hosts_in_setting(pass, name, value), name.len() + 1)
                }
                _ => (hosts_in(raw, &pass.evidence.hosts, bare), 0),
            };
            shifted(found, word.span.start + start)
        });
        for range in in_front.chain(words) {
            in_line(view, call.line, range, draft);
        }
    }
}

fn shifted(ranges: Vec<Range<usize>>, by: usize) -> Vec<Range<usize>> {
    let ranges = ranges.into_iter();
    ranges
        .map(|range| range.start + by..range.end + by)
        .collect()
}

/// Writes the job's own host in the place of the daemon's; a command that speaks to the engine itself keeps the job.
fn in_line(view: &JobView<'_>, line: usize, range: Range<usize>, draft: &mut Draft) {
    let Some(line) = view.lines.get(line) else {
        return;
    };
    let at = view.context.documents.inside(line.node, range.clone());
    let rest = line.parsed.text.get(range.end..).unwrap_or_default();
    let port = rest.trim_start_matches([':', '"', '\'', ' ']); // `docker:2376`, `nc -z docker 2376`
    if port.starts_with("2375") || port.starts_with("2376") {
        draft.block(
            ids::ENGINE_API,
            at,
            "a command of this job speaks to Docker's engine itself",
            "Podman can offer its own socket (`podman system service`); move the job by hand",
        );
        return;
    }
    let message = "the daemon's name is no longer there; Podman's containers answer at localhost";
    let why = draft.note(ids::DOCKER_HOST_NAME, at, message);
    let change = Change::ReplaceText {
        node: line.node.node,
        range,
        text: HERE.to_owned(),
    };
    draft.change(line.node.file, change, why);
}

/// The variables that hold the daemon's name as a host, by themselves or by another one.
fn moved(pass: &JobPass<'_>) -> HashSet<String> {
    let view = &pass.view;
    let mut all: Vec<(&str, &str)> = Vec::new();
    for (name, variable) in &view.job.variables {
        all.extend(variable.value.as_deref().map(|value| (&**name, value)));
    }
    for line in &view.lines {
        let text = &line.parsed.text;
        if let Ok(script) = &line.parsed.script {
            let commands = script.commands.iter();
            let in_front = commands.clone().flat_map(|command| &command.assignments);
            let set = script.assignments.iter().chain(in_front);
            all.extend(set.map(|set| (set.name.as_str(), set.value.raw(text))));
            let words = commands.flat_map(|command| command.words.iter().skip(1));
            all.extend(words.filter_map(|word| text.get(word.span.clone())?.split_once('=')));
        }
    }
    all.retain(|(name, _)| view.context.rules.variable(name).is_none());
    let holds = |(name, value): &&(&str, &str)| !hosts_in_setting(pass, name, value).is_empty();
    let mut open: Vec<&str> = all.iter().filter(holds).map(|(name, _)| *name).collect();
    let mut found: HashSet<String> = HashSet::default();
    while let Some(name) = open.pop() {
        if found.insert(name.to_owned()) {
            let by_it = all.iter().filter(|(_, value)| mentions(value, name));
            open.extend(by_it.map(|(other, _)| *other));
        }
    }
    found
}

/// A container that is not on the job's network is given the daemon's address: localhost would be itself.
fn in_a_container(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    brings_host: bool,
    moved: &HashSet<String>,
    draft: &mut Draft,
) {
    let hands_on = |raw: &str| moved.iter().any(|name| mentions(raw, name));
    let files = docker.flags_named("--env-file").map(|flag| &flag.words);
    let files = files.filter(|_| !moved.is_empty());
    let named = docker.flags_named("--env").filter(|flag| {
        let value = docker.raw_value(flag).unwrap_or_default();
        moved.contains(value.trim_matches(['"', '\'']))
    });
    let flags = files.chain(named.map(|flag| &flag.words));
    let at_flag = flags.map(|words| docker.at_words(words)).next();
    let mut words = docker.words().iter().skip(docker.subcommand.end);
    let word = words.find(|word| {
        let raw = docker.call.raw(word);
        hands_on(raw) || !brings_host && !hosts_in(raw, &pass.evidence.hosts, false).is_empty()
    });
    let at_word = word.map(|word| docker.view.at(docker.call, word.span.clone()));
    if let Some(at) = at_word.or(at_flag) {
        draft.block(
            ids::DOCKER_HOST_NAME,
            at,
            "a container with a network of its own is told to reach the daemon by its name, which is no longer there, and localhost would be the container itself",
            "put both containers into one network and let them call each other by name, then run again",
        );
    }
}

/// Services of compose files have networks of their own: one that is told to reach the daemon would reach itself.
fn in_compose_files(pass: &JobPass<'_>, draft: &mut Draft) {
    let hosts = &pass.evidence.hosts;
    if hosts.is_empty() {
        return;
    }
    for used in pass.compose_uses() {
        let (Some(project), Some(docker)) = (&used.project, pass.known_call(used.call)) else {
            continue;
        };
        let leads_there = |name: &&String| {
            let Some(service) = project.service(name) else {
                return false;
            };
            let key = |key: &str| service.value(key);
            let on_host = key("network_mode").and_then(Value::text) == Some("host");
            let keys = ["environment", "command", "entrypoint"];
            let keys = keys.iter().filter_map(|name| key(name));
            let mut texts = keys.flat_map(|value| {
                let entries = value.entries().map(|(_, entry)| &entry.value);
                let all = entries.chain(value.items()).chain([value]);
                all.filter_map(Value::written)
            });
            !on_host
                && key("extra_hosts").is_none()
                && texts.any(|text| !hosts_in(text, hosts, false).is_empty())
        };
        if let Some(name) = used.runs.iter().find(leads_there) {
            draft.block(
                ids::DOCKER_HOST_NAME,
                docker.at(),
                format!("the service {name} of the compose file is told to reach the daemon by its name, which is no longer there, and localhost would be its container"),
                "let the services call each other by name, then run again",
            );
            return;
        }
    }
}

/// Where a text names one of the hosts, which are in order: `//docker:80`, `//docker/`, and for programs that take a bare host also `docker` and `docker:80`.
fn hosts_in(text: &str, hosts: &[String], bare: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !bare && !text.contains("://") {
        return found;
    }
    let first_url = text.find("://").unwrap_or(text.len());
    let marks = [':', '/', '"', '\'', '?', ' '];
    let behind_signs = text.match_indices(['/', '@', '"', '\'', ' ', '=']);
    for start in std::iter::once(0).chain(behind_signs.map(|(at, _)| at + 1)) {
        let (before, rest) = text.split_at(start);
        let end = start + rest.find(marks).unwrap_or(rest.len());
        let is_host = |host: &str| {
            hosts
                .binary_search_by(|known| known.as_str().cmp(host))
                .is_ok()
        };
        if !is_host(&text[start..end]) {
            continue;
        }
        let after = &text[end..];
        let port = after.strip_prefix(':').is_some_and(|port| {
            port.starts_with(|letter: char| letter.is_ascii_digit() || letter == '$')
        });
        let url = before.ends_with("://") || before.ends_with('@') && first_url < start;
        let word_start = before.is_empty() || before.ends_with(['"', '\'', ' ', '=']);
        let alone = word_start && (port || after.trim_matches(['"', '\'']).is_empty());
        if url || (bare && alone) {
            found.push(start..end);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hosts that are found, each with its place.
    fn found(text: &str, bare: bool) -> Vec<(usize, String)> {
        let ranges = hosts_in(text, &["docker".to_owned()], bare);
        ranges
            .into_iter()
            .map(|range| (range.start, text[range].to_owned()))
            .collect()
    }

    #[test]
    fn finds_hosts_and_not_images() {
        assert_eq!(
            found("http://docker:8080/x", false),
            [(7, "docker".to_owned())]
        );
        assert!(found("http://docker.example.com/x", false).is_empty());
        assert!(found("docker:27", false).is_empty());
        assert_eq!(found("docker:27", true), [(0, "docker".to_owned())]);
        assert!(found("/docker/x", true).is_empty());
    }
}
