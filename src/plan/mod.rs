//! From drafts to verdicts: which jobs move, which stay, and what of the shared text may change.

mod editors;
mod expansions;
mod findings;
mod flows;
mod gather;
mod held;
mod hoist;
mod ignored;
mod libraries;
mod pins;
mod references;
mod remains;
mod settle;
mod sharing;
#[cfg(test)]
mod tests;
mod unread;
mod variables;

use std::cell::OnceCell;

use crate::analysis::{Context, Scripts};
use crate::collections::{HashMap, HashSet};
use crate::compat;
use crate::finding::{Finding, Fix, RuleId, Safety, Severity};
use crate::options::Options;
use crate::pipeline::{Documents, Job, NodeRef, Phase, Pipeline};
use crate::project::ProjectFiles;
use crate::repository::Files;
use crate::rewrite;
use crate::rewrite::{Drafted, Instead, Planned, Purpose};
use crate::rules::{Rules, ids};
use crate::text::FileId;
use crate::yaml::{Change, New};

use editors::Editors;
use references::References;

pub use libraries::{LibraryJob, UNREACHABLE, unreachable};

/// Reasons that a job has only because of another one.
pub(crate) const BY_OTHERS: [RuleId; 3] = [ids::SHARED_TEXT, ids::SHARED_STORE, ids::IMAGE_ARCHIVE];

/// What becomes of a job.
#[derive(Clone, Debug)]
pub enum State {
    /// It does not use Docker.
    Untouched,
    /// It moves, whole.
    Moves,
    /// It stays, for these reasons.
    Left(Vec<Finding>),
}

/// A job under the plan.
pub struct Unit<'a> {
    /// The job.
    pub job: &'a Job,
    /// Its pipeline, as an index.
    pub pipeline: usize,
    /// What the passes would do.
    pub drafted: Option<Drafted>,
    /// What becomes of it.
    pub state: State,
    /// Changes that are replaced by a key in the job itself, as indexes into the draft's changes.
    overridden: HashSet<usize>,
    /// The draft's changes of text by their nodes, as indexes, once somebody asked.
    by_node: OnceCell<HashMap<NodeRef, Vec<usize>>>,
}

impl Unit<'_> {
    /// What the job would make of a text, where that is not replaced by a key of its own.
    fn text_changes(&self, node: NodeRef) -> Vec<&Planned> {
        let drafted = self.drafted.as_ref();
        let changes = drafted.map_or(&[][..], |drafted| &drafted.draft.changes);
        let by_node = self.by_node.get_or_init(|| {
            let mut by_node: HashMap<NodeRef, Vec<usize>> = HashMap::default();
            for (index, planned) in changes.iter().enumerate() {
                if planned.purpose == Purpose::Text {
                    by_node.entry(planned.node()).or_default().push(index);
                }
            }
            by_node
        });
        let ours = by_node.get(&node).into_iter().flatten();
        ours.filter(|index| !self.overridden.contains(index))
            .map(|index| &changes[*index])
            .collect()
    }
}

/// The plan for a set of pipelines over the same files.
pub struct Plan<'a> {
    /// Every job that is not hidden.
    pub units: Vec<Unit<'a>>,
    /// The changes of each file.
    pub changes: HashMap<FileId, Vec<Change>>,
    /// What there is to say beside the reasons of the jobs that stay.
    pub findings: Vec<Finding>,
    /// The jobs of files that no pipeline includes.
    pub library_jobs: Vec<LibraryJob<'a>>,
    /// Keys that jobs get for themselves.
    pins: pins::Pins,
    /// Lines that several jobs get together.
    hoisted: hoist::Hoisted,
    /// What belongs to templates whose image stays.
    held: held::Held,
    /// Which jobs name a program that builds without Docker, once somebody asked.
    builders: OnceCell<Vec<bool>>,
}

/// Who uses which node: each job once, in their order.
pub(crate) type Users = HashMap<NodeRef, Vec<usize>>;

/// Plans all pipelines of a repository. What there is to say comes by [`Plan::emit_findings`].
pub fn plan<'a>(
    documents: &'a Documents,
    pipelines: &'a [Pipeline],
    rules: &'a Rules,
    options: &'a Options,
    files: &'a dyn Files,
    scripts: &Scripts,
    project: Option<&ProjectFiles>,
) -> Plan<'a> {
    let references = References::new(documents);
    let editors = Editors::new(documents);
    let mut units = Vec::new();
    let mut held = held::Held::default();
    for (index, pipeline) in pipelines.iter().enumerate() {
        let context = Context::new(documents, rules, options, files, pipeline, scripts, project);
        held.add(&context, pipeline);
        for job in pipeline.jobs.iter().filter(|job| !job.hidden) {
            let drafted = rewrite::run(&context, job, compat::job);
            let alone =
                |drafted: &Drafted| settle::alone(documents, &editors, &references, job, drafted);
            let state = first_state(documents, job, drafted.as_ref(), options, alone);
            units.push(Unit {
                job,
                pipeline: index,
                drafted,
                state,
                overridden: HashSet::default(),
                by_node: OnceCell::new(),
            });
        }
    }
    let users = users(documents, &units);
    let mut plan = Plan {
        units,
        changes: HashMap::default(),
        findings: Vec::new(),
        library_jobs: Vec::new(),
        pins: pins::Pins::new(),
        hoisted: Vec::new(),
        held,
        builders: OnceCell::new(),
    };
    ignored::hold(&mut plan, documents, options);
    loop {
        plan.agree(documents, &users);
        let apart: Vec<HashSet<usize>> = plan
            .units
            .iter()
            .map(|unit| unit.overridden.clone())
            .collect();
        hoist::hoist(&mut plan, documents, &users);
        plan.changes = gather::changes(&plan, documents, &references, &users);
        let Err(refusal) = settle::write(&editors, &plan.changes) else {
            break;
        };
        // each job can be written by itself, and all of them together cannot
        if !plan.leave_those_at(documents, &refusal) {
            break;
        }
        plan.hoisted.clear();
        for (unit, overridden) in plan.units.iter_mut().zip(apart) {
            unit.overridden = overridden;
        }
    }
    plan
}

/// The state of a job before anyone else is asked. `alone` tells whether its changes can be written at all.
fn first_state(
    documents: &Documents,
    job: &Job,
    drafted: Option<&Drafted>,
    options: &Options,
    alone: impl Fn(&Drafted) -> Result<(), settle::Unwritable>,
) -> State {
    let Some(drafted) = drafted else {
        return State::Untouched;
    };
    let draft = &drafted.draft;
    if draft.is_empty() {
        return State::Untouched; // there is only something to say
    }
    let mut blockers = draft.blockers.clone();
    if blockers.is_empty()
        && let Some(finding) = nothing_left(documents, job, &draft.changes)
    {
        blockers.push(finding);
    }
    if !blockers.is_empty() {
        return State::Left(blockers);
    }
    if let Err(refusal) = alone(drafted) {
        return State::Left(vec![unwritable(&refusal)]);
    }
    if !draft.reviews.is_empty() && !options.include_review {
        let held = draft.reviews.iter().cloned().map(|mut finding| {
            finding.fix = Some(Fix {
                title: "move the job to Podman".to_owned(),
                safety: Safety::Review,
                edits: Vec::new(),
            });
            finding
        });
        return State::Left(held.collect());
    }
    State::Moves
}

fn unwritable(refusal: &settle::Unwritable) -> Finding {
    let mut finding = rewrite::finding(
        ids::UNWRITABLE,
        Severity::Warning,
        refusal.at,
        format!(
            "what has to change here cannot be written without touching more: {}",
            refusal.why
        ),
    );
    finding.help = Some("write it plainly and only once, then run again".to_owned());
    finding
}

/// A job whose whole script would go has nothing to run.
fn nothing_left(documents: &Documents, job: &Job, changes: &[Planned]) -> Option<Finding> {
    if job.provider.has_steps() {
        return expansions::no_step_left(documents, job, changes);
    }
    let main = job
        .scripts
        .iter()
        .find(|script| script.phase == Phase::Main)?;
    let removed: HashSet<(NodeRef, usize)> = changes
        .iter()
        .filter_map(|planned| match planned.change {
            Change::RemoveItem { index, .. } => Some((planned.node(), index)),
            _ => None,
        })
        .collect();
    let removed =
        |line: &crate::pipeline::Line| line.item.is_some_and(|item| removed.contains(&item));
    if main.lines.is_empty() || !main.lines.iter().all(removed) {
        return None;
    }
    let mut finding = rewrite::finding(
        ids::NOTHING_LEFT,
        Severity::Warning,
        documents.location(main.slot.value),
        "nothing of this script would be left: all of it is about Docker",
    );
    finding.help = Some("remove the job if it is not needed any more".to_owned());
    Some(finding)
}

/// Which jobs use each node.
fn users(documents: &Documents, units: &[Unit<'_>]) -> Users {
    let mut users = Users::default();
    for (index, unit) in units.iter().enumerate() {
        let mut add = |node: NodeRef| {
            let known = users.entry(node).or_default();
            if known.last() != Some(&index) {
                known.push(index);
            }
        };
        let job = unit.job;
        job.mappings.iter().copied().for_each(&mut add);
        // on GitHub the list of steps and the mapping of services, which jobs may share by an alias
        job.keys
            .values()
            .for_each(|value| add(documents.resolve(*value)));
        if let Some(image) = &job.image {
            add(image.name.node);
            add(image.slot.mapping);
        }
        if let Some(services) = &job.services {
            add(services.slot.mapping);
            add(services.slot.value);
            services
                .items
                .iter()
                .for_each(|service| add(service.item.0));
        }
        for variable in job.variables.values() {
            add(variable.node);
            variable
                .slots
                .iter()
                .for_each(|(_, slot)| add(slot.mapping));
        }
        for action in &job.actions {
            add(action.uses.value);
            action.with.iter().for_each(|with| add(with.value));
        }
        for script in &job.scripts {
            add(script.slot.mapping);
            add(script.slot.value);
            for line in &script.lines {
                add(line.node);
                if let Some((sequence, _)) = line.item {
                    add(sequence);
                }
            }
        }
    }
    users
}

impl Plan<'_> {
    /// Whether a job moves.
    pub(crate) fn moves(&self, unit: usize) -> bool {
        matches!(self.units[unit].state, State::Moves)
    }

    /// Leaves a job where it is.
    pub(crate) fn leave(&mut self, unit: usize, finding: Finding) {
        match &mut self.units[unit].state {
            State::Left(reasons) => reasons.push(finding),
            state => *state = State::Left(vec![finding]),
        }
    }
}

/// Changes of a node that all who use it agree on, as long as no job changes its state: what one of them found out
/// holds for the others. The flag tells [`Purpose::Setup`].
type Agreed = HashMap<(NodeRef, bool), HashSet<Change>>;

/// The keys that a job writes of its own where shared text stays.
pub(crate) fn overrides(unit: &Unit<'_>) -> Vec<Instead> {
    let Some(drafted) = &unit.drafted else {
        return Vec::new();
    };
    let mut found: Vec<Instead> = Vec::new();
    let mut indexes: Vec<usize> = unit.overridden.iter().copied().collect();
    indexes.sort_unstable();
    for index in indexes {
        if let Some(instead) = &drafted.draft.changes[index].instead
            && !found.contains(instead)
        {
            found.push(instead.clone());
        }
    }
    found
}

/// The changes of a job that are made where they are planned.
pub(crate) fn effective<'b>(unit: &'b Unit<'_>) -> impl Iterator<Item = &'b Planned> {
    unit.drafted
        .iter()
        .flat_map(|drafted| &drafted.draft.changes)
        .enumerate()
        .filter(|(index, _)| !unit.overridden.contains(index))
        .map(|(_, planned)| planned)
}

/// A new key of a job with its value; nothing for a variable, which finds its place among the others.
pub(crate) fn value_of(instead: &Instead) -> Option<(String, New)> {
    let (key, value) = match instead {
        Instead::Image(name) => ("image", New::Scalar(name.clone())),
        Instead::Services(names) if names.is_empty() => ("services", New::EmptySequence),
        Instead::Services(names) => {
            let names = names.iter().cloned().map(New::Scalar);
            ("services", New::Sequence(names.collect()))
        }
        Instead::Variable(..) => return None,
    };
    Some((key.to_owned(), value))
}

/// The node that a change is about.
pub(crate) fn node_of(file: FileId, change: &Change) -> NodeRef {
    NodeRef {
        file,
        node: change.subject(),
    }
}

/// The reasons of a job that stays, each once.
pub fn reasons(findings: &[Finding]) -> Vec<RuleId> {
    let mut rules: Vec<RuleId> = findings.iter().map(|finding| finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}
