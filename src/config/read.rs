//! Reads the configuration by serde: each key is known and of the right kind, or the fault has its position.

use std::fmt;
use std::path::Path;

use ignore::gitignore::GitignoreBuilder;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use crate::collections::IndexMap;
use crate::deserialize::{Text, explain, text};
use crate::image_name;
use crate::nearest::nearest;
use crate::options::{Patterns, Weight};
use crate::rules::{Rules, unique_map};
use crate::text::Source;

use super::{Config, Fault};

/// Reads a configuration; the patterns in it are about paths below `folder`, which is relative to the repository's root.
///
/// # Errors
/// The first fault that it has.
pub(crate) fn read(source: &Source, folder: &Path) -> Result<Config, Fault> {
    let text = source.text();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let config: Result<Option<Config>, _> = serde_yaml::from_str(text);
    let mut config = config.map_err(|error| fault(&error))?.unwrap_or_default();
    config.paths.include.folder = folder.to_owned();
    config.paths.exclude.folder = folder.to_owned();
    Ok(config)
}

/// What serde says of a key or value that it does not know, with the known one that is nearest.
fn fault(error: &serde_yaml::Error) -> Fault {
    let (at, mut message) = explain(error);
    if message.contains("unknown ") {
        let mut names = message.split('`').skip(1).step_by(2);
        let near = names.next().and_then(|name| nearest(name, names));
        message = format!("{message}{}", suggestion(near));
    }
    Fault { at, message }
}

fn suggestion(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// The weights of rules that there are.
pub(super) fn rules<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<IndexMap<String, Weight>, D::Error> {
    let rules = Rules::embedded();
    unique_map(deserializer, |name| match rules.named(name) {
        Some(_) => Ok(()),
        None => {
            let near = nearest(name, rules.all_named().map(|rule| rule.name));
            let near = suggestion(near);
            Err(format!(
                "no rule is called `{name}`{near} (dindless --rules lists all)"
            ))
        }
    })
}

#[derive(Deserialize)]
struct Image(#[serde(deserialize_with = "plain_image")] String);

fn plain_image<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text(deserializer, image_name::plain)
}

/// An image that is one plain word.
pub(super) fn image<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let image: Option<Image> = Option::deserialize(deserializer)?;
    Ok(image.map(|image| image.0))
}

/// Images by the names of others.
pub(super) fn images<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<IndexMap<String, String>, D::Error> {
    let images: IndexMap<String, Image> = unique_map(deserializer, |_| Ok(()))?;
    Ok(images
        .into_iter()
        .map(|(name, image)| (name, image.0))
        .collect())
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "String", extend("type" = ["string", "boolean"])))]
pub(super) struct Package(#[serde(deserialize_with = "package")] Option<String>);

fn package<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-/: ".contains(&byte);
    text(deserializer, |names| match names {
        "false" => Ok(None),
        names if !names.is_empty() && names.bytes().all(plain) => Ok(Some(names.to_owned())),
        _ => Err("Fedora's name of the package, or `false` if the image has it".to_owned()),
    })
}

/// Fedora's names of packages, by Alpine's.
pub(super) fn packages<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<IndexMap<String, Option<String>>, D::Error> {
    let packages: IndexMap<String, Package> = unique_map(deserializer, |_| Ok(()))?;
    Ok(packages
        .into_iter()
        .map(|(name, package)| (name, package.0))
        .collect())
}

/// A pattern, or a list of them.
pub(super) fn patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Patterns, D::Error> {
    struct Lines(GitignoreBuilder);

    fn add(builder: &mut GitignoreBuilder, pattern: &str) -> Result<(), String> {
        let added = builder.add_line(None, pattern);
        added.map_err(|error| format!("`{pattern}` is no pattern: {error}"))?;
        Ok(())
    }

    impl<'de> Visitor<'de> for Lines {
        type Value = GitignoreBuilder;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of patterns, as in a .gitignore file")
        }

        fn visit_str<E: Error>(mut self, pattern: &str) -> Result<GitignoreBuilder, E> {
            add(&mut self.0, pattern).map_err(E::custom)?;
            Ok(self.0)
        }

        fn visit_seq<A: SeqAccess<'de>>(
            mut self,
            mut list: A,
        ) -> Result<GitignoreBuilder, A::Error> {
            while let Some(()) =
                list.next_element_seed(Text(|text: &str| add(&mut self.0, text)))?
            {}
            Ok(self.0)
        }
    }

    let lines = deserializer.deserialize_any(Lines(GitignoreBuilder::new("")))?;
    lines.build().map(Patterns::from).map_err(D::Error::custom)
}

#[cfg(test)]
pub(super) fn patterns_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": ["array", "string"], "items": {"type": "string"}})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SCHEMA;
    use crate::options::{ActionStyle, ComposeProvider, RunnerProfile};

    fn config(text: &str) -> Result<Config, Fault> {
        read(&Source::new("dindless.yml", text.into()), Path::new("ci"))
    }

    #[test]
    fn reads_what_is_right() {
        let text = "\
paths: {include: [ci/*.yml], exclude: old/}
rules: {swarm: off, compose: note}
runner: kubernetes
image: registry.example.com/podman:5
podman: '5.4'
compose: podman-compose
actions: redhat
images:
  registry.example.com/tools: registry.example.com/tools-podman:1
packages: {my-tool: my-tool-cli, other: false}
";
        let read = config(text).unwrap();
        assert_eq!(read.rules["swarm"], Weight::Off);
        assert_eq!(read.runner, Some(RunnerProfile::Kubernetes));
        assert_eq!(read.compose, Some(ComposeProvider::PodmanCompose));
        assert_eq!(read.actions, Some(ActionStyle::Redhat));
        assert_eq!(read.podman.unwrap().minor, 4);
        assert_eq!(
            read.images["registry.example.com/tools"],
            "registry.example.com/tools-podman:1"
        );
        assert_eq!(read.packages["other"], None);
        let fits = |path: &str| read.paths.exclude.fit(Path::new(path));
        assert!(fits("ci/old/a.yml") && !fits("old/a.yml") && !fits("/ci/old/a.yml"));
        assert!(read.paths.include.fit(Path::new("ci/ci/a.yml")));
        assert_eq!(config("podman: 5.10").unwrap().podman.unwrap().minor, 10);
        for nothing in ["", "# nothing\n", "null", "\u{feff}image: a"] {
            assert!(config(nothing).is_ok(), "{nothing}");
        }
    }

    #[test]
    fn names_the_key_the_line_and_the_nearest() {
        for (text, at, message) in [
            (
                "image: a:1\nrunnr: podman",
                (2, 1),
                "unknown field `runnr`, expected one of `paths`, `rules`, `runner`, `image`, `podman`, `compose`, `actions`, `images`, `packages`; did you mean `runner`?",
            ),
            (
                "rules:\n  swam: off",
                (2, 3),
                "rules: no rule is called `swam`; did you mean `swarm`? (dindless --rules lists all)",
            ),
            (
                "rules:\n  swarm: fatal",
                (2, 10),
                "rules.swarm: unknown variant `fatal`, expected one of `off`, `note`, `warning`, `error`",
            ),
            ("paths: {excluded: a}", (1, 9), "did you mean `exclude`?"),
            ("runner: kubernets", (1, 9), "did you mean `kubernetes`?"),
            (
                "image: [a]",
                (1, 8),
                "image: invalid type: sequence, expected a text",
            ),
            ("image: 'a b'", (1, 8), "image: an image is written like"),
            (
                "images:\n  a: 'b c'",
                (2, 6),
                "images.a: an image is written like",
            ),
            ("podman: five", (1, 9), "podman: `five` is not a version"),
            ("image: a\nimage: b", (1, 1), "duplicate field `image`"),
            ("images: {a: b, a: c}", (1, 16), "`a` stands here twice"),
            (
                "- image",
                (1, 1),
                "invalid type: sequence, expected keys with values",
            ),
            (
                "paths: {exclude: ['[z-a]']}",
                (1, 19),
                "`[z-a]` is no pattern",
            ),
            (
                "paths: {exclude: {a: b}}",
                (1, 18),
                "expected a list of patterns",
            ),
            ("packages: {a: [b]}", (1, 15), "packages.a: invalid type"),
            ("packages: {a: b;c}", (1, 15), "Fedora's name"),
            ("image: a: b", (1, 9), "mapping values are not allowed"),
        ] {
            let fault = config(text).unwrap_err();
            let found = fault.at.map(|at| (at.line, at.column));
            assert_eq!(found, Some(at), "{text}: {}", fault.message);
            assert!(fault.message.contains(message), "{}", fault.message);
        }
        let two = config("image: a\n---\nimage: b").unwrap_err();
        assert!(two.message.contains("more than one document"));
    }

    /// `DINDLESS_ACCEPT=1` writes the file anew.
    #[test]
    fn the_schema_is_that_of_the_configuration() {
        let schema = schemars::schema_for!(Config);
        let made = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("DINDLESS_ACCEPT").is_some_and(|value| value == "1") {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/schema.json");
            std::fs::write(path, &made).unwrap();
        }
        assert!(
            made == SCHEMA,
            "DINDLESS_ACCEPT=1 cargo test --lib schema writes it anew"
        );
    }
}
