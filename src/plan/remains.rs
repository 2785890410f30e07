//! Docker's name in what no job that is known runs: templates without a job, descriptions, printed text.

use crate::collections::HashSet;
use crate::finding::{Finding, Severity};
use crate::pipeline::{Documents, NodeRef};
use crate::rewrite;
use crate::rules::ids;
use crate::text::{FileId, Location, Span};
use crate::yaml::{Kind, NodeId};

/// Notes every text that names docker like a command and is neither changed nor part of what is said already.
pub(super) fn notes(
    documents: &Documents,
    changed: &HashSet<NodeRef>,
    known: &[Location],
) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, document) in documents.files.iter().enumerate() {
        if !document.source.text().contains("docker") {
            continue;
        }
        let file = FileId(index as u32);
        let covered = Covered::of(known, file);
        let tree = &document.tree;
        for comment in tree.comments() {
            let text = comment.slice(document.source.text());
            if text.contains("tcp://docker:") {
                found.push(rewrite::finding(
                    ids::DOCKER_NAMED,
                    Severity::Note,
                    Location {
                        file,
                        span: *comment,
                    },
                    "a comment speaks of Docker's daemon",
                ));
            }
        }
        let mut open: Vec<NodeId> = tree.documents().to_vec();
        while let Some(node) = open.pop() {
            match &tree.node(node).kind {
                Kind::Scalar(scalar) if names_docker(scalar.value()) => {
                    let span = tree.node(node).span;
                    let known = changed.contains(&NodeRef { file, node }) || covered.contains(span);
                    if !known {
                        found.push(rewrite::finding(
                            ids::DOCKER_NAMED,
                            Severity::Note,
                            Location { file, span },
                            "docker is named here, where no job that is known runs it",
                        ));
                    }
                }
                Kind::Sequence { items, .. } => open.extend(items.iter().rev()),
                Kind::Mapping { entries, .. } => {
                    for entry in entries.iter().rev() {
                        open.push(entry.value);
                        open.push(entry.key);
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// Parts of a file, to ask whether one of them holds another part.
struct Covered {
    /// Where each begins, in order, and how far it and those before it reach.
    reach: Vec<(u32, u32)>,
}

impl Covered {
    fn of(known: &[Location], file: FileId) -> Self {
        let of_file = known.iter().filter(|location| location.file == file);
        let mut spans: Vec<Span> = of_file.map(|location| location.span).collect();
        spans.sort_unstable();
        let mut furthest = 0;
        let reach = spans.into_iter().map(|span| {
            furthest = span.end.max(furthest);
            (span.start, furthest)
        });
        Self {
            reach: reach.collect(),
        }
    }

    fn contains(&self, span: Span) -> bool {
        let next = self
            .reach
            .partition_point(|(start, _)| *start <= span.start);
        let last = next.checked_sub(1).and_then(|last| self.reach.get(last));
        last.is_some_and(|(_, furthest)| span.end <= *furthest)
    }
}

/// `docker` and a word behind it, or a daemon's image.
fn names_docker(text: &str) -> bool {
    let may = text.len() > "docker:".len(); // most scalars are short words
    may && text.match_indices("docker").any(|(at, word)| {
        let after = &text[at + word.len()..];
        let after = after.strip_prefix("-compose").unwrap_or(after);
        let behind = after.trim_start_matches([' ', '\t']);
        behind.len() < after.len()
            && behind.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '-')
            || after.starts_with(":") && after.contains("dind")
            || after.starts_with(":2375")
            || after.starts_with(":2376")
    })
}

#[cfg(test)]
mod tests {
    use super::names_docker;

    #[test]
    fn docker_is_named_by_a_command_or_a_daemon_and_not_by_other_words() {
        for text in [
            "docker ps",
            "sudo docker -H x ps",
            "docker-compose up",
            "docker:27-dind",
            "tcp://docker:2375",
        ] {
            assert!(names_docker(text), "{text}");
        }
        for text in [
            "docker",
            "docker:27",
            "docker/build.sh",
            "docker Hub",
            "dockerfile x",
        ] {
            assert!(!names_docker(text), "{text}");
        }
    }
}
