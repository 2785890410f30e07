//! What the shell makes of a job's lines: folders, values, readers.

use crate::analysis::names::words_of;
use crate::analysis::output_readers::Readers;

use super::{job, with_pass};

/// The folder of the last command; `?` for one that is not known.
fn last_folder(ci: &str) -> String {
    with_pass(ci, |pass| {
        let folder = pass.folder_at(pass.view.calls.len() - 1);
        folder.map_or("?".to_owned(), |folder| folder.display().to_string())
    })
}

#[test]
fn a_command_runs_where_its_own_shell_went() {
    for (script, folder) in [
        ("make", ""),
        ("cd app\nmake", "app"),
        ("cd app && make", "app"),
        ("cd app || exit 1\nmake", "app"),
        ("{ cd app; }\nmake", "app"),
        ("(cd app && ls)\nmake", ""),
        ("cd app &\nmake", ""),
        ("sh -c 'cd app'\nmake", ""),
        ("sh -c 'cd app && make'", "app"),
        ("ssh host cd app\nmake", ""),
        ("cd app/lib\ncd ..\nmake", "app"),
        ("cd app\ncd -\nmake", ""),
        ("pushd app\npushd lib\npopd\nmake", "app"),
        ("cd /tmp\nmake", "?"),
        ("cd /tmp\ncd $CI_PROJECT_DIR/app\nmake", "app"),
        ("cd\nmake", "?"),
        ("[ -d app ] && cd app\nmake", "?"),
        ("[ -d app ] && cd app && make", "app"),
        ("if true; then cd app; fi\nmake", "?"),
        ("if true; then cd app; make; fi", "app"),
        ("go() { cd app; }\nmake", "?"),
    ] {
        assert_eq!(last_folder(&job(script)), folder, "{script}");
    }
}

#[test]
fn after_script_and_each_step_begin_at_the_root() {
    let after = "job:\n  script: [cd app]\n  after_script: [make]\n";
    assert_eq!(last_folder(after), "");
    let before = "job:\n  before_script: [cd app]\n  script: [make]\n";
    assert_eq!(last_folder(before), "app");
    let steps = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: cd app\n      - run: make\n";
    assert_eq!(last_folder(steps), "");
    let folder = format!("{steps}        working-directory: lib\n");
    assert_eq!(last_folder(&folder), "lib");
}

#[test]
fn what_a_command_prints_is_one_word_of_a_value() {
    for (value, words) in [
        ("'-t a'", &["-t", "a"][..]),
        ("(-t a \"$B\")", &["-t", "a", "$B"]),
        ("$(docker ps -q | head -n 1)", &["$"]),
        ("-a `id -u`", &["-a", "$$"]),
        ("\"\"", &[]),
    ] {
        assert_eq!(words_of(value), words, "{value}");
    }
}

#[test]
fn a_variable_has_a_value_only_if_it_is_set_once() {
    let script = "A=1\nB=1\nB=2\nexport C='-v x,y'\necho $A\nmake";
    with_pass(&job(script), |pass| {
        let view = pass.view;
        assert_eq!(view.names().set_once("A"), Some("1"));
        assert_eq!(view.names().set_once("B"), None);
        let given = view.names().given("C").expect("it is given");
        assert!(given.has_list && given.several && !given.filled_in);
        assert!(
            view.names().is_read_from(&view.lines, 4, "A")
                && !view.names().is_read_from(&view.lines, 5, "A")
        );
        assert!(!view.names().is_read_from(&view.lines, 0, "B"));
    });
}

#[test]
fn output_is_followed_to_those_who_decide_by_it() {
    let deciders = |script: &str| -> Vec<String> {
        with_pass(&job(script), |pass| {
            let readers = Readers::new(pass.view).of(&pass.view.calls[pass.evidence.commands[0]]);
            let deciders = readers.iter().filter(|reader| reader.decides());
            deciders.map(|reader| reader.text.to_owned()).collect()
        })
    };
    for (script, readers) in [
        ("docker ps | grep db", &["grep db"][..]),
        ("docker ps | sort | grep db", &["grep db"]),
        ("docker ps > out.txt\ngrep db out.txt", &["grep db out.txt"]),
        (
            "docker ps | tee out.txt\ngrep db out.txt",
            &["grep db out.txt"],
        ),
        (
            "x=$(docker ps)\n[ \"$x\" = a ] && make",
            &["[ \"$x\" = a ]"],
        ),
        ("x=$(docker ps)\n[[ $x == a ]] && make", &["[[ $x == a"]),
        ("if docker ps | grep -q db; then make; fi", &["grep -q db"]),
        // these only bring it into the log
        ("docker ps", &[]),
        ("echo $(docker ps)", &[]),
        ("docker ps | grep -v db", &[]),
        ("docker ps | grep db || true", &[]),
        ("docker ps > out.txt\ngrep db other.txt", &[]),
    ] {
        assert_eq!(deciders(script), readers, "{script}");
    }
}
