//! What GitHub is.

use std::path::{Path, PathBuf};

use crate::options::{Options, RunnerProfile};
use crate::pipeline::{Claim, Entry, Lowered, Phase, Provider};
use crate::repository::Files;
use crate::rules::{Profile, Rules};
use crate::yaml::outline::Key;

use super::outline;

/// `.github/workflows/*.yml` and composite actions.
#[derive(Debug)]
pub(crate) struct GitHub;

/// Where GitHub looks for workflows.
const WORKFLOWS: &str = ".github/workflows";

/// The workflow of `--verify-job`; what stands in single braces is put in.
const VERIFY: &str = include_str!("../../../translations/verify/github.yml");

impl Provider for GitHub {
    fn id(&self) -> &'static str {
        "github"
    }

    fn name(&self) -> &'static str {
        "GitHub"
    }

    fn folder(&self) -> Option<&'static str> {
        Some(WORKFLOWS)
    }

    fn claims(&self, path: &Path) -> Claim {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.unwrap_or_default();
        let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        if matches!(name, "action.yml" | "action.yaml") {
            Claim::Perhaps // other programs call a file so, too
        } else if yaml && path.parent() == Some(Path::new(WORKFLOWS)) {
            Claim::Certain
        } else {
            Claim::Unknown
        }
    }

    /// What has `on:` and `jobs:` is a workflow, what has `runs:` and `name:` an action; one that is called an action's file
    /// needs no name to be reported.
    fn claims_keys(&self, keys: &[&str], place: Claim) -> bool {
        let has = |key: &str| keys.contains(&key);
        match place {
            Claim::Perhaps => has("runs"),
            _ => has("jobs") && has("on") || has("runs") && has("name"),
        }
    }

    fn has_libraries(&self) -> bool {
        false
    }

    fn jobs_among(&self, keys: &[Key<'_>]) -> Option<Vec<usize>> {
        outline::jobs(keys)
    }

    fn is_template(&self, _: &str) -> bool {
        false
    }

    fn groups(&self, files: &dyn Files, entries: Vec<Entry>) -> Vec<Vec<Entry>> {
        super::groups(files, entries)
    }

    fn load(
        &self,
        files: &dyn Files,
        entries: &[Entry],
        _: Option<&[PathBuf]>,
        rules: &Rules,
    ) -> Lowered {
        super::lower(files, entries, rules)
    }

    fn verify_job(&self, options: &Options, _: Option<&Profile>, _: &Rules) -> String {
        let runner = match options.runner {
            RunnerProfile::AsIs | RunnerProfile::GithubHosted => "ubuntu-latest",
            _ => "self-hosted",
        };
        VERIFY.replace("{runner}", runner)
    }

    fn has_steps(&self) -> bool {
        true
    }

    fn shares_shell(&self, one: (Phase, usize), other: (Phase, usize)) -> bool {
        one.1 == other.1
    }

    fn labels_are_machines(&self) -> bool {
        true
    }

    fn has_container_options(&self) -> bool {
        true
    }

    /// Each job has a machine of its own.
    fn hands_files_on(&self) -> bool {
        false
    }

    /// The token of a pull request from a fork reads alone.
    fn changes_may_push(&self) -> bool {
        false
    }

    fn variables_key(&self) -> &'static str {
        "env"
    }

    /// Source: docs.github.com, "YAML anchors and aliases": no merge keys.
    fn has_merge_keys(&self) -> bool {
        false
    }

    fn overrides_inherited(&self) -> bool {
        false
    }

    fn place_of_key(&self, _: &str, keys: &[&str]) -> usize {
        let steps = keys
            .iter()
            .position(|key| matches!(*key, "steps" | "container"));
        steps.unwrap_or(keys.len())
    }
}
