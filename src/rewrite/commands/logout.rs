//! Logouts: Docker's ends well where nobody is logged in, Podman's ends with status 125.
//! Source: ran on Docker 26.1 and Podman 4.3.1, 5.4.2, 5.8.6 and 6.1.1.

use crate::analysis::credentials::{ConfigFolder, folder, given};
use crate::analysis::facts::session;
use crate::analysis::{DockerCall, JobPass};
use crate::pipeline::Phase;
use crate::providers::github::expression;
use crate::rewrite::draft::Draft;
use crate::rewrite::removal;
use crate::rules::ids;
use crate::shell::{Connected, Connector};

use super::parts::Additions;

/// Takes a logout away that leaves a registry where the job never logs in; gives `true` if so.
pub(super) fn goes(pass: &JobPass<'_>, docker: &DockerCall<'_>, draft: &mut Draft) -> bool {
    let rules = pass.view.context.rules;
    let operand = docker.operands().first().copied();
    let registry = operand.map_or_else(String::new, |word| docker.text_of(word).text);
    let registry = session(rules, &registry);
    let known = pass.facts.logins.may_open(&registry);
    let message = match operand {
        _ if known => return false,
        None => {
            "`docker logout` without a registry leaves Docker Hub, where the job never logs in; for Podman that is an error"
        }
        Some(_) if ends_job(docker) => {
            "`docker logout` leaves a registry where the job never logs in; for Podman that is an error"
        }
        Some(_) => return false,
    };
    if pass.credentials().other_logins
        || pass
            .view
            .context
            .is_shared(pass.view.line(docker.call).node)
    {
        return false;
    }
    let why = draft.note(ids::LOGIN_REGISTRY, docker.at(), message);
    removal::remove_command(docker.call, draft, why);
    true
}

fn ends_job(docker: &DockerCall<'_>) -> bool {
    docker.call.phase != Phase::After && !docker.call.command().context.tolerated
}

/// Lets a logout fail where it is not certain that somebody is logged in.
pub(super) fn may_fail(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let place = &docker.call.command().context;
    if place.tolerated || place.background || is_last_of_after_script(pass, index) {
        return;
    }
    // jobs that share the line share what becomes of it, and their logins differ
    let shared = pass
        .view
        .context
        .is_shared(pass.view.line(docker.call).node);
    if !shared && docker.call.phase != Phase::After && is_certain(pass, index, docker) {
        return;
    }
    let message = "nothing shows that somebody is always logged in here: Docker's logout ends well then, Podman's may fail now";
    let why = draft.note(ids::LOGIN_REGISTRY, docker.at(), message);
    let alone = place.connected == Connected::Alone
        && place.followed_by.is_none()
        && place.pipeline.1 == 1
        && !place.negated
        && place.statement_in_body;
    let span = &docker.call.command().span;
    let behind = match alone {
        true => " || true",
        false => " || true; }",
    };
    if !alone {
        docker.replace(span.start..span.start, "{ ", draft, why);
    }
    let last = docker.words().last().map(|word| word.span.end);
    match &mut additions.operand {
        Some(operand) if last == Some(span.end) => operand.push_str(behind),
        _ => docker.replace(span.end..span.end, behind, draft, why),
    }
}

/// Whether no command follows in a script whose end nobody asks for.
fn is_last_of_after_script(pass: &JobPass<'_>, index: usize) -> bool {
    let calls = &pass.view.calls;
    calls[index].phase == Phase::After && index + 1 == calls.len()
}

/// Whether a login to the same registry has always come before, or the job has failed already.
fn is_certain(pass: &JobPass<'_>, index: usize, docker: &DockerCall<'_>) -> bool {
    let view = pass.view;
    let operands = docker.operands();
    let registry = operands.first().map(|word| docker.text_of(*word).text);
    let session = session(view.context.rules, registry.as_deref().unwrap_or_default());
    let Some(login) = pass.facts.logged_in_before(index, &session) else {
        return false;
    };
    let same_file = pass.known_call(login).is_some_and(|login| {
        folder(pass.credentials(), login) != ConfigFolder::Perhaps && given(login) == given(docker)
    });
    let (login, logout) = (&view.calls[login], docker.call);
    let (before, place) = (&login.command().context, &logout.command().context);
    let same_line = login.line == logout.line;
    if !same_file || login.with_sudo() != logout.with_sudo() {
        return false; // the login is kept elsewhere, as root's are
    }
    if same_line && before.statement == place.statement {
        // `docker login && docker push && docker logout`
        return before.nesting == place.nesting
            && before.pipeline.0 + 1 == before.pipeline.1
            && before.connected != Connected::After(Connector::Or)
            && place.connected == Connected::After(Connector::And);
    }
    let stops_script = before.nesting.is_empty()
        && before.pipeline.0 + 1 == before.pipeline.1
        && before.connected == Connected::Alone
        && before.followed_by.is_none()
        && !before.negated
        && !before.background
        && !before.tolerated;
    stops_script
        && (same_line || is_unconditional(pass, login.line) && runs_on_success(pass, logout.line))
}

/// Whether a line runs in every run of the job, and ends it when it fails.
fn is_unconditional(pass: &JobPass<'_>, line: usize) -> bool {
    let view = pass.view;
    let Some(step) = view.step_of(&view.lines[line]) else {
        return true;
    };
    let decides = ["if", "continue-on-error"]
        .iter()
        .any(|key| view.context.documents.value(step, key).is_some());
    step.file == view.job.key.file && !decides
}

/// Whether a line runs only when everything before it went well.
fn runs_on_success(pass: &JobPass<'_>, line: usize) -> bool {
    let view = pass.view;
    let step = view.step_of(&view.lines[line]);
    let condition = step.and_then(|step| view.context.documents.value(step, "if"));
    let text = condition.and_then(|condition| view.context.documents.text(condition));
    !text.is_some_and(expression::asks_status)
}
