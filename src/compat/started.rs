//! The compose projects of a job, and what of them it starts and builds.

use std::rc::Rc;

use crate::analysis::JobPass;
use crate::collections::{HashMap, IndexSet};
use crate::compose::Project;

/// A project, and the services of it that the job starts or builds.
pub(super) struct Started {
    /// The project.
    pub project: Rc<Project>,
    /// The services of which it makes containers.
    pub runs: IndexSet<String>,
    /// The services whose images it may build.
    pub builds: IndexSet<String>,
}

/// The projects of a job, each once.
pub(super) fn started(pass: &JobPass<'_>) -> Vec<Started> {
    let mut known: HashMap<*const Project, usize> = HashMap::default();
    let mut found: Vec<Started> = Vec::new();
    for used in pass.compose_uses() {
        let Some(project) = &used.project else {
            continue;
        };
        let index = *known.entry(Rc::as_ptr(project)).or_insert_with(|| {
            found.push(Started {
                project: project.clone(),
                runs: IndexSet::default(),
                builds: IndexSet::default(),
            });
            found.len() - 1
        });
        if let Some(started) = found.get_mut(index) {
            started.runs.extend(used.runs.iter().cloned());
            started.builds.extend(used.builds.iter().cloned());
        }
    }
    found
}
