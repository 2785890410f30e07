//! Who owns a CI file, and how its trees become a pipeline: one module a provider.

pub mod github;
pub mod gitlab;
mod reader;

use std::path::Path;

use crate::pipeline::{Claim, ProviderRef};

/// Every provider, in the order of reports.
pub const ALL: [ProviderRef; 2] = [GITLAB, GITHUB];

/// Who has the files of a repository that say nothing else.
pub const GITLAB: ProviderRef = ProviderRef(&gitlab::GitLab);
/// Who has workflows.
pub const GITHUB: ProviderRef = ProviderRef(&github::GitHub);

/// Who owns a file by the place where it lies, relative to the root; nothing if the place does not say.
pub(crate) fn by_path(path: &Path) -> Option<(ProviderRef, Claim)> {
    let claims = ALL.map(|provider| (provider, provider.claims(path)));
    claims
        .into_iter()
        .find(|(_, claim)| *claim != Claim::Unknown)
}

/// Who owns a text by the keys at its top.
pub fn by_text(text: &str) -> ProviderRef {
    let mut others = ALL.into_iter().filter(|provider| *provider != GITLAB);
    let claims = |provider: &ProviderRef| is_own(*provider, text, Claim::Unknown);
    others.find(claims).unwrap_or(GITLAB)
}

/// Whether a provider says that a text is its own, after what its place says.
pub(crate) fn is_own(provider: ProviderRef, text: &str, place: Claim) -> bool {
    provider.claims_keys(&top_level_keys(text).collect::<Vec<_>>(), place)
}

/// The keys that begin in the first column, without quotes: no parse.
fn top_level_keys(text: &str) -> impl Iterator<Item = &str> {
    text.trim_start_matches('\u{feff}')
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(key, _)| key.trim_end().trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;

    #[test]
    fn files_are_known_by_their_place() {
        let owner = |path: &str| by_path(Path::new(path));
        let gitlab = Some((GITLAB, Claim::Certain));
        assert_eq!(owner(".gitlab-ci.yml"), gitlab);
        assert_eq!(owner("ci/build.gitlab-ci.yaml"), gitlab);
        let workflow = Some((GITHUB, Claim::Certain));
        assert_eq!(owner(".github/workflows/ci.yaml"), workflow);
        let action = Some((GITHUB, Claim::Perhaps));
        assert_eq!(owner("tools/action.yml"), action);
        assert_eq!(owner("x/.github/workflows/ci.yml"), None);
        assert_eq!(owner(".github/dependabot.yml"), None);
        assert_eq!(owner("docker-compose.yml"), None);
    }

    #[test]
    fn texts_are_known_by_their_keys() {
        let workflow = "\u{feff}name: x\r\n\"on\":\r\n  push:\r\njobs:\r\n";
        assert_eq!(by_text(workflow), GITHUB);
        let action = "name: x\nruns:\n  using: composite\n";
        assert_eq!(by_text(action), GITHUB);
        let pipeline = "on: [x]\nbuild:\n  script: jobs\n";
        assert_eq!(by_text(pipeline), GITLAB);
    }

    #[test]
    fn the_tables_name_providers_by_their_ids() {
        let ids = ALL.map(|provider| provider.id());
        let mut named = Rules::embedded().providers_of_profiles();
        assert_eq!(named.find(|name| !ids.contains(name)), None);
    }
}
