//! Compose: docker-compose over a socket that Podman itself offers inside of the job.

use std::rc::Rc;

use crate::analysis::compose_files::composer;
use crate::analysis::compose_use::ComposeUse;
use crate::analysis::evidence::{PODMAN_SOCKET, compose_word};
use crate::analysis::{Call, DockerCall, JobPass, Unclear};
use crate::collections::HashSet;
use crate::compose::Value;
use crate::options::ComposeProvider;
use crate::pipeline::Phase;
use crate::repository::slashed;
use crate::rules::{Becomes, ids};
use crate::shell::Nesting;
use crate::text::Location;
use crate::yaml::{Change, New};

use super::draft::{Draft, Planned, Purpose};
use super::script_edit::{insert_in_front, replace};
use super::setup;

/// Offers the socket. Without the redirection the service would keep the job's output open and the job would never end.
/// It ends with the shell of `script`, so `after_script` starts it again. Source: ran on Podman 5.4.2.
const SERVICE: &str =
    "podman system service --time=0 \"$DOCKER_HOST\" >/tmp/podman-service.log 2>&1 &";

/// Waits until the socket answers: the file alone may be left from an earlier service.
const ANSWERS: &str = "until docker-compose ls >/dev/null 2>&1; do sleep 1; done";

/// Moves compose commands, always for a person to look at: what the compose file asks for is not all seen here.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let calls: Vec<&Call> = pass
        .docker_calls()
        .filter(|(index, docker)| is_compose(&view.calls[*index], docker))
        .map(|(index, _)| &view.calls[index])
        .collect();
    let Some(first) = calls.first() else { return };
    let at = view.at_command(first);
    if !pass.evidence.docker_image() && !view.on_machine() {
        return; // the image pass says why the job stays
    }
    review(pass, at, draft);
    if view.on_machine() {
        return on_machine(pass, &calls, draft);
    }
    let provider = view.context.options.compose;
    for call in &calls {
        let words = &call.command().words;
        let why = draft.note(
            ids::COMPOSE,
            view.at_command(call),
            "compose runs over Podman",
        );
        match provider {
            ComposeProvider::DockerCompose if call.program() == Some("docker") => {
                let Some(compose) = compose_word(call) else {
                    continue;
                };
                if compose != 1 {
                    draft.block(
                        ids::REMOTE_ENGINE,
                        view.at_command(call),
                        "flags in front of compose choose another engine",
                        "move the job by hand",
                    );
                    continue;
                }
                replace(
                    view,
                    call,
                    words[0].span.start..words[compose].span.end,
                    "docker-compose",
                    draft,
                    why,
                );
            }
            ComposeProvider::DockerCompose => {}
            ComposeProvider::PodmanCompose => {
                let Some(compose) = compose_word(call) else {
                    continue;
                };
                replace(
                    view,
                    call,
                    words[0].span.start..words[compose].span.end,
                    "podman-compose",
                    draft,
                    why,
                );
            }
        }
    }
    files(pass, &calls, draft);
    let package = match provider {
        ComposeProvider::DockerCompose => "docker-compose",
        ComposeProvider::PodmanCompose => "podman-compose",
    };
    let why = draft.note(
        ids::COMPOSE,
        at,
        format!("{package} is not in the stable image; docker-compose needs a socket of Podman's"),
    );
    let install = format!("dnf install -y {package}");
    let in_script = calls.iter().find(|call| call.phase != Phase::After);
    let in_after = calls.iter().find(|call| call.phase == Phase::After);
    for (call, again) in [(in_script, false), (in_after, in_script.is_some())] {
        let Some(call) = call else { continue };
        let installs = !again && setup::can_install(view, call, package, draft);
        let mut lines = match installs {
            true => vec![install.clone()],
            false => Vec::new(),
        };
        if provider == ComposeProvider::DockerCompose {
            lines.extend([SERVICE.to_owned(), ANSWERS.to_owned()]);
        }
        if !again && let Some(used) = waits_for_health(pass) {
            let at = view.at_command(&view.calls[used]);
            draft.note(
                ids::COMPOSE_HEALTHCHECKS,
                at,
                "compose waits for healthchecks, which nothing runs where there is no systemd: a loop does",
            );
            lines.push(super::setup::HEALTHCHECKS.to_owned());
        }
        if !lines.is_empty() {
            insert_in_front(view, view.line(call), &lines, Purpose::Text, draft, why);
        }
    }
    if provider == ComposeProvider::DockerCompose {
        setup::variable(draft, "DOCKER_HOST", PODMAN_SOCKET, why);
        setup::variable(draft, "DOCKER_BUILDKIT", "0", why);
    }
}

/// What compose does over Podman is for a person to look at; what its files ask for is said where they can be read.
fn review(pass: &JobPass<'_>, at: Location, draft: &mut Draft) {
    let way = match composer(pass.view) {
        ComposeProvider::DockerCompose => "Podman's socket",
        ComposeProvider::PodmanCompose => "podman-compose",
    };
    let uses = pass.compose_uses();
    let read = |used: &ComposeUse| used.project.as_ref().is_some_and(|it| it.complete);
    let (message, help) = match uses.iter().all(read) && !uses.is_empty() {
        true => (
            format!("the job uses compose, which moves to {way}"),
            "see that the services do over Podman what they did, then use --include-review",
        ),
        false => (
            format!(
                "the job uses compose, which moves to {way}; its files cannot all be read here, so what they ask for is not checked"
            ),
            "see that no service needs BuildKit, a health condition or Docker's socket, then use --include-review",
        ),
    };
    draft.review(ids::COMPOSE, at, message, help);
}

/// On a machine of GitHub's, compose is there and stays what it is: it finds Podman's socket, which a step before offers.
fn on_machine(pass: &JobPass<'_>, calls: &[&Call], draft: &mut Draft) {
    let view = &pass.view;
    let Some(first) = calls.first() else { return };
    let at = view.at_command(first);
    let step = view.line(first).step;
    let alone = calls.iter().all(|call| {
        call.program() == Some("docker") && compose_word(call) == Some(1) && !call.with_sudo()
    });
    let (Some((list, index)), true) = (step, alone) else {
        draft.block(
            ids::COMPOSE,
            at,
            "compose is not called as `docker compose` here, without sudo, and the runner has no other",
            "call `docker compose`, without sudo, then run again",
        );
        return;
    };
    files(pass, calls, draft);
    let why = draft.note(
        ids::COMPOSE,
        at,
        "compose works over a socket that Podman offers for the rest of the job",
    );
    let script = format!(
        "{SERVICE}\n{}\n",
        ANSWERS.replace("docker-compose", "docker compose")
    );
    let value = New::Mapping(vec![
        (
            "name".to_owned(),
            New::Scalar("Offer Podman's socket to compose".to_owned()),
        ),
        ("run".to_owned(), New::Block(script)),
    ]);
    draft.plan(Planned {
        file: list.file,
        change: Change::InsertItem {
            sequence: list.node,
            at: index,
            value,
        },
        purpose: Purpose::Text,
        instead: None,
        finding: why,
    });
    setup::variable(draft, "DOCKER_HOST", PODMAN_SOCKET, why);
    setup::variable(draft, "DOCKER_BUILDKIT", "0", why);
}

fn is_compose(call: &Call, docker: &Result<&DockerCall<'_>, &Unclear>) -> bool {
    if call.program() == Some("docker-compose") {
        return true;
    }
    match docker {
        Ok(docker) => docker.rule.name.starts_with("compose"),
        Err(Unclear::Unknown(_) | Unclear::Bare | Unclear::Subcommand) => {
            compose_word(call).is_some_and(|word| word > 0)
        }
    }
}

/// What the compose files and the way in which they are started say against it.
fn files(pass: &JobPass<'_>, calls: &[&Call], draft: &mut Draft) {
    let view = &pass.view;
    socket(pass, draft);
    for call in calls {
        if call.command().context.nesting.contains(&Nesting::Xargs) {
            draft.block(
                ids::UNREADABLE_COMMAND,
                view.at_command(call),
                "compose is called through xargs",
                "move the job by hand",
            );
        }
    }
    for (_, docker) in pass.known_calls() {
        if let (true, Becomes::Gap(why)) = (
            docker.rule.name.starts_with("compose"),
            &docker.rule.becomes,
        ) {
            draft.block(
                ids::NO_COUNTERPART,
                docker.at(),
                format!("`docker {}` is not moved: {why}", docker.rule.name),
                "the job stays on Docker; split off what can move",
            );
        }
    }
    if !pass.evidence.own_daemon() && !view.on_machine() {
        let at = calls
            .first()
            .map_or(view.at_job(), |call| view.at_command(call));
        draft.block(
            ids::SHARED_STORE,
            at,
            "compose works here on the runner's own engine, which keeps images and containers from job to job",
            "let the job build or pull what it needs from a registry, beside a Podman of its own",
        );
    }
}

/// The first command that ends, or starts a service, only when another service is healthy.
fn waits_for_health(pass: &JobPass<'_>) -> Option<usize> {
    let waits = |used: &&ComposeUse| {
        let Some(project) = &used.project else {
            return false;
        };
        let services = used.runs.iter().filter_map(|name| project.service(name));
        let mut services = services.map(|service| {
            let depends = service.value("depends_on").into_iter();
            let mut conditions = depends
                .flat_map(Value::entries)
                .filter_map(|(_, entry)| entry.value.value("condition"));
            conditions.any(|condition| condition.text() == Some("service_healthy"))
                || used.waits && has_healthcheck(service)
        });
        services.any(|waits| waits)
    };
    pass.compose_uses().iter().find(waits).map(|used| used.call)
}

/// Whether the compose file has a healthcheck for a service.
fn has_healthcheck(service: &Value) -> bool {
    let Some(check) = service.value("healthcheck") else {
        return false;
    };
    let off = check.value("disable").and_then(Value::text) == Some("true");
    let none = check.value("test").and_then(|test| test.texts().next()) == Some("NONE");
    check.entries().next().is_some() && !off && !none
}

/// A service that is given Docker's socket keeps the job on Docker.
fn socket(pass: &JobPass<'_>, draft: &mut Draft) {
    let mut known = HashSet::default();
    let mut places = HashSet::default();
    for used in pass.compose_uses() {
        let Some(project) = &used.project else {
            continue;
        };
        let id = Rc::as_ptr(project);
        let services = used.runs.iter().filter(|name| known.insert((id, *name)));
        for name in services {
            let Some(service) = project.service(name) else {
                continue;
            };
            let mounts = service.value("volumes").map(Value::items);
            let mount = mounts.unwrap_or_default().iter().find(|mount| {
                let source = mount.value("source").unwrap_or(mount);
                source
                    .written()
                    .is_some_and(|text| text.contains("docker.sock"))
            });
            let asks = service.value("use_api_socket");
            let asks = asks.filter(|asks| asks.text() == Some("true"));
            let Some(place) = mount.or(asks) else {
                continue;
            };
            if !places.insert((id, place.at.file, place.at.span)) {
                continue; // services that share their text are named once
            }
            let Some((file, _)) = project.files.get(place.at.file) else {
                continue;
            };
            let source = &file.source;
            let line = source.position(place.at.span.start as usize).line;
            let call = &pass.view.calls[used.call];
            draft.block(
                ids::DOCKER_SOCKET,
                pass.view.at_command(call),
                format!(
                    "{}:{line} gives Docker's socket to the service {name}",
                    slashed(source.path())
                ),
                "the job stays on Docker until no service that it starts needs the socket",
            );
        }
    }
}
