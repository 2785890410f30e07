//! What the containers of a job mount: paths from its folder, and paths beside the checkout.

use crate::rules::{Folder, Paths};

use super::docker_call::{DockerCall, Flag};
use super::text::unquoted;

/// The two sides of a mount from the job's folder.
pub(crate) struct Bind {
    /// How the path begins.
    start: String,
    /// Which folder that is.
    pub(crate) from: Folder,
    /// The rest of it.
    pub(crate) path: String,
    /// Where it is in the container.
    target: String,
}

impl Bind {
    /// `"$PWD/out:/out:ro"`, `"$PWD"/out:/out`, `../out:/out`; nothing if it is no path from the job's folder.
    pub(crate) fn of(docker: &DockerCall<'_>, flag: &Flag<'_>) -> Option<Self> {
        let value = docker.value(flag)?.text;
        let value = assigned(docker, &value).unwrap_or(value);
        let goes_up = value
            .starts_with("../")
            .then_some((Folder::Working, &*value));
        let rules = docker.view.context.rules;
        let (from, rest) = rules.below_checkout(&value).or(goes_up)?;
        let mut parts = rest.split(':');
        let path = parts.next()?.trim_end_matches('/');
        (!path.is_empty() && path != ".").then(|| Self {
            start: value[..value.len() - rest.len()].to_owned(),
            from,
            path: path.to_owned(),
            target: parts.next().unwrap_or_default().to_owned(),
        })
    }

    /// Whether it is a folder beyond doubt: neither side is named like a file, and nothing in the name is filled in.
    pub(crate) fn is_folder(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
        let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut parts = self.path.split('/').skip_while(|part| *part == "..");
        self.path.bytes().all(plain)
            && parts.all(|part| !part.is_empty() && part != ".." && !part.starts_with('-'))
            && !last(&self.path).contains('.')
            && !last(self.target.trim_end_matches('/')).contains('.')
    }

    /// Whether it leads out of the folder from which it counts.
    pub(crate) fn goes_up(&self) -> bool {
        self.path.starts_with("..")
    }

    /// The path for `mkdir`, in a script that runs `elsewhere` than at the top of the checkout, or there.
    pub(crate) fn written(&self, elsewhere: bool) -> String {
        match self.from {
            Folder::Checkout if elsewhere => format!("\"{}{}\"", self.start, self.path),
            Folder::Checkout | Folder::Working => self.path.clone(),
        }
    }
}

/// A source that begins with a variable of the script, with the one text in its place that the script gives it.
fn assigned(docker: &DockerCall<'_>, value: &str) -> Option<String> {
    let after = value.strip_prefix('$')?;
    let inner = after.strip_prefix('{').unwrap_or(after);
    let letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let (name, rest) = inner.split_at(inner.find(|one| !letter(one))?);
    let rest = match after.starts_with('{') {
        true => rest.strip_prefix('}')?,
        false => rest,
    };
    let mut texts = docker.view.lines.iter().flat_map(|line| {
        let scripts = line.parsed.script.iter();
        let set = scripts.flat_map(|script| &script.assignments);
        let set = set.filter(|set| set.name == name);
        set.map(|set| unquoted(set.value.raw(&line.parsed.text)))
    });
    match (texts.next(), texts.next()) {
        (Some(text), None) => Some(docker.view.expand(&text).text + rest),
        _ => None,
    }
}

/// What a container is given of the machine beside the checkout.
pub(crate) struct Mount {
    /// The path, with the user's folder as it is written.
    pub(crate) source: String,
    /// Where it is in the container.
    target: String,
    /// Whether one of both paths ends in a slash.
    ends_as_folder: bool,
}

impl Mount {
    /// `/srv/data:/data:ro`, `~/.m2:/root/.m2`; nothing if it is no such path, or one that only the shell knows.
    pub(crate) fn of(docker: &DockerCall<'_>, flag: &Flag<'_>) -> Option<Self> {
        let value = docker.value(flag)?.text;
        if docker.view.context.rules.below_checkout(&value).is_some() {
            return None;
        }
        let (written, rest) = value.split_once(':')?;
        let target = rest.split(':').next().unwrap_or_default();
        let source = match written.trim_end_matches('/') {
            "" => "/",
            source => source,
        };
        let below_home = HOMES.iter().find_map(|home| source.strip_prefix(home));
        let path = below_home.unwrap_or(source);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
        let engine = source.ends_with(".sock") || source.contains("/docker/");
        let read = (path.starts_with('/') && path.bytes().all(plain)) && !engine;
        read.then(|| Self {
            ends_as_folder: written.ends_with('/') || target.ends_with('/'),
            source: source.to_owned(),
            target: target.to_owned(),
        })
    }

    /// Whether it is a folder beyond doubt.
    pub(crate) fn is_folder(&self, paths: &Paths) -> bool {
        let last = |path: &str| {
            let path = path.trim_end_matches('/');
            path.rsplit('/').next().unwrap_or_default().to_owned()
        };
        let named_so = |name: &str| !name.contains('.') || paths.is_folder_name(name);
        !paths.is_file(&self.source)
            && named_so(&last(&self.source))
            && named_so(&last(&self.target))
            && !self.source.split('/').any(|part| part == "..")
    }

    /// Whether it is called as folders are, here or in the container.
    pub(crate) fn is_called_folder(&self, paths: &Paths) -> bool {
        let named_so = |path: &str| {
            let last = path.rsplit('/').next().unwrap_or_default();
            path.split('/')
                .any(|part| matches!(part, "cache" | ".cache"))
                || paths.is_folder_name(last)
        };
        self.ends_as_folder || named_so(&self.source) || named_so(&self.target)
    }

    /// Whether the runner's user may make it.
    pub(crate) fn is_the_users(&self) -> bool {
        self.source.starts_with("/tmp/") || HOMES.iter().any(|home| self.source.starts_with(home))
    }

    /// The path for `mkdir`.
    pub(crate) fn written(&self) -> String {
        match self.source.starts_with('$') {
            true => format!("\"{}\"", self.source),
            false => self.source.clone(),
        }
    }
}

/// How a script writes the user's own folder.
const HOMES: [&str; 3] = ["$HOME", "${HOME}", "~"];
