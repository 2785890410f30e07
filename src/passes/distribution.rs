//! Lines that only work in Alpine, on which Docker's image is built; the stable image is Fedora's.

use super::draft::Draft;
use super::job::JobPass;
use super::script_edit::replace;

/// What Alpine has and Fedora has not. Source: from knowledge of both distributions, not checked.
const ALPINE: [&str; 5] = [
    "/etc/apk",
    "/etc/alpine-release",
    "/sbin/apk",
    "/etc/init.d",
    "/usr/glibc-compat",
];

/// Rewrites what has a name of its own in Fedora, and says what has not. Only for jobs whose image is swapped.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    if !pass.evidence.docker_image() {
        return;
    }
    let view = &pass.view;
    for (index, call) in view.calls.iter().enumerate() {
        if call.is_remote() || pass.replaced.contains(&index) {
            continue;
        }
        let command = call.command();
        let at = view.at_command(call);
        let text = call.text().get(command.span.clone()).unwrap_or_default();
        let own = !super::evidence::calls_docker(call);
        match call.program() {
            Some("update-ca-certificates") => {
                let why = draft.note(
                    "distribution",
                    at,
                    "Fedora reads certificates of its own by update-ca-trust",
                );
                replace(
                    view,
                    call,
                    command.words[0].span.clone(),
                    "update-ca-trust",
                    draft,
                    why,
                );
            }
            Some("ash") => {
                let why = draft.note("distribution", at, "Alpine's shell; Fedora has bash as sh");
                replace(view, call, command.words[0].span.clone(), "sh", draft, why);
            }
            Some(
                program @ ("adduser" | "addgroup" | "rc-service" | "rc-update" | "setup-timezone"
                | "apk-tools"),
            ) => draft.block(
                "distribution",
                at,
                format!("{program} is Alpine's, and the stable image is Fedora's"),
                "write the line for Fedora, then run again",
            ),
            _ if own && ALPINE.iter().any(|path| text.contains(path)) => draft.block(
                "distribution",
                at,
                "this line is about Alpine, and the stable image is Fedora's",
                "write the line for Fedora, then run again",
            ),
            _ => {}
        }
        if own && let Some(found) = text.find(CERTIFICATES) {
            let why = draft.note(
                "distribution",
                at,
                "Fedora has another folder for certificates of one's own",
            );
            let start = command.span.start + found;
            replace(
                view,
                call,
                start..start + CERTIFICATES.len(),
                "/etc/pki/ca-trust/source/anchors",
                draft,
                why,
            );
        }
    }
}

/// Where Alpine and Debian look for certificates of one's own.
const CERTIFICATES: &str = "/usr/local/share/ca-certificates";
