//! What the program is made of: where each library comes from, and under which terms.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, ParseMode};

/// The terms under which a library may be part of the program: none asks more of its users than to name it.
const ALLOWED: &[&str] = &["MIT", "Apache-2.0", "Zlib", "Unicode-3.0"];

/// What cargo says of the program and its libraries on this machine, from what is downloaded.
fn metadata() -> Value {
    let target = Command::new(env!("CARGO"))
        .args(["-vV"])
        .output()
        .expect("cargo runs");
    let target = String::from_utf8(target.stdout).expect("text");
    let host = target.lines().find_map(|line| line.strip_prefix("host: "));
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .args(["--filter-platform", host.expect("cargo names its host")])
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The libraries that become part of the program or are needed to build it; not those of tests and benchmarks.
fn shipped(metadata: &Value) -> Vec<&Value> {
    let resolve = &metadata["resolve"];
    let nodes: BTreeMap<&str, &Value> = list(resolve, "nodes")
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?, node)))
        .collect();
    let mut waiting: Vec<&str> = resolve["root"].as_str().into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        for library in list(nodes[id], "deps") {
            let kinds = list(library, "dep_kinds");
            if kinds
                .iter()
                .any(|kind| kind["kind"].as_str() != Some("dev"))
            {
                waiting.extend(library["pkg"].as_str());
            }
        }
    }
    let all = list(metadata, "packages").iter();
    all.filter(|one| one["id"].as_str().is_some_and(|id| seen.contains(id)))
        .collect()
}

#[test]
fn every_library_may_be_shipped() {
    let metadata = metadata();
    let shipped = shipped(&metadata);
    assert!(shipped.len() > 20, "{} libraries", shipped.len());
    for library in shipped {
        let name = &library["name"];
        let terms = library["license"].as_str().unwrap_or_default();
        let terms = Expression::parse_mode(terms, ParseMode::LAX);
        let terms = terms.unwrap_or_else(|error| panic!("{name}: {error}"));
        let may = terms.evaluate(|one| {
            let id = one.license.id();
            id.is_some_and(|id| ALLOWED.contains(&id.name))
        });
        assert!(may, "{name} comes under {terms}");
        let source = library["source"].as_str();
        let ours = name == "dindless";
        let known = "registry+https://github.com/rust-lang/crates.io-index";
        assert!(
            ours || source == Some(known),
            "{name} comes from {source:?}"
        );
    }
}
