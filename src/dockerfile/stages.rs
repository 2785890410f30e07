//! The stages of a Dockerfile, and which of them a build needs.

use std::collections::HashMap;

use super::{Dockerfile, Instruction};

/// How many stages may be built on one another before the rest is not looked at; real files stay below ten.
const DEEPEST: usize = 64;

/// A stage: its FROM and what follows.
#[derive(Clone, Debug)]
pub(crate) struct Stage<'d> {
    /// The name that its FROM gives it.
    pub name: Option<String>,
    /// The place of the stage that it is built on, if that is one of the same file.
    pub base: Option<usize>,
    /// Its FROM.
    pub from: &'d Instruction,
    /// What follows.
    pub body: &'d [Instruction],
}

impl Instruction {
    /// The name that a FROM gives its stage.
    pub(crate) fn stage_name(&self) -> Option<String> {
        let words = self.words();
        let [_, between, name] = words.as_slice() else {
            return None;
        };
        let named = self.keyword == "FROM" && between.text.eq_ignore_ascii_case("as");
        named.then(|| name.text.clone())
    }
}

impl Stage<'_> {
    /// The places of the stages that it is built on, the nearest first.
    pub(crate) fn bases(&self, stages: &[Stage<'_>]) -> impl Iterator<Item = usize> {
        let base = |stage: &usize| stages.get(*stage)?.base;
        std::iter::successors(self.base, base).take(DEEPEST)
    }

    /// The names of stages and images that its instructions copy from and mount.
    fn sources(&self) -> impl Iterator<Item = &str> {
        self.body.iter().flat_map(|instruction| {
            let copied = instruction.flags_named("--from");
            let mounted = instruction.flags_named("--mount");
            copied
                .filter_map(|flag| flag.value.as_deref())
                .chain(mounted.filter_map(|flag| flag.option(&["from"])))
        })
    }
}

impl Dockerfile {
    /// The stages, in their order.
    pub(crate) fn stages(&self) -> Vec<Stage<'_>> {
        let starts = self.instructions.iter().enumerate();
        let starts = starts.filter(|(_, instruction)| instruction.keyword == "FROM");
        let starts: Vec<usize> = starts.map(|(index, _)| index).collect();
        let ends = starts.iter().skip(1).copied();
        let ends = ends.chain([self.instructions.len()]);
        let mut stages: Vec<Stage<'_>> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for (start, end) in starts.iter().copied().zip(ends) {
            let Some((from, body)) = self
                .instructions
                .get(start..end)
                .and_then(<[Instruction]>::split_first)
            else {
                continue;
            };
            let base = from.words().into_iter().next();
            let base = base.and_then(|base| known.get(&lower(&base.text)).copied());
            let name = from.stage_name();
            known.extend(name.iter().map(|name| (lower(name), stages.len())));
            stages.push(Stage {
                name,
                base,
                from,
                body,
            });
        }
        stages
    }

    /// The instructions that make the image of a stage, and of the stages that it is built on, the nearest first; no name is the
    /// last stage.
    pub(crate) fn bodies(&self, target: Option<&str>) -> Option<Vec<&[Instruction]>> {
        let stages = self.stages();
        let named = |stage: &Stage<'_>| {
            let name = stage.name.as_deref();
            target.is_some_and(|target| name.is_some_and(|name| name.eq_ignore_ascii_case(target)))
        };
        let index = match target {
            Some(_) => stages.iter().position(named)?,
            None => stages.len().checked_sub(1)?,
        };
        let bases = stages.get(index)?.bases(&stages);
        let chain = std::iter::once(index).chain(bases);
        Some(chain.map(|index| stages[index].body).collect())
    }

    /// The user whom the image of a stage runs as, if the file says; no name is the last stage.
    pub(crate) fn user(&self, target: Option<&str>) -> Option<String> {
        self.bodies(target)?.into_iter().find_map(|body| {
            let user = body.iter().rev().find(|it| it.keyword == "USER")?;
            Some(user.words().first()?.text.clone())
        })
    }

    /// Which of the stages builds of `targets` need or may need; no name is the last stage.
    pub(crate) fn needed(&self, stages: &[Stage<'_>], targets: &[Option<String>]) -> Vec<bool> {
        let mut names: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, stage) in stages.iter().enumerate() {
            let own = stage.name.iter().map(|name| lower(name));
            for name in own.chain([index.to_string()]) {
                names.entry(name).or_default().push(index);
            }
        }
        // a name of which a variable is part may mean any stage in front that begins like it
        let meant = |name: &str, before: usize| -> Vec<usize> {
            let Some((begin, _)) = name.split_once('$') else {
                let known = names.get(&lower(name)).into_iter().flatten();
                return known.copied().filter(|index| *index < before).collect();
            };
            let fits = |stage: &Stage<'_>| {
                let known = stage.name.as_deref();
                known.is_some_and(|known| known.starts_with(begin))
            };
            let before = stages.get(..before).unwrap_or_default().iter().enumerate();
            before
                .filter(|(_, stage)| fits(stage))
                .map(|(index, _)| index)
                .collect()
        };
        let mut open: Vec<usize> = Vec::new();
        for target in targets {
            match target {
                None => open.extend(stages.len().checked_sub(1)),
                Some(target) => open.extend(meant(target, stages.len())),
            }
        }
        let mut needed = vec![false; stages.len()];
        while let Some(index) = open.pop() {
            if std::mem::replace(&mut needed[index], true) {
                continue;
            }
            let stage = &stages[index];
            let base = stage.from.words().into_iter().next();
            let base = base.iter().map(|base| base.text.as_str());
            let wanted = base.chain(stage.sources());
            open.extend(wanted.flat_map(|name| meant(name, index)));
        }
        needed
    }
}

/// Names of stages do not tell upper from lower case.
fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(text: &str, target: Option<&str>) -> Vec<usize> {
        let file = Dockerfile::read(text);
        let stages = file.stages();
        let needed = file.needed(&stages, &[target.map(ToOwned::to_owned)]);
        let lines = stages.iter().map(|stage| stage.from.line).zip(needed);
        lines
            .filter(|(_, needed)| *needed)
            .map(|(line, _)| line)
            .collect()
    }

    #[test]
    fn a_build_needs_what_its_target_is_made_of() {
        let text = "ARG A\nFROM x AS one\nFROM y AS two\nRUN b\nFROM one\nCOPY --from=0 a b\nFROM two AS last\n";
        assert_eq!(needed(text, None), [3, 7]);
        assert_eq!(needed(text, Some("ONE")), [2]);
        assert_eq!(needed(text, Some("2")), [2, 5]);
        let text = "FROM x AS base-amd64\nFROM x AS base-arm64\nFROM x AS other\nFROM x\nFROM base-$TARGETARCH\nRUN --mount=from=other,target=/o true\n";
        assert_eq!(needed(text, None), [1, 2, 3, 5]);
        assert_eq!(needed(text, Some("$TARGET")), [1, 2, 3]);
    }

    #[test]
    fn the_user_is_that_of_the_stage_or_of_what_it_is_built_on() {
        let file =
            Dockerfile::read("FROM a AS base\nUSER 1\nUSER app\nFROM base AS two\nRUN x\nFROM b\n");
        assert_eq!(file.user(Some("two")).as_deref(), Some("app"));
        assert_eq!(file.user(None), None);
    }

    #[test]
    fn a_circle_or_no_stage_at_all_is_no_trouble() {
        assert_eq!(needed("FROM a AS a\nCOPY --from=a b c\n", None), [1]);
        assert_eq!(needed("RUN x\n", None), [] as [usize; 0]);
    }
}
