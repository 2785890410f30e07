//! What a list of images is made of and called, where a script fills in the words.

use crate::analysis::DockerCall;
use crate::image_name::ImageName;
use crate::providers::github::expression;
use crate::rewrite::draft::Draft;
use crate::shell::{Part, Word};

/// What a list is made of, and what it is called.
pub(super) struct Parts<'a> {
    /// Names that are written in the command, quotes and all.
    pub(super) named: Vec<&'a str>,
    /// Words that the shell makes flags and names of, and how the flag is written.
    pub(super) filled: Vec<(usize, TagFlag)>,
    pub(super) sources: Vec<Source>,
}

/// Images of the new list.
pub(super) enum Source {
    /// The word is one name.
    One(usize),
    /// The shell makes names of the word.
    Several(usize),
}

/// How the flag that names the list is written in a word that the shell fills in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TagFlag {
    /// `-t NAME`
    Short,
    /// `--tag NAME`
    Long,
    /// `--tag=NAME`
    Joined,
}

impl<'a> Parts<'a> {
    pub(super) fn of(docker: &DockerCall<'a>) -> Result<Self, &'static str> {
        let named = docker.flags_named("--tag");
        let mut parts = Self {
            named: named.filter_map(|flag| docker.raw_value(flag)).collect(),
            filled: Vec::new(),
            sources: Vec::new(),
        };
        for index in docker.operands() {
            let word = &docker.words()[index];
            let raw = docker.call.raw(word);
            if !is_list(raw, word) {
                parts.sources.push(Source::One(index));
                continue;
            }
            let made_of = made_of(docker, raw).ok_or(UNKNOWN)?;
            let flag = tag_flag(&made_of)?;
            match (flag, made_of.contains('@')) {
                (Some(flag), false) => parts.filled.push((index, flag)),
                (None, true) => parts.sources.push(Source::Several(index)),
                (None, false)
                    if !made_of.trim().contains(char::is_whitespace) && !raw.contains('(') =>
                {
                    parts.sources.push(Source::One(index));
                }
                _ => return Err(UNKNOWN),
            }
        }
        Ok(parts)
    }
}

pub(super) const UNKNOWN: &str = "the images of the new list are made up when the script runs";

/// Whether the shell may make several words of a word: `$x`, `$(command)`, `"${x[@]}"`.
fn is_list(raw: &str, word: &Word) -> bool {
    if raw.contains("[@]}") || raw.contains("[*]}") {
        return true;
    }
    let quoted = raw.starts_with('"');
    match word.parts.as_slice() {
        [Part::Variable { .. }] => !quoted,
        [Part::Other(_)] => !quoted && !raw.starts_with("${{"),
        _ => false,
    }
}

/// What the script puts into such a word, as it is written.
fn made_of(docker: &DockerCall<'_>, raw: &str) -> Option<String> {
    if let Some(inner) = raw
        .strip_prefix("$(")
        .and_then(|rest| rest.strip_suffix(')'))
    {
        return Some(inner.to_owned());
    }
    let name: String = raw
        .trim_start_matches(['"', '$', '{'])
        .chars()
        .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
        .collect();
    let script = docker.call.parsed.script.as_ref().ok()?;
    let text = docker.call.text();
    let own = script.assignments.iter().filter(|it| it.name == name);
    let mut found: Vec<&str> = own.map(|it| it.value.raw(text)).collect();
    if found.is_empty() {
        let variable = docker.view.job.variables.get(name.as_str())?;
        found.extend(variable.value.as_deref().filter(|_| !variable.varies));
    }
    let written = found.join(" ");
    (!written.trim().is_empty()).then_some(written)
}

/// The flag in what a word is made of; an error if it is not always the same.
fn tag_flag(made_of: &str) -> Result<Option<TagFlag>, &'static str> {
    let short = ["-t ", "-t\"", "-t'"].iter().any(|form| {
        made_of.match_indices(form).any(|(at, _)| {
            !made_of[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '-')
        })
    });
    let joined = made_of.contains("--tag=");
    let long = ["--tag ", "--tag\"", "--tag'"]
        .iter()
        .any(|form| made_of.contains(form));
    match (short, long, joined) {
        (false, false, false) => Ok(None),
        (true, false, false) => Ok(Some(TagFlag::Short)),
        (false, true, false) => Ok(Some(TagFlag::Long)),
        (false, false, true) => Ok(Some(TagFlag::Joined)),
        _ => Err(UNKNOWN),
    }
}

/// Puts the transport in front of each name that the shell makes of a word.
pub(super) fn qualify_all(
    docker: &DockerCall<'_>,
    word: &Word,
    draft: &mut Draft,
    why: usize,
) -> bool {
    let raw = docker.call.raw(word);
    if let Some(array) = raw.find("[@]}") {
        let at = word.span.start + array + "[@]".len();
        docker.replace(at..at, "/#/docker://", draft, why);
        return true;
    }
    if let Some((at, format)) = printf_format(docker, word) {
        let hub = match ImageName::parse(format).is_short() {
            true => "docker.io/",
            false => "",
        };
        docker.replace(at..at, format!("docker://{hub}"), draft, why);
        return true;
    }
    if raw.starts_with('"') || raw.contains("[*]") {
        return false;
    }
    let new = format!("$(printf 'docker://%s ' {raw})");
    docker.replace(word.span.clone(), new, draft, why);
    true
}

/// The format of `$(printf 'NAME@sha256:%s ' *)`, with the place where its name begins.
fn printf_format<'a>(docker: &DockerCall<'a>, word: &Word) -> Option<(usize, &'a str)> {
    let call = docker.call;
    let script = call.parsed.script.as_ref().ok()?;
    let text = call.text();
    let command = script
        .commands
        .iter()
        .find(|command| word.span.start < command.span.start && command.span.end < word.span.end)?;
    let [program, format, ..] = command.words.as_slice() else {
        return None;
    };
    let raw = format.raw(text);
    let inner = raw.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
    let name = inner.trim_end().trim_end_matches("\\n");
    let one = program.value.as_deref() == Some("printf")
        && !name.starts_with('-')
        && !expression::without(name).contains(char::is_whitespace)
        && name.matches('%').count() == 1;
    one.then_some((format.span.start + 1, name))
}
