//! The registries that a job logs in to, by name: a script of thousands of docker commands asks as often.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Logins, by the names that the commands give and by the names under which they meet logouts.
#[derive(Clone, Debug, Default)]
pub struct Registries {
    /// As they are written, each with the first call that logs in there. An empty name is Docker Hub.
    first: BTreeMap<String, usize>,
    /// The first login to one that GitLab's variables name.
    on_gitlab: Option<usize>,
    /// Under the one name that all spellings of a registry have.
    sessions: BTreeSet<String>,
    /// Whether the script fills in one of these names, and whether one is written out.
    filled_in: bool,
    written_out: bool,
}

impl Registries {
    /// Adds a login to a registry, and the name of its session.
    pub(crate) fn add(&mut self, call: usize, registry: &str, session: &str) {
        if registry.contains("CI_REGISTRY") {
            self.on_gitlab.get_or_insert(call);
        }
        if !self.first.contains_key(registry) {
            self.first.insert(registry.to_owned(), call);
        }
        self.filled_in |= is_filled_in(session);
        self.written_out |= !is_filled_in(session);
        if !self.sessions.contains(session) {
            self.sessions.insert(session.to_owned());
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Whether a login to a registry that holds a repository comes before a call.
    pub fn before(&self, call: usize, repository: &str) -> bool {
        let gitlab =
            repository.starts_with("$CI_REGISTRY") || repository.starts_with("${CI_REGISTRY");
        let on_gitlab = self.on_gitlab.filter(|_| gitlab);
        prefixes(repository)
            .filter(|registry| !registry.is_empty())
            .filter_map(|registry| self.first.get(registry).copied())
            .chain(on_gitlab)
            .any(|first| first < call)
    }

    /// Whether a login may be the one that a session of this name needs: it names the registry, a part of it or more than
    /// it, or the script fills one of the two in.
    pub fn may_open(&self, session: &str) -> bool {
        let from = (Bound::Included(session), Bound::Unbounded);
        let next = self.sessions.range::<str, _>(from).next();
        let others = match is_filled_in(session) {
            true => self.written_out,
            false => self.filled_in,
        };
        others
            || next.is_some_and(|login| login.starts_with(session))
            || prefixes(session).any(|part| self.sessions.contains(part))
    }
}

/// Whether the script fills in a name, so that it may be any.
fn is_filled_in(name: &str) -> bool {
    name.contains(['$', '`'])
}

/// What a text begins with, from nothing to the whole of it.
fn prefixes(text: &str) -> impl Iterator<Item = &str> {
    (0..=text.len()).filter_map(|end| text.get(..end))
}

#[cfg(test)]
mod tests {
    use super::Registries;

    #[test]
    fn finds_logins_by_parts_of_their_names() {
        let mut logins = Registries::default();
        assert!(logins.is_empty() && !logins.may_open("docker.io"));
        logins.add(3, "https://r.example.com/group", "r.example.com/group");
        for near in ["r.example.com", "r.example.com/group/app", "$R"] {
            assert!(logins.may_open(near), "{near}");
        }
        assert!(!logins.may_open("other.example.com"));
        logins.add(5, "$CI_REGISTRY", "$CI_REGISTRY");
        assert!(logins.may_open("other.example.com"));
    }

    #[test]
    fn a_login_is_before_what_it_is_for() {
        let mut logins = Registries::default();
        logins.add(3, "r.example.com/group", "r.example.com/group");
        logins.add(5, "$CI_REGISTRY", "$CI_REGISTRY");
        logins.add(7, "", "docker.io");
        assert!(logins.before(4, "r.example.com/group/app"));
        assert!(!logins.before(3, "r.example.com/group/app"));
        assert!(logins.before(6, "$CI_REGISTRY_IMAGE/app"));
        assert!(!logins.before(8, "docker.io/app"));
    }
}
