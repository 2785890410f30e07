//! What the README shows is what the program prints.

use std::process::Command;

#[test]
fn the_diff_in_the_readme_is_real() {
    let readme = include_str!("../README.md");
    let shown = readme
        .split("```diff\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let output = Command::new(env!("CARGO_BIN_EXE_dindless"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["--diff", "golden/gitlab/readme/before/.gitlab-ci.yml"])
        .output()
        .expect("the program runs");
    assert_eq!(
        shown,
        Some(String::from_utf8_lossy(&output.stdout).as_ref())
    );
}
