//! The jobs of a workflow that no word in it keeps from being told by its keys.

use crate::yaml::outline::{Key, Value};

/// The places of the jobs among the keys of a workflow.
pub(super) fn jobs(keys: &[Key<'_>]) -> Option<Vec<usize>> {
    let mut jobs = Vec::new();
    let (mut top, mut sections) = ("", 0);
    for (index, key) in keys.iter().enumerate() {
        match (key.depth, key.name, key.value) {
            (_, "<<", _) | (_, _, Value::Anchor(_) | Value::Alias(_)) | (1, "runs", _) => {
                return None;
            }
            (1, name, _) => {
                top = name;
                sections += usize::from(name == "jobs");
            }
            (2, _, value) if top == "jobs" => {
                jobs.push(index);
                (value == Value::Missing).then_some(())?;
            }
            (_, "uses", Value::Text(uses)) if !uses.starts_with("./") => {}
            (_, "uses", _) => return None,
            _ => {}
        }
    }
    (sections == 1 && !jobs.is_empty()).then_some(jobs)
}
