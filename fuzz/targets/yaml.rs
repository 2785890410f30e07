//! Any text as YAML: no panic, and every node, comment and decoded byte stands where the tree says.
#![no_main]

use dindless::text::Span;
use dindless::yaml::{Kind, NodeId, Tree};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(tree) = Tree::parse(text) else { return };
    for root in tree.documents() {
        look(&tree, text, *root, Span::new(0, text.len()));
    }
    for comment in tree.comments() {
        assert!(
            comment.slice(text).starts_with('#'),
            "a comment at {comment:?}"
        );
    }
});

fn look(tree: &Tree, text: &str, id: NodeId, outer: Span) {
    let node = tree.node(id);
    assert!(
        outer.contains(node.span),
        "{:?} is not within {outer:?}",
        node.span
    );
    assert!(
        text.get(node.span.range()).is_some(),
        "{:?} cuts a character",
        node.span
    );
    if let Some(anchor) = &node.anchor {
        assert_eq!(anchor.span.slice(text), format!("&{}", anchor.text));
    }
    match &node.kind {
        Kind::Scalar(scalar) => {
            let value = scalar.value();
            for (start, character) in value.char_indices() {
                let decoded = start..start + character.len_utf8();
                if let Some(span) = scalar.source_of(decoded.clone()) {
                    let written = text.get(span.range());
                    let same = written == value.get(decoded.clone())
                        || (character == '\n' && written == Some("\r"));
                    assert!(same, "{decoded:?} of {value:?} is written {written:?}");
                }
            }
        }
        Kind::Sequence { items, .. } => {
            let mut last = node.span.start;
            for item in items {
                let span = tree.node(*item).span;
                assert!(last <= span.start, "items in order");
                last = span.end;
                look(tree, text, *item, node.span);
            }
        }
        Kind::Mapping { entries, .. } => {
            for entry in entries {
                look(tree, text, entry.key, node.span);
                look(tree, text, entry.value, node.span);
            }
        }
        Kind::Alias { name, .. } => {
            assert_eq!(node.span.slice(text), format!("*{name}"));
        }
    }
}
