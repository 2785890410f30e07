//! The variables of a job: its own, the global ones, and what it inherits of them.

use std::sync::Arc;

use crate::pipeline::{NodeRef, Scope, Slot, Unresolved, Variable, Variables, Via};
use crate::yaml::Kind;

use super::inherit::Global;
use super::inherit::Inherit;
use super::lower::{Broken, Lowering};
use super::view::{Layer, View, candidates, entries, first, further, is_mapping, view_of};

impl Lowering<'_> {
    pub(super) fn variables(
        &self,
        view: &View,
        inherit: &Inherit,
        varied: &[(String, Slot)],
        unresolved: &mut Vec<Unresolved>,
    ) -> Result<Variables, Broken> {
        let global = self.global_variables()?;
        unresolved.extend(global.unresolved.iter().cloned());
        let mut found = global.variables.clone();
        found.retain(|name, _| inherit.variable(name));
        let own = self.settle(view.stack(self.documents, "variables"), unresolved)?;
        self.define(&own, Scope::Job, &mut found);
        for (name, _) in varied {
            if let Some(variable) = found.get_mut(name.as_str()) {
                Arc::make_mut(variable).varies = true;
            }
        }
        Ok(found)
    }

    /// What the global `variables:` define for every job that inherits them.
    pub(super) fn global_variables(&self) -> Result<&Global, Broken> {
        if let Some(known) = self.global.get() {
            return Ok(known);
        }
        let mut global = Global::default();
        let stack = self.settle(self.globals.clone(), &mut global.unresolved)?;
        self.define(&stack, Scope::Global, &mut global.variables);
        Ok(self.global.get_or_init(|| global))
    }

    pub(super) fn define(&self, stack: &[Slot], scope: Scope, found: &mut Variables) {
        let documents = self.documents;
        let Some(view) = view_of(documents, stack) else {
            return;
        };
        for layer in &view.layers {
            for (name, mut slot) in entries(documents, layer) {
                if scope == Scope::Global {
                    slot.reach = further(&slot.reach, Via::Global);
                }
                let node = if is_mapping(documents, slot.value) {
                    let inner = Layer {
                        mapping: slot.value,
                        reach: Vec::new(),
                    };
                    first(documents, &inner, "value").map_or(slot.value, |value| value.value)
                } else {
                    slot.value
                };
                let value = documents.variable_text(node).map(str::to_owned);
                match found.get_mut(name).map(Arc::make_mut) {
                    Some(variable) => {
                        variable.value = value;
                        variable.node = node;
                        variable.slots.push((scope, slot));
                    }
                    None => {
                        let variable = Variable {
                            value,
                            node,
                            slots: vec![(scope, slot)],
                            varies: false,
                        };
                        found.insert(name.into(), variable.into());
                    }
                }
            }
        }
    }

    /// The variables that `rules:` or a matrix of this mapping may set, each with its place.
    pub(super) fn varied(&self, view: &View) -> Vec<(String, Slot)> {
        let documents = self.documents;
        let mut names = Vec::new();
        let mut keys_of = |node: NodeRef| {
            let layer = Layer {
                mapping: node,
                reach: Vec::new(),
            };
            let entries = entries(documents, &layer).into_iter();
            names.extend(entries.map(|(name, slot)| (name.to_owned(), slot)));
        };
        let items = |slot: &Slot| -> Vec<NodeRef> {
            match &documents.tree(slot.value).node(slot.value.node).kind {
                Kind::Sequence { items, .. } => items
                    .iter()
                    .map(|item| {
                        documents.resolve(NodeRef {
                            file: slot.value.file,
                            node: *item,
                        })
                    })
                    .collect(),
                _ => Vec::new(),
            }
        };
        if let Some(rules) = view.get(documents, "rules") {
            for rule in items(&rules) {
                let layer = Layer {
                    mapping: rule,
                    reach: Vec::new(),
                };
                if let Some(variables) = candidates(documents, &layer, "variables").first() {
                    keys_of(variables.value);
                }
            }
        }
        if let Some(parallel) = view.get(documents, "parallel") {
            let layer = Layer {
                mapping: parallel.value,
                reach: Vec::new(),
            };
            if let Some(matrix) = candidates(documents, &layer, "matrix").first() {
                items(matrix).into_iter().for_each(keys_of);
            }
        }
        names
    }
}
