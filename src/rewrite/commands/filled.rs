//! Words of a command that the shell fills in: they may hold flags that only Docker has.

use crate::analysis::DockerCall;
use crate::analysis::facts::pushes;
use crate::analysis::names::{VariableWords, words_of};
use crate::rewrite::draft::Draft;
use crate::rules::{FlagAction, FlagRewrite, ids};

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
    let same = |word: &str| means_the_same(docker, word);
    !words.contains("$(") && !words.contains('`') && flags.into_iter().all(same)
}

/// Whether a flag, with its value if that is in the same word, is Podman's, too, and with the same meaning.
fn means_the_same(docker: &DockerCall<'_>, word: &str) -> bool {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    let Some(flag) = docker.rule.flag(name) else {
        return false;
    };
    let target = docker.view.target(docker.call);
    match flag.for_value(value, target).0 {
        FlagAction::Same => true,
        FlagAction::Rewrite { with, .. } => match with {
            FlagRewrite::Network => value.is_none_or(|value| !value.contains('=')),
            FlagRewrite::ResourceLimit => docker.view.on_machine(),
            _ => false,
        },
        _ => false,
    }
}

/// What the scripts of the job put into the variable that a word is; nothing where it is not just one, or they set none.
fn given<'d>(docker: &'d DockerCall<'_>, raw: &str) -> Option<&'d VariableWords> {
    let name = raw.trim_matches('"').strip_prefix('$')?;
    let name = match name.strip_prefix('{') {
        Some(inner) => inner.strip_suffix('}')?,
        None => name,
    };
    let name = name
        .strip_suffix("[@]")
        .or(name.strip_suffix("[*]"))
        .unwrap_or(name);
    docker.view.names().given(name)
}

/// A flag in a variable which the scripts of the job fill, that cannot stay there: what it says is for a push, for a list of
/// platforms, or for Docker alone.
fn assigned_flag_that_matters(docker: &DockerCall<'_>, raw: &str) -> Option<String> {
    let given = given(docker, raw)?;
    let mut flags = given.flags.iter();
    let flag = flags.find(|flag| !is_fine(docker, flag, given.has_list));
    flag.cloned()
}

/// Whether a flag may come by a variable, in which there may be a list.
fn is_fine(docker: &DockerCall<'_>, word: &str, is_list: bool) -> bool {
    let name = word.split('=').next().unwrap_or(word);
    let Some(rule) = docker.rule.flag(name) else {
        return false;
    };
    let of_build = docker.rule.name == "build";
    match rule.name.as_str() {
        "--tag" if of_build => !pushes(docker),
        "--platform" if of_build => !is_list,
        _ => means_the_same(docker, word),
    }
}

/// Whether every flag that a variable can bring stands in the scripts of the job.
fn is_all_known(docker: &DockerCall<'_>, raw: &str) -> bool {
    given(docker, raw).is_some_and(|given| !given.filled_in)
}

/// Whether a name of a build may be several words: `--tag $NAMES`.
pub(super) fn is_several(docker: &DockerCall<'_>, raw: &str) -> bool {
    let known = docker.view.expand(raw).text;
    let in_script = given(docker, raw).is_some_and(|given| given.several);
    !raw.starts_with('"') && raw.starts_with('$') && (in_script || words_of(&known).len() > 1)
}

/// A word that the shell fills in: it may hold flags.
pub(super) fn opaque(docker: &DockerCall<'_>, word: usize, draft: &mut Draft) {
    let text = docker.text_of(word);
    let raw = docker.call.raw(&docker.words()[word]);
    let at = docker.at_words(&(word..word + 1));
    if let Some(flag) = assigned_flag_that_matters(docker, raw) {
        draft.block(
            ids::FLAGS_IN_VARIABLE,
            at,
            format!("a variable of the script brings {flag} into this command, and there it means something else to Podman"),
            "write the flag into the command, then run again",
        );
        return;
    }
    if brings_one_flag(docker, raw) || is_known_array(docker, raw) {
        return;
    }
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
        if !is_fine(docker, flag, text.text.contains(',')) {
            draft.block(
                ids::FLAGS_IN_VARIABLE,
                at,
                format!("a variable brings {name} into this command, and it means something else to Podman"),
                "write the flag into the command, then run again",
            );
            return;
        }
    }
    if flags.is_empty() && is_all_known(docker, raw) {
        return;
    }
    let last_is_operand = docker.operands().last() == Some(&word) && docker.operands().len() <= 1;
    if flags.is_empty() && !last_is_operand && pushes(docker) {
        draft.block(
            ids::FLAGS_IN_VARIABLE,
            at,
            "a variable fills in what stands here, its value is not in this file, and a name that it brings would not be pushed",
            "write the names with --tag into the command, then run again",
        );
        return;
    }
    if flags.is_empty()
        && !last_is_operand
        && matches!(
            docker.rule.name.as_str(),
            "build" | "run" | "create" | "login"
        )
    {
        draft.review(
            ids::FLAGS_IN_VARIABLE,
            at,
            match raw.contains("matrix.") {
                true => "the matrix fills in what stands here, and may bring flags",
                false => "a variable fills in what stands here, and its value is not in this file",
            },
            "see that it holds no flag that only Docker has",
        );
    }
}
