//! What in a job uses Docker: its image, a daemon beside it, commands, sockets, variables.

use crate::image_name::ImageName;
use crate::pipeline::{Action, Job, Service};
use crate::rules::{ActionRule, DockerKind, ImageKind, Rules, ToolboxHandling, fits};
use crate::shell::Word;

use super::context::{Call, Context, JobView, LineView};
use super::text::spells;
use super::values::holds_docker;

/// The Docker in one job.
#[derive(Clone, Debug, Default)]
pub struct Evidence<'a> {
    /// What the image is, and its name with the variables put in.
    pub image: Option<(ImageKind<'a>, String)>,
    /// The image with Podman that the user wants in its place.
    pub own_image: Option<&'a str>,
    /// The services that are a Docker daemon, by their place in the job's list.
    pub daemons: Vec<usize>,
    /// The calls that start a daemon in the job itself, of which nothing else in the job speaks.
    pub started: Vec<usize>,
    /// The calls of docker, by their place in the job's list.
    pub commands: Vec<usize>,
    /// The calls of docker on another machine.
    pub remote: Vec<usize>,
    /// The names by which the job reaches the daemon.
    pub hosts: Vec<String>,
    /// The actions that use Docker, by their place in the job's list.
    pub actions: Vec<usize>,
    /// Whether a script in another language than the shell's names a docker command.
    pub foreign: bool,
    /// Lines that name docker and cannot be read as shell, by their place in the view.
    pub unreadable: Vec<usize>,
    /// Whether the job runs programs that are known, and none that has to do with an engine.
    pub only_harmless: bool,
}

impl<'a> Evidence<'a> {
    /// Looks at a job.
    pub fn of(view: &JobView<'a>) -> Self {
        let mut evidence = Self::default();
        if let Some(image) = &view.job.image {
            let name = view.expand(&image.text).text;
            evidence.own_image = own_image(view, &name);
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
        evidence.foreign = view.job.foreign_scripts.iter().any(|(node, _)| {
            let text = view.context.documents.text(*node);
            text.is_some_and(|text| names_command(view.context.rules, text))
        });
        for (index, action) in view.job.actions.iter().enumerate() {
            if uses_docker(view, action) {
                evidence.actions.push(index);
            }
        }
        if evidence.daemons.is_empty() {
            evidence.hosts.push("docker".to_owned());
        }
        evidence.hosts.sort();
        evidence.hosts.dedup();
        for (index, call) in view.calls.iter().enumerate() {
            if calls_docker(call) && !is_over_podman(view, call) {
                let list = if call.is_remote() {
                    &mut evidence.remote
                } else {
                    &mut evidence.commands
                };
                list.push(index);
            }
        }
        if evidence.docker_image() {
            evidence.started = started(view);
        }
        for (index, line) in view.lines.iter().enumerate() {
            if hides_docker(view.context.rules, line) || line.parsed.text.contains("docker-daemon:")
            {
                evidence.unreadable.push(index);
            }
        }
        evidence.only_harmless = runs_only_harmless(view);
        evidence
    }

    /// Whether the image gives way to one with Podman.
    pub fn docker_image(&self) -> bool {
        self.own_image.is_some() || self.is_dockers()
    }

    /// Whether the image is Docker's own.
    fn is_dockers(&self) -> bool {
        match &self.image {
            Some((ImageKind::Docker { variant, .. }, _)) => variant.is != DockerKind::Windows,
            Some((ImageKind::Toolbox(toolbox), _)) => {
                matches!(toolbox.becomes, ToolboxHandling::Replace { .. })
            }
            _ => false,
        }
    }

    /// Whether the job has a daemon, and so a store, of its own.
    pub fn own_daemon(&self) -> bool {
        !self.daemons.is_empty() || !self.started.is_empty()
    }

    /// Whether the job has anything of Docker at all.
    pub fn uses_docker(&self) -> bool {
        // Docker's own image may be there for its Alpine
        let is_taken = self.own_image.is_none() && self.only_harmless;
        let known = self.is_dockers() && !is_taken
            || !self.daemons.is_empty()
            || !self.actions.is_empty()
            || self.foreign;
        known || !self.commands.is_empty() || !self.remote.is_empty() || !self.unreadable.is_empty()
    }
}

/// Whether all that a job runs can be seen, and none of it may use an engine. Of a job whose scripts are not read that
/// cannot be said.
fn runs_only_harmless(view: &JobView<'_>) -> bool {
    let rules = view.context.rules;
    let is_harmless = |call: &Call| {
        let Some(program) = call.program() else {
            return false;
        };
        let on_docker = rules.engine_client(program).is_some()
            || rules.is_daemon(program)
            || rules.scans_images(program)
            || rules.runs_project_code(program);
        let known = rules.is_harmless(program)
            || rules.only_prints(program)
            || rules.program(program).is_some()
            || view.names().has_function(program);
        let prints = matches!(program, "echo" | "printf");
        let mut words = call.command().words.iter();
        let names_docker = !prints && words.any(|word| holds_docker(call.raw(word)));
        !call.is_remote() && known && !on_docker && !names_docker
    };
    let silent = |line: &LineView| {
        let (Ok(script), text) = (&line.parsed.script, &line.parsed.text) else {
            return false;
        };
        let mut set = script.assignments.iter();
        !text.contains("docker.sock") && !set.any(|one| holds_docker(one.value.raw(text)))
    };
    let unseen = |action: &Action| rules.is_unseen_action(&action.name);
    !view.calls.is_empty()
        && view.job.unresolved.is_empty()
        && !view.job.actions.iter().any(unseen)
        && view.lines.iter().all(silent)
        && view.calls.iter().all(is_harmless)
}

/// `dockerd-entrypoint.sh &`: the calls that start a daemon behind the script's back; none of them if the script looks after
/// the daemon in another way, too.
fn started(view: &JobView<'_>) -> Vec<usize> {
    let rules = view.context.rules;
    let starts = |call: &Call| {
        call.program()
            .is_some_and(|program| rules.is_daemon(program))
    };
    let mut found = Vec::new();
    let mut files = vec!["dockerd", "docker.pid"];
    for (index, call) in view
        .calls
        .iter()
        .enumerate()
        .filter(|(_, call)| starts(call))
    {
        let place = &call.command().context;
        if call.is_remote() || !place.background || place.pipeline.1 > 1 {
            return Vec::new();
        }
        found.push(index);
        let redirects = call.command().redirects.iter();
        let into_files = redirects.filter(|redirect| redirect.operator != ">&");
        let targets = into_files.filter_map(|redirect| redirect.target.as_ref());
        files.extend(
            targets
                .map(|target| call.raw(target))
                .filter(|file| *file != "/dev/null"),
        );
    }
    let looks_after = view.calls.iter().enumerate().any(|(index, call)| {
        let text = call.text().get(call.command().span.clone());
        let text = text.unwrap_or_default();
        !found.contains(&index) && files.iter().any(|file| text.contains(file))
    });
    if looks_after { Vec::new() } else { found }
}

/// A first look, before any script is read: whether a job can have any evidence at all.
pub fn may_use_docker(context: &Context<'_>, job: &Job) -> bool {
    let named = job.lines().any(|(_, line)| {
        let text = context.documents.text(line.node);
        text.is_some_and(|text| spells(text, "docker"))
    });
    named || Evidence::of(&context.outline(job)).uses_docker()
}

/// Whether a line names a docker command in a text that is no shell, or writes one into a file.
pub(crate) fn hides_docker(rules: &Rules, line: &LineView) -> bool {
    let text = &line.parsed.text;
    if !text.contains("docker") {
        return false;
    }
    match &line.parsed.script {
        Err(_) => has_the_word(text),
        Ok(script) => {
            let doubtful = script
                .doubtful
                .iter()
                .filter_map(|range| text.get(range.clone()));
            let written = script
                .commands
                .iter()
                .flat_map(|command| &command.redirects)
                .filter_map(|redirect| text.get(redirect.heredoc.as_ref()?.body.clone()));
            doubtful.chain(written).any(|part| {
                names_command(rules, part)
                    && !script.commands.iter().any(|command| {
                        // a heredoc that a shell reads is read as commands already
                        let at = part.as_ptr() as usize - text.as_ptr() as usize;
                        at <= command.span.start && command.span.end <= at + part.len()
                    })
            })
        }
    }
}

/// Whether docker stands in a text as a word of its own, outside of comments.
fn has_the_word(text: &str) -> bool {
    let lines = text
        .lines()
        .map(|line| line.split(" #").next().unwrap_or(line));
    let mut lines = lines.filter(|line| !line.trim_start().starts_with('#'));
    let separates = |one: char| one.is_whitespace() || "();|&<>{}`\"'".contains(one);
    lines.any(|line| {
        line.split(separates)
            .any(|word| matches!(word, "docker" | "docker-compose"))
    })
}

/// Whether a text has a line that begins like a docker command.
pub(crate) fn names_command(rules: &Rules, text: &str) -> bool {
    text.lines().any(|line| {
        let mut parts = line.split([';', '&', '|', '(', '`']);
        parts.any(|part| part.contains("docker") && begins_with_command(rules, part))
    })
}

fn begins_with_command(rules: &Rules, part: &str) -> bool {
    let mut words = part
        .split_whitespace()
        .skip_while(|word| rules.stands_before_commands(word));
    matches!(
        words.next(),
        Some("docker" | "docker-compose" | "docker.exe")
    ) && words.next().is_some_and(|word| {
        word.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '-')
    })
}

/// What an image is, by its name with variables put in.
pub(crate) fn kind_of<'a>(view: &JobView<'a>, name: &str) -> ImageKind<'a> {
    view.context
        .rules
        .image(ImageName::without_tag(name), ImageName::parse(name).tag)
}

/// The image with Podman that the user wants in the place of another.
fn own_image<'a>(view: &JobView<'a>, name: &str) -> Option<&'a str> {
    let bare = ImageName::without_tag(name);
    let images = view.context.options.images.iter();
    let mut fitting = images.filter(|(own, _)| fits(own, name) || fits(own, bare));
    let (_, becomes) = fitting.next()?;
    (becomes != name).then_some(becomes.as_str())
}

/// Whether a service is a Docker daemon: by its image, or because it is called as one.
fn is_daemon(view: &JobView<'_>, service: &Service) -> bool {
    let name = view.expand(&service.text).text;
    if matches!(kind_of(view, &name), ImageKind::Docker { .. }) {
        return true;
    }
    if name.contains('$')
        && service
            .aliases
            .iter()
            .any(|alias| is_engine_host(view, alias))
    {
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

/// Whether DOCKER_HOST leads to a service of this alias.
fn is_engine_host(view: &JobView<'_>, alias: &str) -> bool {
    let host = view
        .job
        .variables
        .get("DOCKER_HOST")
        .and_then(|variable| variable.value.as_deref());
    host.is_some_and(|host| host.contains(&format!("//{alias}:237")))
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
pub(crate) fn calls_docker(call: &Call) -> bool {
    matches!(call.program(), Some("docker" | "docker-compose"))
}

/// Whether an action is a sign that the job uses Docker.
pub(crate) fn uses_docker(view: &JobView<'_>, action: &Action) -> bool {
    let rule = view.context.rules.action(&action.name);
    rule.is_some_and(ActionRule::uses_docker)
}

/// The socket: `/run/podman` is absent in the stable image. Source: ran on Podman 5.4.2.
pub(crate) const PODMAN_SOCKET: &str = "unix:///tmp/podman.sock";

/// Whether a job's compose already works over Podman's socket.
fn is_over_podman(view: &JobView<'_>, call: &Call) -> bool {
    let host = view
        .job
        .variables
        .get("DOCKER_HOST")
        .and_then(|variable| variable.value.as_deref());
    view.on_machine() && host == Some(PODMAN_SOCKET) && compose_word(call) == Some(1)
}

/// Where `compose` stands: the program itself, or the first word after the flags.
pub(crate) fn compose_word(call: &Call) -> Option<usize> {
    if call.program() == Some("docker-compose") {
        return Some(0);
    }
    let is = |word: &Word| word.value.as_deref() == Some("compose");
    call.command().words.iter().position(is)
}
