//! The lines of a job's scripts, `!reference` and nested lists followed.

use crate::pipeline::{Line, NodeRef, Phase, Script, Slot, Unresolved, Via};
use crate::yaml::Kind;

use super::lower::{Broken, CHAIN, LINES, Lowering};
use super::view::{further, is_reference};

impl Lowering<'_> {
    pub(super) fn script(
        &self,
        phase: Phase,
        stack: Vec<Slot>,
        found: &mut Vec<Script>,
        unresolved: &mut Vec<Unresolved>,
    ) -> Result<(), Broken> {
        let stack = self.settle(stack, unresolved)?;
        let Some(slot) = stack.first() else {
            return Ok(());
        };
        let mut lines = Vec::new();
        self.lines(slot.value, &slot.reach, None, 0, &mut lines, unresolved)?;
        found.push(Script {
            phase,
            slot: slot.clone(),
            lines,
        });
        Ok(())
    }

    /// The lines of a script, nested lists and references laid flat.
    pub(super) fn lines(
        &self,
        node: NodeRef,
        reach: &[Via],
        item: Option<(NodeRef, usize)>,
        depth: usize,
        found: &mut Vec<Line>,
        unresolved: &mut Vec<Unresolved>,
    ) -> Result<(), Broken> {
        let documents = self.documents;
        let resolved = documents.resolve(node);
        let reach = if resolved == node {
            reach.to_vec()
        } else {
            further(reach, Via::Alias)
        };
        self.spend(resolved, depth)?;
        if is_reference(documents, resolved) {
            let stack = self.settle(self.referred(resolved, &reach, unresolved)?, unresolved)?;
            if let Some(slot) = stack.first() {
                self.lines(slot.value, &slot.reach, None, depth + 1, found, unresolved)?;
            }
            return Ok(());
        }
        match &documents.tree(resolved).node(resolved.node).kind {
            Kind::Scalar(_) => found.push(Line {
                node: resolved,
                item,
                step: None,
                folder: None,
                reach,
                commands: None,
            }),
            Kind::Sequence { items, .. } => {
                for (index, child) in items.iter().enumerate() {
                    let child = NodeRef {
                        file: resolved.file,
                        node: *child,
                    };
                    self.lines(
                        child,
                        &reach,
                        Some((resolved, index)),
                        depth + 1,
                        found,
                        unresolved,
                    )?;
                }
            }
            // GitLab refuses the file: a line with `: ` in it that nobody quoted
            Kind::Mapping { .. } => unresolved.push(Unresolved {
                at: resolved,
                what: "a line of script that is a mapping (what has a colon and a space in it needs quotes)".to_owned(),
            }),
            Kind::Alias { .. } => {}
        }
        Ok(())
    }

    /// Counts a node that was visited, so that aliases of aliases of aliases come to an end.
    pub(super) fn spend(&self, at: NodeRef, depth: usize) -> Result<(), Broken> {
        let mut lines = self.lines.borrow_mut();
        *lines += 1;
        if *lines > LINES || depth > 3 * CHAIN {
            let message = "the scripts of this pipeline grow beyond all bounds when anchors and references are followed";
            return Err(Broken {
                at,
                message: message.to_owned(),
            });
        }
        Ok(())
    }
}
