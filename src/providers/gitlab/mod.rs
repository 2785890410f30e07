//! GitLab: from `.gitlab-ci.yml` and what it includes to one pipeline.

mod include;
mod lower;
mod view;

use crate::pipeline::NodeRef;
use crate::repository::Files;
use crate::text::FileId;

use super::reader::Reader;
use super::{Entry, Lowered};

/// Whether a key at the top of a file is no job.
pub(crate) fn is_reserved(key: &str) -> bool {
    lower::RESERVED.contains(&key)
}

/// Reads the entry files with all that they include, and lowers each to a pipeline.
pub fn lower(files: &dyn Files, entries: &[Entry]) -> Lowered {
    let mut reader = Reader::new(files);
    let mut starts: Vec<FileId> = Vec::new();
    let mut beside: Vec<FileId> = Vec::new();
    for entry in entries {
        if let Some(file) = reader.open(&entry.path) {
            let list = if entry.starts {
                &mut starts
            } else {
                &mut beside
            };
            list.push(file);
        }
    }
    let mut lowered = Lowered::default();
    let mut reached: Vec<FileId> = Vec::new();
    let mut next = 0;
    while next < starts.len() {
        let entry = starts[next];
        next += 1;
        // a child pipeline is a pipeline of its own
        for (at, path) in reader.children(entry) {
            if !files.exists(&path) {
                let message = format!(
                    "the child pipeline {} is not in the repository",
                    path.display()
                );
                reader.trouble(at, message);
            } else if let Some(file) = reader.open(&path)
                && !starts.contains(&file)
            {
                starts.push(file);
            }
        }
        if reader.root(entry).is_none() {
            let tree = &reader.documents.file(entry).tree;
            if let Some(node) = tree.documents().first() {
                let empty = tree
                    .scalar(*node)
                    .is_some_and(|scalar| scalar.value().trim().is_empty());
                if !empty {
                    let message = "a pipeline is a mapping of jobs, and this is not one; the file is left alone".to_owned();
                    reader.trouble(
                        NodeRef {
                            file: entry,
                            node: *node,
                        },
                        message,
                    );
                }
            }
            reached.push(entry);
            continue;
        }
        let Some((order, foreign)) = reader.pipeline_files(entry) else {
            continue;
        };
        reached.extend(&order);
        match lower::lower(&reader.documents, &order, foreign) {
            Ok(pipeline) => lowered.pipelines.push(pipeline),
            Err(broken) => reader.trouble(
                broken.at,
                format!("{}; the pipeline is left alone", broken.message),
            ),
        }
    }
    beside.retain(|file| !reached.contains(file));
    lowered.beside = beside
        .into_iter()
        .map(|file| {
            let pipeline = lower::lower(&reader.documents, &[file], Vec::new());
            (file, pipeline.unwrap_or_default()) // what is wrong with what nobody runs is nobody's trouble
        })
        .collect();
    lowered.troubles = reader.troubles;
    lowered.documents = reader.documents;
    lowered
}
