//! What a script or a makefile of the repository has of Docker.

use crate::rules::Rules;
use crate::shell;

/// What a file has of Docker.
pub(super) enum Contents {
    /// A call of docker, on this line.
    CallsDocker(usize),
    /// Calls of whatever this variable names, which is docker unless it is set.
    TakesEngine(String),
    Harmless,
}

/// What a script of a shell has.
pub(super) fn in_script(text: &str) -> Contents {
    if !text.contains("docker") {
        return Contents::Harmless;
    }
    let line_of = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
    let call = match shell::parse(text) {
        Ok(script) => {
            let commands = script.commands.iter().filter(|command| {
                let program = command.words.first().and_then(|word| word.value.as_deref());
                program.is_some_and(|program| {
                    program
                        .rsplit('/')
                        .next()
                        .is_some_and(|name| name.starts_with("docker"))
                })
            });
            let doubtful = script.doubtful.iter().filter(|range| {
                text.get((*range).clone())
                    .is_some_and(|part| part.contains("docker"))
            });
            commands
                .map(|command| command.span.start)
                .chain(doubtful.map(|range| range.start))
                .min()
        }
        Err(_) => text.find("docker"),
    };
    match (call, default_engine(text)) {
        (Some(at), _) => Contents::CallsDocker(line_of(at)),
        (None, Some(name)) => Contents::TakesEngine(name),
        (None, None) => Contents::Harmless,
    }
}

/// `${ENGINE:-docker}`: the variable that names the engine.
fn default_engine(text: &str) -> Option<String> {
    let at = text.find(":-docker}").or_else(|| text.find("-docker}"))?;
    let name = text[..at].rsplit("${").next()?;
    is_name(name).then(|| name.to_owned())
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What a makefile has: recipes are shell, and `DOCKER ?= docker` is a way out.
pub(super) fn in_makefile(rules: &Rules, text: &str) -> Contents {
    let calls = |line: &str| {
        line.starts_with('\t') && {
            let recipe = line.trim_start_matches(['\t', '@', '-', '+', ' ']);
            super::evidence::names_command(rules, recipe) || recipe.contains("$(shell docker")
        }
    };
    if let Some(line) = text.lines().position(calls) {
        return Contents::CallsDocker(line + 1);
    }
    let settable = text.lines().find_map(|line| {
        let (name, value) = line.split_once("?=")?;
        (value.trim() == "docker" && is_name(name.trim())).then(|| name.trim().to_owned())
    });
    if let Some(name) = settable {
        return Contents::TakesEngine(name);
    }
    let fixed = text.lines().position(|line| {
        line.split_once('=').is_some_and(|(name, value)| {
            value.trim() == "docker" && is_name(name.trim().trim_end_matches(':'))
        })
    });
    fixed.map_or(Contents::Harmless, |line| Contents::CallsDocker(line + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makefiles_that_call_docker_and_those_that_let_choose() {
        assert!(matches!(
            in_makefile(Rules::embedded(), "a:\n\t@docker build .\n"),
            Contents::CallsDocker(2)
        ));
        assert!(matches!(
            in_makefile(
                Rules::embedded(),
                "DOCKER = docker\na:\n\t$(DOCKER) build .\n"
            ),
            Contents::CallsDocker(1)
        ));
        assert!(
            matches!(in_makefile(Rules::embedded(), "DOCKER ?= docker\na:\n\t$(DOCKER) build .\n"), Contents::TakesEngine(name) if name == "DOCKER")
        );
        assert!(matches!(
            in_makefile(Rules::embedded(), "docker:\n\techo docker-build\n"),
            Contents::Harmless
        ));
    }

    #[test]
    fn scripts_that_call_docker_and_those_that_let_choose() {
        assert!(matches!(
            in_script("#!/bin/sh\necho docker\nif true; then docker push x; fi\n"),
            Contents::CallsDocker(3)
        ));
        assert!(
            matches!(in_script("E=${ENGINE:-docker}\n$E build .\n"), Contents::TakesEngine(name) if name == "ENGINE")
        );
        assert!(matches!(
            in_script("echo docker build\n"),
            Contents::Harmless
        ));
    }
}
