//! The job of `--verify-job`: tries Podman on a repository's own runner before anything moves.

use std::io::{self, Write};

use crate::image_name::ImageName;
use crate::options::{Options, RunnerProfile};
use crate::outcome::Provider;
use crate::rules::{Grant, Profile, Rules};

use super::markup::capital;

/// The job for GitLab; what stands in single braces is put in.
const GITLAB: &str = include_str!("../../translations/verify/gitlab.yml");
/// The workflow for GitHub.
const GITHUB: &str = include_str!("../../translations/verify/github.yml");

/// Writes the job for a CI server, with what the runner must offer as comments in front.
pub fn write(
    out: &mut dyn Write,
    provider: Provider,
    options: &Options,
    rules: &Rules,
) -> io::Result<()> {
    let profile = rules.profile(&options.runner.name());
    let needs = profile.map(|profile| match provider {
        Provider::GitLab => &profile.needs.gitlab,
        Provider::GitHub => &profile.needs.github,
    });
    for need in needs.into_iter().flatten() {
        let need = need.replace('`', "");
        writeln!(out, "# {}.", capital(need.trim_end_matches('.')))?;
    }
    let text = match provider {
        Provider::GitLab => gitlab(options, profile, rules),
        Provider::GitHub => GITHUB.replace("{runner}", github_runner(options)),
    };
    out.write_all(text.as_bytes())
}

fn gitlab(options: &Options, profile: Option<&Profile>, rules: &Rules) -> String {
    let image = rules.target_image(options);
    let own = rules.podman_image().filter(|own| own.is(&image));
    let mut variables: Vec<String> = profile
        .into_iter()
        .flat_map(|profile| profile.variables(own.is_some()))
        .map(|(name, value)| format!("    {name}: {value}\n"))
        .collect();
    let podman = options
        .podman
        .or_else(|| ImageName::parse(&image).tag?.parse().ok());
    if let Some(own) = own
        && podman.is_none_or(|podman| podman >= own.overlays_context)
    {
        variables.push(format!("    TMPDIR: {}\n", own.volume));
    }
    let runs = !matches!(
        profile.map(|profile| &profile.containers),
        Some(Grant::Stays { .. })
    );
    let mut text = GITLAB
        .replace("{image}", &image)
        .replace("{runs}", if runs { " and runs" } else { "" });
    text = match variables.as_slice() {
        [] => text.replace("  variables:\n{variables}", ""),
        some => text.replace("{variables}", &some.concat()),
    };
    if !runs {
        let lines = text.split_inclusive('\n');
        text = lines.filter(|line| !line.contains("podman run")).collect();
    }
    if options.runner == RunnerProfile::Podman {
        let lines = text.split_inclusive('\n');
        text = lines.filter(|line| !line.contains("  image: ")).collect();
    }
    text
}

fn github_runner(options: &Options) -> &'static str {
    match options.runner {
        RunnerProfile::AsIs | RunnerProfile::GithubHosted => "ubuntu-latest",
        _ => "self-hosted",
    }
}
