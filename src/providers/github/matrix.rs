//! What a job's matrix may put in the place of an expression.

use crate::pipeline::{Documents, NodeRef};

use super::expression;
use super::node::{entries, entry, items, scalars, text};

/// The values of `${{ matrix.NAME }}`, if the file says all of them.
pub(crate) fn values(documents: &Documents, job: NodeRef, expression: &str) -> Option<Vec<String>> {
    let name = expression::whole(expression)?.strip_prefix("matrix.")?;
    let strategy = entry(documents, job, "strategy")?;
    let matrix = entry(documents, strategy.value, "matrix")?;
    let mut found: Vec<String> = Vec::new();
    let mut path = name.split('.');
    let first = path.next()?;
    let inner: Vec<&str> = path.collect();
    let list = entry(documents, matrix.value, first).map(|list| list.value);
    if let Some(list) = list.and_then(|list| text(documents, list)) {
        found.extend(expression::whole(list).and_then(expression::json_list)?);
    }
    let mut values: Vec<NodeRef> = list.map(|list| items(documents, list)).unwrap_or_default();
    if let Some(include) = entry(documents, matrix.value, "include") {
        if text(documents, include.value).is_some() {
            return None; // an expression, which may bring more
        }
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
    (!found.is_empty() && !found.iter().any(|value| expression::is_in(value))).then_some(found)
}

/// Whether `${{ matrix.NAME }}` has a value in every job of the matrix.
pub(crate) fn always_gives(documents: &Documents, job: NodeRef, expression: &str) -> bool {
    let path = expression::whole(expression).and_then(|inner| inner.strip_prefix("matrix."));
    let matrix = entry(documents, job, "strategy")
        .and_then(|strategy| entry(documents, strategy.value, "matrix"));
    let (Some(path), Some(matrix)) = (path, matrix) else {
        return false;
    };
    let name = path.split('.').next().unwrap_or(path);
    if entry(documents, matrix.value, name).is_some() {
        return true;
    }
    // without lists of its own, the matrix is what `include` says
    let only_included = entries(documents, matrix.value)
        .iter()
        .all(|(key, _)| text(documents, *key) == Some("include"));
    let include = entry(documents, matrix.value, "include");
    let included = include.map(|include| items(documents, include.value));
    only_included
        && included
            .into_iter()
            .flatten()
            .all(|item| entry(documents, item, name).is_some())
}
