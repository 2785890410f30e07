//! One job under the compatibility pass: what is known of it, and what there is to say.

use std::cell::OnceCell;
use std::path::Path;
use std::rc::Rc;

use crate::analysis::{JobPass, composer};
use crate::collections::{HashMap, HashSet};
use crate::finding::{Finding, Label, RuleId, Severity};
use crate::options::ComposeProvider;
use crate::project::{ProjectFile, ProjectFiles};
use crate::rewrite::{Draft, Gap};
use crate::rules::{Composer, Rules, Site};
use crate::text::Location;
use crate::version::Version;

use super::builds::Builds;

/// A job, and the list of what there is to say of it.
pub(super) struct JobCheck<'p> {
    /// The job.
    pub pass: &'p JobPass<'p>,
    /// What the passes would change in it, and why they would not.
    pub draft: &'p Draft,
    /// What was said so far.
    pub gaps: Vec<Gap>,
    /// The gaps of a rule at a place, so that each is said once.
    emitted: HashMap<(RuleId, Location), Vec<usize>>,
    /// Where the passes say already why the job stays.
    blocked: HashSet<Location>,
    /// The docker commands that the job calls.
    commands: HashSet<&'p str>,
    project: &'p ProjectFiles,
    podman: Option<Version>,
    builds: OnceCell<Rc<Builds<'p>>>,
    compose: Composer,
}

impl<'p> JobCheck<'p> {
    /// Begins with a job.
    pub(super) fn new(pass: &'p JobPass<'p>, draft: &'p Draft, project: &'p ProjectFiles) -> Self {
        let places = draft.blockers.iter().filter_map(|it| it.at.first());
        let calls = pass.known_calls();
        Self {
            pass,
            draft,
            gaps: Vec::new(),
            emitted: HashMap::default(),
            blocked: places.map(|label| label.at).collect(),
            commands: calls.map(|(_, docker)| docker.rule.name.as_str()).collect(),
            project,
            podman: pass.target_podman(),
            builds: OnceCell::new(),
            compose: match composer(pass.view) {
                ComposeProvider::DockerCompose => Composer::DockerCompose,
                ComposeProvider::PodmanCompose => Composer::PodmanCompose,
            },
        }
    }

    /// The rules.
    pub(super) fn rules(&self) -> &'p Rules {
        self.pass.view.context.rules
    }

    /// The builds whose Dockerfiles lie in the repository.
    pub(super) fn builds(&self) -> Rc<Builds<'p>> {
        self.builds
            .get_or_init(|| Rc::new(Builds::of(self.pass, self.project)))
            .clone()
    }

    /// A file of the repository, if it is there.
    pub(super) fn open(&self, path: &Path) -> Option<ProjectFile> {
        self.project.open(self.pass.view.context.files, path)
    }

    /// Says a rule of what was found at a place, once, if it is true of the Podman and the compose that the job meets.
    /// `it` is what was found, as it is written.
    pub(super) fn emit(&mut self, rule: RuleId, at: Location, it: &str) {
        self.emit_as(rule, None, at, it);
    }

    /// Says a rule as a note, where it does less harm than elsewhere.
    pub(super) fn note(&mut self, rule: RuleId, at: Location, it: &str) {
        self.emit_as(rule, Some(Severity::Note), at, it);
    }

    fn emit_as(&mut self, rule: RuleId, as_severity: Option<Severity>, at: Location, it: &str) {
        let Some(rule) = self.rules().named(rule.0) else {
            debug_assert!(false, "the catalog has no rule {rule}");
            return;
        };
        // what the passes say of this very place already is said once
        if self.blocked.contains(&at) {
            return;
        }
        let site = match self.pass.view.on_machine() {
            true => Site::Machine,
            false => Site::Image,
        };
        let applies =
            rule.compose.is_none_or(|of| of == self.compose) && rule.on.is_none_or(|on| on == site);
        let applies = applies && (!rule.shared || self.pass.shares_engine());
        let calls = |command: &String| self.commands.contains(command.as_str());
        let applies = applies && rule.beside.as_ref().is_none_or(calls);
        let podman = self.podman;
        if !applies || podman.is_some_and(|podman| !rule.holds(podman)) {
            return;
        }
        // where nobody knows which Podman it will be, the rule says for which it holds
        let version = match (podman, rule.until, rule.since) {
            (Some(podman), ..) => podman.to_string(),
            (None, Some(until), _) => format!("before {until}"),
            (None, None, Some(since)) => format!("from {since} on"),
            (None, None, None) => "that the job meets".to_owned(),
        };
        let uncertain = podman.is_none() && (rule.until.is_some() || rule.since.is_some());
        let known = if uncertain {
            Severity::Note
        } else {
            rule.severity
        };
        let fill = |text: &str| text.replace("{podman}", &version).replace("{it}", it);
        let finding = Finding {
            rule: RuleId(rule.name),
            severity: as_severity.unwrap_or(known),
            at: vec![Label {
                at,
                text: String::new(),
            }],
            message: fill(&rule.what),
            help: Some(fill(&rule.solve)),
            fix: None,
            accepted: None,
        };
        let known = self.emitted.entry((finding.rule, at)).or_default();
        if !known
            .iter()
            .any(|index| self.gaps[*index].finding == finding)
        {
            known.push(self.gaps.len());
            self.gaps.push(Gap {
                finding,
                review: rule.review,
                always: rule.always,
                until_moved: rule.until_moved,
                once: rule.once,
                grouped: rule.grouped,
            });
        }
    }
}
