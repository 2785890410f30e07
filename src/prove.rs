//! The proof of a result: an unrelated reader finds the intended values and no others, and what stays is what it was.

mod jobs;
mod model;
mod reader;

pub use jobs::jobs;
pub(crate) use model::{changed_text, changed_texts};
pub use reader::values;
