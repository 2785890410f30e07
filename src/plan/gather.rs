//! The changes of all jobs that move, gathered file by file.

use crate::analysis::Readers;
use crate::collections::HashMap;
use crate::pipeline::Documents;
use crate::rewrite::{Planned, Purpose};
use crate::text::FileId;
use crate::yaml::Change;

use super::references::References;
use super::settle::{Settling, insert_key};
use super::{Plan, State, Unit, Users, effective, expansions, overrides, value_of, variables};

/// The changes of all jobs that move, file by file.
pub(super) fn changes(
    plan: &Plan<'_>,
    documents: &Documents,
    references: &References<'_>,
    users: &Users,
) -> HashMap<FileId, Vec<Change>> {
    let mut settling = Settling::default();
    let mut needed = Needed {
        plan,
        documents,
        users,
        known: HashMap::default(),
        untouched: HashMap::default(),
        all: None,
    };
    let moving: Vec<&Unit<'_>> = plan
        .units
        .iter()
        .filter(|unit| matches!(unit.state, State::Moves))
        .collect();
    for unit in &moving {
        settling.cover(unit.job);
        for planned in effective(unit) {
            if planned.purpose == Purpose::EngineVariable && needed.is(planned) {
                continue;
            }
            settling.add(planned.file, planned.change.clone());
        }
        for instead in overrides(unit) {
            if let Some(key) = value_of(&instead) {
                insert_key(documents, unit.job, key, &mut settling);
            }
        }
    }
    for (file, change) in &plan.hoisted {
        settling.add(*file, change.clone());
    }
    for ((unit, key), value) in &plan.pins {
        if !plan.moves(*unit) && plan.loses(*unit, key, &settling) {
            insert_key(
                documents,
                plan.units[*unit].job,
                ((*key).to_owned(), value.clone()),
                &mut settling,
            );
        }
    }
    for (index, unit) in plan.units.iter().enumerate() {
        if matches!(unit.state, State::Moves) {
            variables::place(plan, documents, users, index, &mut settling);
        }
    }
    expansions::write(&moving, documents, &mut settling);
    settling.close(documents, references)
}

/// Which variables of Docker's stay because somebody else needs them.
struct Needed<'a> {
    plan: &'a Plan<'a>,
    documents: &'a Documents,
    users: &'a Users,
    /// What was found out for each removal.
    known: HashMap<(FileId, Change), bool>,
    /// The texts of jobs without Docker.
    untouched: HashMap<usize, Readers<'a>>,
    /// The texts of all files, with what the jobs that move change.
    all: Option<Readers<'a>>,
}

impl Needed<'_> {
    /// Whether one of those who have the mapping stays, still reads the variable once it has moved, or reads it and never
    /// used Docker; or whether anything else in the files reads it, such as a rule or a pipeline that gets it handed down.
    fn is(&mut self, planned: &Planned) -> bool {
        let removal = (planned.file, planned.change.clone());
        if let Some(known) = self.known.get(&removal) {
            return *known;
        }
        let (plan, documents) = (self.plan, self.documents);
        let name = planned.removed_key(documents);
        let users = self.users.get(&planned.node());
        let needed = users.into_iter().flatten().any(|user| {
            let unit = &plan.units[*user];
            match &unit.state {
                State::Left(_) => true,
                State::Moves => effective(unit)
                    .all(|theirs| theirs.file != planned.file || theirs.change != planned.change),
                State::Untouched => {
                    let readers = self
                        .untouched
                        .entry(*user)
                        .or_insert_with(|| Readers::of(documents, unit.job, std::iter::empty()));
                    name.is_some_and(|name| readers.read(name))
                }
            }
        });
        let needed = needed || name.is_some_and(|name| self.is_read_anywhere(name));
        self.known.insert(removal, needed);
        needed
    }

    fn is_read_anywhere(&mut self, name: &str) -> bool {
        let (plan, documents) = (self.plan, self.documents);
        let all = self.all.get_or_insert_with(|| {
            let moving = plan.units.iter();
            let moving = moving.filter(|unit| matches!(unit.state, State::Moves));
            let planned = moving.flat_map(effective);
            Readers::of_all(documents, planned.map(|one| (one.file, &one.change)))
        });
        all.read(name)
    }
}
