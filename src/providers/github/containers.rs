//! The containers that the runner starts for a job: its own and its services.

use crate::pipeline::{Documents, Image, NodeRef, Provenance, Service, Services, Via};

use super::node::{entries, entry, text};

/// `container:`, as the image that the job runs in.
pub(super) fn container(documents: &Documents, job: NodeRef, reach: &[Via]) -> Option<Image> {
    let slot = entry(documents, job, "container")?;
    let name = match entry(documents, slot.value, "image") {
        Some(image) => image.value,
        None => slot.value,
    };
    let text = text(documents, name)?.to_owned();
    let mut way = reach.to_vec();
    way.extend(slot.reach.iter().copied());
    Some(Image {
        name: Provenance {
            node: name,
            reach: way,
        },
        text,
        slot,
        entrypoint: None,
    })
}

/// `services:`, each under the name by which the job reaches it.
pub(super) fn services(documents: &Documents, job: NodeRef, reach: &[Via]) -> Option<Services> {
    let mut slot = entry(documents, job, "services")?;
    slot.reach.splice(0..0, reach.iter().copied());
    let items = entries(documents, slot.value)
        .into_iter()
        .filter_map(|(key, service)| {
            let name = match entry(documents, service.value, "image") {
                Some(image) => image.value,
                None => service.value,
            };
            Some(Service {
                item: (service.mapping, service.index),
                name,
                text: text(documents, name)?.to_owned(),
                aliases: text(documents, key)
                    .map(str::to_owned)
                    .into_iter()
                    .collect(),
                arguments: Vec::new(),
            })
        })
        .collect();
    Some(Services { slot, items })
}
