//! The steps of a workflow in which the lines of a job stand, and what they say beside their scripts.

use crate::pipeline::NodeRef;

use super::context::{JobView, LineView};

impl JobView<'_> {
    /// The step that a line stands in: the mapping that says `run` or `uses`. None in a GitLab job.
    pub(crate) fn step_of(&self, line: &LineView) -> Option<NodeRef> {
        if let Some((list, index)) = line.step {
            let tree = self.context.documents.tree(list);
            let items = tree.sequence(list.node)?;
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
}
