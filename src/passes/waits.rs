//! Loops that wait for the daemon: nothing has to be waited for, and some would never end.

use std::ops::Range;

use crate::shell::{Connector, Nesting};

use super::context::{Call, JobView};
use super::draft::Draft;
use super::evidence::calls_docker;
use super::job::JobPass;
use super::script_edit::replace;

/// Replaces each loop by one `podman info`, so that a runner that cannot run Podman fails early.
pub(super) fn run(pass: &mut JobPass<'_>, draft: &mut Draft) {
    for index in 0..pass.view.calls.len() {
        if pass.replaced.contains(&index) {
            continue;
        }
        let call = &pass.view.calls[index];
        let nesting = call.command().place.nesting.last();
        let condition = matches!(
            nesting,
            Some(Nesting::UntilCondition | Nesting::WhileCondition)
        );
        let counted =
            matches!(nesting, Some(Nesting::For)) && breaks_when_it_works(pass.view, index);
        let waits = condition || counted;
        if !waits || call.is_remote() {
            continue;
        }
        let engine = asks_engine(pass, call);
        if !asks_docker(call) && !engine {
            continue;
        }
        let at = pass.view.at_command(call);
        let keywords: &[&str] = if counted {
            &["for"]
        } else {
            &["until", "while"]
        };
        let Some(range) = loop_around(call, keywords) else {
            continue;
        };
        let inside: Vec<usize> = (0..pass.view.calls.len())
            .filter(|other| {
                let other = &pass.view.calls[*other];
                other.line == call.line
                    && range.start <= other.command().span.start
                    && other.command().span.end <= range.end
            })
            .collect();
        let only_waits = inside.iter().all(|other| {
            let other = &pass.view.calls[*other];
            asks_docker(other)
                || asks_engine(pass, other)
                || matches!(
                    other.program(),
                    Some(
                        "sleep"
                            | "echo"
                            | "printf"
                            | "["
                            | "test"
                            | "true"
                            | ":"
                            | "let"
                            | "expr"
                            | "exit"
                            | "break"
                            | "date"
                            | "seq"
                    )
                )
        });
        if !only_waits {
            if engine {
                draft.block(
                    "engine-api",
                    at,
                    "this loop waits for Docker's engine and does more than that",
                    "take the waiting out of the script, then run again",
                );
            }
            continue;
        }
        let why = draft.note(
            "wait-loop",
            at,
            "there is no daemon to wait for; `podman info` fails at once where Podman cannot run",
        );
        replace(pass.view, call, range, "podman info", draft, why);
        pass.replaced.extend(inside);
    }
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
        && pass
            .evidence
            .hosts
            .iter()
            .any(|host| text.contains(host.as_str()));
    port || text.contains("docker.sock")
        || text.contains("/certs/")
        || text.contains("DOCKER_CERT_PATH")
        || text.contains("DOCKER_TLS_CERTDIR")
        || text.contains("DOCKER_HOST")
}

/// `docker info && break`: the loop ends as soon as the daemon answers.
fn breaks_when_it_works(view: &JobView<'_>, index: usize) -> bool {
    let call = &view.calls[index];
    let next = view.calls.get(index + 1);
    call.command().place.followed_by == Some(Connector::And)
        && next.is_some_and(|next| next.line == call.line && next.program() == Some("break"))
}

/// From the keyword in front of a command to its `done`; nothing if another loop lies within.
fn loop_around(call: &Call, keywords: &[&str]) -> Option<Range<usize>> {
    let text = call.text();
    let span = &call.command().span;
    let before = text.get(..span.start)?;
    let start = keywords
        .iter()
        .filter_map(|word| last_word(before, word))
        .max()?;
    let after = text.get(span.end..)?;
    let done = first_word(after, "done")?;
    let within = [&text[start + 1..span.start], &after[..done]];
    let another = ["until", "while", "for"]
        .iter()
        .any(|word| within.iter().any(|part| first_word(part, word).is_some()));
    (!another).then(|| start..span.end + done + "done".len())
}

/// Whether a word stands where the shell takes it for a keyword: at the start of a command.
fn is_word(text: &str, start: usize, word: &str) -> bool {
    let ends = text[start + word.len()..].chars().next();
    let free = ends.is_none_or(|letter| {
        letter.is_whitespace() || matches!(letter, ';' | '&' | '|' | ')' | '"' | '\'')
    });
    let before = text[..start].trim_end_matches([' ', '\t']);
    let opens = before.is_empty()
        || before.ends_with(['\n', ';', '&', '|', '(', '{', '"', '\''])
        || ["do", "then", "else", "!", "time"].iter().any(|keyword| {
            before
                .strip_suffix(keyword)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with([' ', '\n', ';', '\t']))
        });
    free && opens
}

fn last_word(text: &str, word: &str) -> Option<usize> {
    text.rmatch_indices(word)
        .map(|(start, _)| start)
        .find(|start| is_word(text, *start, word))
}

fn first_word(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word)
        .map(|(start, _)| start)
        .find(|start| is_word(text, *start, word))
}
