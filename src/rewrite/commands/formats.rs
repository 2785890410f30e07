//! `--format`: what Podman prints for each field that a template names.

use crate::analysis::docker_call::behind;
use crate::analysis::template::{Asked, asked};
use crate::analysis::{DockerCall, Flag, JobPass, slash};
use crate::image_name::ImageName;
use crate::rewrite::draft::Draft;
use crate::rules::{Field, Templates, ids};

use super::images::inspected;

/// Looks at a template field by field. `false`: Podman prints nothing of the kind, the job stays.
pub(super) fn format(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    flag: &Flag<'_>,
    draft: &mut Draft,
) -> bool {
    let Some(value) = docker.value(flag) else {
        return true;
    };
    let text = template_text(docker.raw_value(flag).unwrap_or_default());
    let text = text.as_deref().unwrap_or(&value.text);
    let rules = docker.view.context.rules;
    let of = kind(pass, docker);
    let Some(templates) = rules.templates(of) else {
        return false;
    };
    let all = match text {
        "json" | "{{json .}}" => return prints_all(docker, flag, templates, draft),
        "table" | "pretty" | "" => return true,
        _ => asked(text),
    };
    let Some(all) = all.filter(|_| text.contains("{{")) else {
        review(
            docker,
            flag,
            draft,
            "what this template prints cannot be read here",
        );
        return true;
    };
    for one in &all {
        look_at(docker, flag, templates, one, draft);
    }
    true
}

/// A template as the shell hands it on, with the quotes that are its own; nothing where a variable fills something in.
fn template_text(raw: &str) -> Option<String> {
    if let Some(inner) = raw
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    {
        return (!inner.contains("${{")).then(|| inner.to_owned());
    }
    let inner = raw
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let inner = inner.filter(|inner| !inner.replace("\\$", "").contains('$'))?;
    Some(inner.replace("\\\"", "\"").replace("\\$", "$"))
}

/// The whole object as JSON, of which the script may read a field. `false`: Podman's fields are not Docker's at all.
fn prints_all(
    docker: &DockerCall<'_>,
    flag: &Flag<'_>,
    templates: &Templates,
    draft: &mut Draft,
) -> bool {
    let read = docker.call.is_read();
    if docker.rule.name.ends_with("inspect") {
        if let Some(field) = inspected(docker).filter(|_| read) {
            let message = format!("the script reads {field}, which is not the same in Podman");
            block(docker, flag, draft, message);
        }
        return true;
    }
    templates.field(".") != Field::Missing && !read
}

/// The kind of object whose fields a command prints.
fn kind<'d>(pass: &JobPass<'_>, docker: &'d DockerCall<'_>) -> &'d str {
    let name = docker.rule.name.as_str();
    if name != "inspect" {
        return name;
    }
    let asked_for = docker.flags_named("--type").last();
    let asked_for = asked_for.and_then(|flag| docker.value(flag));
    match asked_for.as_ref().map(|value| value.text.as_str()) {
        Some("image") => return "image",
        Some("network") => return "network",
        Some("volume") => return "volume",
        Some(_) => return "container",
        None => {}
    }
    // a container's name has neither a registry nor a tag, and goes before an image of the same name
    let mut operands = docker.operands().into_iter();
    let image = operands.any(|word| {
        let raw = docker.text_of(word).text;
        let parsed = ImageName::parse(&raw);
        let named = raw.contains('/') || parsed.tag.is_some() || parsed.digest.is_some();
        named || pass.facts.is_made(&raw) && !pass.facts.is_container(&raw)
    });
    match image {
        true => "image",
        false => "container",
    }
}

fn look_at(
    docker: &DockerCall<'_>,
    flag: &Flag<'_>,
    templates: &Templates,
    one: &Asked,
    draft: &mut Draft,
) {
    let path = &one.path;
    match templates.field(path) {
        Field::Same => {}
        Field::Alone(_) if one.alone => {}
        Field::Alone(Some(to)) => rename(docker, flag, one, to, draft),
        Field::Renamed(to) => rename(docker, flag, one, to, draft),
        Field::Other(_) if docker.call.is_read() => {
            if path == ".Name" && slash::does_not_matter(docker) {
                return;
            }
            block(
                docker,
                flag,
                draft,
                format!("the script reads {path}, which is not the same in Podman"),
            );
        }
        Field::More(begins) if docker.call.is_read() && !looks_for_another(docker, begins) => {
            let message =
                format!("the script reads {path}, and Podman adds an entry of its own, {begins}");
            block(docker, flag, draft, message);
        }
        Field::More(_) => {}
        Field::Other(Some(to)) => rename(docker, flag, one, to, draft),
        Field::Other(None) => {}
        Field::Name => name(docker, flag, draft),
        Field::Alone(None) | Field::Missing => {
            let message = match path.as_str() {
                "." => "the fields that Podman prints are not Docker's".to_owned(),
                path => format!(
                    "Podman ends with an error where a template asks for {path} in this way"
                ),
            };
            block(docker, flag, draft, message);
        }
        Field::Unknown => review(
            docker,
            flag,
            draft,
            &format!("whether Podman prints {path} as Docker does is not known"),
        ),
    }
}

/// Whether what reads the output only looks for lines with a text that the entry of Podman's own has not.
fn looks_for_another(docker: &DockerCall<'_>, begins: &str) -> bool {
    let mut readers = behind(docker);
    let Some(next) = readers.next().filter(|next| next.program() == Some("grep")) else {
        return false;
    };
    let words = next.command().words.iter().skip(1);
    let words = words.map(|word| next.raw(word));
    let (flags, texts): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('-'));
    let [text] = texts.as_slice() else {
        return false;
    };
    let text = text.trim_matches(['"', '\'']);
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_/".contains(letter);
    let known = ["-q", "-c", "-F", "-qF", "-Fq", "-o"];
    !text.is_empty()
        && text.chars().all(plain)
        && !begins.contains(text)
        && !text.starts_with(begins)
        && flags.iter().all(|flag| known.contains(flag))
}

/// An image's name: Podman writes a registry or localhost/ in front.
fn name(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft) {
    let at = docker.at_words(&flag.words);
    match docker.call.is_read() {
        true => draft.review(
            ids::PRINTED_NAMES,
            at,
            "the script reads the names of images, and Podman prints those built here as localhost/NAME",
            "see that the script takes them with or without localhost/",
        ),
        false => {
            let message = "Podman prints images built here as localhost/NAME";
            draft.warn(ids::PRINTED_NAMES, at, message);
        }
    }
}

/// Gives a field its name in Podman, where it is written once and from the root.
fn rename(docker: &DockerCall<'_>, flag: &Flag<'_>, one: &Asked, to: &str, draft: &mut Draft) {
    let raw = docker.raw_value(flag).unwrap_or_default();
    let joins = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
    let mut places = raw.match_indices(&one.written).filter(|(at, _)| {
        let after = raw.get(at + one.written.len()..).unwrap_or_default();
        let before = raw.get(..*at).unwrap_or_default();
        !after.starts_with(joins) && !before.ends_with(joins)
    });
    let (Some((at, _)), None, Some(range)) = (places.next(), places.next(), flag.value.clone())
    else {
        let message = format!("Podman has no {} in its templates", one.path);
        block(docker, flag, draft, message);
        return;
    };
    let message = format!("{} is {to} in Podman", one.written);
    let why = draft.note(ids::TEMPLATE_FIELD, docker.at_words(&flag.words), message);
    let start = range.start + at;
    docker.replace(start..start + one.written.len(), to, draft, why);
}

fn block(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft, message: String) {
    let at = docker.at_words(&flag.words);
    let help = "write what Podman prints by hand (`podman inspect` and `podman info` show it)";
    draft.block(ids::OUTPUT_DIFFERS, at, message, help);
}

fn review(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft, message: &str) {
    let at = docker.at_words(&flag.words);
    let help =
        "try it with `podman inspect` or `podman info`, and see that the script takes what comes";
    draft.review(ids::OUTPUT_DIFFERS, at, message, help);
}
