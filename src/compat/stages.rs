//! The stages of Dockerfiles: their names, and the arguments that hold in them.

use std::collections::HashSet;
use std::ops::Range;

use crate::dockerfile::{Instruction, Stage};
use crate::project::ProjectFile;
use crate::rules::ids;

use super::check::JobCheck;

/// What the platforms of a build set, if an ARG asks for it.
const PLATFORM: [&str; 8] = [
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
];

/// Looks at the stages of every Dockerfile of the repository that the job builds.
pub(super) fn run(check: &mut JobCheck<'_>) {
    let builds = check.builds();
    for built in &builds.dockerfiles {
        let (needed, stages) = built.stages();
        let scopes: Vec<Scope> = stages.iter().map(Scope::of).collect();
        let known = Names::of(&stages);
        let file = &built.file;
        for index in needed {
            let stage = &stages[index];
            names(check, file, &known, stage);
            platform_in_from(check, file, stage);
            argument_behind_variable(check, file, stage);
            changed_volumes(check, file, &stages, stage);
            let below: Vec<&Scope> = stage.bases(&stages).map(|base| &scopes[base]).collect();
            inherited(check, file, stage, &scopes[index], &below);
        }
    }
    let stages = builds.dockerfiles.iter();
    let names: Vec<Names> = stages
        .map(|built| Names::of(&built.dockerfile.stages()))
        .collect();
    for build in &builds.builds {
        for flag in build.docker.flags_named("--target") {
            let names = &names[build.dockerfile];
            let target = build.docker.value(flag).filter(|target| !target.unknown);
            if let Some(target) = target.filter(|target| names.differs_in_case(&target.text)) {
                let at = build.docker.at_words(&flag.words);
                check.emit(ids::STAGE_NAME_CASE, at, &target.text);
            }
        }
    }
}

/// The names that a stage gives values.
struct Scope {
    arguments: HashSet<String>,
    variables: HashSet<String>,
}

impl Scope {
    fn of(stage: &Stage<'_>) -> Self {
        let named = |keyword: &str| {
            let instructions = stage.body.iter().filter(|it| it.keyword == keyword);
            instructions.flat_map(declared).collect()
        };
        Self {
            arguments: named("ARG"),
            variables: named("ENV"),
        }
    }
}

/// The names of all stages, as they are written and in lower case.
struct Names {
    written: HashSet<String>,
    lower: HashSet<String>,
}

impl Names {
    fn of(stages: &[Stage<'_>]) -> Self {
        let names = || stages.iter().filter_map(|stage| stage.name.as_deref());
        Self {
            written: names().map(str::to_owned).collect(),
            lower: names().map(str::to_ascii_lowercase).collect(),
        }
    }

    /// Whether a name is a stage's, or its number.
    fn is_stage(&self, name: &str) -> bool {
        self.written.contains(name) || name.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Whether a name is a stage's but for its upper and lower case.
    fn differs_in_case(&self, name: &str) -> bool {
        self.lower.contains(&name.to_ascii_lowercase()) && !self.written.contains(name)
    }
}

fn names(check: &mut JobCheck<'_>, file: &ProjectFile, known: &Names, stage: &Stage<'_>) {
    for instruction in stage.body {
        let copied = instruction.flags_named("--from");
        let copied = copied.filter_map(|flag| Some((flag, flag.value.as_deref()?)));
        let mounted = instruction.flags_named("--mount");
        let mounted = mounted.filter_map(|flag| Some((flag, flag.option(&["from"])?)));
        for (flag, name) in copied.chain(mounted) {
            let at = file.at(flag.span.clone());
            let is_cache = flag
                .options()
                .any(|option| option == ("type", Some("cache")));
            if known.differs_in_case(name) {
                check.emit(ids::STAGE_NAME_CASE, at, name);
            } else if is_cache && !known.is_stage(name) {
                let it = file.source.text().get(flag.span.clone());
                check.emit(ids::CACHE_MOUNT_FROM_IMAGE, at, it.unwrap_or_default());
            }
        }
    }
}

/// `FROM base-$TARGETARCH`.
fn platform_in_from(check: &mut JobCheck<'_>, file: &ProjectFile, stage: &Stage<'_>) {
    let Some(base) = stage.from.words().into_iter().next() else {
        return;
    };
    let mut used = variables(&base.text);
    if used.any(|(name, _)| PLATFORM.contains(&name)) {
        check.emit(
            ids::PLATFORM_IN_FROM,
            file.at(base.span.clone()),
            &base.text,
        );
    }
}

/// An ARG behind an ENV of the same name.
fn argument_behind_variable(check: &mut JobCheck<'_>, file: &ProjectFile, stage: &Stage<'_>) {
    let mut set: Vec<String> = Vec::new();
    for instruction in stage.body {
        let declared = declared(instruction);
        match instruction.keyword.as_str() {
            "ENV" => set.extend(declared),
            "ARG" => {
                if let Some(name) = declared.iter().find(|name| set.contains(name)) {
                    let at = file.at(instruction.span.clone());
                    check.emit(ids::ARGUMENT_BEHIND_VARIABLE, at, name);
                }
            }
            _ => {}
        }
    }
}

/// A RUN that changes what lies in a volume of its stage, or of one that the stage is built on.
fn changed_volumes(
    check: &mut JobCheck<'_>,
    file: &ProjectFile,
    stages: &[Stage<'_>],
    stage: &Stage<'_>,
) {
    let below = stage.bases(stages).flat_map(|base| stages[base].body);
    let mut volumes: Vec<String> = below.flat_map(volumes_of).collect();
    let text = file.source.text();
    for instruction in stage.body {
        volumes.extend(volumes_of(instruction));
        if instruction.keyword != "RUN" {
            continue;
        }
        let heredocs = instruction.heredocs.iter();
        for part in [&instruction.span].into_iter().chain(heredocs) {
            let script = text.get(part.clone()).unwrap_or_default();
            for path in &volumes {
                if let Some(found) = change_of(script, path) {
                    let at = file.at(part.start + found.start..part.start + found.end);
                    check.emit(ids::VOLUME_CHANGES, at, path);
                }
            }
        }
    }
}

/// The folders that a VOLUME names, as far as they are written out.
fn volumes_of(instruction: &Instruction) -> Vec<String> {
    if instruction.keyword != "VOLUME" {
        return Vec::new();
    }
    let words = instruction.words().into_iter();
    let paths = words.map(|word| word.text.trim_end_matches('/').to_owned());
    paths
        .filter(|path| path.len() > 1 && path.starts_with('/') && !path.contains('$'))
        .collect()
}

/// Where a script changes something at or below a path, if a word of it says so.
fn change_of(script: &str, path: &str) -> Option<Range<usize>> {
    let mut places = script.match_indices(path).map(|(at, _)| at);
    let start = places.find(|at| {
        let (before, behind) = (&script[..*at], &script[*at + path.len()..]);
        let whole = before.ends_with([' ', '\t', '"', '\'', '>', '\n'])
            && (behind.is_empty()
                || behind.starts_with(['/', ' ', '\t', '"', '\'', ';', '&', ')', '\r', '\n']));
        whole && changes(before, behind)
    })?;
    Some(start..start + path.len())
}

/// Whether the command around a path changes what lies there.
fn changes(before: &str, behind: &str) -> bool {
    const ENDS: [&str; 4] = ["&&", "||", ";", "|"];
    let begin = |end: &&str| before.rfind(*end).map(|at| at + end.len());
    let begin = ENDS.iter().filter_map(begin).max().unwrap_or_default();
    let command = before.get(begin..).unwrap_or_default();
    if command
        .trim_end_matches(['"', '\''])
        .trim_end()
        .ends_with('>')
    {
        return true;
    }
    let end = ENDS.iter().filter_map(|end| behind.find(end)).min();
    let rest = behind.get(..end.unwrap_or(behind.len()));
    let mut rest = rest
        .unwrap_or_default()
        .split_whitespace()
        .skip(usize::from(!behind.starts_with([' ', '\t', '\r', '\n'])));
    let words = command.split_whitespace();
    let mut words = words.skip_while(|word| {
        word.eq_ignore_ascii_case("run") || word.starts_with("--") || *word == "\\"
    });
    match words.next() {
        Some("chown" | "chmod" | "chgrp" | "mkdir" | "touch" | "rm" | "mv" | "tee") => true,
        Some("cp" | "ln" | "install" | "rsync") => rest.all(|word| word == "\\"),
        _ => false,
    }
}

/// An ARG of a stage below that this stage reads without asking for it.
fn inherited(
    check: &mut JobCheck<'_>,
    file: &ProjectFile,
    stage: &Stage<'_>,
    own: &Scope,
    below: &[&Scope],
) {
    if below.iter().all(|scope| scope.arguments.is_empty()) {
        return;
    }
    let text = file.source.text();
    let mut done: HashSet<&str> = HashSet::new();
    for instruction in stage.body {
        // what the container itself runs is no longer the builder's
        if matches!(
            instruction.keyword.as_str(),
            "CMD" | "ENTRYPOINT" | "HEALTHCHECK"
        ) {
            continue;
        }
        let heredocs = instruction.heredocs.iter();
        let parts: Vec<&Range<usize>> = [&instruction.span].into_iter().chain(heredocs).collect();
        let texts = || parts.iter().filter_map(|part| text.get((*part).clone()));
        for part in &parts {
            let Some(content) = text.get((*part).clone()) else {
                continue;
            };
            for (name, used) in variables(content) {
                let known = own.arguments.contains(name)
                    || own.variables.contains(name)
                    || below.iter().any(|scope| scope.variables.contains(name));
                let argument = below.iter().any(|scope| scope.arguments.contains(name));
                if known || !argument || PLATFORM.contains(&name) || !done.insert(name) {
                    continue;
                }
                if texts().any(|text| gives_value(text, name)) {
                    continue;
                }
                let at = file.at(part.start + used.start..part.start + used.end);
                check.emit(ids::STAGE_ARGUMENT, at, name);
            }
        }
    }
}

/// The names that an ARG or an ENV gives values.
fn declared(instruction: &Instruction) -> Vec<String> {
    if !matches!(instruction.keyword.as_str(), "ARG" | "ENV") {
        return Vec::new();
    }
    let words = instruction.words();
    let old_form =
        instruction.keyword == "ENV" && words.first().is_some_and(|word| !word.text.contains('='));
    let names = words
        .into_iter()
        .map(|word| match word.text.split_once('=') {
            Some((name, _)) => name.to_owned(),
            None => word.text,
        });
    names.take(if old_form { 1 } else { usize::MAX }).collect()
}

/// The variables that a text reads, `$NAME` and `${NAME...}`, each with its place.
fn variables(text: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    text.match_indices('$').filter_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let inner = rest.strip_prefix('{').unwrap_or(rest);
        let end = inner.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let (name, behind) = inner.split_at(end.unwrap_or(inner.len()));
        let braced = inner.len() < rest.len();
        let closed = braced && behind.starts_with('}');
        let length = 1 + usize::from(braced) + name.len() + usize::from(closed);
        (!name.is_empty()).then_some((name, at..at + length))
    })
}

/// Whether a script gives a variable a value of its own: `NAME=`, `for NAME in`, `read NAME`.
fn gives_value(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let (before, rest) = (&text[..at], &text[at + name.len()..]);
        let whole = !before.ends_with(|letter: char| {
            letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$' | '{')
        });
        let before = before.trim_end_matches([' ', '\t']);
        whole
            && (rest.starts_with('=')
                || rest.starts_with("+=")
                || before.ends_with("for")
                || before.ends_with("read")
                || before.ends_with("-r"))
    })
}
