//! Expressions of a workflow, `${{ ... }}`, as far as a translation has to understand them.

/// Whether a text holds an expression.
pub(crate) fn is_in(text: &str) -> bool {
    text.contains("${{")
}

/// The inside of a text that is one expression and nothing else.
pub(crate) fn whole(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("${{")?.strip_suffix("}}")?;
    (!inner.contains("}}") && !inner.contains("${{")).then_some(inner.trim())
}

/// The variable that a text is when it is nothing but `${{ env.NAME }}`.
pub(crate) fn variable(text: &str) -> Option<&str> {
    let name = whole(text)?.strip_prefix("env.")?;
    let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    (!name.is_empty() && name.chars().all(letters)).then_some(name)
}

/// The outputs of steps that a text reads, each with the step's id.
pub(super) fn outputs_read(text: &str) -> Vec<(&str, &str)> {
    let word = |text: &str| {
        text.find(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '_' | '-'))
            .unwrap_or(text.len())
    };
    let mut found = Vec::new();
    for (at, begin) in text.match_indices("steps") {
        let rest = &text[at + begin.len()..];
        let Some((id, rest)) = member(rest, word) else {
            continue;
        };
        match member(rest, word) {
            Some(("outputs", rest)) => match member(rest, word) {
                Some((name, _)) => found.push((id, name)),
                None => found.push((id, "*")), // all of them at once: toJSON(steps.x.outputs)
            },
            Some(_) => {} // its outcome
            None => found.push((id, "*")),
        }
    }
    found
}

/// `.name`, `['name']` or `["name"]` at the beginning of a text, and what follows.
fn member(text: &str, word: impl Fn(&str) -> usize) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        let end = word(rest);
        return (end > 0).then(|| rest.split_at(end));
    }
    let rest = text.strip_prefix('[')?;
    let quote = rest.chars().next().filter(|it| matches!(it, '\'' | '"'))?;
    let rest = &rest[1..];
    let end = rest.find(quote)?;
    Some((&rest[..end], rest[end + 1..].strip_prefix(']')?))
}

/// Whether an expression gives true or false and never a text: only then it means the same as a condition, where every
/// text that is not empty counts as true.
pub(super) fn is_boolean(expression: &str) -> bool {
    operands(expression).into_iter().all(|operand| {
        let operand = operand.trim();
        if let Some(inner) = operand
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
            && balanced(inner)
        {
            return is_boolean(inner);
        }
        if let Some(rest) = operand.strip_prefix('!')
            && !rest.starts_with('=')
        {
            return true;
        }
        const CALLS: [&str; 7] = [
            "contains(",
            "startsWith(",
            "endsWith(",
            "success()",
            "failure()",
            "always()",
            "cancelled()",
        ];
        matches!(operand, "true" | "false")
            || CALLS.iter().any(|call| operand.starts_with(call))
            || outside_quotes(operand, &["==", "!=", "<", ">"])
    })
}

/// The parts of an expression between `&&` and `||`, outside of quotes and brackets.
fn operands(expression: &str) -> Vec<&str> {
    let bytes = expression.as_bytes();
    let (mut depth, mut quoted, mut from) = (0usize, false, 0);
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\'' => quoted = !quoted,
            b'(' | b'[' if !quoted => depth += 1,
            b')' | b']' if !quoted => depth = depth.saturating_sub(1),
            one @ (b'&' | b'|') if !quoted && depth == 0 && bytes.get(at + 1) == Some(&one) => {
                found.push(&expression[from..at]);
                at += 1;
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    found.push(&expression[from..]);
    found
}

fn balanced(text: &str) -> bool {
    let mut depth = 0i32;
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

fn outside_quotes(text: &str, signs: &[&str]) -> bool {
    text.split('\'')
        .step_by(2)
        .any(|part| signs.iter().any(|sign| part.contains(sign)))
}

/// Whether a condition asks how the steps before it ended.
pub(crate) fn asks_status(condition: &str) -> bool {
    ["always()", "failure()", "cancelled()", "success()"]
        .iter()
        .any(|call| condition.contains(call))
}

#[cfg(test)]
mod tests {
    use super::{is_boolean, outputs_read, variable, whole};

    #[test]
    fn tells_conditions_from_texts() {
        for yes in [
            "github.event_name != 'pull_request'",
            "!inputs.dry",
            "startsWith(github.ref, 'refs/tags/') || github.ref == 'refs/heads/main'",
            "(github.event_name == 'push' && !cancelled())",
            "true",
        ] {
            assert!(is_boolean(yes), "{yes}");
        }
        for no in [
            "inputs.push",
            "github.event_name == 'push' && 'true' || 'false'",
            "matrix.push",
            "'a == b'",
            "steps.x.outputs.push",
        ] {
            assert!(!is_boolean(no), "{no}");
        }
    }

    #[test]
    fn finds_the_outputs_that_a_text_reads() {
        assert_eq!(
            outputs_read("a ${{ steps.build.outputs.digest }} ${{ steps['x-y'].outputs['z'] }}"),
            [("build", "digest"), ("x-y", "z")]
        );
        assert_eq!(outputs_read("${{ steps.build.outcome }}"), []);
        assert_eq!(
            outputs_read("toJSON(steps.build.outputs)"),
            [("build", "*")]
        );
        assert_eq!(outputs_read("the steps. of this"), []);
    }

    #[test]
    fn knows_a_single_expression() {
        assert_eq!(whole("${{ a }}"), Some("a"));
        assert_eq!(whole("${{ a }}-${{ b }}"), None);
        assert_eq!(variable("${{ env.REGISTRY }}"), Some("REGISTRY"));
        assert_eq!(variable("${{ env.A }}x"), None);
    }
}
