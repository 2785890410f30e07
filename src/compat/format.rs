//! What becomes of the image itself: what its format holds.

use crate::rules::ids;

use super::check::JobCheck;

/// Looks at what the job's builds write into their manifests.
pub(super) fn run(check: &mut JobCheck<'_>) {
    let docker_format = builds_in_docker_format(check);
    let pass = check.pass;
    for (_, docker) in pass.known_calls() {
        if docker.rule.name != "build" {
            continue;
        }
        for flag in docker.flags_named("--annotation") {
            let it = docker.value(flag).map(|value| value.text);
            let it = it.unwrap_or_default();
            let at = docker.at_words(&flag.words);
            if docker_format {
                check.emit(ids::ANNOTATION_LOST, at, &it);
            } else if has_level(&it) {
                check.emit(ids::ANNOTATION_LEVEL, at, &it);
            }
        }
    }
}

/// Whether the job has the variable that chooses Docker's image format, or gets it.
fn builds_in_docker_format(check: &JobCheck<'_>) -> bool {
    let given = check.pass.view.job.variables.get("BUILDAH_FORMAT");
    let given = given.and_then(|variable| variable.value.as_deref());
    let new = check.draft.variables.iter();
    let mut new = new.filter(|variable| variable.name == "BUILDAH_FORMAT");
    given == Some("docker") || new.any(|variable| variable.value == "docker")
}

/// Whether an annotation says what it is written to: `index:NAME=VALUE`, `manifest[linux/amd64],index:NAME=VALUE`.
fn has_level(annotation: &str) -> bool {
    let name = annotation.split('=').next().unwrap_or_default();
    let Some((levels, _)) = name.split_once(':') else {
        return false;
    };
    levels.split(',').all(|level| {
        let level = level.split('[').next().unwrap_or(level);
        matches!(
            level,
            "index" | "manifest" | "index-descriptor" | "manifest-descriptor"
        )
    })
}
