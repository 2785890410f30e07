//! What is measured: pipelines and workflows that are generated, the golden cases, and real files that the user points at.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use dindless::pipeline::ProviderRef;
use dindless::providers::{self, GITHUB, GITLAB};
use dindless::repository::Memory;

pub(crate) mod growing;
mod workflow;

pub(crate) use workflow::workflow;

/// One repository.
pub(crate) struct Input {
    /// What it is called in the table.
    pub(crate) name: String,
    /// Who runs them.
    pub(crate) provider: ProviderRef,
    /// Its files, the pipeline's own first.
    pub(crate) files: Vec<(PathBuf, String)>,
}

impl Input {
    /// A repository of one file.
    pub(crate) fn single(name: impl Into<String>, provider: ProviderRef, text: String) -> Self {
        Self {
            name: name.into(),
            provider,
            files: vec![(PathBuf::from(main_file(provider)), text)],
        }
    }

    /// The repository as the translation reads it.
    pub(crate) fn memory(&self) -> Memory {
        self.files.iter().cloned().collect()
    }
}

/// The file from which a pipeline starts.
pub(crate) fn main_file(provider: ProviderRef) -> &'static str {
    match provider.id() {
        "gitlab" => ".gitlab-ci.yml",
        _ => ".github/workflows/ci.yml",
    }
}

/// The pipeline of a provider with this many jobs.
pub(crate) fn text_of(provider: ProviderRef, jobs: usize, docker: Docker) -> String {
    match provider.id() {
        "gitlab" => pipeline(jobs, docker),
        _ => workflow(jobs, docker),
    }
}

/// How much Docker a generated pipeline has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Docker {
    /// None at all.
    None,
    /// Every fifth job builds an image; the others test, lint and deploy.
    Some,
    /// Every job builds an image, all by one template.
    All,
    /// Every job builds an image and has a daemon and variables of its own.
    Own,
}

/// The pipelines that are always there, small and large.
pub(crate) fn generated() -> Vec<Input> {
    let mut inputs = Vec::new();
    for provider in [GITLAB, GITHUB] {
        for jobs in [3, 12, 40, 200] {
            let docker = [
                ("plain", Docker::None),
                ("mixed", Docker::Some),
                ("docker", Docker::All),
            ];
            for (name, docker) in docker {
                let name = format!("{}-{name}-{jobs}", provider.id());
                let text = text_of(provider, jobs.max(5), docker);
                inputs.push(Input::single(name, provider, text));
            }
        }
    }
    inputs
}

/// A pipeline as people write them: templates, anchors, rules, caches, and this many jobs.
pub(crate) fn pipeline(jobs: usize, docker: Docker) -> String {
    let mut text = String::from(HEAD);
    if matches!(docker, Docker::Some | Docker::All) {
        text.push_str(DOCKER_TEMPLATE);
    }
    for job in 0..jobs {
        let builds = match docker {
            Docker::None => false,
            Docker::Some => job % 5 == 4,
            Docker::All | Docker::Own => true,
        };
        if builds {
            image_job(&mut text, job, docker == Docker::Own);
        } else {
            plain_job(&mut text, job);
        }
    }
    text
}

const HEAD: &str = r#"# The pipeline of the shop: every merge request is linted and tested, the main branch is deployed.
stages:
  - lint
  - test
  - build
  - deploy

default:
  interruptible: true
  retry:
    max: 2
    when:
      - runner_system_failure
      - stuck_or_timeout_failure

variables:
  NODE_ENV: test
  GIT_DEPTH: "20"
  npm_config_cache: "$CI_PROJECT_DIR/.npm"

.rules: &rules
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH'
      variables:
        TARGET: production

.node:
  image: node:22-alpine
  cache:
    key:
      files: [package-lock.json]
    paths:
      - .npm/
  before_script:
    - npm ci --prefer-offline --no-audit
    - export PATH="$PWD/node_modules/.bin:$PATH"

"#;

const DOCKER_TEMPLATE: &str = r#".image:
  image: docker:27
  services:
    - docker:27-dind
  variables:
    DOCKER_HOST: tcp://docker:2376
    DOCKER_TLS_CERTDIR: "/certs"
  before_script:
    - docker login -u "$CI_REGISTRY_USER" -p "$CI_REGISTRY_PASSWORD" "$CI_REGISTRY"

"#;

const OWN_DAEMON: &str = "image: docker:27
  services:
    - docker:27-dind";

const OWN_VARIABLES: &str = r#"
    DOCKER_HOST: tcp://docker:2376
    DOCKER_TLS_CERTDIR: "/certs""#;

fn plain_job(text: &mut String, job: usize) {
    let stage = ["lint", "test", "build", "deploy"][job % 4];
    write!(
        text,
        r#"{stage} part-{job}:
  extends: .node
  <<: *rules
  stage: {stage}
  needs: []
  variables:
    PART: "part-{job}"
  script:
    - echo "{stage} of part-{job}"   # shown in the log
    - npm run {stage} --workspace "packages/part-{job}" -- --reporter=junit --output "reports/part-{job}.xml"
    - |
      if [ -n "$TARGET" ]; then
        npm run report -- --target "$TARGET" < "reports/part-{job}.xml"
      fi
  artifacts:
    when: always
    expire_in: 1 week
    reports:
      junit: "reports/part-{job}.xml"

"#
    )
    .expect("a text takes all that is written");
}

fn image_job(text: &mut String, job: usize, own: bool) {
    let (engine, host) = if own {
        (OWN_DAEMON, OWN_VARIABLES)
    } else {
        ("extends: .image", "")
    };
    write!(
        text,
        r#"image part-{job}:
  {engine}
  <<: *rules
  stage: build
  variables:{host}
    IMAGE: "$CI_REGISTRY_IMAGE/part-{job}"
  script:
    # the tag is the commit, so that a rollback finds it
    - docker build --pull -t "$IMAGE:$CI_COMMIT_SHORT_SHA" -f packages/part-{job}/Dockerfile packages/part-{job}
    - docker push "$IMAGE:$CI_COMMIT_SHORT_SHA"
    - |
      if [ "$CI_COMMIT_BRANCH" = "$CI_DEFAULT_BRANCH" ]; then
        docker tag "$IMAGE:$CI_COMMIT_SHORT_SHA" "$IMAGE:latest"
        docker push "$IMAGE:latest"
      fi

"#
    )
    .expect("a text takes all that is written");
}

/// The repositories of the golden cases, as they are before.
pub(crate) fn golden() -> Vec<Input> {
    let mut inputs = Vec::new();
    for provider in [GITLAB, GITHUB] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
        for case in sorted(&root.join(provider.id())) {
            let before = case.join("before");
            let mut files = Vec::new();
            read_all(&before, &before, &mut files);
            let is_start = |path: &Path| match provider.id() {
                "gitlab" => path == Path::new(main_file(provider)),
                _ => path.starts_with(".github/workflows"),
            };
            if let Some(start) = files.iter().position(|(path, _)| is_start(path)) {
                files.swap(0, start);
                let name = case.file_name().unwrap_or_default().to_string_lossy();
                inputs.push(Input {
                    name: name.into_owned(),
                    provider,
                    files,
                });
            }
        }
    }
    inputs
}

/// Every YAML file of the folder that `DINDLESS_BENCH_DIR` names, each as a pipeline of its own.
pub(crate) fn real() -> Vec<Input> {
    let Some(folder) = std::env::var_os("DINDLESS_BENCH_DIR") else {
        return Vec::new();
    };
    let mut files = Vec::new();
    let folder = PathBuf::from(folder);
    read_all(&folder, &folder, &mut files);
    files
        .into_iter()
        .filter(|(path, _)| {
            path.extension()
                .is_some_and(|end| end == "yml" || end == "yaml")
        })
        .map(|(path, text)| {
            let provider = providers::by_text(&text);
            Input::single(path.display().to_string(), provider, text)
        })
        .collect()
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    paths
}

/// What cannot be read as text is left out.
fn read_all(root: &Path, folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for path in sorted(folder) {
        if path.is_dir() {
            read_all(root, &path, files);
        } else if let Ok(text) = fs::read_to_string(&path)
            && let Ok(inside) = path.strip_prefix(root)
        {
            files.push((inside.to_path_buf(), text));
        }
    }
}
