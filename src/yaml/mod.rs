//! YAML as it is written: a tree with exact byte spans, scalars with a map from decoded text to source, and
//! changes that become edits on the original bytes. No tree is ever printed back.

mod block;
mod bounds;
mod change;
mod decode;
mod lex;
pub mod outline;
mod parse;
mod scalar;
mod tree;

pub use change::{Change, Editor, New, Refusal, edits};
pub use scalar::{Scalar, Style};
pub use tree::{Anchor, Entry, Kind, Node, NodeId, Problem, Tag, Tree};
