//! The pages about the rules: one in full, or all in a line each.

use std::io::{self, Write};

use crate::finding::Severity;
use crate::rules::{CatalogRule, Composer, Happens, Rules, Site};

/// Writes all that is known about a rule.
pub fn page(out: &mut dyn Write, rule: &CatalogRule) -> io::Result<()> {
    writeln!(out, "{} ({}, {})", rule.name, rule.area, weight(rule))?;
    writeln!(out)?;
    paragraph(out, &told(&rule.what))?;
    paragraph(out, &rule.why)?;
    writeln!(out, "Holds:    {}", holds(rule))?;
    if let Some(happens) = rule.happens {
        let what = match happens {
            Happens::Error => "Podman ends with an error",
            Happens::Silent => "no error, another result",
            Happens::Ignored => "Podman takes it, without effect",
        };
        writeln!(out, "Happens:  {what}")?;
    }
    writeln!(out, "Source:   {}", rule.source)?;
    writeln!(out)?;
    writeln!(out, "To solve it: {}", told(&rule.solve))?;
    let texts = [
        ("To set", &rule.settings),
        ("Before", &rule.before),
        ("After", &rule.after),
    ];
    for (head, files) in texts {
        for (name, text) in files {
            writeln!(out)?;
            writeln!(out, "{head} ({name}):")?;
            for line in text.lines() {
                writeln!(out, "    {line}")?;
            }
        }
    }
    Ok(())
}

/// Writes a line for each rule, by area.
pub fn list(out: &mut dyn Write, rules: &Rules) -> io::Result<()> {
    let longest = rules.all_named().map(|rule| rule.name.len()).max();
    let width = longest.unwrap_or_default();
    let mut area = "";
    for rule in rules.all_named() {
        if rule.area != area {
            if !area.is_empty() {
                writeln!(out)?;
            }
            area = rule.area;
            writeln!(out, "{area}")?;
        }
        let what = told(&rule.what);
        writeln!(out, "  {:width$}  {:7}  {what}", rule.name, weight(rule))?;
    }
    Ok(())
}

/// Names like a wrong one, the nearest first.
pub fn alike<'r>(rules: &'r Rules, name: &str) -> Vec<&'r str> {
    let names: Vec<&str> = rules.all_named().map(|rule| rule.name).collect();
    similar::get_close_matches(name, &names, 3, 0.6)
}

fn weight(rule: &CatalogRule) -> &'static str {
    match rule.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// For which Podman, and which program for compose files.
fn holds(rule: &CatalogRule) -> String {
    let podman = match (rule.since, rule.until) {
        (None, None) => "every Podman".to_owned(),
        (Some(since), None) => format!("Podman {since} and later"),
        (None, Some(until)) => format!("Podman before {until}"),
        (Some(since), Some(until)) => format!("Podman from {since} on, before {until}"),
    };
    let compose = match rule.compose {
        None => "",
        Some(Composer::DockerCompose) => ", with docker-compose",
        Some(Composer::PodmanCompose) => ", with podman-compose",
    };
    let site = match rule.on {
        None => "",
        Some(Site::Machine) => ", on the runner's machine without root",
        Some(Site::Image) => ", in a container where it is root",
    };
    format!("{podman}{compose}{site}")
}

/// A message without what only a finding knows.
fn told(text: &str) -> String {
    text.replace("`{it}`: ", "")
        .replace("{it}", "...")
        .replace("Podman {podman}", "Podman")
}

fn paragraph(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "{text}")?;
    writeln!(out)
}
