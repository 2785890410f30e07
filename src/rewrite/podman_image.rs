//! Podman's image by its version: the folder that builds of a later Podman need, and the tag of an image that is there already.

use crate::analysis::{Context, Facts, JobPass, JobView, Operation};
use crate::finding::{RuleId, Severity};
use crate::image_name::ImageName;
use crate::pipeline::{Image, Job};
use crate::rules::{PodmanImage, ids};
use crate::version::Version;
use crate::yaml::Change;

use super::draft::{Draft, Instead, Planned, Purpose, finding};
use super::image::defining_variable;
use super::{Drafted, Gap, setup};

const FOLDER: RuleId = ids::BUILD_FOLDER;

/// Where builds of a job that gets Podman's image put their temporary files, if its Podman needs to be told.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let Some(known) = pass.view.context.rules.podman_image() else {
        return;
    };
    let builds = |(_, operation): &(usize, Operation)| {
        matches!(
            operation,
            Operation::Build(_) | Operation::BuildUnnamed | Operation::ComposeUp { .. }
        )
    };
    if !pass.evidence.docker_image() || !pass.facts.operations.iter().any(builds) {
        return;
    }
    let image = pass.podman_image();
    match pass.target_podman() {
        Some(podman) if podman < known.overlays_context => {}
        None if !known.is(&image) => {} // nothing is known of an image of the user's own
        podman => folder(pass.view, known, &image, podman, draft),
    }
}

fn folder(
    view: &JobView<'_>,
    known: &PodmanImage,
    image: &str,
    podman: Option<Version>,
    draft: &mut Draft,
) {
    let at = view.at_job();
    let which = podman.map_or_else(
        || format!("the Podman that {image} leads to"),
        |podman| format!("Podman {podman}"),
    );
    if view.job.variables.contains_key("TMPDIR") || !known.is(image) {
        let message = format!(
            "{which} cannot build where TMPDIR lies on the container's own file system, and it is not known what lies on a volume in {image}"
        );
        let help = format!(
            "see that TMPDIR is on a volume of the job, such as {}",
            known.volume
        );
        draft.review(FOLDER, at, message, help);
        return;
    }
    let message = format!(
        "TMPDIR: {} is a volume of the image: {which} cannot build on the container's own file system",
        known.volume
    );
    let why = draft.note(FOLDER, at, message);
    setup::variable(draft, "TMPDIR", known.volume.as_str(), why);
}

/// A job that runs in Podman's image already and has no Docker: the tag follows `--podman`, and one without a version is named.
pub(super) fn of_moved_job(context: &Context<'_>, job: &Job) -> Option<Drafted> {
    let known = context.rules.podman_image()?;
    let image = job.image.as_ref()?;
    if !image.text.contains("podman") && !image.text.contains('$') {
        return None;
    }
    let view = context.outline(job);
    let name = view.expand(&image.text).text;
    let parsed = ImageName::parse(&name);
    if !known.is(&name) || parsed.digest.is_some() {
        return None;
    }
    let at = context.documents.location(image.name.node);
    let has: Option<Version> = parsed.tag.and_then(|tag| tag.parse().ok());
    let mut draft = Draft::default();
    let mut gaps = Vec::new();
    match (has, context.options.podman) {
        (Some(has), Some(wanted)) if is_of_line(has, wanted) => return None,
        (_, Some(wanted)) if context.options.podman_image.is_none() => {
            retag(&view, known, image, &name, wanted, &mut draft);
        }
        (None, _) if parsed.tag.is_none_or(|tag| tag == "latest") => {
            let message = format!("{name} has no version, so a new Podman comes without notice");
            let mut note = finding(ids::FLOATING_IMAGE, Severity::Note, at, message);
            note.help = Some(format!(
                "write the one that the job was tried with, such as {}, or run again with --podman",
                known.tagged(None)
            ));
            gaps.push(Gap {
                finding: note,
                review: false,
                always: false,
                until_moved: false,
                once: false,
                grouped: false,
            });
        }
        _ => return None,
    }
    Some(Drafted {
        draft,
        facts: Facts::default(),
        own_store: true,
        calls_docker: false,
        gaps,
    })
}

/// Whether a version is the wanted one: `5.8.2` is what `5.8` asks for.
fn is_of_line(has: Version, wanted: Version) -> bool {
    (has.major, has.minor) == (wanted.major, wanted.minor)
        && (wanted.patch == 0 || has.patch == wanted.patch)
}

/// Plans the tag of another Podman, and the folder that its builds need.
fn retag(
    view: &JobView<'_>,
    known: &PodmanImage,
    image: &Image,
    name: &str,
    wanted: Version,
    draft: &mut Draft,
) {
    let new = format!("{}:v{wanted}", ImageName::without_tag(name));
    let at = view.context.documents.location(image.name.node);
    let why = draft.note(ids::PODMAN_TAG, at, format!("{name} becomes {new}"));
    let target = defining_variable(view, &image.text).unwrap_or(image.name.node);
    draft.plan(Planned {
        file: target.file,
        change: Change::ReplaceScalar {
            node: target.node,
            text: new.clone(),
        },
        purpose: Purpose::Text,
        instead: Some(Instead::Image(new.clone())),
        finding: why,
    });
    let has = view.job.variables.get("TMPDIR");
    let on_volume = has.is_some_and(|has| {
        let value = has.value.as_deref();
        value.is_some_and(|value| value.starts_with(&known.volume))
    });
    if wanted >= known.overlays_context && !on_volume {
        folder(view, known, &new, Some(wanted), draft);
    }
}
