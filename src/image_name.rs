//! Image names as CI files write them: registry, repository, tag and digest, with variables in any part.

use crate::pipeline::Variables;

/// Whether an image's registry is on the machine itself: Docker speaks plain HTTP to it without being told, Podman does not.
/// Source: docker registry documentation; a pull of `localhost:5002/...` ran on Podman 5.4.2.
pub(crate) fn is_on_this_machine(name: &str) -> bool {
    let name = name.trim_matches(['"', '\'']);
    name.starts_with("localhost:") || name.starts_with("127.")
}

/// The flag that lets Podman (no side) or skopeo (`src-`, `dest-`) speak plain HTTP to the registry of an image, with a blank
/// in front; empty where none is needed.
pub(crate) fn insecure(name: &str, side: &str) -> String {
    match is_on_this_machine(name) {
        true => format!(" --{side}tls-verify=false"),
        false => String::new(),
    }
}

/// Takes a name that goes into a CI file as it is, so it must be one plain word.
///
/// # Errors
/// How an image is written, if this is none.
pub(crate) fn plain(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@${}".contains(&byte);
    let begins = |character: char| character.is_ascii_alphanumeric() || character == '$';
    if text.starts_with(begins) && text.bytes().all(plain) {
        Ok(text.into())
    } else {
        Err("an image is written like quay.io/podman/stable:v5.4".into())
    }
}

/// An image name in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ImageName<'a> {
    /// The registry's host, if the name has one: it holds a dot or a colon, or is `localhost`.
    pub registry: Option<&'a str>,
    /// The path within the registry.
    pub repository: &'a str,
    /// After the colon.
    pub tag: Option<&'a str>,
    /// After the at sign.
    pub digest: Option<&'a str>,
}

impl<'a> ImageName<'a> {
    /// Takes a name apart; a colon or slash inside of `${...}` or `$(...)` does not count.
    pub(crate) fn parse(text: &'a str) -> Self {
        let (mut first_slash, mut last_slash, mut last_colon) = (None, None, None);
        let mut digest_mark = None;
        for (at, byte) in outside(text) {
            match byte {
                b'/' => {
                    first_slash.get_or_insert(at);
                    last_slash = Some(at);
                }
                b':' => last_colon = Some(at),
                b'@' => {
                    digest_mark = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let (name, digest) = match digest_mark {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        let (path, tag) = match last_colon {
            Some(colon) if last_slash.is_none_or(|slash| colon > slash) => {
                (&name[..colon], Some(&name[colon + 1..]))
            }
            _ => (name, None),
        };
        let (registry, repository) = match first_slash {
            Some(slash) if is_host(&path[..slash]) => (Some(&path[..slash]), &path[slash + 1..]),
            _ => (None, path),
        };
        Self {
            registry,
            repository,
            tag,
            digest,
        }
    }

    /// The name without tag and digest.
    pub(crate) fn without_tag(text: &'a str) -> &'a str {
        let parsed = Self::parse(text);
        let mut end = text.len();
        if let Some(digest) = parsed.digest {
            end -= digest.len() + 1;
        }
        if let Some(tag) = parsed.tag {
            end -= tag.len() + 1;
        }
        &text[..end]
    }

    /// Whether the name says no registry: the engine has to guess one.
    pub(crate) fn is_short(&self) -> bool {
        self.registry.is_none() && !self.repository.starts_with('$')
    }

    /// Docker's full name for a short one: `docker.io/library/nginx`, `docker.io/group/tool`.
    pub(crate) fn on_docker_hub(text: &str) -> String {
        match ImageName::parse(text).repository.contains('/') {
            true => format!("docker.io/{text}"),
            false => format!("docker.io/library/{text}"),
        }
    }
}

fn is_host(part: &str) -> bool {
    part == "localhost" || (!part.starts_with('$') && part.contains(['.', ':']))
}

/// The bytes that do not lie within `${...}` or `$(...)`, each with its place.
fn outside(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let mut open: Vec<u8> = Vec::new();
    let mut before = 0;
    text.bytes().enumerate().filter(move |(_, byte)| {
        let behind = std::mem::replace(&mut before, *byte);
        match byte {
            b'{' if behind == b'$' => open.push(b'}'),
            b'(' if behind == b'$' => open.push(b')'),
            _ if open.last() == Some(byte) => {
                open.pop();
            }
            _ => return open.is_empty(),
        }
        false
    })
}

/// A text with the job's variables put in, as far as the file says what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// The text; variables that are not known stay as they are written.
    pub text: String,
    /// Whether a variable is left in it.
    pub unknown: bool,
    /// The variables that were put in, in the order of their names in the text.
    pub used: Vec<String>,
}

/// Puts variables into a text, again and again up to a small depth: `$NAME`, `${NAME}`, `${{ env.NAME }}`; other forms
/// count as unknown.
pub(crate) fn expand(text: &str, variables: &Variables) -> Expanded {
    let mut used = Vec::new();
    let (text, unknown) = expand_into(text, variables, 0, &mut used);
    Expanded {
        text,
        unknown,
        used,
    }
}

fn expand_into(
    text: &str,
    variables: &Variables,
    depth: usize,
    used: &mut Vec<String>,
) -> (String, bool) {
    let mut result = String::with_capacity(text.len());
    let mut unknown = false;
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        result.push_str(&rest[..dollar]);
        let after = &rest[dollar + 1..];
        let (name, length) = variable_name(after);
        let value = name.and_then(|name| {
            let variable = variables.get(name)?;
            let value = variable.value.as_deref()?;
            (!variable.varies && depth < 6 && result.len() < 4096).then_some((name, value))
        });
        match value {
            Some((name, value)) => {
                used.push(name.to_owned());
                let (inner, inner_unknown) = expand_into(value, variables, depth + 1, used);
                result.push_str(&inner);
                unknown |= inner_unknown;
                rest = &after[length..];
            }
            None => {
                unknown = true;
                result.push('$');
                result.push_str(&after[..length]);
                rest = &after[length..];
            }
        }
    }
    result.push_str(rest);
    (result, unknown)
}

/// The variable at the start of what follows a dollar sign, and how many bytes it takes.
fn variable_name(after: &str) -> (Option<&str>, usize) {
    let letters = |text: &str| {
        text.bytes()
            .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_'))
            .unwrap_or(text.len())
    };
    if let Some(inner) = after.strip_prefix("{{") {
        let end = inner.find("}}");
        let name = end.and_then(|end| inner[..end].trim().strip_prefix("env."));
        return match (name, end) {
            (Some(name), Some(end)) if letters(name) == name.len() => (Some(name), end + 4),
            _ => (None, 1),
        };
    }
    if let Some(inner) = after.strip_prefix('{') {
        let length = letters(inner);
        if inner[length..].starts_with('}') {
            return (Some(&inner[..length]), length + 2);
        }
        return (None, 1);
    }
    let length = letters(after);
    ((length > 0).then(|| &after[..length]), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_apart() {
        let parsed = ImageName::parse("registry.example.com:5000/group/docker:27-dind@sha256:ab");
        assert_eq!(parsed.registry, Some("registry.example.com:5000"));
        assert_eq!(parsed.repository, "group/docker");
        assert_eq!(parsed.tag, Some("27-dind"));
        assert_eq!(parsed.digest, Some("sha256:ab"));
        assert_eq!(ImageName::parse("docker").repository, "docker");
        assert_eq!(
            ImageName::parse("${PROXY:-x/y}/docker:${TAG:-1}").tag,
            Some("${TAG:-1}")
        );
        assert_eq!(
            ImageName::parse("localhost:5000/x").registry,
            Some("localhost:5000")
        );
        assert_eq!(ImageName::without_tag("a/b:c"), "a/b");
        assert_eq!(ImageName::without_tag("host:1/b"), "host:1/b");
    }

    #[test]
    fn says_what_docker_would_pull() {
        assert_eq!(
            ImageName::on_docker_hub("nginx:1"),
            "docker.io/library/nginx:1"
        );
        assert_eq!(
            ImageName::on_docker_hub("group/tool"),
            "docker.io/group/tool"
        );
        assert!(ImageName::parse("nginx").is_short());
        assert!(!ImageName::parse("$IMAGE").is_short());
        assert!(!ImageName::parse("quay.io/x/y").is_short());
    }
}
