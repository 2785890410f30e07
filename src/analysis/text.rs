//! What a text of the shell holds, told without the shell.

use std::borrow::Cow;

/// A word without its quotes, expansions left as they are.
pub(crate) fn unquoted(raw: &str) -> Cow<'_, str> {
    match raw.contains(QUOTES) {
        true => raw.replace(QUOTES, "").into(),
        false => raw.into(),
    }
}

const QUOTES: [char; 2] = ['"', '\''];

/// Whether the letters of a name stand in a script one behind the other. What the shell
/// takes out of a word may stand between them.
pub(crate) fn spells(text: &str, name: &str) -> bool {
    let Some((first, others)) = name.as_bytes().split_first() else {
        return true;
    };
    let starts_here = |rest: &[u8]| {
        let mut letters = others.iter();
        let mut wanted = letters.next();
        for byte in rest {
            match wanted {
                None => break,
                Some(letter) if letter == byte => wanted = letters.next(),
                Some(_) if matches!(byte, b'\'' | b'"' | b'\\' | b'\n' | b'\r' | b'$') => {}
                Some(_) => return false,
            }
        }
        wanted.is_none()
    };
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(rest) = bytes.get(from..) {
        let Some(found) = rest.iter().position(|byte| byte == first) else {
            return false;
        };
        from += found + 1;
        if starts_here(bytes.get(from..).unwrap_or_default()) {
            return true;
        }
    }
    false
}

/// Whether a text names a variable.
pub(crate) fn mentions(text: &str, variable: &str) -> bool {
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        let after = rest[dollar + 1..].trim_start_matches('{');
        if let Some(tail) = after.strip_prefix(variable)
            && !tail.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_')
        {
            return true;
        }
        rest = &rest[dollar + 1..];
    }
    false
}

/// The values that a text hands on to later steps of its workflow under a name: `echo "NAME=value" >> $GITHUB_ENV`.
/// One that follows on lines of its own is `$`.
pub(crate) fn handed_on<'t>(text: &'t str, name: &str) -> impl Iterator<Item = &'t str> {
    let all = if text.contains("GITHUB_ENV") {
        text
    } else {
        ""
    };
    all.match_indices(name).filter_map(move |(start, found)| {
        let behind = all.get(start + found.len()..).unwrap_or_default();
        let before = all.get(..start).unwrap_or_default();
        if before.ends_with(|one: char| one.is_alphanumeric() || "_${".contains(one)) {
            return None;
        }
        let ends = |one: char| one.is_whitespace() || "\"'\\;|)".contains(one);
        match behind.strip_prefix('=') {
            Some(value) => value.split(ends).next(),
            None => behind.starts_with("<<").then_some("$"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::spells;

    #[test]
    fn finds_a_name_as_the_shell_would() {
        for text in [
            "docker",
            "sudo /usr/bin/docker ps",
            "d'ock'e\"r\"",
            "doc\\\nker",
            "d$'ocker'",
            "ddocker",
        ] {
            assert!(spells(text, "docker"), "{text}");
        }
        for text in ["", "dock", "podman", "doc ker", "Docker"] {
            assert!(!spells(text, "docker"), "{text}");
        }
    }
}
