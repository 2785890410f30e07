//! Scripts inside scripts: `sh -c '...'`, `eval`, `trap`, `ssh host '...'`, a heredoc fed to a shell.

use std::ops::Range;

use super::decoded::Decoded;
use super::options::{ArgumentKind, Options, arguments};
use super::scanner::scan;
use super::wrappers::{self, Flags};
use super::{Command, DEEPEST, GeneratedFile, Heredoc, Nesting, Problem, Redirect, Script, Word};

/// Bytes of scripts inside scripts, times the levels that they lie deep; real ones have a few lines at two levels.
const MOST_NESTED: usize = 128 * 1024;

/// Reads a masked text, `depth` levels down, with all scripts inside it.
pub(super) fn read(text: &str, depth: usize) -> Result<Script, Problem> {
    let (mut own, mut script) = scan(text, depth, nested)?;
    let mut commands = std::mem::take(&mut own.commands);
    script.take_in(own);
    for command in &mut commands {
        if wrappers::split(text, command).is_err() {
            script.doubtful.push(command.span.clone());
            command.words.clear();
        }
    }
    commands.retain(|command| !command.words.is_empty());
    let mut found = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        let fed = commands.get(index + 1..).unwrap_or_default();
        for (decoded, nesting, whole) in scripts(text, command, fed) {
            let mut outer = command.context.nesting.clone();
            outer.push(nesting);
            let mut inner = nested(&decoded, &outer, depth, whole);
            let commands = inner.commands.iter_mut().map(|one| &mut one.context);
            let compounds = inner.compounds.iter_mut().map(|one| &mut one.context);
            for context in commands.chain(compounds) {
                context.tolerated |= command.context.tolerated;
                context.background |= command.context.background;
            }
            found.push(inner);
        }
        if let Some((file, decoded, body)) = written(text, command) {
            let mut outer = command.context.nesting.clone();
            outer.push(Nesting::GeneratedFile);
            let inner = nested(&decoded, &outer, depth, body.clone());
            script.written.push(GeneratedFile {
                file,
                body,
                script: inner,
            });
        }
    }
    script.commands.extend(commands);
    for inner in found {
        script.take_in(inner);
    }
    script.in_order();
    Ok(script)
}

/// `cat > FILE << END`, `tee FILE << END`: the file, and the text that goes into it.
fn written(text: &str, command: &Command) -> Option<(String, Decoded, Range<usize>)> {
    let (program, operands) = command.words.split_first()?;
    let operands: Vec<&str> = operands.iter().map(|word| word.raw(text)).collect();
    let into = |redirect: &&Redirect| matches!(redirect.operator.as_str(), ">" | ">>" | ">|");
    let target = command.redirects.iter().rev().find(into);
    let file = match (wrappers::base_name(program)?, operands.as_slice()) {
        ("cat", [] | ["-"]) => target?.target.as_ref()?.raw(text),
        ("tee", [file] | ["-a", file]) => file,
        _ => return None,
    };
    let mut heredocs = command.redirects.iter();
    let heredoc = heredocs.find_map(|redirect| redirect.heredoc.as_ref())?;
    let file = file.replace(['"', '\''], "");
    let body = heredoc.body.clone();
    Some((file, Decoded::of_parts(&heredoc.parts), body))
}

/// Reads a script that stands inside another; `outer` is what holds it. What cannot be read is doubtful as a whole.
pub(super) fn nested(
    decoded: &Decoded,
    outer: &[Nesting],
    depth: usize,
    whole: Range<usize>,
) -> Script {
    if !decoded.has_text() {
        return Script::default();
    }
    // `eval eval eval ...` is read anew at each word
    let is_too_much = decoded.text.len().saturating_mul(depth) > MOST_NESTED;
    let read = if depth + 1 > DEEPEST || is_too_much {
        None
    } else {
        read(&decoded.text, depth + 1).ok()
    };
    let Some(mut script) = read else {
        return Script {
            doubtful: vec![whole],
            ..Script::default()
        };
    };
    script.put_into(outer);
    decoded.carry(script)
}

/// The file that a command runs as a script: what a shell is given, what is sourced, a program that is named by its path.
pub(super) fn file_run<'c>(text: &str, command: &'c Command) -> Option<&'c Word> {
    let (program, operands) = command.words.split_first()?;
    match wrappers::base_name(program) {
        Some("source" | ".") => operands.first(),
        Some("su" | "runuser" | "ssh") => None,
        Some(name) => match wrappers::shell_flags(name) {
            Some(flags) => {
                let arguments = arguments(text, operands, &flags, false);
                let first = arguments.first()?;
                let mut kinds = arguments.iter().map(|argument| &argument.kind);
                let given = kinds.any(|kind| {
                    matches!(kind, ArgumentKind::Flag { name, .. } if name == "-c" || name == "-s")
                });
                let operand = arguments
                    .iter()
                    .find(|argument| matches!(argument.kind, ArgumentKind::Operand));
                let operand = operand.filter(|_| !given && first.words.start == 0)?;
                operands.get(operand.words.start)
            }
            None => program.raw(text).contains('/').then_some(program),
        },
        None => program.raw(text).contains('/').then_some(program),
    }
}

/// The scripts that a command is given. `later` are the commands behind it, of which the next in its pipeline may run what
/// it prints.
fn scripts(
    text: &str,
    command: &Command,
    later: &[Command],
) -> Vec<(Decoded, Nesting, Range<usize>)> {
    let Some((program, operands)) = command.words.split_first() else {
        return Vec::new();
    };
    let Some(program) = wrappers::base_name(program) else {
        return Vec::new();
    };
    let of_words = |words: &[&Word], nesting: Nesting| {
        let (Some(first), Some(last)) = (words.first(), words.last()) else {
            return Vec::new();
        };
        let mut decoded = Decoded::default();
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                decoded.push_blank();
            }
            decoded.push_parts(&word.parts);
        }
        vec![(decoded, nesting, first.span.start..last.span.end)]
    };
    match program {
        "eval" => of_words(&operands.iter().collect::<Vec<_>>(), Nesting::Script),
        "trap" => {
            let operands: Vec<&Word> = operands
                .iter()
                .skip_while(|word| word.value.as_deref() == Some("--"))
                .collect();
            match operands.first().and_then(|word| word.value.as_deref()) {
                Some(first) if first.is_empty() || first.starts_with('-') => Vec::new(),
                _ if operands.len() < 2 => Vec::new(),
                _ => of_words(operands.get(..1).unwrap_or_default(), Nesting::Trap),
            }
        }
        "cat" if operands.is_empty() => {
            let context = &command.context;
            // What the next one's arguments substitute may stand between.
            let next = later.iter().take(8).find(|next| {
                next.context.statement == context.statement
                    && next.context.nesting == context.nesting
                    && next.context.connected == context.connected
                    && next.context.pipeline == (context.pipeline.0 + 1, context.pipeline.1)
                    && next.span.start > command.span.end
            });
            match next.and_then(|next| given(text, next)) {
                Some(ScriptSource::Input(nesting)) => fed(command, nesting),
                _ => Vec::new(),
            }
        }
        _ => match given(text, command) {
            Some(ScriptSource::Words(from, to, nesting)) => {
                let words = command.words.get(from..to).unwrap_or_default();
                of_words(&words.iter().collect::<Vec<_>>(), nesting)
            }
            Some(ScriptSource::Input(nesting)) => fed(command, nesting),
            None => Vec::new(),
        },
    }
}

/// Where a shell takes its script from.
enum ScriptSource {
    /// From its words.
    Words(usize, usize, Nesting),
    /// From its standard input.
    Input(Nesting),
}

fn given(text: &str, command: &Command) -> Option<ScriptSource> {
    let program = wrappers::base_name(command.words.first()?)?;
    let operands = command.words.get(1..)?;
    let remote = program == "ssh";
    let flags: Flags = wrappers::shell_flags(program)?;
    let user_first = matches!(program, "su" | "runuser");
    let mut script = false;
    let mut places = Vec::new();
    for argument in arguments(text, operands, &flags, user_first) {
        match argument.kind {
            ArgumentKind::Operand | ArgumentKind::Opaque => places.push(argument.words.start),
            ArgumentKind::Flag { name, value, .. } if !remote => {
                if user_first {
                    if let Some(value) = value
                        && matches!(name.as_str(), "-c" | "--command")
                        && value.word == argument.words.start + 1
                    {
                        let word = value.word + 1;
                        return Some(ScriptSource::Words(word, word + 1, Nesting::Script));
                    }
                } else if name == "-c" {
                    script = true;
                }
            }
            ArgumentKind::Unknown { .. } => return None,
            _ => {}
        }
    }
    let first = places.first().map(|context| context + 1);
    if remote {
        return Some(match places.get(1) {
            Some(rest) => ScriptSource::Words(rest + 1, command.words.len(), Nesting::Remote),
            None => ScriptSource::Input(Nesting::Remote),
        });
    }
    if script {
        let first = first?;
        return Some(ScriptSource::Words(first, first + 1, Nesting::Script));
    }
    let named = first.and_then(|first| command.words.get(first));
    let reads = named
        .is_none_or(|word| matches!(word.value.as_deref(), Some("-" | "/dev/stdin")) || user_first);
    let by_operand = operands
        .iter()
        .any(|word| matches!(word.value.as_deref(), Some("-s")));
    (reads || by_operand).then_some(ScriptSource::Input(Nesting::Heredoc))
}

/// What is fed to a command by a heredoc or a here-string.
fn fed(command: &Command, nesting: Nesting) -> Vec<(Decoded, Nesting, Range<usize>)> {
    // Of several, the last one wins.
    let last = (command.redirects.iter().rev())
        .find(|redirect| redirect.operator.starts_with('<') && redirect.operator != "<&");
    match last {
        Some(redirect) => match (&redirect.heredoc, &redirect.target) {
            (Some(Heredoc { parts, body, .. }), _) => {
                vec![(Decoded::of_parts(parts), nesting, body.clone())]
            }
            (None, Some(target)) if redirect.operator == "<<<" => {
                vec![(
                    Decoded::of_parts(&target.parts),
                    nesting,
                    target.span.clone(),
                )]
            }
            _ => Vec::new(),
        },
        None => Vec::new(),
    }
}

impl Options for Flags {
    fn takes_value(&self, flag: &str) -> Option<bool> {
        self.known(flag)
    }
}
