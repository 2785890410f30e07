//! Loops that wait for the daemon: nothing has to be waited for, and some would never end.

use std::ops::Range;

use crate::analysis::evidence::calls_docker;
use crate::analysis::text::mentions;
use crate::analysis::{Call, JobPass, JobView, LineView};
use crate::rules::ids;
use crate::shell::{Compound, CompoundKind, Connector, Nesting, Script};

use super::draft::Draft;
use super::script_edit::replace;

/// Replaces each loop by one `podman info`, so that a runner that cannot run Podman fails early.
pub(super) fn run(pass: &mut JobPass<'_>, draft: &mut Draft) {
    let view = pass.view;
    for (index, line) in view.lines.iter().enumerate() {
        let Ok(script) = &line.parsed.script else {
            continue;
        };
        for (place, compound) in script.compounds.iter().enumerate() {
            let behind = script.compounds.iter().skip(place + 1);
            let inner = behind.take_while(|inner| inner.span.start < compound.span.end);
            let inner: Vec<&Compound> = inner.collect();
            if is_loop(compound) && !inner.iter().any(|inner| is_loop(inner)) {
                wait_loop(pass, (index, line, script), (compound, &inner), draft);
            }
        }
    }
}

fn is_loop(compound: &Compound) -> bool {
    matches!(
        compound.kind,
        CompoundKind::While | CompoundKind::Until | CompoundKind::For
    )
}

/// Replaces a loop if it waits for the daemon and does nothing else.
fn wait_loop(
    pass: &mut JobPass<'_>,
    (index, line, script): (usize, &LineView, &Script),
    (compound, inner): (&Compound, &[&Compound]),
    draft: &mut Draft,
) {
    let view = pass.view;
    let span = &compound.span;
    let inside = view.calls_in(index, span);
    let asks = inside.clone().find(|call| {
        !pass.replaced.contains(call) && waits(pass, (compound, inner), *call, inside.clone())
    });
    let Some(asks) = asks else { return };
    let call = &view.calls[asks];
    if call.is_remote() {
        return;
    }
    let at = view.at_command(call);
    let only_waits = view.calls[inside.clone()]
        .iter()
        .all(|other| asks_docker(other) || asks_engine(pass, other) || is_idle(other));
    if !only_waits || result_is_used(view, index, line, script, compound) {
        if asks_engine(pass, call) {
            draft.block(
                ids::ENGINE_API,
                at,
                "this loop waits for Docker's engine and does more than that",
                "take the waiting out of the script, then run again",
            );
        }
        return;
    }
    let why = draft.note(
        ids::WAIT_LOOP,
        at,
        "there is no daemon to wait for; `podman info` fails at once where Podman cannot run",
    );
    replace(view, call, span.clone(), "podman info", draft, why);
    pass.replaced.extend(inside);
}

/// Whether a loop ends as soon as a command of it succeeds, which asks for the daemon.
fn waits(
    pass: &JobPass<'_>,
    (compound, inner): (&Compound, &[&Compound]),
    call: usize,
    inside: Range<usize>,
) -> bool {
    let view = pass.view;
    let calls = &view.calls[inside];
    let call = &view.calls[call];
    let docker = asks_docker(call);
    if !docker && !asks_engine(pass, call) {
        return false;
    }
    let place = &call.command().context;
    match place.nesting.get(compound.context.nesting.len()..) {
        // `while docker info` waits for nothing
        Some([Nesting::WhileCondition]) => !docker || place.negated,
        Some([Nesting::UntilCondition]) => !docker || !place.negated,
        // `while ! ( nc localhost 2376 )`
        Some(
            [
                Nesting::WhileCondition | Nesting::UntilCondition,
                Nesting::Subshell | Nesting::Group,
            ],
        ) => !docker,
        Some([Nesting::For | Nesting::LoopBody]) => {
            // `docker info && break`
            let next = calls
                .iter()
                .find(|next| next.command().span.start >= call.command().span.end);
            !place.negated
                && place.followed_by == Some(Connector::And)
                && next.is_some_and(|next| next.program() == Some("break"))
        }
        Some([Nesting::For | Nesting::LoopBody, Nesting::IfCondition]) => {
            // `if docker info; then break; fi`, `if ! docker info; then sleep 1; else break; fi`
            let condition = inner.iter().find(|inner| {
                inner.kind == CompoundKind::If
                    && inner.context.nesting.len() + 1 == place.nesting.len()
                    && inner
                        .lists
                        .first()
                        .is_some_and(|list| holds(list, &call.command().span))
            });
            let branch = condition.and_then(|inner| match (place.negated, &inner.lists[..]) {
                (false, [_, then, ..]) => Some(then),
                (true, [_, _, otherwise]) => Some(otherwise),
                _ => None,
            });
            branch.is_some_and(|branch| {
                calls.iter().any(|other| {
                    other.program() == Some("break") && holds(branch, &other.command().span)
                })
            })
        }
        _ => false,
    }
}

fn holds(list: &Range<usize>, span: &Range<usize>) -> bool {
    list.start <= span.start && span.end <= list.end
}

/// Whether something behind a loop looks at a variable that the loop sets.
fn result_is_used(
    view: &JobView<'_>,
    index: usize,
    line: &LineView,
    script: &Script,
    compound: &Compound,
) -> bool {
    let text = &*line.parsed.text;
    let set = script
        .assignments
        .iter()
        .filter(|assignment| holds(&compound.span, &assignment.span))
        .map(|assignment| assignment.name.as_str());
    let counter = match compound.kind {
        CompoundKind::For => text
            .get(compound.span.clone())
            .and_then(|text| text.split_whitespace().nth(1)),
        _ => None,
    };
    let behind = text.get(compound.span.end..).unwrap_or_default();
    set.chain(counter).any(|name| {
        mentions(behind, name) || view.names().is_read_from(&view.lines, index + 1, name)
    })
}

/// Whether a command does nothing that is missed when it does not run.
fn is_idle(call: &Call) -> bool {
    matches!(
        call.program(),
        Some(
            "sleep"
                | "echo"
                | "printf"
                | "["
                | "test"
                | "true"
                | "false"
                | ":"
                | "let"
                | "expr"
                | "exit"
                | "break"
                | "continue"
                | "date"
                | "seq"
        )
    )
}

/// `docker info`, `docker version`, `docker ps`: questions to the daemon.
fn asks_docker(call: &Call) -> bool {
    calls_docker(call)
        && call
            .command()
            .words
            .iter()
            .skip(1)
            .filter_map(|word| word.value.as_deref())
            .find(|word| !word.starts_with('-'))
            .is_some_and(|verb| matches!(verb, "info" | "version" | "ps" | "images" | "system"))
}

/// A question to the daemon's port, socket or certificates.
fn asks_engine(pass: &JobPass<'_>, call: &Call) -> bool {
    let text = &call.text()[call.command().span.clone()];
    let port = (text.contains("2375") || text.contains("2376"))
        && (!pass.evidence.started.is_empty()
            || pass
                .evidence
                .hosts
                .iter()
                .any(|host| text.contains(host.as_str())));
    port || text.contains("docker.sock")
        || text.contains("/certs/")
        || text.contains("DOCKER_CERT_PATH")
        || text.contains("DOCKER_TLS_CERTDIR")
        || text.contains("DOCKER_HOST")
}
