//! Files with more jobs and steps than a run can answer for are left alone, and said to be.

use crate::pipeline::NodeRef;
use crate::providers::reader::Reader;
use crate::text::FileId;
use crate::yaml::Tree;

use super::node::{entries, entry, items, root};

/// How many jobs and steps one file may have together. The largest known have some hundreds; some of what is done with them
/// takes the square of their number.
const MOST: usize = 3_000;

/// Empties the tree of each file with too many jobs and steps to look at, if it speaks of Docker at all.
pub(super) fn leave_out_large(reader: &mut Reader<'_>) {
    for index in 0..reader.documents.files.len() {
        let file = FileId(index as u32);
        if let Some(jobs) = too_many(reader, file) {
            let message = format!(
                "has more than {MOST} jobs and steps; the file is left alone, split it and run again"
            );
            reader.problem(jobs, message);
            reader.documents.files[index].tree = Tree::default().into();
        }
    }
}

/// What holds the jobs and steps, if there are too many.
fn too_many(reader: &Reader<'_>, file: FileId) -> Option<NodeRef> {
    let documents = &reader.documents;
    let root = root(documents, file)?;
    let steps = |holder: NodeRef| {
        let steps = entry(documents, holder, "steps");
        steps.map_or(0, |steps| items(documents, steps.value).len())
    };
    let (at, number) = match entry(documents, root, "jobs") {
        Some(jobs) => {
            let each = entries(documents, jobs.value);
            let number = each.iter().map(|(_, job)| 1 + steps(job.value)).sum();
            (jobs.value, number)
        }
        None => {
            let runs = entry(documents, root, "runs")?;
            (runs.value, steps(runs.value))
        }
    };
    let speaks_of_docker = || documents.file(file).source.text().contains("docker");
    (number > MOST && speaks_of_docker()).then_some(at)
}
