//! The Dockerfiles that a job builds: which they are, and the instructions that the catalog looks for.

use super::look::Look;
use crate::dockerfile::{Dockerfile, Flag, Instruction};
use crate::passes::build_files;
use crate::project::ProjectFile;
use crate::rules::Detector;

/// Looks at every Dockerfile of the repository that the job builds.
pub(super) fn run(look: &mut Look<'_>) {
    for (file, dockerfile) in built(look) {
        for instruction in &dockerfile.instructions {
            instruction_of(look, &file, instruction);
        }
    }
}

/// The Dockerfiles that the job builds, each once.
pub(super) fn built(look: &Look<'_>) -> Vec<(ProjectFile, Dockerfile)> {
    let mut found: Vec<(ProjectFile, Dockerfile)> = Vec::new();
    for (index, docker) in look.pass.known_calls() {
        if docker.rule.name != "build" {
            continue;
        }
        let Some(files) = build_files(look.pass, index, docker) else {
            continue;
        };
        if let Some(file) = look.open(&files.dockerfile)
            && found.iter().all(|(known, _)| known.id != file.id)
        {
            let dockerfile = Dockerfile::read(file.source.text());
            found.push((file, dockerfile));
        }
    }
    found
}

fn instruction_of(look: &mut Look<'_>, file: &ProjectFile, instruction: &Instruction) {
    let detectors = &look.rules().detectors().dockerfile;
    let text = file.source.text();
    for detector in detectors
        .iter()
        .filter(|it| it.subject() == instruction.keyword)
    {
        match detector.details().first() {
            None => {
                let at = file.at(instruction.span.clone());
                look.say(detector.rule, at, &instruction.keyword);
            }
            Some(name) => {
                let flags = instruction.flags.iter();
                for flag in flags.filter(|flag| flag.name == *name && has_options(detector, flag)) {
                    let it = text.get(flag.span.clone()).unwrap_or_default();
                    look.say(detector.rule, file.at(flag.span.clone()), it);
                }
            }
        }
    }
}

/// Whether a flag has every option that is looked for, with the value that is looked for.
fn has_options(detector: &Detector, flag: &Flag) -> bool {
    let wanted = detector.details().get(1..).unwrap_or_default();
    wanted.iter().all(|wanted| {
        let (name, value) = match wanted.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (*wanted, None),
        };
        flag.options().any(|(found, given)| {
            found == name && value.is_none_or(|value| Detector::fits(value, given))
        })
    })
}
