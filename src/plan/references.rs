//! What GitLab's `!reference` names: a key that is named must not go.

use std::cell::OnceCell;

use crate::collections::HashSet;
use crate::pipeline::Documents;
use crate::text::FileId;
use crate::yaml::{Kind, Tree};

/// The keys of jobs that any `!reference` of some files names, looked for when somebody asks.
pub(super) struct References<'a> {
    documents: &'a Documents,
    named: OnceCell<Named<'a>>,
}

#[derive(Default)]
struct Named<'a> {
    /// A job or template, and its key.
    keys: HashSet<(&'a str, &'a str)>,
    /// The jobs and templates of these.
    jobs: HashSet<&'a str>,
    /// What is named without a key that can be seen: any key of it may be meant.
    whole: HashSet<&'a str>,
    /// Whether one names something that cannot be seen.
    unclear: bool,
}

impl<'a> References<'a> {
    pub(super) fn new(documents: &'a Documents) -> Self {
        let named = OnceCell::new();
        Self { documents, named }
    }

    /// Whether a `!reference` in any of the files names a key of a job, or may name it.
    pub(super) fn name(&self, job: &str, key: &str) -> bool {
        let named = self.named();
        named.unclear || named.whole.contains(job) || named.keys.contains(&(job, key))
    }

    /// Whether a `!reference` in any of the files names a job or something of it.
    pub(super) fn name_part_of(&self, job: &str) -> bool {
        let named = self.named();
        named.whole.contains(job) || named.jobs.contains(job)
    }

    fn named(&self) -> &Named<'a> {
        self.named.get_or_init(|| {
            let mut named = Named::default();
            for index in 0..self.documents.files.len() {
                let document = self.documents.file(FileId(index as u32));
                if document.source.text().contains("!reference") {
                    gather(&document.tree, &mut named);
                }
            }
            named
        })
    }
}

fn gather<'a>(tree: &'a Tree, named: &mut Named<'a>) {
    for node in tree.nodes() {
        let tag = node.tag.as_ref();
        if tag.is_none_or(|tag| tag.text != "!reference") {
            continue;
        }
        let path = match &node.kind {
            Kind::Sequence { items, .. } => items.as_slice(),
            _ => &[],
        };
        let mut words = path
            .iter()
            .map(|item| tree.scalar(*item).map(|it| it.value()));
        match (words.next().flatten(), words.next().flatten()) {
            (Some(job), Some(key)) => {
                named.keys.insert((job, key));
                named.jobs.insert(job);
            }
            (Some(job), None) => {
                named.whole.insert(job);
            }
            (None, _) => named.unclear = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Document;
    use crate::text::Source;

    fn documents(texts: &[&str]) -> Documents {
        let mut documents = Documents::default();
        for text in texts {
            documents.files.push(Document {
                source: Source::new("ci.yml", (*text).to_owned()),
                tree: Tree::parse(text).unwrap().into(),
            });
        }
        documents
    }

    #[test]
    fn what_is_named_in_any_file_and_style_is_found() {
        let documents = documents(&[
            "a:\n  before_script:\n    - !reference [.setup, before_script]\n",
            "b:\n  script: !reference\n    - &name .build\n    - 'script'\nc:\n  services: !reference [*name, services]\n",
        ]);
        let references = References::new(&documents);
        assert!(references.name(".setup", "before_script"));
        assert!(references.name(".build", "script"));
        assert!(references.name(".build", "services"));
        assert!(!references.name(".setup", "services"));
        assert!(!references.name("a", "before_script"));
    }

    #[test]
    fn what_cannot_be_seen_may_name_anything() {
        let texts =
            ["a:\n  script: !reference [.build, [script]]\n  services: !reference [.whole]\n"];
        let documents_of_both = documents(&texts);
        let references = References::new(&documents_of_both);
        assert!(references.name(".build", "services"));
        assert!(references.name(".whole", "services"));
        assert!(!references.name("a", "services"));
        let documents = documents(&["a:\n  script: !reference [[.build]]\n"]);
        assert!(References::new(&documents).name("x", "services"));
    }
}
