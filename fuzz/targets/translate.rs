//! Any file of either server: no panic, and no result that fails its proof.
//!
//! The bits of the first byte choose the server and the options, the rest is the file.
#![no_main]

use std::path::PathBuf;

use dindless::options::{ActionStyle, ComposeProvider, Options, RunnerProfile};
use dindless::providers::{GITLAB, GITHUB};
use dindless::repository::Memory;
use dindless::translate::{CiFile, translate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(body) else {
        return;
    };
    let (path, provider) = match choice & 1 {
        0 => (".gitlab-ci.yml", GITLAB),
        _ => (".github/workflows/ci.yml", GITHUB),
    };
    let options = Options {
        include_review: choice & 2 != 0,
        runner: match choice >> 2 & 3 {
            0 => RunnerProfile::AsIs,
            1 => RunnerProfile::DockerPrivileged,
            2 => RunnerProfile::DockerUnprivileged,
            _ => RunnerProfile::Podman,
        },
        compose: match choice & 16 {
            0 => ComposeProvider::DockerCompose,
            _ => ComposeProvider::PodmanCompose,
        },
        actions: match choice & 32 {
            0 => ActionStyle::Podman,
            _ => ActionStyle::Redhat,
        },
        ..Options::default()
    };
    let files: Memory = [(path, text)].into_iter().collect();
    let file = CiFile {
        path: PathBuf::from(path),
        provider,
        named: false,
        configured: false,
    };
    let outcome = translate(&files, &[file], &options);
    for problem in outcome.problems {
        assert!(!problem.ours, "{}\n{text:?}", problem.message);
    }
});
