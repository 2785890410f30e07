//! Any changes to any YAML: what is applied must read back as it was meant, by the second reader.
//!
//! The first twelve bytes choose up to three changes, the rest is the file.
#![no_main]

use dindless::prove;
use dindless::text::apply_edits;
use dindless::yaml::{self, Change, Kind, New, NodeId, Style, Tree};
use libfuzzer_sys::fuzz_target;

const HEAD: usize = 12;

fuzz_target!(|data: &[u8]| {
    let Some((head, body)) = data.split_at_checked(HEAD) else {
        return;
    };
    let Ok(text) = std::str::from_utf8(body) else {
        return;
    };
    let Ok(tree) = Tree::parse(text) else { return };
    let mut nodes = Vec::new();
    for root in tree.documents() {
        below(&tree, *root, &mut nodes);
    }
    // Where the two readers do not agree from the start there is nothing to hold the result against.
    if nodes.is_empty() || prove::values(&tree, &[], text).is_err() {
        return;
    }
    let mut changes: Vec<Change> = Vec::new();
    for choice in head.chunks_exact(4) {
        // Of two changes of one text nothing says how they add up, and what is still referred to must not go.
        if let Some(change) = change(&tree, &nodes, choice)
            && !changes
                .iter()
                .any(|known| known.subject() == change.subject())
            && !takes_anchor(&tree, &change)
        {
            changes.push(change);
        }
    }
    let Ok(edits) = yaml::edits(&tree, text, &changes) else {
        return;
    };
    let after = apply_edits(text, edits).expect("edits that fit together");
    if let Err(why) = prove::values(&tree, &changes, &after) {
        panic!("{why}\n{changes:?}\n{text:?}\n{after:?}");
    }
});

fn takes_anchor(tree: &Tree, change: &Change) -> bool {
    let gone = match change {
        Change::RemoveEntry { mapping, .. } => *mapping,
        Change::RemoveItem { sequence, .. } => *sequence,
        Change::ReplaceNode { node, .. } => *node,
        _ => return false,
    };
    let mut all = Vec::new();
    below(tree, gone, &mut all);
    all.iter().any(|node| tree.node(*node).anchor.is_some())
}

fn below(tree: &Tree, node: NodeId, into: &mut Vec<NodeId>) {
    into.push(node);
    match &tree.node(node).kind {
        Kind::Sequence { items, .. } => items.iter().for_each(|item| below(tree, *item, into)),
        Kind::Mapping { entries, .. } => entries.iter().for_each(|entry| {
            below(tree, entry.value, into);
        }),
        _ => {}
    }
}

fn change(tree: &Tree, nodes: &[NodeId], choice: &[u8]) -> Option<Change> {
    let [high, low, kind, index] = choice else {
        return None;
    };
    let pick = usize::from(*high) << 8 | usize::from(*low);
    let node = nodes[pick % nodes.len()];
    let (kind, index) = (usize::from(*kind), usize::from(*index));
    if kind == 0 {
        return None;
    }
    let text = ["podman", "a b", "true", "k: v", "one\ntwo\n", "it's"][index % 6];
    Some(match &tree.node(node).kind {
        Kind::Sequence { .. } if kind == 1 => Change::ReplaceNode {
            node,
            value: New::EmptySequence,
        },
        Kind::Sequence { items, .. } if kind % 2 == 0 && !items.is_empty() => Change::RemoveItem {
            sequence: node,
            index: index % items.len(),
        },
        Kind::Sequence { items, .. } => Change::InsertItem {
            sequence: node,
            at: index % (items.len() + 1),
            value: New::Scalar(text.into()),
        },
        Kind::Mapping { entries, .. } if kind % 2 == 0 && !entries.is_empty() => {
            Change::RemoveEntry {
                mapping: node,
                index: index % entries.len(),
            }
        }
        Kind::Mapping { entries, .. } => Change::InsertEntry {
            mapping: node,
            at: index % (entries.len() + 1),
            key: "added".into(),
            value: New::Scalar(text.into()),
        },
        Kind::Scalar(scalar) => {
            let value = scalar.value();
            let boundary = |at: usize| {
                (0..=at.min(value.len()))
                    .rev()
                    .find(|at| value.is_char_boundary(*at))
                    .unwrap_or(0)
            };
            let start = boundary(index * value.len() / 256);
            let end = boundary(start + 1 + kind / 8).max(start);
            match kind % 5 {
                1..=3 if scalar.style() != Style::Literal => return None,
                0 => Change::ReplaceScalar {
                    node,
                    text: text.into(),
                },
                1 => Change::RemoveTextLines {
                    node,
                    range: start..end,
                },
                2 => Change::InsertTextLines {
                    node,
                    after: start,
                    lines: vec!["docker ps".into()],
                },
                3 => Change::InsertTextLinesBefore {
                    node,
                    before: start,
                    lines: vec!["docker ps".into()],
                },
                _ => Change::ReplaceText {
                    node,
                    range: start..end,
                    text: text.trim_end().replace('\n', " "),
                },
            }
        }
        Kind::Alias { .. } => return None,
    })
}
