//! A container that is given Docker's socket gets one of Podman's own: for a tool that must have an engine to speak to.

use crate::analysis::{Call, DockerCall, Flag, JobPass, JobView};
use crate::pipeline::Phase;
use crate::rules::ids;
use crate::yaml::{Change, New};

use super::draft::{Draft, Planned, Purpose};
use super::script_edit::insert_in_front;

/// Where Podman's socket is: `/run/podman` is absent in the stable image. Source: ran on Podman 5.4.2.
const SOCKET: &str = "/tmp/podman.sock";

/// Offers it. Without the redirection the service would keep the job's output open and the job would never end.
/// Source: ran on Podman 5.4.2.
const LINES: [&str; 2] = [
    "podman system service --time=0 unix:///tmp/podman.sock >/tmp/podman-service.log 2>&1 &",
    "until [ -S /tmp/podman.sock ]; do sleep 1; done",
];

/// Where Docker's is.
const DOCKER: [&str; 2] = ["/var/run/docker.sock:", "/run/docker.sock:"];

/// The mounts of Docker's socket in a command that runs a container, if no other flag of it names the socket.
pub(super) fn mounts<'b, 'a>(docker: &'b DockerCall<'a>) -> Vec<&'b Flag<'a>> {
    if !matches!(docker.rule.name.as_str(), "run" | "create") {
        return Vec::new();
    }
    let found: Vec<&Flag<'a>> = docker
        .flags_named("--volume")
        .filter(|flag| {
            let raw = docker.raw_value(flag).unwrap_or_default();
            let raw = raw.trim_start_matches(['"', '\'']);
            DOCKER.iter().any(|socket| raw.starts_with(socket))
        })
        .collect();
    // what runs in the container finds the socket where it is mounted
    let other = docker.flags().any(|flag| {
        let names = docker
            .raw_value(flag)
            .is_some_and(|raw| raw.contains("docker.sock"));
        names && !found.iter().any(|mount| mount.words == flag.words)
    });
    if other { Vec::new() } else { found }
}

/// Whether a call only hands Docker's socket to a container.
pub(super) fn only_mounts(view: &JobView<'_>, call: &Call) -> bool {
    DockerCall::new(view, call).is_ok_and(|docker| !mounts(&docker).is_empty())
}

/// Offers Podman's socket and mounts it, always for a person to look at.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    if !pass.evidence.docker_image() && !view.on_machine() {
        return; // the image pass says why the job stays
    }
    let mut offered = false;
    for (_, docker) in pass.known_calls() {
        let call = docker.call;
        let mounts = mounts(docker);
        if mounts.is_empty() {
            continue;
        }
        let at = docker.at();
        if call.phase == Phase::After {
            draft.block(
                ids::DOCKER_SOCKET,
                at,
                "this container is given Docker's socket in after_script, where nothing of the script runs any more",
                "do it at the end of script, then run again",
            );
            continue;
        }
        draft.review(
            ids::DOCKER_SOCKET,
            at,
            "this container speaks to Docker's engine: it gets a socket of Podman's own, which most tools cannot tell apart",
            "see that the tool works with Podman, then use --include-review",
        );
        let why = draft.note(
            ids::DOCKER_SOCKET,
            at,
            "Podman offers a socket of its own, and that is mounted",
        );
        for flag in &mounts {
            let (Some(range), Some(raw)) = (flag.value.clone(), docker.raw_value(flag)) else {
                continue;
            };
            let quote = raw.len() - raw.trim_start_matches(['"', '\'']).len();
            let end = raw.find(':').unwrap_or(raw.len());
            docker.replace(range.start + quote..range.start + end, SOCKET, draft, why);
        }
        if !offered {
            offer(view, call, draft, why);
            offered = true;
        }
    }
}

fn offer(view: &JobView<'_>, call: &Call, draft: &mut Draft, why: usize) {
    let line = view.line(call);
    let Some((list, index)) = line.step else {
        let lines = LINES.map(str::to_owned);
        return insert_in_front(view, line, &lines, Purpose::Text, draft, why);
    };
    let step = New::Mapping(vec![
        (
            "name".to_owned(),
            New::Scalar("Offer Podman's socket".to_owned()),
        ),
        (
            "run".to_owned(),
            New::Block(format!("{}\n{}\n", LINES[0], LINES[1])),
        ),
    ]);
    draft.plan(Planned {
        file: list.file,
        change: Change::InsertItem {
            sequence: list.node,
            at: index,
            value: step,
        },
        purpose: Purpose::Text,
        instead: None,
        finding: why,
    });
}
