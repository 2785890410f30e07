//! Compose: the keys of the files that a job's commands use, and what the program that runs them lacks.

use std::path::Path;

use crate::analysis::composer;
use crate::collections::HashSet;
use crate::compose::{Kind, NAMES, Project, Value};
use crate::image_name::ImageName;
use crate::options::ComposeProvider;
use crate::repository::slashed;
use crate::rules::ids;

use super::check::JobCheck;
use super::compose_paths::{Paths, below, walk};
use super::locations::ProjectLocations;
use super::rootless;
use super::started::{Started, started};

/// Looks at every compose command of the job.
pub(super) fn run(check: &mut JobCheck<'_>) {
    let started = started(check.pass);
    if !started.is_empty() {
        let paths = Paths::of(&check.rules().detectors().compose);
        for project in &started {
            files(check, project, &paths);
        }
    }
    if composer(check.pass.view) == ComposeProvider::PodmanCompose {
        lacking(check);
    }
    names(check, &started);
}

/// What the files of a project ask for.
fn files(check: &mut JobCheck<'_>, started: &Started, paths: &Paths<'_>) {
    let project = &started.project;
    let locations = ProjectLocations::of(check, project);
    for problem in &project.problems {
        locations.emit(
            check,
            ids::COMPOSE_FILE_UNREAD,
            problem.at,
            &problem.message,
        );
    }
    let mut found = Vec::new();
    let used = used(started);
    for (section, entry) in project.root.entries() {
        let paths = below(&[paths], section);
        match section.as_str() {
            "services" => {
                for (name, service) in entry.value.entries() {
                    let paths = below(&paths, name);
                    for (key, entry) in service.value.entries() {
                        let about = match key.as_str() {
                            "build" => &started.builds,
                            _ => &started.runs,
                        };
                        if about.contains(name) {
                            walk(entry, &below(&paths, key), &mut found);
                        }
                    }
                }
            }
            "networks" | "volumes" | "secrets" | "configs" => {
                for (name, entry) in entry.value.entries() {
                    if used.contains(&(section.as_str(), name.as_str())) {
                        walk(entry, &below(&paths, name), &mut found);
                    }
                }
            }
            _ => walk(entry, &paths, &mut found),
        }
    }
    for one in found {
        let text = locations.text(one.at);
        locations.emit(check, one.rule, one.at, &text);
    }
    for name in &started.builds {
        let service = project.service(name);
        if let Some(build) = service.and_then(|service| service.value("build")) {
            cache_tags(check, build, &locations);
            platforms(check, build, &locations);
        }
    }
    for name in &started.runs {
        if let Some(service) = project.service(name) {
            rootless::run(check, service, &locations);
            replicas(check, service, &locations);
            untested(check, service, &locations);
        }
    }
    sets_of_files(check, project, &locations);
}

/// What the services that are started use of the project: the section and the name of each.
fn used(started: &Started) -> HashSet<(&'static str, &str)> {
    let mut used = HashSet::default();
    for name in &started.runs {
        let Some(service) = started.project.service(name) else {
            continue;
        };
        match service.value("networks") {
            Some(networks) => {
                used.extend(
                    networks
                        .entries()
                        .map(|(name, _)| ("networks", name.as_str())),
                );
            }
            None if service.get("network_mode").is_none() => {
                used.insert(("networks", "default"));
            }
            None => {}
        }
        let listed = [
            ("volumes", "volumes"),
            ("secrets", "secrets"),
            ("configs", "configs"),
        ];
        for (key, section) in listed {
            let items = service.value(key).map(Value::items).unwrap_or_default();
            let names = items.iter().filter_map(|item| {
                let source = item.value("source").unwrap_or(item).text()?;
                source.split(':').next()
            });
            used.extend(names.map(|name| (section, name)));
        }
    }
    used
}

/// `cache_from` and `cache_to` of podman-compose go to Podman as they are, which takes no tag there.
fn cache_tags(check: &mut JobCheck<'_>, build: &Value, locations: &ProjectLocations<'_>) {
    let lists = ["cache_from", "cache_to"];
    let items = lists.iter().filter_map(|key| build.value(key));
    for item in items.flat_map(Value::items) {
        let Some(text) = item.text() else { continue };
        let image = ImageName::parse(text);
        if text.contains('=') || image.tag.is_some() || image.digest.is_some() {
            locations.emit(check, ids::PODMAN_COMPOSE_CACHE_TAG, item.at, text);
        }
    }
}

/// The platforms of a build: several, or one that is not the machine's.
fn platforms(check: &mut JobCheck<'_>, build: &Value, locations: &ProjectLocations<'_>) {
    let Some(entry) = build.get("platforms") else {
        return;
    };
    let items = entry.value.items();
    if items.len() > 1 {
        // each is true of one of the two programs
        for rule in [
            ids::COMPOSE_BUILD_PLATFORMS,
            ids::PODMAN_COMPOSE_BUILD_PLATFORMS,
        ] {
            locations.emit(check, rule, entry.key, "platforms");
        }
        return;
    }
    for item in items {
        let text = item.text();
        if let Some(text) = text.filter(|text| !text.starts_with("linux/amd64")) {
            locations.emit(check, ids::COMPOSE_BUILD_PLATFORM, item.at, text);
        }
    }
}

/// `deploy.replicas` without the mode that podman-compose wants beside it.
fn replicas(check: &mut JobCheck<'_>, service: &Value, locations: &ProjectLocations<'_>) {
    let Some(deploy) = service.value("deploy") else {
        return;
    };
    let replicated = deploy.value("mode").and_then(Value::text) == Some("replicated");
    if let Some(entry) = deploy.get("replicas")
        && !replicated
        && entry.value.text().is_some_and(|number| number != "1")
    {
        let it = format!("replicas: {}", entry.value.text().unwrap_or_default());
        locations.emit(check, ids::PODMAN_COMPOSE_REPLICAS, entry.key, &it);
    }
}

/// A healthcheck that takes its command from the image.
fn untested(check: &mut JobCheck<'_>, service: &Value, locations: &ProjectLocations<'_>) {
    let Some(healthcheck) = service.get("healthcheck") else {
        return;
    };
    let off = healthcheck.value.value("disable").is_some();
    let says_how = healthcheck.value.entries().next().is_some();
    if says_how && !off && healthcheck.value.get("test").is_none() {
        locations.emit(
            check,
            ids::COMPOSE_HEALTHCHECK_TEST,
            healthcheck.key,
            "healthcheck",
        );
    }
}

/// What podman-compose makes of the set of files.
fn sets_of_files(check: &mut JobCheck<'_>, project: &Project, locations: &ProjectLocations<'_>) {
    let included = project.root.value("include").map(Value::items);
    for item in included.unwrap_or_default() {
        if let Some(entry) = item.get("path")
            && matches!(entry.value.kind, Kind::List(_))
        {
            locations.emit(check, ids::PODMAN_COMPOSE_INCLUDE_LIST, entry.key, "path");
        }
    }
    let pass = check.pass;
    let used = pass.compose_uses().iter();
    let used = used.filter(|used| {
        let this = used.project.as_deref();
        this.is_some_and(|this| std::ptr::eq(this, project))
    });
    let docker = used.filter_map(|used| pass.known_call(used.call)).next();
    let Some(docker) = docker.filter(|docker| docker.values_between("--file").is_empty()) else {
        return;
    };
    let mut found = project.files.iter().filter_map(|(file, _)| {
        let name = file.source.path().file_name()?.to_str()?;
        NAMES.contains(&name).then(|| file.source.path())
    });
    let first = found.next();
    if let Some(other) = found.find(|other| other.parent() == first.and_then(Path::parent)) {
        let it = slashed(other);
        check.emit(ids::PODMAN_COMPOSE_SEVERAL_FILES, docker.at(), &it);
    }
}

/// Commands and flags that podman-compose does not know.
fn lacking(check: &mut JobCheck<'_>) {
    let pass = check.pass;
    for (_, docker) in pass.known_calls() {
        let rule = docker.rule;
        let Some(name) = rule.name.strip_prefix("compose ") else {
            continue;
        };
        if !rule.podman_compose {
            let at = docker.at_words(&docker.subcommand);
            check.emit(ids::PODMAN_COMPOSE_LACKS_COMMAND, at, name);
            continue;
        }
        for flag in docker.flags().filter(|flag| !flag.rule.podman_compose) {
            let it = format!(
                "{name} {}",
                docker.call.raw(&docker.words()[flag.words.start])
            );
            check.emit(
                ids::PODMAN_COMPOSE_LACKS_FLAG,
                docker.at_words(&flag.words),
                &it,
            );
        }
        for flag in docker
            .flags_between()
            .filter(|flag| !flag.rule.podman_compose)
        {
            let it = docker.call.raw(&docker.words()[flag.words.start]);
            check.emit(
                ids::PODMAN_COMPOSE_LACKS_FLAG,
                docker.at_words(&flag.words),
                it,
            );
        }
    }
}

/// Docker commands that name a container as another program for compose files would call it: the first version and
/// podman-compose write `_` between project, service and number, docker-compose `-`.
fn names(check: &mut JobCheck<'_>, started: &[Started]) {
    let (rule, wrong) = match composer(check.pass.view) {
        ComposeProvider::DockerCompose => (ids::COMPOSE_CONTAINER_NAME, '_'),
        ComposeProvider::PodmanCompose => (ids::PODMAN_COMPOSE_CONTAINER_NAME, '-'),
    };
    let pass = check.pass;
    let services: HashSet<&String> = started.iter().flat_map(|it| &it.runs).collect();
    let old_names = pass
        .view
        .job
        .variables
        .contains_key("COMPOSE_COMPATIBILITY")
        || pass.known_calls().any(|(_, docker)| {
            let mut flags = docker.flags_between();
            flags.any(|flag| flag.rule.name == "--compatibility")
        });
    if services.is_empty() || old_names {
        return;
    }
    let own: HashSet<&str> = started
        .iter()
        .flat_map(|it| it.runs.iter().filter_map(|name| it.project.service(name)))
        .filter_map(|service| service.value("container_name")?.text())
        .collect();
    for (_, docker) in pass.known_calls() {
        let takes_container = matches!(
            docker.rule.name.as_str(),
            "exec" | "logs" | "cp" | "inspect" | "container inspect" | "wait" | "port" | "stop"
        );
        if !takes_container {
            continue;
        }
        let operands = docker.operands();
        let named = match docker.rule.name.as_str() {
            "exec" => operands.get(..1).unwrap_or_default(),
            _ => &operands,
        };
        for operand in named {
            let text = docker.text_of(*operand).text;
            let container = text.split(':').next().unwrap_or_default();
            if own.contains(container) {
                continue;
            }
            let service = container.rsplit_once(wrong).and_then(|(head, number)| {
                let is_number = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
                is_number.then_some(head)
            });
            // `project_my_service`: any end of it may be the service's name
            let ends = service
                .into_iter()
                .flat_map(|head| head.match_indices(wrong).map(|(at, _)| &head[at + 1..]));
            let mut ends = ends.map(str::to_owned);
            if ends.any(|end| services.contains(&end)) {
                check.emit(rule, docker.at_words(&(*operand..*operand + 1)), container);
            }
        }
    }
}
