//! GitLab: from `.gitlab-ci.yml` and what it includes to one pipeline.

mod containers;
mod include;
mod inherit;
mod lower;
mod others;
mod outline;
mod provider;
mod scripts;
mod variables;
mod verify;
mod view;

use std::path::PathBuf;

use crate::collections::{HashSet, IndexSet};
use crate::pipeline::{Entry, Lowered, NodeRef, Pipeline};
use crate::repository::Files;
use crate::text::FileId;

use super::reader::Reader;

pub(crate) use provider::GitLab;

/// Reads the entry files with all that they include, and lowers each to a pipeline. Files that include what these are made of
/// are pipelines, too: they are looked for, unless `others` says them.
pub fn lower(files: &dyn Files, entries: &[Entry], others: Option<&[PathBuf]>) -> Lowered {
    let mut lowering = Lowering::new(files);
    for entry in entries {
        lowering.enter(entry);
    }
    lowering.run();
    let others = match others {
        Some(known) => known.to_vec(),
        None => lowering.look_for_others(files),
    };
    for path in &others {
        let entry = Entry {
            path: path.clone(),
            starts: true,
        };
        lowering.enter(&entry);
    }
    lowering.run();
    let mut lowered = lowering.done();
    lowered.others = others;
    lowered
}

/// Pipelines that are lowered one after the other.
struct Lowering<'a> {
    reader: Reader<'a>,
    /// Where pipelines start, each once.
    starts: IndexSet<FileId>,
    /// How many of these were lowered.
    done: usize,
    /// What may be included.
    beside: Vec<FileId>,
    /// What is part of a pipeline.
    reached: HashSet<FileId>,
    pipelines: Vec<Pipeline>,
}

impl<'a> Lowering<'a> {
    fn new(files: &'a dyn Files) -> Self {
        Self {
            reader: Reader::new(files),
            starts: IndexSet::default(),
            done: 0,
            beside: Vec::new(),
            reached: HashSet::default(),
            pipelines: Vec::new(),
        }
    }

    fn enter(&mut self, entry: &Entry) {
        match self.reader.open(&entry.path) {
            Some(file) if entry.starts => _ = self.starts.insert(file),
            Some(file) => self.beside.push(file),
            None => {}
        }
    }

    /// The files that include what the known pipelines are made of, if any of that speaks of Docker.
    fn look_for_others(&self, files: &dyn Files) -> Vec<PathBuf> {
        let reached = self.reached.iter();
        let sources = reached.map(|file| &self.reader.documents.file(*file).source);
        let sources: Vec<_> = sources.collect();
        if !sources
            .iter()
            .any(|source| source.text().contains("docker"))
        {
            return Vec::new();
        }
        let known = sources.iter().map(|source| source.path().to_path_buf());
        others::others(files, &known.collect())
    }

    /// Lowers the pipelines that start somewhere, and those that they start.
    fn run(&mut self) {
        while let Some(entry) = self.starts.get_index(self.done).copied() {
            self.done += 1;
            self.start_children(entry);
            self.lower(entry);
        }
    }

    /// A child pipeline is a pipeline of its own.
    fn start_children(&mut self, entry: FileId) {
        for (at, path) in self.reader.children(entry) {
            if !self.reader.files.exists(&path) {
                let message = format!(
                    "the child pipeline {} is not in the repository",
                    path.display()
                );
                self.reader.problem(at, message);
            } else if let Some(file) = self.reader.open(&path) {
                self.starts.insert(file);
            }
        }
    }

    fn lower(&mut self, entry: FileId) {
        let reader = &mut self.reader;
        if reader.root(entry).is_none() {
            let tree = &reader.documents.file(entry).tree;
            if let Some(node) = tree.documents().first() {
                let empty = tree
                    .scalar(*node)
                    .is_some_and(|scalar| scalar.value().trim().is_empty());
                if !empty {
                    let message = "a pipeline is a mapping of jobs, and this is not one; the file is left alone".to_owned();
                    reader.problem(
                        NodeRef {
                            file: entry,
                            node: *node,
                        },
                        message,
                    );
                }
            }
            self.reached.insert(entry);
            return;
        }
        let Some((order, foreign)) = reader.pipeline_files(entry) else {
            return;
        };
        self.reached.extend(&order);
        match lower::lower(&reader.documents, &order, foreign) {
            Ok(pipeline) => self.pipelines.push(pipeline),
            Err(broken) => reader.problem(
                broken.at,
                format!("{}; the pipeline is left alone", broken.message),
            ),
        }
    }

    fn done(mut self) -> Lowered {
        self.beside.retain(|file| !self.reached.contains(file));
        let documents = self.reader.documents;
        let beside = self.beside.into_iter().map(|file| {
            let pipeline = lower::lower(&documents, &[file], Vec::new());
            (file, pipeline.unwrap_or_default()) // what is wrong with what nobody runs is reported nowhere
        });
        Lowered {
            beside: beside.collect(),
            pipelines: self.pipelines,
            problems: self.reader.problems,
            others: Vec::new(),
            documents,
        }
    }
}
