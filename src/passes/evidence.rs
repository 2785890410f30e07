//! What in a job uses Docker: its image, a daemon beside it, commands, sockets, variables.

use crate::image_name::ImageName;
use crate::pipeline::Service;
use crate::rules::{DockerKind, ImageKind, ToolboxFate};

use super::context::{Call, JobView};

/// The Docker in one job.
#[derive(Clone, Debug, Default)]
pub struct Evidence<'a> {
    /// What the image is, and its name with the variables put in.
    pub image: Option<(ImageKind<'a>, String)>,
    /// The services that are a Docker daemon, by their place in the job's list.
    pub daemons: Vec<usize>,
    /// The calls of docker, by their place in the job's list.
    pub commands: Vec<usize>,
    /// The calls of docker on another machine.
    pub remote: Vec<usize>,
    /// The names by which the job reaches the daemon.
    pub hosts: Vec<String>,
}

impl<'a> Evidence<'a> {
    /// Looks at a job.
    pub fn of(view: &JobView<'a>) -> Self {
        let mut evidence = Self::default();
        if let Some(image) = &view.job.image {
            let name = view.expand(&image.text).text;
            evidence.image = Some((kind_of(view, &name), name));
        }
        for (index, service) in view
            .job
            .services
            .iter()
            .flat_map(|services| &services.items)
            .enumerate()
        {
            if is_daemon(view, service) {
                evidence.daemons.push(index);
                evidence.hosts.extend(service.aliases.iter().cloned());
                evidence
                    .hosts
                    .extend(host_names(&view.expand(&service.text).text));
            }
        }
        if evidence.daemons.is_empty() {
            evidence.hosts.push("docker".to_owned());
        }
        evidence.hosts.sort();
        evidence.hosts.dedup();
        for (index, call) in view.calls.iter().enumerate() {
            if calls_docker(call) {
                let list = if call.is_remote() {
                    &mut evidence.remote
                } else {
                    &mut evidence.commands
                };
                list.push(index);
            }
        }
        evidence
    }

    /// Whether the image is Docker's own.
    pub fn docker_image(&self) -> bool {
        match &self.image {
            Some((ImageKind::Docker { variant, .. }, _)) => variant.is != DockerKind::Windows,
            Some((ImageKind::Toolbox(toolbox), _)) => {
                matches!(toolbox.becomes, ToolboxFate::Replace { .. })
            }
            _ => false,
        }
    }

    /// Whether the job has anything of Docker at all.
    pub fn uses_docker(&self) -> bool {
        self.docker_image() || !self.daemons.is_empty() || !self.commands.is_empty()
    }
}

/// What an image is, by its name with variables put in.
pub fn kind_of<'a>(view: &JobView<'a>, name: &str) -> ImageKind<'a> {
    view.context
        .rules
        .image(ImageName::without_tag(name), ImageName::parse(name).tag)
}

/// Whether a service is a Docker daemon: by its image, or because it is called as one.
fn is_daemon(view: &JobView<'_>, service: &Service) -> bool {
    let name = view.expand(&service.text).text;
    if matches!(kind_of(view, &name), ImageKind::Docker { .. }) {
        return true;
    }
    let parsed = ImageName::parse(&name);
    parsed
        .tag
        .is_some_and(|tag| tag.ends_with("-dind") || tag == "dind")
        || parsed.repository.ends_with("-dind")
        || parsed.repository.ends_with("/dind")
        || parsed.repository == "dind"
        || service
            .arguments
            .iter()
            .any(|argument| argument.contains("dockerd"))
}

/// The names under which GitLab makes a service reachable when it has no alias: slashes become dashes or two underscores.
fn host_names(image: &str) -> Vec<String> {
    let name = ImageName::without_tag(image);
    if name.contains('$') {
        return name
            .rsplit('/')
            .next()
            .map(str::to_owned)
            .into_iter()
            .filter(|name| !name.contains('$'))
            .collect();
    }
    let mut names = vec![name.replace('/', "__"), name.replace('/', "-")];
    names.dedup();
    names
}

/// Whether a command is docker, whatever wraps it.
pub fn calls_docker(call: &Call) -> bool {
    matches!(call.program(), Some("docker" | "docker-compose"))
}
