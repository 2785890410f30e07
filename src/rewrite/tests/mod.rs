//! The passes by themselves, each over a job of a few lines.

mod lines;
mod shells;
mod uses;

use std::path::PathBuf;

use crate::analysis::{Context, JobPass, Scripts};
use crate::finding::Finding;
use crate::options::Options;
use crate::pipeline::{Entry, Lowered};
use crate::providers;
use crate::repository::Memory;
use crate::rules::Rules;
use crate::text::apply_edits;
use crate::yaml;

use super::{Draft, Planned};

const GITLAB: &str = ".gitlab-ci.yml";
const WORKFLOW: &str = ".github/workflows/ci.yml";

/// A pipeline of one job with a daemon beside it, whose script has these lines.
pub(crate) fn job(script: &str) -> String {
    let lines: String = script
        .lines()
        .map(|line| format!("    - |-\n      {line}\n"))
        .collect();
    format!("job:\n  image: docker:27\n  services: [docker:27-dind]\n  script:\n{lines}")
}

/// What a CI file is made of; one with `jobs:` is a workflow.
pub(crate) fn lowered(ci: &str) -> (Memory, Lowered) {
    let is_workflow = ci.contains("\njobs:");
    let path = if is_workflow { WORKFLOW } else { GITLAB };
    let files: Memory = [(path, ci)].into_iter().collect();
    let entries = [Entry {
        path: PathBuf::from(path),
        starts: true,
    }];
    let provider = providers::by_text(ci);
    let lowered = provider.load(&files, &entries, None, Rules::embedded());
    assert!(lowered.problems.is_empty(), "{:?}", lowered.problems);
    (files, lowered)
}

/// Looks at the first job of a CI file before any pass has run.
fn with_pass<T>(ci: &str, ask: impl FnOnce(&mut JobPass<'_>) -> T) -> T {
    with_context(ci, |context| {
        let view = context.view(&context.pipeline.jobs[0]);
        ask(&mut JobPass::new(&view))
    })
}

fn with_context<T>(ci: &str, ask: impl FnOnce(&Context<'_>) -> T) -> T {
    let (files, lowered) = lowered(ci);
    let (options, scripts) = (Options::default(), Scripts::default());
    let (documents, pipeline) = (&lowered.documents, &lowered.pipelines[0]);
    let rules = Rules::embedded();
    ask(&Context::new(
        documents, rules, &options, &files, pipeline, &scripts, None,
    ))
}

/// The lines of a script once these changes of it are made.
fn changed(pass: &JobPass<'_>, changes: &[Planned]) -> String {
    let documents = pass.view.context.documents;
    let (tree, text) = (&documents.files[0].tree, documents.files[0].source.text());
    let start = text.find("script:\n").expect("there is a script") + "script:\n".len();
    let of_script = |one: &&Planned| documents.location(one.node()).span.start as usize >= start;
    let changes = changes.iter().filter(of_script);
    let changes: Vec<_> = changes.map(|one| one.change.clone()).collect();
    let edits = yaml::edits(tree, text, &changes).expect("they can be written");
    let text = apply_edits(text, edits).expect("they are apart");
    let lines = text[start..].lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| *line != "- |-").collect();
    lines.join("\n")
}

/// The rules that keep a job where it is, as one pass finds them.
fn kept_by(ci: &str, run: impl FnOnce(&mut JobPass<'_>, &mut Draft)) -> Vec<&'static str> {
    let mut draft = Draft::default();
    with_pass(ci, |pass| run(pass, &mut draft));
    names(&draft.blockers)
}

fn names(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.rule.0).collect()
}
