//! Docker out of sight: in files of the repository, in words that the shell makes up, in programs that need the engine.

use std::path::Path;

use crate::shell;

use super::context::Call;
use super::draft::Draft;
use super::image::mentions;
use super::job::JobPass;

/// Says what cannot be seen, or what is seen and stays.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    unreadable(pass, draft);
    disguised(pass, draft);
    sockets(pass, draft);
    clients(pass, draft);
    files(pass, draft);
    lookups(pass, draft);
}

/// Lines that are no shell, or hold words that cannot be placed.
fn unreadable(pass: &JobPass<'_>, draft: &mut Draft) {
    let documents = pass.view.context.documents;
    for (index, line) in pass.view.lines.iter().enumerate() {
        let text = &line.parsed.text;
        let at = documents.location(line.node);
        let hides = pass.evidence.unreadable.contains(&index);
        match &line.parsed.script {
            Err(problem) if hides || text.contains("apk ") => {
                let message = format!("the shell script cannot be read here: {}", problem.message);
                draft.block("unreadable-script", at, message, "mend the script, or move the job by hand");
            }
            Ok(_) if hides => draft.block(
                "unreadable-script",
                at,
                "a docker command stands here in a way that cannot be taken apart, or goes into a file",
                "write it plainly, or move the job by hand",
            ),
            _ => {}
        }
    }
}

/// `alias docker=`, a function of that name, docker in a variable.
fn disguised(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for line in &view.lines {
        let Ok(script) = &line.parsed.script else {
            continue;
        };
        for function in &script.functions {
            if function.name == "docker" {
                let at = view
                    .context
                    .documents
                    .inside(line.node, function.span.clone());
                draft.block(
                    "disguised-docker",
                    at,
                    "docker is a function of this script",
                    "move the job by hand",
                );
            }
        }
        for assignment in &script.assignments {
            let raw = &line.parsed.text[assignment.value.span.clone()];
            let value = raw.trim_matches(['"', '\'']);
            if value == "docker"
                || value.starts_with("docker ")
                || value == "docker-compose"
                || value.starts_with("docker-compose ")
            {
                let at = view
                    .context
                    .documents
                    .inside(line.node, assignment.span.clone());
                draft.block(
                    "disguised-docker",
                    at,
                    "a variable of this script holds a docker command",
                    "write the command out where it is used",
                );
            }
        }
    }
    for call in &view.calls {
        if call.is_remote() {
            continue;
        }
        if call.program() == Some("alias")
            && call.command().words.iter().any(|word| {
                call.raw(word)
                    .trim_start_matches(['"', '\''])
                    .starts_with("docker=")
            })
        {
            draft.block(
                "disguised-docker",
                view.at_command(call),
                "docker is an alias of something else here",
                "move the job by hand",
            );
        }
        if call.program().is_none()
            && let Some(first) = call.command().words.first()
        {
            let text = view.expand_word(call, first);
            if text.text.starts_with("docker") || text.text.contains(" docker ") {
                draft.block(
                    "disguised-docker",
                    view.at_command(call),
                    "a variable holds a docker command",
                    "write the command out",
                );
            }
        }
    }
    for (name, variable) in &view.job.variables {
        let Some(value) = &variable.value else {
            continue;
        };
        let holds = value.starts_with("docker ")
            || value.starts_with("docker-compose ")
            || value == "docker-compose";
        if holds
            && view
                .lines
                .iter()
                .any(|line| mentions(&line.parsed.text, name))
        {
            draft.block(
                "disguised-docker",
                view.context.documents.location(variable.node),
                format!("{name} holds a docker command that the script runs"),
                "write the command out where it is used",
            );
        }
    }
}

/// The socket by name.
fn sockets(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for (index, call) in view.calls.iter().enumerate() {
        if pass.replaced.contains(&index)
            || call.is_remote()
            || matches!(call.program(), Some("export" | "unset"))
        {
            continue;
        }
        let raw = &call.text()[call.command().span.clone()];
        if raw.contains("docker.sock") {
            draft.block(
                "docker-socket",
                view.at_command(call),
                "this command uses Docker's socket, which is root on its host",
                "Podman can offer its own socket (`podman system service`); see what the tool needs and move the job by hand",
            );
        }
    }
}

/// Programs that speak to the engine themselves, and daemons that the script starts.
fn clients(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for call in &view.calls {
        let Some(program) = call.program() else {
            continue;
        };
        if call.is_remote() || program == "docker-compose" {
            continue;
        }
        if matches!(
            program,
            "dockerd" | "dockerd-entrypoint.sh" | "dind" | "docker-init"
        ) {
            draft.block(
                "own-daemon",
                view.at_command(call),
                "the script starts a Docker daemon of its own",
                "move the job by hand",
            );
        } else if let Some((client, _)) = view.context.rules.engine_client(program) {
            draft.block(
                "engine-api",
                view.at_command(call),
                format!("{program} speaks to Docker's engine itself: it needs {}", client.needs),
                "Podman can offer its own socket (`podman system service`); see what the tool needs and move the job by hand",
            );
        } else if program.starts_with("docker-")
            && !program.starts_with("docker-credential")
            && !is_function(pass, program)
        {
            draft.block(
                "engine-api",
                view.at_command(call),
                format!("{program} is a tool of Docker's"),
                "move the job by hand",
            );
        }
    }
}

fn is_function(pass: &JobPass<'_>, name: &str) -> bool {
    pass.view.lines.iter().any(|line| {
        line.parsed.script.as_ref().is_ok_and(|script| {
            script
                .functions
                .iter()
                .any(|function| function.name == name)
        })
    })
}

/// Scripts and makefiles of the repository.
fn files(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for call in &view.calls {
        if call.is_remote() {
            continue;
        }
        let Some(file) = project_file(pass, call) else {
            continue;
        };
        let at = view.at_command(call);
        match file {
            ProjectFile::Seen { path, docker: Some(line), .. } => draft.block(
                "docker-in-file",
                at,
                format!("{path}:{line} calls docker"),
                format!("move {path} to Podman (or let it take its engine from a variable), then run again"),
            ),
            ProjectFile::Seen { .. } => {}
            ProjectFile::Unseen(name) if pass.evidence.commands.is_empty() => draft.block(
                "hidden-docker",
                at,
                format!("the job has Docker and calls it nowhere in this file: {name} may, and cannot be seen here"),
                "see what it calls, and move the job by hand",
            ),
            ProjectFile::Unseen(name) => draft.review(
                "hidden-docker",
                at,
                format!("{name} cannot be seen here: if it calls docker, it will not find it"),
                "see that it does not call docker",
            ),
        }
    }
}

enum ProjectFile {
    Seen { path: String, docker: Option<usize> },
    Unseen(String),
}

/// The file of the repository that a command runs.
fn project_file(pass: &JobPass<'_>, call: &Call) -> Option<ProjectFile> {
    let view = &pass.view;
    let words = &call.command().words;
    let program = call.program()?;
    let operand = || {
        words
            .iter()
            .skip(1)
            .find(|word| !call.raw(word).starts_with('-'))
    };
    let path = match program {
        "sh" | "bash" | "ash" | "zsh" | "source" | "." => {
            if words
                .iter()
                .skip(1)
                .any(|word| call.raw(word).starts_with('-') && call.raw(word).ends_with('c'))
            {
                return None;
            }
            let word = operand()?;
            match &word.value {
                Some(value) => value.clone(),
                None => {
                    let text = view.expand_word(call, word);
                    if text.unknown && !text.text.starts_with("$CI_PROJECT_DIR") {
                        return Some(ProjectFile::Unseen(call.raw(word).to_owned()));
                    }
                    text.text
                }
            }
        }
        "make" | "gmake" => return Some(makefile(pass, call)),
        program
            if program.contains('/')
                && !program.starts_with("/usr/")
                && !program.starts_with("/bin/") =>
        {
            program.to_owned()
        }
        program if view.context.rules.runs_project_code(program) => {
            return Some(ProjectFile::Unseen(format!("what {program} runs")));
        }
        _ => return None,
    };
    let relative = path
        .trim_start_matches("./")
        .trim_start_matches("$CI_PROJECT_DIR/")
        .trim_start_matches("${CI_PROJECT_DIR}/");
    let file = Path::new(relative);
    if file.is_absolute() || !view.context.files.exists(file) {
        return Some(ProjectFile::Unseen(path));
    }
    match view.context.files.read(file) {
        Ok(source) => Some(ProjectFile::Seen {
            docker: docker_in_script(source.text()),
            path: relative.to_owned(),
        }),
        Err(_) => Some(ProjectFile::Unseen(path)),
    }
}

/// The first line of a script that calls docker.
fn docker_in_script(text: &str) -> Option<usize> {
    if !text.contains("docker") {
        return None;
    }
    let line_of = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
    match shell::parse(text) {
        Ok(script) => script
            .commands
            .iter()
            .find(|command| {
                let program = command.words.first().and_then(|word| word.value.as_deref());
                program.is_some_and(|program| {
                    program
                        .rsplit('/')
                        .next()
                        .is_some_and(|name| name.starts_with("docker"))
                })
            })
            .map(|command| line_of(command.span.start))
            .or_else(|| {
                script
                    .doubtful
                    .iter()
                    .find(|range| text[(*range).clone()].contains("docker"))
                    .map(|range| line_of(range.start))
            }),
        Err(_) => text.find("docker").map(line_of),
    }
}

/// The makefile of the repository: recipes are shell, and an engine variable is a way out.
fn makefile(pass: &JobPass<'_>, call: &Call) -> ProjectFile {
    let view = &pass.view;
    let words = &call.command().words;
    let value_of = |flag: &str| {
        let at = words.iter().position(|word| call.raw(word) == flag)?;
        words.get(at + 1)?.value.clone()
    };
    let folder = value_of("-C").unwrap_or_default();
    let named = value_of("-f");
    let candidates: Vec<String> = match &named {
        Some(name) => vec![name.clone()],
        None => ["GNUmakefile", "makefile", "Makefile"]
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
    };
    for name in candidates {
        let path = Path::new(folder.trim_start_matches("./")).join(name.trim_start_matches("./"));
        if !view.context.files.exists(&path) {
            continue;
        }
        if let Ok(source) = view.context.files.read(&path) {
            let docker = source.text().lines().position(|line| {
                line.starts_with('\t')
                    && line
                        .trim_start_matches(['\t', '@', '-', '+', ' '])
                        .split_whitespace()
                        .next()
                        .is_some_and(|word| word.starts_with("docker"))
                    || line.starts_with('\t')
                        && (line.contains("docker build")
                            || line.contains("docker run")
                            || line.contains("docker push"))
            });
            return ProjectFile::Seen {
                path: path.display().to_string(),
                docker: docker.map(|line| line + 1),
            };
        }
    }
    ProjectFile::Unseen("what make runs".to_owned())
}

/// `which docker`, `command -v docker`: the script asks for docker by name.
fn lookups(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for call in &view.calls {
        if !matches!(call.program(), Some("which" | "type" | "hash" | "command"))
            || call.is_remote()
        {
            continue;
        }
        for word in call.command().words.iter().skip(1) {
            if word.value.as_deref() == Some("docker") {
                let why = draft.note(
                    "docker-command",
                    view.at(call, word.span.clone()),
                    "the script looks for docker",
                );
                super::script_edit::replace(view, call, word.span.clone(), "podman", draft, why);
            }
        }
    }
}
