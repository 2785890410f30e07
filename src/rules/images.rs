//! Which images carry Docker, and what stands in their place.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::image_name::ImageName;
use crate::version::Version;

use super::error::source;
use super::pattern::{Patterns, fits};

/// What a table of images says about one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageKind<'r> {
    /// Docker's own image, or a copy of it.
    Docker {
        /// Which of its forms the tag names.
        variant: &'r DockerVariant,
        /// Whether the name leaves no doubt; a `registry.example/team/docker` does.
        certain: bool,
    },
    /// An image of someone else's that carries Docker, or is used with it.
    Toolbox(&'r Toolbox),
    /// An image with another builder or engine that needs no Docker.
    Engine(&'r Engine),
    /// Nothing is known about it.
    Unknown,
}

/// A form of Docker's image, by a pattern of its tag.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DockerVariant {
    /// The pattern of the tag; the first that fits counts.
    pub tag: String,
    /// What it holds.
    pub is: DockerKind,
    /// Programs that this form has and the others have not.
    #[serde(default)]
    pub programs: Vec<String>,
    /// How this is known.
    #[serde(deserialize_with = "source")]
    pub source: String,
}

/// What a form of Docker's image holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DockerKind {
    /// The client alone.
    Client,
    /// The daemon, meant as a service.
    Daemon,
    /// The daemon under an ordinary user.
    RootlessDaemon,
    /// The daemon's image, which serves as client and as daemon alike.
    Both,
    /// Windows: Podman has nothing for it.
    Windows,
}

/// An image that carries Docker among other things, or is used with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolbox {
    /// Its names without tag, with `*` for any run of characters.
    pub names: Vec<String>,
    /// What becomes of it.
    pub becomes: ToolboxHandling,
    /// How this is known.
    pub source: String,
}

/// What becomes of a toolbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolboxHandling {
    /// Podman's image takes its place: it brings little more than Docker.
    Replace {
        /// Programs that it brings besides Docker's and that a script may call.
        brings: Vec<String>,
    },
    /// It stays, and this is why.
    Stays {
        /// Why no other image can take its place.
        why: String,
    },
}

/// An image with an engine or builder that is not Docker.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Engine {
    /// Which one: podman, buildah, skopeo, kaniko, buildkit.
    pub engine: String,
    /// Its images without tag, with `*` for any run of characters.
    pub names: Vec<String>,
    /// Whether the image has `podman`.
    #[serde(default)]
    pub has_podman: bool,
    /// How this is known.
    #[serde(deserialize_with = "source")]
    pub source: String,
}

/// The image that a job gets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PodmanImage {
    /// Its name, without a tag.
    pub name: String,
    /// The Podman of the tag that is written unless the user names another.
    pub podman: Version,
    /// Since this Podman a build mounts an overlay over its context, which fails where temporary files lie on an overlay
    /// themselves, as in every container.
    pub overlays_context: Version,
    /// The folder of the image that is a volume, and so no overlay.
    pub volume: String,
    /// How this is known.
    #[serde(deserialize_with = "source")]
    pub source: String,
}

impl PodmanImage {
    /// The image with the tag of a Podman: of this one, or of the one that is written unless the user names another. It is
    /// never without a tag: what has none leads to another Podman one day.
    pub fn tagged(&self, podman: Option<Version>) -> String {
        format!("{}:v{}", self.name, podman.unwrap_or(self.podman))
    }

    /// Whether an image is this one, or a copy of it in another registry.
    pub fn is(&self, image: &str) -> bool {
        let repository = ImageName::without_tag(image);
        let path = self.name.split_once('/').map_or("", |(_, path)| path);
        let copy = repository.strip_suffix(path);
        copy.is_some_and(|registry| registry.ends_with('/'))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ToolboxEntry {
    names: Vec<String>,
    #[serde(default)]
    replace: bool,
    #[serde(default)]
    brings: Vec<String>,
    stays: Option<String>,
    #[serde(deserialize_with = "source")]
    source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Proxies {
    prefixes: Vec<String>,
    /// Those of a server of somebody's own.
    own: Vec<String>,
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Docker {
    repositories: Vec<String>,
    variants: Vec<DockerVariant>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Images {
    pub(super) podman_image: PodmanImage,
    proxies: Proxies,
    docker: Docker,
    #[serde(deserialize_with = "toolboxes")]
    toolboxes: Vec<Toolbox>,
    engines: Vec<Engine>,
    emulators: Emulators,
    /// The names of the engines, then those of the toolboxes, once somebody asked for an image.
    #[serde(skip)]
    names: OnceLock<Names>,
}

/// Images that tell the kernel how to run programs of other processors.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Emulators {
    names: Vec<String>,
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
}

/// Names of images, and whose each is.
struct Names {
    patterns: Patterns,
    /// For each pattern the place of its engine, or of its toolbox behind the engines.
    owners: Vec<usize>,
}

fn toolboxes<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Toolbox>, D::Error> {
    let entries = Vec::<ToolboxEntry>::deserialize(deserializer)?;
    let toolboxes = entries.into_iter().map(|entry| {
        let becomes = match (entry.replace, entry.stays) {
            (true, None) => ToolboxHandling::Replace {
                brings: entry.brings,
            },
            (false, Some(why)) if entry.brings.is_empty() => ToolboxHandling::Stays { why },
            _ => {
                let names = entry.names.join(", ");
                return Err(serde::de::Error::custom(format!(
                    "{names}: either `replace: true`, perhaps with `brings`, or `stays`"
                )));
            }
        };
        Ok(Toolbox {
            names: entry.names,
            becomes,
            source: entry.source,
        })
    });
    toolboxes.collect()
}

impl Images {
    /// The names of images that are a sign of Docker, up to where they may be anything.
    pub(super) fn of_docker(&self) -> impl Iterator<Item = &str> {
        let toolboxes = self.toolboxes.iter();
        let replaced = toolboxes.filter(|it| matches!(it.becomes, ToolboxHandling::Replace { .. }));
        let names = replaced.flat_map(|toolbox| &toolbox.names);
        let names = names.chain(&self.docker.repositories);
        names.filter_map(|name| name.split('*').next())
    }

    pub(super) fn is_emulator(&self, repository: &str) -> bool {
        let bare = self.without_proxy(repository);
        self.emulators.names.iter().any(|name| fits(name, bare))
    }

    pub(super) fn kind(&self, repository: &str, tag: Option<&str>) -> ImageKind<'_> {
        let bare = self.without_proxy(repository);
        let names = self.names.get_or_init(|| self.names());
        let by_name = [bare, repository]
            .into_iter()
            .filter_map(|name| names.patterns.first(name))
            .min()
            .and_then(|pattern| names.owners.get(pattern).copied());
        if let Some(engine) = by_name.and_then(|owner| self.engines.get(owner)) {
            return ImageKind::Engine(engine);
        }
        let behind = by_name.and_then(|owner| owner.checked_sub(self.engines.len()));
        if let Some(toolbox) = behind.and_then(|place| self.toolboxes.get(place)) {
            return ImageKind::Toolbox(toolbox);
        }
        let own = self.docker.repositories.iter().any(|own| own == bare);
        let certain = own || bare.ends_with("/library/docker");
        let copy = |own: &String| {
            bare.strip_suffix(own.as_str())
                .is_some_and(|head| head.ends_with('/'))
        };
        if !certain && !self.docker.repositories.iter().any(copy) {
            return ImageKind::Unknown;
        }
        let tag = tag.unwrap_or("latest");
        let mut variants = self.docker.variants.iter();
        match variants.find(|variant| fits(&variant.tag, tag)) {
            Some(variant) => ImageKind::Docker { variant, certain },
            None => ImageKind::Unknown,
        }
    }

    fn names(&self) -> Names {
        let engines = self.engines.iter().map(|engine| &engine.names);
        let toolboxes = self.toolboxes.iter().map(|toolbox| &toolbox.names);
        let lists = engines.chain(toolboxes).enumerate();
        let all = lists.flat_map(|(owner, names)| names.iter().map(move |name| (owner, name)));
        let (owners, names): (Vec<usize>, Vec<&String>) = all.unzip();
        Names {
            patterns: Patterns::new(names.into_iter().map(String::as_str)),
            owners,
        }
    }

    /// The name as Docker Hub has it, if it comes through a proxy that the rules know.
    pub(super) fn without_proxy<'n>(&self, repository: &'n str) -> &'n str {
        let cut = |prefix: &String| repository.strip_prefix(prefix.as_str())?.strip_prefix('/');
        let prefixes = self.proxies.prefixes.iter();
        let mut all = prefixes.chain(&self.proxies.own);
        all.find_map(cut).unwrap_or(repository)
    }

    pub(super) fn is_behind_proxy(&self, image: &str) -> bool {
        let mut own = self.proxies.own.iter();
        own.any(|prefix| {
            image
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        })
    }
}
