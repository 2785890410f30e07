//! The Dockerfiles that a job builds: which they are, and the instructions that the catalog looks for.

use super::compose::started;
use super::look::Look;
use crate::dockerfile::{Dockerfile, Flag, Instruction, Stage};
use crate::passes::{BuildFiles, DockerCall, build_files, build_of};
use crate::project::ProjectFile;
use crate::rules::Detector;

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
    targets: Vec<Option<String>>,
}

impl Built {
    /// The stages that the job's builds need, each with its place, and all stages.
    pub(super) fn stages(&self) -> (Vec<usize>, Vec<Stage<'_>>) {
        let stages = self.dockerfile.stages();
        let needed = self.dockerfile.needed(&stages, &self.targets);
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
}

impl<'p> Builds<'p> {
    /// The builds of a job.
    pub(super) fn of(look: &Look<'p>) -> Self {
        let mut found = Self::default();
        for (index, docker) in look.pass.known_calls() {
            if docker.rule.name != "build" {
                continue;
            }
            let Some(files) = build_files(look.pass, index, docker) else {
                continue;
            };
            let Some(file) = look.open(&files.dockerfile) else {
                continue;
            };
            let target = docker.flags_named("--target").last();
            let target = target.and_then(|flag| docker.value(flag));
            let dockerfile = found.add(file, target.map(|target| target.text));
            found.builds.push(Build {
                docker,
                files,
                dockerfile,
            });
        }
        for started in started(look) {
            for service in &started.builds {
                if let Some(build) = build_of(&started.project, service)
                    && let Some(file) = look.open(&build.dockerfile)
                {
                    found.add(file, build.target);
                }
            }
        }
        found
    }

    /// Adds a stage of a Dockerfile that is built; gives the place of the Dockerfile.
    fn add(&mut self, file: ProjectFile, target: Option<String>) -> usize {
        let mut known = self.dockerfiles.iter();
        let known = known.position(|known| known.file.id == file.id);
        let index = known.unwrap_or_else(|| {
            self.dockerfiles.push(Built {
                dockerfile: Dockerfile::read(file.source.text()),
                file,
                targets: Vec::new(),
            });
            self.dockerfiles.len() - 1
        });
        if let Some(built) = self.dockerfiles.get_mut(index)
            && !built.targets.contains(&target)
        {
            built.targets.push(target);
        }
        index
    }
}

/// Looks at every Dockerfile of the repository that the job builds.
pub(super) fn run(look: &mut Look<'_>) {
    for built in &look.builds().dockerfiles {
        for instruction in built.instructions() {
            instruction_of(look, &built.file, instruction);
        }
        let detectors = &look.rules().detectors().directives;
        for directive in &built.dockerfile.directives {
            let named = detectors
                .iter()
                .filter(|it| it.subject() == directive.name)
                .filter(|it| it.fits_value(0, Some(&directive.value)));
            for detector in named {
                let at = built.file.at(directive.span.clone());
                look.say(detector.rule, at, &directive.value);
            }
        }
    }
}

fn instruction_of(look: &mut Look<'_>, file: &ProjectFile, instruction: &Instruction) {
    let detectors = &look.rules().detectors().dockerfile;
    let text = file.source.text();
    for detector in detectors
        .iter()
        .filter(|it| it.subject() == instruction.keyword)
    {
        let mut say = |span: std::ops::Range<usize>, it: &str| {
            look.say(detector.rule, file.at(span), it);
        };
        match detector.details().first() {
            None => say(instruction.span.clone(), &instruction.keyword),
            Some(&"<<") => {
                let mut first_lines = instruction.heredocs.iter().map(|range| {
                    let content = text.get(range.clone()).unwrap_or_default();
                    content.lines().next().unwrap_or_default()
                });
                if first_lines.any(|line| detector.fits_value(1, Some(line))) {
                    let it = text.get(instruction.span.clone()).unwrap_or_default();
                    say(instruction.span.clone(), it);
                }
            }
            Some(name) if name.starts_with("--") => {
                let flags = instruction.flags_named(name);
                let given = flags.filter(|flag| flag.value.as_deref() != Some("false"));
                for flag in given.filter(|flag| has_options(detector, flag)) {
                    let it = text.get(flag.span.clone()).unwrap_or_default();
                    say(flag.span.clone(), it);
                }
            }
            Some(pattern) => {
                for word in instruction.words() {
                    if Detector::fits(pattern, Some(&word.text)) {
                        say(word.span, &word.text);
                    }
                }
            }
        }
    }
}

/// Whether a flag has every option that is looked for, with the value that is looked for.
fn has_options(detector: &Detector, flag: &Flag) -> bool {
    let wanted = detector.details().get(1..).unwrap_or_default();
    wanted.iter().all(|wanted| {
        if let Some(absent) = wanted.strip_prefix('!') {
            return !flag.has(&[absent]);
        }
        let (name, value) = match wanted.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (*wanted, None),
        };
        flag.options().any(|(found, given)| {
            Detector::fits(name, Some(found))
                && value.is_none_or(|value| Detector::fits(value, given))
        })
    })
}
