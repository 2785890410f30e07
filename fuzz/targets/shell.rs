//! Any text as a script: no panic, and every word stands where the scanner says.
#![no_main]

use dindless::shell::{self, Part, Script, Word};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(script) = shell::parse(text) {
        look(&script, text);
    }
});

fn look(script: &Script, text: &str) {
    for command in &script.commands {
        assert!(
            text.get(command.span.clone()).is_some(),
            "a command cuts a character"
        );
        let statement = &command.place.statement;
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
