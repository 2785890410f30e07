//! What a job takes from `default:` and the global variables, and what `inherit:` leaves out of it.

use crate::pipeline::{Documents, NodeRef, Unresolved, Variables};
use crate::yaml::Kind;

use super::view::{View, view_of};

/// The global variables, and what is missing of them.
#[derive(Default)]
pub(super) struct Global {
    pub(super) variables: Variables,
    pub(super) unresolved: Vec<Unresolved>,
}

/// What a job takes from the top of the file.
pub(super) struct Inherit {
    default: Inherited,
    variables: Inherited,
}

pub(super) enum Inherited {
    All,
    Nothing,
    These(Vec<String>),
}

impl Inherit {
    pub(super) fn of(documents: &Documents, view: &View) -> Self {
        let inner = view_of(documents, &view.stack(documents, "inherit"));
        let read = |key: &str| -> Inherited {
            let Some(slot) = inner.as_ref().and_then(|view| view.get(documents, key)) else {
                return Inherited::All;
            };
            match &documents.tree(slot.value).node(slot.value.node).kind {
                Kind::Scalar(scalar) if scalar.value() == "false" => Inherited::Nothing,
                Kind::Sequence { items, .. } => Inherited::These(
                    items
                        .iter()
                        .filter_map(|item| {
                            documents.text(NodeRef {
                                file: slot.value.file,
                                node: *item,
                            })
                        })
                        .map(str::to_owned)
                        .collect(),
                ),
                _ => Inherited::All,
            }
        };
        Self {
            default: read("default"),
            variables: read("variables"),
        }
    }

    pub(super) fn default_key(&self, key: &str) -> bool {
        self.default.has(key)
    }

    pub(super) fn variable(&self, name: &str) -> bool {
        self.variables.has(name)
    }
}

impl Inherited {
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::These(names) => names.iter().any(|one| one == name),
        }
    }
}
