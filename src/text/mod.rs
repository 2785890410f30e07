//! The ground floor: byte spans, files with line numbers, and edits on the original bytes.

mod edit;
mod needles;
mod source;
mod span;

pub use edit::{Edit, EditError, apply_edits};
pub(crate) use needles::Needles;
pub use source::{Position, Source};
pub use span::{FileId, Location, Span};
