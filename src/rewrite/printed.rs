//! What a script reads of what Docker prints, and would look for in vain where Podman prints something else.

use crate::analysis::output_readers::{Reader, Readers};
use crate::analysis::{DockerCall, JobPass};
use crate::image_name::ImageName;
use crate::rules::ids;
use crate::yaml::Style;

use super::draft::{Draft, Purpose};
use super::script_edit::{insert_in_front, style};
use super::setup::HEALTHCHECKS;

/// Looks at every command whose output the script may read.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = pass.view;
    let names_any = |words: &[&str]| {
        let mut lines = view.lines.iter();
        lines.any(|line| words.iter().any(|word| line.parsed.text.contains(word)))
    };
    let builds: Vec<&str> = view.context.rules.printed_by_builds().collect();
    let reads_builds = names_any(&builds);
    let reads_health = !view.on_machine() && names_any(&HEALTH);
    let all = Readers::new(view);
    for (index, docker) in pass.known_calls() {
        if pass.replaced.contains(&index) {
            continue;
        }
        if asks_for_docker(docker) {
            differs(
                docker,
                format!("{MARK} is in Docker's containers only; Podman's have /run/.containerenv"),
                "ask for both files, then run again",
                draft,
            );
        }
        names(&all, docker, draft);
        ids(&all, pass, docker, draft);
        match docker.rule.name.as_str() {
            "images" => sizes(&all, docker, draft),
            "run" | "create" if docker.is_on("--read-only") => read_only(docker, draft),
            "pull" => pulled(&all, docker, draft),
            "push" => pushed(&all, docker, draft),
            "build" if reads_builds => built(&all, docker, &builds, draft),
            "ps" | "inspect" | "container inspect" | "compose ps" if reads_health => {
                health(&all, docker, draft);
            }
            _ => {}
        }
    }
}

/// Fields that hold names of images, as templates and other programs ask for them.
const NAMES: [&str; 4] = [".Repository", ".RepoTags", "RepoTags\"", ".Config.Image"];

/// `docker images | grep '^app'`, `docker images --format '{{.Repository}}' > names; grep -x app names`,
/// `docker inspect x | jq .Config.Image`: Podman prints a registry or localhost/ in front. What the next command of a pipeline
/// does with a template is looked at with the template.
/// Source: ran on Podman 4.3.1 and 5.8.6.
fn names(all: &Readers<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    let asks = |text: &str| NAMES.iter().any(|name| text.contains(name));
    let readers = || all.of(docker.call);
    let is_read_later = || !docker.call.is_read() && readers().iter().any(Reader::looks_at);
    let template = docker.flags_named("--format").last();
    let template = template.and_then(|flag| docker.raw_value(flag));
    let template = template.filter(|text| text.contains("{{") && !text.contains("json ."));
    let is_read = match (docker.rule.name.as_str(), template) {
        ("ps", Some(text)) => text.contains(".Image") && is_read_later(),
        ("images" | "inspect" | "image inspect" | "container inspect", Some(text)) => {
            asks(text) && is_read_later()
        }
        ("images", None) => {
            let mut words = readers()
                .into_iter()
                .flat_map(|it| it.text.split_whitespace());
            words.any(begins_with_name)
        }
        ("inspect" | "image inspect" | "container inspect", None) => {
            readers().iter().any(|reader| asks(reader.text))
        }
        _ => false,
    };
    if is_read {
        draft.review(
            ids::PRINTED_NAMES,
            docker.at(),
            "the script reads the names of images, and Podman prints a registry or localhost/ in front of them",
            "see that the script takes them with or without localhost/",
        );
    }
}

/// `ID=$(docker build -q .); echo ${ID:7:12}`: the ids of images that Docker prints with `sha256:` in front, and Podman without.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1 beside Docker 26.1.
fn ids(all: &Readers<'_>, pass: &JobPass<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    let template = docker.flags_named("--format").last();
    let template = template.and_then(|flag| docker.raw_value(flag));
    let whole = template.is_none_or(|text| text.contains("json"));
    let of_field = |reader: &Reader<'_>| !whole || reader.text.contains("Id");
    let prints = match docker.rule.name.as_str() {
        "build" => docker.is_on("--quiet"),
        "commit" => true,
        "inspect" | "image inspect" => {
            let text = template.unwrap_or_default();
            whole || text.contains(".Id") || text.contains(".ID")
        }
        _ => false,
    };
    if !prints {
        return;
    }
    let readers = all.of(docker.call);
    let inspects = docker.rule.name.ends_with("inspect");
    let asked = !inspects || readers.is_empty() || readers.iter().any(of_field);
    let files: Vec<&str> = pass
        .known_calls()
        .flat_map(|(_, build)| {
            build
                .flags_named("--iidfile")
                .filter_map(|it| build.raw_value(it))
        })
        .collect();
    let with_file = |reader: &Reader<'_>| {
        reader.decides() && files.iter().any(|file| reader.text.contains(file))
    };
    if asked && readers.iter().any(|it| it.wants_prefix() || with_file(it)) {
        differs(
            docker,
            "the script cuts an image's id, or compares it, as one that begins with sha256:, and Podman prints it without that".to_owned(),
            "take `sha256:` away where it is (`${ID#sha256:}`) before the id is cut, then run again",
            draft,
        );
    }
}

/// Whether a word looks for an image's name at the start of a line: `'^app '`.
fn begins_with_name(word: &str) -> bool {
    let word = word.trim_matches(['"', '\'']).trim_start_matches('/');
    let name = word.strip_prefix('^').unwrap_or_default();
    let name = name.trim_start_matches(['\\', '(']);
    name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && ImageName::parse(name).is_short()
}

/// The file by which a program knows that it runs in a container of Docker's.
const MARK: &str = "/.dockerenv";

/// Whether what runs in a container asks for that file, and for Podman's not.
fn asks_for_docker(docker: &DockerCall<'_>) -> bool {
    let in_container = matches!(
        docker.rule.name.as_str(),
        "run" | "create" | "exec" | "compose run" | "compose exec"
    );
    let text = docker.call.text().get(docker.call.command().span.clone());
    let text = text.unwrap_or_default();
    in_container && text.contains(MARK) && !text.contains(".containerenv")
}

fn differs(docker: &DockerCall<'_>, what: String, help: &str, draft: &mut Draft) {
    draft.block(ids::OUTPUT_DIFFERS, docker.at(), what, help);
}

/// `docker pull x | grep "Image is up to date"`: Podman prints the image's id, and what it does to the errors.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1.
fn pulled(all: &Readers<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    if all.of(docker.call).iter().any(|reader| reader.decides()) {
        differs(
            docker,
            "the script reads what `docker pull` prints, and `podman pull` prints the image's id and nothing else".to_owned(),
            "compare the ids before and after the pull (`podman image inspect --format '{{.Id}}' IMAGE`), then run again",
            draft,
        );
    }
}

/// `docker images | awk '{print $7}'`: Podman writes sizes and dates otherwise, so that the columns are not the same.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1 (`8.08 MB` beside `8.08MB`).
fn sizes(all: &Readers<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    let formatted = docker.flags_named("--format").next().is_some();
    if formatted || !docker.call.is_read() {
        return;
    }
    let readers = all.of(docker.call);
    let columns = ["$4", "$5", "$6", "$7", "$8", "$9", "$NF", "$(NF"];
    let late = readers
        .iter()
        .any(|reader| reader.is_awk() && columns.iter().any(|one| reader.text.contains(one)));
    if late {
        differs(
            docker,
            "the script reads dates or sizes of images, which Podman prints otherwise".to_owned(),
            "ask for them by `podman image inspect --format '{{.Size}}' IMAGE`, then run again",
            draft,
        );
    }
}

/// `docker run --read-only app touch /tmp/x`: Podman lets such a container write below some folders.
/// Source: podman-run(1), --read-only-tmpfs; ran on Podman 5.4.2, 5.8.6 and 6.1.1.
fn read_only(docker: &DockerCall<'_>, draft: &mut Draft) {
    let flags = ["--tmpfs", "--volume", "--mount", "--read-only-tmpfs"];
    let given = |name: &&str| docker.flags_named(name).next().is_some();
    let command = docker.operands();
    let mut command = command
        .iter()
        .skip(1)
        .map(|word| docker.text_of(*word).text);
    let writes = command.any(|word| {
        ["/tmp", "/run/", "/var/tmp"]
            .iter()
            .any(|path| word.contains(path))
    });
    if writes && !flags.iter().any(given) {
        differs(
            docker,
            "the container is read-only, and what it does below /tmp or /run fails with Docker and works with Podman".to_owned(),
            "give it --read-only-tmpfs=false in Podman, and move the job by hand",
            draft,
        );
    }
}

/// `podman push` prints no digest.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1.
fn pushed(all: &Readers<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    let mut readers = all.of(docker.call).into_iter();
    if docker.call.is_substituted() || readers.any(|reader| reader.decides()) {
        differs(
            docker,
            "the script reads what `docker push` prints, and `podman push` prints no digest"
                .to_owned(),
            "take the digest from `podman push --digestfile FILE`, then run again",
            draft,
        );
    }
}

/// `docker build . | grep "Successfully built"`: words of Docker's builders.
fn built(all: &Readers<'_>, docker: &DockerCall<'_>, words: &[&str], draft: &mut Draft) {
    let readers = all.of(docker.call);
    let asked = readers.iter().filter(|reader| !reader.prints());
    let word = asked.flat_map(|reader| {
        let mut words = words.iter();
        words.find(|word| reader.text.contains(**word))
    });
    if let Some(word) = word.into_iter().next() {
        differs(
            docker,
            format!(
                "the script looks for `{word}` in what `docker build` prints, and Podman does not print that"
            ),
            "take the image's id from `--iidfile FILE`, and the end of the build from its exit status",
            draft,
        );
    }
}

/// Words by which a script asks how a container's health check went.
const HEALTH: [&str; 3] = ["healthy", "health: starting", "health="];

/// `until docker ps | grep healthy`, `docker ps --filter health=healthy`: without systemd Podman runs no health checks by
/// itself, and a loop would not end.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1 without systemd; podman issue 19326.
fn health(all: &Readers<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    let readers = all.of(docker.call);
    let asked = readers.iter().filter(|reader| !reader.prints());
    let filters = docker.flags_named("--filter");
    let filters = filters.filter_map(|flag| docker.raw_value(flag));
    let asked: Vec<&str> = asked.map(|reader| reader.text).chain(filters).collect();
    let asks = |word: &str| asked.iter().any(|text| text.contains(word));
    if !HEALTH.iter().any(|word| asks(word)) {
        return;
    }
    let message = "the script asks for the health of containers, and without systemd Podman runs no health checks by itself";
    let of_others = [
        "unhealthy",
        "health: starting",
        "health=starting",
        "health=none",
    ];
    let only_healthy = asks("healthy") && !of_others.iter().any(|word| asks(word));
    if !only_healthy || !runs_in_front(docker) {
        // a loop that runs the checks each second does not keep their intervals
        draft.block(
            ids::HEALTH_STATUS,
            docker.at(),
            message,
            "run the check yourself (`until podman healthcheck run NAME; do sleep 1; done`), then run again",
        );
        return;
    }
    let why = draft.note(
        ids::HEALTH_STATUS,
        docker.at(),
        format!("{message}: a loop does"),
    );
    let line = docker.view.line(docker.call);
    insert_in_front(
        docker.view,
        line,
        &[HEALTHCHECKS.to_owned()],
        Purpose::Text,
        draft,
        why,
    );
}

/// Whether a command in the background can be put in front of the script that holds a command.
fn runs_in_front(docker: &DockerCall<'_>) -> bool {
    let line = docker.view.line(docker.call);
    line.item.is_some() || style(docker.view, line) == Style::Literal
}
