//! The jobs of a pipeline that no word in it keeps from being told by its keys.

use crate::collections::{HashMap, HashSet};
use crate::yaml::outline::{Key, Value};

use super::lower::RESERVED;

/// How far `extends` may go from job to job, below what is refused.
const CHAIN: usize = 8;

/// The places of the jobs among the keys of a pipeline.
pub(super) fn jobs(keys: &[Key<'_>]) -> Option<Vec<usize>> {
    let mut jobs = Vec::new();
    let mut before = Templates::default();
    let (mut name, mut anchor, mut chain) = ("", None, 0);
    for (index, key) in keys.iter().enumerate() {
        match (key.depth, key.name, key.value) {
            (1, "include" | "spec", _) => return None,
            (1, next, value) => {
                before.add(name, anchor, chain);
                (name, anchor, chain) = (next, None, 0);
                match value {
                    _ if RESERVED.contains(&next) => {}
                    Value::Missing => jobs.push(index),
                    Value::Anchor(named) => {
                        anchor = Some(named);
                        jobs.push(index);
                    }
                    _ => return None,
                }
            }
            (_, _, Value::Anchor(_)) => return None,
            (2, "trigger", _) => return None,
            (2, "extends", value) => {
                let Value::Text(parent) = value else {
                    return None;
                };
                chain = 1 + before.chains.get(parent)?;
            }
            (2, "<<", Value::Alias(named)) if before.anchors.contains(named) => chain += 1,
            (_, "<<", _) | (_, _, Value::Alias(_)) => return None,
            _ => {}
        }
        // what has an anchor of its own would bring all that it takes over into others
        if chain > CHAIN || chain > 0 && anchor.is_some() {
            return None;
        }
    }
    Some(jobs)
}

/// What later jobs may take over.
#[derive(Default)]
struct Templates<'t> {
    /// How many others each job has that it extends.
    chains: HashMap<&'t str, usize>,
    anchors: HashSet<&'t str>,
}

impl<'t> Templates<'t> {
    fn add(&mut self, name: &'t str, anchor: Option<&'t str>, chain: usize) {
        self.chains.insert(name, chain);
        self.anchors.extend(anchor);
    }
}
