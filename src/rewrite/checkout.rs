//! A build step that fetched the repository for itself: the files that its commands build have to be checked out.

use std::rc::Rc;

use crate::analysis::{JobPass, JobView};
use crate::dockerfile::{Dockerfile, Instruction, Word};
use crate::pipeline::{Action, Documents};
use crate::rules::ids;
use crate::yaml::{Change, New};

use super::commands::dockerfiles;
use super::draft::{Draft, Planned, Purpose};

/// Whether a step names the commit of its action.
pub(super) fn is_pinned(documents: &Documents, action: &Action) -> bool {
    let uses = documents.text(action.uses.value).unwrap_or_default();
    let version = uses.split('@').nth(1).unwrap_or_default();
    version.len() == 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A build that fetched the repository for itself builds what is checked out.
pub(super) fn needed(
    pass: &JobPass<'_>,
    index: usize,
    action: &Action,
    draft: &mut Draft,
    why: usize,
) {
    let view = &pass.view;
    let documents = view.context.documents;
    let at = documents.location(action.uses.value);
    let own = view.job.actions[..index]
        .iter()
        .rev()
        .find(|known| known.name.eq_ignore_ascii_case("actions/checkout"));
    let submodules = view.context.files.exists(".gitmodules".as_ref());
    if let Some(own) = own {
        let elsewhere = ["repository", "path"]
            .iter()
            .find(|input| own.inputs.contains_key(**input));
        if let Some(input) = elsewhere {
            draft.block(
                ids::BUILD_CONTEXT,
                at,
                format!("the action builds the repository itself, and what is checked out here is another one or lies elsewhere ({input})"),
                "name the folder with `context:`, then run again",
            );
        }
        if own.inputs.contains_key("ref") {
            draft.review(
                ids::BUILD_CONTEXT,
                at,
                "the action builds the commit of the event, and another one is checked out here",
                "see that the checked out files are the ones to build",
            );
        }
        if submodules && !own.inputs.contains_key("submodules") {
            draft.block(
                ids::BUILD_CONTEXT,
                at,
                "the action builds the repository with its submodules, which are not checked out here",
                "give actions/checkout `submodules: recursive`, then run again",
            );
        }
        let keeps_token = own
            .inputs
            .get("persist-credentials")
            .and_then(|input| documents.text(*input))
            .is_none_or(|text| text.trim() != "false");
        if keeps_token && takes_git_folder(pass, action) {
            draft.review(
                ids::BUILD_CONTEXT,
                at,
                "the action built the commit without its .git folder; Podman builds what is checked out, and the Dockerfile copies all of it, .git with the checkout's token too",
                "list .git in .dockerignore, or give actions/checkout `persist-credentials: false`, then run again",
            );
        }
        draft.note(ids::BUILD_CONTEXT, at, "the action built the commit of the event; Podman builds the files that are checked out");
        return;
    }
    let mut actions = view.job.actions.iter();
    if actions.any(|action| is_pinned(documents, action)) && checkout_elsewhere(view).is_none() {
        draft.block(
            ids::BUILD_CONTEXT,
            at,
            "the action fetches the repository for itself, nothing is checked out in the job, and its actions are pinned to commits",
            "add actions/checkout, pinned as you pin, as the first step, then run again",
        );
        return;
    }
    let at_home = action.step.0.file == view.job.key.file;
    if !at_home {
        draft.block(
            ids::BUILD_CONTEXT,
            at,
            "the action fetches the repository for itself, and nothing is checked out in the job",
            "check the repository out in the workflow, then run again",
        );
        return;
    }
    let mut inputs = vec![("persist-credentials".to_owned(), New::Plain("false"))];
    if submodules {
        inputs.push(("submodules".to_owned(), New::Scalar("recursive".to_owned())));
    }
    let step = New::Mapping(vec![
        ("uses".to_owned(), New::Scalar(checkout_version(view))),
        ("with".to_owned(), New::Mapping(inputs)),
    ]);
    let (list, _) = action.step;
    draft.plan(Planned {
        file: list.file,
        change: Change::InsertItem {
            sequence: list.node,
            at: 0,
            value: step,
        },
        purpose: Purpose::Text,
        instead: None,
        finding: why,
    });
    draft.note(
        ids::BUILD_CONTEXT,
        at,
        "the action fetched the repository for itself; Podman builds what a checkout puts there",
    );
}

/// Whether the folder of git comes into what an action builds: it builds the root of the repository, whose ignore file does not
/// leave that folder out, and a Dockerfile that copies everything, or cannot be seen.
fn takes_git_folder(pass: &JobPass<'_>, action: &Action) -> bool {
    let files = pass.view.context.files;
    let ignored = [".containerignore", ".dockerignore"].iter().any(|name| {
        let source = files.read(name.as_ref()).ok();
        source.is_some_and(|source| leaves_out_git(source.text()))
    });
    let is_all = |word: &Word| {
        let text = word.text.trim_end_matches('/');
        matches!(text, "." | "" | "*" | ".git") || text.starts_with('$')
    };
    let copies = |one: &Instruction| {
        let words = one.words();
        matches!(one.keyword.as_str(), "COPY" | "ADD")
            && one.flags_named("--from").next().is_none()
            && words
                .split_last()
                .is_some_and(|(_, from)| from.iter().any(is_all))
    };
    let builds = pass.view.calls_of(action).into_iter();
    let mut builds = builds.filter_map(|index| Some((index, pass.known_call(index)?)));
    !ignored
        && builds.any(|(index, docker)| {
            let context = docker.operands().last().copied();
            let at_root = context.is_some_and(|word| docker.text_of(word).text == ".");
            let target = docker.flags_named("--target").last();
            let target = target.and_then(|flag| docker.value(flag)).map(|it| it.text);
            let of_image = |one: &Rc<Dockerfile>| {
                let bodies = one.bodies(target.as_deref());
                bodies.is_none_or(|bodies| bodies.concat().iter().any(copies))
            };
            docker.rule.name == "build"
                && at_root
                && dockerfiles(pass, index, docker).is_none_or(|all| all.iter().any(of_image))
        })
}

/// Whether an ignore file leaves the folder of git out: of its lines the last one counts that is about it.
fn leaves_out_git(text: &str) -> bool {
    let about = text.lines().rev().find_map(|line| {
        let line = line.trim();
        let (back, pattern) = match line.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, line),
        };
        let pattern = pattern.trim_start_matches('/').trim_end_matches('/');
        matches!(
            pattern,
            ".git"
                | ".git*"
                | ".git/**"
                | ".git/*"
                | "**/.git"
                | "**/.git/**"
                | ".*"
                | "*"
                | "**"
                | "**/.*"
        )
        .then_some(!back)
    });
    about.unwrap_or(false)
}

/// The checkout that the repository uses elsewhere, so that its version is one that the project trusts.
fn checkout_version(view: &JobView<'_>) -> String {
    let known = checkout_elsewhere(view);
    known.unwrap_or("actions/checkout@v4").to_owned()
}

fn checkout_elsewhere<'a>(view: &JobView<'a>) -> Option<&'a str> {
    view.context
        .pipeline
        .jobs
        .iter()
        .flat_map(|job| &job.actions)
        .find(|action| action.name.eq_ignore_ascii_case("actions/checkout"))
        .and_then(|action| view.context.documents.text(action.uses.value))
}
