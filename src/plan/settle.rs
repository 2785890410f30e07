//! From planned changes to the changes of each file: emptied lists go with their keys, new keys find their place.

use std::collections::{BTreeMap, BTreeSet};

use crate::collections::{HashMap, HashSet, IndexSet};
use crate::pipeline::{Documents, Job, NodeRef};
use crate::rewrite::Drafted;
use crate::text::{FileId, Location};
use crate::yaml::{Change, Kind, New, NodeId};

use super::editors::Editors;
use super::references::References;

/// Changes that cannot be written as edits.
#[derive(Clone, Debug)]
pub(super) struct Unwritable {
    /// Where.
    pub(super) at: Location,
    /// Why.
    pub(super) why: String,
    /// Whether an alias is in the way that another job's changes may take away.
    by_alias: bool,
}

/// The changes of a set of files, while keys may still go.
#[derive(Default)]
pub(super) struct Settling {
    changes: BTreeMap<FileId, IndexSet<Change>>,
    /// Values that an emptied list would uncover, by the list.
    covered: HashMap<NodeRef, Vec<NodeRef>>,
}

impl Settling {
    pub(super) fn add(&mut self, file: FileId, change: Change) {
        self.changes.entry(file).or_default().insert(change);
    }

    /// Whether anything changes about a node.
    pub(super) fn touches(&self, node: NodeRef) -> bool {
        self.changes
            .get(&node.file)
            .is_some_and(|changes| changes.iter().any(|change| change.subject() == node.node))
    }

    /// Takes the changes of derived texts away, by the lists of these: they are not made where something is written.
    pub(super) fn take_derived(&mut self, documents: &Documents) -> HashMap<NodeRef, Vec<Change>> {
        let mut taken: HashMap<NodeRef, Vec<Change>> = HashMap::default();
        for (file, changes) in &mut self.changes {
            let tree = &documents.file(*file).tree;
            changes.retain(|change| {
                let node = change.subject();
                let derived = tree.is_derived(node);
                if derived {
                    let node = tree.parent(node).unwrap_or(node);
                    let list = NodeRef { file: *file, node };
                    taken.entry(list).or_default().push(change.clone());
                }
                !derived
            });
        }
        taken
    }

    /// Whether an entry of a mapping is to go.
    pub(super) fn removes(&self, mapping: NodeRef, index: usize) -> bool {
        self.changes.get(&mapping.file).is_some_and(|changes| {
            changes.contains(&Change::RemoveEntry {
                mapping: mapping.node,
                index,
            })
        })
    }

    /// Takes the removal of an entry back.
    pub(super) fn keep(&mut self, mapping: NodeRef, index: usize) {
        if let Some(changes) = self.changes.get_mut(&mapping.file) {
            changes.shift_remove(&Change::RemoveEntry {
                mapping: mapping.node,
                index,
            });
        }
    }

    pub(super) fn cover(&mut self, job: &Job) {
        let lists = job
            .services
            .iter()
            .map(|services| ("services", services.slot.value))
            .chain(job.scripts.iter().map(|script| {
                let key = match script.phase {
                    crate::pipeline::Phase::Before => "before_script",
                    crate::pipeline::Phase::After => "after_script",
                    _ => "script",
                };
                (key, script.slot.value)
            }));
        for (key, list) in lists {
            if let Some(below) = job.covered.get(key) {
                let known = self.covered.entry(list).or_default();
                known.extend(below.iter().filter(|node| **node != list));
            }
        }
    }

    /// Lets emptied lists and mappings go with their keys, or leaves `[]` and `{}` where a key must stay.
    pub(super) fn close(
        mut self,
        documents: &Documents,
        references: &References<'_>,
    ) -> HashMap<FileId, Vec<Change>> {
        loop {
            let emptied: HashSet<NodeRef> = self.emptied(documents).into_iter().collect();
            if emptied.is_empty() {
                break;
            }
            for (file, changes) in &mut self.changes {
                changes.retain(|change| match change {
                    Change::RemoveItem { sequence: node, .. }
                    | Change::RemoveEntry { mapping: node, .. } => !emptied.contains(&NodeRef {
                        file: *file,
                        node: *node,
                    }),
                    _ => true,
                });
            }
            let mut ordered: Vec<NodeRef> = emptied.iter().copied().collect();
            ordered.sort_unstable();
            for node in ordered {
                self.let_go(documents, node, &emptied, references);
            }
        }
        self.changes
            .into_iter()
            .filter(|(_, changes)| !changes.is_empty())
            .map(|(file, changes)| (file, changes.into_iter().collect()))
            .collect()
    }

    /// Collections that lose all they have and get nothing.
    fn emptied(&self, documents: &Documents) -> Vec<NodeRef> {
        let mut found = Vec::new();
        for (file, changes) in &self.changes {
            let mut removed: BTreeMap<NodeId, BTreeSet<usize>> = BTreeMap::new();
            let mut filled: BTreeSet<NodeId> = BTreeSet::new();
            for change in changes {
                match change {
                    Change::RemoveItem {
                        sequence: node,
                        index,
                    }
                    | Change::RemoveEntry {
                        mapping: node,
                        index,
                    } => {
                        removed.entry(*node).or_default().insert(*index);
                    }
                    Change::InsertItem { sequence: node, .. }
                    | Change::InsertEntry { mapping: node, .. } => {
                        filled.insert(*node);
                    }
                    _ => {}
                }
            }
            for (node, indexes) in removed {
                let length = match &documents.file(*file).tree.node(node).kind {
                    Kind::Sequence { items, .. } => items.len(),
                    Kind::Mapping { entries, .. } => entries.len(),
                    _ => continue,
                };
                if indexes.len() == length && !filled.contains(&node) {
                    found.push(NodeRef { file: *file, node });
                }
            }
        }
        found
    }

    fn let_go(
        &mut self,
        documents: &Documents,
        node: NodeRef,
        emptied: &HashSet<NodeRef>,
        references: &References<'_>,
    ) {
        let tree = documents.tree(node);
        if let Some((mapping, index)) = self.removable(documents, node, emptied, references) {
            self.add(node.file, Change::RemoveEntry { mapping, index });
            return;
        }
        let value = match tree.node(node.node).kind {
            Kind::Sequence { .. } => New::EmptySequence,
            _ => New::Mapping(Vec::new()),
        };
        self.add(
            node.file,
            Change::ReplaceNode {
                node: node.node,
                value,
            },
        );
    }

    /// The key that can go with an emptied value: nothing refers to it, and nothing comes out from under it.
    fn removable(
        &self,
        documents: &Documents,
        node: NodeRef,
        emptied: &HashSet<NodeRef>,
        references: &References<'_>,
    ) -> Option<(NodeId, usize)> {
        let tree = documents.tree(node);
        if tree.anchor_is_used(node.node) {
            return None;
        }
        let (parent, index) = tree.entry_of(node.node)?;
        let entries = tree.mapping(parent)?;
        let key = tree.scalar(entries[index].key)?.value();
        if !matches!(
            key,
            "services" | "variables" | "env" | "before_script" | "after_script" | "default"
        ) {
            return None;
        }
        let merges = entries.iter().any(|entry| {
            tree.scalar(entry.key)
                .is_some_and(|key| key.value() == "<<")
        });
        if key == "variables" && merges {
            return None;
        }
        let uncovers = self
            .covered
            .get(&node)
            .is_some_and(|below| below.iter().any(|node| !emptied.contains(node)));
        if uncovers || self.is_referred_to(documents, node, parent, key, references) {
            return None;
        }
        let mapping = NodeRef {
            file: node.file,
            node: parent,
        };
        let blank = (0..entries.len()).all(|at| at == index || self.removes(mapping, at));
        let is_default = key == "default" || self.is_default(documents, node.file, parent);
        (!blank || is_default).then_some((parent, index))
    }

    /// Whether a mapping is the value of `default:`.
    fn is_default(&self, documents: &Documents, file: FileId, mapping: NodeId) -> bool {
        let tree = &documents.file(file).tree;
        tree.key_of(mapping) == Some("default")
    }

    /// Whether a `!reference` anywhere names the key of a template: without the key it would be an error.
    fn is_referred_to(
        &self,
        documents: &Documents,
        node: NodeRef,
        parent: NodeId,
        key: &str,
        references: &References<'_>,
    ) -> bool {
        let tree = documents.tree(node);
        let job = tree.key_of(parent);
        job.is_some_and(|job| references.name(job, key))
    }
}

/// Whether the changes of one job can be written at all.
pub(super) fn alone(
    documents: &Documents,
    editors: &Editors<'_>,
    references: &References<'_>,
    job: &Job,
    drafted: &Drafted,
) -> Result<(), Unwritable> {
    let mut settling = Settling::default();
    settling.cover(job);
    for planned in &drafted.draft.changes {
        settling.add(planned.file, planned.change.clone());
    }
    settling.take_derived(documents);
    let changes = settling.close(documents, references);
    uncovered(documents, &changes).map_or(Ok(()), Err)?;
    match write(editors, &changes) {
        Err(refusal) if refusal.by_alias => Ok(()), // seen when the changes of all are together
        result => result,
    }
}

/// An entry that goes where the same key is written once more: that one would come to life.
fn uncovered(documents: &Documents, changes: &HashMap<FileId, Vec<Change>>) -> Option<Unwritable> {
    let all = changes.iter();
    let mut all =
        all.flat_map(|(file, changes)| changes.iter().map(move |it| (*file, it, changes)));
    all.find_map(|(file, change, changes)| {
        let Change::RemoveEntry { mapping, index } = change else {
            return None;
        };
        let tree = &documents.file(file).tree;
        let entries = tree.mapping(*mapping)?;
        let key = tree.scalar(entries.get(*index)?.key)?.value();
        let twin = entries.iter().enumerate().find(|(at, entry)| {
            let goes = Change::RemoveEntry {
                mapping: *mapping,
                index: *at,
            };
            at != index
                && tree.scalar(entry.key).is_some_and(|it| it.value() == key)
                && !changes.contains(&goes)
        });
        let (_, twin) = twin?;
        Some(Unwritable {
            at: Location {
                file,
                span: tree.node(twin.key).span,
            },
            why: format!(
                "{key} is written twice here, and without the last one the other would count"
            ),
            by_alias: false,
        })
    })
}

/// Tries changes against the files.
pub(super) fn write(
    editors: &Editors<'_>,
    changes: &HashMap<FileId, Vec<Change>>,
) -> Result<(), Unwritable> {
    for (file, changes) in changes {
        let made = editors.of(*file).edits(changes);
        made.map_err(|refusal| Unwritable {
            at: Location {
                file: *file,
                span: refusal.at,
            },
            why: refusal.why,
            by_alias: refusal.by_alias,
        })?;
    }
    Ok(())
}

/// Writes a key into a job: before its script, after what says where it runs.
pub(super) fn insert_key(
    documents: &Documents,
    job: &Job,
    (key, value): (String, New),
    settling: &mut Settling,
) {
    let Some(own) = job.own else { return };
    let tree = documents.tree(own);
    let Some(entries) = tree.mapping(own.node) else {
        return;
    };
    let name = |index: usize| {
        tree.scalar(entries[index].key)
            .map(|key| key.value())
            .unwrap_or_default()
    };
    if let Some(entry) = entries
        .iter()
        .rev()
        .find(|entry| tree.scalar(entry.key).is_some_and(|own| own.value() == key))
    {
        // what others stand for by an alias, or it by a tag, is not this job's any more
        settling.add(
            own.file,
            Change::ReplaceWhole {
                node: entry.value,
                value,
            },
        );
        return;
    }
    let names: Vec<&str> = (0..entries.len()).map(name).collect();
    let at = job.provider.place_of_key(&key, &names);
    settling.add(
        own.file,
        Change::InsertEntry {
            mapping: own.node,
            at,
            key,
            value,
        },
    );
}
