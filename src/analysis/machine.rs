//! Where a job's commands run, and the Podman that they meet there.

use crate::image_name::ImageName;
use crate::options::RunnerProfile;
use crate::pipeline::{Environment, Job};
use crate::rules::{Rules, RunnerLabel, Site, Target};
use crate::version::Version;

use super::context::{Call, JobView};
use super::job::JobPass;

/// What is known of the machine that a job runs on.
pub(crate) enum Machine<'a> {
    /// One of GitHub's with this Podman, or a newer one.
    Hosted(Version),
    /// One on which nothing is moved, for this reason.
    Without(String, &'a str),
    /// Not known, by these labels.
    Unknown(String),
}

/// The machine that a job of a workflow asks for: of several the one that can least.
pub(crate) fn machine<'a>(rules: &'a Rules, job: &Job) -> Machine<'a> {
    let mut floor: Option<Version> = None;
    let mut unknown = false;
    for label in &job.tags {
        match rules.runner_label(label) {
            Some(RunnerLabel::Podman(version)) => {
                floor = Some(floor.map_or(version, |known| known.min(version)));
            }
            Some(RunnerLabel::Without(why)) => return Machine::Without(label.clone(), why),
            None => unknown = true,
        }
    }
    match (unknown, floor) {
        (false, Some(version)) => Machine::Hosted(version),
        _ => Machine::Unknown(job.tags.join(", ")),
    }
}

/// Whether a job has a machine of its own, which ends with it.
pub(crate) fn is_of_its_own(pass: &JobPass<'_>) -> bool {
    let view = &pass.view;
    let hosted = || matches!(machine(view.context.rules, view.job), Machine::Hosted(_));
    view.on_machine() && hosted()
}

impl JobView<'_> {
    /// Whether the job's commands run on the runner's machine itself, with its Podman.
    pub(crate) fn on_machine(&self) -> bool {
        self.job.environment == Environment::Machine
    }

    /// The architectures whose programs the runner runs by itself, as its labels say; those of all runners of a matrix.
    pub(crate) fn architectures(&self) -> Vec<&'static str> {
        let is_arm = |label: &String| {
            let mut words = label.split(|letter: char| !letter.is_ascii_alphanumeric());
            words.any(|word| {
                let word = word.to_ascii_lowercase();
                matches!(word.as_str(), "arm" | "arm64" | "aarch64")
            })
        };
        let mut found = Vec::new();
        let of_labels = self.job.provider.labels_are_machines();
        if self.job.tags.iter().any(is_arm) {
            found.push("arm64");
        }
        // a label of GitHub's is a machine, one of GitLab's a property of it
        if found.is_empty() || of_labels && !self.job.tags.iter().all(is_arm) {
            found.extend(["amd64", "x86_64", "386"]);
        }
        found
    }

    /// Whether the machine that the job runs on is used by others, too, as far as anybody said.
    pub(crate) fn shares_machine(&self) -> bool {
        let option = self.context.options.runner;
        if !self.job.provider.labels_are_machines() {
            return option != RunnerProfile::GitlabHosted;
        }
        let unknown = matches!(machine(self.context.rules, self.job), Machine::Unknown(_));
        let action = self.job.keys.contains_key("using"); // its jobs are elsewhere
        unknown && !action && self.on_machine() && option != RunnerProfile::GithubHosted
    }

    /// What meets a command of the job once that has moved, as far as anybody said.
    pub(crate) fn target(&self, call: &Call) -> Target {
        let site = match (self.on_machine(), call.with_sudo()) {
            (false, _) => Some(Site::Image),
            (true, false) => Some(Site::Machine),
            (true, true) => None,
        };
        let podman = self.podman();
        Target { site, podman }
    }

    /// The oldest Podman that the job may meet, as far as anybody said.
    pub(crate) fn podman(&self) -> Option<Version> {
        let option = self.context.options.podman;
        if option.is_some() || !self.on_machine() {
            return option;
        }
        match machine(self.context.rules, self.job) {
            Machine::Hosted(version) => Some(version),
            _ => None,
        }
    }
}

impl JobPass<'_> {
    /// Whether other jobs work with the engine that the job uses now.
    pub(crate) fn shares_engine(&self) -> bool {
        !self.evidence.own_daemon() && self.view.shares_machine()
    }

    /// Whether the volumes that the job makes with Podman are still there when the next job runs.
    pub(crate) fn keeps_store(&self) -> bool {
        let view = self.view;
        let on_runner = view.on_machine()
            || view.job.image.is_none() && view.context.options.runner == RunnerProfile::Podman;
        on_runner && self.shares_engine()
    }

    /// The image that takes the place of the job's.
    pub(crate) fn podman_image(&self) -> String {
        let context = self.view.context;
        let own = self.evidence.own_image.map(str::to_owned);
        own.unwrap_or_else(|| context.rules.target_image(context.options))
    }

    /// The Podman of the image that takes the place of the job's, if that can be said.
    fn podman_of_image(&self) -> Option<Version> {
        ImageName::parse(&self.podman_image()).tag?.parse().ok()
    }

    /// The Podman that the job meets once it has moved, as far as that can be said.
    pub(crate) fn target_podman(&self) -> Option<Version> {
        let of_image = || self.podman_of_image().filter(|_| self.gets_image());
        self.view.podman().or_else(of_image)
    }

    /// Whether the job runs in the image that takes the place of Docker's once it has moved.
    pub(crate) fn gets_image(&self) -> bool {
        let swapped = self.evidence.docker_image() || self.view.job.image.is_none();
        !self.view.on_machine() && swapped
    }
}
