//! The steps of a job: what they run, and the actions that they use.

use std::sync::Arc;

use crate::pipeline::{Action, Line, NodeRef, Phase, Scope, Script, Slot, Variable, Via};
use crate::text::FileId;

use super::expansions::action_name;
use super::lower::{DEPTH, Gathered, Lowering, STEPS, Surroundings};
use super::node::{entries, entry, items, root, text, text_of};
use super::{Role, local_path, role};

impl Lowering<'_> {
    /// `env:` of a mapping.
    pub(super) fn variables(
        &self,
        holder: NodeRef,
        scope: Scope,
        reach: &[Via],
        gathered: &mut Gathered,
    ) {
        let documents = self.documents;
        let Some(env) = entry(documents, holder, "env") else {
            return;
        };
        for (key, mut slot) in entries(documents, env.value) {
            let Some(name) = text(documents, key) else {
                continue;
            };
            slot.reach.splice(0..0, reach.iter().copied());
            if scope == Scope::Global {
                slot.reach.push(Via::Global);
            }
            let value = documents
                .variable_text(documents.resolve(slot.value))
                .map(str::to_owned);
            let node = slot.value;
            match gathered.variables.get_mut(name).map(Arc::make_mut) {
                Some(known) => {
                    known.varies |= known.value != value;
                    known.value = value;
                    known.node = node;
                    known.slots.push((scope, slot));
                }
                None => {
                    let variable = Variable {
                        varies: false,
                        value,
                        node,
                        slots: vec![(scope, slot)],
                    };
                    gathered.variables.insert(name.into(), variable.into());
                }
            }
        }
    }

    /// The steps of a list, those of the composite actions in it included.
    pub(super) fn gather(
        &self,
        list: NodeRef,
        surroundings: Surroundings<'_>,
        reach: &[Via],
        gathered: &mut Gathered,
    ) {
        let documents = self.documents;
        for (index, step) in items(documents, list).into_iter().enumerate() {
            self.steps.set(self.steps.get() + 1);
            if self.steps.get() > STEPS {
                return;
            }
            gathered.mappings.push(step);
            if let Some(uses) = entry(documents, step, "uses") {
                let called = local_path(self.reader, uses.value)
                    .and_then(|path| self.reader.known_file(&path));
                let composite =
                    called.filter(|file| role(documents, *file) == Some(Role::Composite));
                match composite {
                    Some(file) if surroundings.depth < DEPTH => {
                        self.composite(file, surroundings.depth, gathered);
                    }
                    _ => self.action(&uses, (list, index), step, gathered),
                }
            }
            if let Some(run) = entry(documents, step, "run") {
                self.variables(step, Scope::Job, reach, gathered);
                self.script(run, (list, index), step, surroundings, reach, gathered);
            }
        }
    }

    fn composite(&self, file: FileId, depth: usize, gathered: &mut Gathered) {
        let documents = self.documents;
        let steps = root(documents, file)
            .and_then(|root| entry(documents, root, "runs"))
            .and_then(|runs| entry(documents, runs.value, "steps"));
        let inside = Surroundings {
            shell: None,
            folder: None,
            depth: depth + 1,
        };
        if let Some(steps) = steps {
            self.gather(steps.value, inside, &[Via::Include], gathered);
        }
    }

    fn script(
        &self,
        run: Slot,
        step: (NodeRef, usize),
        mapping: NodeRef,
        surroundings: Surroundings<'_>,
        reach: &[Via],
        gathered: &mut Gathered,
    ) {
        let documents = self.documents;
        if text(documents, run.value).is_none() {
            return;
        }
        let shell = text_of(documents, mapping, "shell").or(surroundings.shell);
        let program = shell.and_then(|shell| shell.split_whitespace().next());
        if let Some(other) = program.filter(|program| !matches!(*program, "bash" | "sh")) {
            gathered.foreign_scripts.push((run.value, other.to_owned()));
            return;
        }
        let mut way = reach.to_vec();
        way.extend(run.reach.iter().copied());
        let folder = text_of(documents, mapping, "working-directory").or(surroundings.folder);
        let line = Line {
            node: run.value,
            item: None,
            step: Some(step),
            folder: folder.map(str::to_owned),
            reach: way,
            commands: None,
        };
        gathered.lines += 1;
        gathered.scripts.push(Script {
            phase: Phase::Main,
            slot: run,
            lines: vec![line],
        });
    }

    pub(super) fn action(
        &self,
        uses: &Slot,
        step: (NodeRef, usize),
        mapping: NodeRef,
        gathered: &mut Gathered,
    ) {
        let documents = self.documents;
        let Some(written) = text(documents, uses.value) else {
            return;
        };
        let name = action_name(written).unwrap_or(written).to_owned();
        let known = self.written.get(&mapping).cloned().unwrap_or_default();
        let with = entry(documents, mapping, "with");
        let inputs = with
            .iter()
            .flat_map(|with| entries(documents, with.value))
            .filter_map(|(key, value)| Some((text(documents, key)?.to_owned(), value.value)))
            .collect();
        let lines_before = gathered.lines;
        if let Some(commands) = &known.commands {
            for (name, value) in &commands.variables {
                let variable = Variable {
                    value: Some(value.clone()),
                    node: uses.value,
                    slots: Vec::new(),
                    varies: false,
                };
                gathered
                    .variables
                    .entry(name.as_str().into())
                    .and_modify(|known| {
                        Arc::make_mut(known).varies |= known.value.as_ref() != Some(value)
                    })
                    .or_insert_with(|| variable.into());
            }
            let script = commands.operation.script();
            for (list, texts) in commands.lists().zip([script.lines, script.then]) {
                let nodes = items(documents, list).into_iter().enumerate();
                let lines: Vec<Line> = nodes
                    .zip(texts)
                    .map(|((index, node), text)| Line {
                        node,
                        item: Some((list, index)),
                        step: None,
                        folder: None,
                        reach: uses.reach.clone(),
                        commands: Some(text.script.into()),
                    })
                    .collect();
                gathered.lines += lines.len();
                let slot = Slot {
                    mapping: list,
                    index: 0,
                    written: list,
                    value: list,
                    reach: Vec::new(),
                };
                gathered.scripts.push(Script {
                    phase: Phase::Main,
                    slot,
                    lines,
                });
            }
        }
        gathered.actions.push(Action {
            step,
            mapping,
            uses: uses.clone(),
            name,
            with,
            inputs,
            lines_before,
            commands: known.commands,
            doubts: known.doubts,
            read: known.read,
        });
    }
}
