//! Scripts and makefiles of the repository that a job runs: those that call docker keep it on Docker, unless they take
//! their engine from a variable.

use std::path::Path;

use crate::image_name::ImageName;
use crate::pipeline::Provider;
use crate::rules::{Folder, Rules, ShortName};

use super::context::Call;
use super::draft::Draft;
use super::facts::Deed;
use super::file_contents::{Contents, in_makefile, in_script};
use super::job::JobPass;
use super::{setup, written_files};

/// Looks into each file that the job runs.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for (index, call) in view.calls.iter().enumerate() {
        if call.is_remote()
            || written_files::is_run(&view.written, call)
            || pass.evidence.started.contains(&index)
        {
            continue;
        }
        let at = view.at_command(call);
        let file = project_file(pass, index, call);
        let calls_docker = matches!(
            file,
            Some(ProjectFile::Seen {
                contents: Contents::CallsDocker(_),
                ..
            })
        );
        let mut clients = pass.api_clients().iter();
        if let Some((_, client)) = clients.find(|(at, _)| *at == index)
            && !calls_docker
        {
            if !view.on_machine() {
                client.keeps(at, draft);
                continue;
            }
            if !may_share_images(pass, index) {
                client.goes_on(at, draft);
                continue;
            }
        }
        let Some(file) = file else {
            continue;
        };
        match file {
            ProjectFile::Seen { path, contents: Contents::CallsDocker(line) } => draft.block(
                "docker-in-file",
                at,
                format!("{path}:{line} calls docker"),
                format!("move {path} to Podman (or let it take its engine from a variable), then run again"),
            ),
            ProjectFile::Seen { path, contents: Contents::TakesEngine(name) } => {
                let message = format!("{path} takes its engine from {name}, which is set to podman");
                let why = draft.note("engine-variable", at, message);
                setup::variable(draft, &name, "podman", why);
            }
            ProjectFile::Seen { contents: Contents::Harmless, .. } => {}
            ProjectFile::Unseen(name) if pass.evidence.commands.is_empty() => draft.block(
                "hidden-docker",
                at,
                format!("the job has Docker and calls it nowhere in this file: {name} may, and cannot be seen here"),
                "see what it calls, and move the job by hand",
            ),
            ProjectFile::Unseen(name) if uses_unmade_image(pass) => draft.block(
                "hidden-docker",
                at,
                format!("{name} cannot be seen here, and seems to build what the job then uses"),
                "see what it calls, and move the job by hand",
            ),
            ProjectFile::Unseen(name) if speaks_of_images(view.context.rules, call) => draft.block(
                "hidden-docker",
                at,
                format!("{name} cannot be seen here, and seems to do something with images: its words say so"),
                "see what it calls, and move the job by hand",
            ),
            ProjectFile::Unseen(name) if pass.view.on_machine() && may_share_images(pass, index) => {
                draft.review(
                    "hidden-docker",
                    at,
                    format!("{name} cannot be seen here: with Docker it may make or use the same images as the job, and Podman's store is another one"),
                    "see that it does not call docker",
                );
            }
            ProjectFile::Unseen(name) if pass.view.on_machine() => {
                draft.note(
                    "hidden-docker",
                    at,
                    format!("{name} cannot be seen here: what it does with docker, it still does with the machine's Docker"),
                );
            }
            ProjectFile::Unseen(name) => draft.review(
                "hidden-docker",
                at,
                format!("{name} cannot be seen here: if it calls docker, it will not find it"),
                "see that it does not call docker",
            ),
        }
    }
}

/// Whether the job pushes, saves or tags an image that nothing in sight makes or fetches.
fn uses_unmade_image(pass: &JobPass<'_>) -> bool {
    pass.facts.deeds.iter().any(|(call, deed)| match deed {
        // a build may push what it builds
        Deed::Pushes(image) => !pass.facts.has_before(*call + 1, image),
        Deed::Tags { from: image, .. } => !pass.facts.has_before(*call, image),
        Deed::Saves(images) => images
            .iter()
            .any(|image| !pass.facts.has_before(*call, image)),
        _ => false,
    })
}

/// Whether something out of sight at a call may have made an image that the job runs later, or may use one that the job
/// made before and neither runs nor pushes.
fn may_share_images(pass: &JobPass<'_>, at: usize) -> bool {
    let facts = &pass.facts;
    let rules = pass.view.context.rules;
    facts.deeds.iter().any(|(call, deed)| match deed {
        Deed::Runs { image, .. } if *call > at => {
            let official = rules.short_name(ImageName::without_tag(image)) != ShortName::Unlisted;
            !official && !facts.has_before(*call, image)
        }
        Deed::Builds(name) if *call < at && !name.is_empty() => {
            !facts.deeds.iter().any(|(_, deed)| match deed {
                Deed::Runs { image, .. } | Deed::Pushes(image) => image == name,
                Deed::Tags { from, .. } => from == name,
                _ => false,
            })
        }
        _ => false,
    })
}

/// `make image`, `./build-image.sh`, `make push-all`: what is run is named after images.
fn speaks_of_images(rules: &Rules, call: &Call) -> bool {
    call.command().words.iter().any(|word| {
        call.raw(word)
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .any(|part| rules.speaks_of_images(part))
    })
}

/// The file of the repository that a command runs.
enum ProjectFile {
    Seen { path: String, contents: Contents },
    Unseen(String),
}

fn project_file(pass: &JobPass<'_>, index: usize, call: &Call) -> Option<ProjectFile> {
    let view = &pass.view;
    let path = match call.program()? {
        "make" | "gmake" => return Some(makefile(pass, index, call)),
        "sh" | "bash" | "ash" | "zsh" | "source" | "." => match script_operand(pass, call)? {
            Ok(path) => path,
            Err(unknown) => return Some(ProjectFile::Unseen(unknown)),
        },
        program if program.ends_with(".sh") && !program.contains('/') => {
            return Some(ProjectFile::Unseen(program.to_owned()));
        }
        program
            if program.contains('/')
                && !program.starts_with("/usr/")
                && !program.starts_with("/bin/") =>
        {
            program.to_owned()
        }
        program if view.context.rules.runs_project_code(program) => {
            let words = || {
                let words = call.command().words.iter().skip(1);
                words
                    .map(|word| view.expand_word(call, word).text)
                    .collect()
            };
            if view.context.rules.is_quiet(program, words) {
                return None;
            }
            let code = code_in_sight(call);
            let starts_others = |code: &str| view.context.rules.starts_others(code);
            if code.is_some_and(|code| !code.contains("docker") && !starts_others(code)) {
                return None;
            }
            return Some(ProjectFile::Unseen(format!("what {program} runs")));
        }
        _ => return None,
    };
    let Some(relative) = in_repository(pass, index, call, &path) else {
        return Some(ProjectFile::Unseen(path));
    };
    let file = Path::new(&relative);
    if file.is_absolute() || !view.context.files.exists(file) {
        return Some(ProjectFile::Unseen(path));
    }
    let Ok(source) = view.context.files.read(file) else {
        return Some(ProjectFile::Unseen(path));
    };
    Some(ProjectFile::Seen {
        contents: in_script(source.text()),
        path: relative.clone(),
    })
}

/// A path in a command as one of the repository; `None` if it is not known in which folder the command runs.
fn in_repository(pass: &JobPass<'_>, index: usize, call: &Call, path: &str) -> Option<String> {
    let rules = pass.view.context.rules;
    let path = match rules.below_checkout(path) {
        Some((Folder::Checkout, rest)) => return Some(rest.to_owned()),
        Some((Folder::Working, rest)) => rest,
        None if path.starts_with('/') => return Some(path.to_owned()),
        None => path,
    };
    let folder = folder_of(pass, index, call)?;
    joined(&folder, path)
}

/// The folder of the repository in which a command runs: that of its step, and where `cd` has led from there.
fn folder_of(pass: &JobPass<'_>, index: usize, call: &Call) -> Option<String> {
    let view = &pass.view;
    let written = view.line(call).folder.as_deref().unwrap_or_default();
    let slashed = format!("{written}/");
    let below = view.context.rules.below_checkout(&slashed);
    let begin = below.map_or(written, |(_, rest)| rest);
    let mut folder = joined("", begin)?;
    // on GitHub each step begins anew
    let anew = view.job.provider == Provider::GitHub;
    for other in view.calls.iter().take(index) {
        let leads = matches!(other.program(), Some("cd" | "pushd"));
        if !leads || anew && other.line != call.line {
            continue;
        }
        let command = other.command();
        let to = command.words.get(1)?.value.as_deref()?;
        if !command.place.nesting.is_empty() {
            return None;
        }
        folder = joined(&folder, to)?;
    }
    Some(folder)
}

/// A path below a folder, both from the root of the repository; `None` if it leads elsewhere, or is not written out.
fn joined(folder: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~', '-']) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part if part.contains('$') => return None,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The code that an interpreter is given in the script itself: behind -c or -e, or as a heredoc.
fn code_in_sight(call: &Call) -> Option<&str> {
    let command = call.command();
    let given = |index: usize| command.words.get(index).map(|word| call.raw(word));
    match (given(1), command.words.len()) {
        (Some("-c" | "-e"), _) => command.words.get(2)?.value.as_deref(),
        (None, _) | (Some("-"), 2) => {
            let mut heredocs = command.redirects.iter();
            let heredoc = heredocs.find_map(|redirect| redirect.heredoc.as_ref())?;
            call.text().get(heredoc.body.clone())
        }
        _ => None,
    }
}

/// The file that a shell is given: its path, or the word that cannot be read.
fn script_operand(pass: &JobPass<'_>, call: &Call) -> Option<Result<String, String>> {
    let words = call.command().words.get(1..)?;
    let flags = words
        .iter()
        .map(|word| call.raw(word))
        .take_while(|raw| raw.starts_with('-'));
    if flags
        .clone()
        .any(|flag| flag.ends_with('c') || flag == "-s")
    {
        return None;
    }
    let word = words.get(flags.count())?;
    let text = pass.view.expand_word(call, word);
    if text.unknown
        && !text.text.starts_with("$CI_PROJECT_DIR")
        && !text.text.starts_with("${CI_PROJECT_DIR}")
    {
        return Some(Err(call.raw(word).to_owned()));
    }
    Some(Ok(text.text))
}

/// The makefile of the repository: recipes are shell, and `DOCKER ?= docker` is a way out.
fn makefile(pass: &JobPass<'_>, index: usize, call: &Call) -> ProjectFile {
    let view = &pass.view;
    let words = &call.command().words;
    let value_of = |flag: &str| {
        let at = words.iter().position(|word| call.raw(word) == flag)?;
        words.get(at + 1)?.value.clone()
    };
    let folder = value_of("-C").unwrap_or_default();
    let candidates: Vec<String> = match value_of("-f") {
        Some(name) => vec![name],
        None => ["GNUmakefile", "makefile", "Makefile"]
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
    };
    for name in candidates {
        let name = name.trim_start_matches("./");
        let path = match folder.trim_end_matches('/') {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        };
        let Some(path) = in_repository(pass, index, call, &path) else {
            break;
        };
        let file = Path::new(&path);
        if view.context.files.exists(file)
            && let Ok(source) = view.context.files.read(file)
        {
            return ProjectFile::Seen {
                path,
                contents: in_makefile(view.context.rules, source.text()),
            };
        }
    }
    ProjectFile::Unseen("what make runs".to_owned())
}
