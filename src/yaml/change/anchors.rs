//! Anchors whose node goes while aliases of it stay: the first alias that stays becomes the node that carries the anchor.
//! An anchor whose aliases all go while its node stays goes with them: linters call one that nothing stands for an error.

use std::collections::BTreeSet;

use super::super::lex;
use super::super::tree::{Kind, NodeId, Tree};
use super::merge::Merge;
use super::write::double;
use super::{Change, New, Refusal, refuse_for_an_alias};

/// Hands on every anchor that would be lost. `is_lost` tells of which nodes nothing is left in the text.
pub(super) fn hand_on(
    tree: &Tree,
    text: &str,
    changes: &[Change],
    is_lost: impl Fn(NodeId) -> bool,
    merge: &mut Merge,
) -> Result<(), Refusal> {
    let mut done: BTreeSet<NodeId> = BTreeSet::new();
    for (alias, target) in &tree.aliases {
        if !is_lost(*target) || is_lost(*alias) || !done.insert(*target) {
            continue;
        }
        let is_inside = |change: &Change| {
            let itself = matches!(change, Change::ReplaceWhole { node, .. } if node == target);
            !itself && tree.is_within(change.subject(), *target)
        };
        if changes.iter().any(is_inside) {
            return Err(refuse_for_an_alias(
                tree,
                *target,
                "what other places stand for by an alias goes here, and changes there",
            ));
        }
        let names = Names::of(tree, &is_lost);
        let body = body(tree, text, *target, &is_lost, &names, &mut done, 0);
        let written = body.and_then(|body| written(tree, text, *alias, *target, &names, &body));
        let (from, written) = written.ok_or_else(|| {
            refuse_for_an_alias(
                tree,
                *target,
                "this goes, and the alias that stands for it elsewhere has no room for it",
            )
        })?;
        merge.replace(from, tree.node(*alias).span.end as usize, written);
    }
    match new_alias(changes, &is_lost) {
        Some(target) => Err(refuse_for_an_alias(
            tree,
            target,
            "this goes, and what is put in elsewhere stands for it",
        )),
        None => Ok(()),
    }
}

/// Takes away the anchors that nothing stands for any more. `changed` are the nodes that go or are replaced.
pub(super) fn drop_unused<'n>(
    tree: &Tree,
    text: &str,
    changed: impl Iterator<Item = &'n NodeId>,
    changes: &[Change],
    is_lost: impl Fn(NodeId) -> bool,
    merge: &mut Merge,
) {
    let targets: BTreeSet<NodeId> = changed.flat_map(|node| tree.targets_from(*node)).collect();
    for target in targets {
        let is_used = || {
            let mut aliases = tree.aliases_of(target);
            let is_it = |node| node == target;
            aliases.any(|alias| !is_lost(alias)) || new_alias(changes, &is_it).is_some()
        };
        let Some(anchor) = tree.node(target).anchor.as_ref() else {
            continue;
        };
        if is_lost(target) || is_used() {
            continue;
        }
        let (start, end) = (anchor.span.start as usize, anchor.span.end as usize);
        let (before, behind) = text.split_at(end);
        let before = before.get(..start).unwrap_or_default();
        let rest = behind.trim_start_matches([' ', '\t']);
        let lead = before.trim_end_matches([' ', '\t']);
        let node = tree.node(target).span.start as usize;
        let is_next = text.get(end..node).is_some_and(|gap| gap.trim().is_empty())
            && lex::column(text, node) == lex::column(text, start);
        match rest.starts_with(['\n', '\r', '#']) || rest.is_empty() {
            // `- &name` above the keys of an item: the first of them moves up
            true if is_next && lead.ends_with('-') => merge.delete(start, node),
            true => merge.delete(lead.len(), end),
            false => merge.delete(start, text.len() - rest.len()),
        }
    }
}

/// A node that is put in as an alias of what `is_meant`.
fn new_alias(changes: &[Change], is_meant: &impl Fn(NodeId) -> bool) -> Option<NodeId> {
    changes.iter().find_map(|change| match change {
        Change::InsertEntry { value, .. }
        | Change::InsertItem { value, .. }
        | Change::ReplaceNode { value, .. }
        | Change::ReplaceWhole { value, .. } => named(value, is_meant),
        _ => None,
    })
}

/// A node that is lost and that a new one stands for.
fn named(value: &New, is_lost: &impl Fn(NodeId) -> bool) -> Option<NodeId> {
    match value {
        New::Alias { target, .. } => is_lost(*target).then_some(*target),
        New::Sequence(items) => items.iter().find_map(|item| named(item, is_lost)),
        New::Mapping(entries) => entries.iter().find_map(|(_, item)| named(item, is_lost)),
        _ => None,
    }
}

/// The lost nodes that several places still stand for: only these need their anchors further on.
struct Names(BTreeSet<NodeId>);

impl Names {
    fn of(tree: &Tree, is_lost: &impl Fn(NodeId) -> bool) -> Self {
        let lost: BTreeSet<NodeId> = tree.aliases.iter().map(|(_, target)| *target).collect();
        let lost: Vec<NodeId> = lost.into_iter().filter(|target| is_lost(*target)).collect();
        let mut once = BTreeSet::new();
        let mut often = BTreeSet::new();
        for (alias, target) in &tree.aliases {
            // what is written out for another place brings the aliases that stand in it
            let counts =
                !is_lost(*alias) || lost.iter().any(|outer| tree.is_within(*alias, *outer));
            if counts && is_lost(*target) && !once.insert(*target) {
                often.insert(*target);
            }
        }
        Self(often)
    }

    /// A node's anchor, where it is needed, and its tag, with a space behind.
    fn properties(&self, tree: &Tree, node: NodeId) -> Option<String> {
        let anchor = tree.node(node).anchor.as_ref()?;
        let anchor = self.0.contains(&node).then(|| format!("&{} ", anchor.text));
        let tag = tree.node(node).tag.as_ref();
        let tag = tag.map(|tag| format!("{} ", tag.text));
        Some(anchor.unwrap_or_default() + &tag.unwrap_or_default())
    }
}

/// How deep what is lost may be made of what is lost.
const DEPTH: usize = 20;

/// The text of a lost node. What else is lost and stands in it by an alias is written out.
fn body(
    tree: &Tree,
    text: &str,
    target: NodeId,
    is_lost: &impl Fn(NodeId) -> bool,
    names: &Names,
    done: &mut BTreeSet<NodeId>,
    depth: usize,
) -> Option<String> {
    let span = tree.node(target).span;
    let mut body = String::new();
    let mut from = span.start;
    for (alias, needed) in &tree.aliases {
        let is_missing =
            tree.is_within(*alias, target) && !tree.is_within(*needed, target) && is_lost(*needed);
        if !is_missing || !done.insert(*needed) {
            continue;
        }
        let inner = (depth < DEPTH)
            .then(|| self::body(tree, text, *needed, is_lost, names, done, depth + 1));
        let inner = inner??;
        let at = tree.node(*alias).span;
        let in_one_line = !inner.contains(['\n', '\r']) && !is_spread(tree, *needed);
        body.push_str(text.get(from as usize..at.start as usize)?);
        body.push_str(&format!(
            "{}{inner}",
            names.properties(tree, *needed).filter(|_| in_one_line)?
        ));
        from = at.end;
    }
    body.push_str(text.get(from as usize..span.end as usize)?);
    Some(body)
}

/// Whether a node is a collection without brackets.
fn is_spread(tree: &Tree, node: NodeId) -> bool {
    matches!(
        tree.node(node).kind,
        Kind::Sequence { flow: false, .. } | Kind::Mapping { flow: false, .. }
    )
}

/// A lost node as it is written in the place of an alias, and from which byte on; nothing if it cannot stand there.
fn written(
    tree: &Tree,
    text: &str,
    alias: NodeId,
    target: NodeId,
    names: &Names,
    body: &str,
) -> Option<(usize, String)> {
    let properties = names.properties(tree, target)?;
    let span = tree.node(alias).span;
    let (start, end) = (span.start as usize, span.end as usize);
    if body.is_empty() {
        let nothing = match properties.trim_end() {
            "" => "null",
            properties => properties,
        };
        return Some((start, nothing.to_owned()));
    }
    let spreads = is_spread(tree, target);
    if !spreads && !body.contains(['\n', '\r']) {
        return Some((start, format!("{properties}{body}")));
    }
    let (line_end, _) = lex::line_end(text, end);
    let has_room = text.get(end..line_end)?.trim().is_empty();
    let parent = tree.parent(alias)?;
    let (in_flow, is_value, is_item) = match &tree.node(parent).kind {
        Kind::Mapping { flow, entries } => {
            let is_value = entries.iter().any(|entry| entry.value == alias);
            (*flow, is_value, false)
        }
        Kind::Sequence { flow, .. } => (*flow, true, true),
        _ => return None,
    };
    match &tree.node(target).kind {
        // where no lines can stand, it is one line in quotes
        Kind::Scalar(scalar) if in_flow || !has_room => {
            return Some((start, format!("{properties}{}", double(scalar.value()))));
        }
        Kind::Scalar(_) => {}
        _ if in_flow || !is_value || !has_room => return None,
        _ => {}
    }
    let column = |node: NodeId| lex::column(text, tree.node(node).span.start as usize);
    let above = tree.parent(target).map_or(0, column);
    let eol = lex::eol(text);
    let mut lines = body.lines();
    let first = lines.next()?;
    // a collection begins on a line of its own, or right behind the dash
    let (start, mut all) = match (spreads, properties.trim_end()) {
        (false, _) => (start, format!("{properties}{first}")),
        (true, "") if is_item && column(alias) == column(parent) + 2 => (start, first.to_owned()),
        (true, properties) => {
            let before = text.get(..start)?.trim_end_matches(' ').len();
            let start = if properties.is_empty() { before } else { start };
            let indent = " ".repeat(column(parent) + 2);
            (start, format!("{properties}{eol}{indent}{first}"))
        }
    };
    // a list may stand right below its key, and nowhere else
    let (from, to) = match spreads {
        true => (column(target), column(parent) + 2),
        false => (above, column(parent)),
    };
    for line in lines {
        let rest = line.trim_start_matches(' ');
        let indent = line.len() - rest.len();
        all.push_str(eol);
        if !rest.is_empty() {
            let indent = (indent + to).checked_sub(from)?;
            all.push_str(&" ".repeat(indent));
        }
        all.push_str(rest);
    }
    Some((start, all))
}
