//! Several compose files as one project: `include`, `extends`, and later files over earlier ones.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use indexmap::IndexMap;

use crate::collections::HashMap;
use crate::text::Span;

use super::file::ComposeFile;
use super::inside;
use super::interpolate::Variables;
use super::value::{At, Entry, Kind, Over, Reader, Value};

/// Where compose files come from.
pub(crate) trait Sources {
    /// A file by its path from the root of the repository, if it is there.
    fn open(&self, path: &Path) -> Option<Rc<ComposeFile>>;
}

/// Why a part of a project was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where.
    pub at: At,
    /// What is wrong there, in one sentence without a full stop.
    pub message: String,
}

/// A project.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// Its files, each with the folder that relative paths in it begin at.
    pub files: Vec<(Rc<ComposeFile>, PathBuf)>,
    /// What all of them say together.
    pub root: Value,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Whether every file that it names is there.
    pub complete: bool,
}

/// How many files one project may have; files that include each other several times make more and more.
const MOST_FILES: usize = 100;
/// How often services may extend others in a row.
const DEEPEST: usize = 16;

/// Loads files, later ones over earlier ones, with what they include and extend. Relative paths begin at `folder`.
pub(crate) fn load(
    sources: &dyn Sources,
    paths: &[PathBuf],
    folder: &Path,
    variables: &dyn Variables,
) -> Project {
    let mut loader = Loader {
        sources,
        variables,
        files: Vec::new(),
        problems: Vec::new(),
        complete: true,
        including: Vec::new(),
        extended: HashMap::default(),
    };
    let root = loader.set(paths, folder);
    Project {
        files: loader.files,
        root,
        problems: loader.problems,
        complete: loader.complete,
    }
}

struct Loader<'s> {
    sources: &'s dyn Sources,
    variables: &'s dyn Variables,
    files: Vec<(Rc<ComposeFile>, PathBuf)>,
    problems: Vec<Problem>,
    complete: bool,
    /// The files that are being included, outermost first.
    including: Vec<PathBuf>,
    /// Files whose services others extend, as they are written.
    extended: HashMap<PathBuf, Option<Rc<Value>>>,
}

impl Loader<'_> {
    /// Files that go over each other.
    fn set(&mut self, paths: &[PathBuf], folder: &Path) -> Value {
        let mut root = empty();
        for path in paths {
            if self.including.contains(path) {
                continue; // a circle is an error of compose's own
            }
            let Some(mut value) = self.read(path, folder) else {
                continue;
            };
            self.extends(&mut value, path);
            self.including.push(path.clone());
            for (paths, folder) in self.includes(&value, path) {
                let included = self.set(&paths, &folder);
                add_missing(&mut root, included);
            }
            self.including.pop();
            root.merge(value);
        }
        root
    }

    /// What a file says by itself.
    fn read(&mut self, path: &Path, folder: &Path) -> Option<Value> {
        let file = (self.files.len() < MOST_FILES).then(|| self.sources.open(path));
        let Some(file) = file.flatten() else {
            self.complete = false;
            return None;
        };
        let index = self.files.len();
        self.files.push((file.clone(), folder.to_owned()));
        let tree = match &file.tree {
            Ok(tree) => tree,
            Err(problem) => {
                self.problem(index, problem.at, problem.message.clone());
                return None;
            }
        };
        let mut reader = Reader {
            tree,
            file: index,
            variables: self.variables,
            left: file.source.text().len() * 4 + 1000,
        };
        let mut root = empty();
        for document in tree.documents() {
            let Some(mut value) = reader.read(*document) else {
                let message = "its aliases make more of it than is read here";
                self.problem(index, tree.node(*document).span, message.to_owned());
                return None;
            };
            match value.kind {
                Kind::Map(_) => {
                    services_mut(&mut value, tidy);
                    root.merge(value);
                }
                Kind::Null => {}
                Kind::Text(..) | Kind::List(_) => {
                    let message = "a compose file has keys at its top";
                    self.problem(index, value.at.span, message.to_owned());
                }
            }
        }
        Some(root)
    }

    fn problem(&mut self, file: usize, span: Span, message: String) {
        self.complete = false;
        let at = At { file, span };
        self.problems.push(Problem { at, message });
    }

    /// The sets of files that a file includes, each with its folder.
    fn includes(&self, value: &Value, path: &Path) -> Vec<(Vec<PathBuf>, PathBuf)> {
        let here = path.parent().unwrap_or(Path::new(""));
        let items = value.value("include").map(Value::items).unwrap_or_default();
        let sets = items.iter().filter_map(|item| {
            let paths = item.value("path").unwrap_or(item).texts();
            let paths: Vec<PathBuf> = paths.filter_map(|path| inside(here, path)).collect();
            let first = paths.first()?.parent().map(Path::to_owned);
            let folder = item.value("project_directory").and_then(Value::text);
            let folder = folder.and_then(|folder| inside(here, folder)).or(first);
            Some((paths, folder.unwrap_or_default()))
        });
        sets.collect()
    }

    /// Writes out what the services of a file extend.
    fn extends(&mut self, root: &mut Value, path: &Path) {
        let names: Vec<String> = match root.value("services") {
            Some(services) => services
                .entries()
                .filter(|(_, service)| service.value.get("extends").is_some())
                .map(|(name, _)| name.clone())
                .collect(),
            None => return,
        };
        if names.is_empty() {
            return;
        }
        let written = Rc::new(root.clone());
        let mut done = HashMap::default();
        for name in names {
            if let Some(service) = self.extended_service(&written, path, &name, DEEPEST, &mut done)
                && let Kind::Map(keys) = &mut root.kind
                && let Some(services) = keys.get_mut("services")
                && let Kind::Map(services) = &mut services.value.kind
                && let Some(entry) = services.get_mut(&name)
            {
                entry.value = service;
            }
        }
    }

    /// A service with what it extends. A circle ends where the depth does.
    fn extended_service(
        &mut self,
        root: &Rc<Value>,
        path: &Path,
        name: &str,
        depth: usize,
        done: &mut HashMap<(PathBuf, String), Value>,
    ) -> Option<Value> {
        let key = (path.to_owned(), name.to_owned());
        if let Some(known) = done.get(&key) {
            return Some(known.clone());
        }
        let mut own = root.value("services")?.value(name)?.clone();
        let Some(extends) = own.value("extends").cloned() else {
            return Some(own);
        };
        let depth = depth.checked_sub(1)?;
        let base = extends.value("service").and_then(Value::text)?;
        let base = match extends.value("file") {
            None => self.extended_service(root, path, base, depth, done),
            Some(file) => {
                let here = path.parent().unwrap_or(Path::new(""));
                let file = file.text().and_then(|file| inside(here, file))?;
                let other = self.extended_file(&file)?;
                self.extended_service(&other, &file, base, depth, done)
            }
        };
        if let Kind::Map(keys) = &mut own.kind {
            keys.shift_remove("extends");
        }
        let service = match base {
            Some(mut base) => {
                base.merge(own);
                base
            }
            None => own,
        };
        done.insert(key, service.clone());
        Some(service)
    }

    fn extended_file(&mut self, path: &Path) -> Option<Rc<Value>> {
        if let Some(known) = self.extended.get(path) {
            return known.clone();
        }
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let value = self.read(path, &folder).map(Rc::new);
        self.extended.insert(path.to_owned(), value.clone());
        value
    }
}

fn empty() -> Value {
    Value {
        at: At {
            file: 0,
            span: Span::at(0),
        },
        kind: Kind::Map(IndexMap::new()),
        over: Over::Merges,
    }
}

/// Adds what an included file has and the project has not.
fn add_missing(root: &mut Value, included: Value) {
    let (Kind::Map(root), Kind::Map(included)) = (&mut root.kind, included.kind) else {
        return;
    };
    for (section, added) in included {
        match root.get_mut(&section) {
            None => {
                root.insert(section, added);
            }
            Some(known) => {
                if let (Kind::Map(known), Kind::Map(added)) =
                    (&mut known.value.kind, added.value.kind)
                {
                    for (name, entry) in added {
                        known.entry(name).or_insert(entry);
                    }
                }
            }
        }
    }
}

fn services_mut(root: &mut Value, change: impl Fn(&mut IndexMap<String, Entry>)) {
    if let Kind::Map(keys) = &mut root.kind
        && let Some(services) = keys.get_mut("services")
        && let Kind::Map(services) = &mut services.value.kind
    {
        for service in services.values_mut() {
            if let Kind::Map(keys) = &mut service.value.kind {
                change(keys);
            }
        }
    }
}

/// Gives the keys of a service that have a short form their long one.
fn tidy(service: &mut IndexMap<String, Entry>) {
    for (key, entry) in service.iter_mut() {
        let long: fn(Value) -> Value = match (key.as_str(), &entry.value.kind) {
            ("build", Kind::Text(..)) => |value| value.under("context"),
            ("extends", Kind::Text(..)) => |value| value.under("service"),
            ("depends_on" | "networks", Kind::List(_)) => Value::by_name,
            _ => continue,
        };
        let value = std::mem::replace(&mut entry.value, empty());
        entry.value = long(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Source;

    struct Memory(Vec<(&'static str, &'static str)>);

    impl Sources for Memory {
        fn open(&self, path: &Path) -> Option<Rc<ComposeFile>> {
            let (_, text) = self.0.iter().find(|(name, _)| Path::new(name) == path)?;
            let source = Source::new(path, (*text).to_owned());
            Some(Rc::new(ComposeFile::new(Rc::new(source))))
        }
    }

    fn project(files: &[(&'static str, &'static str)], named: &[&str]) -> Project {
        let paths: Vec<PathBuf> = named.iter().map(PathBuf::from).collect();
        load(&Memory(files.to_vec()), &paths, Path::new(""), &())
    }

    /// The text at a path, and where it is written.
    fn at<'p>(project: &'p Project, path: &str) -> (&'p str, &'p Path) {
        let mut value = &project.root;
        for key in path.split('.') {
            value = value
                .value(key)
                .unwrap_or_else(|| panic!("no {key} of {path}"));
        }
        let file = project.files[value.at.file].0.source.path();
        (value.text().unwrap_or_default(), file)
    }

    fn services(project: &Project) -> Vec<&str> {
        let services = project.root.value("services").unwrap();
        services.entries().map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn later_files_go_over_earlier_ones() {
        let base = "services:\n  web:\n    image: a\n    privileged: true\n    links: [db]\n    command: [x, y]\n  db: {image: c}\n";
        let over = "services:\n  web:\n    image: b\n    privileged: !reset null\n    links: [mq]\n    command: [z]\n  db: !reset {}\n";
        let project = project(&[("a.yml", base), ("b.yml", over)], &["a.yml", "b.yml"]);
        assert_eq!(
            at(&project, "services.web.image"),
            ("b", Path::new("b.yml"))
        );
        let web = project
            .root
            .value("services")
            .unwrap()
            .value("web")
            .unwrap();
        assert!(web.get("privileged").is_none());
        let links: Vec<&str> = web.value("links").unwrap().texts().collect();
        assert_eq!(links, ["db", "mq"]);
        let command: Vec<&str> = web.value("command").unwrap().texts().collect();
        assert_eq!(command, ["z"]);
        assert_eq!(services(&project), ["web"]);
        assert!(project.complete);
    }

    #[test]
    fn an_override_replaces() {
        let base = "services:\n  web:\n    links: [db]\n    build: {args: {A: b}, target: t}\n";
        let over =
            "services:\n  web:\n    links: !override [mq]\n    build: !override {target: u}\n";
        let project = project(&[("a.yml", base), ("b.yml", over)], &["a.yml", "b.yml"]);
        let web = project
            .root
            .value("services")
            .unwrap()
            .value("web")
            .unwrap();
        let links: Vec<&str> = web.value("links").unwrap().texts().collect();
        assert_eq!(links, ["mq"]);
        assert!(web.value("build").unwrap().get("args").is_none());
    }

    #[test]
    fn merge_keys_and_short_forms() {
        let text = "x-common: &common\n  hostname: h\n  restart: always\nservices:\n  web:\n    <<: *common\n    restart: 'no'\n    build: ./web\n    depends_on: [db]\n  db: &db {image: x}\n  more: {<<: [*db, *common]}\n";
        let project = project(&[("c.yml", text)], &["c.yml"]);
        assert_eq!(at(&project, "services.web.hostname").0, "h");
        assert_eq!(at(&project, "services.web.restart").0, "no");
        assert_eq!(at(&project, "services.web.build.context").0, "./web");
        assert_eq!(at(&project, "services.more.image").0, "x");
        let web = project
            .root
            .value("services")
            .unwrap()
            .value("web")
            .unwrap();
        assert!(web.value("depends_on").unwrap().get("db").is_some());
    }

    #[test]
    fn includes_and_extends_come_from_their_own_folders() {
        let files = [
            (
                "compose.yaml",
                "include:\n  - infra/compose.yaml\n  - path: [other.yaml]\n    project_directory: sub\nservices:\n  web:\n    extends: {file: base/base.yaml, service: app}\n    image: mine\n",
            ),
            ("infra/compose.yaml", "services:\n  db: {build: .}\n"),
            ("other.yaml", "services:\n  mq: {build: .}\n"),
            (
                "base/base.yaml",
                "services:\n  app:\n    extends: root\n    build: .\n  root:\n    hostname: r\n    image: theirs\n",
            ),
        ];
        let project = project(&files, &["compose.yaml"]);
        assert_eq!(services(&project), ["db", "mq", "web"]);
        let folder = |path: &str| {
            let mut value = &project.root;
            for key in path.split('.') {
                value = value.value(key).unwrap();
            }
            project.files[value.at.file].1.to_str().unwrap().to_owned()
        };
        assert_eq!(folder("services.db.build.context"), "infra");
        assert_eq!(folder("services.mq.build.context"), "sub");
        assert_eq!(folder("services.web.build.context"), "base");
        assert_eq!(at(&project, "services.web.image").0, "mine");
        assert_eq!(
            at(&project, "services.web.hostname"),
            ("r", Path::new("base/base.yaml"))
        );
    }

    #[test]
    fn circles_end() {
        let files = [
            (
                "a.yaml",
                "include: [b.yaml]\nservices:\n  a: {extends: b}\n  b: {extends: a, image: x}\n  c: {extends: {file: b.yaml, service: d}}\n",
            ),
            (
                "b.yaml",
                "include: [a.yaml, b.yaml]\nservices:\n  d: {extends: {file: a.yaml, service: c}}\n",
            ),
        ];
        let project = project(&files, &["a.yaml"]);
        assert_eq!(services(&project), ["d", "a", "b", "c"]);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let broken = "services:\n  a: [b\n";
        let project_of_two = project(
            &[("a.yml", broken), ("b.yml", "services: {b: {image: x}}\n")],
            &["a.yml", "b.yml", "none.yml"],
        );
        assert_eq!(services(&project_of_two), ["b"]);
        assert!(!project_of_two.complete);
        assert_eq!(project_of_two.problems.len(), 1);
        for text in ["", "# nothing\n", "--- \n", "- a\n", "just text\n"] {
            let text: &'static str = text;
            let project = project(&[("c.yml", text)], &["c.yml"]);
            assert!(project.root.value("services").is_none(), "{text}");
        }
    }

    #[test]
    fn aliases_in_aliases_are_not_followed_for_ever() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x]\n");
        for index in 1..40 {
            let last = index - 1;
            text.push_str(&format!(
                "a{index}: &a{index} [*a{last}, *a{last}, *a{last}, *a{last}]\n"
            ));
        }
        let source = Source::new("c.yml", text);
        let file = Rc::new(ComposeFile::new(Rc::new(source)));
        struct One(Rc<ComposeFile>);
        impl Sources for One {
            fn open(&self, _: &Path) -> Option<Rc<ComposeFile>> {
                Some(self.0.clone())
            }
        }
        let project = load(&One(file), &[PathBuf::from("c.yml")], Path::new(""), &());
        assert_eq!(project.problems.len(), 1);
    }
}
