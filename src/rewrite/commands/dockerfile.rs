//! What the Dockerfile of a build needs of Podman: an image format, the registry of its short names, its own name.

use std::path::Path;
use std::rc::Rc;

use crate::analysis::build_files::{BuildFiles, build_files};
use crate::analysis::text::unquoted;
use crate::analysis::{DockerCall, JobPass};
use crate::dockerfile::{Dockerfile, is_repository};
use crate::image_name::ImageName;
use crate::rewrite::draft::Draft;
use crate::rewrite::setup;
use crate::rules::{ShortName, ids};
use crate::shell::Word;

use super::capabilities;
use super::parts::Additions;
use super::short_names::may_be_short;

/// Plans what the Dockerfile needs.
pub(super) fn needs(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let files = build_files(pass, index, docker);
    if let Some([files]) = files.as_deref()
        && !files.named
    {
        name_it(pass, docker, files, additions, draft);
    }
    let found = find(pass, index, docker);
    for dockerfile in found.iter().flatten() {
        capabilities::of_build(docker, dockerfile, additions, draft);
    }
    let written = is_written(pass, index, docker);
    let (format, names) = match found {
        Some(dockerfiles) if !written => {
            let bases = Bases::of(docker);
            (
                keeps_docker_format(pass, &bases, &dockerfiles),
                has_short_name(pass, index, &bases, &dockerfiles),
            )
        }
        _ => {
            let why = match written {
                true => "the job changes the Dockerfile",
                false => "the Dockerfile is not seen here",
            };
            (
                Some(format!(
                    "{why}: Docker's image format keeps a HEALTHCHECK that it may have"
                )),
                Some(format!(
                    "{why}: Podman is told to take short image names from Docker Hub"
                )),
            )
        }
    };
    if let Some(message) = format {
        let finding = draft.note(ids::IMAGE_FORMAT, docker.at(), message);
        setup::variable(draft, "BUILDAH_FORMAT", "docker", finding);
    }
    if let Some(message) = names {
        setup::short_names(pass.view, docker.call, message, draft);
    }
}

/// Whether a command before a build writes its Dockerfile, or changes it: `sed -i`, `cp`, `>> Dockerfile`.
fn is_written(pass: &JobPass<'_>, index: usize, docker: &DockerCall<'_>) -> bool {
    let Some(files) = build_files(pass, index, docker) else {
        return false;
    };
    let calls = pass.view.calls.iter().enumerate().take(index);
    let mut calls = calls.filter(|(_, call)| !call.is_remote());
    calls.any(|(at, call)| {
        let is_it = |word: &Word| {
            let path = pass.path_of(at, &unquoted(call.raw(word)));
            path.is_some_and(|path| files.iter().any(|one| one.dockerfile == path))
        };
        let command = call.command();
        let mut redirects = command.redirects.iter();
        let redirected = redirects.any(|redirect| {
            redirect.operator.starts_with('>') && redirect.target.as_ref().is_some_and(is_it)
        });
        let words = &command.words;
        redirected
            || match call.program() {
                Some("cp" | "mv" | "ln" | "install") => words.last().is_some_and(is_it),
                Some("sed" | "perl" | "tee" | "patch" | "curl" | "wget") => words.iter().any(is_it),
                _ => false,
            }
    })
}

/// What a build says of the images that its Dockerfile names.
struct Bases {
    /// The names of its contexts.
    contexts: Vec<String>,
    /// Its arguments.
    arguments: Vec<(String, String)>,
}

impl Bases {
    fn of(docker: &DockerCall<'_>) -> Self {
        let values = |name: &str| -> Vec<String> {
            let flags = docker.flags_named(name);
            let values = flags.filter_map(|flag| docker.value(flag));
            values.map(|value| value.text).collect()
        };
        let contexts = values("--build-context").into_iter();
        let contexts = contexts.filter_map(|value| Some(value.split_once('=')?.0.to_owned()));
        let arguments = values("--build-arg").into_iter();
        let arguments = arguments.map(|value| match value.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => {
                let from_outside = docker.view.expand(&format!("${value}")).text;
                (value, from_outside)
            }
        });
        Self {
            contexts: contexts.collect(),
            arguments: arguments.collect(),
        }
    }
}

/// Why a build must be in Docker's image format: what its Dockerfiles say, or what images may hand on that others made.
fn keeps_docker_format(
    pass: &JobPass<'_>,
    bases: &Bases,
    dockerfiles: &[Rc<Dockerfile>],
) -> Option<String> {
    let own = dockerfiles
        .iter()
        .find_map(|it| it.keeps_only_in_docker_format());
    if let Some(keyword) = own {
        return Some(format!(
            "the Dockerfile has {keyword}, which Podman keeps only in Docker's image format"
        ));
    }
    let rules = pass.view.context.rules;
    let parents = dockerfiles.iter();
    let mut parents = parents.flat_map(|it| it.parents(&bases.contexts, &bases.arguments));
    // what a build of this job makes is looked at there; a tag and a commit give a name to what others made
    let is_built = |image: &str| {
        let first = pass.facts.first_build(image);
        let first = first.and_then(|call| pass.known_call(call));
        first.is_some_and(|docker| docker.rule.name == "build")
    };
    let unseen = parents.find(|image| {
        let name = ImageName::without_tag(image);
        let of_vendor = || !pass.facts.makes(name) && rules.is_vendor_image(name);
        !is_built(image) && !of_vendor()
    })?;
    Some(format!(
        "the Dockerfile builds on {unseen}: if that has a HEALTHCHECK or ONBUILD, Podman hands it on only in Docker's image format"
    ))
}

/// The short name in the Dockerfiles of a build that Podman must be told about, as a reason.
fn has_short_name(
    pass: &JobPass<'_>,
    index: usize,
    bases: &Bases,
    dockerfiles: &[Rc<Dockerfile>],
) -> Option<String> {
    let rules = pass.view.context.rules;
    let images = dockerfiles.iter();
    let mut images = images.flat_map(|it| it.base_images(&bases.contexts, &bases.arguments));
    let short = images.find(|image| {
        let name = ImageName::without_tag(image);
        let is_short = ImageName::parse(image).is_short()
            && !pass.facts.made_before(index, image)
            && rules.short_name(name) != ShortName::Same;
        is_short || !pass.facts.makes(name) && may_be_short(pass.view, image)
    })?;
    Some(format!(
        "the Dockerfile builds on {short}; Podman is told which registry that means"
    ))
}

/// Where both are there, Podman takes a Containerfile for the Dockerfile that Docker takes.
/// Source: ran on Podman 4.3.1, 5.4.2 and 5.8.6.
fn name_it(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    files: &BuildFiles,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let read = |path: &Path| {
        let all = pass.view.context.files;
        let source = all.exists(path).then(|| all.read(path).ok()).flatten();
        source.map(|source| source.text().to_owned())
    };
    let other = read(&files.context.join("Containerfile"));
    let own = read(&files.dockerfile);
    let (Some(other), Some(own)) = (other, own) else {
        return;
    };
    if other == own {
        return;
    }
    let Some(word) = docker.operands().last().copied() else {
        return;
    };
    draft.note(
        ids::CONTAINERFILE_FIRST,
        docker.at_words(&(word..word + 1)),
        "a Containerfile lies beside the Dockerfile, and Podman would take that; the build names its file",
    );
    let raw = docker.call.raw(&docker.words()[word]);
    additions.options.push(format!("-f {}", inside(raw)));
}

/// `Dockerfile` in a folder as it is written, quotes and all.
fn inside(folder: &str) -> String {
    let quote = folder.chars().last().filter(|it| matches!(it, '"' | '\''));
    let open = match quote {
        Some(quote) => folder.strip_suffix(quote).unwrap_or(folder),
        None => folder,
    };
    let bare = open.trim_start_matches(['"', '\'']);
    let closing = quote.map(String::from).unwrap_or_default();
    match bare {
        "." | "./" => format!("{closing}Dockerfile{closing}"),
        _ => format!("{}/Dockerfile{closing}", open.trim_end_matches('/')),
    }
}

/// The Dockerfiles that a build may read, if the command says which and the repository has them.
pub(in crate::rewrite) fn find(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
) -> Option<Vec<Rc<Dockerfile>>> {
    let files = build_files(pass, index, docker)?;
    let all = files.iter();
    all.map(|files| pass.view.context.dockerfile(&files.dockerfile))
        .collect()
}

/// Whether a build clones a repository by git: its context, or what its Dockerfile adds.
pub(in crate::rewrite) fn clones(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
) -> bool {
    let context = docker.operands().last().map(|word| docker.text_of(*word));
    let by_context = context.is_some_and(|context| is_repository(&context.text));
    let adds = |dockerfile: &Rc<Dockerfile>| {
        let mut adds = dockerfile
            .instructions
            .iter()
            .filter(|it| it.keyword == "ADD");
        adds.any(|add| add.words().iter().any(|word| is_repository(&word.text)))
    };
    by_context || find(pass, index, docker).is_some_and(|all| all.iter().any(adds))
}
