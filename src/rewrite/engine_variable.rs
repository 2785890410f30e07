//! Files of the repository that take their engine from a variable: whether podman in its place does all that docker does.

use crate::analysis::JobPass;
use crate::pipeline::{Document, Documents, Job, Line, NodeRef, Phase};
use crate::rules::ids;
use crate::text::{FileId, Source, Span};
use crate::yaml::{Change, Kind, Tree};

use super::draft::Draft;

/// What the files would need beside the variable, if they do: they are judged as if their lines stood in the job. `draft` is
/// what is made of the job's own lines.
pub(super) fn needs_more(pass: &JobPass<'_>, draft: &Draft, scripts: &[String]) -> Option<String> {
    let view = pass.view;
    let documents = view.context.documents;
    let file = FileId(documents.files.len() as u32);
    let (document, nodes) = document(file, scripts);
    let files = documents.files.iter().map(|known| Document {
        source: known.source.clone(),
        tree: known.tree.clone(),
    });
    let documents = Documents {
        files: files.chain([document]).collect(),
    };
    let job = with_lines(view.job, &nodes);
    let context = view.context.over(&documents);
    let with = context.view(&job);
    let mut pass = JobPass::new(&with);
    let mut more = Draft::default();
    super::own_lines(&mut pass, &mut more);
    difference(draft, &more, &documents, file)
}

/// The first thing that is planned or said of a job with more lines and not without them, but for docker's name in these.
fn difference(
    before: &Draft,
    after: &Draft,
    documents: &Documents,
    file: FileId,
) -> Option<String> {
    let held = after.blockers.iter().chain(&after.reviews);
    let mut held = held.filter(|finding| {
        let known = |list: &[crate::finding::Finding]| list.contains(finding);
        !known(&before.blockers) && !known(&before.reviews)
    });
    if let Some(finding) = held.next() {
        return Some(finding.message.clone());
    }
    let is_name = |node, change: &Change| {
        let Change::ReplaceText { range, text, .. } = change else {
            return false;
        };
        let written = documents.text(NodeRef { file, node });
        let replaced = written.and_then(|written| written.get(range.clone()));
        text == "podman" && replaced == Some("docker")
    };
    let changes = after.changes.iter().filter(|planned| {
        let known = |other: &super::draft::Planned| {
            other.file == planned.file && other.change == planned.change
        };
        let renames = planned.file == file && is_name(planned.change.subject(), &planned.change);
        !renames && !before.changes.iter().any(known)
    });
    let variables = after.variables.iter();
    let variables =
        variables.filter(|new| (before.variables.iter()).all(|known| known.name != new.name));
    let removals = after.removals.iter().skip(before.removals.len());
    let reasons = changes.map(|planned| planned.finding);
    let reasons = reasons.chain(variables.map(|variable| variable.finding));
    let reasons = reasons.chain(removals.map(|removal| removal.finding));
    let reasons: Vec<_> = reasons
        .filter_map(|reason| after.findings.get(reason))
        .collect();
    let matters = |finding: &&&crate::finding::Finding| finding.rule != ids::DOCKER_COMMAND;
    match reasons.iter().find(matters) {
        Some(finding) => Some(finding.message.clone()),
        None => (!reasons.is_empty())
            .then(|| "Podman needs its commands written in other words".to_owned()),
    }
}

/// A document that holds these scripts, and the scripts in it.
fn document(file: FileId, scripts: &[String]) -> (Document, Vec<NodeRef>) {
    let mut tree = Tree::default();
    let texts = scripts.iter().map(|text| text.trim_end_matches('\n'));
    let list = tree.derive(Span::at(0), texts);
    let nodes = match &tree.node(list).kind {
        Kind::Sequence { items, .. } => items.as_slice(),
        _ => &[],
    };
    let nodes = nodes.iter().map(|node| NodeRef { file, node: *node });
    let nodes = nodes.collect();
    let document = Document {
        source: Source::new("", String::new()),
        tree: tree.into(),
    };
    (document, nodes)
}

/// A job with more lines behind its script.
fn with_lines(job: &Job, nodes: &[NodeRef]) -> Job {
    let mut job = job.clone();
    let main = job.scripts.iter_mut().rev();
    let main = main.filter(|script| matches!(script.phase, Phase::Main | Phase::Before));
    if let Some(script) = main.max_by_key(|script| script.phase) {
        script.lines.extend(nodes.iter().map(|node| Line {
            node: *node,
            item: None,
            step: None,
            folder: None,
            reach: Vec::new(),
            commands: None,
        }));
    }
    job
}

/// A script with docker in the place of the variables that stand for it.
pub(super) fn with_docker(script: &str, names: &[&str]) -> String {
    let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    // `E=${ENGINE:-docker}`: E is another name for it
    let others: Vec<String> = script
        .split_whitespace()
        .filter_map(|word| word.trim_matches(['"', '\'', ';']).split_once('='))
        .filter(|(_, value)| names.iter().any(|name| is_default(value, name)))
        .map(|(other, _)| other.to_owned())
        .collect();
    names.extend(others);
    let mut text = script.to_owned();
    for name in &names {
        for default in [":-", "-", ":=", "="] {
            text = text.replace(&format!("${{{name}{default}docker}}"), "docker");
        }
        for quoted in [
            format!("\"${{{name}}}\""),
            format!("\"${name}\""),
            format!("${{{name}}}"),
        ] {
            text = text.replace(&quoted, "docker");
        }
        text = replace_plain(&text, name);
        for set in [format!("{name}=\"docker\""), format!("{name}=docker")] {
            text = text.replace(&set, ":");
        }
    }
    text.replace(": docker\n", ":\n")
}

fn is_default(value: &str, name: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let rest = value
        .strip_prefix("${")
        .and_then(|rest| rest.strip_prefix(name));
    rest.is_some_and(|rest| matches!(rest, ":-docker}" | "-docker}" | ":=docker}" | "=docker}"))
}

/// `$NAME` where the name ends there.
fn replace_plain(text: &str, name: &str) -> String {
    let wanted = format!("${name}");
    let mut pieces = text.split(wanted.as_str());
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let goes_on = piece.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        whole.push_str(if goes_on { &wanted } else { "docker" });
        whole.push_str(piece);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::with_docker;

    #[test]
    fn the_variable_gives_way_to_docker() {
        let text = "E=${ENGINE:-docker}\n\"$E\" build . && $ENGINE push x; echo $ENGINES\n";
        assert_eq!(
            with_docker(text, &["ENGINE"]),
            ":\ndocker build . && docker push x; echo $ENGINES\n"
        );
    }
}
