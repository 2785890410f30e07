//! Programs that a script calls and that Docker's image never had: an image that is only called like Docker's has them,
//! and Podman's has not.

use crate::analysis::{Call, JobPass, JobView};
use crate::collections::HashSet;
use crate::rules::{ImageKind, ids};

use super::draft::Draft;

/// Keeps a job whose image must be more than Docker's.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let Some((ImageKind::Docker { certain: false, .. }, name)) = &pass.evidence.image else {
        return;
    };
    if pass.evidence.own_image.is_some() || !pass.evidence.docker_image() {
        return;
    }
    let view = pass.view;
    let mut brought = HashSet::default();
    let mut lost: Vec<&str> = Vec::new();
    let local = view.calls.iter().filter(|call| !call.is_remote());
    for call in local {
        if let Some(program) = call
            .program()
            .filter(|program| is_foreign(view, call, program))
            && !brought.contains(program)
            && !lost.contains(&program)
        {
            lost.push(program);
        }
        brought.extend(names_in(call));
    }
    if let (Some(image), false) = (&view.job.image, lost.is_empty()) {
        draft.block(
            ids::TOOLBOX_IMAGE,
            view.context.documents.location(image.name.node),
            format!(
                "{name} is called like Docker's image and has more: the script calls {}, which neither Docker's image nor Podman's has",
                lost.join(", ")
            ),
            "give the job an image that carries Podman and these programs, then run again",
        );
    }
}

/// Whether a program is known to be in neither image, or not known at all.
fn is_foreign(view: &JobView<'_>, call: &Call, program: &str) -> bool {
    let rules = view.context.rules;
    let known = match rules.program(program) {
        Some(known) => known.in_docker_image || known.in_podman_image,
        None => is_of_the_shell(program) || rules.is_daemon(program),
    };
    let is_docker = crate::analysis::evidence::calls_docker(call) || program.starts_with("docker-");
    let is_name = program
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte));
    is_name && !known && !is_docker && !view.names().has_function(program)
}

/// What the shell brings itself.
fn is_of_the_shell(program: &str) -> bool {
    matches!(
        program,
        "." | ":"
            | "alias"
            | "bg"
            | "break"
            | "builtin"
            | "cd"
            | "command"
            | "continue"
            | "declare"
            | "enable"
            | "eval"
            | "exec"
            | "exit"
            | "export"
            | "fg"
            | "getopts"
            | "hash"
            | "jobs"
            | "let"
            | "local"
            | "popd"
            | "pushd"
            | "read"
            | "readonly"
            | "return"
            | "set"
            | "shift"
            | "shopt"
            | "source"
            | "times"
            | "trap"
            | "type"
            | "typeset"
            | "ulimit"
            | "umask"
            | "unalias"
            | "unset"
            | "wait"
            | "bash"
            | "ash"
            | "busybox"
    )
}

/// What a command speaks of: a program that stands there may be what it brings (`apk add helm`, `curl .../kubectl`).
fn names_in(call: &Call) -> impl Iterator<Item = &str> {
    let command = call.command();
    let words = command.words.iter().skip(1).map(|word| call.raw(word));
    let targets = command
        .redirects
        .iter()
        .filter_map(|one| one.target.as_ref());
    let only_printed = matches!(call.program(), Some("echo" | "printf"));
    let texts = words.chain(targets.map(|word| call.raw(word)));
    texts.filter(move |_| !only_printed).flat_map(|text| {
        let whole = text.split(|one: char| !(one.is_ascii_alphanumeric() || "_-.".contains(one)));
        let parts = text.split(|one: char| !(one.is_ascii_alphanumeric() || one == '_'));
        whole.chain(parts)
    })
}
