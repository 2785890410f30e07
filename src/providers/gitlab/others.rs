//! Pipelines that nobody named: files of the repository, whatever they are called, that include what a known pipeline is
//! made of. A project's settings, a schedule or a trigger may start them, and what is shared counts for them, too.

use std::path::{Path, PathBuf};

use crate::collections::{HashMap, HashSet};
use crate::pipeline::{Document, Documents, NodeRef};
use crate::repository::{Files, Parsed};
use crate::text::FileId;

use super::include::{Target, root, targets};

/// Any YAML file, as an include would name it.
const YAML: [&str; 2] = ["**.yml", "**.yaml"];

/// The files that include one of `known`, be it by way of another such file; of these only where such a pipeline starts.
pub(super) fn others(files: &dyn Files, known: &HashSet<PathBuf>) -> Vec<PathBuf> {
    let all = YAML.iter().flat_map(|pattern| files.glob(pattern));
    let unknown = all.filter(|path| !known.contains(path));
    let including: Vec<(PathBuf, Vec<PathBuf>)> = unknown
        .filter_map(|path| {
            let included = included(files, &path)?;
            Some((path, included))
        })
        .collect();
    let mut by_target: HashMap<&Path, Vec<usize>> = HashMap::default();
    for (index, (_, included)) in including.iter().enumerate() {
        for target in included {
            by_target.entry(target).or_default().push(index);
        }
    }
    let mut found: HashSet<usize> = HashSet::default();
    let mut open: Vec<&Path> = known.iter().map(PathBuf::as_path).collect();
    while let Some(target) = open.pop() {
        for index in by_target.get(target).into_iter().flatten() {
            if found.insert(*index) {
                open.push(&including[*index].0);
            }
        }
    }
    let starts = |index: &usize| {
        let above = by_target.get(including[*index].0.as_path());
        above.is_none_or(|above| above.iter().all(|other| other == index))
    };
    let mut indexes: Vec<usize> = found.into_iter().filter(starts).collect();
    indexes.sort_unstable();
    let paths = indexes.into_iter();
    paths.map(|index| including[index].0.clone()).collect()
}

/// The local files that a file includes or starts as child pipelines; nothing if it is no pipeline's file at first sight.
fn included(files: &dyn Files, path: &Path) -> Option<Vec<PathBuf>> {
    let text = files.read(path).ok()?;
    let text = text.text();
    let includes = text
        .lines()
        .any(|line| line.trim_start_matches(['"', '\'']).starts_with("include"));
    let triggers = text.contains("trigger:") && text.contains("include");
    if !includes && !triggers {
        return None;
    }
    let Parsed { source, tree } = files.parsed(path).ok()?;
    let documents = Documents {
        files: vec![Document {
            source,
            tree: tree.ok()?,
        }],
    };
    let top = root(&documents, FileId(0))?;
    let tree = documents.tree(top);
    let entries = tree.mapping(top.node)?;
    let own = tree.get(top.node, "include");
    let children = entries.iter().filter_map(|entry| {
        let trigger = tree.get(tree.resolve(entry.value), "trigger")?;
        tree.get(tree.resolve(trigger.value), "include")
    });
    let mut found = Vec::new();
    for include in own.into_iter().chain(children) {
        let node = NodeRef {
            file: top.file,
            node: include.value,
        };
        for target in targets(&documents, node) {
            let Target::Local { path, .. } = target else {
                continue;
            };
            let path = path.trim_start_matches('/');
            match path.contains('*') {
                true => found.extend(files.glob(path)),
                false => found.push(path.trim_start_matches("./").into()),
            }
        }
    }
    (!found.is_empty()).then_some(found)
}
