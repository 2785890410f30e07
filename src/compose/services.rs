//! Which services of a project a command is about.

use crate::collections::HashSet;

use super::project::Project;
use super::value::Value;

/// What a command says of the services it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The services that it names; none if it is about all.
    pub services: Vec<String>,
    /// The profiles that are switched on; `*` stands for all.
    pub profiles: Vec<String>,
    /// Whether what the services depend on belongs to them.
    pub dependencies: bool,
}

impl Project {
    /// What all files together say of a service.
    pub(crate) fn service(&self, name: &str) -> Option<&Value> {
        self.root.value("services")?.value(name)
    }

    /// The services that a command is about, in the order in which they are found.
    pub(crate) fn services<'p>(&'p self, asked: &'p Asked) -> Vec<&'p str> {
        let Some(services) = self.root.value("services") else {
            return Vec::new();
        };
        let mut open: Vec<&str> = match asked.services.is_empty() {
            false => asked.services.iter().map(String::as_str).collect(),
            true => services
                .entries()
                .filter(|(_, service)| is_switched_on(&service.value, &asked.profiles))
                .map(|(name, _)| name.as_str())
                .collect(),
        };
        open.reverse();
        let mut known = HashSet::default();
        let mut found = Vec::new();
        while let Some(name) = open.pop() {
            let Some(service) = services.value(name) else {
                continue;
            };
            if !known.insert(name) {
                continue;
            }
            found.push(name);
            if asked.dependencies {
                open.extend(dependencies(service));
            }
        }
        found
    }
}

/// Whether a service belongs to the project under these profiles.
fn is_switched_on(service: &Value, profiles: &[String]) -> bool {
    let mut own = service.value("profiles").into_iter().flat_map(Value::texts);
    let any = service
        .value("profiles")
        .is_some_and(|profiles| profiles.texts().next().is_some());
    !any || own.any(|own| profiles.iter().any(|on| on == own || on == "*"))
}

/// The services that a service needs.
fn dependencies(service: &Value) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    if let Some(depends) = service.value("depends_on") {
        found.extend(depends.entries().map(|(name, _)| name.as_str()));
    }
    for key in ["links", "volumes_from"] {
        let names = service.value(key).into_iter().flat_map(Value::texts);
        found.extend(names.filter_map(|name| name.split(':').next()));
    }
    let contexts = service
        .value("build")
        .and_then(|build| build.value("additional_contexts"));
    let contexts = contexts
        .into_iter()
        .flat_map(Value::entries)
        .map(|(_, context)| &context.value);
    let shared = ["network_mode", "ipc", "pid"];
    let shared = shared.iter().filter_map(|key| service.value(key));
    let others = contexts.chain(shared).filter_map(Value::text);
    found.extend(others.filter_map(|text| text.strip_prefix("service:")));
    found
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::rc::Rc;

    use super::*;
    use crate::compose::{ComposeFile, Sources, load};
    use crate::text::Source;

    struct One(&'static str);

    impl Sources for One {
        fn open(&self, path: &Path) -> Option<Rc<ComposeFile>> {
            let source = Source::new(path, self.0.to_owned());
            Some(Rc::new(ComposeFile::new(Rc::new(source))))
        }
    }

    #[test]
    fn profiles_names_and_what_they_depend_on() {
        let text = "services:\n  web: {image: w, depends_on: {db: {condition: service_started}}}\n  db: {image: d, links: ['mq:queue']}\n  mq: {image: m}\n  tests: {image: t, profiles: [test], network_mode: 'service:web'}\n  tools: {image: u, profiles: [debug]}\n";
        let project = load(&One(text), &[PathBuf::from("c.yml")], Path::new(""), &());
        let asked = |services: &[&str], profiles: &[&str], dependencies| Asked {
            services: services.iter().map(|it| (*it).to_owned()).collect(),
            profiles: profiles.iter().map(|it| (*it).to_owned()).collect(),
            dependencies,
        };
        for (asked, expected) in [
            (asked(&[], &[], true), vec!["web", "db", "mq"]),
            (
                asked(&[], &["test"], true),
                vec!["web", "db", "mq", "tests"],
            ),
            (
                asked(&[], &["*"], false),
                vec!["web", "db", "mq", "tests", "tools"],
            ),
            (asked(&["db"], &[], true), vec!["db", "mq"]),
            (asked(&["db"], &[], false), vec!["db"]),
            (
                asked(&["tests"], &[], true),
                vec!["tests", "web", "db", "mq"],
            ),
            (asked(&["none"], &[], true), vec![]),
        ] {
            assert_eq!(project.services(&asked), expected, "{asked:?}");
        }
    }
}
