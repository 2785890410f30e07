//! Docker commands in texts that something else runs: a program that takes a command as one word, a shell at the end of
//! a pipeline, a file that is run later, a container.

use crate::analysis::evidence::{calls_docker, kind_of, names_command};
use crate::analysis::text::unquoted;
use crate::analysis::values::holds_docker;
use crate::analysis::{Call, DockerCall, JobPass, JobView};
use crate::collections::{HashMap, HashSet};
use crate::rules::{ImageKind, ids};
use crate::shell::{Nesting, Word};

use super::draft::Draft;
use super::script_edit;

/// Where Podman's command is in its image and on GitHub's machines.
pub(super) const PODMAN_PATH: &str = "/usr/bin/podman";

/// Says which texts those are; a test whether docker's file is there asks for Podman's from now on.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let run_files = files_that_are_run(view);
    let readers = Readers::of(view, &run_files);
    for call in view.calls.iter().filter(|call| !call.is_remote()) {
        made_up(view, call, &readers, draft);
        if calls_docker(call) {
            in_another_root(view, call, draft);
            continue;
        }
        if call
            .command()
            .words
            .first()
            .is_some_and(|word| may_match_docker(call.raw(word)))
        {
            let message =
                "which program this pattern finds cannot be seen here, and docker fits it";
            draft.block(ids::DISGUISED_DOCKER, view.at_command(call), message, HELP);
        }
        if let Some(message) = runs_a_text(pass, call, &readers, &run_files) {
            draft.block(ids::DISGUISED_DOCKER, view.at_command(call), message, HELP);
        }
        by_path(view, call, draft);
        as_another_user(view, call, draft);
    }
    doubtful(view, draft);
    for (_, docker) in pass.known_calls() {
        in_container(view, docker, draft);
    }
}

/// What to do about such a command.
const HELP: &str = "call docker as a command of its own, then run again";

/// A pipeline of a line's script, by its statement.
type Statement = (usize, usize, usize);

/// Whether the word for a program is a pattern of file names that docker's may fit: `/usr/bin/dock?r`. What stands in the
/// pattern as it is has to be found in the name in that order.
fn may_match_docker(raw: &str) -> bool {
    let name = raw.rsplit('/').next().unwrap_or(raw);
    let is_pattern = name.contains(['*', '?']) || name.contains('[') && name.contains(']');
    if !is_pattern || raw.contains(['$', '`']) || raw.starts_with('[') {
        return false;
    }
    let mut written = Vec::new();
    let mut in_brackets = false;
    for character in name.chars() {
        match character {
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            '*' | '?' | '\\' | '"' | '\'' => {}
            character if !in_brackets => written.push(character),
            _ => {}
        }
    }
    let mut rest = "docker".chars();
    !written.is_empty()
        && written
            .iter()
            .all(|wanted| rest.any(|letter| letter == *wanted))
}

/// The pipelines of a job that end in something which runs what it reads.
#[derive(Default)]
struct Readers {
    /// The place in the pipeline of any such command.
    all: HashMap<Statement, usize>,
    /// The same of shells alone.
    shells: HashMap<Statement, usize>,
}

impl Readers {
    fn of(view: &JobView<'_>, run_files: &HashSet<String>) -> Self {
        let mut readers = Self::default();
        let reads = |call: &&Call| reads_input_as_script(call) || tees_into(call, run_files);
        for call in view.calls.iter().filter(reads) {
            let place = &call.command().context;
            readers.all.insert(statement(call), place.pipeline.0);
            let by_xargs = place.nesting.contains(&Nesting::Xargs);
            if call.program().is_some_and(is_shell) && !by_xargs {
                readers.shells.insert(statement(call), place.pipeline.0);
            }
        }
        readers
    }
}

fn statement(call: &Call) -> Statement {
    let statement = &call.command().context.statement;
    (call.line, statement.start, statement.end)
}

/// Whether a command stands before the one that reads in its pipeline.
fn feeds(call: &Call, readers: &HashMap<Statement, usize>) -> bool {
    let reader = readers.get(&statement(call));
    reader.is_some_and(|reader| *reader > call.command().context.pipeline.0)
}

/// `chroot /mnt docker ps`.
fn in_another_root(view: &JobView<'_>, call: &Call, draft: &mut Draft) {
    let mut wrappers = call.command().wrappers.iter();
    let is_chroot = |word: &Word| {
        let value = word.value.as_deref();
        value.is_some_and(|value| value.ends_with("chroot"))
    };
    if wrappers.any(is_chroot) {
        let message = "docker is called in another root folder, which keeps its own programs";
        draft.block(ids::DISGUISED_DOCKER, view.at_command(call), message, HELP);
    }
}

/// Says how a command makes a docker command out of a text, if it does.
fn runs_a_text(
    pass: &JobPass<'_>,
    call: &Call,
    readers: &Readers,
    run_files: &HashSet<String>,
) -> Option<String> {
    let view = &pass.view;
    let rules = view.context.rules;
    let command = call.command();
    let program = call.program().unwrap_or_default();
    let bodies = command
        .redirects
        .iter()
        .filter_map(|one| one.heredoc.as_ref());
    let mut bodies = bodies.filter_map(|heredoc| call.text().get(heredoc.body.clone()));
    if rules.runs_project_code(program) && !is_shell(program) && bodies.any(holds_docker) {
        return Some(format!("{program} runs code that names docker"));
    }
    let own = call.text().get(command.span.clone()).unwrap_or_default();
    if !own.contains("docker") {
        return None;
    }
    let words = command.words.get(1..).unwrap_or_default();
    let text = |word: &Word| unquoted(call.raw(word)).into_owned();
    let holds = || words.iter().any(|word| holds_docker(&text(word)));
    if feeds(call, &readers.all) && holds() {
        return Some("what this command prints is run, and that calls docker".to_owned());
    }
    let into = command.redirects.iter();
    let mut into = into.filter(|redirect| redirect.operator.starts_with('>'));
    let is_run = into.any(|redirect| {
        let target = redirect.target.as_ref().map(text).unwrap_or_default();
        let target = plain(&target);
        run_files.contains(target) || target.ends_with(".sh")
    });
    let names = |word: &Word| names_command(rules, &text(word));
    if is_run && words.iter().any(names) {
        return Some("a docker command goes into a file here, which is run".to_owned());
    }
    if program.starts_with('{') && holds_docker(program) {
        return Some("braces make a docker command here".to_owned());
    }
    let language = matches!(program, "awk" | "gawk" | "mawk" | "nawk" | "sed");
    let starts = ["system(", "getline", "| \"", "/e"];
    let holds = || holds() || program == "sed" && own.contains("/docker ");
    if language && holds() && starts.iter().any(|sign| own.contains(sign)) {
        return Some(format!("{program} may start docker by itself here"));
    }
    let prints = rules.is_harmless(program) || rules.only_prints(program) || program.is_empty();
    if prints || matches!(program, "eval" | "alias") {
        return None;
    }
    if program.contains(char::is_whitespace) && names_command(rules, program) {
        return Some(
            "a docker command stands here as one word, which something else takes apart".to_owned(),
        );
    }
    // what a shell is given as a script was read as commands
    let read = |word: &Word| !view.calls_in(call.line, &word.span).is_empty();
    words
        .iter()
        .any(|word| names(word) && !read(word))
        .then(|| format!("{program} is given a docker command as one word"))
}

/// `base64 -d script | sh`: what a shell runs is made up by another program than those that print what stands here.
fn made_up(view: &JobView<'_>, call: &Call, readers: &Readers, draft: &mut Draft) {
    let place = &call.command().context;
    let program = call.program().unwrap_or("this command");
    let prints = [
        "echo", "printf", "cat", "sed", "envsubst", "tee", "curl", "wget",
    ];
    let inside = place.nesting.contains(&Nesting::Substitution);
    if feeds(call, &readers.shells) && !inside && !prints.contains(&program) {
        draft.review(
            ids::HIDDEN_DOCKER,
            view.at_command(call),
            format!(
                "{program} makes up what a shell runs: if that calls docker, it will not find it"
            ),
            "see that it does not call docker",
        );
    }
}

fn is_shell(program: &str) -> bool {
    matches!(
        program,
        "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" | "eval"
    )
}

/// Whether a command runs what comes from its standard input.
fn reads_input_as_script(call: &Call) -> bool {
    // `xargs env`, `xargs -I{} sh -c "{}"`: what is read becomes words of the command
    if call.command().context.nesting.contains(&Nesting::Xargs) {
        return call
            .program()
            .is_some_and(|program| program == "env" || is_shell(program));
    }
    let words = &call.command().words;
    let mut operands = words
        .iter()
        .skip(1)
        .filter_map(|word| word.value.as_deref());
    match call.program() {
        Some("sh" | "bash" | "ash" | "dash" | "zsh" | "ksh") => operands
            .all(|word| word.starts_with('-') && !word.ends_with('c') || word == "/dev/stdin"),
        Some("at" | "batch" | "parallel" | "crontab") => true,
        Some("source" | ".") => operands.any(|word| word == "/dev/stdin"),
        _ => false,
    }
}

/// The files that commands of the job run, without `./` in front.
fn files_that_are_run(view: &JobView<'_>) -> HashSet<String> {
    let files = view.calls.iter().filter_map(|call| {
        let word = call.command().file_run(call.text())?;
        Some(plain(&unquoted(call.raw(word))).to_owned())
    });
    files.collect()
}

/// `tee FILE`, where the file is run later.
fn tees_into(call: &Call, run_files: &HashSet<String>) -> bool {
    let mut words = call.command().words.iter().skip(1);
    let is_run = |word: &Word| run_files.contains(plain(&unquoted(call.raw(word))));
    call.program() == Some("tee") && words.any(is_run)
}

fn plain(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

/// `[ -x /usr/local/bin/docker ]`, `cp /usr/local/bin/docker x`: docker's own file.
fn by_path(view: &JobView<'_>, call: &Call, draft: &mut Draft) {
    let program = call.program().unwrap_or_default();
    for word in call.command().words.iter().skip(1) {
        let Some(value) = word.value.as_deref().filter(|value| is_dockers_file(value)) else {
            continue;
        };
        let at = view.at(call, word.span.clone());
        match program {
            "[" | "[[" | "test" | "ls" | "stat" | "file" | "which" | "type" | "command"
            | "hash" => {
                let message = format!("Podman's command is {PODMAN_PATH}");
                let why = draft.note(ids::DOCKER_COMMAND, at, message);
                script_edit::replace(view, call, word.span.clone(), PODMAN_PATH, draft, why);
            }
            "echo" | "printf" | "rm" => {}
            _ => draft.block(
                ids::DISGUISED_DOCKER,
                at,
                format!("{program} works with the file {value}, which is docker's own command"),
                "move the job by hand",
            ),
        }
    }
}

/// Whether a path is that of docker's command.
pub(super) fn is_dockers_file(path: &str) -> bool {
    matches!(
        path,
        "/usr/local/bin/docker" | "/usr/bin/docker" | "/bin/docker"
    )
}

/// `su ci -c "docker ps"`: each user has a store of their own with Podman.
fn as_another_user(view: &JobView<'_>, call: &Call, draft: &mut Draft) {
    if !matches!(call.program(), Some("su" | "runuser")) {
        return;
    }
    let command = call.command();
    let mut words = command.words.iter().skip(1).map(|word| call.raw(word));
    let is_root = words.any(|word| word == "root");
    let mut inside = view.calls[view.calls_in(call.line, &command.span)].iter();
    if !is_root && inside.any(calls_docker) {
        draft.block(
            ids::TWO_STORES,
            view.at_command(call),
            "another user calls docker here: with Podman each user has a store of their own, and root's images are not in it",
            "call docker as one user, then run again",
        );
    }
}

/// `env -S "docker ps"`: words that cannot be told from each other.
fn doubtful(view: &JobView<'_>, draft: &mut Draft) {
    for (index, line) in view.lines.iter().enumerate() {
        let ranges = line.parsed.script.iter().flat_map(|one| &one.doubtful);
        for range in ranges {
            let part = line.parsed.text.get(range.clone()).unwrap_or_default();
            if holds_docker(part) && view.calls_in(index, range).is_empty() {
                draft.block(
                    ids::UNREADABLE_SCRIPT,
                    view.context.documents.inside(line.node, range.clone()),
                    "a docker command stands here in a way that cannot be taken apart",
                    "write it plainly, or move the job by hand",
                );
            }
        }
    }
}

/// `docker run ... docker:dind`, `docker exec x docker ps`: the docker in a container is Docker's still.
fn in_container(view: &JobView<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    let name = docker.rule.name.as_str();
    if !matches!(name, "run" | "create" | "exec") {
        return;
    }
    let operands = docker.operands();
    let Some((first, rest)) = operands.split_first() else {
        return;
    };
    let image = docker.text_of(*first).text;
    if name != "exec" && matches!(kind_of(view, &image), ImageKind::Docker { .. }) {
        draft.block(
            ids::OWN_DAEMON,
            docker.at(),
            format!("{image} is Docker itself in a container, which stays Docker whoever runs it"),
            "move the job by hand",
        );
        return;
    }
    let inside = rest.iter().any(|word| {
        let text = docker.text_of(*word).text;
        names_command(view.context.rules, &text)
    });
    let program = rest.first().map(|word| docker.text_of(*word).text);
    if inside || program.is_some_and(|program| program == "docker") {
        draft.block(
            ids::DISGUISED_DOCKER,
            docker.at(),
            "a container calls docker here, and needs an engine of Docker's for it",
            "move the job by hand",
        );
    }
}
