//! Who reads Docker's file of credentials in a job, behind docker's back.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::collections::{HashMap, HashSet};
use crate::pipeline::{Environment, Job, Line, NodeRef};
use crate::rules::Rules;
use crate::shell::Command;

use super::context::Context;
use super::paths::path_from;
use super::text::unquoted;

impl Context<'_> {
    /// A program that reads Docker's credentials file in any of the jobs that run a line: they share its login.
    pub fn credential_reader(&self, line: NodeRef) -> Option<&str> {
        let jobs = &self.pipeline.jobs;
        let readers = self
            .readers
            .get_or_init(|| jobs.iter().map(|_| OnceCell::new()).collect());
        self.jobs_with(line)?.iter().find_map(|index| {
            let job = jobs.get(*index)?;
            let reader = readers.get(*index)?.get_or_init(|| self.reader_in(job));
            reader.as_deref()
        })
    }

    /// Whether more than one job runs a line.
    pub(crate) fn is_shared(&self, line: NodeRef) -> bool {
        self.jobs_with(line).is_some_and(|jobs| jobs.len() > 1)
    }

    /// The jobs that run a line, by their places in the pipeline.
    fn jobs_with(&self, line: NodeRef) -> Option<&Vec<usize>> {
        let runners = self.runners.get_or_init(|| {
            let mut runners: HashMap<NodeRef, Vec<usize>> = HashMap::default();
            let jobs = self.pipeline.jobs.iter().enumerate();
            for (index, job) in jobs.filter(|(_, job)| !job.hidden) {
                for (_, line) in job.lines() {
                    let known = runners.entry(line.node).or_default();
                    if known.last() != Some(&index) {
                        known.push(index);
                    }
                }
            }
            runners
        });
        runners.get(&line)
    }

    fn reader_in(&self, job: &Job) -> Option<String> {
        let action = job
            .actions
            .iter()
            .find(|action| self.rules.action_reads_credentials(&action.name));
        if let Some(action) = action {
            return Some(action.name.clone());
        }
        let mut others = job.foreign_scripts.iter();
        if let Some((_, program)) = others.find(|(node, _)| {
            let text = self.documents.text(*node);
            text.is_some_and(names_docker_folder)
        }) {
            return Some(format!("a script for {program}"));
        }
        let mut seen = HashSet::default();
        job.lines().find_map(|(_, line)| {
            let parsed = self.parse(line);
            if names_docker_folder(&parsed.text) {
                return Some("the script".to_owned());
            }
            let script = parsed.script.as_ref().ok()?;
            let mut commands = script.commands.iter();
            commands.find_map(|command| {
                let reads = reader(self.rules, command).map(str::to_owned);
                let reads = reads.or_else(|| skopeo(command).filter(|_| on_machine(job)));
                let reads =
                    reads.or_else(|| self.file_that_reads(line, &parsed.text, command, &mut seen));
                reads.or_else(|| self.out_of_sight(job, &parsed.text, command))
            })
        })
    }

    /// A program that runs what is not seen here, on a machine where that still finds docker.
    fn out_of_sight(&self, job: &Job, text: &str, command: &Command) -> Option<String> {
        let program = command.program()?;
        if !on_machine(job) || !self.rules.runs_project_code(program) {
            return None;
        }
        let words = command.words.iter().skip(1);
        let words =
            words.filter_map(|word| Some(unquoted(text.get(word.span.clone())?).into_owned()));
        let words: Vec<String> = words.collect();
        let own = self.rules.runs_own_code_only(program, || words.clone());
        let shell = matches!(
            program,
            "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" | "source" | "eval"
        );
        (!own && !shell).then(|| format!("what {program} runs may be docker, which"))
    }

    /// A file of the repository that a command runs, and that reads the credentials.
    fn file_that_reads(
        &self,
        line: &Line,
        text: &str,
        command: &Command,
        seen: &mut HashSet<PathBuf>,
    ) -> Option<String> {
        let program = command.program()?;
        let folder = path_from(Path::new(""), line.folder.as_deref().unwrap_or_default());
        let folder = folder.unwrap_or_default();
        let by_name = match program {
            "make" | "gmake" => ["Makefile", "makefile", "GNUmakefile"].as_slice(),
            "npm" | "yarn" | "pnpm" => ["package.json"].as_slice(),
            _ => [].as_slice(),
        };
        let runs = self.rules.runs_project_code(program) || program.contains(['/', '.']);
        let words = command.words.iter().filter(|_| runs);
        let written = words.map(|word| {
            let raw = text.get(word.span.clone()).unwrap_or_default();
            unquoted(raw).into_owned()
        });
        let written = written.chain(by_name.iter().map(|name| (*name).to_owned()));
        for word in written.filter(|word| word.contains(['/', '.'])) {
            let from_here = path_from(&folder, &word);
            for path in from_here.into_iter().chain(path_from(Path::new(""), &word)) {
                if !seen.insert(path.clone()) || !self.files.exists(&path) {
                    continue;
                }
                let source = self.files.read(&path);
                if source.is_ok_and(|source| may_read(self.rules, source.text())) {
                    return Some(path.display().to_string());
                }
            }
        }
        None
    }
}

/// Whether a job runs as the user of a machine of its runner.
fn on_machine(job: &Job) -> bool {
    job.environment == Environment::Machine
}

/// Skopeo, which stands for `imagetools` once the job has moved, too. Where XDG_RUNTIME_DIR is not set, as may be on a runner,
/// Podman without root and skopeo look for their own file in different folders, and only Docker's is found by both.
/// Source: containers-auth.json(5), an issue report of skopeo on a runner of GitHub's; ran on Podman 4.3.1 with skopeo 1.9.3.
fn skopeo(command: &Command) -> Option<String> {
    let has = |wanted: &str| {
        let mut words = command.words.iter();
        words.any(|word| word.value.as_deref() == Some(wanted))
    };
    let reads = match command.program()? {
        "skopeo" => !has("login") && !has("logout"),
        "docker" => has("imagetools") || has("manifest") && has("inspect"),
        _ => false,
    };
    reads.then(|| "skopeo".to_owned())
}

/// The program of a command, if it reads the credentials.
fn reader<'c>(rules: &Rules, command: &'c Command) -> Option<&'c str> {
    let program = command.program()?;
    let second = command.words.get(1).and_then(|word| word.value.as_deref());
    if program == "docker-compose" || program == "docker" && second == Some("compose") {
        return Some("compose");
    }
    rules.credential_reader(program).map(|_| program)
}

/// Whether the text of a script or a makefile names Docker's folder, or a program that reads in it.
fn may_read(rules: &Rules, text: &str) -> bool {
    let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    names_docker_folder(text) || words.any(|word| rules.credential_reader(word).is_some())
}

/// Whether a text names the folder in which Docker keeps its file: `~/.docker`, `$HOME/.docker/config.json`.
fn names_docker_folder(text: &str) -> bool {
    text.match_indices("/.docker").any(|(at, found)| {
        let behind = text[at + found.len()..].chars().next();
        behind.is_none_or(|letter| !letter.is_alphanumeric() && !matches!(letter, '-' | '_'))
    })
}

#[cfg(test)]
mod tests {
    use super::names_docker_folder;

    #[test]
    fn finds_the_folder_and_not_its_namesakes() {
        for text in [
            "docker run -v ~/.docker:/root/.docker kit",
            "--from-file=.dockerconfigjson=$HOME/.docker/config.json",
            "tar c ~/.docker",
        ] {
            assert!(names_docker_folder(text), "{text}");
        }
        for text in [
            "cat app/.dockerignore",
            "[ -f /.dockerenv ]",
            "cp x.docker y",
        ] {
            assert!(!names_docker_folder(text), "{text}");
        }
    }
}
