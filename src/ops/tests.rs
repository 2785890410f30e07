use crate::shell;

use super::*;

fn array(variable: &str) -> Array {
    Array {
        variable: variable.to_owned(),
        commas: true,
        may_be_empty: true,
    }
}

/// Builds that between them use every form that a script can have.
fn builds() -> Vec<Build> {
    let word = || Word::text("docker.io/it's/me").and(Word::variable("TAG"));
    let names = [
        None,
        Some(Values::Words(vec![Word::text("quay.io/a/b:1"), word()])),
        Some(Values::Array(array("TAGS"))),
    ];
    let pushes = [
        Push::No,
        Push::Yes,
        Push::If("PUSH".to_owned()),
        Push::InStep("${{ x }}".to_owned()),
    ];
    let mut found = Vec::new();
    for names in &names {
        // without a name nothing is pushed
        let pushes = if names.is_some() {
            &pushes[..]
        } else {
            &pushes[..1]
        };
        for push in pushes {
            for (makes_list, gives_digest) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                let flags = vec![
                    Flag {
                        name: "--label".to_owned(),
                        values: Some(Values::Array(array("LABELS"))),
                    },
                    Flag {
                        name: "--no-cache".to_owned(),
                        values: None,
                    },
                    Flag {
                        name: "--build-arg".to_owned(),
                        values: Some(Values::Words(vec![Word::text("it's a=b"), Word::text("")])),
                    },
                ];
                found.push(Build {
                    flags,
                    names: names.clone(),
                    push: push.clone(),
                    makes_list,
                    gives_digest,
                    gives_id: makes_list,
                    is_loaded: makes_list,
                    by_digest: vec![Word::text("localhost:5000/x"), Word::variable("IMAGE")],
                    archive: Some(Word::text("/tmp/it.tar")),
                    arrays: vec![array("TAGS"), array("LABELS")],
                    context: None,
                });
            }
        }
    }
    found
}

#[test]
fn the_shell_reads_the_commands_that_were_put_together() {
    let login = Operation::Login(Login {
        registry: Some(Word::expansion("${REGISTRY:-docker.io}")),
        username: Word::text("it's me"),
        password: "PASSWORD".to_owned(),
    });
    let emulators = Operation::Emulators(Emulators {
        image: Word::text("docker.io/tonistiigi/binfmt"),
        platforms: Word::variable("PLATFORMS"),
    });
    let builds = builds().into_iter();
    let builds = builds.map(|build| Operation::Build(build.into()));
    for operation in builds.chain([login, emulators, Operation::Nothing]) {
        let script = operation.script();
        for line in script.lines.iter().chain(&script.then) {
            let read = shell::parse(&line.text)
                .unwrap_or_else(|problem| panic!("{problem:?}: {}", line.text));
            let of_engines = |command: &&shell::Command| {
                matches!(command.program(), Some("docker" | "podman" | "skopeo"))
            };
            let read: Vec<_> = read.commands.iter().filter(of_engines).collect();
            let own: Vec<_> = line.script.commands.iter().collect();
            assert_eq!(own, read, "{}", line.text);
        }
    }
}

#[test]
fn a_long_command_is_written_in_parts_and_joined_when_it_is_short() {
    let flag = |value: &str| Flag {
        name: "--build-arg".to_owned(),
        values: Some(Values::Words(vec![Word::text(value)])),
    };
    let build = Build {
        flags: vec![
            flag("A_RATHER_LONG_NAME=its-value"),
            flag("ANOTHER_LONG_NAME=value"),
        ],
        names: Some(Values::Words(vec![Word::text("quay.io/group/image:1")])),
        ..Build::default()
    };
    let script = Operation::Build(build.into()).script();
    let text = &script.lines[0].text;
    assert_eq!(
        text,
        "docker buildx build \\\n  --tag quay.io/group/image:1 \\\n  --build-arg A_RATHER_LONG_NAME=its-value \\\n  --build-arg ANOTHER_LONG_NAME=value \\\n  ."
    );
    let short = text.replace(" \\\n  --build-arg ANOTHER_LONG_NAME=value", "");
    assert_eq!(
        joined(&[short]),
        "docker buildx build --tag quay.io/group/image:1 --build-arg A_RATHER_LONG_NAME=its-value ."
    );
}
