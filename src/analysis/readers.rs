//! Who reads a variable: what remains of a job's text once it has moved, and the files that it hands to programs.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::collections::{HashMap, HashSet};
use crate::pipeline::{Documents, Job, NodeRef};
use crate::prove::changed_text;
use crate::text::FileId;
use crate::yaml::{Change, Kind};

use super::context::JobView;
use super::paths::below_root;

/// Files of a job's programs that no command names.
const UNNAMED: [(&str, &[&str]); 4] = [
    ("make", &["Makefile", "makefile", "GNUmakefile"]),
    ("npm", &["package.json"]),
    ("yarn", &["package.json"]),
    ("pnpm", &["package.json"]),
];

/// Files that compose reads when none is named.
const COMPOSE: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

/// The texts of one job that may read a variable.
pub(crate) struct Readers<'a> {
    texts: Vec<Cow<'a, str>>,
}

impl<'a> Readers<'a> {
    /// The texts of a job, with some changes made.
    pub(crate) fn of(
        documents: &'a Documents,
        job: &'a Job,
        changes: impl Iterator<Item = (FileId, &'a Change)>,
    ) -> Self {
        let changed = Changed::new(documents, changes);
        let lines = job.lines().map(|(_, line)| line.node);
        let values = job.variables.values().map(|variable| variable.node);
        let apart = lines.chain(values);
        let apart = apart.filter(|node| !changed.takes(documents, *node));
        let mappings = job.mappings.iter().copied().chain(job.own);
        let mut texts = changed.texts(documents, apart.chain(mappings).collect());
        let written = job.actions.iter().filter_map(|one| one.commands.as_ref());
        let values = written.flat_map(|commands| &commands.variables);
        texts.extend(values.map(|(_, value)| value.as_str().into()));
        Self { texts }
    }

    /// The texts of all files, with some changes made.
    pub(crate) fn of_all(
        documents: &'a Documents,
        changes: impl Iterator<Item = (FileId, &'a Change)>,
    ) -> Self {
        let roots = (0..).map(FileId).zip(&documents.files);
        let roots = roots.flat_map(|(file, document)| {
            let nodes = document.tree.documents().iter();
            nodes.map(move |node| NodeRef { file, node: *node })
        });
        let roots = roots.collect();
        let texts = Changed::new(documents, changes).texts(documents, roots);
        Self { texts }
    }

    /// Adds the files of the repository that the job's commands name, and those that their programs read unasked.
    pub(crate) fn and_files(mut self, view: &JobView<'_>) -> Self {
        let mut paths: HashSet<PathBuf> = HashSet::default();
        let files = view.context.files;
        for call in &view.calls {
            let program = call.program().unwrap_or_default();
            let unnamed = UNNAMED.iter().filter(|(name, _)| *name == program);
            paths.extend(unnamed.flat_map(|(_, files)| *files).map(PathBuf::from));
        }
        for line in &view.lines {
            let text = &line.parsed.text;
            if text.contains("compose") {
                paths.extend(COMPOSE.iter().map(PathBuf::from));
            }
            let ends = |letter: char| letter.is_whitespace() || "<>;|&()=@\"'".contains(letter);
            for word in text.split(ends) {
                let path = below_root(word).unwrap_or(word);
                let path = path.trim_start_matches("./").trim_start_matches('/');
                if path.contains(['.', '/']) {
                    paths.insert(path.into());
                }
            }
        }
        let existing = paths.into_iter().filter(|path| files.exists(path));
        let sources = existing.filter_map(|path| files.read(&path).ok());
        self.texts
            .extend(sources.map(|source| Cow::Owned(source.text().to_owned())));
        self
    }

    /// Whether one of them reads a variable.
    pub(crate) fn read(&self, variable: &str) -> bool {
        self.texts.iter().any(|text| names(text, variable))
    }
}

/// The lines of a job that stay, with some changes made.
pub(crate) fn lines<'a>(
    documents: &'a Documents,
    job: &'a Job,
    changes: impl Iterator<Item = (FileId, &'a Change)>,
) -> Vec<(NodeRef, Cow<'a, str>)> {
    let changed = Changed::new(documents, changes);
    let lines = job.lines().map(|(_, line)| line.node);
    let lines = lines.filter(|node| !changed.takes(documents, *node));
    let texts = lines.flat_map(|node| {
        let texts = changed.texts(documents, vec![node]).into_iter();
        texts.map(move |text| (node, text))
    });
    texts.collect()
}

/// Files with some changes made.
struct Changed<'a> {
    by_node: HashMap<NodeRef, Vec<&'a Change>>,
    gone: HashSet<NodeRef>,
}

impl<'a> Changed<'a> {
    fn new(documents: &Documents, changes: impl Iterator<Item = (FileId, &'a Change)>) -> Self {
        let mut by_node: HashMap<NodeRef, Vec<&Change>> = HashMap::default();
        let mut gone: HashSet<NodeRef> = HashSet::default();
        for (file, change) in changes {
            let node = change.subject();
            let at = |node| NodeRef { file, node };
            by_node.entry(at(node)).or_default().push(change);
            match (change, &documents.file(file).tree.node(node).kind) {
                (Change::RemoveEntry { index, .. }, Kind::Mapping { entries, .. }) => {
                    gone.extend(entries.get(*index).map(|entry| at(entry.value)));
                }
                (Change::RemoveItem { index, .. }, Kind::Sequence { items, .. }) => {
                    gone.extend(items.get(*index).map(|item| at(*item)));
                }
                (Change::ReplaceNode { .. } | Change::ReplaceWhole { .. }, _) => {
                    gone.insert(at(node));
                }
                _ => {}
            }
        }
        Self { by_node, gone }
    }

    /// Whether a node lies in something that goes.
    fn takes(&self, documents: &Documents, node: NodeRef) -> bool {
        let tree = documents.tree(node);
        let mut above = std::iter::successors(Some(node.node), |node| tree.parent(*node));
        above.any(|inner| {
            self.gone.contains(&NodeRef {
                file: node.file,
                node: inner,
            })
        })
    }

    /// The scalars in some nodes, keys left out.
    fn texts(&self, documents: &'a Documents, mut open: Vec<NodeRef>) -> Vec<Cow<'a, str>> {
        let mut texts = Vec::new();
        let mut seen: HashSet<NodeRef> = HashSet::default();
        while let Some(node) = open.pop() {
            let node = documents.resolve(node);
            if self.gone.contains(&node) || !seen.insert(node) {
                continue;
            }
            let at = |inner| NodeRef {
                file: node.file,
                node: inner,
            };
            match &documents.tree(node).node(node.node).kind {
                Kind::Scalar(scalar) => texts.push(match self.by_node.get(&node) {
                    Some(changes) => with(scalar.value(), changes),
                    None => scalar.value().into(),
                }),
                Kind::Sequence { items, .. } => open.extend(items.iter().map(|item| at(*item))),
                Kind::Mapping { entries, .. } => {
                    open.extend(entries.iter().map(|entry| at(entry.value)));
                }
                Kind::Alias { .. } => {}
            }
        }
        texts
    }
}

/// A scalar's text with its changes.
fn with<'a>(text: &'a str, changes: &[&Change]) -> Cow<'a, str> {
    let new = changes.iter().find_map(|change| match change {
        Change::ReplaceScalar { text, .. } => Some(text.clone()),
        _ => None,
    });
    new.unwrap_or_else(|| changed_text(text, changes)).into()
}

/// Whether a text names a variable as a word of its own, and not only to set it or to take it away.
pub(crate) fn names(text: &str, variable: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.match_indices(variable).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + variable.len()..]);
        let is_word = !before.ends_with(is_letter) && !after.starts_with(is_letter);
        let is_set = after.starts_with('=') && !before.ends_with(['{', '$']);
        let is_unset = before.trim_end().ends_with("unset");
        let line = before.rsplit('\n').next().unwrap_or_default();
        let in_comment = line.trim_start().starts_with('#');
        is_word && !is_set && !is_unset && !in_comment
    })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn knows_who_reads() {
        for text in [
            "$DRIVER",
            "x ${DRIVER:-a}",
            "${DRIVER=a}",
            "printenv DRIVER",
            "-e DRIVER",
            "${{ env.DRIVER }}",
            "os.environ['DRIVER']",
        ] {
            assert!(names(text, "DRIVER"), "{text}");
        }
        for text in [
            "DRIVER=a make",
            "unset DRIVER",
            "$DRIVER_B",
            "$A_DRIVER",
            "-e DRIVER=1",
            "make\n  # DRIVER is gone",
        ] {
            assert!(!names(text, "DRIVER"), "{text}");
        }
    }
}
