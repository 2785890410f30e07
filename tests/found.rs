//! Files that a fuzzer found to be taken for mistakes of the program: each is left alone or translated, and never that again.

use std::fs;
use std::path::{Path, PathBuf};

use dindless::options::{ActionStyle, Options, RunnerProfile};
use dindless::providers::{GITHUB, GITLAB};
use dindless::repository::Memory;
use dindless::translate::{CiFile, translate};

#[test]
fn what_was_found_once_is_no_mistake_any_more() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/found");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for (place, provider) in [
            (".gitlab-ci.yml", GITLAB),
            (".github/workflows/ci.yml", GITHUB),
        ] {
            for runner in [
                RunnerProfile::AsIs,
                RunnerProfile::DockerPrivileged,
                RunnerProfile::DockerUnprivileged,
                RunnerProfile::Podman,
            ] {
                for (include_review, actions) in [
                    (false, ActionStyle::Podman),
                    (true, ActionStyle::Podman),
                    (true, ActionStyle::Redhat),
                ] {
                    let options = Options {
                        include_review,
                        runner,
                        actions,
                        ..Options::default()
                    };
                    let files: Memory = [(place, text.as_str())].into_iter().collect();
                    let file = CiFile {
                        path: PathBuf::from(place),
                        provider,
                        named: false,
                        configured: false,
                    };
                    let outcome = translate(&files, &[file], &options);
                    let ours = outcome.problems.iter().find(|problem| problem.ours);
                    assert_eq!(ours, None, "{} as {place}", path.display());
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 0, "there are no files in tests/found");
}
