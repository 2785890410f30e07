//! The steps of a workflow in which the lines of a job stand, and what they say beside their scripts.

use crate::pipeline::NodeRef;
use crate::yaml::Kind;

use super::context::{JobView, LineView};

impl JobView<'_> {
    /// The step that a line stands in: the mapping that says `run` or `uses`. None in a GitLab job.
    pub(super) fn step_of(&self, line: &LineView) -> Option<NodeRef> {
        if let Some((list, index)) = line.step {
            let tree = self.context.documents.tree(list);
            let Kind::Sequence { items, .. } = &tree.node(list.node).kind else {
                return None;
            };
            let node = *items.get(index)?;
            let written = NodeRef {
                file: list.file,
                node,
            };
            return Some(self.context.documents.resolve(written));
        }
        let (list, _) = line.item?;
        let mut actions = self.job.actions.iter();
        let action = actions.find(|action| {
            let commands = action.commands.as_ref();
            commands.is_some_and(|commands| commands.lists().any(|own| own == list))
        });
        Some(action?.mapping)
    }

    /// The value of a key of a mapping; of two the last counts.
    pub(super) fn value_of(&self, mapping: NodeRef, key: &str) -> Option<NodeRef> {
        let documents = self.context.documents;
        let tree = documents.tree(mapping);
        let Kind::Mapping { entries, .. } = &tree.node(mapping.node).kind else {
            return None;
        };
        let mut entries = entries.iter().rev();
        let entry = entries.find(|entry| {
            let name = tree.scalar(entry.key);
            name.is_some_and(|name| name.value() == key)
        })?;
        Some(documents.resolve(NodeRef {
            file: mapping.file,
            node: entry.value,
        }))
    }
}
