//! Variables in compose files: `$NAME`, `${NAME:-default}`, `$$`.

/// What is known of the environment that compose runs in.
pub(crate) trait Variables {
    /// The value of a variable, if it is known.
    fn value(&self, name: &str) -> Option<String>;
}

/// No variable is known.
impl Variables for () {
    fn value(&self, _: &str) -> Option<String> {
        None
    }
}

/// How deep defaults may lie in each other.
const DEEPEST: usize = 16;

/// Puts variables into a text. A variable that is not known has its default; without one it stays as it is written, and
/// the text counts as not known.
pub(super) fn interpolate(text: &str, variables: &dyn Variables) -> (String, bool) {
    if !text.contains('$') {
        return (text.to_owned(), true);
    }
    let mut result = String::with_capacity(text.len());
    let known = into(text, variables, DEEPEST, &mut result);
    (result, known)
}

fn into(text: &str, variables: &dyn Variables, depth: usize, result: &mut String) -> bool {
    let mut known = true;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            result.push('$');
            rest = after;
            continue;
        }
        let (found, length) = variable(after, variables, depth);
        match found {
            Some(value) => result.push_str(&value),
            None => {
                known = false;
                result.push('$');
                result.push_str(after.get(..length).unwrap_or_default());
            }
        }
        rest = after.get(length..).unwrap_or_default();
    }
    result.push_str(rest);
    known
}

/// The value of the variable at the start of what follows a dollar sign, and how many bytes it takes.
fn variable(after: &str, variables: &dyn Variables, depth: usize) -> (Option<String>, usize) {
    let name_length = |text: &str| {
        text.bytes()
            .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_'))
            .unwrap_or(text.len())
    };
    let Some(inner) = after.strip_prefix('{') else {
        let length = name_length(after);
        let name = after.get(..length).unwrap_or_default();
        return (variables.value(name), length);
    };
    let Some(end) = closing(inner) else {
        return (None, 1);
    };
    let inner = inner.get(..end).unwrap_or_default();
    let (name, more) = inner.split_at(name_length(inner));
    let value = variables.value(name);
    let (operator, word) = match more.strip_prefix(':') {
        Some(more) => (more, more.get(1..).unwrap_or_default()),
        None => (more, more.get(1..).unwrap_or_default()),
    };
    let length = end + 2;
    let set = value.filter(|value| !(more.starts_with(':') && value.is_empty()));
    let word = || {
        let mut text = String::new();
        let known = depth > 0 && into(word, variables, depth - 1, &mut text);
        known.then_some(text)
    };
    let value = match operator.bytes().next() {
        Some(b'-') => set.or_else(word),
        Some(b'+') => match set {
            Some(_) => word(),
            None => Some(String::new()),
        },
        _ => set,
    };
    (value, length)
}

/// Where the brace ends that is open at the start of a text.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    struct TestVariables;

    impl Variables for TestVariables {
        fn value(&self, name: &str) -> Option<String> {
            match name {
                "TAG" => Some("16".to_owned()),
                "EMPTY" => Some(String::new()),
                _ => None,
            }
        }
    }

    #[test]
    fn variables_and_their_defaults() {
        for (text, expected, known) in [
            ("plain", "plain", true),
            ("a:$TAG", "a:16", true),
            ("a:${TAG}-b", "a:16-b", true),
            ("$$TAG", "$TAG", true),
            ("${NONE:-x}", "x", true),
            ("${NONE:-${TAG}}!", "16!", true),
            ("${NONE:-${ALSO:-y}}", "y", true),
            ("${EMPTY:-x}", "x", true),
            ("${EMPTY-x}", "", true),
            ("${TAG:+yes}", "yes", true),
            ("${NONE}", "${NONE}", false),
            ("${NONE:?say it}", "${NONE:?say it}", false),
            ("${TAG:?say it}", "16", true),
            ("$NONE/a", "$NONE/a", false),
            ("${open", "${open", false),
            ("ö$", "ö$", false),
        ] {
            let found = interpolate(text, &TestVariables);
            assert_eq!(found, (expected.to_owned(), known), "{text}");
        }
    }
}
