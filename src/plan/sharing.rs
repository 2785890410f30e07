//! Jobs that share text: what one wants of it, the others must want, or it gets a key of its own, or stays.

use crate::finding::{Finding, Label, Severity};
use crate::pipeline::{Documents, NodeRef};
use crate::rewrite;
use crate::rewrite::{Instead, Planned, Purpose};
use crate::rules::ids;
use crate::yaml::Change;

use super::{Agreed, Plan, State, Users, effective, flows, settle, unwritable, variables};

impl Plan<'_> {
    /// Holds jobs against each other until none changes its state any more.
    pub(super) fn agree(&mut self, documents: &Documents, users: &Users) {
        loop {
            let shared = self.share(documents, users);
            let flows = flows::couple(self, documents);
            if !shared && !flows {
                return;
            }
        }
    }

    /// Leaves the jobs whose changes meet where something cannot be written; if none is known to, all that change the file.
    /// Gives whether there was one.
    pub(super) fn leave_those_at(
        &mut self,
        documents: &Documents,
        refusal: &settle::Unwritable,
    ) -> bool {
        let moving: Vec<usize> = (0..self.units.len())
            .filter(|unit| self.moves(*unit))
            .collect();
        let changing = |here: &dyn Fn(&Planned) -> bool| -> Vec<usize> {
            let changes = |unit: &&usize| effective(&self.units[**unit]).any(here);
            moving.iter().filter(changes).copied().collect()
        };
        let mut all = changing(&|planned| {
            let at = documents.location(planned.node());
            let meets = at.span.contains(refusal.at.span) || refusal.at.span.contains(at.span);
            at.file == refusal.at.file && meets
        });
        if all.is_empty() {
            all = changing(&|planned| planned.file == refusal.at.file);
        }
        for unit in &all {
            self.leave(*unit, unwritable(refusal));
        }
        !all.is_empty()
    }

    /// Holds each change of shared text against all who share it. Gives whether a job changed its state.
    fn share(&mut self, documents: &Documents, users: &Users) -> bool {
        let mut changed = false;
        let mut agreed = Agreed::default();
        for unit in 0..self.units.len() {
            if !self.moves(unit) {
                continue;
            }
            if let Some(conflict) = self.conflict(unit, users, &mut agreed) {
                agreed.clear();
                let planned = self.planned(unit, conflict.change).clone();
                changed = true;
                if conflict.other.is_some() && self.pin(documents, users, planned.node()) {
                    continue;
                }
                let calls_docker = self.units[unit]
                    .drafted
                    .as_ref()
                    .is_some_and(|drafted| drafted.calls_docker);
                if calls_docker && self.can_override(documents, users, unit, &planned) {
                    self.override_all(unit, &planned);
                } else {
                    let finding = match conflict.other {
                        Some(other) => self.shared_text(documents, &planned, other),
                        None => self.held.finding(documents, planned.node()),
                    };
                    self.leave(unit, finding);
                }
            } else if let Some(variable) = variables::without_room(self, documents, users, unit) {
                let finding = self.no_room(documents, unit, &variable.name);
                self.leave(unit, finding);
                agreed.clear();
                changed = true;
            }
        }
        changed
    }

    fn planned(&self, unit: usize, change: usize) -> &Planned {
        let drafted = self.units[unit].drafted.as_ref();
        &drafted.expect("a job that moves has a draft").draft.changes[change]
    }

    /// The first change of a job that someone who shares the text does not want.
    fn conflict(&self, unit: usize, users: &Users, agreed: &mut Agreed) -> Option<Conflict> {
        let drafted = self.units[unit].drafted.as_ref()?;
        for (index, planned) in drafted.draft.changes.iter().enumerate() {
            if planned.purpose == Purpose::EngineVariable
                || self.units[unit].overridden.contains(&index)
            {
                continue;
            }
            let node = planned.node();
            let setup = planned.purpose == Purpose::Setup;
            if self.held.has(node) {
                return Some(Conflict {
                    change: index,
                    other: None,
                });
            }
            let known = agreed.entry((node, setup)).or_default();
            if known.contains(&planned.change) {
                continue;
            }
            for other in users
                .get(&node)
                .into_iter()
                .flatten()
                .copied()
                .filter(|other| *other != unit)
            {
                let fits = match &self.units[other].state {
                    State::Left(_) | State::Untouched => self.is_pinned(other, node),
                    State::Moves => {
                        planned.purpose == Purpose::Setup || self.wants(other, planned, node, unit)
                    }
                };
                if !fits {
                    return Some(Conflict {
                        change: index,
                        other: Some(other),
                    });
                }
            }
            known.insert(planned.change.clone());
        }
        None
    }

    /// Whether a job plans the same for a node.
    fn wants(&self, other: usize, planned: &Planned, node: NodeRef, unit: usize) -> bool {
        let theirs = self.units[other].text_changes(node);
        let same =
            |one: &Planned, list: &[&Planned]| list.iter().any(|other| other.change == one.change);
        match &planned.change {
            // entries and items of a list are decided one by one
            Change::RemoveItem { .. }
            | Change::RemoveEntry { .. }
            | Change::InsertItem { .. }
            | Change::InsertEntry { .. } => same(planned, &theirs),
            _ => {
                let ours = self.units[unit].text_changes(node);
                ours.iter().all(|one| same(one, &theirs))
                    && theirs.iter().all(|one| same(one, &ours))
            }
        }
    }

    /// Whether a key can be written into the job itself without anyone else seeing it.
    fn can_override(
        &self,
        documents: &Documents,
        users: &Users,
        unit: usize,
        planned: &Planned,
    ) -> bool {
        match &planned.instead {
            None => return false,
            Some(Instead::Variable(..)) => {
                return variables::has_room(self, documents, users, unit, true);
            }
            Some(_) => {}
        }
        if !self.units[unit].job.provider.overrides_inherited() {
            return false;
        }
        let Some(own) = self.units[unit].job.own else {
            return false;
        };
        users
            .get(&own)
            .is_none_or(|users| users.iter().all(|user| *user == unit))
    }

    /// All changes of the same kind give way to one key in the job.
    fn override_all(&mut self, unit: usize, planned: &Planned) {
        let Some(instead) = &planned.instead else {
            return;
        };
        let unit = &mut self.units[unit];
        let Some(drafted) = &unit.drafted else { return };
        for (index, one) in drafted.draft.changes.iter().enumerate() {
            let same = |one: &Instead| one.is_same_key(instead);
            if one.instead.as_ref().is_some_and(same) {
                unit.overridden.insert(index);
            }
        }
    }

    fn no_room(&self, documents: &Documents, unit: usize, variable: &str) -> Finding {
        let mut finding = rewrite::finding(
            ids::SHARED_TEXT,
            Severity::Warning,
            documents.location(self.units[unit].job.key),
            format!(
                "the job needs the variable {variable}, and its variables are shared with jobs that do not move, or are too many to repeat"
            ),
        );
        finding.help = Some("give the job variables of its own, then run again".to_owned());
        finding
    }

    fn shared_text(&self, documents: &Documents, planned: &Planned, other: usize) -> Finding {
        let other_unit = &self.units[other];
        let why = match &other_unit.state {
            State::Left(_) => "stays on Docker",
            State::Untouched => "has nothing to do with Docker",
            State::Moves => "would need it in another way",
        };
        let node = planned.node();
        let mut finding = rewrite::finding(
            ids::SHARED_TEXT,
            Severity::Warning,
            documents.location(node),
            format!(
                "what would change here is shared with the job {}, which {why}",
                other_unit.job.name
            ),
        );
        finding.at.push(Label {
            at: documents.location(other_unit.job.key),
            text: format!("{} shares it", other_unit.job.name),
        });
        finding.help = Some("give each job its own text, or move the other job first".to_owned());
        finding
    }
}

struct Conflict {
    change: usize,
    /// The job that shares the text; none where a template holds it.
    other: Option<usize>,
}
