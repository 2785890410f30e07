//! Text at the top of the file that a few jobs keep while all others move on: those few get a copy of their own.

use std::collections::BTreeMap;

use crate::pipeline::{Documents, Job, NodeRef, Phase, Slot, Via};
use crate::yaml::New;

use super::settle::Settling;
use super::{Plan, State, Users};

/// How many jobs may get a copy, and how long it may be: more of either is no longer a small diff.
const JOBS: usize = 3;
const LINES: usize = 6;

/// The keys that jobs get for themselves, each with the value that they have inherited so far.
pub(crate) type Pins = BTreeMap<(usize, &'static str), New>;

/// A key that a job takes from the top of the file, with the nodes that make it up.
struct Inherited<'a> {
    key: &'static str,
    slot: &'a Slot,
    nodes: Vec<NodeRef>,
}

fn inherited(job: &Job) -> Vec<Inherited<'_>> {
    let mut found = Vec::new();
    if let Some(image) = &job.image {
        found.push(Inherited {
            key: "image",
            slot: &image.slot,
            nodes: vec![image.name.node],
        });
    }
    if let Some(services) = &job.services {
        let nodes = services
            .items
            .iter()
            .map(|service| service.item.0)
            .chain([services.slot.value])
            .collect();
        found.push(Inherited {
            key: "services",
            slot: &services.slot,
            nodes,
        });
    }
    for script in &job.scripts {
        let key = match script.phase {
            Phase::Before => "before_script",
            Phase::After => "after_script",
            _ => continue,
        };
        let lines = script.lines.iter();
        let nodes = lines
            .flat_map(|line| [Some(line.node), line.item.map(|(list, _)| list)])
            .flatten();
        found.push(Inherited {
            key,
            slot: &script.slot,
            nodes: nodes.chain([script.slot.value]).collect(),
        });
    }
    found.retain(|inherited| inherited.slot.reach.contains(&Via::Default));
    found
}

/// The inherited value as it can be written into a job: a plain name or a short list of one-line texts.
fn copy(documents: &Documents, job: &Job, key: &str) -> Option<New> {
    let one_line = |text: &str| (!text.contains('\n')).then(|| New::Scalar(text.to_owned()));
    let texts: Vec<&str> = match key {
        "image" => {
            let image = job.image.as_ref()?;
            return (image.slot.value == image.name.node).then(|| New::Scalar(image.text.clone()));
        }
        "services" => {
            let services = job.services.as_ref()?;
            let plain = |service: &&crate::pipeline::Service| {
                documents.text(service.name).is_some()
                    && service.aliases.is_empty()
                    && service.arguments.is_empty()
            };
            let items = services.items.iter();
            if !items.clone().all(|service| plain(&service)) {
                return None;
            }
            items.map(|service| service.text.as_str()).collect()
        }
        _ => {
            let phase = if key == "before_script" {
                Phase::Before
            } else {
                Phase::After
            };
            let script = job.scripts.iter().find(|script| script.phase == phase)?;
            script
                .lines
                .iter()
                .map(|line| documents.text(line.node))
                .collect::<Option<_>>()?
        }
    };
    if texts.len() > LINES {
        return None;
    }
    texts
        .into_iter()
        .map(one_line)
        .collect::<Option<Vec<New>>>()
        .map(New::Sequence)
}

impl Plan<'_> {
    /// Whether a job has a copy of its own of what a node stands for.
    pub(super) fn is_pinned(&self, unit: usize, node: NodeRef) -> bool {
        let mut pins = self.pins.range((unit, "")..(unit + 1, ""));
        if pins.next().is_none() {
            return false;
        }
        let job = self.units[unit].job;
        let mut uses = inherited(job)
            .into_iter()
            .filter(|one| one.nodes.contains(&node))
            .peekable();
        uses.peek().is_some() && uses.all(|one| self.pins.contains_key(&(unit, one.key)))
    }

    /// Whether what a job inherits for a key is changed at all: only then it needs a copy.
    pub(super) fn loses(&self, unit: usize, key: &str, settling: &Settling) -> bool {
        let inherited = inherited(self.units[unit].job);
        inherited
            .iter()
            .any(|one| one.key == key && one.nodes.iter().any(|node| settling.touches(*node)))
    }

    /// Whether a job stays for what it is, and not for what it shares: the latter may move when others do.
    fn stays_by_itself(&self, unit: usize) -> bool {
        match &self.units[unit].state {
            State::Untouched => true,
            State::Moves => false,
            State::Left(reasons) => reasons
                .iter()
                .all(|reason| !super::BY_OTHERS.contains(&reason.rule)),
        }
    }

    /// Gives the few jobs that do not move a copy of what they share at this node, if many others move.
    pub(super) fn pin(&mut self, documents: &Documents, users: &Users, node: NodeRef) -> bool {
        let Some(all) = users.get(&node) else {
            return false;
        };
        let (mut moving, mut staying) = (0, Vec::new());
        for unit in all.iter().filter(|unit| !self.is_pinned(**unit, node)) {
            match self.moves(*unit) {
                true => moving += 1,
                false => staying.push(*unit),
            }
            if staying.len() > JOBS {
                return false;
            }
        }
        if staying.is_empty() || moving <= staying.len() {
            return false;
        }
        let mut new = Pins::new();
        for unit in staying {
            let job = self.units[unit].job;
            let alone = job
                .own
                .is_some_and(|own| users.get(&own).is_none_or(|users| users.len() == 1));
            let uses: Vec<&'static str> = inherited(job)
                .iter()
                .filter(|one| one.nodes.contains(&node))
                .map(|one| one.key)
                .collect();
            if !alone || uses.is_empty() || !self.stays_by_itself(unit) {
                return false;
            }
            for key in uses {
                let Some(value) = copy(documents, job, key) else {
                    return false;
                };
                new.insert((unit, key), value);
            }
        }
        self.pins.extend(new);
        true
    }
}
