//! What commands run that no file of the repository shows: scripts from the net, code of the project behind a tool.

use crate::shell::Nesting;

use super::context::Call;
use super::job::JobPass;

/// A script that comes from the net, or that the job makes up: `curl ... | sh`, `bash <(curl ...)`, `eval "$(...)"`.
pub(crate) fn from_elsewhere(pass: &JobPass<'_>, index: usize, call: &Call) -> Option<String> {
    let view = &pass.view;
    let command = call.command();
    let program = call.program()?.rsplit('/').next()?;
    let is_shell = matches!(program, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh");
    if !is_shell && !matches!(program, "source" | "." | "eval") {
        return None;
    }
    let fetches = |text: &str| {
        text.split(|one: char| !one.is_alphanumeric())
            .any(|word| view.context.rules.fetches_files(word))
    };
    let words = command.words.iter().skip(1).map(|word| call.raw(word));
    let mut given = words.chain(
        command
            .redirects
            .iter()
            .filter_map(|one| one.target.as_ref())
            .map(|word| call.raw(word)),
    );
    let substituted =
        |text: &&str| text.contains("$(") || text.contains("<(") || text.contains('`');
    if given.any(|text| substituted(&text) && fetches(text)) {
        return Some(format!(
            "{program} runs what this command fetches from the net"
        ));
    }
    let (place, _) = command.context.pipeline;
    if !is_shell || place == 0 {
        return None;
    }
    let earlier = view.calls.iter().take(index).rev();
    let mut earlier = earlier.take_while(|other| {
        other.line == call.line && other.command().context.statement == command.context.statement
    });
    let fetched = earlier.any(|other| other.program().is_some_and(&fetches));
    fetched.then(|| format!("{program} runs what this command fetches from the net"))
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

/// What a command runs that no file of the repository shows; nothing if it runs nothing of that kind.
pub(crate) fn of_project(pass: &JobPass<'_>, call: &Call) -> Option<String> {
    let view = &pass.view;
    let program = call.program()?;
    let name = program.rsplit('/').next().unwrap_or(program);
    if matches!(name, "eval" | "source" | ".") && runs_what_ssh_agent_prints(call) {
        return None;
    }
    match name {
        "make" | "gmake" => return Some("what make runs".to_owned()),
        "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" | "source" | "." => {
            let listed = takes_names_from_xargs(call);
            let listed = listed.then(|| format!("what xargs gives to {name}"));
            return script_operand(call).or(listed);
        }
        "eval" if is_written_out(call) => return None,
        _ => {}
    }
    if program.ends_with(".sh") && !program.contains('/') {
        return Some(program.to_owned());
    }
    let of_system = program.starts_with("/usr/") || program.starts_with("/bin/");
    if program.contains('/') && !of_system {
        return Some(program.to_owned());
    }
    if !view.context.rules.runs_project_code(program) {
        return None;
    }
    let words = || {
        let words = call.command().words.iter().skip(1);
        words
            .map(|word| view.expand_word(call, word).text)
            .collect()
    };
    if view.context.rules.runs_own_code_only(program, words) {
        return None;
    }
    let starts_others = |code: &str| view.context.rules.starts_others(code);
    let harmless = |code: &str| !code.contains("docker") && !starts_others(code);
    if code_in_sight(call).is_some_and(harmless) {
        return None;
    }
    Some(format!("what {program} runs"))
}

/// `eval "docker ps"`: what it runs is read as commands already.
fn is_written_out(call: &Call) -> bool {
    let mut words = call.command().words.iter();
    words.all(|word| word.value.is_some())
}

/// `eval $(ssh-agent -s)`, `source <(ssh-agent)`: two variables and what `echo` is to say, and nothing else.
/// Source: ssh-agent(1).
fn runs_what_ssh_agent_prints(call: &Call) -> bool {
    let mut words = call.command().words.iter().skip(1);
    let (Some(first), None) = (words.next(), words.next()) else {
        return false;
    };
    let raw = call.raw(first).trim_matches('"');
    let between = |open: &str, close: &str| raw.strip_prefix(open)?.strip_suffix(close);
    let inner = between("$(", ")")
        .or_else(|| between("<(", ")"))
        .or_else(|| between("`", "`"));
    let mut words = inner.unwrap_or_default().split_whitespace();
    let program = words.next().unwrap_or_default();
    let is_agent = program.rsplit('/').next() == Some("ssh-agent");
    // no second command, and nothing that the agent would start
    let mut is_value = false;
    is_agent
        && words.all(|word| {
            let own = is_value || word.starts_with('-') || word == "2>/dev/null";
            is_value = matches!(word, "-a" | "-E" | "-O" | "-P" | "-t");
            own && !word.contains([';', '|', '(', ')', '`'])
        })
}

/// `xargs -n1 sh < list.txt`: which scripts the shell runs stands in a list.
fn takes_names_from_xargs(call: &Call) -> bool {
    let command = call.command();
    let mut words = command.words.iter().skip(1).map(|word| call.raw(word));
    let by_xargs = command.context.nesting.contains(&Nesting::Xargs);
    by_xargs
        && !command.context.nesting.contains(&Nesting::GeneratedFile)
        && words.all(|word| word.starts_with('-') && !word.ends_with('c'))
}

/// The file that a shell is given, as it is written.
fn script_operand(call: &Call) -> Option<String> {
    let command = call.command();
    let inner = command.context.nesting.contains(&Nesting::GeneratedFile);
    let words = command.words.get(1..)?;
    let flags = words.iter().map(|word| call.raw(word));
    let flags = flags.take_while(|raw| raw.starts_with('-'));
    if inner
        || flags
            .clone()
            .any(|flag| flag.ends_with('c') || flag == "-s")
    {
        return None;
    }
    let word = words
        .iter()
        .find(|word| !call.raw(word).starts_with(['-', '+']));
    word.map(|word| call.raw(word).to_owned())
}
