//! Compose: docker-compose over a socket that Podman itself offers inside of the job.

use crate::options::ComposeProvider;
use crate::shell::{Nesting, Word};

use super::commands::{DockerCall, Unclear};
use super::context::Call;
use super::draft::Draft;
use super::facts::Deed;
use super::job::JobPass;
use super::script_edit::{insert_in_front, replace};
use super::setup;

/// The socket: `/run/podman` is absent in the stable image. Source: ran on Podman 5.4.2.
const SOCKET: &str = "unix:///tmp/podman.sock";

/// Moves compose commands, always for a person to look at: what the compose file asks for is not all seen here.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let calls: Vec<&Call> = pass
        .evidence
        .commands
        .iter()
        .map(|index| &view.calls[*index])
        .filter(|call| is_compose(pass, call))
        .collect();
    let Some(first) = calls.first() else { return };
    if !pass.evidence.docker_image() {
        return; // the image pass says why the job stays
    }
    let at = view.at_command(first);
    draft.review(
        "compose",
        at,
        "the job uses compose, which moves to Podman's socket; the compose files are not all checked here",
        "see that no service needs BuildKit, a health condition or Docker's socket, then use --include-review",
    );
    let provider = view.context.options.compose;
    for call in &calls {
        let words = &call.command().words;
        let why = draft.note("compose", view.at_command(call), "compose runs over Podman");
        match provider {
            ComposeProvider::DockerCompose if call.program() == Some("docker") => {
                let Some(compose) = compose_word(call) else {
                    continue;
                };
                if compose != 1 {
                    draft.block(
                        "remote-engine",
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
        "compose",
        at,
        format!("{package} is not in the stable image; docker-compose needs a socket of Podman's"),
    );
    let Some(line) = view.lines.first() else {
        return;
    };
    let mut lines = vec![format!("dnf install -y {package}")];
    if provider == ComposeProvider::DockerCompose {
        lines.push(
            "podman system service --time=0 \"$DOCKER_HOST\" >/tmp/podman-service.log 2>&1 &"
                .to_owned(),
        );
        lines.push("until docker-compose ls >/dev/null 2>&1; do sleep 1; done".to_owned());
        setup::variable(draft, "DOCKER_HOST", SOCKET, why);
        setup::variable(draft, "DOCKER_BUILDKIT", "0", why);
    }
    insert_in_front(view, line, &lines, draft, why);
}

fn is_compose(pass: &JobPass<'_>, call: &Call) -> bool {
    if call.program() == Some("docker-compose") {
        return true;
    }
    match DockerCall::new(&pass.view, call) {
        Ok(docker) => docker.rule.name.starts_with("compose"),
        Err(Unclear::Unknown(_) | Unclear::Bare | Unclear::Subcommand) => {
            compose_word(call).is_some_and(|word| word > 0)
        }
    }
}

/// Where `compose` stands: the program itself, or the first word after the flags.
fn compose_word(call: &Call) -> Option<usize> {
    if call.program() == Some("docker-compose") {
        return Some(0);
    }
    let is = |word: &Word| word.value.as_deref() == Some("compose");
    call.command().words.iter().position(is)
}

/// A compose file that hands Docker's socket on keeps the job on Docker.
fn files(pass: &JobPass<'_>, calls: &[&Call], draft: &mut Draft) {
    let view = &pass.view;
    let defaults = [
        "compose.yaml",
        "compose.yml",
        "docker-compose.yml",
        "docker-compose.yaml",
    ];
    for call in calls {
        let words = &call.command().words;
        let mut named: Vec<String> = Vec::new();
        for (index, word) in words.iter().enumerate() {
            let raw = call.raw(word);
            if (raw == "-f" || raw == "--file") && index + 1 < words.len() {
                named.push(view.expand_word(call, &words[index + 1]).text);
            } else if let Some(name) = raw.strip_prefix("--file=") {
                named.push(name.to_owned());
            }
        }
        if named.is_empty() {
            named.extend(defaults.iter().map(|name| (*name).to_owned()));
        }
        for name in named {
            let path = std::path::Path::new(name.trim_start_matches("./"));
            if !view.context.files.exists(path) {
                continue;
            }
            let Ok(source) = view.context.files.read(path) else {
                continue;
            };
            if source.text().contains("docker.sock") {
                draft.block(
                    "docker-socket",
                    view.at_command(call),
                    format!("{name} gives Docker's socket to a container"),
                    "the job stays on Docker until no service needs the socket",
                );
            }
        }
        if call.command().place.nesting.contains(&Nesting::Xargs) {
            draft.block(
                "unreadable-command",
                view.at_command(call),
                "compose is called through xargs",
                "move the job by hand",
            );
        }
    }
    if pass.evidence.daemons.is_empty()
        && pass
            .facts
            .deeds
            .iter()
            .any(|(_, deed)| matches!(deed, Deed::ComposeUp { detached: true }))
        && !pass
            .facts
            .deeds
            .iter()
            .any(|(_, deed)| *deed == Deed::ComposeDown)
    {
        let at = calls
            .first()
            .map_or(view.at_job(), |call| view.at_command(call));
        draft.block(
            "deploys-to-host",
            at,
            "what compose starts here goes on after the job, on the runner's host",
            "it would end with the job in Podman's image; the job stays",
        );
    }
}
