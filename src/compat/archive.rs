//! Archives of images that leave the pipeline: what loads them there knows the images by the names that are in them.

use crate::analysis::DockerCall;
use crate::pipeline::Job;

use super::check::JobCheck;

/// Whether the archive that a command writes goes elsewhere than to a job of the same pipeline that loads it.
pub(super) fn leaves(check: &JobCheck<'_>, docker: &DockerCall<'_>) -> bool {
    let files = files(check, docker);
    is_piped_away(check, docker)
        || is_carried_by_program(check, &files)
        || is_carried_by_action(check, &files)
        || is_handed_on(check, &files) && !is_loaded_in_pipeline(check)
}

/// The files that it is written to, as the script names them.
fn files<'a>(check: &'a JobCheck<'_>, docker: &'a DockerCall<'_>) -> Vec<&'a str> {
    let view = check.pass.view;
    let option = docker.flags_named("--output");
    let option = option.filter_map(|flag| docker.raw_value(flag));
    let statement = &docker.call.command().context.statement;
    let written = view.calls.get(view.calls_in(docker.call.line, statement));
    let redirected = written.unwrap_or_default().iter().flat_map(|call| {
        let redirects = call.command().redirects.iter();
        redirects.filter_map(|redirect| Some(call.raw(redirect.target.as_ref()?)))
    });
    option
        .chain(redirected)
        .map(|file| file.trim_matches(['"', '\'']))
        .filter(|file| file.contains(['.', '/', '$']) && !file.starts_with("/dev/"))
        .collect()
}

/// `docker save app | gzip | aws s3 cp - s3://images/app.tar.gz`
fn is_piped_away(check: &JobCheck<'_>, docker: &DockerCall<'_>) -> bool {
    let view = check.pass.view;
    let command = docker.call.command();
    let behind = command.span.end..command.context.statement.end;
    let behind = view.calls.get(view.calls_in(docker.call.line, &behind));
    let is_in_pipeline = command.context.pipeline.0 + 1 < command.context.pipeline.1;
    let mut programs = behind
        .unwrap_or_default()
        .iter()
        .filter_map(|call| call.program());
    is_in_pipeline && programs.any(|program| check.rules().carries_files(program))
}

fn is_carried_by_program(check: &JobCheck<'_>, files: &[&str]) -> bool {
    check.pass.view.calls.iter().any(|call| {
        let program = call.program();
        let text = call.text().get(call.command().span.clone());
        let text = text.unwrap_or_default();
        program.is_some_and(|program| check.rules().carries_files(program))
            && files.iter().any(|file| names_file(text, file))
    })
}

/// What other jobs of the pipeline get by an action, too, is looked at by itself.
fn is_carried_by_action(check: &JobCheck<'_>, files: &[&str]) -> bool {
    let view = check.pass.view;
    let mut others = view.job.actions.iter().filter(|action| {
        let name = action.name.to_ascii_lowercase();
        !name.contains("artifact")
            && action.commands.is_none()
            && check.rules().action_carries_files(&name)
    });
    others.any(|action| {
        let mut texts = action
            .inputs
            .values()
            .filter_map(|node| view.context.documents.text(*node));
        texts.any(|text| files.iter().any(|file| names_file(text, file)))
    })
}

/// Whether the job hands a file on: by `artifacts:`, or by the action for it.
fn is_handed_on(check: &JobCheck<'_>, files: &[&str]) -> bool {
    let view = check.pass.view;
    let documents = view.context.documents;
    let actions = view.job.actions.iter();
    let actions = actions.filter(|action| action.name.contains("upload-artifact"));
    let paths = actions.filter_map(|action| documents.text(*action.inputs.get("path")?));
    let artifacts = view.job.keys.get("artifacts").map(|node| {
        let at = documents.location(documents.resolve(*node));
        let text = documents.file(at.file).source.text();
        text.get(at.span.range()).unwrap_or_default()
    });
    let mut all = paths.chain(artifacts);
    all.any(|text| files.iter().any(|file| names_file(text, file)))
}

/// Whether a job of the pipeline loads archives, this one or another.
fn is_loaded_in_pipeline(check: &JobCheck<'_>) -> bool {
    let context = check.pass.view.context;
    let loads = |job: &Job| {
        job.lines().any(|(_, line)| {
            let text = context.documents.text(line.node).unwrap_or_default();
            [
                "docker load",
                "docker image load",
                "podman load",
                "podman image load",
            ]
            .iter()
            .any(|command| text.contains(command))
        })
    };
    context.pipeline.jobs.iter().any(loads)
}

/// Whether a text names a file, a folder that holds it, or a pattern that fits it.
fn names_file(text: &str, file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let mut words = text.split(|one: char| one.is_whitespace() || "\"',[]".contains(one));
    text.contains(file)
        || words.any(|word| {
            let word = word.trim_start_matches("./");
            let (path, file) = (word.trim_end_matches('/'), file.trim_start_matches("./"));
            let below = file
                .strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('/'));
            let fits = word.contains('*')
                && crate::wildcard::matches(word.rsplit('/').next().unwrap_or(word), name);
            !path.is_empty() && (below || fits || word.ends_with(name))
        })
}
