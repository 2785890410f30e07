//! The keys of the configuration: each is known, and of the right kind, or the fault is told with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::ValueEnum;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::image_name;
use crate::nearest::nearest;
use crate::options::{OwnImage, Weight};
use crate::rules::Rules;
use crate::text::Source;
use crate::yaml::{Kind, NodeId, Tree};

use super::{Config, Fault};

/// The keys at the top.
const KEYS: [&str; 9] = [
    "paths", "rules", "runner", "image", "podman", "compose", "actions", "images", "packages",
];
/// The keys of `paths`.
const PATHS: [&str; 2] = ["include", "exclude"];
/// The weights of a rule.
const WEIGHTS: [(&str, Weight); 4] = [
    ("off", Weight::Off),
    ("note", Weight::Note),
    ("warning", Weight::Warning),
    ("error", Weight::Error),
];

/// Reads a configuration; the patterns in it are about paths below `folder`, which is relative to the repository's root.
///
/// # Errors
/// Every fault that it has, in the order of the file.
pub fn read(source: &Source, folder: &Path, rules: &Rules) -> Result<Config, Vec<Fault>> {
    let text = source.text();
    let tree = Tree::parse(text).map_err(|problem| {
        vec![Fault {
            at: source.position(problem.at.start as usize),
            message: problem.message.clone(),
        }]
    })?;
    let mut reader = Reader {
        source,
        tree: &tree,
        faults: Vec::new(),
    };
    let config = match tree.documents() {
        [] => Config::default(),
        [top] => reader.config(*top, folder, rules),
        [_, second, ..] => {
            reader.fault(*second, "the configuration is one document".to_owned());
            Config::default()
        }
    };
    match reader.faults.is_empty() {
        true => Ok(config),
        false => Err(reader.faults),
    }
}

struct Reader<'a> {
    source: &'a Source,
    tree: &'a Tree,
    faults: Vec<Fault>,
}

/// A key with its value.
#[derive(Clone, Copy)]
struct Entry<'a> {
    name: &'a str,
    key: NodeId,
    value: NodeId,
}

impl<'a> Reader<'a> {
    fn config(&mut self, top: NodeId, folder: &Path, rules: &Rules) -> Config {
        let mut config = Config::default();
        if self.is_null(top) {
            return config;
        }
        for entry in self.known(top, "the configuration", &KEYS) {
            match entry.name {
                "paths" => self.paths(entry, folder, &mut config),
                "rules" => config.rules = self.rules(entry, rules),
                "runner" => config.runner = self.choice(entry),
                "compose" => config.compose = self.choice(entry),
                "actions" => config.actions = self.choice(entry),
                "image" => config.image = self.parsed(entry, image_name::plain),
                "podman" => config.podman = self.parsed(entry, str::parse),
                "images" => config.images = self.images(entry),
                "packages" => config.packages = self.packages(entry),
                _ => {}
            }
        }
        config
    }

    fn paths(&mut self, entry: Entry<'a>, folder: &Path, config: &mut Config) {
        for entry in self.known(entry.value, "`paths`", &PATHS) {
            let patterns = self.patterns(entry, folder);
            match entry.name {
                "include" => config.include = patterns,
                _ => config.exclude = patterns,
            }
        }
    }

    /// A list of patterns as in a .gitignore file.
    fn patterns(&mut self, entry: Entry<'a>, folder: &Path) -> Gitignore {
        let mut builder = GitignoreBuilder::new(folder);
        let tree = self.tree;
        let value = tree.resolve(entry.value);
        let items = match &tree.node(value).kind {
            Kind::Sequence { items, .. } => items.clone(),
            Kind::Scalar(_) => vec![value],
            _ => {
                self.wrong(entry, "a list of patterns, as in a .gitignore file");
                Vec::new()
            }
        };
        for item in items {
            let Some(pattern) = self.text(item) else {
                self.wrong(entry, "a list of patterns, as in a .gitignore file");
                continue;
            };
            if let Err(error) = builder.add_line(None, pattern) {
                self.fault(item, format!("`{pattern}` is no pattern: {error}"));
            }
        }
        builder.build().unwrap_or_else(|error| {
            self.fault(
                entry.value,
                format!("these patterns cannot be used: {error}"),
            );
            Gitignore::empty()
        })
    }

    fn rules(&mut self, entry: Entry<'a>, rules: &Rules) -> BTreeMap<String, Weight> {
        let mut weights = BTreeMap::new();
        for entry in self.entries(entry.value, "`rules`") {
            if rules.named(entry.name).is_none() {
                let names = rules.all_named().map(|rule| rule.name);
                let all = "dindless --rules lists all";
                self.unknown(
                    entry.key,
                    &format!("no rule is called `{}`", entry.name),
                    nearest(entry.name, names),
                    all,
                );
                continue;
            }
            let names = WEIGHTS.map(|(name, _)| name);
            // `off` is a truth value to the readers of old YAML
            let said = self.text(entry.value).unwrap_or_default();
            match WEIGHTS.iter().find(|(name, _)| *name == said) {
                Some((_, weight)) => {
                    weights.insert(entry.name.to_owned(), *weight);
                }
                None => self.not_one_of(entry, &names),
            }
        }
        weights
    }

    fn images(&mut self, entry: Entry<'a>) -> Vec<OwnImage> {
        let mut images = Vec::new();
        for entry in self.entries(entry.value, "`images`") {
            if let Some(becomes) = self.parsed(entry, image_name::plain) {
                images.push(OwnImage {
                    name: entry.name.to_owned(),
                    becomes,
                });
            }
        }
        images
    }

    fn packages(&mut self, entry: Entry<'a>) -> BTreeMap<String, Option<String>> {
        let mut packages = BTreeMap::new();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-/: ".contains(&byte);
        for entry in self.entries(entry.value, "`packages`") {
            let package = match self.text(entry.value) {
                Some("false") => None,
                Some(names) if !names.is_empty() && names.bytes().all(plain) => {
                    Some(names.to_owned())
                }
                _ => {
                    self.wrong(
                        entry,
                        "Fedora's name of the package, or `false` if the image has it",
                    );
                    continue;
                }
            };
            packages.insert(entry.name.to_owned(), package);
        }
        packages
    }

    /// One of the values that an option of the command line has.
    fn choice<T: ValueEnum>(&mut self, entry: Entry<'a>) -> Option<T> {
        let said = self.text(entry.value).unwrap_or_default();
        let value = T::from_str(said, false).ok();
        if value.is_none() {
            let values = T::value_variants().iter();
            let names: Vec<String> = values
                .filter_map(|value| Some(value.to_possible_value()?.get_name().to_owned()))
                .collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            self.not_one_of(entry, &names);
        }
        value
    }

    fn parsed<T>(
        &mut self,
        entry: Entry<'a>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        match self.text(entry.value) {
            Some(text) => match parse(text) {
                Ok(value) => Some(value),
                Err(why) => {
                    self.fault(entry.value, format!("`{}`: {why}", entry.name));
                    None
                }
            },
            None => {
                self.wrong(entry, "a text");
                None
            }
        }
    }

    /// The entries of a mapping whose keys are all known.
    fn known(&mut self, node: NodeId, what: &str, keys: &[&str]) -> Vec<Entry<'a>> {
        let mut entries = self.entries(node, what);
        entries.retain(|entry| {
            let known = keys.contains(&entry.name);
            if !known {
                let said = format!("{what} has no key `{}`", entry.name);
                let all = format!("the keys are {}", keys.join(", "));
                self.unknown(
                    entry.key,
                    &said,
                    nearest(entry.name, keys.iter().copied()),
                    &all,
                );
            }
            known
        });
        entries
    }

    /// The entries of a mapping, each key once.
    fn entries(&mut self, node: NodeId, what: &str) -> Vec<Entry<'a>> {
        let tree = self.tree;
        let Kind::Mapping { entries, .. } = &tree.node(tree.resolve(node)).kind else {
            self.fault(node, format!("{what} must be keys with values"));
            return Vec::new();
        };
        let mut found = Vec::new();
        let mut names = BTreeSet::new();
        for entry in entries {
            let Some(name) = self.text(entry.key) else {
                self.fault(entry.key, format!("a key of {what} must be a word"));
                continue;
            };
            if !names.insert(name) {
                self.fault(entry.key, format!("`{name}` stands here twice"));
                continue;
            }
            found.push(Entry {
                name,
                key: entry.key,
                value: entry.value,
            });
        }
        found
    }

    fn text(&self, node: NodeId) -> Option<&'a str> {
        let tree = self.tree;
        tree.scalar(tree.resolve(node)).map(|scalar| scalar.value())
    }

    fn is_null(&self, node: NodeId) -> bool {
        matches!(self.text(node), Some("" | "~" | "null"))
    }

    fn not_one_of(&mut self, entry: Entry<'a>, names: &[&str]) {
        let said = self.text(entry.value).unwrap_or_default();
        let message = format!("`{}` cannot be `{said}`", entry.name);
        let all = format!("it is one of {}", names.join(", "));
        self.unknown(
            entry.value,
            &message,
            nearest(said, names.iter().copied()),
            &all,
        );
    }

    fn unknown(&mut self, node: NodeId, what: &str, near: Option<&str>, all: &str) {
        let message = match near {
            Some(near) => format!("{what}; did you mean `{near}`? ({all})"),
            None => format!("{what}: {all}"),
        };
        self.fault(node, message);
    }

    fn wrong(&mut self, entry: Entry<'a>, wanted: &str) {
        self.fault(entry.value, format!("`{}` must be {wanted}", entry.name));
    }

    fn fault(&mut self, node: NodeId, message: String) {
        let span = self.tree.node(node).span;
        self.faults.push(Fault {
            at: self.source.position(span.start as usize),
            message,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{ActionStyle, ComposeProvider, RunnerProfile};

    fn faults(text: &str) -> Vec<String> {
        let source = Source::new("dindless.yml", text.into());
        let result = read(&source, Path::new("/"), Rules::embedded());
        let faults = result.err().unwrap_or_default().into_iter();
        faults
            .map(|fault| format!("{}:{}: {}", fault.at.line, fault.at.column, fault.message))
            .collect()
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
        let source = Source::new("dindless.yml", text.into());
        let config = read(&source, Path::new("/"), Rules::embedded()).unwrap();
        assert_eq!(config.rules["swarm"], Weight::Off);
        assert_eq!(config.runner, Some(RunnerProfile::Kubernetes));
        assert_eq!(config.compose, Some(ComposeProvider::PodmanCompose));
        assert_eq!(config.actions, Some(ActionStyle::Redhat));
        assert_eq!(config.podman.unwrap().minor, 4);
        assert_eq!(
            config.images[0].becomes,
            "registry.example.com/tools-podman:1"
        );
        assert_eq!(config.packages["other"], None);
        assert!(config.exclude.matched("old", true).is_ignore());
        assert!(faults("").is_empty() && faults("# nothing\n").is_empty());
    }

    #[test]
    fn names_the_key_the_line_and_the_nearest() {
        let all = faults("image: a:1\nrunnr: podman\nrules:\n  swam: off\n  swarm: fatal\n");
        assert_eq!(
            all[0],
            "2:1: the configuration has no key `runnr`; did you mean `runner`? (the keys are paths, rules, runner, image, podman, compose, actions, images, packages)"
        );
        assert_eq!(
            all[1],
            "4:3: no rule is called `swam`; did you mean `swarm`? (dindless --rules lists all)"
        );
        assert_eq!(
            all[2],
            "5:10: `swarm` cannot be `fatal`: it is one of off, note, warning, error"
        );
        let one = |text: &str| faults(text).remove(0);
        assert!(one("runner: kubernets").contains("did you mean `kubernetes`?"));
        assert!(one("image: [a]").starts_with("1:8: `image` must be a text"));
        assert!(one("image: 'a b'").starts_with("1:8: `image`: an image is written like"));
        assert!(one("podman: five").starts_with("1:9: `podman`: `five` is not a version"));
        assert!(one("image: a\nimage: b").starts_with("2:1: `image` stands here twice"));
        assert!(one("- image").starts_with("1:1: the configuration must be keys"));
        assert!(one("paths: {exclude: ['[z-a]']}").contains("no pattern"));
        assert!(one("packages: {a: [b]}").contains("Fedora's name"));
        assert!(one("a: b: c").starts_with("1:"));
    }

    #[test]
    fn the_schema_knows_the_same() {
        let schema: serde_json::Value = serde_json::from_str(super::super::SCHEMA).unwrap();
        let keys = |at: &str| {
            let properties = schema.pointer(at).and_then(|it| it.as_object()).unwrap();
            properties.keys().cloned().collect::<BTreeSet<String>>()
        };
        let own = |names: &[&str]| {
            names
                .iter()
                .map(|it| it.to_string())
                .collect::<BTreeSet<String>>()
        };
        assert_eq!(keys("/properties"), own(&KEYS));
        assert_eq!(keys("/properties/paths/properties"), own(&PATHS));
        let values = |at: &str| {
            let list = schema.pointer(at).and_then(|it| it.as_array()).unwrap();
            let names = list.iter().map(|it| it.as_str().unwrap().to_owned());
            names.collect::<BTreeSet<String>>()
        };
        fn names<T: ValueEnum>() -> BTreeSet<String> {
            let all = T::value_variants().iter();
            all.map(|it| it.to_possible_value().unwrap().get_name().to_owned())
                .collect()
        }
        assert_eq!(values("/properties/runner/enum"), names::<RunnerProfile>());
        assert_eq!(
            values("/properties/compose/enum"),
            names::<ComposeProvider>()
        );
        assert_eq!(values("/properties/actions/enum"), names::<ActionStyle>());
        let weights = "/properties/rules/additionalProperties/enum";
        assert_eq!(values(weights), own(&WEIGHTS.map(|(name, _)| name)));
    }
}
