//! What answered at the daemon's name answers at localhost.

use std::ops::Range;

use crate::yaml::Change;

use super::draft::{Draft, Instead, Planned, Purpose};
use super::evidence::calls_docker;
use super::job::JobPass;
use super::script_edit;

/// Where Podman's containers answer: in the job itself.
const HERE: &str = "localhost";

/// Points addresses of the daemon at the job itself.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    in_variables(pass, draft);
    in_scripts(pass, draft);
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
        let mut found = hosts_in(value, &pass.evidence.hosts, false);
        let upper = name.to_ascii_uppercase();
        let names_host = upper.ends_with("HOST") || upper.ends_with("HOSTNAME");
        if found.is_empty()
            && names_host
            && pass.evidence.hosts.iter().any(|host| host == value)
            && !pass.evidence.daemons.is_empty()
        {
            found.push(0..value.len());
        }
        let mut moved = value.clone();
        for range in found.iter().rev() {
            moved.replace_range(range.clone(), HERE);
        }
        for range in found {
            let at = documents.inside(variable.node, range.clone());
            let why = draft.note(
                "docker-host-name",
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

fn in_scripts(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for (index, call) in view.calls.iter().enumerate() {
        if pass.replaced.contains(&index) || call.is_remote() {
            continue;
        }
        let network_client = call
            .program()
            .is_some_and(|program| view.context.rules.is_network_client(program));
        let bare = network_client && !calls_docker(call);
        let command = call.command();
        if !bare && !call.text()[command.span.clone()].contains("://") {
            continue;
        }
        // docker's own flags are its translation's: `docker -H tcp://docker:2375 build`
        let own = pass
            .known_call(index)
            .map_or(1, |docker| docker.subcommand.start.max(1));
        // what the rules know of, the variables pass has
        let known = |name: &str| view.context.rules.variable(name).is_some();
        let assignments = command.assignments.iter();
        let set = assignments.filter(|assignment| !known(&assignment.name));
        let words = command.words.iter().skip(own);
        let words = words.chain(set.map(|assignment| &assignment.value));
        for word in words {
            let raw = call.raw(word);
            let name = raw.split('=').next().unwrap_or_default();
            if name != raw && known(name) {
                continue;
            }
            for range in hosts_in(raw, &pass.evidence.hosts, bare) {
                let range = word.span.start + range.start..word.span.start + range.end;
                let at = view.at(call, range.clone());
                let rest = &call.text()[range.end..];
                if rest.starts_with(":2375") || rest.starts_with(":2376") {
                    draft.block(
                        "engine-api",
                        at,
                        "a command of this job speaks to Docker's engine itself",
                        "Podman can offer its own socket (`podman system service`); move the job by hand",
                    );
                    continue;
                }
                let why = draft.note(
                    "docker-host-name",
                    at,
                    "the daemon's name is no longer there; Podman's containers answer at localhost",
                );
                script_edit::replace(view, call, range, HERE, draft, why);
            }
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
