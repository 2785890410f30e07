//! The job's image becomes Podman's.

use crate::analysis::text::mentions;
use crate::analysis::{JobPass, JobView};
use crate::options::RunnerProfile;
use crate::pipeline::{Job, NodeRef};
use crate::rules::{ImageKind, ToolboxHandling, ids};
use crate::yaml::Change;

use super::draft::{Draft, Instead, Planned, Purpose};

/// Replaces Docker's image by Podman's, or says why another image stays.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let Some(image) = &view.job.image else {
        return no_image(pass, draft);
    };
    let at = view.context.documents.location(image.name.node);
    let Some((kind, name)) = &pass.evidence.image else {
        return;
    };
    if pass.evidence.docker_image() {
        let podman = pass.podman_image();
        let why = draft.note(ids::DOCKER_IMAGE, at, format!("{name} becomes {podman}"));
        if view.job.provider.has_container_options() {
            return super::container::run(pass, image, &podman, draft, why);
        }
        let target = defining_variable(view, &image.text).unwrap_or(image.name.node);
        draft.plan(Planned {
            file: target.file,
            change: Change::ReplaceScalar {
                node: target.node,
                text: podman.clone(),
            },
            purpose: Purpose::Text,
            instead: Some(Instead::Image(podman.clone())),
            finding: why,
        });
        if let Some((slot, words)) = &image.entrypoint
            && words.iter().any(|word| word.contains("docker"))
        {
            let change = slot.removal();
            draft.change(slot.mapping.file, change, why);
        }
        if let ImageKind::Docker { certain: false, .. } = kind
            && pass.evidence.own_image.is_none()
        {
            draft.review(
                ids::DOCKER_IMAGE,
                at,
                format!("{name} is named like Docker's image, but comes from a registry that is not known to mirror it"),
                "see that it holds nothing that the job needs beside Docker",
            );
        } else if pass.evidence.own_image.is_none()
            && view.context.options.podman_image.is_none()
            && view.context.rules.is_behind_proxy(name)
        {
            draft.review(
                ids::CLOSED_NETWORK,
                at,
                format!("{name} comes through a proxy of your own, so the runner may not reach {podman}"),
                "see that it does, or name Podman's image as it is had there with --podman-image (`image` in dindless.yml)",
            );
        }
        return;
    }
    if pass.evidence.commands.is_empty() {
        return;
    }
    let help = "give the job an image that carries Podman and what else it needs, then run again";
    let message = match kind {
        ImageKind::Docker { .. } => {
            draft.block(
                ids::WINDOWS,
                at,
                "the job runs on Windows, where Podman needs a virtual machine",
                "the job stays on Docker",
            );
            return;
        }
        ImageKind::Toolbox(toolbox) => match &toolbox.becomes {
            ToolboxHandling::Stays { why } => format!("the job calls docker in {name}: {why}"),
            ToolboxHandling::Replace { .. } => return,
        },
        ImageKind::Engine(engine) => format!(
            "the job calls docker in {name}, which is an image of {}",
            engine.engine
        ),
        ImageKind::Unknown if super::toolbox::run(pass, draft) => return,
        ImageKind::Unknown => {
            format!("the job calls docker in {name}, and that image is not known to carry Podman")
        }
    };
    draft.block(ids::TOOLBOX_IMAGE, at, message, help);
}

fn no_image(pass: &JobPass<'_>, draft: &mut Draft) {
    if pass.view.on_machine() {
        return; // the machine has Podman, or another pass says that it has not
    }
    if pass.evidence.commands.is_empty() || !pass.view.job.unresolved.is_empty() {
        return; // an image may come from what cannot be read
    }
    if pass.view.context.options.runner == RunnerProfile::Podman {
        return; // the runner has Podman: the commands are all that changes
    }
    if let Some(foreign) = pass.view.context.pipeline.foreign.first() {
        draft.block(
            ids::NO_IMAGE,
            pass.view.at_job(),
            format!("the job calls docker and names no image: it may come from an include that cannot be read ({})", foreign.what),
            "move the job where its image is named",
        );
        return;
    }
    draft.block(
        ids::NO_IMAGE,
        pass.view.at_job(),
        "the job calls docker and names no image: the runner decides where it runs",
        "name quay.io/podman/stable as its image if the runner starts containers, then run again",
    );
}

/// The variable that holds the whole image name, if nothing else uses it for something else.
pub(super) fn defining_variable(view: &JobView<'_>, text: &str) -> Option<NodeRef> {
    let name = text.strip_prefix('$')?;
    let name = name
        .strip_prefix('{')
        .and_then(|name| name.strip_suffix('}'))
        .unwrap_or(name);
    let variable = view.job.variables.get(name)?;
    let value = variable.value.as_deref()?;
    if value.contains('$') || variable.slots.len() != 1 || variable.varies {
        return None;
    }
    let uses = |job: &Job| {
        job.image.as_ref().is_some_and(|image| image.text == text)
            && job.lines().all(|(_, line)| {
                !mentions(
                    view.context.documents.text(line.node).unwrap_or_default(),
                    name,
                )
            })
    };
    let documents = view.context.documents;
    let all = view
        .context
        .pipeline
        .jobs
        .iter()
        .filter(|job| !job.hidden)
        .all(|job| {
            let same = job
                .variables
                .get(name)
                .is_some_and(|other| other.node == variable.node);
            !same || uses(job)
        });
    let is_value = documents.text(variable.node) == Some(value);
    (all && is_value).then_some(variable.node)
}
