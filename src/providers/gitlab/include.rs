//! Which files a GitLab pipeline is made of: local includes, wildcards, child pipelines, and what lies elsewhere.

use std::path::PathBuf;

use crate::pipeline::{Documents, Foreign, NodeRef};
use crate::text::FileId;
use crate::yaml::{Kind, NodeId};

use super::super::reader::Reader;
use super::view::is_mapping;

/// How deep includes may nest. GitLab allows 150 includes in all.
const INCLUDES: usize = 200;

impl Reader<'_> {
    /// The mapping that holds a file's pipeline: the last document, after a `spec:` header.
    pub(super) fn root(&self, file: FileId) -> Option<NodeRef> {
        root(&self.documents, file)
    }

    /// The files of a pipeline, those that count least first, and what it includes from elsewhere.
    pub(super) fn pipeline_files(&mut self, entry: FileId) -> Option<(Vec<FileId>, Vec<Foreign>)> {
        let mut found = Closure::default();
        self.close(entry, &mut found);
        (!found.broken).then_some((found.order, found.foreign))
    }

    fn close(&mut self, file: FileId, found: &mut Closure) {
        if found.order.contains(&file) {
            return; // once is enough, however often it is named
        }
        if found.is_full() {
            return;
        }
        found.open.push(file);
        let Some(root) = self.root(file) else {
            found.open.pop();
            return;
        };
        let tree = self.documents.tree(root);
        if let Some(include) = tree.get(root.node, "include") {
            for target in targets(
                &self.documents,
                NodeRef {
                    file,
                    node: include.value,
                },
            ) {
                self.follow(target, found);
            }
        }
        found.open.pop();
        found.order.push(file);
    }

    fn follow(&mut self, target: Target, found: &mut Closure) {
        match target {
            Target::Foreign(foreign) => found.foreign.push(foreign),
            Target::Local { at, path } if path.contains('*') => {
                for path in self.files.glob(path.trim_start_matches('/')) {
                    if let Some(file) = self.open(&path) {
                        self.enter(at, file, found);
                    }
                }
            }
            Target::Local { at, path } if path.contains('$') => {
                found.foreign.push(Foreign {
                    at,
                    what: format!("local {path}"),
                });
            }
            Target::Local { at, path } => {
                let relative = PathBuf::from(path.trim_start_matches('/'));
                if !self.files.exists(&relative) {
                    self.problem(at, format!("the included file {path} is not in the repository; what it holds is not known here"));
                    found.foreign.push(Foreign {
                        at,
                        what: format!("local {path}, which is not in the repository"),
                    });
                    return;
                }
                match self.open(&relative) {
                    Some(file) => self.enter(at, file, found),
                    None => found.broken = true,
                }
            }
        }
    }

    fn enter(&mut self, at: NodeRef, file: FileId, found: &mut Closure) {
        if found.open.contains(&file) {
            self.problem(at, "this include leads back to itself; GitLab refuses such a pipeline, so it is left alone".into());
            found.broken = true;
            return;
        }
        self.close(file, found);
    }

    /// The child pipelines that a file's jobs start from local files.
    pub(super) fn children(&mut self, file: FileId) -> Vec<(NodeRef, PathBuf)> {
        let Some(root) = self.root(file) else {
            return Vec::new();
        };
        let tree = self.documents.tree(root);
        let Some(entries) = tree.mapping(root.node) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for entry in entries {
            let Some(trigger) = tree.get(tree.resolve(entry.value), "trigger") else {
                continue;
            };
            let Some(include) = tree.get(tree.resolve(trigger.value), "include") else {
                continue;
            };
            for target in targets(
                &self.documents,
                NodeRef {
                    file,
                    node: include.value,
                },
            ) {
                if let Target::Local { at, path } = target
                    && !path.contains(['*', '$'])
                {
                    found.push((at, PathBuf::from(path.trim_start_matches('/'))));
                }
            }
        }
        found
    }
}

/// The mapping that holds a file's pipeline.
pub(super) fn root(documents: &Documents, file: FileId) -> Option<NodeRef> {
    let tree = &documents.file(file).tree;
    let mappings: Vec<NodeId> = tree
        .documents()
        .iter()
        .copied()
        .filter(|node| is_mapping(documents, NodeRef { file, node: *node }))
        .collect();
    let node = tree.resolve(*mappings.last()?);
    if let Some(entries) = tree.mapping(node)
        && entries.len() == 1
        && tree.get(node, "spec").is_some()
    {
        return None;
    }
    Some(NodeRef { file, node })
}

/// The files that a pipeline is made of, while they are gathered.
#[derive(Default)]
struct Closure {
    open: Vec<FileId>,
    order: Vec<FileId>,
    foreign: Vec<Foreign>,
    broken: bool,
}

impl Closure {
    /// Whether no further file becomes part of the pipeline.
    fn is_full(&self) -> bool {
        self.open.len() + self.order.len() > INCLUDES
    }
}

/// What one `include:` entry names.
pub(super) enum Target {
    Local { at: NodeRef, path: String },
    Foreign(Foreign),
}

pub(super) fn targets(documents: &Documents, include: NodeRef) -> Vec<Target> {
    let include = documents.resolve(include);
    let tree = documents.tree(include);
    let one = |node: NodeId| -> Option<Target> {
        let at = documents.resolve(NodeRef {
            file: include.file,
            node,
        });
        match &tree.node(at.node).kind {
            Kind::Scalar(scalar) => {
                let value = scalar.value();
                if value.starts_with("http://") || value.starts_with("https://") {
                    return Some(Target::Foreign(Foreign {
                        at,
                        what: format!("remote {value}"),
                    }));
                }
                (!value.is_empty()).then(|| Target::Local {
                    at,
                    path: value.to_owned(),
                })
            }
            Kind::Mapping { .. } => {
                let text = |key: &str| {
                    let entry = tree.get(at.node, key)?;
                    let node = NodeRef {
                        file: at.file,
                        node: entry.value,
                    };
                    Some((node, documents.text(node)?.to_owned()))
                };
                if let Some((node, path)) = text("local") {
                    return Some(Target::Local { at: node, path });
                }
                let kind = ["project", "remote", "template", "component", "artifact"];
                kind.into_iter().find_map(|kind| {
                    let (node, name) = text(kind)?;
                    Some(Target::Foreign(Foreign {
                        at: node,
                        what: format!("{kind} {name}"),
                    }))
                })
            }
            _ => None,
        }
    };
    match &tree.node(include.node).kind {
        Kind::Sequence { items, .. } => items.iter().filter_map(|item| one(*item)).collect(),
        _ => one(include.node).into_iter().collect(),
    }
}
