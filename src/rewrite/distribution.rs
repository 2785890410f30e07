//! Lines that only work in Alpine, on which Docker's image is built; the stable image is Fedora's.

use crate::analysis::JobPass;
use crate::rules::ids;

use super::draft::Draft;
use super::script_edit::replace;

/// Rewrites what has a name of its own in Fedora, and says what has not. Only for jobs whose image is swapped.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let Some(alpine) = view.context.rules.alpine() else {
        return;
    };
    if !pass.evidence.docker_image() {
        return;
    }
    for (index, call) in view.calls.iter().enumerate() {
        if call.is_remote()
            || pass.replaced.contains(&index)
            || crate::analysis::evidence::calls_docker(call)
        {
            continue;
        }
        let Some(program) = call.program() else {
            continue;
        };
        let command = call.command();
        let at = view.at_command(call);
        let text = call.text().get(command.span.clone()).unwrap_or_default();
        if let Some(other) = alpine.program(program) {
            let why = draft.note(
                ids::DISTRIBUTION,
                at,
                format!("{program} is Alpine's; Fedora has {other}"),
            );
            replace(view, call, command.words[0].span.clone(), other, draft, why);
        }
        if alpine.has_alone(program) || alpine.is_named_in(text) {
            draft.block(
                ids::DISTRIBUTION,
                at,
                "this line is about Alpine, and the stable image is Fedora's",
                "write the line for Fedora, then run again",
            );
        }
        for (here, there) in alpine.paths() {
            if let Some(found) = text.find(here) {
                let why = draft.note(
                    ids::DISTRIBUTION,
                    at,
                    format!("Fedora has {there} for {here}"),
                );
                let start = command.span.start + found;
                replace(view, call, start..start + here.len(), there, draft, why);
            }
        }
    }
}
