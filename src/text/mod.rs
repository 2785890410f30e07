//! The ground floor: byte spans, files with line numbers, and edits on the original bytes.

mod edit;
mod source;
mod span;

pub use edit::{Edit, EditError, apply_edits};
pub use source::{Position, Source};
pub use span::{FileId, Location, Span};
