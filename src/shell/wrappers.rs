//! Programs that start another program, and shells: which of their words are their own. Facts from their manuals.

use super::options::{ArgumentKind, arguments};
use super::{Command, DEEPEST, Nesting, Part, Word};

/// The flags of a program.
#[derive(Clone, Copy)]
pub(super) struct Flags {
    /// Short flags with a value.
    values: &'static str,
    /// Short flags without one.
    plain: &'static str,
    /// Long flags with a value.
    long_values: &'static [&'static str],
    /// Long flags without one, or with one behind `=` only.
    long_plain: &'static [&'static str],
}

impl Flags {
    /// Whether a flag takes a value; nothing when it is not known.
    pub(super) fn known(&self, flag: &str) -> Option<bool> {
        if let Some(long) = flag.strip_prefix("--") {
            if self.long_values.contains(&long) {
                return Some(true);
            }
            return self.long_plain.contains(&long).then_some(false);
        }
        let short = flag.strip_prefix('-')?;
        if self.values.contains(short) {
            return Some(true);
        }
        self.plain.contains(short).then_some(false)
    }
}

/// A program that starts the program behind its own words.
struct Wrapper {
    names: &'static [&'static str],
    flags: Flags,
    /// Operands before the program.
    operands: usize,
    /// Whether `A=b` may stand before the program.
    assignments: bool,
}

const fn wrapper(
    names: &'static [&'static str],
    values: &'static str,
    plain: &'static str,
    long_values: &'static [&'static str],
    long_plain: &'static [&'static str],
    operands: usize,
) -> Wrapper {
    Wrapper {
        names,
        flags: Flags {
            values,
            plain,
            long_values,
            long_plain,
        },
        operands,
        assignments: false,
    }
}

const fn with_assignments(wrapper: Wrapper) -> Wrapper {
    Wrapper {
        assignments: true,
        ..wrapper
    }
}

const WRAPPERS: [Wrapper; 21] = [
    with_assignments(wrapper(
        &["sudo"],
        "ugpCDhRTUrt",
        "AbEeHiKklnPSsVvBN",
        &[
            "user",
            "group",
            "prompt",
            "close-from",
            "chdir",
            "host",
            "chroot",
            "command-timeout",
            "other-user",
            "role",
            "type",
        ],
        &[
            "preserve-env",
            "askpass",
            "background",
            "set-home",
            "login",
            "non-interactive",
            "preserve-groups",
            "stdin",
            "shell",
            "reset-timestamp",
            "no-update",
            "bell",
        ],
        0,
    )),
    wrapper(&["doas"], "uC", "nsL", &[], &[], 0),
    wrapper(
        &["time"],
        "fo",
        "apvq",
        &["format", "output"],
        &["append", "portability", "verbose", "quiet"],
        0,
    ),
    with_assignments(wrapper(
        &["env"],
        "uC",
        "i0v",
        &["unset", "chdir"],
        &["ignore-environment", "null", "debug"],
        0,
    )),
    wrapper(
        &["xargs"],
        "adEILnPs",
        "0oprtxie",
        &[
            "arg-file",
            "delimiter",
            "max-args",
            "max-procs",
            "max-chars",
            "process-slot-var",
        ],
        &[
            "null",
            "no-run-if-empty",
            "replace",
            "max-lines",
            "interactive",
            "verbose",
            "exit",
            "open-tty",
            "eof",
        ],
        0,
    ),
    wrapper(&["exec"], "a", "cl", &[], &[], 0),
    wrapper(&["command"], "", "p", &[], &[], 0),
    wrapper(
        &["builtin", "nohup", "busybox", "winpty"],
        "",
        "",
        &[],
        &[],
        0,
    ),
    wrapper(&["nice"], "n", "0123456789", &["adjustment"], &[], 0),
    wrapper(
        &["ionice"],
        "cn",
        "t",
        &["class", "classdata"],
        &["ignore"],
        0,
    ),
    wrapper(&["setsid"], "", "cfw", &[], &["ctty", "fork", "wait"], 0),
    wrapper(
        &["stdbuf"],
        "ioe",
        "",
        &["input", "output", "error"],
        &[],
        0,
    ),
    wrapper(
        &["timeout", "gtimeout"],
        "ks",
        "v",
        &["kill-after", "signal"],
        &["preserve-status", "foreground", "verbose"],
        1,
    ),
    wrapper(
        &["flock"],
        "wE",
        "sxoenuF",
        &["timeout", "conflict-exit-code"],
        &["shared", "exclusive", "nonblock", "nb"],
        1,
    ),
    wrapper(
        &["chroot"],
        "",
        "",
        &[],
        &["userspec", "groups", "skip-chdir"],
        1,
    ),
    wrapper(&["gosu", "su-exec"], "", "", &[], &[], 1),
    wrapper(&["unbuffer"], "", "p", &[], &[], 0),
    wrapper(&["chronic"], "", "ve", &[], &[], 0),
    wrapper(
        &["xvfb-run"],
        "nsefpw",
        "al",
        &[
            "server-num",
            "server-args",
            "error-file",
            "auth-file",
            "wait",
        ],
        &["auto-servernum"],
        0,
    ),
    wrapper(&["sshpass"], "pfdP", "ev", &[], &[], 0),
    // Many tools go by this name; what they share is flags, numbers, and then the program.
    wrapper(
        &["retry", "travis_retry"],
        "tdnmsrw",
        "vx",
        &[
            "tries", "times", "delay", "max", "sleep", "attempts", "retries",
        ],
        &["verbose"],
        0,
    ),
];

/// The last piece of a program's path, when it is written out.
pub(super) fn base_name(word: &Word) -> Option<&str> {
    let value = word.value.as_deref()?;
    value.rsplit('/').next()
}

/// The flags of a program that runs a script; nothing when it is no such program.
pub(super) fn shell_flags(program: &str) -> Option<Flags> {
    Some(match program {
        "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" => Flags {
            values: "oO",
            plain: "abcefhiklmnprstuvxBCDEHPT",
            long_values: &["rcfile", "init-file"],
            long_plain: &[
                "login",
                "norc",
                "noprofile",
                "posix",
                "verbose",
                "restricted",
                "noediting",
                "debugger",
            ],
        },
        "su" | "runuser" => Flags {
            values: "csgGwuT",
            plain: "lmpfP",
            long_values: &[
                "command",
                "shell",
                "group",
                "supp-group",
                "whitelist-environment",
                "session-command",
                "user",
            ],
            long_plain: &["login", "preserve-environment", "fast", "pty"],
        },
        "ssh" => Flags {
            values: "BbcDEeFIiJLlmOopQRSWw",
            plain: "46AaCfGgKkMNnPqsTtVvXxYy",
            long_values: &[],
            long_plain: &[],
        },
        _ => return None,
    })
}

/// The words of a wrapper cannot be told from those of the program behind it.
pub(super) struct Doubt;

/// Moves the wrappers in front of a command's program out of its words. What wraps nothing stays the program itself.
pub(super) fn split(text: &str, command: &mut Command) -> Result<(), Doubt> {
    let mut program = 0;
    let mut wrapped = 0;
    if command.words.len() > 1 && command.words.first().is_some_and(is_sudo_variable) {
        program = 1;
    }
    if let Some(first) = found_program(command) {
        program = first;
        command.context.nesting.push(Nesting::Xargs);
        command.context.statement_in_body = false;
    }
    while let Some(wrapper) = command
        .words
        .get(program)
        .and_then(base_name)
        .and_then(find)
    {
        let Some(own) = own_words(
            text,
            wrapper,
            command.words.get(program + 1..).unwrap_or(&[]),
        )?
        else {
            break;
        };
        let next = program + 1 + own;
        if next >= command.words.len() {
            break;
        }
        if wrapper.names == ["xargs"] {
            command.context.nesting.push(Nesting::Xargs);
            command.context.statement_in_body = false;
        }
        program = next;
        wrapped += 1;
        // Each looks at all words behind it; nobody wraps this deep.
        if wrapped > DEEPEST {
            return Err(Doubt);
        }
    }
    let words = command.words.split_off(program);
    command.wrappers = std::mem::replace(&mut command.words, words);
    Ok(())
}

/// `find ... -exec docker load -i {} \;`: where the program stands that find starts for what it finds. What ends it is
/// taken from the words. Only the one at the end of the command counts: what find does after it is not looked at.
fn found_program(command: &mut Command) -> Option<usize> {
    let value = |index: usize| command.words.get(index)?.value.as_deref();
    if base_name(command.words.first()?) != Some("find") {
        return None;
    }
    let starts =
        |index: &usize| matches!(value(*index), Some("-exec" | "-execdir" | "-ok" | "-okdir"));
    let mut all = (1..command.words.len()).filter(starts);
    let (first, None) = (all.next()?, all.next()) else {
        return None;
    };
    let last = command.words.len() - 1;
    let ends = matches!(value(last), Some(";" | "+"));
    if !ends || first + 1 >= last {
        return None;
    }
    command.words.truncate(last);
    Some(first + 1)
}

/// `$SUDO docker ps`, where the variable is `sudo` or nothing.
fn is_sudo_variable(word: &Word) -> bool {
    matches!(&word.parts[..], [Part::Variable { name, plain: true, .. }] if name.eq_ignore_ascii_case("sudo"))
}

fn find(name: &str) -> Option<&'static Wrapper> {
    WRAPPERS
        .iter()
        .find(|wrapper| wrapper.names.contains(&name))
}

/// How many words behind a wrapper are its own; nothing when it wraps no program here.
fn own_words(text: &str, wrapper: &Wrapper, words: &[Word]) -> Result<Option<usize>, Doubt> {
    let name = wrapper.names.first().copied().unwrap_or_default();
    let mut operands = wrapper.operands;
    let mut unknown = false;
    for argument in arguments(text, words, &wrapper.flags, false) {
        let first = argument.words.start;
        match argument.kind {
            ArgumentKind::Terminator | ArgumentKind::Flag { .. } => {}
            // `command -v docker` asks, it does not run.
            ArgumentKind::Unknown { .. } if name == "command" => return Ok(None),
            ArgumentKind::Unknown { .. } => unknown = true,
            ArgumentKind::Operand | ArgumentKind::Opaque => {
                let word = words.get(first);
                let own = (wrapper.assignments
                    && word.is_some_and(|word| is_assignment(text, word)))
                    || (name == "retry" && word.is_some_and(is_number));
                if own {
                    continue;
                }
                if operands > 0 {
                    operands -= 1;
                    continue;
                }
                return if unknown { Err(Doubt) } else { Ok(Some(first)) };
            }
        }
    }
    Ok(None)
}

fn is_number(word: &Word) -> bool {
    word.value
        .as_deref()
        .is_some_and(|value| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_assignment(text: &str, word: &Word) -> bool {
    let raw = word.raw(text);
    raw.split_once('=').is_some_and(|(name, _)| {
        name.bytes()
            .next()
            .is_some_and(|byte| !byte.is_ascii_digit())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}
