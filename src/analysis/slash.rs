//! A container's name, in front of which `docker inspect` prints a slash and Podman none.
//! Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1 beside Docker 26.1.

use super::call::Call;
use super::docker_call::DockerCall;
use super::docker_call::behind;

/// Whether what reads the name takes it with a slash and without one.
pub(crate) fn does_not_matter(docker: &DockerCall<'_>) -> bool {
    let mut behind = behind(docker);
    if let Some(next) = behind.next() {
        return strips_at_most_a_slash(next);
    }
    let Some(variable) = variable_of(docker) else {
        return false;
    };
    let lines = docker.view.lines.iter();
    let mut uses = lines.flat_map(|line| uses_of(&line.parsed.text, variable));
    uses.all(|rest| rest.starts_with("#/}") || rest.starts_with("##*/}"))
}

/// `tr -d /`, `sed 's,^/,,'`: nothing else is taken away where there is no slash.
fn strips_at_most_a_slash(call: &Call) -> bool {
    let words = call.command().words.iter().skip(1);
    let words: Vec<&str> = words
        .map(|word| call.raw(word).trim_matches(['"', '\'']))
        .collect();
    match (call.program(), words.as_slice()) {
        (Some("tr"), ["-d", "/"]) => true,
        (Some("sed"), [script] | ["-e" | "-r" | "-E", script]) => is_strip(script),
        (Some("cut"), ["-d/", "-f2"] | ["-d", "/", "-f2"] | ["-d", "/", "-f", "2"]) => true,
        (Some("xargs"), ["basename"] | ["-n1", "basename"]) => true,
        _ => false,
    }
}

/// `s/^\///`, `s,/,,g`.
fn is_strip(script: &str) -> bool {
    if matches!(script, r"s/^\///" | r"s/\///" | r"s/\///g") {
        return true;
    }
    let body = script.strip_prefix('s').unwrap_or_default();
    let parts: Vec<&str> = match body.chars().next() {
        Some(mark) if mark.is_ascii_punctuation() && mark != '/' => body.split(mark).collect(),
        _ => return false,
    };
    matches!(parts.as_slice(), ["", "/" | "^/", "", "" | "g"])
}

/// `NAME` of `NAME=$(docker inspect ...)`.
fn variable_of<'d>(docker: &'d DockerCall<'_>) -> Option<&'d str> {
    let script = docker.call.parsed.script.as_ref().ok()?;
    let span = &docker.call.command().span;
    let mut assignments = script.assignments.iter();
    let one = assignments.find(|one| one.span.start <= span.start && span.end <= one.span.end)?;
    Some(&one.name)
}

/// What follows each use of a variable.
fn uses_of<'t>(text: &'t str, variable: &str) -> impl Iterator<Item = &'t str> {
    let places = text.match_indices('$').map(|(at, _)| at + 1);
    places.filter_map(move |at| {
        let rest = text.get(at..)?;
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let after = rest.strip_prefix(variable)?;
        let joins = |letter: char| letter.is_alphanumeric() || letter == '_';
        (!after.starts_with(joins)).then_some(after)
    })
}
