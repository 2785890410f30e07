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
mod lookup;
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
pub(crate) use files::Texts;
use makefile::Part;
use reading::{Holds, Mention, Reading, Use};
pub(crate) use simple::{Simple, loose};

/// How many files one job is followed into, and how many one word may stand for.
const MOST_STEPS: usize = 400;
const MOST_MATCHES: usize = 40;

/// How many files are named that lead to another one.
const MOST_SHOWN: usize = 4;

/// How many folders one file may run in.
const MOST_FOLDERS: usize = 12;

/// What is found in a file that a job reaches.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// How the file uses Docker.
    what: Use,
    /// The file and the line, from 1.
    pub(crate) path: String,
    line: usize,
    /// The files that lead to it, from the first one.
    way: Vec<String>,
}

impl Found {
    /// What there is to say.
    pub(crate) fn message(&self) -> String {
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
            [first, .., last] if self.way.len() > MOST_SHOWN => {
                format!("{path}:{line} {what}, reached by {first}, ..., {last}")
            }
            way => format!("{path}:{line} {what}, reached by {}", way.join(", ")),
        }
    }
}

/// The closure of one job.
pub(crate) struct Closure<'a> {
    texts: &'a Texts<'a>,
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
    /// Whether only calls of docker count, in files that are run and not only named.
    runs_alone: bool,
}

/// What one command of a job reaches.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    /// Whether what it runs is a file that was read.
    pub(crate) seen: bool,
    /// Docker in one of the files.
    pub(crate) found: Option<Found>,
    /// Whether there was too much to follow.
    pub(crate) too_much: bool,
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
    pub(crate) fn new(texts: &'a Texts<'a>) -> Self {
        Self {
            texts,
            seen: HashSet::default(),
            run: Vec::new(),
            engines: HashMap::default(),
            set: HashSet::default(),
            parts: Vec::new(),
            others: Vec::new(),
            call: 0,
            runs_alone: false,
        }
    }

    /// As [`Closure::new`], for a job without Docker of its own: what it only names, or what only looks like Docker, is none.
    pub(crate) fn of_what_runs(texts: &'a Texts<'a>) -> Self {
        Self {
            runs_alone: true,
            ..Self::new(texts)
        }
    }

    fn rules(&self) -> &'a Rules {
        self.texts.rules
    }

    fn files(&self) -> &'a dyn Files {
        self.texts.files
    }

    /// Follows a command of the job's own; `folder` is the one in which it runs, if that is known.
    pub(crate) fn follow(
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
    pub(crate) fn follow_text(&mut self, text: &str) -> Reached {
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
        if self.seen.contains(&key) || self.runs_alone && !step.run {
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
            let mentions = parts.first().map(|part| part.reading.mentions.iter());
            for mention in mentions.into_iter().flatten() {
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
        let uses = uses.filter(|(_, what)| {
            let counts = !self.runs_alone || *what == Use::Calls;
            counts && !self.is_own_file(what, &step.folders, &own)
        });
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
        // code names files for many ends, and what it starts is not read line by line
        if self.runs_alone && files::is_foreign(path) {
            return;
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

    /// A file, taken apart; nothing if it holds no commands.
    fn read(&self, path: &Path, run: bool) -> Option<Rc<Vec<Part>>> {
        self.texts.read(path, run)
    }
}
