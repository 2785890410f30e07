//! How much a text stands for once its aliases are followed: a few hundred bytes can stand for more than any machine holds.

use std::cmp::Reverse;

use crate::collections::HashMap;
use crate::text::Span;

use super::tree::{Kind, NodeId, Problem, Tree};

/// How many times what is written aliases may be followed. Other readers stop there too; in real files it is less than once.
const ALIASES: u64 = 100;

/// How many times what is written merge keys may lead to mappings: each of them is gone through for every key that is looked
/// for. In real files it is less than once.
const MERGES: u64 = 4;

/// What even the smallest file may have of either.
const FREE: u64 = 1000;

/// Refuses a tree that grows beyond all bounds.
pub(super) fn check(tree: &Tree) -> Result<(), Problem> {
    let written = tree.nodes.len() as u64;
    if let Some(alias) = alias_beyond(tree, written * ALIASES + FREE) {
        return Err(Problem {
            at: tree.node(alias).span,
            message: format!(
                "what the aliases up to here stand for is more than {ALIASES} times what is written"
            ),
        });
    }
    match merge_beyond(tree, written * MERGES + FREE) {
        Some(mapping) => Err(Problem {
            at: Span::at(tree.node(mapping).full_start()),
            message: format!(
                "the merge keys up to here lead to more than {MERGES} times the mappings that are written"
            ),
        }),
        None => Ok(()),
    }
}

/// The alias with which more than `most` aliases are followed.
fn alias_beyond(tree: &Tree, most: u64) -> Option<NodeId> {
    // Before each alias, how many are followed up to there; one more behind the last.
    let mut followed: Vec<u64> = vec![0];
    for (alias, target) in &tree.aliases {
        let last = tree.last_below.get(target.0 as usize)?;
        let before = |node: &NodeId| {
            let index = tree.aliases.partition_point(|(alias, _)| alias < node);
            followed
                .get(index)
                .or(followed.last())
                .copied()
                .unwrap_or(0)
        };
        let below = before(&NodeId(last.0 + 1)).saturating_sub(before(target));
        let so_far = followed.last().copied().unwrap_or(0);
        let now = so_far.saturating_add(below).saturating_add(1);
        if now > most {
            return Some(*alias);
        }
        followed.push(now);
    }
    None
}

/// The mapping with which merge keys have led to more than `most` mappings.
fn merge_beyond(tree: &Tree, most: u64) -> Option<NodeId> {
    let mut merging: Vec<(NodeId, NodeId)> = Vec::new();
    for (index, node) in tree.nodes.iter().enumerate() {
        if let Kind::Mapping { entries, .. } = &node.kind {
            let is_merge = |key| tree.scalar(key).is_some_and(|key| key.value() == "<<");
            let merges = entries.iter().filter(|entry| is_merge(entry.key));
            merging.extend(merges.map(|entry| (NodeId(index as u32), entry.value)));
        }
    }
    // What stands in another one, or before it, is complete before it.
    merging.sort_by_key(|(mapping, _)| (tree.last_below[mapping.0 as usize], Reverse(*mapping)));
    let mut leads_to: HashMap<NodeId, u64> = HashMap::default();
    let mut all: u64 = 0;
    for (mapping, value) in merging {
        let value = tree.resolve(value);
        let one = |node: NodeId| leads_to.get(&tree.resolve(node)).map_or(1, |more| 1 + more);
        let more = match &tree.node(value).kind {
            Kind::Sequence { items, .. } => items
                .iter()
                .map(|item| one(*item))
                .fold(0, u64::saturating_add),
            _ => one(value),
        };
        let known = leads_to.entry(mapping).or_default();
        *known = known.saturating_add(more);
        all = all.saturating_add(more);
        if all > most {
            return Some(mapping);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    fn refusal(text: &str) -> Option<String> {
        Tree::parse(text).err().map(|problem| problem.message)
    }

    #[test]
    fn aliases_of_aliases_are_counted() {
        let bomb = |levels: usize| {
            let level = |level| format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1);
            let levels = (1..levels).map(level);
            format!("a0: &a0 x\n{}", levels.collect::<String>())
        };
        assert_eq!(refusal(&bomb(10)), None);
        let why = refusal(&bomb(40)).unwrap();
        assert!(why.contains("more than 100 times what is written"), "{why}");
    }

    #[test]
    fn merges_of_merges_are_counted() {
        let chain = |levels: usize| {
            let level = |level| format!("a{level}: &a{level} {{<<: *a{}}}\n", level - 1);
            let levels = (1..=levels).map(level);
            format!("a0: &a0 {{x: y}}\n{}", levels.collect::<String>())
        };
        let jobs: String = (0..3000)
            .map(|job| format!("j{job}: {{<<: *a40}}\n"))
            .collect();
        assert_eq!(refusal(&chain(40)), None);
        let why = refusal(&(chain(40) + &jobs)).unwrap();
        assert!(why.contains("more than 4 times the mappings"), "{why}");
    }

    #[test]
    fn one_template_for_many_is_no_bomb() {
        let jobs = (0..5000).map(|job| format!("j{job}:\n  <<: [*a, *b]\n  script: *s\n"));
        let text = format!(
            "a: &a {{x: y}}\nb: &b {{<<: *a}}\ns: &s [z]\n{}",
            jobs.collect::<String>()
        );
        assert_eq!(refusal(&text), None);
    }
}
