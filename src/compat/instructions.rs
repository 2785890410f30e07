//! Instructions of Dockerfiles that Podman reads otherwise, where more than a flag or an option says it.

use std::ops::Range;

use crate::dockerfile::{Dockerfile, Flag, Instruction, Word};
use crate::image_name::ImageName;
use crate::project::ProjectFile;
use crate::rules::ids;

use super::check::JobCheck;

/// Looks at the instructions of every Dockerfile of the repository that the job builds.
pub(super) fn run(check: &mut JobCheck<'_>) {
    for built in &check.builds().dockerfiles {
        let file = &built.file;
        for instruction in built.instructions() {
            let text = file.source.text();
            match instruction.keyword.as_str() {
                "COPY" | "ADD" => copy(check, file, instruction),
                "RUN" => mounts(check, file, instruction),
                _ => {}
            }
            if is_expanded(&instruction.keyword) {
                let heredocs = instruction.heredocs.iter().cloned();
                let parts = [instruction.span.clone()].into_iter().chain(heredocs);
                for part in parts {
                    expansions(check, file, text, part);
                }
            }
        }
        frontend(check, file, &built.dockerfile);
    }
    let pass = check.pass;
    for (_, docker) in pass.known_calls() {
        for flag in docker.flags_named("--build-arg") {
            let value = docker.value(flag).map(|value| value.text);
            let image = value
                .as_deref()
                .and_then(|value| value.strip_prefix("BUILDKIT_SYNTAX="));
            if let Some(image) = image.filter(|image| !is_dockerfile_frontend(check, image)) {
                check.emit(ids::SYNTAX_FRONTEND, docker.at_words(&flag.words), image);
            }
        }
    }
}

fn copy(check: &mut JobCheck<'_>, file: &ProjectFile, instruction: &Instruction) {
    let text = file.source.text();
    let written = |flag: &Flag| text.get(flag.span.clone()).unwrap_or_default();
    for flag in instruction.flags_named("--chmod") {
        let mode = flag.value.as_deref().unwrap_or_default();
        let octal = mode.bytes().all(|byte| byte.is_ascii_digit());
        if !octal && !mode.contains('$') {
            check.emit(
                ids::COPY_CHMOD_SYMBOLIC,
                file.at(flag.span.clone()),
                written(flag),
            );
        }
    }
    let words = instruction.words();
    let sources = words.split_last().map_or(&[][..], |(_, sources)| sources);
    if sources.iter().any(is_inside) {
        for flag in instruction.flags_named("--exclude") {
            let pattern = flag.value.as_deref().unwrap_or_default();
            if !pattern.starts_with("**") && !pattern.contains('$') {
                check.emit(
                    ids::COPY_EXCLUDE_PATTERN,
                    file.at(flag.span.clone()),
                    written(flag),
                );
            }
        }
    }
}

/// Whether a source is a part of the context or stage, and not the whole of it.
fn is_inside(source: &Word) -> bool {
    let path = source.text.trim_start_matches("./");
    !matches!(path.trim_end_matches('/'), "" | "." | "*") && !path.starts_with("<<")
}

const TARGET: [&str; 3] = ["target", "dst", "destination"];

fn mounts(check: &mut JobCheck<'_>, file: &ProjectFile, instruction: &Instruction) {
    let text = file.source.text();
    for flag in instruction.flags_named("--mount") {
        let target = flag.option(&TARGET).unwrap_or("/");
        if !target.starts_with(['/', '$']) {
            let it = text.get(flag.span.clone()).unwrap_or_default();
            check.emit(ids::MOUNT_RELATIVE_TARGET, file.at(flag.span.clone()), it);
        }
    }
    if check.pass.gets_image() {
        for flag in instruction.flags_named("--network") {
            if flag.value.as_deref() == Some("none") {
                let it = text.get(flag.span.clone()).unwrap_or_default();
                check.emit(ids::RUN_NETWORK_NONE, file.at(flag.span.clone()), it);
            }
        }
    }
}

/// Whether the builder itself puts variables into an instruction; what a RUN says is left to the shell.
fn is_expanded(keyword: &str) -> bool {
    !matches!(
        keyword,
        "RUN" | "CMD" | "ENTRYPOINT" | "HEALTHCHECK" | "SHELL" | "MAINTAINER"
    )
}

/// Looks at every `${NAME...}` of a part of the file.
fn expansions(check: &mut JobCheck<'_>, file: &ProjectFile, text: &str, part: Range<usize>) {
    let Some(content) = text.get(part.clone()) else {
        return;
    };
    for (at, _) in content.match_indices("${") {
        let escaped = content[..at].ends_with('\\') || in_single_quotes(&content[..at]);
        let inner = &content[at + 2..];
        let name = inner
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .unwrap_or(inner.len());
        let Some(end) = inner.find('}').filter(|_| !escaped && name > 0) else {
            continue;
        };
        let operator = &inner[name..end];
        let rule = match operator.chars().next() {
            Some('#' | '%' | '/') => ids::VARIABLE_PATTERN,
            Some('-' | '+' | '?') => ids::VARIABLE_WITHOUT_COLON,
            Some(':') if operator.starts_with(":?") => ids::VARIABLE_REQUIRED,
            _ => continue,
        };
        let start = part.start + at;
        let it = &content[at..at + 2 + end + 1];
        check.emit(rule, file.at(start..start + it.len()), it);
    }
}

/// Whether an odd number of single quotes stands open on the line so far.
fn in_single_quotes(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or(before);
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    quote == Some('\'')
}

/// Whether the image of a frontend reads Dockerfiles.
fn is_dockerfile_frontend(check: &JobCheck<'_>, image: &str) -> bool {
    let image = image.split_whitespace().next().unwrap_or_default();
    let name = ImageName::without_tag(image);
    check
        .rules()
        .is_dockerfile_frontend(name.rsplit('/').next().unwrap_or(name))
}

/// A frontend that reads something else than what Podman's builder reads.
fn frontend(check: &mut JobCheck<'_>, file: &ProjectFile, dockerfile: &Dockerfile) {
    for directive in &dockerfile.directives {
        if directive.name == "syntax" && !is_dockerfile_frontend(check, &directive.value) {
            let at = file.at(directive.span.clone());
            check.emit(ids::SYNTAX_FRONTEND, at, &directive.value);
        }
    }
}
