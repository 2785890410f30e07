//! The instructions of Dockerfiles that the catalog looks for.

use crate::dockerfile::{Flag, Instruction};
use crate::project::ProjectFile;
use crate::rules::Detector;

use super::check::JobCheck;

/// Looks at every Dockerfile of the repository that the job builds.
pub(super) fn run(check: &mut JobCheck<'_>) {
    for built in &check.builds().dockerfiles {
        for instruction in built.instructions() {
            instruction_of(check, &built.file, instruction);
        }
        let detectors = &check.rules().detectors().directives;
        for directive in &built.dockerfile.directives {
            let named = detectors
                .iter()
                .filter(|it| it.subject() == directive.name)
                .filter(|it| it.fits_value(0, Some(&directive.value)));
            for detector in named {
                let at = built.file.at(directive.span.clone());
                check.emit(detector.rule, at, &directive.value);
            }
        }
    }
}

fn instruction_of(check: &mut JobCheck<'_>, file: &ProjectFile, instruction: &Instruction) {
    let detectors = &check.rules().detectors().dockerfile;
    let text = file.source.text();
    for detector in detectors
        .iter()
        .filter(|it| it.subject() == instruction.keyword)
    {
        let mut emit = |span: std::ops::Range<usize>, it: &str| {
            check.emit(detector.rule, file.at(span), it);
        };
        match detector.details().first() {
            None => emit(instruction.span.clone(), &instruction.keyword),
            Some(&"<<") => {
                let mut first_lines = instruction.heredocs.iter().map(|range| {
                    let content = text.get(range.clone()).unwrap_or_default();
                    content.lines().next().unwrap_or_default()
                });
                if first_lines.any(|line| detector.fits_value(1, Some(line))) {
                    let it = text.get(instruction.span.clone()).unwrap_or_default();
                    emit(instruction.span.clone(), it);
                }
            }
            Some(name) if name.starts_with("--") => {
                let flags = instruction.flags_named(name);
                let given = flags.filter(|flag| flag.value.as_deref() != Some("false"));
                for flag in given.filter(|flag| has_options(detector, flag)) {
                    let it = text.get(flag.span.clone()).unwrap_or_default();
                    emit(flag.span.clone(), it);
                }
            }
            Some(pattern) => {
                for word in instruction.words() {
                    if Detector::fits(pattern, Some(&word.text)) {
                        emit(word.span, &word.text);
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
