//! The Dockerfiles that a job builds: which they are, and what of them is built.

use std::path::Path;

use crate::analysis::{BuildFiles, DockerCall, JobPass, build_files, build_of};
use crate::collections::{HashMap, IndexSet};
use crate::dockerfile::{Dockerfile, Instruction, Stage};
use crate::project::{ProjectFile, ProjectFiles};
use crate::text::FileId;

use super::started::started;

/// A build of the job whose Dockerfile lies in the repository.
pub(super) struct Build<'p> {
    /// The command.
    pub docker: &'p DockerCall<'p>,
    /// What it reads.
    pub files: BuildFiles,
    /// Its Dockerfile, as a place in [`Builds::dockerfiles`].
    pub dockerfile: usize,
}

/// A Dockerfile that the job builds.
pub(super) struct Built {
    /// Where it lies.
    pub file: ProjectFile,
    /// What it says.
    pub dockerfile: Dockerfile,
    /// The stages that are built; nothing is the last one.
    targets: IndexSet<Option<String>>,
}

impl Built {
    /// The stages that the job's builds need, each with its place, and all stages.
    pub(super) fn stages(&self) -> (Vec<usize>, Vec<Stage<'_>>) {
        let stages = self.dockerfile.stages();
        let targets: Vec<Option<String>> = self.targets.iter().cloned().collect();
        let needed = self.dockerfile.needed(&stages, &targets);
        let needed = needed.into_iter().enumerate();
        let needed = needed.filter(|(_, needed)| *needed);
        (needed.map(|(index, _)| index).collect(), stages)
    }

    /// The instructions that the job's builds run; those in front of the first stage are part of every build.
    pub(super) fn instructions(&self) -> Vec<&Instruction> {
        let (needed, stages) = self.stages();
        let all = self.dockerfile.instructions.iter();
        let mut found: Vec<&Instruction> = all.take_while(|it| it.keyword != "FROM").collect();
        for stage in needed.into_iter().filter_map(|index| stages.get(index)) {
            found.push(stage.from);
            found.extend(stage.body);
        }
        found
    }
}

/// The builds of a job, and their Dockerfiles, each once; those that compose builds are among the latter.
#[derive(Default)]
pub(super) struct Builds<'p> {
    /// In the order of the script.
    pub builds: Vec<Build<'p>>,
    /// The Dockerfiles.
    pub dockerfiles: Vec<Built>,
    /// Their places by the numbers of their files.
    places: HashMap<FileId, usize>,
}

impl<'p> Builds<'p> {
    /// The builds of a job.
    pub(super) fn of(pass: &'p JobPass<'p>, project: &ProjectFiles) -> Self {
        let open = |path: &Path| project.open(pass.view.context.files, path);
        let mut found = Self::default();
        for (index, docker) in pass.known_calls() {
            if docker.rule.name != "build" {
                continue;
            }
            let Some(files) = build_files(pass, index, docker) else {
                continue;
            };
            let target = docker.flags_named("--target").last();
            let target = target.and_then(|flag| docker.value(flag));
            let target = target.map(|target| target.text);
            for files in files {
                let Some(file) = open(&files.dockerfile) else {
                    continue;
                };
                let dockerfile = found.add(file, target.clone());
                found.builds.push(Build {
                    docker,
                    files,
                    dockerfile,
                });
            }
        }
        for started in started(pass) {
            for service in &started.builds {
                if let Some(build) = build_of(&started.project, service)
                    && let Some(file) = open(&build.dockerfile)
                {
                    found.add(file, build.target);
                }
            }
        }
        found
    }

    /// Adds a stage of a Dockerfile that is built; gives the place of the Dockerfile.
    fn add(&mut self, file: ProjectFile, target: Option<String>) -> usize {
        let index = *self.places.entry(file.id).or_insert_with(|| {
            self.dockerfiles.push(Built {
                dockerfile: Dockerfile::read(file.source.text()),
                file,
                targets: IndexSet::default(),
            });
            self.dockerfiles.len() - 1
        });
        if let Some(built) = self.dockerfiles.get_mut(index) {
            built.targets.insert(target);
        }
        index
    }
}
