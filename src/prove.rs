//! The proof of a result: an unrelated reader finds the intended values and no others, and what stays is what it was.

mod changed;
mod jobs;
mod value;
mod values;

pub(crate) use changed::changed_text;
pub use jobs::jobs;
pub(crate) use values::changed_texts;
pub use values::values;
