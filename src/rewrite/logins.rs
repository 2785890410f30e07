//! Other programs than docker that log in to registries for it: some write its file, some call its command.

use crate::analysis::credentials::login_rule;
use crate::analysis::text::mentions;
use crate::analysis::{Call, JobPass, JobView, machine};
use crate::collections::HashMap;
use crate::rules::{LoginRule, LoginWay, ids};

use super::draft::Draft;
use super::{script_edit, setup};

/// Says of each such call what it comes to, and gives it podman where it takes one.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = pass.view;
    let mut free = HashMap::default(); // a script may call such a program a thousand times
    for call in view.calls.iter().filter(|call| !call.is_remote()) {
        let Some(rule) = login_rule(view, call) else {
            continue;
        };
        let at = view.at_command(call);
        let name = format!("`{} {}`", call.program().unwrap_or_default(), rule.words());
        match rule.is {
            LoginWay::File => {
                let why = &rule.why;
                let message =
                    format!("{name} leaves its login in Docker's file, which Podman reads: {why}");
                draft.note(ids::LOGIN_BY_PROGRAM, at, message);
            }
            LoginWay::Docker if machine::is_of_its_own(pass) => {
                let message = format!(
                    "{name} logs in with the machine's docker, and leaves that in the file which Podman reads, too"
                );
                draft.note(ids::LOGIN_BY_PROGRAM, at, message);
            }
            LoginWay::Docker => {
                let variable = rule.variable.as_deref().filter(|variable| {
                    *free
                        .entry(*variable)
                        .or_insert_with(|| is_free(view, variable))
                });
                by_docker(pass, call, rule, (&name, variable), draft);
            }
            LoginWay::Gap => draft.block(
                ids::HIDDEN_DOCKER,
                at,
                format!("{name} {}", rule.why),
                rule.instead.as_deref().unwrap_or("the job stays on Docker"),
            ),
        }
    }
}

/// A login that calls docker, where none may be; `variable` may be set to give it podman.
fn by_docker(
    pass: &JobPass<'_>,
    call: &Call,
    rule: &LoginRule,
    (name, variable): (&str, Option<&str>),
    draft: &mut Draft,
) {
    let view = pass.view;
    let at = view.at_command(call);
    let reader = view.context.credential_reader(view.line(call).node);
    if let (None, Some(variable)) = (reader, variable)
        && call.command().wrappers.is_empty()
    {
        let message =
            format!("{name} calls the program that {variable} names, which is set to podman");
        let why = draft.note(ids::LOGIN_BY_PROGRAM, at, message);
        setup::variable(draft, variable, "podman", why);
        return;
    }
    if let (None, Some(word)) = (reader, &rule.word) {
        let message = format!("{name} is told to call podman");
        let why = draft.note(ids::LOGIN_BY_PROGRAM, at, message);
        if let Some(last) = call.command().words.last() {
            let end = last.span.end;
            script_edit::replace(view, call, end..end, format!(" {word}"), draft, why);
        }
        return;
    }
    let help = rule.instead.as_deref();
    let help = help.unwrap_or("log in with podman login, then run again");
    match reader {
        Some(reader) => draft.block(
            ids::LOGIN_BY_PROGRAM,
            at,
            format!("{name}: {}, and {reader} reads what that leaves in Docker's file, which podman does not write", rule.why),
            help,
        ),
        None if view.on_machine() => draft.review(
            ids::LOGIN_BY_PROGRAM,
            at,
            format!("{name}: {}, and nothing shows that the machine has it beside Podman", rule.why),
            help,
        ),
        None => draft.block(
            ids::LOGIN_BY_PROGRAM,
            at,
            format!("{name}: {}, which is not there any more", rule.why),
            help,
        ),
    }
}

/// Whether a variable may be set for the whole job: nothing else sets or reads it, or it is podman already.
fn is_free(view: &JobView<'_>, variable: &str) -> bool {
    let known = view.job.variables.get(variable);
    let set = known.is_some_and(|known| known.value.as_deref() != Some("podman"));
    let mut lines = view.lines.iter();
    !set && !lines.any(|line| mentions(&line.parsed.text, variable))
}
