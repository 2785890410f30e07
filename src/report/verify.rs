//! The job of `--verify-job`: tries Podman on a repository's own runner before anything moves.

use std::io::{self, Write};

use crate::options::Options;
use crate::pipeline::Provider;
use crate::rules::Rules;

use super::markup::capital;

/// Writes the job for a CI server, with what the runner must offer as comments in front.
pub fn write(
    out: &mut dyn Write,
    provider: &dyn Provider,
    options: &Options,
    rules: &Rules,
) -> io::Result<()> {
    let profile = rules.profile(&options.runner.name());
    let needs = profile.map(|profile| profile.needs(provider.id()));
    for need in needs.into_iter().flatten() {
        let need = need.replace('`', "");
        writeln!(out, "# {}.", capital(need.trim_end_matches('.')))?;
    }
    let text = provider.verify_job(options, profile, rules);
    out.write_all(text.as_bytes())
}
