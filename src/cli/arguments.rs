//! What can be said on the command line.

use std::path::PathBuf;
use std::sync::OnceLock;

use anstream::{AutoStream, ColorChoice};
use clap::{ArgAction, Args, Parser, ValueEnum};
use clap_complete::Shell;

use crate::config::Config;
use crate::image_name::plain;
use crate::options::{ActionStyle, ComposeProvider, Options, RunnerProfile};
use crate::report::Style;
use crate::version::Version;

/// How a run ends.
pub(super) const EXIT_STATUS: &str = "\
Exit status: 0 nothing left to do, 1 something would change or is left for a person,
2 a file could not be read or written, 3 bad arguments";

/// What is done most.
pub(super) const EXAMPLES: &str =
    "  dindless                      show what would change in this repository
  dindless --write              change it
  dindless --interactive        change what you say yes to, job by job
  dindless --revert             take that back
";

/// What else is done.
pub(super) const MORE_EXAMPLES: &str =
    "  dindless --write --include-review --runner docker-privileged
                                change, too, what depends on the runner, which is privileged
  dindless --check              in CI: fail while Docker is left
  dindless --update-baseline --baseline ci/docker.json
                                note down what is left today; then, in CI:
  dindless --check --baseline ci/docker.json
                                fail only when something is added to it
  dindless --verify-job --runner kubernetes
                                a throw-away job that tries Podman on the runner
  dindless --check --format github
                                in a GitHub workflow: with annotations in the pull request
  dindless --check --format gitlab > gl-code-quality-report.json
                                in a GitLab pipeline: with a Code Quality report
  dindless --format diff ci/build.yml | git apply
                                change one file, by git
  dindless --format markdown > description.md
                                the description of the merge request
  dindless --format markdown */ > audit.md
                                a table of all repositories below this folder
  dindless - < .gitlab-ci.yml   one file from standard input
  dindless --explain swarm      what a rule means, and the way out
";

/// The version, with the commit that it was built from if the build was told (`DINDLESS_COMMIT`).
fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| with_commit(env!("CARGO_PKG_VERSION"), option_env!("DINDLESS_COMMIT")))
}

fn with_commit(version: &str, commit: Option<&str>) -> String {
    match commit.map(str::trim).filter(|commit| !commit.is_empty()) {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    }
}

/// Moves a repository's CI from Docker to Podman: rewrites GitLab pipelines and GitHub workflows in place, or shows the diff
#[derive(Debug, Parser)]
#[command(
    name = "dindless",
    version = version(),
    max_term_width = 100,
    after_help = format!("Examples:\n{EXAMPLES}\n{EXIT_STATUS}"),
    after_long_help = format!("Examples:\n{EXAMPLES}{MORE_EXAMPLES}\n{EXIT_STATUS}"),
    disable_help_flag = true,
    disable_version_flag = true,
)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub mode: Mode,

    #[command(flatten)]
    pub guard: Guard,

    /// Repositories, directories or CI files; `-` is standard input [default: the whole repository that you are in]
    #[arg(value_name = "PATH", help_heading = "Input")]
    pub paths: Vec<PathBuf>,

    /// The configuration [default: the nearest dindless.yml, in the folder of PATH or above it]
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub config: Option<PathBuf>,

    /// A list of what may be left; --check is quiet about it
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub baseline: Option<PathBuf>,

    #[command(flatten)]
    pub target: Target,

    #[command(flatten)]
    pub output: Output,

    #[command(flatten)]
    pub about: About,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Mode")]
#[group(multiple = false)]
pub(super) struct Mode {
    /// Show the diff on standard output and write nothing (this is the default)
    #[arg(long)]
    pub diff: bool,

    /// Rewrite the files in place
    #[arg(long)]
    pub write: bool,

    /// Ask for each job that can move, then rewrite the files in place
    #[arg(long)]
    pub interactive: bool,

    /// Show only what is left, for CI: the exit status is 1 while Docker is left
    #[arg(long)]
    pub check: bool,

    /// Print a job that tries Podman on this repository's runner; see --runner and --podman-image
    #[arg(long)]
    pub verify_job: bool,

    /// Write what is left into the file of --baseline, for later runs of --check
    #[arg(long, requires = "baseline")]
    pub update_baseline: bool,

    /// Take back what the last --write did to the repositories of these paths, unless a file changed since. Its journal lies
    /// in .git/dindless; without git in the folder for states ($XDG_STATE_HOME, else ~/.local/state)
    #[arg(long)]
    pub revert: bool,
}

impl Mode {
    /// Whether files are rewritten.
    pub(super) fn writes(&self) -> bool {
        self.write || self.interactive
    }
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Mode")]
pub(super) struct Guard {
    /// Write files, too, that have changes which are not committed
    #[arg(long)]
    pub allow_dirty: bool,

    /// Write files, too, that lie in no git work tree
    #[arg(long)]
    pub allow_no_vcs: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Target")]
pub(super) struct Target {
    /// Apply the changes, too, that a person should look at
    #[arg(long)]
    pub include_review: bool,

    /// What the jobs run on [default: as-is]
    #[arg(long, value_name = "PROFILE", value_enum)]
    pub runner: Option<RunnerProfile>,

    /// The image in the place of Docker's own [default: quay.io/podman/stable with a tag]
    #[arg(long, value_name = "IMAGE", value_parser = plain)]
    pub podman_image: Option<String>,

    /// What runs compose files [default: docker-compose]
    #[arg(long, value_name = "PROVIDER", value_enum)]
    pub compose: Option<ComposeProvider>,

    /// What takes the place of Docker's actions in GitHub workflows [default: podman]
    #[arg(long, value_name = "STYLE", value_enum)]
    pub actions: Option<ActionStyle>,

    /// The Podman that the jobs will meet, like 5.4; the tag of its image [default: 5.8]
    #[arg(long, value_name = "VERSION")]
    pub podman: Option<Version>,
}

impl Target {
    /// The choices for one repository: what the command line says, else its configuration, else the default.
    pub(super) fn options(&self, config: &Config, fixes: bool) -> Options {
        let base = Options::default();
        let image = self.podman_image.as_ref().or(config.image.as_ref());
        Options {
            include_review: self.include_review,
            runner: self.runner.or(config.runner).unwrap_or_default(),
            podman_image: image.cloned(),
            compose: self.compose.or(config.compose).unwrap_or_default(),
            actions: self.actions.or(config.actions).unwrap_or_default(),
            podman: self.podman.or(config.podman),
            fixes,
            weights: config.rules.clone(),
            images: config.images.clone(),
            packages: config.packages.clone(),
            excluded: config.paths.exclude.clone(),
            declined: base.declined,
        }
    }
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(super) struct Output {
    /// What to print
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,

    /// When to use colours
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub color: Color,

    /// Show notes and every place
    #[arg(long, short)]
    pub verbose: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Help")]
#[group(multiple = false, conflicts_with = "Mode")]
pub(super) struct About {
    /// Tell all about a rule: what it finds, why, since when, and what to do
    #[arg(long, value_name = "RULE")]
    pub explain: Option<String>,

    /// List all rules; with --format markdown, all that is known about each
    #[arg(long)]
    pub rules: bool,

    /// Print the JSON Schema of --format json, or of dindless.yml
    #[arg(long, value_name = "OF", value_enum, num_args = 0..=1, default_missing_value = "report")]
    pub schema: Option<Schema>,

    /// Print a script that completes the options in a shell
    #[arg(long, value_name = "SHELL", value_enum)]
    pub completions: Option<Shell>,

    /// Print the manual page
    #[arg(long, hide = true)]
    pub man: bool,

    /// Show help; --help says more and has more examples
    #[arg(long, short, action = ArgAction::Help)]
    help: Option<bool>,

    /// Show the version
    #[arg(long, short = 'V', action = ArgAction::Version)]
    version: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people: the diff on standard output, all else on standard error
    #[default]
    Text,
    /// The patch alone
    Diff,
    /// Everything as one document (--schema describes it)
    Json,
    /// SARIF 2.1.0 for code scanning services and editors
    Sarif,
    /// Annotations for a step of a GitHub workflow
    Github,
    /// A Code Quality report for GitLab
    Gitlab,
    /// The description of a merge request; over several repositories, a table of them
    Markdown,
}

/// What a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Schema {
    /// What --format json prints
    Report,
    /// The configuration, dindless.yml
    Config,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    /// How text goes to a stream.
    pub(super) fn style(self, stream: &impl anstream::stream::RawStream) -> Style {
        let coloured = match self {
            Self::Auto => AutoStream::choice(stream) != ColorChoice::Never,
            Self::Always => true,
            Self::Never => false,
        };
        Style {
            coloured,
            terminal: coloured || stream.is_terminal(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_commit;

    #[test]
    fn the_version_names_the_commit_if_it_is_known() {
        assert_eq!(with_commit("1.2.3", Some("abc\n")), "1.2.3 (abc)");
        assert_eq!(with_commit("1.2.3", Some("")), "1.2.3");
        assert_eq!(with_commit("1.2.3", None), "1.2.3");
    }
}
