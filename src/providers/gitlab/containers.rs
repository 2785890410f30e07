//! The image of a job, and the services beside it.

use crate::pipeline::{Image, NodeRef, Provenance, Service, Services, Slot, Unresolved, Via};

use super::lower::{Broken, Lowering};
use super::view::{Layer, View, is_mapping, is_reference, view_of};

impl Lowering<'_> {
    pub(super) fn image(&self, stack: &[Slot]) -> Option<Image> {
        let documents = self.documents;
        let top = stack.first()?;
        if let Some(text) = documents.text(top.value) {
            if text.is_empty() {
                return None;
            }
            let name = Provenance {
                node: top.value,
                reach: top.reach.clone(),
            };
            return Some(Image {
                name,
                text: text.to_owned(),
                slot: top.clone(),
                entrypoint: None,
            });
        }
        let view = view_of(documents, stack)?;
        let name = view.get(documents, "name")?;
        let text = documents.text(name.value)?.to_owned();
        Some(Image {
            name: Provenance {
                node: name.value,
                reach: name.reach,
            },
            text,
            slot: top.clone(),
            entrypoint: view.get(documents, "entrypoint").map(|slot| {
                let words = self.names(slot.value).into_iter();
                (
                    slot,
                    words
                        .filter_map(|node| documents.text(node))
                        .map(str::to_owned)
                        .collect(),
                )
            }),
        })
    }

    pub(super) fn services(
        &self,
        slot: &Slot,
        unresolved: &mut Vec<Unresolved>,
    ) -> Result<Services, Broken> {
        let mut items = Vec::new();
        self.service_items(slot.value, &slot.reach, 0, &mut items, unresolved)?;
        Ok(Services {
            slot: slot.clone(),
            items,
        })
    }

    pub(super) fn service_items(
        &self,
        list: NodeRef,
        reach: &[Via],
        depth: usize,
        found: &mut Vec<Service>,
        unresolved: &mut Vec<Unresolved>,
    ) -> Result<(), Broken> {
        let documents = self.documents;
        let list = documents.resolve(list);
        self.spend(list, depth)?;
        let Some(items) = documents.tree(list).sequence(list.node) else {
            return Ok(());
        };
        for (index, item) in items.iter().enumerate() {
            let written = NodeRef {
                file: list.file,
                node: *item,
            };
            let node = documents.resolve(written);
            if is_reference(documents, node) {
                let stack = self.settle(self.referred(node, reach, unresolved)?, unresolved)?;
                if let Some(slot) = stack.first() {
                    self.service_items(slot.value, &slot.reach, depth + 1, found, unresolved)?;
                }
            } else if let Some(text) = documents.text(node) {
                let text = text.to_owned();
                found.push(Service {
                    item: (list, index),
                    name: node,
                    text,
                    aliases: Vec::new(),
                    arguments: Vec::new(),
                });
            } else if is_mapping(documents, node) {
                let view = View {
                    layers: vec![Layer {
                        mapping: node,
                        reach: reach.to_vec(),
                    }],
                };
                let Some(name) = view.get(documents, "name") else {
                    continue;
                };
                let Some(text) = documents.text(name.value) else {
                    continue;
                };
                let words = |key: &str| -> Vec<String> {
                    let Some(slot) = view.get(documents, key) else {
                        return Vec::new();
                    };
                    self.names(slot.value)
                        .iter()
                        .filter_map(|node| documents.text(*node))
                        .map(str::to_owned)
                        .collect()
                };
                let aliases = words("alias")
                    .iter()
                    .flat_map(|alias| alias.split([',', ' ']))
                    .map(str::to_owned)
                    .collect();
                let arguments = words("entrypoint")
                    .into_iter()
                    .chain(words("command"))
                    .collect();
                found.push(Service {
                    item: (list, index),
                    name: name.value,
                    text: text.to_owned(),
                    aliases,
                    arguments,
                });
            } else {
                self.service_items(node, reach, depth + 1, found, unresolved)?;
            }
        }
        Ok(())
    }
}
