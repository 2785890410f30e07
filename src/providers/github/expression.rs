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

/// A text without its expressions, in which blanks and slashes may stand.
pub(crate) fn without(text: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        found.push_str(before);
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    found + rest
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

/// The ids of the steps whose outcome or conclusion a text reads.
pub(super) fn outcomes_read(text: &str) -> impl Iterator<Item = &str> {
    let part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let word = move |text: &str| text.find(|letter| !part(letter)).unwrap_or(text.len());
    let places = text.match_indices("steps");
    places.filter_map(move |(at, begin)| {
        let (id, rest) = member(&text[at + begin.len()..], word)?;
        let (name, _) = member(rest, word)?;
        matches!(name, "outcome" | "conclusion").then_some(id)
    })
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

/// What a text reads of a context, by the names of its members: of `env` in `env.A` that is `A`. `*` where the name is
/// not written out.
pub(super) fn members_read<'t>(text: &'t str, context: &str) -> Vec<&'t str> {
    places_of(text, context)
        .into_iter()
        .map(|(_, name)| name)
        .collect()
}

/// A text in whose expressions something else stands for a member of a context.
pub(super) fn with_member(text: &str, context: &str, name: &str, value: &str) -> String {
    let mut text = text.to_owned();
    let places = places_of(&text, context).into_iter();
    let places: Vec<usize> = places
        .filter(|place| place.1 == name)
        .map(|place| place.0)
        .collect();
    for at in places.into_iter().rev() {
        let end = at + context.len() + ".".len() + name.len();
        let in_expression = text[..at].rfind("${{") > text[..at].rfind("}}");
        if in_expression && text[at + context.len()..].starts_with('.') {
            text.replace_range(at..end, value);
        }
    }
    text
}

/// Where a text names a context, each with the member that it reads. GitHub does not mind capital letters in a name.
fn places_of<'t>(text: &'t str, context: &str) -> Vec<(usize, &'t str)> {
    let part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let word = |text: &str| text.find(|letter| !part(letter)).unwrap_or(text.len());
    let lower = text.to_ascii_lowercase();
    let named = lower.match_indices(context).map(|(at, _)| at);
    let alone = named.filter(|at| {
        let before = text[..*at].ends_with(|letter: char| part(letter) || letter == '.');
        !before && !text[at + context.len()..].starts_with(part)
    });
    let read = |at: usize| {
        let member = member(&text[at + context.len()..], word);
        (at, member.map_or("*", |(name, _)| name))
    };
    alone.map(read).collect()
}

/// Whether a step's `if:` may ask this: GitHub has every context there but the secrets, and refuses a workflow whose
/// condition names them.
/// Source: GitHub's documentation, "Context availability".
pub(super) fn may_be_condition(expression: &str) -> bool {
    members_read(expression, "secrets").is_empty()
}

/// The entries of `fromJSON('["a", "b"]')`, a list of texts that is written out.
pub(super) fn json_list(expression: &str) -> Option<Vec<String>> {
    let (name, rest) = expression.trim().split_at_checked("fromJSON(".len())?;
    let inner = rest
        .strip_suffix(')')
        .filter(|_| name.eq_ignore_ascii_case("fromJSON("))?;
    json_texts(&literal(inner)?)
}

/// The texts in a JSON text: it is one, or a list of them.
pub(super) fn json_texts(json: &str) -> Option<Vec<String>> {
    let text = |value: serde_json::Value| value.as_str().map(str::to_owned);
    match serde_json::from_str(json).ok()? {
        serde_json::Value::Array(items) => items.into_iter().map(text).collect(),
        value => Some(vec![text(value)?]),
    }
}

/// The text of `'...'`; a quote in it is written twice.
pub(super) fn literal(expression: &str) -> Option<String> {
    let inner = expression.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    let text = inner.replace("''", "\u{0}");
    (!text.contains('\'')).then(|| text.replace('\u{0}', "'"))
}

/// What an input of Docker's build action says by the template `{{defaultContext}}`, which stands for the repository at
/// the commit of the run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Template<'t> {
    /// There is none in it.
    None,
    /// This folder of the repository.
    Folder(&'t str),
    /// Something else.
    Other,
}

/// Looks for that template.
/// Source: docker/build-push-action fills in `context` and `build-contexts` with Handlebars.
pub(crate) fn template(text: &str) -> Template<'_> {
    let text = text.trim();
    if !text.replace("${{", "").contains("{{") {
        return Template::None;
    }
    let after = text
        .strip_prefix("{{")
        .and_then(|rest| rest.split_once("}}"));
    let Some((name, folder)) = after else {
        return Template::Other;
    };
    if name.trim_matches(['{', ' ', '~']) != "defaultContext" {
        return Template::Other;
    }
    let folder = folder.strip_prefix('}').unwrap_or(folder);
    match folder
        .strip_prefix(':')
        .map(|folder| folder.trim_matches('/'))
    {
        _ if !matches!(template(folder), Template::None) => Template::Other,
        None if folder.is_empty() => Template::Folder("."),
        Some("") => Template::Folder("."),
        Some(folder) => Template::Folder(folder),
        None => Template::Other,
    }
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
    let sides = parts(expression, "||").into_iter();
    sides.flat_map(|side| parts(side, "&&")).collect()
}

/// The parts of an expression between a sign, outside of quotes and brackets.
pub(super) fn parts<'e>(expression: &'e str, sign: &str) -> Vec<&'e str> {
    let (mut depth, mut quoted, mut from) = (0usize, false, 0);
    let mut found = Vec::new();
    for (at, letter) in expression.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted => depth = depth.saturating_sub(1),
            _ if !quoted && depth == 0 && at >= from && expression[at..].starts_with(sign) => {
                found.push(&expression[from..at]);
                from = at + sign.len();
            }
            _ => {}
        }
    }
    found.push(&expression[from..]);
    found
}

/// Whether every bracket in a text closes one that it opened.
pub(super) fn balanced(text: &str) -> bool {
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
    use super::{
        Template, is_boolean, json_list, may_be_condition, members_read, outputs_read, template,
        variable, whole, with_member,
    };

    #[test]
    fn a_condition_of_a_step_may_not_ask_for_secrets() {
        for no in [
            "secrets.TOKEN != ''",
            "github.ref == 'x' && Secrets['TOKEN'] != ''",
            "!secrets.TOKEN",
            "contains(toJSON(secrets), 'x')",
        ] {
            assert!(!may_be_condition(no), "{no}");
        }
        for yes in [
            "inputs.secrets != ''",
            "vars.my_secrets == 'x'",
            "env.A != ''",
        ] {
            assert!(may_be_condition(yes), "{yes}");
        }
        assert_eq!(
            members_read(
                "${{ env.A }}-${{ ENV['B'] }} ${{ toJSON(env) }} my.env.C",
                "env"
            ),
            ["A", "B", "*"]
        );
    }

    #[test]
    fn puts_a_text_in_the_place_of_a_member() {
        assert_eq!(
            with_member(
                "env.A ${{ env.A != '' && env.AB }} ${{ x }} env.A",
                "env",
                "A",
                "(b)"
            ),
            "env.A ${{ (b) != '' && env.AB }} ${{ x }} env.A"
        );
    }

    #[test]
    fn reads_lists_that_are_written_out() {
        let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(json_list(r#"fromJSON('["a", "b"]')"#), texts(&["a", "b"]));
        assert_eq!(json_list(r#"fromJson('"it''s"')"#), texts(&["it's"]));
        for no in [
            "fromJSON(needs.a.outputs.b)",
            "fromJSON('[1]')",
            "fromJSON('{}')",
            "x",
        ] {
            assert_eq!(json_list(no), None, "{no}");
        }
    }

    #[test]
    fn the_default_context_is_a_folder_of_the_checkout() {
        for (text, folder) in [
            ("{{defaultContext}}", "."),
            ("{{ defaultContext }}:src/app/", "src/app"),
            (
                "{{{defaultContext}}}:${{ inputs.dir }}",
                "${{ inputs.dir }}",
            ),
        ] {
            assert_eq!(template(text), Template::Folder(folder), "{text}");
        }
        for text in ["src", "${{ inputs.context }}", "https://example.org/a.git"] {
            assert_eq!(template(text), Template::None, "{text}");
        }
        for text in [
            "{{defaultContext}}#main",
            "{{other}}",
            "x/{{defaultContext}}",
        ] {
            assert_eq!(template(text), Template::Other, "{text}");
        }
    }

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
