//! The compose files that a job's commands use, and the services that each command is about.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::collections::HashMap;
use crate::compose::{Asked, NAMES, OVERRIDES, Project, Value, Variables, inside, load};
use crate::image_name::Expanded;
use crate::options::ComposeProvider;

use super::compose_use::ComposeUse;
use super::context::{Call, JobView};
use super::docker_call::DockerCall;
use super::job::JobPass;
use super::paths::path_from;

impl JobPass<'_> {
    /// The compose commands that the tables know, with the files and services that each is about.
    pub(crate) fn compose_uses(&self) -> &[ComposeUse] {
        self.compose.get_or_init(|| compose_uses(self))
    }
}

/// Looks at every compose command that the tables know.
fn compose_uses(pass: &JobPass<'_>) -> Vec<ComposeUse> {
    let mut projects: HashMap<Wanted, Option<Rc<Project>>> = HashMap::default();
    let mut settings = Settings::default();
    let mut pulled = false;
    let mut uses = Vec::new();
    for (index, docker) in pass.known_calls() {
        let Some(command) = docker.rule.name.strip_prefix("compose ") else {
            continue;
        };
        settings.follow(pass.view, docker.call.line);
        let mut environment = Environment::of(pass.view, docker.call, &settings);
        let folder = pass.folder_at(index);
        let wanted = folder.and_then(|folder| wanted(pass, docker, &folder, &mut environment));
        let project = wanted.and_then(|wanted| {
            let project = projects.entry(wanted).or_insert_with_key(|wanted| {
                let context = pass.view.context;
                let project = load(context, &wanted.files, &wanted.folder, &environment);
                (!project.files.is_empty()).then(|| Rc::new(project))
            });
            project.clone()
        });
        let (runs, builds) = match &project {
            Some(project) => services(docker, command, project, &environment, pulled),
            None => (Vec::new(), Vec::new()),
        };
        pulled |= command == "pull" && !docker.is_on("--ignore-buildable");
        uses.push(ComposeUse {
            call: index,
            project,
            runs,
            builds,
            waits: docker.is_on("--wait"),
        });
    }
    uses
}

/// The files of a project.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Wanted {
    files: Vec<PathBuf>,
    /// Where relative paths begin.
    folder: PathBuf,
    /// How many variables the script had set before.
    settings: usize,
    /// What the command itself sets.
    own: BTreeMap<String, Option<String>>,
}

/// Which files a command uses; nothing if that is not known.
fn wanted(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    folder: &Path,
    environment: &mut Environment<'_>,
) -> Option<Wanted> {
    let path = |written: &str| path_from(folder, written);
    let project_folder = match docker.values_between("--project-directory").last() {
        Some(written) => Some(path(&written.text)?),
        None => None,
    };
    let named = docker.values_between("--file");
    let beside = |files: &[PathBuf]| {
        let first = files.first().and_then(|file| file.parent());
        first.map(Path::to_owned).unwrap_or_default()
    };
    let mut read_env = |folder: &Path| {
        let files = docker.values_between("--env-file");
        match files.is_empty() {
            true => environment.read(&folder.join(".env")),
            false => files
                .iter()
                .filter_map(|file| path(&file.text))
                .for_each(|file| environment.read(&file)),
        }
    };
    let (files, folder) = if !named.is_empty() {
        let files: Option<Vec<PathBuf>> = named.iter().map(|file| path(&file.text)).collect();
        let files = files?;
        let folder = project_folder.unwrap_or_else(|| beside(&files));
        read_env(&folder);
        (files, folder)
    } else {
        let folder = project_folder.unwrap_or_else(|| folder.to_owned());
        read_env(&folder);
        match environment.get("COMPOSE_FILE") {
            Some(Some(list)) => {
                let separator = environment.value("COMPOSE_PATH_SEPARATOR");
                let separator = separator.unwrap_or_else(|| ":".to_owned());
                let files = list.split(separator.as_str());
                let files: Option<Vec<PathBuf>> = files.map(path).collect();
                let files = files?;
                let folder = beside(&files);
                (files, folder)
            }
            Some(None) => return None,
            None => found(pass, &folder)?,
        }
    };
    Some(Wanted {
        files,
        folder,
        settings: environment.settings.count,
        own: environment.own.clone(),
    })
}

/// The files that compose finds by itself, and their folder.
fn found(pass: &JobPass<'_>, folder: &Path) -> Option<(Vec<PathBuf>, PathBuf)> {
    let files = pass.view.context.files;
    let there = |folder: &Path, name: &str| {
        let path = folder.join(name);
        files.exists(&path).then_some(path)
    };
    if composer(pass.view) == ComposeProvider::PodmanCompose {
        // it takes all of them together, the names in front first. Source: podman-compose 1.6.0
        let (new, old) = (&NAMES[..2], &NAMES[2..]);
        let names = new
            .iter()
            .chain(&["compose.override.yaml", "compose.override.yml"]);
        let names = names.chain(old).chain(&OVERRIDES[2..]);
        let found: Vec<PathBuf> = names.filter_map(|name| there(folder, name)).collect();
        return (!found.is_empty()).then(|| (found, folder.to_owned()));
    }
    for folder in folder.ancestors() {
        let Some(base) = NAMES.iter().find_map(|name| there(folder, name)) else {
            continue;
        };
        let over = OVERRIDES.iter().find_map(|name| there(folder, name));
        let found = std::iter::once(base).chain(over).collect();
        return Some((found, folder.to_owned()));
    }
    None
}

/// The program that runs the compose files of a job: a machine of GitHub's has its own.
pub(crate) fn composer(view: &JobView<'_>) -> ComposeProvider {
    match view.on_machine() {
        true => ComposeProvider::DockerCompose,
        false => view.context.options.compose,
    }
}

/// The services of which a command makes containers, and those whose images it may build.
fn services(
    docker: &DockerCall<'_>,
    command: &str,
    project: &Project,
    environment: &Environment<'_>,
    pulled: bool,
) -> (Vec<String>, Vec<String>) {
    let (runs, builds) = match command {
        "up" | "create" | "run" | "watch" => (true, !docker.is_on("--no-build")),
        "scale" => (true, false),
        "build" => (false, true),
        _ => return (Vec::new(), Vec::new()),
    };
    let operands = docker.operands();
    let operands = match command {
        "run" => operands.get(..1).unwrap_or_default(),
        _ => &operands,
    };
    let mut names = Vec::new();
    for operand in operands {
        let Expanded { text, unknown, .. } = docker.text_of(*operand);
        if unknown {
            names.clear(); // it may be any of them
            break;
        }
        let name = text.split('=').next().unwrap_or_default();
        names.push(name.to_owned());
    }
    let mut profiles: Vec<String> = docker
        .values_between("--profile")
        .into_iter()
        .map(|profile| profile.text)
        .collect();
    let listed = environment.value("COMPOSE_PROFILES").unwrap_or_default();
    profiles.extend(listed.split(',').map(|profile| profile.trim().to_owned()));
    let asked = Asked {
        services: names,
        profiles,
        dependencies: match command {
            "build" => docker.is_on("--with-dependencies"),
            _ => !docker.is_on("--no-deps"),
        },
    };
    let found = project.services(&asked);
    let has = |name: &str, key: &str| {
        let services = project.root.value("services");
        let service = services.and_then(|services| services.value(name));
        service.is_some_and(|service| service.get(key).is_some())
    };
    // what has a name to be pulled under need not be built
    let again = !pulled || command == "build" || docker.is_on("--build");
    let built = found
        .iter()
        .filter(|name| builds && has(name, "build") && (again || !has(name, "image")))
        .map(|name| (*name).to_owned());
    let built = built.collect();
    let run = found.iter().filter(|_| runs).map(|name| (*name).to_owned());
    (run.collect(), built)
}

/// The variables that the scripts have set up to some line; nothing for a value that is not known.
#[derive(Default)]
struct Settings {
    values: HashMap<String, Option<String>>,
    /// How many lines were followed.
    lines: usize,
    /// How many values were set, one over the other.
    count: usize,
}

impl Settings {
    /// Goes on to the end of a line.
    fn follow(&mut self, view: &JobView<'_>, line: usize) {
        while self.lines <= line {
            let Some(line) = view.lines.get(self.lines) else {
                break;
            };
            self.lines += 1;
            if view.job.provider.has_steps() {
                self.values.clear(); // each step has a shell of its own
                self.count += 1;
            }
            let Ok(script) = &line.parsed.script else {
                continue;
            };
            let text = &line.parsed.text;
            for one in &script.assignments {
                self.set(view, &one.name, one.value.raw(text));
            }
            for command in &script.commands {
                if command.program() == Some("export") {
                    for word in command.words.iter().skip(1) {
                        let raw = text.get(word.span.clone()).unwrap_or_default();
                        if let Some((name, value)) = raw.split_once('=') {
                            self.set(view, name, value);
                        }
                    }
                }
            }
        }
    }

    fn set(&mut self, view: &JobView<'_>, name: &str, raw: &str) {
        self.values.insert(name.to_owned(), assigned(view, raw));
        self.count += 1;
    }
}

/// The value of an assignment, if it is known.
fn assigned(view: &JobView<'_>, raw: &str) -> Option<String> {
    let value = view.expand(raw.trim_matches(['"', '\'']));
    (!value.unknown).then_some(value.text)
}

/// The variables that a command of a script sees.
struct Environment<'v> {
    view: &'v JobView<'v>,
    settings: &'v Settings,
    /// What the command itself sets.
    own: BTreeMap<String, Option<String>>,
    /// What the project's own file sets.
    file: HashMap<String, String>,
}

impl<'v> Environment<'v> {
    fn of(view: &'v JobView<'v>, call: &Call, settings: &'v Settings) -> Self {
        let own = call.command().assignments.iter();
        let own = own.map(|one| {
            let value = assigned(view, one.value.raw(call.text()));
            (one.name.clone(), value)
        });
        Self {
            view,
            settings,
            own: own.collect(),
            file: HashMap::default(),
        }
    }

    /// Reads a file of variables of the repository, if it is there.
    fn read(&mut self, path: &Path) {
        let files = self.view.context.files;
        if !files.exists(path) {
            return;
        }
        let Ok(source) = files.read(path) else { return };
        for line in source.text().lines() {
            let line = line.trim();
            let line = line.strip_prefix("export ").unwrap_or(line);
            if let Some((name, value)) = line.split_once('=')
                && !name.starts_with('#')
            {
                let value = value.trim().trim_matches(['"', '\'']);
                self.file.insert(name.trim().to_owned(), value.to_owned());
            }
        }
    }

    /// The value of a variable, if it is known; nothing at all if it is not set.
    fn get(&self, name: &str) -> Option<Option<String>> {
        if let Some(set) = self
            .own
            .get(name)
            .or_else(|| self.settings.values.get(name))
        {
            return Some(set.clone());
        }
        if let Some(variable) = self.view.job.variables.get(name) {
            let value = variable.value.as_deref().filter(|_| !variable.varies);
            let value = value.map(|value| self.view.expand(value));
            return Some(value.filter(|value| !value.unknown).map(|value| value.text));
        }
        self.file.get(name).map(|value| Some(value.clone()))
    }
}

impl Variables for Environment<'_> {
    fn value(&self, name: &str) -> Option<String> {
        self.get(name).flatten()
    }
}

/// What a service is built from.
pub(crate) struct ServiceBuild {
    /// The Dockerfile, from the root of the repository.
    pub dockerfile: PathBuf,
    /// The stage that is built, if that is not the last one.
    pub target: Option<String>,
}

/// What a service is built from, if its Dockerfile is a file of the repository.
pub(crate) fn build_of(project: &Project, service: &str) -> Option<ServiceBuild> {
    let build = project.service(service)?.value("build")?;
    if build.get("dockerfile_inline").is_some() {
        return None;
    }
    let context = build.value("context");
    let at = context.map_or(build.at, |context| context.at);
    let (_, folder) = project.files.get(at.file)?;
    let context = match context {
        Some(context) => inside(folder, context.text()?)?,
        None => folder.clone(),
    };
    let dockerfile = match build.value("dockerfile") {
        Some(dockerfile) => inside(&context, dockerfile.text()?)?,
        None => context.join("Dockerfile"),
    };
    let target = build.value("target").and_then(Value::text);
    Some(ServiceBuild {
        dockerfile,
        target: target.map(str::to_owned),
    })
}
