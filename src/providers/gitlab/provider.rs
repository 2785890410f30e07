//! What GitLab is.

use std::path::{Path, PathBuf};

use crate::options::Options;
use crate::pipeline::{Claim, Entry, Lowered, Phase, Provider};
use crate::repository::Files;
use crate::rules::{Profile, Rules};
use crate::yaml::outline::Key;

use super::{outline, verify};

/// `.gitlab-ci.yml` and what it includes.
#[derive(Debug)]
pub(crate) struct GitLab;

/// What GitLab runs when the project's settings name no other file.
const MAIN_FILES: [&str; 2] = [".gitlab-ci.yml", ".gitlab-ci.yaml"];

impl Provider for GitLab {
    fn id(&self) -> &'static str {
        "gitlab"
    }

    fn name(&self) -> &'static str {
        "GitLab"
    }

    fn main_files(&self) -> &'static [&'static str] {
        &MAIN_FILES
    }

    fn claims(&self, path: &Path) -> Claim {
        let name = path.file_name().and_then(|name| name.to_str());
        let is_main = |name: &str| MAIN_FILES.iter().any(|main| name.ends_with(main));
        match name.is_some_and(is_main) {
            true => Claim::Certain,
            false => Claim::Unknown,
        }
    }

    /// Any mapping may be a pipeline: who else claims a text comes first.
    fn claims_keys(&self, _: &[&str], _: Claim) -> bool {
        true
    }

    fn has_libraries(&self) -> bool {
        true
    }

    fn jobs_among(&self, keys: &[Key<'_>]) -> Option<Vec<usize>> {
        outline::jobs(keys)
    }

    fn is_template(&self, job: &str) -> bool {
        job.starts_with('.')
    }

    /// Any file may include any other one.
    fn groups(&self, _: &dyn Files, entries: Vec<Entry>) -> Vec<Vec<Entry>> {
        match entries.is_empty() {
            true => Vec::new(),
            false => vec![entries],
        }
    }

    fn load(
        &self,
        files: &dyn Files,
        entries: &[Entry],
        others: Option<&[PathBuf]>,
        _: &Rules,
    ) -> Lowered {
        super::lower(files, entries, others)
    }

    fn verify_job(&self, options: &Options, profile: Option<&Profile>, rules: &Rules) -> String {
        verify::job(options, profile, rules)
    }

    fn has_steps(&self) -> bool {
        false
    }

    /// `before_script` and `script` share one; hooks and `after_script` have their own.
    fn shares_shell(&self, one: (Phase, usize), other: (Phase, usize)) -> bool {
        let own = |phase: Phase| matches!(phase, Phase::Hook | Phase::After);
        one.0 == other.0 || !own(one.0) && !own(other.0)
    }

    fn labels_are_machines(&self) -> bool {
        false
    }

    fn has_container_options(&self) -> bool {
        false
    }

    /// Artifacts of earlier stages come by themselves.
    fn hands_files_on(&self) -> bool {
        true
    }

    fn changes_may_push(&self) -> bool {
        true
    }

    fn variables_key(&self) -> &'static str {
        "variables"
    }

    fn has_merge_keys(&self) -> bool {
        true
    }

    fn overrides_inherited(&self) -> bool {
        true
    }

    fn place_of_key(&self, key: &str, keys: &[&str]) -> usize {
        let before: &[&str] = match key {
            "before_script" => &["extends", "<<", "stage", "image", "services", "variables"],
            "after_script" => &["script", "before_script"],
            "image" => &["extends", "<<", "stage"],
            "services" => &["extends", "<<", "stage", "image"],
            _ => &["extends", "<<", "stage", "image", "services"],
        };
        let last = keys.iter().rposition(|key| before.contains(key));
        last.map_or(0, |index| index + 1)
    }
}
