//! The job of `--verify-job`.

use crate::image_name::ImageName;
use crate::options::{Options, RunnerProfile};
use crate::rules::{Grant, Profile, Rules};

/// The job; what stands in single braces is put in.
const JOB: &str = include_str!("../../../translations/verify/gitlab.yml");

/// The job, as the runner's profile allows it.
pub(super) fn job(options: &Options, profile: Option<&Profile>, rules: &Rules) -> String {
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
    let mut text = JOB
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
