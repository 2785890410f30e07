//! Alpine's packages become Fedora's, and programs that the old image had are installed.

use crate::analysis::{Call, JobPass};
use crate::collections::{HashMap, IndexMap};
use crate::pipeline::NodeRef;
use crate::rules::{OnFedora, PackageManager, ids};

use super::commands::clones;
use super::draft::{Draft, Purpose};
use super::removal::remove_command;
use super::script_edit::{insert_in_front, replace};

/// Rewrites `apk` and installs what is missing. Only for jobs whose image is swapped.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    if pass.evidence.own_image.is_some() {
        return super::toolbox::keeps_no_docker(pass, draft); // who made it knows what is in it
    }
    if !pass.evidence.docker_image() {
        return;
    }
    // the first call that installs each
    let mut installed: HashMap<String, usize> = HashMap::default();
    for (index, call) in pass.view.calls.iter().enumerate() {
        if pass.replaced.contains(&index) || call.is_remote() {
            continue;
        }
        if call.program() == Some("apk") {
            for package in apk(pass, call, draft) {
                installed.entry(package).or_insert(index);
            }
        }
    }
    missing_programs(pass, &installed, draft);
}

/// Gives the Fedora packages that the line installs from now on.
fn apk(pass: &JobPass<'_>, call: &Call, draft: &mut Draft) -> Vec<String> {
    let view = &pass.view;
    let words = &call.command().words;
    let raw = |index: usize| call.raw(&words[index]);
    let verb = (1..words.len()).find(|index| !raw(*index).starts_with('-'));
    let at = view.at_command(call);
    let refuse = |draft: &mut Draft, what: String| {
        draft.block(
            ids::UNKNOWN_PACKAGE,
            at,
            what,
            "name the package as Fedora has it in the configuration, or install it by hand",
        );
    };
    match verb.map(raw) {
        Some("update" | "upgrade" | "del" | "fix" | "cache") => {
            let why = draft.note(
                ids::PACKAGE,
                at,
                "the stable image is Fedora's, which has no apk",
            );
            remove_command(call, draft, why);
            return Vec::new();
        }
        Some("add") => {}
        _ => {
            refuse(
                draft,
                "this apk command has no counterpart in Fedora's dnf that is known here".to_owned(),
            );
            return Vec::new();
        }
    }
    let verb = verb.unwrap_or(1);
    let mut kept: Vec<String> = Vec::new();
    let mut edits: Vec<(usize, Option<String>)> = Vec::new();
    let mut skip = false;
    for (index, parsed) in words.iter().enumerate().skip(1) {
        let word = raw(index);
        if index == verb {
            continue;
        }
        if skip {
            skip = false;
            edits.push((index, None));
            continue;
        }
        if word.starts_with('-') {
            if word.starts_with("-X") || word.starts_with("--repository") {
                refuse(
                    draft,
                    "this package comes from a repository of Alpine's".to_owned(),
                );
                return Vec::new();
            }
            skip = view.context.rules.apk_option_takes_value(word);
            edits.push((index, None));
            continue;
        }
        let Some(package) = parsed.value.as_deref() else {
            let text = view.expand_word(call, &words[index]);
            if text.unknown || text.text.is_empty() {
                refuse(
                    draft,
                    format!("which packages {word} holds is not in this file"),
                );
            } else {
                refuse(
                    draft,
                    format!("{word} holds names of Alpine's packages; write them into the command"),
                );
            }
            return Vec::new();
        };
        let name = package
            .split(['=', '<', '>', '~', '@'])
            .next()
            .unwrap_or(package);
        let known = view.context.rules.package(PackageManager::Apk, name);
        let own = view.context.options.packages.get(name).map(on_fedora);
        match own.as_ref().or(known.map(|rule| &rule.on_fedora)) {
            Some(OnFedora::Install(names)) => {
                let new: Vec<String> = names
                    .iter()
                    .filter(|name| !kept.contains(name))
                    .cloned()
                    .collect();
                kept.extend(new.iter().cloned());
                edits.push((index, (!new.is_empty()).then(|| new.join(" "))));
            }
            Some(OnFedora::Present) => edits.push((index, None)),
            Some(OnFedora::Drop(reason)) => {
                draft.note(
                    ids::PACKAGE,
                    view.at(call, words[index].span.clone()),
                    format!("{name} goes: {reason}"),
                );
                edits.push((index, None));
            }
            Some(OnFedora::Missing(reason)) => {
                refuse(
                    draft,
                    format!("Fedora has nothing for Alpine's package {name}: {reason}"),
                );
                return Vec::new();
            }
            None => {
                refuse(
                    draft,
                    format!("what Fedora calls Alpine's package {name} is not known here"),
                );
                return Vec::new();
            }
        }
        if name != package {
            draft.warn(
                ids::PACKAGE,
                view.at(call, words[index].span.clone()),
                format!("the version of {name} is Alpine's and is not kept"),
            );
        }
    }
    let why = draft.note(
        ids::PACKAGE,
        at,
        "the stable image is Fedora's: apk becomes dnf, with Fedora's names",
    );
    if kept.is_empty() {
        remove_command(call, draft, why);
        return kept;
    }
    replace(view, call, words[0].span.clone(), "dnf", draft, why);
    replace(
        view,
        call,
        words[verb].span.clone(),
        "install -y",
        draft,
        why,
    );
    for (index, new) in edits {
        match new {
            Some(new) if new == raw(index) => {}
            Some(new) => replace(view, call, words[index].span.clone(), new, draft, why),
            None => replace(
                view,
                call,
                words[index - 1].span.end..words[index].span.end,
                "",
                draft,
                why,
            ),
        }
    }
    kept
}

/// What the user says that Fedora has for a package.
fn on_fedora(names: &Option<String>) -> OnFedora {
    match names {
        Some(names) => OnFedora::Install(names.split_whitespace().map(str::to_owned).collect()),
        None => OnFedora::Present,
    }
}

/// Programs that Docker's image has, Podman's has not, and the script calls.
fn missing_programs(pass: &JobPass<'_>, installed: &HashMap<String, usize>, draft: &mut Draft) {
    let view = &pass.view;
    let mut needed: IndexMap<(NodeRef, usize), Vec<String>> = IndexMap::default();
    let mut all: Vec<String> = Vec::new();
    for (index, call) in view.calls.iter().enumerate() {
        if call.is_remote() || pass.replaced.contains(&index) {
            continue;
        }
        let wrappers = call
            .command()
            .wrappers
            .iter()
            .filter_map(|word| word.value.as_deref());
        let clones = || {
            let docker = pass
                .known_call(index)
                .filter(|docker| docker.rule.name == "build");
            docker.is_some_and(|docker| clones(pass, index, docker))
        };
        let git = clones().then_some("git");
        for program in call.program().into_iter().chain(wrappers).chain(git) {
            let Some(known) = view.context.rules.program(program) else {
                continue;
            };
            if !known.in_docker_image || known.in_podman_image {
                continue;
            }
            let Some(package) = known.package.as_deref() else {
                continue;
            };
            let known = installed.get(package).is_some_and(|first| *first < index);
            if known || all.iter().any(|one| one == package) {
                continue;
            }
            all.push(package.to_owned());
            let line = view.line(call);
            let list = line.item.map_or(line.node, |(sequence, _)| sequence);
            needed
                .entry((list, call.line))
                .or_default()
                .push(package.to_owned());
        }
    }
    let mut lists: IndexMap<NodeRef, (usize, Vec<String>)> = IndexMap::default();
    for ((list, line), packages) in needed {
        lists
            .entry(list)
            .or_insert((line, Vec::new()))
            .1
            .extend(packages);
    }
    for (_, (line, packages)) in lists {
        let line = &view.lines[line];
        let at = view.context.documents.location(line.node);
        let message = format!(
            "Podman's image lacks what Docker's has: {}",
            packages.join(", ")
        );
        let why = draft.note(ids::PROGRAM, at, message);
        insert_in_front(
            view,
            line,
            &[format!("dnf install -y {}", packages.join(" "))],
            Purpose::Setup,
            draft,
            why,
        );
    }
}
