//! Short names of images: Docker takes them from Docker Hub, and Podman has no one to ask which registry is meant.

use crate::analysis::own_names::latest;
use crate::analysis::text::unquoted;
use crate::analysis::{DockerCall, JobPass, JobView};
use crate::image_name::ImageName;
use crate::rewrite::draft::Draft;
use crate::rewrite::setup;
use crate::rules::{ShortName, ids};
use crate::shell::Nesting;
use crate::yaml::Kind;

/// How many texts are tried for one name, by variables that hold other variables.
const MOST_TEXTS: usize = 100;

/// A pull of a short name means Docker Hub.
pub(super) fn pull(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    draft: &mut Draft,
    why: usize,
) {
    for word in docker.operands() {
        fetch(pass, index, docker, word, draft, why);
    }
}

/// The image of a container: a name that the job did not make itself means Docker Hub, and so does one that is fetched anew.
pub(super) fn image(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    draft: &mut Draft,
    why: usize,
) {
    let mut pulls = docker.flags_named("--pull");
    let fetches = pulls.any(|flag| docker.value(flag).is_some_and(|it| it.text == "always"));
    for word in docker.operands() {
        match fetches {
            true => fetch(pass, index, docker, word, draft, why),
            false => qualify(pass, index, docker, word, draft, why),
        }
        if !docker.text_of(word).text.starts_with('-') {
            return; // what stands in front of the image are variables with flags
        }
    }
}

/// A name that is fetched from its registry, whatever the store has: for an image of the job's own, Podman would ask
/// `localhost`.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1.
fn fetch(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    word: usize,
    draft: &mut Draft,
    why: usize,
) {
    let name = docker.text_of(word).text;
    let is_own = is_plain_short_name(&name) && pass.facts.is_made_before(index, &name);
    let written = docker.call.raw(&docker.words()[word]);
    let can_be_told = is_plain_short_name(written.trim_matches(['"', '\'']));
    if is_own && !(can_be_told && pass.facts.is_pushed_before(index, &name)) {
        draft.block(
            ids::SHORT_NAME,
            docker.at_words(&(word..word + 1)),
            format!("{name} is made by this job, and fetched from its registry here: in Podman these are two images"),
            "write the registry's name in front wherever its image is meant, then run again",
        );
    } else {
        write_out(pass, docker, word, draft, why);
    }
}

/// Writes Docker Hub's name in front of a short name that the job did not make itself. One that may be the job's own stays as
/// it is: Podman looks for it in its store first.
fn qualify(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    word: usize,
    draft: &mut Draft,
    why: usize,
) {
    let name = docker.text_of(word).text;
    if pass.facts.made_before(index, &name) {
        return;
    }
    let may_be_own = pass.facts.may_make_before(latest(index, docker), &name);
    if !may_be_own || !is_plain_short_name(&name) {
        write_out(pass, docker, word, draft, why);
        return;
    }
    let rules = pass.view.context.rules;
    if let ShortName::Other(other) = rules.short_name(ImageName::without_tag(&name)) {
        draft.review(
            ids::SHORT_NAME,
            docker.at_words(&(word..word + 1)),
            format!("{name} may be an image of this job's own; where it is none, Podman takes {other} for it"),
            "write docker.io/library/ in front if Docker Hub's image is meant",
        );
    }
    let message = format!(
        "{name} may be an image of this job's own, so the name stays; where it is none, Podman is told to take it from Docker Hub"
    );
    setup::short_names(pass.view, docker.call, message, draft);
}

/// Writes Docker Hub's name in front of a short name, or tells Podman where to look for it.
fn write_out(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    word: usize,
    draft: &mut Draft,
    why: usize,
) {
    let text = docker.text_of(word);
    let raw = docker.call.raw(&docker.words()[word]);
    let own = pass.facts.makes(ImageName::without_tag(&text.text));
    let comes_in = text.unknown && !own && may_be_short(pass.view, &text.text);
    if comes_in || is_filled_in(docker, raw) {
        let message = "the image's name comes in when the script runs; Podman is told to take short names from Docker Hub";
        setup::short_names(pass.view, docker.call, message.to_owned(), draft);
        return;
    }
    let quotes = raw.len() - raw.trim_start_matches(['"', '\'']).len();
    let inner = raw.trim_matches(['"', '\'']);
    if is_plain_short_name(inner) {
        let full = ImageName::on_docker_hub(inner);
        let prefix = full.strip_suffix(inner).unwrap_or_default().to_owned();
        let at = docker.at_words(&(word..word + 1));
        draft.note(ids::SHORT_NAME, at, format!("{inner} is an image of Docker Hub; Podman has no one to ask which registry is meant"));
        let start = docker.words()[word].span.start + quotes;
        docker.replace(start..start, prefix, draft, why);
    } else if is_plain_short_name(&text.text) && !text.used.is_empty() {
        let message = format!(
            "{} is an image of Docker Hub; Podman is told to take short names from there",
            text.text
        );
        setup::short_names(pass.view, docker.call, message, draft);
    }
}

/// Whether xargs or find puts something else in the place of a word.
fn is_filled_in(docker: &DockerCall<'_>, raw: &str) -> bool {
    let call = docker.call;
    if !call.command().context.nesting.contains(&Nesting::Xargs) {
        return false;
    }
    let mut placeholders = vec!["{}"];
    let mut before = "";
    for word in &call.command().wrappers {
        let text = word.value.as_deref().unwrap_or_default();
        let own = match text.strip_prefix("-I") {
            Some(own) => own,
            None if before == "-I" => text,
            None => "",
        };
        if !own.is_empty() {
            placeholders.push(own);
        }
        before = text;
    }
    placeholders
        .iter()
        .any(|placeholder| raw.contains(placeholder))
}

/// Whether a word is a plain image name that the file shows.
fn is_plain_short_name(text: &str) -> bool {
    !text.is_empty()
        && ImageName::parse(text).is_short()
        && !text.contains(['`', '(', '*', '?'])
        && !text.starts_with(['$', '-', '/', '.', '~'])
}

/// Whether a name that begins with what the shell fills in may turn out to be a short one: not all that may come in is
/// known, or some of it names no registry. On a runner's machine its owner has said where short names lead.
pub(super) fn may_be_short(view: &JobView<'_>, name: &str) -> bool {
    let mut left = MOST_TEXTS;
    !view.on_machine() && name.starts_with(['$', '`']) && comes_short(view, name, &mut left)
}

fn comes_short(view: &JobView<'_>, name: &str, left: &mut usize) -> bool {
    let name = name.trim_matches(['"', '\'']);
    if !name.starts_with(['$', '`']) {
        return ImageName::parse(name).is_short();
    }
    if name.starts_with('`') || name.starts_with("$(") {
        return !prints_images(name);
    }
    *left = left.saturating_sub(1);
    let Some((variable, behind)) = first_variable(name).filter(|_| *left > 0) else {
        return true;
    };
    if view.context.rules.holds_full_image(variable) {
        return false;
    }
    let texts = texts_of(view, variable);
    let mut names = texts.iter().flat_map(|text| words(text));
    texts.is_empty() || names.any(|word| comes_short(view, &format!("{word}{behind}"), left))
}

/// `$NAME` or `${NAME}` at the start of a text, and what follows; nothing if the shell makes something else of the value.
fn first_variable(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix('$')?;
    let end = |text: &str| text.find(|one: char| !one.is_ascii_alphanumeric() && one != '_');
    match rest.strip_prefix('{') {
        Some(inner) => {
            let (name, behind) = inner.split_at(end(inner)?);
            Some((
                name,
                behind.strip_prefix('}').or(behind.strip_prefix(",,}"))?,
            ))
        }
        None => Some(rest.split_at(end(rest).unwrap_or(rest.len()))),
    }
}

/// All that the files say a variable may hold: of the job, of its rules and its matrix, and of its scripts.
fn texts_of(view: &JobView<'_>, variable: &str) -> Vec<String> {
    let documents = view.context.documents;
    let own = view.job.variables.get(variable);
    let own = own.and_then(|variable| variable.value.clone());
    let varied = view.job.varied.iter();
    let varied = varied.filter(|(name, _)| name == variable);
    let varied = varied.flat_map(|(_, slot)| {
        let node = documents.resolve(slot.value);
        let tree = documents.tree(node);
        let nodes = match &tree.node(node.node).kind {
            Kind::Sequence { items, .. } => items.clone(),
            _ => vec![node.node],
        };
        let scalars = nodes.into_iter().filter_map(|node| tree.scalar(node));
        scalars
            .map(|scalar| scalar.value().to_owned())
            .collect::<Vec<_>>()
    });
    let given = view.names().given(variable).into_iter();
    let given = given.flat_map(|given| &given.texts);
    let given = given.map(|text| unquoted(text).into_owned());
    own.into_iter()
        .chain(varied)
        .chain(given)
        .take(MOST_TEXTS)
        .collect()
}

/// The images that a text may list: `a:1 b:2`. What a command prints is one.
fn words(text: &str) -> Vec<&str> {
    let one = text.contains("$(") || text.contains('`') || text.is_empty();
    match one {
        true => vec![text],
        false => text.split_whitespace().collect(),
    }
}

/// Whether what a command prints are ids, or names as the engine itself writes them.
fn prints_images(text: &str) -> bool {
    let mut verbs = [
        "build", "commit", "create", "images", "image", "import", "inspect", "ps",
    ]
    .iter();
    text.contains("docker") && verbs.any(|verb| text.contains(&format!(" {verb} ")))
}
