//! Scripts that a job writes into a file and then runs: what they hold, the job does.

use std::rc::Rc;

use crate::collections::HashSet;
use crate::shell::{Command, Nesting, Script};
use crate::text::Needles;

use super::call::{Call, LineView, Parsed};

/// Reads what such files hold together with the lines that write them. Gives their names, without `./` in front.
pub(crate) fn read(lines: &mut [LineView]) -> HashSet<String> {
    let scripts = || lines.iter().filter_map(|line| script(&line.parsed));
    let written: HashSet<&str> = scripts()
        .flat_map(|(_, script)| &script.written)
        .map(|written| plain(&written.file))
        .collect();
    if written.is_empty() {
        return HashSet::default();
    }
    let written = Needles::new(written.into_iter().collect());
    let mut run: HashSet<String> = HashSet::default();
    let mut used: HashSet<String> = HashSet::default();
    for (text, script) in scripts() {
        for command in &script.commands {
            let remote = command.context.nesting.contains(&Nesting::Remote);
            let file = command.file_run(text).filter(|_| !remote);
            for word in &command.words {
                let raw = word.raw(text);
                for name in written.found_in(raw) {
                    let whole = plain(&unquoted(raw)) == name;
                    if whole && file == Some(word) {
                        run.insert(name.to_owned());
                    } else if !(whole && handles(command)) {
                        used.insert(name.to_owned());
                    }
                }
            }
        }
    }
    // A file that goes elsewhere, too, may be run where Docker is.
    run.retain(|name| !used.contains(name));
    for line in lines.iter_mut().filter(|_| !run.is_empty()) {
        let Some((text, script)) = script(&line.parsed) else {
            continue;
        };
        let with = script.with_generated_files(|written| run.contains(plain(&written.file)));
        if let Some(script) = with {
            line.parsed = Rc::new(Parsed {
                text: text.into(),
                script: Ok(script),
            });
        }
    }
    run
}

/// Whether a command runs one of these files.
pub(crate) fn is_run(written: &HashSet<String>, call: &Call) -> bool {
    let file = call.command().file_run(call.text());
    file.is_some_and(|file| written.contains(plain(&unquoted(call.raw(file)))))
}

fn script(parsed: &Parsed) -> Option<(&str, &Script)> {
    let script = parsed.script.as_ref().ok()?;
    Some((&parsed.text, script))
}

/// Whether a command leaves a script where it is, and as it is.
fn handles(command: &Command) -> bool {
    matches!(
        command.program(),
        Some("chmod" | "rm" | "ls" | "cat" | "tee" | "echo" | "[" | "test" | "shellcheck")
    )
}

fn plain(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

fn unquoted(raw: &str) -> String {
    raw.replace(['"', '\''], "")
}
