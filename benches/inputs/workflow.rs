//! Workflows as people write them, with as many jobs as are asked for.

use std::fmt::Write as _;

use super::Docker;

/// A workflow with triggers, permissions, a matrix, caches, and this many jobs.
pub(crate) fn workflow(jobs: usize, docker: Docker) -> String {
    let mut text = String::from(HEAD);
    for job in 0..jobs {
        let builds = match docker {
            Docker::None => false,
            Docker::Some => job % 5 == 4,
            Docker::All | Docker::Own => true,
        };
        match builds {
            true => image_job(&mut text, job, docker == Docker::Own),
            false => plain_job(&mut text, job),
        }
    }
    text
}

const HEAD: &str = r#"# The checks of the shop: every pull request is linted and tested, the main branch is deployed.
name: shop
on:
  push:
    branches: [main]
  pull_request:
permissions:
  contents: read
env:
  NODE_ENV: test
jobs:
"#;

fn plain_job(text: &mut String, job: usize) {
    write!(
        text,
        r#"  part-{job}:
    name: Part {job}
    runs-on: ubuntu-24.04
    strategy:
      matrix:
        node: [20, 22, 24]
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: ${{{{ matrix.node }}}}
          cache: npm
      - run: npm ci --prefer-offline --no-audit
      - name: Test part {job}   # shown in the log
        run: |
          npm test --workspace "packages/part-{job}" -- --reporter=junit --output "reports/part-{job}.xml"
          if [ -n "$TARGET" ]; then
            npm run report -- --target "$TARGET" < "reports/part-{job}.xml"
          fi
        env:
          TARGET: ${{{{ github.base_ref }}}}
"#
    )
    .expect("a text takes all that is written");
}

/// With commands of its own, or with the actions of Docker.
fn image_job(text: &mut String, job: usize, own: bool) {
    let image = format!("ghcr.io/shop/part-{job}");
    let steps = match own || job.is_multiple_of(2) {
        true => format!(
            r#"      # the tag is the commit, so that a rollback finds it
      - run: docker build --pull -t "{image}:$GITHUB_SHA" -f packages/part-{job}/Dockerfile packages/part-{job}
      - name: Push
        run: |
          docker push "{image}:$GITHUB_SHA"
          if [ "$GITHUB_REF_NAME" = main ]; then
            docker tag "{image}:$GITHUB_SHA" "{image}:latest"
            docker push "{image}:latest"
          fi
"#
        ),
        false => format!(
            r#"      - uses: docker/setup-buildx-action@v3
      - uses: docker/build-push-action@v6
        with:
          context: packages/part-{job}
          push: ${{{{ github.event_name != 'pull_request' }}}}
          tags: |
            {image}:${{{{ github.sha }}}}
            {image}:latest
"#
        ),
    };
    write!(
        text,
        r#"  image-{job}:
    runs-on: ubuntu-24.04
    permissions:
      packages: write
    steps:
      - uses: actions/checkout@v4
      - uses: docker/login-action@v3
        with:
          registry: ghcr.io
          username: ${{{{ github.actor }}}}
          password: ${{{{ secrets.GITHUB_TOKEN }}}}
{steps}"#
    )
    .expect("a text takes all that is written");
}
