//! Words of a command that the shell fills in: they may hold flags that only Docker has.

use crate::passes::docker_call::DockerCall;
use crate::passes::draft::Draft;
use crate::rules::FlagAction;

/// `"${names[@]/#/--tag=}"`: each element of an array behind one flag, which is Podman's, too.
fn brings_one_flag(docker: &DockerCall<'_>, raw: &str) -> bool {
    let flag = raw
        .strip_prefix("\"${")
        .and_then(|rest| rest.strip_suffix("=}\""))
        .and_then(|rest| rest.split_once("[@]/#/"))
        .and_then(|(_, flag)| docker.rule.flag(flag));
    flag.is_some_and(|flag| {
        matches!(flag.action, FlagAction::Same)
            || matches!(flag.name.as_str(), "--tag" | "--platform") && docker.rule.name == "build"
    })
}

/// `"${options[@]}"` of an array that the same script fills with flags which mean the same to Podman.
fn is_known_array(docker: &DockerCall<'_>, raw: &str) -> bool {
    let Some(name) = raw
        .trim_matches('"')
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix("[@]}"))
    else {
        return false;
    };
    let Ok(script) = &docker.call.parsed.script else {
        return false;
    };
    let mut fills = script
        .assignments
        .iter()
        .filter(|assignment| assignment.name == name)
        .peekable();
    fills.peek().is_some()
        && fills.all(|assignment| {
            let text = assignment.value.raw(docker.call.text());
            let inner = text
                .strip_prefix('(')
                .and_then(|rest| rest.strip_suffix(')'));
            assignment.array && inner.is_some_and(|inner| has_same_flags(docker, inner))
        })
}

/// Whether every flag in the words of an array means the same to Podman; nothing in them may be made up by a command.
fn has_same_flags(docker: &DockerCall<'_>, words: &str) -> bool {
    let flags = words
        .split_whitespace()
        .filter(|word| word.starts_with('-'));
    let same = |word: &str| {
        let name = word.split('=').next().unwrap_or(word);
        let rule = docker.rule.flag(name);
        rule.is_some_and(|flag| matches!(flag.action, FlagAction::Same))
    };
    !words.contains("$(") && !words.contains('`') && flags.into_iter().all(same)
}

/// A word that the shell fills in: it may hold flags.
pub(super) fn opaque(docker: &DockerCall<'_>, word: usize, draft: &mut Draft) {
    let text = docker.text_of(word);
    let raw = docker.call.raw(&docker.words()[word]);
    if brings_one_flag(docker, raw) || is_known_array(docker, raw) {
        return;
    }
    let at = docker.at_words(&(word..word + 1));
    if !text.unknown
        && !text
            .text
            .split_whitespace()
            .any(|word| word.starts_with('-'))
    {
        return; // a name, as far as the file says
    }
    let raw = docker.call.raw(&docker.words()[word]);
    let printed = raw.contains("$(") || raw.contains('`'); // what a command prints are names, as a rule
    let flags: Vec<&str> = text
        .text
        .split_whitespace()
        .filter(|_| !printed)
        .filter(|word| word.starts_with('-'))
        .collect();
    for flag in &flags {
        let name = flag.split('=').next().unwrap_or(flag);
        let same = docker
            .rule
            .flag(name)
            .is_some_and(|flag| matches!(flag.action, FlagAction::Same));
        if !same {
            draft.block(
                "flags-in-variable",
                at,
                format!("a variable brings {name} into this command, and it means something else to Podman"),
                "write the flag into the command, then run again",
            );
            return;
        }
    }
    let last_is_operand = docker.operands().last() == Some(&word) && docker.operands().len() <= 1;
    if flags.is_empty()
        && !last_is_operand
        && matches!(
            docker.rule.name.as_str(),
            "build" | "run" | "create" | "login"
        )
    {
        draft.review(
            "flags-in-variable",
            at,
            "a variable fills in what stands here, and its value is not in this file",
            "see that it holds no flag that only Docker has",
        );
    }
}
