//! Who owns a CI file, and how its trees become a pipeline: one module a provider.

pub mod gitlab;
