//! What the runners that a user can name let Podman do.

use serde::Deserialize;

use super::error::source;
use super::unique::UniqueMap;

/// A kind of runner.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// Whether a daemon beside the job shows that Podman may do everything.
    pub daemon_proves: bool,
    /// Whether jobs work there that only build and move images.
    pub builds: Grant,
    /// Whether jobs work there that run containers.
    pub containers: Grant,
    /// Variables that a job needs which only builds, where nothing shows that it is privileged.
    #[serde(default)]
    variables: UniqueMap<String>,
    /// Such variables that Podman's own image sets for itself.
    #[serde(default)]
    variables_of_other_images: UniqueMap<String>,
    /// What the runner must offer beside what rules of the catalog say of it, by the ids of providers.
    #[serde(default)]
    needs: UniqueMap<Vec<String>>,
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
}

/// Whether something works.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", deny_unknown_fields)]
pub enum Grant {
    /// It does.
    Safe,
    /// It does if the runner is set up for it.
    Review {
        /// What is not known.
        why: String,
        /// What to do next.
        help: String,
    },
    /// It does not.
    Stays {
        /// Why.
        why: String,
        /// What to do next.
        help: String,
    },
}

impl Profile {
    /// What a runner must offer to a provider's jobs that moved, in sentences that stand alone.
    pub fn needs(&self, provider: &str) -> &[String] {
        self.needs.0.get(provider).map_or(&[], Vec::as_slice)
    }

    /// The variables that a job needs, in an image of Podman's own or in another one.
    pub fn variables(&self, own_image: bool) -> impl Iterator<Item = (&str, &str)> {
        let others = self
            .variables_of_other_images
            .0
            .iter()
            .filter(move |_| !own_image);
        let all = self.variables.0.iter().chain(others);
        all.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The profiles by their names.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Profiles(UniqueMap<Profile>);

impl Profiles {
    /// The ids of the providers that the profiles speak of.
    #[cfg(test)]
    pub(super) fn providers(&self) -> impl Iterator<Item = &str> {
        let needs = self.0.0.values().flat_map(|profile| profile.needs.0.keys());
        needs.map(String::as_str)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Profile> {
        self.0.0.get(name)
    }
}
