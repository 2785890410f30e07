//! The labels of the runner that a job asks for.

use crate::pipeline::{Documents, NodeRef};
use crate::yaml::Kind;

use super::node::{entry, items, text};
use super::values::JobScope;

/// The labels of `runs-on`; of an expression all that it may be, where the file says that.
pub(super) fn labels(documents: &Documents, root: NodeRef, job: NodeRef) -> Vec<String> {
    let Some(runs_on) = entry(documents, job, "runs-on") else {
        return Vec::new();
    };
    let value = match entry(documents, runs_on.value, "labels") {
        Some(labels) => labels.value,
        None => runs_on.value,
    };
    let mut found = Vec::new();
    let scalars = match &documents.tree(value).node(value.node).kind {
        Kind::Scalar(_) => vec![value],
        _ => items(documents, value),
    };
    for scalar in scalars {
        let Some(label) = text(documents, scalar) else {
            continue;
        };
        let scope = JobScope {
            documents,
            root,
            job,
        };
        match scope.all(label) {
            Some(labels) => found.extend(labels),
            None => found.push(label.to_owned()),
        }
    }
    found.dedup();
    found
}
