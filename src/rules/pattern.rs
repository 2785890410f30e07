//! Names with `*` for any run of characters, as the rules write them.

/// Whether `text` fits `pattern`.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    // a table of names is asked for each image and variable, and most differ in their first letter
    let first = (pattern.bytes().next(), text.bytes().next());
    if matches!(first, (Some(wanted), Some(found)) if wanted != found && wanted != b'*') {
        return false;
    }
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*') {
        match text.split_once(piece) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stand_for_any_run() {
        for (pattern, text, expected) in [
            ("docker", "docker", true),
            ("docker", "docker2", false),
            ("BUILDX_*", "BUILDX_BUILDER", true),
            ("BUILDX_*", "BUILDX", false),
            ("*-dind*", "27-dind-alpine3.20", true),
            ("*-dind*", "dind", false),
            ("*", "", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
