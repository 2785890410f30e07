//! What a job runs, by its text alone: from each command every word that may be a file of the repository, from each such
//! file the same, to the end. It is careful rather than exact: where it is not known in which folder a name is looked for,
//! each of the folders counts, and each branch of a script is taken.
//!
//! What docker's own commands read (Dockerfiles, contexts, compose files) belongs to the engine and is not followed, nor are
//! lock files and documentation.

mod choice;
mod engines;
mod files;
mod foreign;
mod makefile;
mod reading;
mod simple;
mod words;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::collections::{HashMap, HashSet};
use crate::repository::Files;
use crate::rules::Rules;

use choice::chosen;
pub(super) use files::Texts;
use files::{is_script, names_script};
use makefile::Part;
use reading::{Holds, Mention, Reading, Use};
pub(super) use simple::Simple;
use words::Base;

use super::context::Context;

/// How many files one job is followed into, and how many one word may stand for.
const MOST_STEPS: usize = 400;
const MOST_MATCHES: usize = 40;

/// How many folders one file may run in.
const MOST_FOLDERS: usize = 12;

/// What is found in a file that a job reaches.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// How the file uses Docker.
    what: Use,
    /// The file and the line, from 1.
    pub(super) path: String,
    line: usize,
    /// The files that lead to it, from the first one.
    way: Vec<String>,
}

impl Found {
    /// What there is to say.
    pub(super) fn message(&self) -> String {
        let Self { path, line, .. } = self;
        let what = match &self.what {
            Use::Calls => "calls docker".to_owned(),
            Use::Engine(program) => {
                let program = simple::base_name(program);
                format!("runs {program}, which needs Docker's engine")
            }
            Use::Socket => "uses Docker's socket".to_owned(),
            Use::Library => "uses a library that speaks to Docker's engine".to_owned(),
        };
        match self.way.as_slice() {
            [] => format!("{path}:{line} {what}"),
            way => format!("{path}:{line} {what}, reached by {}", way.join(", ")),
        }
    }
}

/// The closure of one job.
pub(super) struct Closure<'a> {
    context: &'a Context<'a>,
    /// What was followed: a file, the part of it, and the folder in which it runs.
    seen: HashSet<(PathBuf, Vec<String>, PathBuf)>,
    /// Where variables are in the place of a program.
    run: Vec<(usize, String, Found)>,
    /// Where they hold docker.
    engines: HashMap<String, Vec<(Holds, Found)>>,
    /// All variables that something sets.
    set: HashSet<String>,
    /// The parts that were reached.
    parts: Vec<(PathBuf, Rc<Vec<Part>>, usize)>,
    /// The commands of files that may run tests or look for images, each with its folders.
    others: Vec<(usize, Simple, Vec<PathBuf>)>,
    /// The call of the job that is followed now.
    call: usize,
}

/// What one command of a job reaches.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// Whether what it runs is a file that was read.
    pub(super) seen: bool,
    /// Docker in one of the files.
    pub(super) found: Option<Found>,
    /// Whether there was too much to follow.
    pub(super) too_much: bool,
}

/// A file to be followed.
struct Step {
    path: PathBuf,
    /// The parts that are asked for; none: what the file does when nothing is asked.
    wanted: Vec<String>,
    /// The folders in which it may run.
    folders: Vec<PathBuf>,
    way: Vec<String>,
    /// Whether it is run for certain, or only named.
    run: bool,
}

impl<'a> Closure<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        Self {
            context,
            seen: HashSet::default(),
            run: Vec::new(),
            engines: HashMap::default(),
            set: HashSet::default(),
            parts: Vec::new(),
            others: Vec::new(),
            call: 0,
        }
    }

    fn rules(&self) -> &'a Rules {
        self.context.rules
    }

    fn files(&self) -> &'a dyn Files {
        self.context.files
    }

    /// Follows a command of the job's own; `folder` is the one in which it runs, if that is known.
    pub(super) fn follow(
        &mut self,
        call: usize,
        command: Simple,
        folder: Option<PathBuf>,
        entered: &[PathBuf],
    ) -> Reached {
        self.call = call;
        let mut reading = Reading::default();
        reading.command(self.rules(), command);
        let folders = match folder {
            Some(folder) => vec![folder],
            None => std::iter::once(PathBuf::new())
                .chain(entered.iter().cloned())
                .collect(),
        };
        self.reached(&reading, &folders)
    }

    /// Follows a text of commands that an action runs in the root of the repository.
    pub(super) fn follow_text(&mut self, text: &str) -> Reached {
        self.call = usize::MAX;
        let mut reading = Reading::default();
        reading.shell(self.rules(), text, 0);
        self.reached(&reading, &[PathBuf::new()])
    }

    fn reached(&mut self, reading: &Reading, folders: &[PathBuf]) -> Reached {
        let here = Found {
            what: Use::Calls,
            path: String::new(),
            line: 0,
            way: Vec::new(),
        };
        self.note_variables(reading, &here);
        let mut reached = Reached::default();
        let mut steps = Vec::new();
        self.steps(&reading.mentions, folders, None, &[], &mut steps);
        reached.seen = steps.iter().any(|step| step.run);
        while let Some(step) = steps.pop() {
            if self.seen.len() > MOST_STEPS {
                reached.too_much = true;
                break;
            }
            self.step(step, &mut steps, &mut reached);
        }
        reached
    }

    fn step(&mut self, step: Step, steps: &mut Vec<Step>, reached: &mut Reached) {
        let first = step.folders.first().cloned().unwrap_or_default();
        let key = (step.path.clone(), step.wanted.clone(), first);
        if self.seen.contains(&key) {
            return;
        }
        let files = self.with_includes(&step);
        if files.is_empty() {
            return; // what is only named here may be run by another command
        }
        self.seen.insert(key);
        for (file, index) in chosen(&files, &step.wanted) {
            let Some((path, parts)) = files.get(file) else {
                continue;
            };
            self.part(&step, path, parts, index, steps, reached);
        }
    }

    /// A file and the makefiles that it takes in.
    fn with_includes(&self, step: &Step) -> Vec<(PathBuf, Rc<Vec<Part>>)> {
        let mut files: Vec<(PathBuf, Rc<Vec<Part>>)> = Vec::new();
        let mut open = vec![step.path.clone()];
        while let Some(path) = open.pop() {
            if files.len() > MOST_MATCHES || files.iter().any(|(known, _)| *known == path) {
                continue;
            }
            let Some(parts) = self.read(&path, step.run) else {
                continue;
            };
            let mentions = parts.first().map(|part| part.reading.mentions.as_slice());
            for (_, mention) in mentions.unwrap_or_default() {
                if let Mention::Include(word) = mention {
                    open.extend(self.named(word, &step.folders, path.parent(), true));
                }
            }
            files.push((path, parts));
        }
        files
    }

    /// Takes in a part of a file.
    fn part(
        &mut self,
        step: &Step,
        path: &Path,
        parts: &Rc<Vec<Part>>,
        index: usize,
        steps: &mut Vec<Step>,
        reached: &mut Reached,
    ) {
        let Some(part) = parts.get(index) else {
            return;
        };
        let shown = crate::repository::slashed(path);
        let own = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let at = |line: usize, what: Use| Found {
            what,
            path: shown.clone(),
            line: line + 1,
            way: step.way.clone(),
        };
        let uses = part.reading.uses.iter();
        let uses = uses.filter(|(_, what)| !self.is_own_file(what, &step.folders, &own));
        if let Some((line, what)) = uses.min_by_key(|(line, _)| *line)
            && reached.found.is_none()
        {
            reached.found = Some(at(*line, what.clone()));
        }
        self.note_variables(&part.reading, &at(0, Use::Calls));
        let mut folders = step.folders.clone();
        if !part.reading.folders.is_empty() {
            folders.push(own.clone());
        }
        for word in &part.reading.folders {
            let Some((base, rest)) = words::pattern(word) else {
                continue;
            };
            let bases = self.bases(base, &step.folders, Some(&own));
            let more = bases.iter().filter_map(|base| words::joined(base, &rest));
            let more: Vec<PathBuf> = more
                .filter(|folder| !folders.contains(folder))
                .take(MOST_FOLDERS)
                .collect();
            folders.extend(more);
        }
        folders.truncate(MOST_FOLDERS);
        let mut way = step.way.clone();
        if way.last() != Some(&shown) {
            way.push(shown);
        }
        let mentions = &part.reading.mentions;
        self.steps(mentions, &folders, Some(&own), &way, steps);
        let others = part.reading.others.iter().cloned();
        let call = self.call;
        self.others
            .extend(others.map(|simple| (call, simple, folders.clone())));
        self.parts.push((path.to_owned(), parts.clone(), index));
    }

    /// Whether what looks like a tool, `./pack`, is a file of the repository, which is read.
    fn is_own_file(&self, what: &Use, folders: &[PathBuf], own: &Path) -> bool {
        match what {
            Use::Engine(word) if word.contains('/') => {
                !self.named(word, folders, Some(own), false).is_empty()
            }
            _ => false,
        }
    }

    fn note_variables(&mut self, reading: &Reading, at: &Found) {
        let on = |line: usize| Found {
            line: line + 1,
            ..at.clone()
        };
        self.set.extend(reading.set.iter().cloned());
        for (line, name) in &reading.run {
            self.run.push((self.call, name.clone(), on(*line)));
        }
        for (line, name, holds) in &reading.engines {
            self.engines
                .entry(name.clone())
                .or_default()
                .push((*holds, on(*line)));
        }
    }

    /// The folders that a path may begin in.
    fn bases(&self, base: Base, folders: &[PathBuf], own: Option<&Path>) -> Vec<PathBuf> {
        let mut bases = match base {
            Base::Root => vec![PathBuf::new()],
            Base::OwnFolder => own.map(Path::to_path_buf).into_iter().collect(),
            Base::Working | Base::Unknown => folders.to_vec(),
        };
        if base == Base::Unknown {
            bases.extend(own.map(Path::to_path_buf));
            bases.push(PathBuf::new());
        }
        bases
    }

    /// The files that a word may stand for.
    fn named(
        &self,
        word: &str,
        folders: &[PathBuf],
        own: Option<&Path>,
        anywhere: bool,
    ) -> Vec<PathBuf> {
        let Some((base, text)) = words::pattern(word) else {
            return Vec::new();
        };
        let files = self.files();
        let look = |base: &Path| -> Vec<PathBuf> {
            let Some(path) = words::joined(base, &text) else {
                return Vec::new();
            };
            match text.contains('*') {
                true => {
                    let mut matches = files.glob(&crate::repository::slashed(&path));
                    matches.truncate(MOST_MATCHES);
                    matches
                }
                false if files.exists(&path) => vec![path],
                false => Vec::new(),
            }
        };
        let bases = self.bases(base, folders, own);
        let mut found: Vec<PathBuf> = bases.iter().flat_map(|base| look(base)).collect();
        if found.is_empty() && base != Base::Root {
            found.extend(own.into_iter().flat_map(look));
            found.extend(look(Path::new("")));
        }
        if found.is_empty() && anywhere {
            let tail = text
                .trim_start_matches("./")
                .trim_start_matches("../")
                .trim_start_matches("*/");
            let mut everywhere = files.glob(&format!("**/{tail}"));
            everywhere.truncate(MOST_MATCHES);
            found = everywhere;
        }
        found.sort();
        found.dedup();
        found.truncate(MOST_MATCHES);
        found
    }

    /// What the things lead to that a text names.
    fn steps(
        &self,
        mentions: &[(usize, Mention)],
        folders: &[PathBuf],
        own: Option<&Path>,
        way: &[String],
        steps: &mut Vec<Step>,
    ) {
        let step = |path: PathBuf, run: bool| Step {
            path,
            wanted: Vec::new(),
            folders: folders.to_vec(),
            way: way.to_vec(),
            run,
        };
        let within = |folder: &Option<String>| match folder {
            Some(folder) => self.folders(folder, folders, own),
            None => folders.to_vec(),
        };
        for (_, mention) in mentions {
            match mention {
                Mention::Include(_) => {} // read together with the file that takes it in
                Mention::Run(word) => {
                    let named = self.named(word, folders, own, true);
                    steps.extend(named.into_iter().map(|path| step(path, true)));
                }
                Mention::Named(word) => {
                    let named = self.named(&format!("./{word}"), folders, own, true);
                    let scripts = named
                        .into_iter()
                        .filter(|path| is_script(self.files(), path));
                    steps.extend(scripts.map(|path| step(path, true)));
                }
                Mention::Word(word) if word.contains(['/', '.']) && !word.contains("://") => {
                    let named = self.named(word, folders, own, false).into_iter();
                    steps.extend(named.map(|path| {
                        let run = names_script(&path);
                        step(path, run)
                    }));
                }
                Mention::Word(_) => {}
                Mention::Implied(name) => {
                    let named = self.named(name, folders, None, false).into_iter();
                    let whole = name.to_ascii_lowercase().ends_with("justfile");
                    steps.extend(named.map(|path| step(path, whole)));
                }
                Mention::Make(folder, file, targets) => {
                    let within = within(folder);
                    let usual = ["GNUmakefile", "makefile", "Makefile"];
                    let names = match file {
                        Some(file) => vec![file.as_str()],
                        None => usual.to_vec(),
                    };
                    for name in names {
                        let named = self.named(name, &within, None, file.is_some());
                        steps.extend(named.into_iter().map(|path| Step {
                            wanted: targets.clone(),
                            folders: within.clone(),
                            ..step(path, true)
                        }));
                    }
                }
                Mention::Package(folder, name) => {
                    let within = within(folder);
                    let named = self.named("package.json", &within, None, folder.is_some());
                    for path in named.into_iter().filter(|path| self.has_part(path, name)) {
                        let by_itself = ["preinstall", "install", "postinstall", "prepare"];
                        steps.push(Step {
                            wanted: vec![name.clone()],
                            folders: path.parent().map(Path::to_path_buf).into_iter().collect(),
                            ..step(path, !by_itself.contains(&name.as_str()))
                        });
                    }
                }
            }
        }
    }

    /// Whether a file has a part of a name.
    fn has_part(&self, path: &Path, name: &String) -> bool {
        let parts = self.read(path, true);
        parts.is_some_and(|parts| parts.iter().any(|part| part.names.contains(name)))
    }

    /// The folders that a word may name.
    fn folders(&self, word: &str, folders: &[PathBuf], own: Option<&Path>) -> Vec<PathBuf> {
        let Some((base, text)) = words::pattern(word) else {
            return folders.to_vec();
        };
        let bases = self.bases(base, folders, own);
        bases
            .iter()
            .filter_map(|base| words::joined(base, &text))
            .collect()
    }

    /// A file, taken apart; nothing if it holds no commands.
    fn read(&self, path: &Path, run: bool) -> Option<Rc<Vec<Part>>> {
        self.context.texts.read(self.context, path, run)
    }
}
