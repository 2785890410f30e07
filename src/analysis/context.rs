//! What every pass sees: the files, the rules, the job, and the commands of its scripts.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::collections::{HashMap, HashSet};
use crate::compose::{ComposeFile, Sources};
use crate::dockerfile::Dockerfile;
use crate::image_name::{Expanded, expand};
use crate::options::Options;
use crate::pipeline::{Action, Documents, Job, Line, NodeRef, Pipeline};
use crate::project::{LARGEST, ProjectFiles};
use crate::repository::Files;
use crate::rules::Rules;
use crate::shell::{self, Word};
use crate::text::Location;

pub use super::call::Call;
pub(crate) use super::call::{LineView, Parsed};
use super::closure::Texts;
use super::generated_files;
use super::names::Names;
use super::text::unquoted;

/// What stays the same for all jobs of a run.
pub struct Context<'a> {
    /// The files.
    pub documents: &'a Documents,
    /// The rules.
    pub rules: &'a Rules,
    /// What the user asked for.
    pub options: &'a Options,
    /// The rest of the repository.
    pub files: &'a dyn Files,
    /// The pipeline of the job at hand.
    pub pipeline: &'a Pipeline,
    /// Other files of the repository that findings may point into; none if nothing else than changes is asked for.
    pub project: Option<&'a ProjectFiles>,
    parsed: &'a Scripts,
    /// Compose files that were read, each once.
    compose: RefCell<HashMap<PathBuf, Option<Rc<ComposeFile>>>>,
    /// Dockerfiles that were read, each once.
    dockerfiles: RefCell<HashMap<PathBuf, Option<Rc<Dockerfile>>>>,
    /// The jobs that run each line, by their place in the pipeline.
    pub(crate) runners: OnceCell<HashMap<NodeRef, Vec<usize>>>,
    /// What reads a login in each job, once somebody asked.
    pub(crate) readers: OnceCell<Vec<OnceCell<Option<String>>>>,
    /// Files that jobs run, each read once.
    pub(crate) texts: Texts<'a>,
}

/// Scripts that were parsed already: a line that many jobs have, or that is the same before and after, is parsed once.
#[derive(Debug, Default)]
pub struct Scripts(RefCell<HashMap<Rc<str>, Rc<Parsed>>>);

impl<'a> Context<'a> {
    /// What the passes over one pipeline see.
    pub fn new(
        documents: &'a Documents,
        rules: &'a Rules,
        options: &'a Options,
        files: &'a dyn Files,
        pipeline: &'a Pipeline,
        parsed: &'a Scripts,
        project: Option<&'a ProjectFiles>,
    ) -> Self {
        Self {
            documents,
            rules,
            options,
            files,
            pipeline,
            project,
            parsed,
            compose: RefCell::default(),
            dockerfiles: RefCell::default(),
            runners: OnceCell::new(),
            readers: OnceCell::new(),
            texts: Texts::new(files, rules),
        }
    }

    /// The same over more documents, of which the first ones are these.
    pub(crate) fn over<'b>(&'b self, documents: &'b Documents) -> Context<'b> {
        Context::new(
            documents,
            self.rules,
            self.options,
            self.files,
            self.pipeline,
            self.parsed,
            self.project,
        )
    }

    /// A Dockerfile of the repository, if it is there and no larger than what is read.
    pub(crate) fn dockerfile(&self, path: &Path) -> Option<Rc<Dockerfile>> {
        if let Some(known) = self.dockerfiles.borrow().get(path) {
            return known.clone();
        }
        let source = self.files.exists(path).then(|| self.files.read(path).ok());
        let source = source.flatten().filter(|it| it.text().len() <= LARGEST);
        let file = source.map(|source| Rc::new(Dockerfile::read(source.text())));
        self.dockerfiles
            .borrow_mut()
            .insert(path.to_owned(), file.clone());
        file
    }

    /// The script of a line.
    pub fn parse(&self, line: &Line) -> Rc<Parsed> {
        let text = self.documents.text(line.node).unwrap_or_default();
        if let Some(commands) = &line.commands {
            return Rc::new(Parsed {
                text: text.into(),
                script: Ok((**commands).clone()),
            });
        }
        if let Some(known) = self.parsed.0.borrow().get(text) {
            return known.clone();
        }
        let script = shell::parse(text);
        let text: Rc<str> = text.into();
        let parsed = Rc::new(Parsed {
            text: text.clone(),
            script,
        });
        self.parsed.0.borrow_mut().insert(text, parsed.clone());
        parsed
    }

    /// A job without its scripts.
    pub(crate) fn outline<'b>(&'b self, job: &'b Job) -> JobView<'b> {
        JobView {
            context: self,
            job,
            lines: Vec::new(),
            calls: Vec::new(),
            written: HashSet::default(),
            names: OnceCell::new(),
        }
    }

    /// A job with the commands of its scripts.
    pub fn view<'b>(&'b self, job: &'b Job) -> JobView<'b> {
        let mut lines: Vec<LineView> = job
            .lines()
            .map(|(phase, line)| LineView {
                phase,
                node: line.node,
                item: line.item,
                step: line.step,
                folder: line.folder.clone(),
                parsed: self.parse(line),
            })
            .collect();
        let written = generated_files::read(&mut lines);
        let mut calls = Vec::new();
        for (line, view) in lines.iter().enumerate() {
            let Ok(script) = &view.parsed.script else {
                continue;
            };
            calls.extend((0..script.commands.len()).map(|index| Call {
                phase: view.phase,
                line,
                parsed: view.parsed.clone(),
                index,
            }));
        }
        JobView {
            context: self,
            job,
            lines,
            calls,
            written,
            names: OnceCell::new(),
        }
    }
}

impl Sources for Context<'_> {
    fn open(&self, path: &Path) -> Option<Rc<ComposeFile>> {
        if let Some(known) = self.compose.borrow().get(path) {
            return known.clone();
        }
        let source = match self.project {
            Some(project) => project.open(self.files, path).map(|file| file.source),
            None if self.files.exists(path) => self.files.read(path).ok().map(Rc::new),
            None => None,
        };
        let file = source.map(|source| Rc::new(ComposeFile::new(source)));
        self.compose
            .borrow_mut()
            .insert(path.to_owned(), file.clone());
        file
    }
}

/// A job, and the commands of its scripts.
pub struct JobView<'a> {
    /// What stays the same for all jobs.
    pub context: &'a Context<'a>,
    /// The job.
    pub job: &'a Job,
    /// The lines of its scripts, in the order in which they run.
    pub lines: Vec<LineView>,
    /// The commands of all lines, in the same order.
    pub calls: Vec<Call>,
    /// The scripts that it writes into files and runs; what they hold is among the calls.
    pub written: HashSet<String>,
    /// The names in them, once somebody asked.
    names: OnceCell<Names>,
}

impl JobView<'_> {
    /// The names in its scripts.
    pub(crate) fn names(&self) -> &Names {
        let of = || Names::of(&self.lines, &self.calls);
        self.names.get_or_init(of)
    }

    /// The line that holds a call.
    pub fn line(&self, call: &Call) -> &LineView {
        &self.lines[call.line]
    }

    /// The calls that begin in a range of a line's script, by their places in [`Self::calls`].
    pub fn calls_in(&self, line: usize, range: &Range<usize>) -> Range<usize> {
        let first = |at: usize| {
            self.calls
                .partition_point(|call| (call.line, call.command().span.start) < (line, at))
        };
        first(range.start)..first(range.end)
    }

    /// The commands that an action was written out as, by their places in [`Self::calls`].
    pub(crate) fn calls_of(&self, action: &Action) -> Vec<usize> {
        let Some(commands) = &action.commands else {
            return Vec::new();
        };
        let calls = self.calls.iter().enumerate().filter(|(_, call)| {
            let list = self.line(call).item.map(|(list, _)| list);
            commands.lists().any(|own| Some(own) == list)
        });
        calls.map(|(index, _)| index).collect()
    }

    /// Where a range of a call's script stands in its file.
    pub fn at(&self, call: &Call, range: Range<usize>) -> Location {
        self.context.documents.inside(self.line(call).node, range)
    }

    /// Where a whole command stands.
    pub fn at_command(&self, call: &Call) -> Location {
        self.at(call, call.command().span.clone())
    }

    /// Where the job is named.
    pub fn at_job(&self) -> Location {
        self.context.documents.location(self.job.key)
    }

    /// A text with the job's variables put in.
    pub fn expand(&self, text: &str) -> Expanded {
        expand(text, &self.job.variables)
    }

    /// A word without its quotes, with the job's variables put in.
    pub fn expand_word(&self, call: &Call, word: &Word) -> Expanded {
        match &word.value {
            Some(value) => Expanded {
                text: value.clone(),
                unknown: false,
                used: Vec::new(),
            },
            None => self.expand(&unquoted(call.raw(word))),
        }
    }
}
