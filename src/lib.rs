//! Moves a repository's CI from Docker to Podman: reads pipelines, rewrites them byte for byte where they lie,
//! and says what no rewrite can carry over.

pub mod finding;
pub mod outcome;
pub mod shell;
pub mod text;
