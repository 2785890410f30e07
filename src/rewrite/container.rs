//! A job of a workflow in a container of Docker's image: Podman's image, with the options that Podman needs there.

use crate::analysis::JobPass;
use crate::pipeline::{Image, NodeRef};
use crate::rules::ids;
use crate::yaml::{Change, Entry, New};

use super::draft::Draft;

/// What lets Podman work in a container that the runner starts.
/// Source: ran in containers of dockerd 20.10; podman's image_build README.
const OPTION: &str = "--privileged";

/// Where the runner puts Docker's socket.
const SOCKET: &str = "/var/run/docker.sock";

/// Plans the image, its options, and the end of a mounted socket.
pub(super) fn run(pass: &JobPass<'_>, image: &Image, podman: &str, draft: &mut Draft, why: usize) {
    let documents = pass.view.context.documents;
    let node = image.slot.value;
    let tree = documents.tree(node);
    let Some(entries) = tree.mapping(node.node) else {
        let value = New::Mapping(vec![
            ("image".to_owned(), New::Scalar(podman.to_owned())),
            ("options".to_owned(), New::Scalar(OPTION.to_owned())),
        ]);
        draft.change(
            node.file,
            Change::ReplaceNode {
                node: node.node,
                value,
            },
            why,
        );
        return;
    };
    draft.change(
        image.name.node.file,
        Change::ReplaceScalar {
            node: image.name.node.node,
            text: podman.to_owned(),
        },
        why,
    );
    let find = |name: &str| {
        entries.iter().position(|entry| {
            tree.scalar(entry.key)
                .is_some_and(|key| key.value() == name)
        })
    };
    match find("options").map(|index| &entries[index]) {
        None => {
            let at = find("image").map_or(entries.len(), |index| index + 1);
            let change = Change::InsertEntry {
                mapping: node.node,
                at,
                key: "options".to_owned(),
                value: New::Scalar(OPTION.to_owned()),
            };
            draft.change(node.file, change, why);
        }
        Some(options) => given_options(pass, node, options, draft, why),
    }
    if let Some(index) = find("volumes") {
        volumes(pass, node, index, &entries[index], draft, why);
    }
    if find("credentials").is_some() {
        draft.block(
            ids::DOCKER_IMAGE,
            documents.location(image.name.node),
            "the image is fetched with credentials of its own, which Podman's image does not need",
            "take the credentials away, then run again",
        );
    }
}

fn given_options(
    pass: &JobPass<'_>,
    holder: NodeRef,
    options: &Entry,
    draft: &mut Draft,
    why: usize,
) {
    let documents = pass.view.context.documents;
    let node = documents.resolve(NodeRef {
        file: holder.file,
        node: options.value,
    });
    let Some(text) = documents.text(node) else {
        return;
    };
    let mut words: Vec<&str> = Vec::new();
    let mut given = text.split_whitespace().peekable();
    while let Some(word) = given.next() {
        let mounts = matches!(word, "-v" | "--volume");
        if mounts && given.peek().is_some_and(|value| value.contains(SOCKET)) {
            given.next();
        } else if !word.contains(SOCKET) {
            words.push(word);
        }
    }
    if !words.contains(&OPTION) {
        words.push(OPTION);
    }
    let new = words.join(" ");
    if new != text.split_whitespace().collect::<Vec<_>>().join(" ") {
        draft.change(
            node.file,
            Change::ReplaceScalar {
                node: node.node,
                text: new,
            },
            why,
        );
    }
}

/// Takes the socket out of the mounts.
fn volumes(
    pass: &JobPass<'_>,
    holder: NodeRef,
    index: usize,
    entry: &Entry,
    draft: &mut Draft,
    why: usize,
) {
    let documents = pass.view.context.documents;
    let list = documents.resolve(NodeRef {
        file: holder.file,
        node: entry.value,
    });
    let Some(items) = documents.tree(list).sequence(list.node) else {
        return;
    };
    let is_socket = |item: &crate::yaml::NodeId| {
        let text = documents.text(documents.resolve(NodeRef {
            file: list.file,
            node: *item,
        }));
        text.is_some_and(|text| text.contains(SOCKET))
    };
    let sockets: Vec<usize> = (0..items.len())
        .filter(|index| is_socket(&items[*index]))
        .collect();
    if sockets.len() == items.len() && !items.is_empty() {
        let change = Change::RemoveEntry {
            mapping: holder.node,
            index,
        };
        draft.change(holder.file, change, why);
        return;
    }
    for index in sockets {
        let change = Change::RemoveItem {
            sequence: list.node,
            index,
        };
        draft.change(list.file, change, why);
    }
}
