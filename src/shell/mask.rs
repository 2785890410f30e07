//! What the CI server replaces before a shell ever sees the script: `${{ expression }}` and `$[[ inputs.x ]]`.

use std::borrow::Cow;

use super::Script;

/// Stands for a byte that someone else fills in. No real script holds it.
pub(super) const FILLED: u8 = 0x01;

/// The text with every expression replaced by as many bytes of [`FILLED`].
pub(super) fn mask(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut masked: Option<String> = None;
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('$')) {
        let start = at + found;
        at = start + 1;
        let end = match (bytes.get(start + 1), bytes.get(start + 2)) {
            (Some(b'{'), Some(b'{')) => closed(bytes, start + 3, b'}'),
            (Some(b'['), Some(b'[')) => closed(bytes, start + 3, b']'),
            _ => continue,
        };
        // Not closed here means not closed further on either.
        let Some(end) = end else { break };
        let masked = masked.get_or_insert_with(|| String::with_capacity(text.len()));
        masked.push_str(text.get(copied..start).unwrap_or_default());
        masked.extend(std::iter::repeat_n(char::from(FILLED), end - start));
        copied = end;
        at = end;
    }
    match masked {
        Some(mut masked) => {
            masked.push_str(text.get(copied..).unwrap_or_default());
            Cow::Owned(masked)
        }
        None => Cow::Borrowed(text),
    }
}

/// The byte behind two `close` that are not in a single-quoted string of the expression.
fn closed(bytes: &[u8], mut at: usize, close: u8) -> Option<usize> {
    let mut quoted = false;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\'' {
            quoted = !quoted;
        } else if !quoted && byte == close && bytes.get(at + 1) == Some(&close) {
            return Some(at + 2);
        }
        at += 1;
    }
    None
}

/// Takes commands out whose literal parts are not the source's own bytes: the last guard before anything is edited.
pub(super) fn restore(mut script: Script, text: &str) -> Script {
    let doubtful = &mut script.doubtful;
    script.commands.retain(|command| {
        let exact = command.words.iter().chain(&command.wrappers).all(|word| {
            text.get(word.span.clone()).is_some()
                && word.parts.iter().all(|part| match part {
                    super::Part::Literal(range, literal) => {
                        text.get(range.clone()) == Some(literal.as_str())
                    }
                    other => text.get(other.range().clone()).is_some(),
                })
        });
        if !exact {
            doubtful.push(command.span.clone());
        }
        exact
    });
    for written in &mut script.written {
        written.script = restore(std::mem::take(&mut written.script), text);
    }
    script.doubtful.sort_by_key(|range| range.start);
    script
}
