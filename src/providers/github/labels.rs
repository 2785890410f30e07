//! The labels of the runner that a job asks for.

use crate::pipeline::{Documents, NodeRef};
use crate::yaml::Kind;

use super::expression;
use super::node::{entry, items, scalars, text};

/// The labels of `runs-on`; of a matrix all that it may be.
pub(super) fn labels(documents: &Documents, job: NodeRef) -> Vec<String> {
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
        match of_matrix(documents, job, label) {
            Some(labels) => found.extend(labels),
            None => found.push(label.to_owned()),
        }
    }
    found.dedup();
    found
}

/// The values of `${{ matrix.NAME }}`, if the file says all of them.
fn of_matrix(documents: &Documents, job: NodeRef, label: &str) -> Option<Vec<String>> {
    let name = expression::whole(label)?.strip_prefix("matrix.")?;
    let strategy = entry(documents, job, "strategy")?;
    let matrix = entry(documents, strategy.value, "matrix")?;
    let mut found: Vec<String> = Vec::new();
    let mut path = name.split('.');
    let first = path.next()?;
    let inner: Vec<&str> = path.collect();
    let mut values: Vec<NodeRef> = entry(documents, matrix.value, first)
        .map(|values| items(documents, values.value))
        .unwrap_or_default();
    if let Some(include) = entry(documents, matrix.value, "include") {
        for more in items(documents, include.value) {
            values.extend(entry(documents, more, first).map(|value| value.value));
        }
    }
    for mut value in values {
        for key in &inner {
            value = entry(documents, value, key)?.value;
        }
        match text(documents, value) {
            Some(text) => found.push(text.to_owned()),
            // a list of labels
            None => found.extend(
                scalars(documents, value)
                    .into_iter()
                    .filter_map(|node| text(documents, node).map(str::to_owned)),
            ),
        }
    }
    (!found.is_empty() && !found.iter().any(|label| expression::is_in(label))).then_some(found)
}
