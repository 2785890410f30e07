//! Moves a repository's CI from Docker to Podman: reads pipelines, rewrites them byte for byte where they lie,
//! and says what no rewrite can carry over.
//!
//! A program uses [`cli::run`], or [`discover`], [`translate`] and [`report`] one after the other. What else is public is there for the
//! tests, the fuzzers and the benchmarks, which look into one floor at a time.

mod accept;
pub mod analysis;
pub mod cli;
mod collections;
mod compat;
mod compose;
mod config;
mod deserialize;
pub mod discover;
mod dockerfile;
pub mod finding;
mod image_name;
mod nearest;
mod ops;
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
mod rewrite;
pub mod rules;
pub mod shell;
pub mod text;
pub mod translate;
pub mod version;
mod wildcard;
pub mod write;
pub mod yaml;
