//! The YAML tree and its changes, as the rest of the program uses them.

use dindless::text::apply_edits;
use dindless::yaml::{Change, Kind, New, NodeId, Style, Tree, edits};

fn at(tree: &Tree, path: &str) -> NodeId {
    path.split('/')
        .filter(|step| !step.is_empty())
        .fold(tree.documents()[0], |node, step| {
            match &tree.node(node).kind {
                Kind::Sequence { items, .. } => items[step.parse::<usize>().unwrap()],
                _ => tree.get(node, step).unwrap().value,
            }
        })
}

fn model(tree: &Tree, node: NodeId) -> String {
    match &tree.node(node).kind {
        Kind::Scalar(scalar) => format!("{:?}", scalar.value()),
        Kind::Sequence { items, .. } => {
            let items: Vec<_> = items.iter().map(|it| model(tree, *it)).collect();
            format!("[{}]", items.join(","))
        }
        Kind::Mapping { entries, .. } => {
            let entry = |it: &dindless::yaml::Entry| {
                format!("{}:{}", model(tree, it.key), model(tree, it.value))
            };
            format!(
                "{{{}}}",
                entries.iter().map(entry).collect::<Vec<_>>().join(",")
            )
        }
        Kind::Alias { name, .. } => format!("*{name}"),
    }
}

fn changed(before: &str, changes: impl FnOnce(&Tree) -> Vec<Change>) -> Result<String, String> {
    let tree = Tree::parse(before).unwrap();
    let edits = edits(&tree, before, &changes(&tree)).map_err(|it| it.why)?;
    let after = apply_edits(before, edits).map_err(|it| it.to_string())?;
    Tree::parse(&after).map_err(|it| format!("{it:?} in {after:?}"))?;
    Ok(after)
}

#[track_caller]
fn check(before: &str, changes: impl FnOnce(&Tree) -> Vec<Change>, after: &str) {
    assert_eq!(changed(before, changes).as_deref(), Ok(after));
}

fn drop_entry(tree: &Tree, path: &str, index: usize) -> Change {
    Change::RemoveEntry {
        mapping: at(tree, path),
        index,
    }
}

fn drop_item(tree: &Tree, path: &str, index: usize) -> Change {
    Change::RemoveItem {
        sequence: at(tree, path),
        index,
    }
}

fn put_item(tree: &Tree, path: &str, at_index: usize, text: &str) -> Change {
    Change::InsertItem {
        sequence: at(tree, path),
        at: at_index,
        value: New::Scalar(text.into()),
    }
}

fn put_entry(tree: &Tree, path: &str, at_index: usize, key: &str, text: &str) -> Change {
    Change::InsertEntry {
        mapping: at(tree, path),
        at: at_index,
        key: key.into(),
        value: New::Scalar(text.into()),
    }
}

fn retext(tree: &Tree, path: &str, old: &str, new: &str) -> Change {
    let node = at(tree, path);
    let start = tree.scalar(node).unwrap().value().find(old).unwrap();
    Change::ReplaceText {
        node,
        range: start..start + old.len(),
        text: new.into(),
    }
}

fn rescalar(tree: &Tree, path: &str, new: &str) -> Change {
    Change::ReplaceScalar {
        node: at(tree, path),
        text: new.into(),
    }
}

#[track_caller]
fn span(text: &str, path: &str, expected: &str) {
    let tree = Tree::parse(text).unwrap();
    assert_eq!(tree.node(at(&tree, path)).span.slice(text), expected);
}

#[test]
fn spans_are_exact() {
    span("a: |\n\n  x\n\n\nb: 1\n", "a", "|\n\n  x");
    span("a:\n  - |\n    foo\n\n  - bar\n", "a/0", "|\n    foo");
    span("a: |\nb: >\n\nc: |-\n", "a", "|");
    span("a: |\nb: >\n\nc: |-\n", "b", ">");
    span("a: |\nb: >\n\nc: |-\n", "c", "|-");
    span("k:\n- a\n# c\nb: 1\n", "k", "- a");
    span("a: &x |\n  k\n", "a", "|\n  k");
    span("a: é\nb: \"ö\" # c\n", "b", "\"ö\"");
    span("\u{feff}a: 'x'\r\nb: >-\r\n  y\r\n", "b", ">-\r\n  y");
    span("a: {b: [x, y], c: } # d\n", "a", "{b: [x, y], c: }");
    span("a: |+\n  x\n\nb: 1\n", "a", "|+\n  x\n");
    span("a:\n  - - x\n    - y\n  -\n  - z\n", "a/0", "- x\n    - y");
}

#[test]
fn a_missing_value_is_empty_and_has_a_place() {
    let tree = Tree::parse("a:\nb: &x\nc: !t\n").unwrap();
    let value = tree.scalar(at(&tree, "a")).unwrap();
    assert_eq!((value.value(), value.style()), ("", Style::Plain));
    assert_eq!(tree.node(at(&tree, "a")).span.range(), 2..2);
    assert_eq!(tree.node(at(&tree, "b")).span.range(), 8..8);
    assert_eq!(tree.node(at(&tree, "c")).span.range(), 14..14);
}

#[test]
fn a_block_key_is_found() {
    let tree = Tree::parse("? |\n  blk\n: v\n").unwrap();
    assert_eq!(model(&tree, tree.documents()[0]), "{\"blk\\n\":\"v\"}");
}

#[test]
fn decoded_text_is_found_in_the_source() {
    let text = "a: |\n  one two\n  three\nb: >\n  one\n  two\nc: 'it''s'\nd: \"x\\ty z\"\n";
    let tree = Tree::parse(text).unwrap();
    let find = |path: &str, word: &str| {
        let scalar = tree.scalar(at(&tree, path)).unwrap();
        let start = scalar.value().find(word).unwrap();
        scalar
            .source_of(start..start + word.len())
            .map(|it| it.slice(text))
    };
    assert_eq!(find("a", "two\n"), Some("two\n"));
    assert_eq!(find("a", "two\nthree"), None);
    assert_eq!(find("b", "two"), Some("two"));
    assert_eq!(find("c", "s"), Some("s"));
    assert_eq!(find("c", "'"), None);
    assert_eq!(find("d", "y z"), Some("y z"));
    let scalar = tree.scalar(at(&tree, "a")).unwrap();
    assert_eq!(scalar.cover_of(4..13).unwrap().slice(text), "two\n  three");
}

#[test]
fn bad_texts_are_problems() {
    for text in [
        "a: *x\n",
        "a: &x [*x]\n",
        "a: \u{0}\n",
        "a: [\n",
        "a: b: c\n",
    ] {
        assert!(Tree::parse(text).is_err(), "{text:?}");
    }
    for opener in ["[", "{a: ", "- ", "? "] {
        assert!(Tree::parse(&opener.repeat(100_000)).is_err());
        assert!(Tree::parse(&opener.repeat(300)).is_err());
    }
    let deep: String = (0..400)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    assert!(Tree::parse(&deep).is_err());
}

#[test]
fn aliases_mean_the_latest_anchor() {
    let tree = Tree::parse("a: &x 1\nb: &x 2\nc: *x\n---\nd: 1\n").unwrap();
    assert_eq!(tree.scalar(at(&tree, "c")).unwrap().value(), "2");
    assert_eq!(tree.documents().len(), 2);
    assert!(!tree.anchor_is_used(at(&tree, "a")));
    assert!(tree.anchor_is_used(at(&tree, "b")));
}

#[test]
fn removing_takes_the_own_comment_only() {
    let before = "a:\n  # about x\n  - x # x\n  # about y\n  - y\n\n  # about z\n  - z\n";
    check(
        before,
        |t| vec![drop_item(t, "a", 0)],
        "a:\n  # about y\n  - y\n\n  # about z\n  - z\n",
    );
    check(
        before,
        |t| vec![drop_item(t, "a", 1)],
        "a:\n  # about x\n  - x # x\n\n  # about z\n  - z\n",
    );
    check(
        before,
        |t| vec![drop_item(t, "a", 2)],
        "a:\n  # about x\n  - x # x\n  # about y\n  - y\n",
    );
    check(
        "# head\na: 1\nb: 2\n",
        |t| vec![drop_entry(t, "", 0)],
        "# head\nb: 2\n",
    );
    check(
        "v:\n  # TLS:\n  a: 1\n  b: 2\n",
        |t| vec![drop_entry(t, "v", 0)],
        "v:\n  # TLS:\n  b: 2\n",
    );
    check(
        "a:\n  x: 1\n  # - inside\nb: 1\n",
        |t| vec![drop_entry(t, "", 0)],
        "b: 1\n",
    );
}

#[test]
fn the_next_entry_moves_up_behind_the_dash() {
    check(
        "- name: x\n  alias: y\n",
        |t| vec![drop_entry(t, "0", 0)],
        "- alias: y\n",
    );
    check(
        "- name: x # n\n  # why\n  alias: y\n",
        |t| vec![drop_entry(t, "0", 0)],
        "- # why\n  alias: y\n",
    );
    check(
        "- name: x\n  alias: y\n",
        |t| vec![put_entry(t, "0", 0, "n", "z")],
        "- n: z\n  name: x\n  alias: y\n",
    );
}

#[test]
fn removals_and_insertions_at_one_place() {
    check(
        "s:\n- a\n- b\n- c\n",
        |t| {
            vec![
                drop_item(t, "s", 0),
                drop_item(t, "s", 1),
                put_item(t, "s", 2, "x"),
            ]
        },
        "s:\n- x\n- c\n",
    );
    check(
        "a: 1\nb: 2",
        |t| {
            vec![
                put_entry(t, "", 2, "c", "x"),
                put_entry(t, "", 2, "d", "z"),
                put_entry(t, "", 2, "c", "x"),
            ]
        },
        "a: 1\nb: 2\nc: x\nd: z",
    );
    check(
        "a: 1\nb: 2\n",
        |t| vec![drop_entry(t, "", 0), put_entry(t, "", 0, "n", "x")],
        "n: x\nb: 2\n",
    );
    check(
        "a:\n  b: 1\nc: 2\n",
        |t| {
            vec![
                put_entry(t, "a", 1, "i", "x"),
                put_entry(t, "", 1, "o", "z"),
            ]
        },
        "a:\n  b: 1\n  i: x\no: z\nc: 2\n",
    );
    assert!(changed("a: [x]\n", |t| vec![drop_item(t, "a", 0)]).is_err());
}

#[test]
fn flow_collections_keep_their_manner() {
    check("a: [a, b]\n", |t| vec![drop_item(t, "a", 0)], "a: [b]\n");
    check("a: [a, b]\n", |t| vec![drop_item(t, "a", 1)], "a: [a]\n");
    check(
        "a: [a,b,c]\n",
        |t| vec![drop_item(t, "a", 1), put_item(t, "a", 3, "d")],
        "a: [a,c,d]\n",
    );
    check(
        "a: {x: 1, y: 2}\n",
        |t| vec![drop_entry(t, "a", 0)],
        "a: {y: 2}\n",
    );
    check("a: []\n", |t| vec![put_item(t, "a", 0, "x")], "a: [x]\n");
    check(
        "a: [\n  a, # about a\n  # above b\n  b, # about b\n]\n",
        |t| vec![drop_item(t, "a", 1)],
        "a: [\n  a, # about a\n]\n",
    );
    check(
        "a: [\n  a, # about a\n  b # about b\n]\n",
        |t| vec![put_item(t, "a", 2, "c")],
        "a: [\n  a, # about a\n  b, # about b\n  c\n]\n",
    );
}

#[test]
fn block_scalars_before_an_edit_keep_their_text() {
    check(
        "a: |\n  x",
        |t| vec![put_entry(t, "", 1, "b", "z")],
        "a: |-\n  x\nb: z",
    );
    check(
        "a: |\n  x\n\n\n# c\n",
        |t| vec![put_entry(t, "", 1, "b", "z")],
        "a: |\n  x\nb: z\n\n\n# c\n",
    );
    check(
        "a: |\n  x\nb: 1\n  # far in\nc: 2\n",
        |t| vec![drop_entry(t, "", 1)],
        "a: |\n  x\n# far in\nc: 2\n",
    );
    check(
        "a: |+\n  x\nb: 1\n\nc: 2\n",
        |t| vec![drop_entry(t, "", 1)],
        "a: |+\n  x\nc: 2\n",
    );
}

#[test]
fn new_text_is_written_like_its_siblings() {
    check(
        "a:\r\n  - \"x\"\r\n",
        |t| vec![put_item(t, "a", 1, "y")],
        "a:\r\n  - \"x\"\r\n  - \"y\"\r\n",
    );
    check(
        "a:\n  x: y\n",
        |t| vec![put_entry(t, "a", 1, "z", "true")],
        "a:\n  x: y\n  z: \"true\"\n",
    );
    check(
        "a: x\n",
        |t| {
            vec![Change::InsertEntry {
                mapping: at(t, ""),
                at: 1,
                key: "s".into(),
                value: New::Sequence(vec![New::Scalar("p".into())]),
            }]
        },
        "a: x\ns:\n  - p\n",
    );
    check(
        "- a\n",
        |t| {
            vec![Change::InsertItem {
                sequence: at(t, ""),
                at: 1,
                value: New::Mapping(vec![
                    ("k".into(), New::Scalar("v".into())),
                    ("l".into(), New::EmptySequence),
                ]),
            }]
        },
        "- a\n- k: v\n  l: []\n",
    );
}

#[test]
fn scalars_keep_their_quotes() {
    check(
        "a: &x 'b' # c\n",
        |t| vec![rescalar(t, "a", "it's")],
        "a: &x 'it''s' # c\n",
    );
    check(
        "a: b\n",
        |t| vec![rescalar(t, "a", "c: d")],
        "a: \"c: d\"\n",
    );
    check(
        "a:\nb: 1\n",
        |t| vec![rescalar(t, "a", "x")],
        "a: x\nb: 1\n",
    );
    check(
        "a: | # c\n  x\nb: 1\n",
        |t| vec![rescalar(t, "a", "y\nz\n")],
        "a: | # c\n  y\n  z\nb: 1\n",
    );
    check(
        "a: |\n  x\nb: 1\n",
        |t| vec![rescalar(t, "a", "y")],
        "a: |-\n  y\nb: 1\n",
    );
    check(
        "a: docker build .\n",
        |t| vec![retext(t, "a", "docker", "podman")],
        "a: podman build .\n",
    );
    check(
        "a: docker build .\n",
        |t| vec![retext(t, "a", "build", "x: y")],
        "a: 'docker x: y .'\n",
    );
    check(
        "a: 'it''s docker'\n",
        |t| vec![retext(t, "a", "docker", "p'd")],
        "a: 'it''s p''d'\n",
    );
    check(
        "a: \"docker\\tx\"\n",
        |t| vec![retext(t, "a", "docker", "p\"d")],
        "a: \"p\\\"d\\tx\"\n",
    );
    check(
        "a: >\n  docker\n  run\n",
        |t| vec![retext(t, "a", "docker", "podman")],
        "a: >\n  podman\n  run\n",
    );
}

#[test]
fn a_missing_value_gets_a_text() {
    let put = |tree: &Tree, path: &str| Change::ReplaceText {
        node: at(tree, path),
        range: 0..0,
        text: "k: v".into(),
    };
    check("a:\n", |it| vec![put(it, "a")], "a: \"k: v\"\n");
    check(
        "a:\n- # b\n",
        |it| vec![put(it, "a/0")],
        "a:\n- \"k: v\" # b\n",
    );
}

#[test]
fn a_value_without_a_colon_gets_none() {
    for text in ["? a\n", "? - a\n", "{a}\n"] {
        let value = |tree: &Tree| match &tree.node(tree.documents()[0]).kind {
            Kind::Mapping { entries, .. } => entries[0].value,
            _ => unreachable!("a mapping"),
        };
        let done = changed(text, |tree| {
            vec![Change::ReplaceScalar {
                node: value(tree),
                text: "b".into(),
            }]
        });
        assert!(done.is_err(), "{done:?}");
    }
}

#[test]
fn blocks_at_the_edges_of_a_file_are_known_whole() {
    span("|\n  x\n", "", "|\n  x");
    span("--- >-\n  x\n", "", ">-\n  x");
    check(
        "|-\n x\n",
        |it| vec![rescalar(it, "", "k: v")],
        "|-\n k: v\n",
    );
    // no line shows how far one is indented
    check(
        "a: |+\n\n",
        |it| vec![rescalar(it, "a", "k: v")],
        "a: \"k: v\"\n",
    );
}

#[test]
fn a_line_that_ends_in_a_wide_character_goes() {
    let before = "a: |\n  é\n  b\n";
    let tree = Tree::parse(before).unwrap();
    let changes = [Change::RemoveTextLines {
        node: at(&tree, "a"),
        range: 0.."é".len(),
    }];
    let after = apply_edits(before, edits(&tree, before, &changes).unwrap()).unwrap();
    assert_eq!(after, "a: |\n  b\n");
    dindless::prove::values(&tree, &changes, &after).unwrap();
}

#[test]
fn lines_of_a_block_come_and_go() {
    let before = "a: |\n  if x; then\n    docker push\n  fi\n  end\nb: 1\n";
    let node = |t: &Tree| at(t, "a");
    check(
        before,
        |t| {
            vec![Change::RemoveTextLines {
                node: node(t),
                range: 12..15,
            }]
        },
        "a: |\n  if x; then\n  fi\n  end\nb: 1\n",
    );
    check(
        before,
        |t| {
            vec![Change::RemoveTextLines {
                node: node(t),
                range: 30..31,
            }]
        },
        "a: |\n  if x; then\n    docker push\n  fi\nb: 1\n",
    );
    check(
        before,
        |t| {
            vec![
                Change::InsertTextLines {
                    node: node(t),
                    after: 14,
                    lines: vec!["p".into(), "q".into()],
                },
                retext(t, "a", "docker", "podman"),
            ]
        },
        "a: |\n  if x; then\n    podman push\n    p\n    q\n  fi\n  end\nb: 1\n",
    );
    check(
        before,
        |t| {
            vec![Change::InsertTextLinesBefore {
                node: node(t),
                before: 0,
                lines: vec!["p".into()],
            }]
        },
        "a: |\n  p\n  if x; then\n    docker push\n  fi\n  end\nb: 1\n",
    );
}

#[test]
fn a_node_is_replaced_as_a_whole() {
    let empty = |t: &Tree, path: &str| {
        vec![Change::ReplaceNode {
            node: at(t, path),
            value: New::EmptySequence,
        }]
    };
    check(
        "s: # c\n  # d\n  - a\n  - b # e\nx: 1\n",
        |t| empty(t, "s"),
        "s: [] # c\nx: 1\n",
    );
    check(
        "s: &a\n- a\nx: *a\n",
        |t| empty(t, "s"),
        "s: &a []\nx: *a\n",
    );
    check("s: [a, b] # c\n", |t| empty(t, "s"), "s: [] # c\n");
    check(
        "i: foo\nx: 1\n",
        |t| {
            vec![Change::ReplaceNode {
                node: at(t, "i"),
                value: New::Mapping(vec![("name".into(), New::Scalar("x".into()))]),
            }]
        },
        "i:\n  name: x\nx: 1\n",
    );
    check(
        "s:\n  - &a foo\n  - foo\n",
        |t| {
            (0..2)
                .map(|i| Change::ReplaceNode {
                    node: at(t, &format!("s/{i}")),
                    value: New::Mapping(vec![
                        ("n".into(), New::Scalar("x".into())),
                        ("m".into(), New::Scalar("z".into())),
                    ]),
                })
                .collect()
        },
        "s:\n  - &a\n    n: x\n    m: z\n  - n: x\n    m: z\n",
    );
}

mod generated {
    //! Small trees, printed in many manners, changed at random, read again.

    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Value {
        Text(String, u8),
        List(Vec<Value>, bool),
        Map(Vec<Value>, bool),
    }

    fn value() -> impl Strategy<Value = Value> {
        let text = prop::sample::select(vec![
            "x",
            "a b",
            "it's",
            "",
            "a: b",
            "# no",
            "docker\nrun\n",
            "q\n\nr\n\n",
            "\"p\"",
        ]);
        let leaf = (text, 0u8..6).prop_map(|(text, style)| Value::Text(text.to_owned(), style));
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                (prop::collection::vec(inner.clone(), 1..4), any::<bool>())
                    .prop_map(|it| Value::List(it.0, it.1)),
                (prop::collection::vec(inner, 1..4), any::<bool>())
                    .prop_map(|it| Value::Map(it.0, it.1)),
            ]
        })
    }

    fn line(value: &Value) -> String {
        match value {
            Value::Text(text, style) if *style < 3 && !text.contains('\n') => {
                format!("'{}'", text.replace('\'', "''"))
            }
            Value::Text(text, _) => format!("{text:?}"),
            Value::List(items, _) => format!(
                "[{}]",
                items.iter().map(line).collect::<Vec<_>>().join(", ")
            ),
            Value::Map(items, _) => {
                let entry = |(index, it): (usize, &Value)| format!("k{index}: {}", line(it));
                format!(
                    "{{{}}}",
                    items
                        .iter()
                        .enumerate()
                        .map(entry)
                        .collect::<Vec<_>>()
                        .join(", ")
                )
            }
        }
    }

    fn print(value: &Value, indent: usize, prefix: &str, out: &mut String) {
        let pad = " ".repeat(indent);
        match value {
            Value::Text(text, style) if text.ends_with('\n') && *style > 1 => {
                let header = if text.ends_with("\n\n") { "|+" } else { "|" };
                out.push_str(&format!("{prefix} {header}\n"));
                for line in text.strip_suffix('\n').unwrap().split('\n') {
                    let pad = if line.is_empty() { "" } else { pad.as_str() };
                    out.push_str(&format!("{pad}{line}\n"));
                }
            }
            Value::Text(text, 5) if text.starts_with('x') => {
                out.push_str(&format!("{prefix} {text} # own\n"))
            }
            Value::List(items, false) => {
                let is_dash = prefix == "-";
                out.push_str(&if is_dash {
                    "- ".to_owned()
                } else {
                    format!("{prefix}\n")
                });
                for (index, item) in items.iter().enumerate() {
                    if !(is_dash && index == 0) {
                        if index % 2 == 1 {
                            out.push_str(&format!("{pad}# above\n"));
                        }
                        out.push_str(&pad);
                    }
                    print(item, indent + 2, "-", out);
                }
            }
            Value::Map(items, false) => {
                let is_dash = prefix == "-";
                out.push_str(&if is_dash {
                    "- ".to_owned()
                } else {
                    format!("{prefix}\n")
                });
                for (index, item) in items.iter().enumerate() {
                    if !(is_dash && index == 0) {
                        if index == 2 {
                            out.push('\n');
                        }
                        out.push_str(&pad);
                    }
                    print(item, indent + 2, &format!("k{index}:"), out);
                }
            }
            _ => out.push_str(&format!("{prefix} {}\n", line(value))),
        }
    }

    /// The value that the changes ask for.
    fn wanted(tree: &Tree, node: NodeId, changes: &[Change]) -> String {
        let replaced =
            |it: &&Change| matches!(it, Change::ReplaceNode { node: it, .. } if *it == node);
        if changes.iter().any(|it| replaced(&it)) {
            return "[]".into();
        }
        for change in changes {
            match change {
                Change::ReplaceScalar { node: it, text } if *it == node => {
                    return format!("{text:?}");
                }
                _ => {}
            }
        }
        let mut list = Vec::new();
        let count = match &tree.node(node).kind {
            Kind::Sequence { items, .. } => items.len(),
            Kind::Mapping { entries, .. } => entries.len(),
            _ => return model(tree, node),
        };
        for index in 0..=count {
            let mut new = Vec::new();
            for change in changes {
                let written = match change {
                    Change::InsertItem {
                        sequence,
                        at,
                        value: New::Scalar(text),
                    } if (*sequence, *at) == (node, index) => format!("{text:?}"),
                    Change::InsertEntry {
                        mapping,
                        at,
                        key,
                        value: New::Scalar(text),
                    } if (*mapping, *at) == (node, index) => format!("{key:?}:{text:?}"),
                    _ => continue,
                };
                if !new.contains(&written) {
                    new.push(written);
                }
            }
            list.extend(new);
            let is_gone = changes.iter().any(|change| match change {
                Change::RemoveItem {
                    sequence: it,
                    index: gone,
                }
                | Change::RemoveEntry {
                    mapping: it,
                    index: gone,
                } => (*it, *gone) == (node, index),
                _ => false,
            });
            match &tree.node(node).kind {
                Kind::Sequence { items, .. } if index < count && !is_gone => {
                    list.push(wanted(tree, items[index], changes))
                }
                Kind::Mapping { entries, .. } if index < count && !is_gone => {
                    let entry = entries[index];
                    list.push(format!(
                        "{}:{}",
                        model(tree, entry.key),
                        wanted(tree, entry.value, changes)
                    ));
                }
                _ => {}
            }
        }
        match &tree.node(node).kind {
            Kind::Sequence { .. } => format!("[{}]", list.join(",")),
            _ => format!("{{{}}}", list.join(",")),
        }
    }

    fn nodes(tree: &Tree, node: NodeId, into: &mut Vec<NodeId>) {
        into.push(node);
        match &tree.node(node).kind {
            Kind::Sequence { items, .. } => items.iter().for_each(|it| nodes(tree, *it, into)),
            Kind::Mapping { entries, .. } => {
                entries.iter().for_each(|it| nodes(tree, it.value, into))
            }
            _ => {}
        }
    }

    fn change(tree: &Tree, node: NodeId, kind: u8, index: usize) -> Change {
        let text = ["n", "o p", "true", "m: n", "u\nv\n"][index % 5].to_owned();
        let value = New::Scalar(text.clone());
        match &tree.node(node).kind {
            _ if kind == 4 && tree.parent(node).is_some() => Change::ReplaceNode {
                node,
                value: New::EmptySequence,
            },
            Kind::Sequence { items, .. } if kind < 2 => Change::RemoveItem {
                sequence: node,
                index: index % items.len(),
            },
            Kind::Sequence { items, .. } => Change::InsertItem {
                sequence: node,
                at: index % (items.len() + 1),
                value,
            },
            Kind::Mapping { entries, .. } if kind < 2 => Change::RemoveEntry {
                mapping: node,
                index: index % entries.len(),
            },
            Kind::Mapping { entries, .. } => Change::InsertEntry {
                mapping: node,
                at: index % (entries.len() + 1),
                key: "new".into(),
                value,
            },
            _ => Change::ReplaceScalar { node, text },
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn only_the_intended_values_change(
            items in prop::collection::vec(value(), 1..4),
            picks in prop::collection::vec((any::<prop::sample::Index>(), 0u8..5, 0usize..20), 1..5),
            crlf in any::<bool>(),
            cut in any::<bool>(),
        ) {
            let mut text = String::new();
            for (index, item) in items.iter().enumerate() {
                print(item, 2, &format!("k{index}:"), &mut text);
            }
            if cut {
                text.pop();
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            let tree = Tree::parse(&text).unwrap();
            let mut all = Vec::new();
            nodes(&tree, tree.documents()[0], &mut all);
            let changes: Vec<Change> = picks
                .iter()
                .map(|(pick, kind, index)| change(&tree, *pick.get(&all), *kind, *index))
                .collect();
            if let Ok(edits) = edits(&tree, &text, &changes) {
                let after = apply_edits(&text, edits).unwrap();
                let again = Tree::parse(&after);
                prop_assert!(again.is_ok(), "{changes:?}\n{text}\n=>\n{after}");
                let again = again.unwrap();
                let got = model(&again, again.documents()[0]);
                prop_assert_eq!(got, wanted(&tree, tree.documents()[0], &changes), "{:?}\n{}\n=>\n{}", changes, text, after);
            }
        }
    }
}

mod blocks {
    //! Random words in random blocks, put in and taken away, and read again.

    use super::*;
    use dindless::text::{Edit, Span};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn words_of_a_block_change_as_they_are_meant(
            header in prop::sample::select(vec!["|", "|-", "|+", "|2", ">", "|  # note"]),
            first in "(docker ps|a b|# x|- y)",
            lines in prop::collection::vec("( {0,2})(docker ps|a b|# x|- y|k: v|ü|\tb|---|)", 0..5),
            picks in prop::collection::vec((any::<prop::sample::Index>(), 0usize..9, "(podman| |x y|#|- |\t|é|\n|\n  z|)"), 1..4),
            crlf: bool,
            last: bool,
        ) {
            let body: String = lines.iter().map(|line| format!("  {line}\n")).collect();
            let end = if last { "" } else { "after: [z]\n" };
            let text = format!("run: {header}\n  {first}\n{body}{end}");
            let text = if crlf { text.replace('\n', "\r\n") } else { text };
            let Ok(tree) = Tree::parse(&text) else {
                return Ok(());
            };
            let run = tree.get(tree.documents()[0], "run").unwrap().value;
            let value = tree.scalar(run).unwrap().value();
            let mut changes = Vec::new();
            let mut wanted = Vec::new();
            for (start, length, new) in &picks {
                let mut start = start.index(value.len() + 1);
                while !value.is_char_boundary(start) {
                    start -= 1;
                }
                let mut end = (start + length).min(value.len());
                while !value.is_char_boundary(end) {
                    end += 1;
                }
                // of two at one place nothing says which comes first
                let touches = |other: &Edit| start <= other.span.end as usize && other.span.start as usize <= end;
                if !wanted.iter().any(touches) {
                    changes.push(Change::ReplaceText { node: run, range: start..end, text: new.clone() });
                    wanted.push(Edit::replace(Span::new(start, end), new.clone()));
                }
            }
            let wanted = apply_edits(value, wanted);
            if let (Ok(wanted), Ok(edits)) = (wanted, edits(&tree, &text, &changes)) {
                let after = apply_edits(&text, edits).unwrap();
                let again = Tree::parse(&after);
                prop_assert!(again.is_ok(), "{changes:?}\n{text}\n=>\n{after}");
                let again = again.unwrap();
                let root = again.documents()[0];
                let got = again.scalar(again.get(root, "run").unwrap().value).unwrap().value();
                prop_assert_eq!(got, wanted, "{:?}\n{}\n=>\n{}", changes, text, after);
                prop_assert_eq!(model(&tree, tree.documents()[0]).len() - format!("{value:?}").len(), model(&again, root).len() - format!("{got:?}").len());
            }
        }
    }
}
