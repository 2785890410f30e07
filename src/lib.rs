//! Moves a repository's CI from Docker to Podman: reads pipelines, rewrites them byte for byte where they lie,
//! and says what no rewrite can carry over.

pub mod accept;
pub mod analysis;
pub mod cli;
pub mod collections;
pub mod compat;
pub mod compose;
pub mod config;
mod deserialize;
pub mod discover;
pub mod dockerfile;
pub mod finding;
pub mod image_name;
mod nearest;
pub mod ops;
pub mod options;
pub mod outcome;
mod parallel;
pub mod pipeline;
pub mod plan;
mod prefetch;
mod prescan;
pub mod project;
pub mod prove;
pub mod providers;
pub mod report;
pub mod repository;
pub mod rewrite;
pub mod rules;
pub mod shell;
pub mod text;
pub mod translate;
pub mod version;
mod wildcard;
pub mod write;
pub mod yaml;
