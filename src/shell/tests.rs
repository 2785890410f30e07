//! The commands of a script, row by row.

use std::ops::Range;

use proptest::prelude::*;

use super::{Connected, Connector, Nesting, Part, Problem, Script, parse};

/// A script and what it runs: `nesting/nesting: wrappers | program arguments`, all as written in the source.
fn check(script: &str, expected: &[&str]) {
    let parsed = match parse(script) {
        Ok(parsed) => parsed,
        Err(problem) => panic!("{script:?}: {problem:?}"),
    };
    assert_eq!(lines(script, &parsed), expected, "{script:?}");
    for command in &parsed.commands {
        for word in command.wrappers.iter().chain(&command.words) {
            for part in &word.parts {
                if let Part::Literal(range, literal) = part {
                    assert_eq!(&script[range.clone()], literal, "{script:?}");
                }
            }
        }
    }
    assert_eq!(parsed.doubtful, Vec::<Range<usize>>::new(), "{script:?}");
}

fn lines(text: &str, script: &Script) -> Vec<String> {
    let mut lines = Vec::new();
    for command in &script.commands {
        let mut line = String::new();
        for nesting in &command.context.nesting {
            let name = format!("{nesting:?}");
            let name = name.split('(').next().unwrap_or_default();
            line.push_str(&name.to_lowercase());
            line.push('/');
        }
        for word in &command.wrappers {
            line.push_str(&format!("[{}] ", word.raw(text)));
        }
        let words: Vec<&str> = command.words.iter().map(|word| word.raw(text)).collect();
        line.push_str(&words.join(" "));
        lines.push(line);
    }
    lines
}

#[test]
fn plain_lists_and_compound_commands() {
    check("docker ps", &["docker ps"]);
    check("docker ps; docker  info\n", &["docker ps", "docker info"]);
    check("a && b || c", &["a", "b", "c"]);
    check("a | b |& c", &["a", "b", "c"]);
    check("a & b", &["a", "b"]);
    check("! docker ps", &["docker ps"]);
    check("!(docker ps)", &["subshell/docker ps"]);
    check("( docker ps )", &["subshell/docker ps"]);
    check(
        "((docker ps); (docker info))",
        &[
            "subshell/subshell/docker ps",
            "subshell/subshell/docker info",
        ],
    );
    check("{ docker ps; }", &["group/docker ps"]);
    check(
        "if a; then b; elif c; then d; else e; fi",
        &["ifcondition/a", "if/b", "ifcondition/c", "if/d", "if/e"],
    );
    check("while a; do b; done", &["whilecondition/a", "loopbody/b"]);
    check(
        "until docker info; do sleep 1; done",
        &["untilcondition/docker info", "loopbody/sleep 1"],
    );
    check(
        "for i in 1 $(seq 3); do docker rm $i; done",
        &["substitution/seq 3", "for/docker rm $i"],
    );
    check(
        "for ((i=0; i<$(nproc); i++)); do a; done",
        &["substitution/nproc", "for/a"],
    );
    check("for i; do a; done", &["for/a"]);
    check(
        "case $x in a|b) docker ps;; (c) d ;& *) e; esac",
        &["case/docker ps", "case/d", "case/e"],
    );
    check("case x in\n  if) a ;;\n  esac", &["case/a"]);
    check(
        "f() { docker ps; }\nf x",
        &["function/group/docker ps", "f x"],
    );
    check("function g { a; }", &["function/group/a"]);
    check("function g() (a)", &["function/subshell/a"]);
    check(
        "[[ -n $(docker ps -q) && $a =~ ^(x|y)$ ]] && b",
        &["substitution/docker ps -q", "b"],
    );
    check(
        "(( x = $(docker ps | wc -l) + 1 )) && b",
        &["substitution/docker ps", "substitution/wc -l", "b"],
    );
    check("a # docker ps\n# docker info\nb#c", &["a", "b#c"]);
    check("time { a; }", &["group/a"]);
    check("echo if then docker", &["echo if then docker"]);
}

#[test]
fn substitutions() {
    check("x=$(docker ps -q)", &["substitution/docker ps -q"]);
    check(
        "docker rm $(docker ps -q)",
        &["docker rm $(docker ps -q)", "substitution/docker ps -q"],
    );
    check(
        "echo \"a $(docker ps \"$x\") b\"",
        &[
            "echo \"a $(docker ps \"$x\") b\"",
            "substitution/docker ps \"$x\"",
        ],
    );
    check(
        "echo `docker ps`",
        &["echo `docker ps`", "backquotes/docker ps"],
    );
    check(
        "echo ${X:-$(docker ps)}",
        &["echo ${X:-$(docker ps)}", "substitution/docker ps"],
    );
    check(
        "echo \"${X:-\"`docker ps`\"}\"",
        &["echo \"${X:-\"`docker ps`\"}\"", "backquotes/docker ps"],
    );
    check(
        "diff <(docker ps) >(cat)",
        &[
            "diff <(docker ps) >(cat)",
            "substitution/docker ps",
            "substitution/cat",
        ],
    );
    check(
        "echo $((1 + $(docker ps | wc -l)))",
        &[
            "echo $((1 + $(docker ps | wc -l)))",
            "substitution/docker ps",
            "substitution/wc -l",
        ],
    );
    check("A=(1 $(docker ps) b)", &["substitution/docker ps"]);
    check("A+=(\n x # y\n $(a)\n)", &["substitution/a"]);
    check(
        "declare -A M=([a]=$(b))",
        &["declare -A M=([a]=$(b))", "substitution/b"],
    );
    check(
        "echo '$(docker ps)' \\$\\(docker\\)",
        &["echo '$(docker ps)' \\$\\(docker\\)"],
    );
    check(
        "echo $(case x in (a) b;; esac)",
        &["echo $(case x in (a) b;; esac)", "substitution/case/b"],
    );
    check(
        "echo $(a # it's )\n)",
        &["echo $(a # it's )\n)", "substitution/a"],
    );
    check(
        "export A=$(b) && c",
        &["export A=$(b)", "substitution/b", "c"],
    );
    check("A=b C=$(d) docker ps", &["docker ps", "substitution/d"]);
    check("a > $(b) 2>&1", &["a", "substitution/b"]);
    check("a <<< \"$(b)\"", &["a", "substitution/b"]);
}

#[test]
fn wrappers() {
    check(
        "sudo -u x -E A=b docker ps",
        &["[sudo] [-u] [x] [-E] [A=b] docker ps"],
    );
    check("sudo docker ps", &["[sudo] docker ps"]);
    check("sudo -v", &["sudo -v"]);
    check("time -p docker build .", &["[time] [-p] docker build ."]);
    check("env -i A=b docker ps", &["[env] [-i] [A=b] docker ps"]);
    check(
        "timeout -k 5 30 docker pull x",
        &["[timeout] [-k] [5] [30] docker pull x"],
    );
    check(
        "timeout --signal=KILL 5m sudo docker pull x",
        &["[timeout] [--signal=KILL] [5m] [sudo] docker pull x"],
    );
    check("retry 3 docker push x", &["[retry] [3] docker push x"]);
    check(
        "retry -t 3 -- docker push x",
        &["[retry] [-t] [3] [--] docker push x"],
    );
    check(
        "nohup nice -n 5 docker ps",
        &["[nohup] [nice] [-n] [5] docker ps"],
    );
    check("exec docker ps", &["[exec] docker ps"]);
    check("command docker ps", &["[command] docker ps"]);
    check("command -v docker", &["command -v docker"]);
    check("exec 3>&1", &["exec"]);
    check(
        "docker ps -q | xargs -r -n 1 docker rm",
        &["docker ps -q", "xargs/[xargs] [-r] [-n] [1] docker rm"],
    );
    check(
        "xargs -I{} sh -c 'docker rm {}'",
        &[
            "xargs/[xargs] [-I{}] sh -c 'docker rm {}'",
            "xargs/script/docker rm {}",
        ],
    );
    check(
        "/usr/bin/sudo /usr/bin/docker ps",
        &["[/usr/bin/sudo] /usr/bin/docker ps"],
    );
    check("$SUDO docker ps", &["[$SUDO] docker ps"]);
}

#[test]
fn scripts_in_scripts() {
    check(
        "sh -c 'docker ps'",
        &["sh -c 'docker ps'", "script/docker ps"],
    );
    check(
        "bash -ec \"docker pull $X\"",
        &["bash -ec \"docker pull $X\"", "script/docker pull $X"],
    );
    check(
        "bash -euo pipefail -c 'a; b' name arg",
        &[
            "bash -euo pipefail -c 'a; b' name arg",
            "script/a",
            "script/b",
        ],
    );
    check(
        "sh -xc 'a && b'",
        &["sh -xc 'a && b'", "script/a", "script/b"],
    );
    check(
        "sh -c \"docker rm \\$(docker ps -q)\"",
        &[
            "sh -c \"docker rm \\$(docker ps -q)\"",
            "script/docker rm $(docker ps -q)",
            "script/substitution/docker ps -q",
        ],
    );
    check(
        "sh -c \"a $(b)\"",
        &["sh -c \"a $(b)\"", "script/a $(b)", "substitution/b"],
    );
    check(
        "eval \"docker ps\"",
        &["eval \"docker ps\"", "script/docker ps"],
    );
    check("eval docker ps", &["eval docker ps", "script/docker ps"]);
    check("eval \"$(a)\"", &["eval \"$(a)\"", "substitution/a"]);
    check(
        "su -c 'docker ps' user",
        &["su -c 'docker ps' user", "script/docker ps"],
    );
    check(
        "su - user -c 'docker ps'",
        &["su - user -c 'docker ps'", "script/docker ps"],
    );
    check(
        "ssh -p 22 h 'docker ps && a'",
        &[
            "ssh -p 22 h 'docker ps && a'",
            "remote/docker ps",
            "remote/a",
        ],
    );
    check("ssh h docker ps", &["ssh h docker ps", "remote/docker ps"]);
    check(
        "trap 'docker rm x' EXIT",
        &["trap 'docker rm x' EXIT", "trap/docker rm x"],
    );
    check("trap - EXIT; trap '' INT", &["trap - EXIT", "trap '' INT"]);
    check(
        "bash <<EOF\ndocker ps $X\nEOF\n",
        &["bash", "heredoc/docker ps $X"],
    );
    check(
        "bash -s <<'EOF'\ndocker ps $X\nEOF\n",
        &["bash -s", "heredoc/docker ps $X"],
    );
    check(
        "ssh h <<-EOF\n\tdocker ps\n\t\tdocker info\n\tEOF\n",
        &["ssh h", "remote/docker ps", "remote/docker info"],
    );
    check(
        "cat <<EOF | ssh h\ndocker ps\nEOF\n",
        &["cat", "ssh h", "remote/docker ps"],
    );
    check(
        "cat <<EOF\ndocker ps\n$(docker info)\nEOF\n",
        &["cat", "substitution/docker info"],
    );
    check(
        "sh -c \"sh -c 'docker ps'\"",
        &[
            "sh -c \"sh -c 'docker ps'\"",
            "script/sh -c 'docker ps'",
            "script/script/docker ps",
        ],
    );
    check("sudo bash -c 'a'", &["[sudo] bash -c 'a'", "script/a"]);
    check(
        "bash script.sh <<EOF\ndocker ps\nEOF\n",
        &["bash script.sh"],
    );
}

#[test]
fn traps_of_the_notation() {
    // Continuations, heredocs with tabs, nested backquotes, CRLF: each once gave wrong places.
    check("a \\\n  b c\n", &["a b c"]);
    check("docker run\\\n  -it x", &["docker run -it x"]);
    check("cat <<EOF | docker load\nx\nEOF\n", &["cat", "docker load"]);
    check(
        "docker ps\r\ndocker info\r\n",
        &["docker ps", "docker info"],
    );
    check("a \\\r\n  b\r\n", &["a b"]);
    check(
        "cat <<EOF\r\nx\r\nEOF\r\ndocker ps\r\n",
        &["cat", "docker ps"],
    );
    check("docker ps \\", &["docker ps"]);
    check(
        "find . -exec rm {} \\; && docker ps",
        &["xargs/[find] [.] [-exec] rm {}", "docker ps"],
    );
    check(
        "docker push ${{ env.X }}/a; b",
        &["docker push ${{ env.X }}/a", "b"],
    );
    check(
        "docker push $[[ inputs.x ]]; b",
        &["docker push $[[ inputs.x ]]", "b"],
    );
    check("docker ps &> /dev/null 2>&1 >| x", &["docker ps"]);
    check("docker run ${X:+--flag} a", &["docker run ${X:+--flag} a"]);
    check("docker ps 2>/dev/null|a", &["docker ps", "a"]);
    check("Ä='ö'; docker ps 'ü'", &["Ä='ö'", "docker ps 'ü'"]);
    check("", &[]);
    check("A=b", &[]);
}

#[test]
fn what_cannot_be_placed_is_doubtful() {
    let script = parse("sh -c \"docker run \\\"$X\\\" a\"").unwrap();
    assert_eq!(script.commands.len(), 1);
    assert_eq!(script.doubtful.len(), 1);
    // The inner command is certain, the one around it is not: its word has backslashes that are not its own.
    let text = "echo `echo \\`docker ps\\``";
    let script = parse(text).unwrap();
    assert_eq!(
        lines(text, &script),
        [
            "echo `echo \\`docker ps\\``",
            "backquotes/backquotes/docker ps"
        ]
    );
    assert_eq!(script.doubtful, vec![Range { start: 6, end: 24 }]);
    let script = parse("sudo --unheard-of docker ps").unwrap();
    assert!(script.commands.is_empty());
    assert_eq!(script.doubtful, vec![Range { start: 0, end: 27 }]);
}

#[test]
fn invalid_scripts_are_refused() {
    for script in [
        "if a; then b",
        "echo 'x",
        "a )",
        "done",
        "a | | b",
        "x=$(",
        "{ a",
        "for ($i = 1; $i -le 3; $i++) { a }",
        "coproc a",
    ] {
        assert!(parse(script).is_err(), "{script:?}");
    }
    let problem = parse("a\nb )\n").unwrap_err();
    assert_eq!(problem.at, 4);
}

#[test]
fn hard_rows() {
    check("f() (docker ps) > x", &["function/subshell/docker ps"]);
    check(
        "if a; then case x in y) docker ps;; esac fi",
        &["ifcondition/a", "if/case/docker ps"],
    );
    check(
        "if ! docker ps -q | grep -q x; then b; fi",
        &["ifcondition/docker ps -q", "ifcondition/grep -q x", "if/b"],
    );
    check(
        "docker run --rm -v \"$(pwd):/x\" 'a b' \\\n  # gone\nc",
        &[
            "docker run --rm -v \"$(pwd):/x\" 'a b'",
            "substitution/pwd",
            "c",
        ],
    );
    check(
        "while read -r x; do docker rm $x; done < <(docker ps -q)",
        &[
            "whilecondition/read -r x",
            "loopbody/docker rm $x",
            "substitution/docker ps -q",
        ],
    );
    check(
        "cat <<A; cat <<B\n$(a)\nA\n$(b)\nB\nc",
        &["cat", "cat", "substitution/a", "substitution/b", "c"],
    );
    check(
        "x=$(cat <<E\n$(a) )\nE\n)\nb",
        &["substitution/cat", "substitution/substitution/a", "b"],
    );
    check("cat <<'E'\n$(a)\nE\nb", &["cat", "b"]);
    check("cat <<-\"E\"\n\t`a`\n\tE\nb", &["cat", "b"]);
    check(
        "echo \"a\\\"b\" 'it'\\''s' $'\\'' \"$((1))\" $x[1] ${#a} ${!b} $(( 1 << 2 ))",
        &["echo \"a\\\"b\" 'it'\\''s' $'\\'' \"$((1))\" $x[1] ${#a} ${!b} $(( 1 << 2 ))"],
    );
    check(
        "[ -z \"$A\" ] && docker ps",
        &["[ -z \"$A\" ]", "docker ps"],
    );
    check("docker ps>x", &["docker ps"]);
    check(
        "docker images --format '{{.ID}}' {a,b} *.tar",
        &["docker images --format '{{.ID}}' {a,b} *.tar"],
    );
    check(
        "case $x in (a|b) ;; *) docker ps; esac",
        &["case/docker ps"],
    );
    check(
        "until nc -z docker 2376; do :; done",
        &["untilcondition/nc -z docker 2376", "loopbody/:"],
    );
    check("A=1 B=2", &[]);
    check(
        "sudo -E env A=b nice docker ps",
        &["[sudo] [-E] [env] [A=b] [nice] docker ps"],
    );
    check(
        "sh -c \"docker run \\\n  -it x\"",
        &[
            "sh -c \"docker run \\\n  -it x\"",
            "script/docker run -it x",
        ],
    );
    check(
        "ssh h <<'E' && b\ndocker ps\nE\nc",
        &["ssh h", "b", "remote/docker ps", "c"],
    );
    check("bash <<< 'docker ps'", &["bash", "heredoc/docker ps"]);
    check(
        "trap \"docker rm $x; docker ps\" EXIT",
        &[
            "trap \"docker rm $x; docker ps\" EXIT",
            "trap/docker rm $x",
            "trap/docker ps",
        ],
    );
    check(
        "${{ a }}\n$[[ inputs.b ]]",
        &["${{ a }}", "$[[ inputs.b ]]"],
    );
    check(
        "docker tag a ${{ format('{0}}}', x) }}; b",
        &["docker tag a ${{ format('{0}}}', x) }}", "b"],
    );
    check("\n\n  docker ps  \n\n", &["docker ps"]);
    check(
        "echo \"${X:-a b}\" ; docker ps",
        &["echo \"${X:-a b}\"", "docker ps"],
    );
    check(
        "\"docker\" ps; d'ock'er ps; \\docker ps",
        &["\"docker\" ps", "d'ock'er ps", "\\docker ps"],
    );
}

#[test]
fn places() {
    let text = "a\ndocker pull x || true\ncat <<E && b\nz\nE\nc &\n";
    let script = parse(text).unwrap();
    let place = |program: &str| {
        let command = script
            .commands
            .iter()
            .find(|it| it.program() == Some(program));
        command.unwrap().context.clone()
    };
    let statement = |program: &str| text[place(program).statement].to_owned();
    assert_eq!(statement("docker"), "docker pull x || true");
    assert!(place("docker").tolerated);
    assert_eq!(place("docker").connected, Connected::First);
    assert_eq!(place("docker").followed_by, Some(Connector::Or));
    assert_eq!(place("true").connected, Connected::After(Connector::Or));
    assert!(!place("true").tolerated);
    assert_eq!(statement("cat"), "cat <<E && b\nz\nE");
    assert!(place("c").background);
    assert_eq!(place("a").connected, Connected::Alone);
}

#[test]
fn failures_that_are_swallowed() {
    for (script, expected) in [
        ("docker x || :", true),
        ("docker x || exit 0", true),
        ("docker x || exit 1", false),
        ("docker x || echo no", true),
        ("docker x || echo no && exit 1", false),
        ("docker x && a || true", true),
        ("(docker x; a) || true", true),
        ("f() { docker x; }", false),
        ("a || true && docker x", false),
        ("y=$(docker x) || true", true),
    ] {
        let script_read = parse(script).unwrap();
        let docker = script_read
            .commands
            .iter()
            .find(|it| it.program() == Some("docker"));
        assert_eq!(docker.unwrap().context.tolerated, expected, "{script:?}");
    }
}

#[test]
fn words_know_their_parts() {
    let text = "docker push \"$REG/app:tag\" ${{ x }}y sh -c";
    let script = parse(text).unwrap();
    let word = &script.commands[0].words[2];
    assert_eq!(word.value, None);
    let variable = Part::Variable {
        range: 13..17,
        name: "REG".to_owned(),
        plain: true,
    };
    assert_eq!(
        word.parts,
        [variable, Part::Literal(17..25, "/app:tag".to_owned())]
    );
    assert_eq!(script.commands[0].words[3].parts[0], Part::Other(27..35));
    let text = "sh -c \"docker push '$A$B'/c\"";
    let script = parse(text).unwrap();
    let word = &script.commands[1].words[2];
    let names: Vec<&str> = word
        .parts
        .iter()
        .map(|part| &text[part.range().clone()])
        .collect();
    assert_eq!(names, ["$A", "$B", "/c"]);
}

#[test]
fn assignments_and_functions() {
    let text = "A=b; B+=(c d); X[1]=y\nf() { D=\"$E\"; }\nA=1 cmd";
    let script = parse(text).unwrap();
    let names: Vec<_> = script
        .assignments
        .iter()
        .map(|it| (it.name.as_str(), it.append, it.array))
        .collect();
    assert_eq!(
        names,
        [
            ("A", false, false),
            ("B", true, true),
            ("X", false, true),
            ("D", false, false)
        ]
    );
    assert_eq!(&text[script.assignments[1].value.span.clone()], "(c d)");
    assert_eq!(&text[script.functions[0].span.clone()], "f() { D=\"$E\"; }");
    assert_eq!(
        script.commands[0].assignments[0].value.value.as_deref(),
        Some("1")
    );
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [
        ("{ ", ";}"),
        ("( ", ")"),
        ("if a; then ", "; fi"),
        ("$(", ")"),
        ("x=\"$(", ")\""),
        ("${a:-", "}"),
        ("while a; do ", "; done"),
        ("@(", ")"),
        ("case x in x) ", ";; esac"),
        ("f() { ", ";}"),
        ("[[ (", ") ]]"),
        ("<(", ")"),
        ("a \\`", "\\`"),
        ("A=(", ")"),
        ("! ", ""),
        ("sudo ", ""),
    ] {
        for times in [30, 63, 64, 65, 400, 20_000] {
            let script = format!("{}a{}", open.repeat(times), close.repeat(times));
            let started = std::time::Instant::now();
            let read = std::thread::Builder::new()
                .stack_size(2 << 20)
                .spawn(move || parse(&script))
                .unwrap()
                .join()
                .unwrap();
            if times >= 400 && !matches!(open, "! " | "sudo " | "a \\`") {
                assert!(read.is_err(), "{open} {times}");
            }
            assert!(started.elapsed().as_secs() < 10, "{open} {times}");
        }
    }
}

fn sane(text: &str) -> Result<(), Problem> {
    let script = parse(text)?;
    for command in &script.commands {
        let mut last = 0;
        for word in command.wrappers.iter().chain(&command.words) {
            assert!(text.get(word.span.clone()).is_some());
            assert!(word.span.start >= last);
            assert!(!word.span.is_empty());
            last = word.span.end;
        }
        assert!(text.get(command.span.clone()).is_some());
        assert!(text.get(command.context.statement.clone()).is_some());
        assert!(command.context.statement.start <= command.span.start);
        assert!(
            command.context.statement.end >= command.span.end,
            "{text:?} {command:?}"
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}") {
        let _ = sane(&text);
    }

    #[test]
    fn any_shell_like_text_is_read_or_refused(pieces in prop::collection::vec(prop::sample::select(vec![
        "docker ", "a", " ", "\n", ";", "&&", "||", "|", "(", ")", "{ ", "; }", "if ", "then ", "fi", "do ", "done",
        "while ", "for x in ", "case x in ", "esac", ";;", "$(", "`", "\"", "'", "\\", "$X", "${X:-", "}", "<<E\n",
        "E\n", "<<-E", "\t", ">x", "2>&1", "${{ a }}", "$((", "))", "sh -c ", "eval ", "A=(", "A=", "ssh h ", "#",
        "\r\n", "ü", "[[ ", " ]]", "<(", "sudo ", "xargs ", "bash <<E\n", "! ", "f() ", "$'", "&",
    ]), 0..25)) {
        let _ = sane(&pieces.concat());
    }
}

#[test]
fn nesting_names_the_function() {
    let script = parse("deploy() { docker ps; }").unwrap();
    assert_eq!(
        script.commands[0].context.nesting,
        [Nesting::Function("deploy".to_owned()), Nesting::Group]
    );
}

#[test]
fn compound_commands_and_their_lists() {
    let compounds = |text: &str| -> Vec<String> {
        let parsed = parse(text).unwrap();
        let compounds = parsed.compounds.iter();
        compounds
            .map(|compound| {
                let lists = compound.lists.iter().map(|list| &text[list.clone()]);
                let lists: Vec<&str> = lists.collect();
                let statement = &text[compound.context.statement.clone()];
                format!("{:?} {lists:?} in `{statement}`", compound.kind)
            })
            .collect()
    };
    assert_eq!(
        compounds("if a; then b; c; elif d\nthen e; else f; fi > g && h"),
        [
            "If [\"a\", \"b; c\", \"d\", \"e\", \"f\"] in `if a; then b; c; elif d\nthen e; else f; fi > g && h`"
        ]
    );
    assert_eq!(
        compounds("while a; do for i in b; do (c); done; done"),
        [
            "While [\"a\", \"for i in b; do (c); done\"] in `while a; do for i in b; do (c); done; done`",
            "For [\"(c)\"] in `for i in b; do (c); done`",
            "Subshell [\"c\"] in `(c)`",
        ]
    );
    assert_eq!(
        compounds("f() { a; }; case x in y) b;; *) c;; esac"),
        [
            "Group [\"a\"] in `{ a; }`",
            "Case [\"b\", \"c\"] in `case x in y) b;; *) c;; esac`",
        ]
    );
    assert_eq!(
        compounds("sh -c 'until a; do b; done'"),
        ["Until [\"a\", \"b\"] in `until a; do b; done`"]
    );
}

#[test]
fn scripts_that_are_written_into_files() {
    let text = "cat << EOF > ./build.sh\nif docker ps; then docker build -t $A .; fi\nEOF\nflock /tmp/x sh -xe build.sh\n";
    let parsed = parse(text).unwrap();
    assert_eq!(
        lines(text, &parsed),
        ["cat", "[flock] [/tmp/x] sh -xe build.sh"]
    );
    let [written] = &parsed.written[..] else {
        panic!("{:?}", parsed.written)
    };
    assert_eq!(written.file, "./build.sh");
    assert!(
        parsed
            .with_generated_files(|written| written.file == "other")
            .is_none()
    );
    let with = parsed.with_generated_files(|_| true).unwrap();
    assert_eq!(
        lines(text, &with),
        [
            "cat",
            "generatedfile/ifcondition/docker ps",
            "generatedfile/if/docker build -t $A .",
            "[flock] [/tmp/x] sh -xe build.sh",
        ]
    );
    let run = |text: &str| {
        let parsed = parse(text).unwrap();
        let file = parsed.commands[0].file_run(text);
        file.map(|word| word.raw(text).to_owned())
    };
    assert_eq!(
        run("bash -e -o pipefail \"$D/x.sh\" a").as_deref(),
        Some("\"$D/x.sh\"")
    );
    assert_eq!(run(". ./x.sh").as_deref(), Some("./x.sh"));
    assert_eq!(run("ci/x.sh a").as_deref(), Some("ci/x.sh"));
    assert_eq!(run("sh -c x.sh"), None);
    assert_eq!(run("make x.sh"), None);
}
