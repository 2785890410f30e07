//! What the program tells about itself: its rules, the shape of its reports, its options.

use std::io::{self, BufWriter, Write};

use anyhow::Context;
use clap::CommandFactory;

use crate::config;
use crate::report::{explain, harmless, json};
use crate::rules::Rules;

use super::arguments::{About, Arguments, EXAMPLES, EXIT_STATUS, Format, MORE_EXAMPLES, Schema};
use super::{Exit, printed, refuse};

/// Tells what is asked for, if that is all that is.
pub(super) fn answer(about: &About, format: Format) -> Option<Exit> {
    let mut out = BufWriter::new(io::stdout().lock());
    let result = if let Some(name) = &about.explain {
        explained(&mut out, name, format)
    } else if about.rules {
        all_rules(&mut out, format)
    } else if let Some(schema) = about.schema {
        let text = match schema {
            Schema::Report => json::SCHEMA,
            Schema::Config => config::SCHEMA,
        };
        Ok(out.write_all(text.as_bytes()))
    } else if let Some(shell) = about.completions {
        Ok(completions(&mut out, shell))
    } else if about.man {
        Ok(manual(&mut out))
    } else {
        return None;
    };
    let result = match result {
        Ok(written) => written.and_then(|()| out.flush()),
        Err(why) => return Some(refuse(&why)),
    };
    let result = result.context("what was asked for cannot be written to standard output");
    Some(printed(result, Exit::Clean))
}

/// What was written, or what is wrong with the question.
type Printed = Result<io::Result<()>, String>;

fn explained(out: &mut dyn Write, name: &str, format: Format) -> Printed {
    let rules = Rules::embedded();
    let Some(rule) = rules.named(name) else {
        let hint = match explain::alike(rules, name).as_slice() {
            [] => "--rules lists them".to_owned(),
            alike => format!("do you mean {}?", alike.join(" or ")),
        };
        return Err(format!("there is no rule `{}`; {hint}", harmless(name)));
    };
    Ok(match in_markdown(format)? {
        true => explain::pages_markdown(out, std::iter::once(rule)),
        false => explain::page(out, rule),
    })
}

fn all_rules(out: &mut dyn Write, format: Format) -> Printed {
    let rules = Rules::embedded();
    Ok(match in_markdown(format)? {
        true => explain::pages_markdown(out, rules.all_named()),
        false => explain::list(out, rules),
    })
}

fn in_markdown(format: Format) -> Result<bool, String> {
    match format {
        Format::Text => Ok(false),
        Format::Markdown => Ok(true),
        _ => Err("rules are told in --format text and --format markdown".to_owned()),
    }
}

/// The generator wants to write without ever failing, so it writes into memory.
fn completions(out: &mut dyn Write, shell: clap_complete::Shell) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "dindless", &mut script);
    out.write_all(&script)
}

/// The manual page, whose examples keep their lines.
fn manual(out: &mut dyn Write) -> io::Result<()> {
    let page = clap_mangen::Man::new(Arguments::command());
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    writeln!(out, ".SH EXAMPLES\n.nf")?;
    for line in EXAMPLES.lines().chain(MORE_EXAMPLES.lines()) {
        writeln!(out, "{}", roff(line))?;
    }
    let (_, status) = EXIT_STATUS.split_once(": ").unwrap_or_default();
    writeln!(out, ".fi\n.SH EXIT STATUS\n{}", roff(status))?;
    page.render_version_section(out)
}

/// A line as the reader of manual pages takes it for itself.
fn roff(line: &str) -> String {
    let line = line.replace('\\', "\\\\").replace('-', "\\-");
    match line.starts_with(['.', '\'']) {
        true => format!("\\&{line}"),
        false => line,
    }
}
