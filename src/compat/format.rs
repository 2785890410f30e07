//! What becomes of the image itself: what its format holds.

use super::look::Look;

/// Looks at the builds of a job whose images are in Docker's format.
pub(super) fn run(look: &mut Look<'_>) {
    let variable = |name: &str| {
        let given = look.pass.view.job.variables.get(name);
        given.and_then(|variable| variable.value.as_deref())
    };
    let new = look.draft.variables.iter();
    let becomes_docker = new
        .filter(|variable| variable.name == "BUILDAH_FORMAT")
        .any(|variable| variable.value == "docker")
        || variable("BUILDAH_FORMAT") == Some("docker");
    if !becomes_docker {
        return;
    }
    let pass = look.pass;
    for (_, docker) in pass.known_calls() {
        if docker.rule.name != "build" {
            continue;
        }
        for flag in docker.flags_named("--annotation") {
            let it = docker
                .value(flag)
                .map(|value| value.text)
                .unwrap_or_default();
            look.say("annotation-lost", docker.at_words(&flag.words), &it);
        }
    }
}
