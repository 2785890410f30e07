//! What can be said on the command line.

use std::path::PathBuf;
use std::sync::OnceLock;

use anstream::{AutoStream, ColorChoice};
use clap::{ArgAction, Args, Parser, ValueEnum};
use clap_complete::Shell;

use crate::options::{ActionStyle, ComposeProvider, DEFAULT_PODMAN_IMAGE, RunnerProfile};
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
  dindless --revert             take that back
";

/// What else is done.
pub(super) const MORE_EXAMPLES: &str =
    "  dindless --write --include-review --runner docker-privileged
                                change, too, what depends on the runner, which is privileged
  dindless --check              in CI: fail while Docker is left
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

    /// Show only what is left, for CI: the exit status is 1 while Docker is left
    #[arg(long)]
    pub check: bool,

    /// Take back what the last --write did to the repositories of these paths, unless a file changed since. Its journal lies
    /// in .git/dindless; without git in the folder for states ($XDG_STATE_HOME, else ~/.local/state)
    #[arg(long)]
    pub revert: bool,
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

    /// What the jobs run on
    #[arg(long, value_name = "PROFILE", value_enum, default_value_t)]
    pub runner: RunnerProfile,

    /// The image in the place of Docker's own
    #[arg(long, value_name = "IMAGE", default_value = DEFAULT_PODMAN_IMAGE, value_parser = image)]
    pub podman_image: String,

    /// What runs compose files
    #[arg(long, value_name = "PROVIDER", value_enum, default_value_t)]
    pub compose: ComposeProvider,

    /// What takes the place of Docker's actions in GitHub workflows
    #[arg(long, value_name = "STYLE", value_enum, default_value_t)]
    pub actions: ActionStyle,

    /// The Podman that the jobs will meet, like 5.4
    #[arg(long, value_name = "VERSION")]
    pub podman: Option<Version>,
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

    /// Print the JSON Schema of --format json
    #[arg(long)]
    pub schema: bool,

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

/// An image goes into YAML as it is, so it must be one plain word.
fn image(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@${}".contains(&byte);
    let begins = |character: char| character.is_ascii_alphanumeric() || character == '$';
    if text.starts_with(begins) && text.bytes().all(plain) {
        Ok(text.into())
    } else {
        Err("an image is written like quay.io/podman/stable:v5.4".into())
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
