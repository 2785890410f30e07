//! What the scanner of scripts accepts, bash accepts, too: held on the scripts of the golden cases and of these tests, on odd
//! ones, and on those below `DINDLESS_REAL_FILES` if that names a folder. Nothing is held where there is no bash.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use dindless::shell;
use dindless::yaml::{Kind, NodeId, Tree};
use rayon::prelude::*;

/// Keys of CI files that hold scripts.
const SCRIPTS: [&str; 4] = ["script", "before_script", "after_script", "run"];

/// Whether a shell can read a script; nothing if it is not installed.
fn accepts(shell: &str, arguments: &[&str], script: &str) -> Option<bool> {
    let mut child = Command::new(shell)
        .args(arguments)
        .arg("-n")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    // it may stop at the first error
    let _ = child.stdin.take()?.write_all(script.as_bytes());
    let output = child.wait_with_output().ok()?;
    // bash ends well behind some mistakes that it names
    let printed = String::from_utf8_lossy(&output.stderr);
    let only_warns = printed.lines().all(|line| line.contains(": warning: "));
    Some(output.status.success() && only_warns)
}

/// Whether bash can read a script, as it is set up or once the script has turned on the globs that are off.
fn bash_accepts(script: &str) -> Option<bool> {
    let plain = accepts("bash", &[], script)?;
    Some(plain || accepts("bash", &["-O", "extglob"], script)?)
}

/// The script as it reaches a shell: with a word in place of what the CI server fills in, and plain line ends.
fn filled_in(script: &str) -> String {
    let mut text = script.replace("\r\n", "\n");
    for (open, close) in [("${{", "}}"), ("$[[", "]]")] {
        while let Some(start) = text.find(open) {
            let Some(length) = text[start..].find(close) else {
                break;
            };
            text.replace_range(start..start + length + close.len(), "_");
        }
    }
    text
}

/// The scripts of a CI file.
fn scripts_of(text: &str, scripts: &mut BTreeSet<String>) {
    let Ok(tree) = Tree::parse(text) else {
        return;
    };
    for number in 0..tree.nodes().len() {
        let Ok(node) = u32::try_from(number).map(NodeId) else {
            return;
        };
        let Some(scalar) = tree.scalar(node) else {
            continue;
        };
        let mut value = node;
        while let Some(parent) = tree.parent(value)
            && matches!(tree.node(parent).kind, Kind::Sequence { .. })
        {
            value = parent;
        }
        if tree.key_of(value).is_some_and(|key| SCRIPTS.contains(&key)) {
            scripts.insert(filled_in(scalar.value()));
        }
    }
}

fn gather(folder: &Path, scripts: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder that can be read") {
        let path = entry.expect("an entry").path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            gather(&path, scripts);
        } else if let Ok(text) = fs::read_to_string(&path) {
            match path.extension().and_then(|it| it.to_str()) {
                Some("yml" | "yaml") => scripts_of(&text, scripts),
                Some("sh" | "bash") => drop(scripts.insert(filled_in(&text))),
                _ if text.starts_with("#!") && text.lines().next().unwrap().ends_with("sh") => {
                    scripts.insert(filled_in(&text));
                }
                _ => {}
            }
        }
    }
}

#[test]
fn bash_accepts_what_the_scanner_accepts() {
    if bash_accepts("true").is_none() {
        println!("there is no bash");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut scripts = BTreeSet::new();
    gather(&root.join("golden"), &mut scripts);
    gather(&root.join("tests"), &mut scripts);
    if let Some(folder) = std::env::var_os("DINDLESS_REAL_FILES") {
        gather(Path::new(&folder), &mut scripts);
    }
    assert!(scripts.len() > 1000, "only {} scripts", scripts.len());
    let read = scripts.par_iter().map(|script| {
        let scanned = shell::parse(script).is_ok();
        (
            script,
            scanned,
            bash_accepts(script).expect("bash runs"),
            accepts("dash", &[], script),
        )
    });
    let read: Vec<_> = read.collect();
    let count = |held: &dyn Fn(bool, bool, bool) -> bool| {
        let read = read
            .iter()
            .map(|(_, scanned, bash, dash)| (*scanned, *bash, *dash == Some(true)));
        read.filter(|(scanned, bash, dash)| held(*scanned, *bash, *dash))
            .count()
    };
    println!(
        "{} scripts, {} accepted, {} of these by bash alone; {} refused that bash accepts, {} that dash accepts",
        scripts.len(),
        count(&|scanned, _, _| scanned),
        count(&|scanned, _, dash| scanned && !dash),
        count(&|scanned, bash, _| !scanned && bash),
        count(&|scanned, _, dash| !scanned && dash),
    );
    for (script, _, _, _) in read
        .iter()
        .filter(|(_, scanned, bash, _)| !scanned && *bash)
    {
        println!(
            "refused: {:?}: {script:?}",
            shell::parse(script).expect_err("refused")
        );
    }
    let wrong = read
        .iter()
        .filter(|(_, scanned, bash, _)| *scanned && !bash);
    let wrong: Vec<&String> = wrong.map(|(script, ..)| *script).collect();
    assert!(wrong.is_empty(), "bash refuses {wrong:#?}");
}

#[test]
fn odd_scripts_are_read_as_bash_reads_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shells/odd.yml");
    let text = fs::read_to_string(path).expect("tests/shells/odd.yml");
    let odd: BTreeMap<String, Vec<String>> = serde_yaml::from_str(&text).expect("lists of scripts");
    let mut wrong = Vec::new();
    for (list, scanned, bash) in [
        ("accepted", true, true),
        ("refused", false, false),
        ("refused by the scanner alone", false, true),
    ] {
        for script in &odd[list] {
            let read = (
                shell::parse(script).is_ok(),
                bash_accepts(script).unwrap_or(bash),
            );
            if read != (scanned, bash) {
                wrong.push((list, script, read));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
