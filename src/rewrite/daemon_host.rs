//! The daemon's name in what a job reads beside its own lines: scripts, tests and settings of the repository. The service
//! goes and the name with it, and what answered there answers at localhost.

use std::path::PathBuf;

use crate::analysis::closure::Closure;
use crate::analysis::evidence::calls_docker;
use crate::analysis::text::{mentions, unquoted};
use crate::analysis::{JobPass, readers};
use crate::collections::{HashMap, IndexSet};
use crate::pipeline::NodeRef;
use crate::project::LARGEST;
use crate::rules::{Rules, ids};

use super::draft::Draft;

/// Files that nothing runs by.
const SILENT: [&str; 5] = [".md", ".rst", ".adoc", ".lock", "-lock.json"];

/// How many files of a job are looked at.
const MOST_FILES: usize = 400;

/// Looks into each file that the job runs, and into those that its commands name.
pub(super) fn run(pass: &JobPass<'_>, closure: &Closure<'_>, draft: &mut Draft) {
    let view = pass.view;
    if pass.evidence.daemons.is_empty() || view.on_machine() {
        return;
    }
    let files = Files::of(pass, closure);
    for (path, call) in files.named.iter().take(MOST_FILES) {
        let Ok(source) = view.context.files.read(path) else {
            continue;
        };
        let own = files.parts.get(path);
        let text = own.map_or(source.text(), |parts| parts.as_str());
        if text.len() > LARGEST {
            continue;
        }
        let shown = crate::repository::slashed(path);
        let at = match view.calls.get(*call) {
            Some(call) => view.at_command(call),
            None => view.at_job(),
        };
        let rules = view.context.rules;
        let mut hosts = pass.evidence.hosts.iter();
        if let Some(host) = hosts.find(|host| text.lines().any(|line| reaches(rules, line, host))) {
            draft.block(
                ids::DOCKER_HOST_IN_FILE,
                at,
                format!("{shown} reaches the daemon by its name, {host}, which goes with the service"),
                format!("let {shown} take the host from a variable of the job (Podman's containers answer at localhost), then run again"),
            );
        } else if files.runs(path) && readers::names(text, "DOCKER_HOST")
            || mentions(text, "DOCKER_HOST")
        {
            draft.block(
                ids::DOCKER_HOST_IN_FILE,
                at,
                format!("{shown} reads DOCKER_HOST, and with Podman there is no such address"),
                format!("let {shown} take the host from another variable (Podman's containers answer at localhost), then run again"),
            );
        }
    }
}

/// Keeps a job whose lines name the daemon in a way that is not rewritten: in a heredoc, in a text that goes into a file.
/// All changes of the job are known now.
pub(super) fn in_own_lines(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = pass.view;
    let goes = !pass.evidence.daemons.is_empty() && draft.blockers.is_empty();
    if !goes || view.on_machine() {
        return;
    }
    let rules = view.context.rules;
    let changes = draft.changes.iter();
    let changes = changes.map(|planned| (planned.file, &planned.change));
    let lines = readers::lines(view.context.documents, view.job, changes);
    let brings = |part: &str, host: &str| part.contains("--add-host") && part.contains(host);
    let names_it = |text: &str| {
        text.lines().any(|part| {
            let mut hosts = pass.evidence.hosts.iter();
            hosts.any(|host| !brings(part, host) && reaches(rules, part, host))
        })
    };
    let left = lines.iter().filter(|(_, text)| names_it(text));
    let left: Vec<NodeRef> = left.map(|(node, _)| *node).collect();
    for node in left {
        draft.block(
            ids::DOCKER_HOST_NAME,
            view.context.documents.location(node),
            "this line names the daemon's host in a way that is not rewritten, and the name goes with the service",
            "write localhost there (Podman's containers answer in the job itself), then run again",
        );
    }
}

/// The files of the repository that a job has to do with.
struct Files {
    /// Each with a call that leads to it.
    named: IndexSet<(PathBuf, usize)>,
    /// What is run of those that are run by parts, makefiles and the like.
    parts: HashMap<PathBuf, String>,
    run: IndexSet<PathBuf>,
}

impl Files {
    fn of(pass: &JobPass<'_>, closure: &Closure<'_>) -> Self {
        let mut files = Self {
            named: IndexSet::default(),
            parts: HashMap::default(),
            run: IndexSet::default(),
        };
        for path in closure.reached_files() {
            files.run.insert(path.to_owned());
        }
        for (path, text) in closure.scripts() {
            let parts = files.parts.entry(path.to_owned()).or_default();
            parts.push_str(text);
            parts.push('\n');
        }
        let mut seen: IndexSet<PathBuf> = IndexSet::default();
        files.add_named(pass, &mut seen);
        let rest = files.run.iter().filter(|path| !seen.contains(*path));
        files
            .named
            .extend(rest.map(|path| (path.clone(), usize::MAX)));
        files
    }

    /// Adds what the commands of the job name. What docker's own commands read belongs to their images.
    fn add_named(&mut self, pass: &JobPass<'_>, seen: &mut IndexSet<PathBuf>) {
        let view = pass.view;
        let ends = |letter: char| letter.is_whitespace() || "<>;|&()=@,".contains(letter);
        for (index, call) in view.calls.iter().enumerate() {
            if call.is_remote() || calls_docker(call) {
                continue;
            }
            let command = call.command();
            let redirects = command.redirects.iter();
            let inputs = redirects.filter(|redirect| redirect.operator == "<");
            let inputs = inputs.filter_map(|redirect| redirect.target.as_ref());
            for word in command.words.iter().chain(inputs) {
                let text = unquoted(call.raw(word));
                let text = view.expand(&text).text;
                for part in text.split(ends).filter(|part| part.contains(['.', '/'])) {
                    let Some(path) = pass.path_of(index, part) else {
                        continue;
                    };
                    let name = part.to_ascii_lowercase();
                    let silent = SILENT.iter().any(|end| name.ends_with(end));
                    if !silent && !seen.contains(&path) && view.context.files.exists(&path) {
                        seen.insert(path.clone());
                        self.named.insert((path, index));
                    }
                }
            }
        }
    }

    fn runs(&self, path: &PathBuf) -> bool {
        self.run.contains(path)
    }
}

/// Whether a line reaches a host by its name: an address, a port, an option, a setting, a client of the network.
pub(super) fn reaches(rules: &Rules, line: &str, host: &str) -> bool {
    let trimmed = line.trim_start();
    if host == "localhost" || trimmed.starts_with('#') || trimmed.starts_with("// ") {
        return false;
    }
    let part = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    let mut places = line.match_indices(host).map(|(at, _)| {
        let before = line.get(..at).unwrap_or_default();
        let after = line.get(at + host.len()..).unwrap_or_default();
        (before, after)
    });
    places.any(|(before, after)| {
        if after.starts_with("}:") && before.ends_with('-') {
            return port(after.get(2..).unwrap_or_default(), true);
        }
        if after.starts_with(part) || before.ends_with(part) {
            return false;
        }
        is_address(before, after)
            || is_option(before)
            || is_setting(before, after)
            || is_put_in(before, after)
            || is_of_client(rules, before)
    })
}

/// `http://docker:8080`, `user@docker/`, `docker:8080`; not `docker:27`, which is an image.
fn is_address(before: &str, after: &str) -> bool {
    if before.ends_with("/dev/tcp/") || before.ends_with("/dev/udp/") {
        return true; // bash opens a connection there
    }
    let behind = after.strip_prefix(':');
    let of_engine = ["docker://", "docker-image://", "oci://"];
    let of_engine = of_engine.iter().any(|scheme| before.ends_with(scheme));
    let url = before.ends_with("://") || before.ends_with('@') && before.contains("://");
    match behind {
        Some(behind) if before.ends_with("//") => !of_engine && port(behind, true),
        Some(behind) => !before.ends_with('/') && port(behind, url),
        None => url && !of_engine,
    }
}

/// Whether a text begins with a port; without a scheme in front only one that is no version.
fn port(text: &str, after_scheme: bool) -> bool {
    let end = text.find(|letter: char| !letter.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    let whole =
        !rest.starts_with(|letter: char| letter.is_alphanumeric() || "-._".contains(letter));
    match after_scheme {
        true => !digits.is_empty() || rest.starts_with(['$', '{', '%', '\'', '"', '`']),
        false => (3..=5).contains(&digits.len()) && whole,
    }
}

/// `-h docker`, `--host=docker`.
fn is_option(before: &str) -> bool {
    let before = before.trim_end_matches(['"', '\'']);
    let option = before.trim_end_matches([' ', '=']);
    option.len() < before.len()
        && [" -h", " --host", " --hostname"]
            .iter()
            .any(|name| option.ends_with(name))
}

/// `DB_HOST=docker`, `"host": "docker",`.
fn is_setting(before: &str, after: &str) -> bool {
    let ends = |letter: char| letter.is_whitespace() || "\"',;)}".contains(letter);
    let before = before.trim_end().trim_end_matches(['"', '\'']).trim_end();
    let Some(key) = before.strip_suffix(['=', ':']) else {
        return false;
    };
    let key = key
        .trim_end_matches(['"', '\'', ' ', '+', '?', ':'])
        .to_ascii_uppercase();
    let whole = after.is_empty() || after.starts_with(ends);
    let names_host = ["HOST", "HOSTS", "HOSTNAME"];
    whole && names_host.iter().any(|end| key.ends_with(end))
}

/// `sed s/localhost/docker/`.
fn is_put_in(before: &str, after: &str) -> bool {
    let sign = before.chars().last().filter(|sign| "/|#,@".contains(*sign));
    let here = ["localhost", "127.0.0.1", "0.0.0.0"];
    sign.is_some_and(|sign| {
        let before = before.strip_suffix(sign).unwrap_or(before);
        after.starts_with(sign) && here.iter().any(|host| before.ends_with(host))
    })
}

/// `nc -z docker 5432`.
fn is_of_client(rules: &Rules, before: &str) -> bool {
    let start = before
        .rfind([';', '|', '&', '(', '`'])
        .map_or(0, |at| at + 1);
    let mut words = before.get(start..).unwrap_or_default().split_whitespace();
    let program = words.find(|word| !rules.stands_before_commands(word) && !is_keyword(word));
    program.is_some_and(|program| rules.is_network_client(program)) && before.ends_with(' ')
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "until" | "while" | "if" | "elif" | "then" | "else" | "do" | "!" | "{" | "-" | "RUN"
    )
}

#[cfg(test)]
mod tests {
    use super::reaches;
    use crate::rules::Rules;

    #[test]
    fn finds_hosts_and_not_images() {
        let rules = Rules::embedded();
        for text in [
            "curl http://docker:8080",
            "url = http://docker:$PORT/x",
            "DATABASE_URL=postgres://u:p@docker/db",
            "psql -h docker -U x",
            "psql --host=docker",
            "export DB_HOST=docker",
            "docker run -e ALLOWED_HOSTS=docker,localhost app",
            "  \"host\": \"docker\",",
            "until nc -z docker 5432; do sleep 1; done",
            "wait-for-it docker:5432 --",
            "sed -i 's/localhost/docker/' x",
            "until echo > /dev/tcp/docker/8080; do sleep 1; done",
            "fetch(`tcp://docker:${port}`)",
            "curl http://${SERVER:-docker}:8080",
        ] {
            assert!(reaches(rules, text, "docker"), "{text}");
        }
        for text in [
            "image: docker:27",
            "FROM docker:27.1-cli",
            "# curl http://docker:8080",
            "skopeo copy docker://docker:27 dir:x",
            "https://docker.com/x",
            "apk add curl docker",
            "build/docker:latest",
            "ENGINE=docker",
            "${ENGINE:-docker} ps",
            "https://github.com/docker/x",
            "docker run -h docker.local x",
        ] {
            assert!(!reaches(rules, text, "docker"), "{text}");
        }
    }
}
