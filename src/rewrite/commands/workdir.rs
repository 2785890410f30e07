//! `-w FOLDER`: Docker makes a folder that the image has not, Podman ends with an error.
//! Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1 beside Docker 26.1; a mount at it, above or below brings the folder.

use crate::analysis::{DockerCall, JobPass};
use crate::project::LARGEST;
use crate::rewrite::draft::Draft;
use crate::rules::ids;

/// Says where a container's folder may be missing.
pub(super) fn run(pass: &JobPass<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    let Some(flag) = docker.flags_named("--workdir").last() else {
        return;
    };
    let Some(folder) = docker.value(flag) else {
        return;
    };
    let written = docker.raw_value(flag).unwrap_or_default();
    let written = written.trim_matches(['"', '\'']).trim_end_matches('/');
    let folder = folder.text.trim_end_matches('/').to_owned();
    let folder = if folder.is_empty() { "/" } else { &folder };
    let rules = docker.view.context.rules;
    let common = rules
        .paths()
        .is_some_and(|paths| paths.is_in_images(folder));
    if common
        || is_mounted(docker, folder, written)
        || docker.flags_named("--volumes-from").next().is_some()
        || is_in_a_dockerfile(pass, folder)
    {
        return;
    }
    draft.review(
        ids::WORKING_FOLDER,
        docker.at_words(&flag.words),
        format!("where the image has no folder {folder}, Docker makes it and Podman ends with an error"),
        format!("see that the image has it, or mount something there (`-v {folder}` makes an empty volume)"),
    );
}

/// Whether a mount brings a folder: one at it, above it or below it.
fn is_mounted(docker: &DockerCall<'_>, folder: &str, written: &str) -> bool {
    let flags = docker
        .flags()
        .filter(|flag| matches!(flag.rule.name.as_str(), "--volume" | "--mount" | "--tmpfs"));
    let mut texts = flags.flat_map(|flag| {
        let raw = docker.raw_value(flag).unwrap_or_default();
        let raw = raw.trim_matches(['"', '\'']).to_owned();
        let known = docker.value(flag).map(|value| value.text);
        [Some(raw), known].into_iter().flatten()
    });
    texts.any(|text| {
        target(&text).is_some_and(|target| brings(target, folder) || brings(target, written))
    })
}

/// Where a mount is in the container.
fn target(mount: &str) -> Option<&str> {
    let mut options = mount.split(',');
    let named = options.find_map(|option| {
        let (key, value) = option.split_once('=')?;
        matches!(key, "target" | "dst" | "destination").then_some(value)
    });
    // `$(pwd):/src`, `${A:-b}:/src:ro`, `/src`
    let by_colons = || {
        let mut parts = mount.rsplit(':');
        let last = parts.next()?;
        match last.starts_with(['/', '$']) {
            true => Some(last),
            false => parts.next(),
        }
    };
    named.or_else(by_colons)
}

fn brings(target: &str, folder: &str) -> bool {
    let target = target.trim_end_matches('/');
    let below = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !target.is_empty() && (below(folder, target) || below(target, folder))
}

/// Whether a Dockerfile of the repository speaks of the folder: the image may be its own.
fn is_in_a_dockerfile(pass: &JobPass<'_>, folder: &str) -> bool {
    let texts = pass.dockerfiles.get_or_init(|| dockerfiles(pass));
    texts.iter().any(|text| names_folder(text, folder))
}

/// The texts of the repository's Dockerfiles.
fn dockerfiles(pass: &JobPass<'_>) -> Vec<String> {
    let files = pass.view.context.files;
    let names = [
        "Dockerfile",
        "Containerfile",
        "*.Dockerfile",
        "Dockerfile.*",
    ];
    let patterns = names
        .iter()
        .flat_map(|name| [(*name).to_owned(), format!("**/{name}")]);
    let paths = patterns.flat_map(|pattern| files.glob(&pattern));
    let sources = paths.filter_map(|path| files.read(&path).ok());
    sources
        .filter(|source| source.text().len() <= LARGEST)
        .map(|source| source.text().to_owned())
        .collect()
}

/// Whether a text names a folder, or one below it, as a path of its own.
fn names_folder(text: &str, folder: &str) -> bool {
    let relative = folder.trim_start_matches('/');
    let mut places = text.match_indices(relative);
    places.any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + relative.len()..).unwrap_or_default();
        let joins = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
        before.ends_with('/') && !after.starts_with(joins)
    })
}

#[cfg(test)]
mod tests {
    use super::{brings, names_folder, target};

    #[test]
    fn a_mount_says_where_it_is() {
        for (mount, expected) in [
            ("$PWD:/src", Some("/src")),
            ("$(pwd):/src:ro", Some("/src")),
            ("/src", Some("/src")),
            ("${A:-b}:/src/a:ro,Z", Some("/src/a")),
            ("type=bind,source=.,target=/w", Some("/w")),
            ("type=tmpfs,dst=/t", Some("/t")),
            ("$PWD:$APP", Some("$APP")),
        ] {
            assert_eq!(target(mount), expected, "{mount}");
        }
    }

    #[test]
    fn a_mount_brings_what_is_at_above_and_below() {
        for (mount, folder, expected) in [
            ("/src", "/src", true),
            ("/src/", "/src", true),
            ("/src", "/src/web", true),
            ("/opt/app/lib", "/opt/app", true),
            ("/src", "/srcs", false),
            ("/data", "/app", false),
            ("", "/app", false),
        ] {
            assert_eq!(brings(mount, folder), expected, "{mount} {folder}");
        }
    }

    #[test]
    fn a_dockerfile_names_a_folder() {
        for (text, expected) in [
            ("WORKDIR /opt/app\n", true),
            ("COPY . /opt/app/\n", true),
            ("RUN mkdir -p /opt/app/data\n", true),
            ("WORKDIR /opt/apple\n", false),
            ("COPY opt/app .\n", false),
        ] {
            assert_eq!(names_folder(text, "/opt/app"), expected, "{text}");
        }
    }
}
