//! What an expression may come to, where the file says all of it.

use crate::pipeline::{Documents, NodeRef};

use super::expression::{self, json_texts, literal};
use super::matrix;
use super::node::{entries, entry, items, root, text, text_of};

/// How deep an expression is looked into.
const DEPTH: usize = 16;

/// How many values are looked at.
const MOST: usize = 256;

/// Everything that a text of a job may come to; nothing where the file does not say all of it.
pub(crate) fn all(documents: &Documents, job: NodeRef, text: &str) -> Option<Vec<String>> {
    let root = root(documents, job.file)?;
    let scope = JobScope {
        documents,
        root,
        job,
    };
    scope.all(text)
}

/// Where an expression stands.
pub(super) struct JobScope<'a> {
    /// The files.
    pub(super) documents: &'a Documents,
    /// The workflow.
    pub(super) root: NodeRef,
    /// The job.
    pub(super) job: NodeRef,
}

impl JobScope<'_> {
    /// Everything that a text may come to; nothing where the file does not say all of it. Of a list, its entries.
    pub(super) fn all(&self, text: &str) -> Option<Vec<String>> {
        let mut found = vec![String::new()];
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            let (inner, behind) = after.split_once("}}")?;
            found = joined(&found, &[before.to_owned()])?;
            found = joined(&found, &self.values(inner, DEPTH)?)?;
            rest = behind;
        }
        joined(&found, &[rest.to_owned()])
    }

    fn values(&self, expression: &str, depth: usize) -> Option<Vec<String>> {
        let depth = depth.checked_sub(1)?;
        let expression = bare(expression);
        if let Some((first, last)) = split(expression, "||") {
            let mut found = self.true_ones(first, depth)?;
            found.extend(self.values(last, depth)?);
            return Some(found);
        }
        match split(expression, "&&") {
            // where the first is not true, that is the value, whatever it is
            Some(_) => None,
            None => self.of_one(expression, depth),
        }
    }

    /// The values of an expression that count as true.
    fn true_ones(&self, expression: &str, depth: usize) -> Option<Vec<String>> {
        let depth = depth.checked_sub(1)?;
        let expression = bare(expression);
        if let Some((first, last)) = split(expression, "||") {
            let mut found = self.true_ones(first, depth)?;
            found.extend(self.true_ones(last, depth)?);
            return Some(found);
        }
        if let Some((_, last)) = split(expression, "&&") {
            return self.true_ones(last, depth);
        }
        let mut found = self.of_one(expression, depth)?;
        found.retain(|value| !value.is_empty());
        Some(found)
    }

    /// The values of what has no `&&` and no `||`.
    fn of_one(&self, expression: &str, depth: usize) -> Option<Vec<String>> {
        if let Some(text) = literal(expression) {
            return Some(vec![text]);
        }
        if expression.starts_with("matrix.") {
            let whole = format!("${{{{ {expression} }}}}");
            return matrix::values(self.documents, self.job, &whole);
        }
        let input = expression
            .strip_prefix("inputs.")
            .or_else(|| expression.strip_prefix("github.event.inputs."));
        if let Some(name) = input {
            return self.options(name);
        }
        if let Some(map) = expression.strip_suffix(']') {
            return self.of_map(map);
        }
        let (function, arguments) = expression.strip_suffix(')')?.split_once('(')?;
        match function.to_ascii_lowercase().as_str() {
            "fromjson" => {
                let texts = self.values(arguments, depth)?;
                let lists: Option<Vec<Vec<String>>> =
                    texts.iter().map(|text| json_texts(text)).collect();
                Some(lists?.concat())
            }
            "format" => self.formatted(arguments, depth),
            _ => None,
        }
    }

    /// `fromJSON('{"arm64": "ubuntu-24.04-arm"}')[matrix.arch]`: any of the map's texts.
    fn of_map(&self, expression: &str) -> Option<Vec<String>> {
        let (map, _) = expression.split_once(")[")?;
        let (function, argument) = map.split_once('(')?;
        let text = literal(argument).filter(|_| function.eq_ignore_ascii_case("fromJSON"))?;
        let map: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).ok()?;
        let texts = map.into_iter();
        texts
            .map(|(_, value)| value.as_str().map(str::to_owned))
            .collect()
    }

    /// `format('ubuntu-{0}', matrix.version)`
    fn formatted(&self, arguments: &str, depth: usize) -> Option<Vec<String>> {
        let mut arguments = expression::parts(arguments, ",").into_iter();
        let mut found = vec![literal(arguments.next()?)?];
        for (index, argument) in arguments.enumerate() {
            let mark = format!("{{{index}}}");
            let values = self.values(argument, depth)?;
            let filled = found.iter().flat_map(|text| {
                let mark = &mark;
                values.iter().map(move |value| text.replace(mark, value))
            });
            found = filled.take(MOST + 1).collect();
            if found.len() > MOST {
                return None;
            }
        }
        Some(found)
    }

    /// What a person may choose for an input of the workflow. One without a list of options can be anything.
    fn options(&self, name: &str) -> Option<Vec<String>> {
        let documents = self.documents;
        let on = entry(documents, self.root, "on")?;
        let mut found = Vec::new();
        for (_, trigger) in entries(documents, on.value) {
            let inputs = entry(documents, trigger.value, "inputs");
            let Some(input) = inputs.and_then(|inputs| entry(documents, inputs.value, name)) else {
                continue;
            };
            let options = entry(documents, input.value, "options")
                .filter(|_| text_of(documents, input.value, "type") == Some("choice"))?;
            for option in items(documents, options.value) {
                found.push(text(documents, option)?.to_owned());
            }
        }
        (!found.is_empty()).then_some(found)
    }
}

/// Each text with each other one behind it.
fn joined(first: &[String], second: &[String]) -> Option<Vec<String>> {
    let all = first
        .iter()
        .flat_map(|first| second.iter().map(move |second| format!("{first}{second}")));
    let all: Vec<String> = all.take(MOST + 1).collect();
    (all.len() <= MOST).then_some(all)
}

/// An expression without the brackets around all of it.
fn bare(expression: &str) -> &str {
    let mut expression = expression.trim();
    while let Some(inner) = expression
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        .filter(|inner| expression::balanced(inner))
    {
        expression = inner.trim();
    }
    expression
}

/// What stands before the last sign outside of quotes and brackets, and what stands behind it.
fn split<'e>(expression: &'e str, sign: &str) -> Option<(&'e str, &'e str)> {
    let last = expression::parts(expression, sign).pop()?;
    let before = expression.strip_suffix(last)?.strip_suffix(sign)?;
    Some((before, last))
}

#[cfg(test)]
mod tests {
    use super::JobScope;
    use crate::pipeline::{Document, Documents, NodeRef};
    use crate::providers::github::node::{entry, root};
    use crate::text::{FileId, Source};
    use crate::yaml::Tree;

    const WORKFLOW: &str = r#"on:
  workflow_dispatch:
    inputs:
      machine: {type: choice, options: [ubuntu-22.04, ubuntu-24.04]}
      other: {type: string, default: ubuntu-24.04}
jobs:
  a:
    strategy:
      matrix:
        arm: [true, false]
        version: ['22.04', '24.04']
        os: ${{ fromJSON('["ubuntu-24.04"]') }}
        late: ${{ fromJSON(needs.x.outputs.list) }}
        include:
          - late: x
"#;

    fn all(text: &str) -> Option<Vec<String>> {
        let tree = Tree::parse(WORKFLOW).ok()?;
        let documents = Documents {
            files: vec![Document {
                source: Source::new(std::path::Path::new("a.yml"), WORKFLOW.to_owned()),
                tree: tree.into(),
            }],
        };
        let root: NodeRef = root(&documents, FileId(0))?;
        let jobs = entry(&documents, root, "jobs")?;
        let job = entry(&documents, jobs.value, "a")?.value;
        let scope = JobScope {
            documents: &documents,
            root,
            job,
        };
        scope.all(text)
    }

    #[test]
    fn finds_every_value_that_the_file_says() {
        for (text, values) in [
            ("ubuntu-latest", "ubuntu-latest"),
            ("${{ matrix.arm && 'a' || 'b' }}", "a b"),
            ("${{ (x == 'y' && 'a') || (z && 'c') || 'b' }}", "a c b"),
            ("${{ github.ref == 'a || b' && 'a' || 'b' }}", "a b"),
            (
                "ubuntu-${{ matrix.version }}${{ matrix.arm && '-arm' || '' }}",
                "ubuntu-22.04-arm ubuntu-22.04 ubuntu-24.04-arm ubuntu-24.04",
            ),
            (
                "${{ format('ubuntu-{0}', matrix.version) }}",
                "ubuntu-22.04 ubuntu-24.04",
            ),
            ("${{ fromJSON(x && '[\"a\", \"b\"]' || '\"c\"') }}", "a b c"),
            (
                "${{ inputs.machine || 'x' }}",
                "ubuntu-22.04 ubuntu-24.04 x",
            ),
            (
                "${{ github.event.inputs.machine }}",
                "ubuntu-22.04 ubuntu-24.04",
            ),
            ("${{ matrix.os }}", "ubuntu-24.04"),
        ] {
            let found = all(text).map(|found| found.join(" "));
            assert_eq!(found.as_deref(), Some(values), "{text}");
        }
        for text in [
            "${{ matrix.arm && 'a' }}",
            "${{ vars.RUNNER || 'a' }}",
            "${{ inputs.other || 'a' }}",
            "${{ x && matrix.missing || 'a' }}",
            "${{ matrix.late }}",
            "${{ 'a",
        ] {
            assert_eq!(all(text), None, "{text}");
        }
    }
}
