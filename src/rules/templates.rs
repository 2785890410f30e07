//! What Podman prints for the fields of Docker's objects.

use serde::Deserialize;

use super::error::source;
use super::unique::{UniqueMap, UniqueSet};

/// The fields of one kind of object.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Templates {
    of: Vec<String>,
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    #[serde(default)]
    same: UniqueSet,
    #[serde(default)]
    alone: UniqueMap<String>,
    #[serde(default)]
    renamed: UniqueMap<String>,
    #[serde(default)]
    other: UniqueMap<String>,
    #[serde(default)]
    more: UniqueMap<String>,
    #[serde(default)]
    names: UniqueSet,
    #[serde(default)]
    missing: UniqueSet,
}

/// What Podman makes of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'r> {
    /// The same.
    Same,
    /// The same where nothing but the field is asked for; else this field is, if there is one.
    Alone(Option<&'r str>),
    /// The same, under this name.
    Renamed(&'r str),
    /// Something else, under this name if there is one.
    Other(Option<&'r str>),
    /// What Docker has, and an entry that begins like this besides.
    More(&'r str),
    /// An image's name, with a registry or localhost/.
    Name,
    /// An error.
    Missing,
    /// Nobody looked.
    Unknown,
}

impl Templates {
    /// Whether they are those of a command, or of a kind of object.
    pub fn are_of(&self, name: &str) -> bool {
        self.of.iter().any(|of| of == name)
    }

    /// What Podman makes of a field, with `*` for one of several: `.Mounts.*.Source`.
    pub fn field(&self, path: &str) -> Field<'_> {
        if let Some(found) = self.exactly(path) {
            return found;
        }
        let mut outer = path;
        while let Some((head, _)) = outer.rsplit_once('.').filter(|(head, _)| !head.is_empty()) {
            match self.exactly(head) {
                Some(found @ (Field::Same | Field::Missing)) => return found,
                Some(_) => return Field::Unknown,
                None => outer = head,
            }
        }
        Field::Unknown
    }

    fn exactly(&self, path: &str) -> Option<Field<'_>> {
        let in_set = |set: &UniqueSet| set.0.iter().any(|pattern| stands_for(pattern, path));
        if in_set(&self.same) {
            return Some(Field::Same);
        }
        if let Some(other) = named(&self.alone, path) {
            return Some(Field::Alone(other));
        }
        if let Some(Some(to)) = named(&self.renamed, path) {
            return Some(Field::Renamed(to));
        }
        if let Some(to) = named(&self.other, path) {
            return Some(Field::Other(to));
        }
        if let Some(Some(begins)) = named(&self.more, path) {
            return Some(Field::More(begins));
        }
        if in_set(&self.names) {
            return Some(Field::Name);
        }
        in_set(&self.missing).then_some(Field::Missing)
    }
}

/// The name that a list gives for a path; an empty one is none.
fn named<'r>(map: &'r UniqueMap<String>, path: &str) -> Option<Option<&'r str>> {
    let mut entries = map.0.iter();
    let (_, to) = entries.find(|(pattern, _)| stands_for(pattern, path))?;
    Some(Some(to.as_str()).filter(|to| !to.is_empty()))
}

/// Whether an entry of a list is about a path: part by part, `*` for any.
fn stands_for(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('.');
    let mut wanted = pattern.split('.');
    loop {
        match (wanted.next(), parts.next()) {
            (None, None) => return true,
            (Some(wanted), Some(part)) if wanted == part || wanted == "*" => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Rules;
    use super::Field;

    #[test]
    fn a_field_is_known_by_itself_or_by_what_holds_it() {
        let rules = Rules::embedded();
        let field = |of, path| rules.templates(of).map(|templates| templates.field(path));
        for (of, path, expected) in [
            ("container", ".State.Running", Field::Same),
            ("container", ".Config.Labels.team", Field::Same),
            ("container", ".Config.Labels", Field::More("io.buildah")),
            (
                "container",
                ".NetworkSettings.Ports.*.*.HostPort",
                Field::Same,
            ),
            (
                "container",
                ".NetworkSettings.Networks.web.IPAddress",
                Field::Other(None),
            ),
            ("container", ".Id", Field::Alone(Some(".ID"))),
            ("container", ".State.Sleeping", Field::Unknown),
            ("network", ".IPAM.Config.*.Gateway", Field::Missing),
            (
                "info",
                ".ServerVersion",
                Field::Other(Some(".Version.Version")),
            ),
            ("info", ".NCPU", Field::Renamed(".Host.CPUs")),
            ("images", ".Repository", Field::Name),
            ("images", ".", Field::Missing),
        ] {
            assert_eq!(field(of, path), Some(expected), "{of} {path}");
        }
    }
}
