//! GitHub: from workflows, the composite actions and the reusable workflows that they use, to pipelines.

mod bounds;
mod build;
mod containers;
mod environment;
mod expansions;
pub(crate) mod expression;
mod inputs;
mod labels;
mod lower;
pub(crate) mod matrix;
mod node;
mod operation;
mod outline;
mod platforms;
mod provider;
pub(crate) mod settings;
mod step;
mod steps;
mod together;
pub(crate) mod values;

use std::path::PathBuf;

use crate::collections::IndexMap;
use crate::pipeline::{Entry, Lowered, NodeRef};
use crate::repository::Files;
use crate::rules::Rules;
use crate::text::FileId;

use super::reader::Reader;
use node::{entry, items, root, text};
use together::Together;

pub(crate) use provider::GitHub;

/// How many files one repository's workflows may lead to beside themselves: a bound, and far more than anyone has.
const FILES: usize = 2_000;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Workflow,
    Composite,
    /// An action in JavaScript or a container.
    Other,
}

/// Reads workflows and actions with the local ones that they use, and lowers each workflow to a pipeline.
pub fn lower(files: &dyn Files, entries: &[Entry], rules: &Rules) -> Lowered {
    let mut reader = Reader::new(files);
    let named = open_all(&mut reader, entries, |_, _| {});
    bounds::leave_out_large(&mut reader);
    let written = expansions::expand_all(&mut reader.documents, rules);
    let mut lowered = Lowered::default();
    lower::pipelines(&mut reader, &named, &written, &mut lowered);
    lowered.problems = reader.problems;
    lowered.documents = reader.documents;
    lowered
}

/// Parts the entries into groups that have no file in common, in the order of the first of each: what becomes of the files of
/// one group, no other one has a say in.
pub fn groups(files: &dyn Files, entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut reader = Reader::new(files);
    let mut together = Together::default();
    open_all(&mut reader, &entries, |user, used| {
        together.join(user, used)
    });
    let mut groups: IndexMap<Result<FileId, usize>, Vec<Entry>> = IndexMap::default();
    for (index, entry) in entries.into_iter().enumerate() {
        let file = reader.known_file(&entry.path);
        let group = file.map(|file| together.first(file)).ok_or(index);
        groups.entry(group).or_default().push(entry);
    }
    groups.into_values().collect()
}

/// Opens the entries, and what these use. Gives the files of the entries, and tells `uses` who uses whom.
fn open_all(
    reader: &mut Reader<'_>,
    entries: &[Entry],
    mut uses: impl FnMut(FileId, FileId),
) -> Vec<FileId> {
    let opened = entries.iter().filter_map(|entry| reader.open(&entry.path));
    let opened: Vec<FileId> = opened.collect();
    // every entry is followed, however many there are: groups must not miss what two of them share
    let most = opened.len() + FILES;
    let mut next = 0;
    while next < reader.documents.files.len().min(most) {
        let file = FileId(next as u32);
        next += 1;
        for target in uses_of(reader, file) {
            let path = local_path(reader, target);
            if let Some(used) = path.and_then(|path| reader.open(&path)) {
                uses(file, used);
            }
        }
    }
    opened
}

/// What a file is; `None` if it is neither a workflow nor an action.
fn role(documents: &crate::pipeline::Documents, file: FileId) -> Option<Role> {
    let root = root(documents, file)?;
    if entry(documents, root, "jobs").is_some() {
        return Some(Role::Workflow);
    }
    let runs = entry(documents, root, "runs")?;
    let using =
        entry(documents, runs.value, "using").and_then(|using| text(documents, using.value));
    Some(match using {
        Some("composite") => Role::Composite,
        _ => Role::Other,
    })
}

/// Every `uses:` of a file: of its jobs, and of all steps.
fn uses_of(reader: &Reader<'_>, file: FileId) -> Vec<NodeRef> {
    let documents = &reader.documents;
    let mut found = Vec::new();
    let Some(root) = root(documents, file) else {
        return found;
    };
    let mut of_steps = |holder: NodeRef| {
        for step in entry(documents, holder, "steps")
            .map(|steps| items(documents, steps.value))
            .unwrap_or_default()
        {
            found.extend(entry(documents, step, "uses").map(|uses| uses.value));
        }
    };
    if let Some(jobs) = entry(documents, root, "jobs") {
        for (_, job) in node::entries(documents, jobs.value) {
            of_steps(job.value);
        }
    }
    if let Some(runs) = entry(documents, root, "runs") {
        of_steps(runs.value);
    }
    if let Some(jobs) = entry(documents, root, "jobs") {
        for (_, job) in node::entries(documents, jobs.value) {
            found.extend(entry(documents, job.value, "uses").map(|uses| uses.value));
        }
    }
    found
}

/// The file that `uses: ./path` means: a workflow, or the `action.yml` of a folder.
fn local_path(reader: &Reader<'_>, uses: NodeRef) -> Option<PathBuf> {
    let uses = text(&reader.documents, uses)?;
    let path = uses.strip_prefix("./")?.trim_end_matches('/');
    if path.split('/').any(|part| part == "..") || path.contains('\\') {
        return None;
    }
    if path.ends_with(".yml") || path.ends_with(".yaml") {
        return reader
            .files
            .exists(path.as_ref())
            .then(|| PathBuf::from(path));
    }
    ["action.yml", "action.yaml"]
        .into_iter()
        .map(|name| PathBuf::from(path).join(name))
        .find(|path| reader.files.exists(path))
}
