//! Templates whose image stays: what they run must stay with it, as a job without an image of its own would run it there.

use crate::analysis;
use crate::analysis::Context;
use crate::collections::HashMap;
use crate::finding::{Finding, Label, Severity};
use crate::pipeline::{Documents, Job, NodeRef, Pipeline};
use crate::rewrite;
use crate::rules::ids;

/// The services and lines of such templates, each with the template's key and name.
#[derive(Default)]
pub(super) struct Held {
    nodes: HashMap<NodeRef, (NodeRef, String)>,
}

impl Held {
    /// Looks for such templates in a pipeline.
    pub(super) fn add(&mut self, context: &Context<'_>, pipeline: &Pipeline) {
        for job in pipeline.jobs.iter().filter(|job| job.hidden) {
            if !keeps_its_image(context, job) {
                continue;
            }
            let services = job.services.iter().flat_map(|services| {
                let items = services.items.iter().map(|service| service.item.0);
                items.chain([services.slot.value])
            });
            let scripts = job.scripts.iter().flat_map(|script| {
                let lines = script.lines.iter();
                let nodes =
                    lines.flat_map(|line| [Some(line.node), line.item.map(|(list, _)| list)]);
                nodes.flatten().chain([script.slot.value])
            });
            for node in services.chain(scripts) {
                let holder = || (job.key, job.name.clone());
                self.nodes.entry(node).or_insert_with(holder);
            }
        }
    }

    /// Whether such a template has a node.
    pub(super) fn has(&self, node: NodeRef) -> bool {
        self.nodes.contains_key(&node)
    }

    /// Why a job stays that would change such a node.
    pub(super) fn finding(&self, documents: &Documents, node: NodeRef) -> Finding {
        let holder = self.nodes.get(&node);
        let name = holder.map(|(_, name)| name.as_str()).unwrap_or_default();
        let mut finding = rewrite::finding(
            ids::SHARED_TEXT,
            Severity::Warning,
            documents.location(node),
            format!(
                "what would change here belongs to the template {name}, whose own image stays and is not known to carry Podman"
            ),
        );
        if let Some((key, name)) = holder {
            finding.at.push(Label {
                at: documents.location(*key),
                text: format!("{name} has another image"),
            });
        }
        finding.help = Some(
            "give the job its own lines, or the template Podman's image, then run again".to_owned(),
        );
        finding
    }
}

/// Whether a template calls docker in an image of its own that does not become Podman's.
fn keeps_its_image(context: &Context<'_>, job: &Job) -> bool {
    if job.image.is_none() || !analysis::may_use_docker(context, job) {
        return false;
    }
    let drafted = rewrite::run(context, job, |_, _| Vec::new());
    drafted.is_some_and(|drafted| {
        let mut blockers = drafted.draft.blockers.iter();
        blockers.any(|blocker| blocker.rule == ids::TOOLBOX_IMAGE)
    })
}
