//! The pages about the rules: one in full, or all in a line each.

use std::io::{self, Write};

use crate::finding::Severity;
use crate::nearest;
use crate::rules::{CatalogRule, Composer, Happens, Rules, Site};

use super::markup::{block, capital, paragraphs, prose};

/// Writes all that is known about a rule.
pub fn page(out: &mut dyn Write, rule: &CatalogRule) -> io::Result<()> {
    writeln!(out, "{} ({}, {})\n", rule.name, rule.area, weight(rule))?;
    write!(out, "{}", page_text(rule))
}

/// All that is known about a rule, without its name.
pub(super) fn page_text(rule: &CatalogRule) -> String {
    let mut page = format!("{}\n\n{}\n\n", sentence(&rule.what), rule.why);
    let mut fact = |name: &str, text: &str| page.push_str(&format!("{name:9} {text}\n"));
    fact("Holds:", &holds(rule));
    if let Some(happens) = rule.happens {
        fact("Happens:", outcome(happens));
    }
    fact("Source:", &rule.source);
    page.push_str(&format!("\nTo solve it: {}\n", sentence(&rule.solve)));
    for (head, name, text) in examples(rule) {
        page.push_str(&format!("\n{head} ({name}):\n"));
        for line in text.lines() {
            page.push_str(&format!("    {line}\n"));
        }
    }
    page
}

/// Writes the pages of some rules as a Markdown document, by area.
pub fn pages_markdown<'r>(
    out: &mut dyn Write,
    rules: impl Iterator<Item = &'r CatalogRule>,
) -> io::Result<()> {
    let mut area = "";
    for rule in rules {
        if rule.area != area {
            area = rule.area;
            writeln!(out, "# {}\n", prose(area))?;
        }
        writeln!(out, "## {}\n", rule.name)?;
        writeln!(out, "{}", page_markdown(rule))?;
    }
    Ok(())
}

/// All that is known about a rule in Markdown, without its name.
pub(super) fn page_markdown(rule: &CatalogRule) -> String {
    let mut page = format!("{}.\n\n", prose(&capital(&sentence(&rule.what))));
    page.push_str(&format!("{}\n", paragraphs(&rule.why)));
    let mut fact = |name: &str, text: &str| page.push_str(&format!("- {name}: {}\n", prose(text)));
    fact("Severity", weight(rule));
    fact("Holds", &holds(rule));
    if let Some(happens) = rule.happens {
        fact("Happens", outcome(happens));
    }
    fact("To solve it", &sentence(&rule.solve));
    fact("Source", &rule.source);
    for (head, name, text) in examples(rule) {
        page.push_str(&format!("\n{head} ({}):\n\n{}", prose(name), block(text)));
    }
    page
}

/// What is to be set, and files in which the rule is found and in which it is solved.
fn examples(rule: &CatalogRule) -> impl Iterator<Item = (&'static str, &str, &str)> {
    let texts = [
        ("To set", &rule.settings),
        ("Before", &rule.before),
        ("After", &rule.after),
    ];
    texts.into_iter().flat_map(|(head, files)| {
        let files = files.iter();
        files.map(move |(name, text)| (head, name.as_str(), text.as_str()))
    })
}

fn outcome(happens: Happens) -> &'static str {
    match happens {
        Happens::Error => "Podman ends with an error",
        Happens::Silent => "no error, another result",
        Happens::Ignored => "Podman takes it, without effect",
    }
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
        let what = sentence(&rule.what);
        writeln!(out, "  {:width$}  {:7}  {what}", rule.name, weight(rule))?;
    }
    Ok(())
}

/// Names like a wrong one, the nearest first.
pub fn alike<'r>(rules: &'r Rules, name: &str) -> Vec<&'r str> {
    nearest::alike(name, rules.all_named().map(|rule| rule.name), 3)
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
pub(super) fn sentence(text: &str) -> String {
    text.replace("`{it}`: ", "")
        .replace("{it}", "...")
        .replace("Podman {podman}", "Podman")
}
