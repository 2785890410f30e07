//! The names of an image in the parts that redhat-actions want.

use crate::analysis::Operation;
use crate::image_name::ImageName;
use crate::pipeline::NodeRef;
use crate::providers::github::expression;

use super::{Refusal, Step};

/// The names of an image in parts.
pub(super) struct Names {
    pub(super) registry: Option<String>,
    pub(super) image: Option<String>,
    pub(super) tags: String,
}

impl Step<'_> {
    /// The names of the image as the actions want them: for a push the name of the repository without the registry, because
    /// push-to-registry looks for that under localhost/.
    pub(super) fn names(&self, at: NodeRef, text: &str, pushes: bool) -> Result<Names, Refusal> {
        let unsaid = |why: &str| Err((at, why.to_owned()));
        let all: Vec<&str> = text
            .split(['\n', ','])
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        if all
            .iter()
            .any(|name| name.starts_with('"') || name.contains('@'))
        {
            return unsaid("these actions take no quotes and no digests in names");
        }
        if all.iter().any(|name| expression::whole(name).is_some()) {
            return unsaid("an expression names the image, and these actions want its parts");
        }
        let parts: Vec<ImageName<'_>> = all.iter().map(|name| ImageName::parse(name)).collect();
        let tags: Vec<&str> = parts
            .iter()
            .map(|name| name.tag.unwrap_or("latest"))
            .collect();
        if !tags.iter().all(|tag| self.is_lower_case(tag)) {
            return unsaid(
                "buildah-build and push-to-registry do not agree on tags with capital letters, and this may hold some",
            );
        }
        let images: Vec<&str> = all
            .iter()
            .map(|name| ImageName::without_tag(name))
            .collect();
        let first = images.first().copied().unwrap_or_default();
        let one = images.iter().all(|image| *image == first);
        if !pushes {
            return Ok(match one {
                true => Names {
                    registry: None,
                    image: Some(first.to_owned()),
                    tags: tags.join(" "),
                },
                false if parts.iter().all(|name| name.tag.is_some()) => Names {
                    registry: None,
                    image: None,
                    tags: all.join(" "),
                },
                false => {
                    return unsaid(
                        "these actions take names of several images only when each has a tag",
                    );
                }
            });
        }
        if !one {
            return unsaid("push-to-registry pushes one image, and this names several");
        }
        let Some((registry, image)) = self.registry_of(first) else {
            return unsaid(
                "push-to-registry wants the registry apart, and it is not known which part of the name that is",
            );
        };
        let step_variables = self
            .pass
            .view
            .context
            .documents
            .value(self.action.mapping, "env")
            .is_some();
        if step_variables && text.contains("env.") {
            return unsaid("the names hold variables that may be the step's own");
        }
        if let Some(why) = self.used_elsewhere(&images) {
            return unsaid(&why);
        }
        Ok(Names {
            registry: Some(registry),
            image: Some(image),
            tags: tags.join(" "),
        })
    }

    /// The registry and the rest of a name.
    fn registry_of(&self, name: &str) -> Option<(String, String)> {
        let (first, rest) = split_outside(name)?;
        let is_host = |text: &str| text == "localhost" || text.contains(['.', ':']);
        let (registry, image) = match expression::is_in(first) {
            true if is_host(&expression::without(first))
                || self.known(first).is_some_and(is_host) =>
            {
                (first, rest)
            }
            true => return None,
            false if is_host(first) => (first, rest),
            false => ("docker.io", name),
        };
        let known_name = self.known(registry).unwrap_or(registry);
        if crate::image_name::is_on_this_machine(known_name) || known_name == "localhost" {
            return None;
        }
        // a first part with a dot would be a registry again
        let inner = split_outside(image).map_or(image, |(first, _)| first);
        let short = !is_host(&expression::without(inner)) && !image.is_empty();
        short.then(|| (registry.to_owned(), image.to_owned()))
    }

    /// Whether a tag holds no capital letters.
    fn is_lower_case(&self, tag: &str) -> bool {
        let lower = |text: &str| !text.bytes().any(|byte| byte.is_ascii_uppercase());
        let mut rest = tag;
        while let Some(start) = rest.find("${{") {
            let Some(end) = rest[start..].find("}}").map(|end| start + end + 2) else {
                return false;
            };
            let one = &rest[start..end];
            let known = expression::whole(one).is_some_and(|inner| self.rule.is_lower_case(inner))
                || self.known(one).is_some_and(lower);
            if !known || !lower(&rest[..start]) {
                return false;
            }
            rest = &rest[end..];
        }
        lower(rest)
    }

    /// Why the image must keep its full name in the store: another command takes it from there.
    fn used_elsewhere(&self, images: &[&str]) -> Option<String> {
        let view = self.pass.view;
        let own = view.calls_of(self.action);
        let mut others = self
            .pass
            .facts
            .operations
            .iter()
            .filter(|(call, _)| !own.contains(call));
        others.find_map(|(_, operation)| {
            let names: Vec<&str> = match operation {
                Operation::Run { image, .. } | Operation::Tag { from: image, .. } | Operation::Push(image) => vec![image],
                Operation::Save(names) => names.iter().map(String::as_str).collect(),
                _ => Vec::new(),
            };
            let name = names.into_iter().find(|name| {
                let unknown = name.replace("${{", "").contains('$');
                unknown || images.contains(&ImageName::without_tag(name))
            })?;
            Some(format!("another command uses {name}, and for push-to-registry the image has another name here"))
        })
    }
}

/// A name at its first slash outside of expressions.
fn split_outside(name: &str) -> Option<(&str, &str)> {
    let mut inside = false;
    for (at, letter) in name.char_indices() {
        match letter {
            '{' if name[..at].ends_with('$') => inside = true,
            '}' => inside = false,
            '/' if !inside => return Some((&name[..at], &name[at + 1..])),
            _ => {}
        }
    }
    None
}
