//! Caches of builds: a repository of their own in the registry that the job pushes to, or nothing.

use crate::analysis::{DockerCall, Flag, JobPass};
use crate::image_name::ImageName;
use crate::rewrite::draft::Draft;
use crate::rules::ids;

use super::parts::{Additions, remove_flag};

/// A cache goes to a repository of its own in a registry that the job pushes to, or is lost by name.
pub(super) fn cache(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    flag: &Flag<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let at = docker.at_words(&flag.words);
    if let Some(folder) = local_cache(docker, flag)
        && pass
            .view
            .lines
            .iter()
            .enumerate()
            .any(|(line, other)| line != docker.call.line && other.parsed.text.contains(&folder))
    {
        draft.block(
            ids::BUILD_CACHE,
            at,
            format!("the cache in {folder} is lost, and another command of the job works with that folder"),
            "take the folder out of the job, then run again",
        );
        return;
    }
    let review = pass.view.context.options.include_review;
    let target = docker
        .raw_value(flag)
        .and_then(|raw| cache_repository(pass, index, raw));
    // jobs for pull requests on GitHub may read a registry and not write to it
    let reads_only = !pass.view.job.provider.changes_may_push()
        && docker.flags_named("--cache-to").next().is_none();
    let already = additions
        .options
        .iter()
        .any(|option| option.starts_with("--layers"));
    match target {
        Some(repository) if review && !reads_only => {
            let message =
                format!("the build cache moves to {repository}, where each cached layer is a tag");
            let why = draft.warn(ids::BUILD_CACHE, at, message);
            if !already {
                additions.options.push(format!(
                    "--layers --cache-from {repository} --cache-to {repository}"
                ));
            }
            remove_flag(docker, flag, draft, why);
        }
        target => {
            let (message, help) = match target {
                Some(_) if reads_only => (
                    format!(
                        "{} is lost: Podman finds a cache only where its own builds write one, and this one writes none",
                        flag.rule.name
                    ),
                    flag.rule.instead.clone().unwrap_or_default(),
                ),
                Some(repository) => (
                    format!("{} is lost, and the build takes longer", flag.rule.name),
                    format!("run with --include-review: it keeps a cache in {repository}"),
                ),
                None => (
                    format!(
                        "{} is lost: Podman takes a cache only from a repository that the job pushes to",
                        flag.rule.name
                    ),
                    flag.rule.instead.clone().unwrap_or_default(),
                ),
            };
            let help = Some(help.as_str()).filter(|help| !help.is_empty());
            let why = draft.lose(ids::BUILD_CACHE, at, message, help);
            remove_flag(docker, flag, draft, why);
        }
    }
}

/// The folder of `type=local,dest=FOLDER`.
fn local_cache(docker: &DockerCall<'_>, flag: &Flag<'_>) -> Option<String> {
    let raw = docker.raw_value(flag)?.trim_matches(['"', '\'']);
    let mut fields = raw.split(',');
    let is_local = raw.contains("type=local");
    let folder = fields.find_map(|field| {
        field
            .strip_prefix("dest=")
            .or_else(|| field.strip_prefix("src="))
    })?;
    (is_local && !folder.is_empty()).then(|| folder.to_owned())
}

/// The repository for a cache, if the job logs in to its registry and pushes there, and the registry has room for it.
fn cache_repository(pass: &JobPass<'_>, index: usize, raw: &str) -> Option<String> {
    if raw.contains(['(', '`', '{']) && !raw.contains("${") {
        return None;
    }
    let inner = raw.trim_matches(['"', '\'']);
    let reference = if inner.contains("type=") {
        inner
            .split(',')
            .find_map(|part| part.strip_prefix("ref="))?
    } else {
        inner
    };
    let repository = ImageName::without_tag(reference);
    let expanded = pass.view.expand(repository).text;
    let rules = pass.view.context.rules;
    let has_room = ImageName::parse(&expanded)
        .registry
        .is_some_and(|registry| {
            !registry.starts_with('$') && !rules.has_fixed_repositories(registry)
        });
    let gitlab = expanded.starts_with("$CI_REGISTRY") || expanded.starts_with("${CI_REGISTRY");
    if !has_room && !gitlab || repository.contains(['(', '`']) || !pass.facts.pushes_to(&expanded) {
        return None;
    }
    let logged_in = pass.facts.logins.before(index, &expanded);
    if pass.facts.made_before(index, &expanded) {
        return None; // the cache is an image of this job's own
    }
    let quote = if raw.starts_with('"') { "\"" } else { "" };
    logged_in.then(|| format!("{quote}{repository}/cache{quote}"))
}
