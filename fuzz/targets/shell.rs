//! Any text as a script: no panic, and every word stands where the scanner says. If `DINDLESS_FUZZ_BASH` is set, bash is asked
//! about what the scanner accepts: it takes a thousand times as long.
#![no_main]

use std::io::Write;
use std::process::{Command, Stdio};

use dindless::shell::{self, Part, Script, Word};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(script) = shell::parse(text) {
        look(&script, text);
        // What the CI server fills in is no shell, and `time` is a word of bash's own only where bash thinks so.
        let is_odd = ["${{", "$[[", "time", "\r", "\0"]
            .iter()
            .any(|odd| text.contains(odd));
        if !is_odd && std::env::var_os("DINDLESS_FUZZ_BASH").is_some() {
            let accepts = bash_accepts(text, &[]) || bash_accepts(text, &["-O", "extglob"]);
            assert!(accepts, "bash refuses it");
        }
    }
});

fn bash_accepts(text: &str, arguments: &[&str]) -> bool {
    let mut child = Command::new("bash")
        .args(arguments)
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("bash runs");
    let mut input = child.stdin.take().expect("a pipe");
    let _ = input.write_all(text.as_bytes()); // it may stop at the first mistake
    drop(input);
    child.wait().expect("bash ends").success()
}

fn look(script: &Script, text: &str) {
    for command in &script.commands {
        assert!(
            text.get(command.span.clone()).is_some(),
            "a command cuts a character"
        );
        let statement = &command.context.statement;
        assert!(
            text.get(statement.clone()).is_some(),
            "a statement cuts a character"
        );
        assert!(!command.words.is_empty(), "a command without words");
        for word in command.words.iter().chain(&command.wrappers) {
            look_at(word, text);
        }
        for assignment in &command.assignments {
            look_at(&assignment.value, text);
        }
        for redirect in &command.redirects {
            assert!(
                text.get(redirect.span.clone()).is_some(),
                "a redirection cuts a character"
            );
        }
        let _ = command.file_run(text);
    }
    for written in &script.written {
        assert!(
            text.get(written.body.clone()).is_some(),
            "a written file cuts a character"
        );
        look(&written.script, text);
    }
    let _ = script.with_generated_files(|_| true);
}

fn look_at(word: &Word, text: &str) {
    assert!(
        text.get(word.span.clone()).is_some(),
        "a word cuts a character"
    );
    for part in &word.parts {
        let range = part.range();
        assert!(
            word.span.start <= range.start && range.end <= word.span.end,
            "{part:?} lies outside of its word {:?}",
            word.span
        );
        if let Part::Literal(range, literal) = part {
            assert_eq!(text.get(range.clone()), Some(literal.as_str()));
        }
    }
}
