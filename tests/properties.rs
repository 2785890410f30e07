//! What holds of every translation, tried on pipelines that are put together at random.

use std::collections::HashMap;
use std::path::PathBuf;

use dindless::options::Options;
use dindless::outcome::{Outcome, ProviderRef, Verdict};
use dindless::prove;
use dindless::providers::{GITHUB, GITLAB};
use dindless::repository::Memory;
use dindless::translate::{CiFile, translate};
use dindless::yaml::Tree;
use proptest::prelude::*;
use proptest::sample::select;

/// A job that can be printed anywhere in a file, with any indentation.
#[derive(Clone, Debug)]
struct Job {
    /// Its lines; a tab at a line's start stands for one step of indentation.
    lines: Vec<String>,
}

/// A file: what comes before the jobs, and the jobs.
#[derive(Clone, Debug)]
struct File {
    provider: ProviderRef,
    head: Vec<String>,
    jobs: Vec<Job>,
}

/// How a file is written.
#[derive(Clone, Copy, Debug)]
struct Manner {
    indent: usize,
    crlf: bool,
    /// Whether the last line ends.
    ends: bool,
}

const PLAIN: Manner = Manner {
    indent: 2,
    crlf: false,
    ends: true,
};

impl File {
    fn print(&self, manner: Manner) -> String {
        let mut text = String::new();
        let deeper = usize::from(self.provider == GITHUB);
        let jobs = self.jobs.iter().enumerate().flat_map(|(index, job)| {
            let name = format!("{}job-{index}: # number {index}", "\t".repeat(deeper));
            let body = job
                .lines
                .iter()
                .map(move |line| format!("{}\t{line}", "\t".repeat(deeper)));
            std::iter::once(name).chain(body)
        });
        for line in self.head.iter().cloned().chain(jobs) {
            let rest = line.trim_start_matches('\t');
            let depth = line.len() - rest.len();
            text.push_str(&" ".repeat(depth * manner.indent));
            text.push_str(rest);
            text.push_str(if manner.crlf { "\r\n" } else { "\n" });
        }
        if !manner.ends {
            text.truncate(text.trim_end().len());
        }
        text
    }

    fn path(&self) -> PathBuf {
        match self.provider.id() {
            "gitlab" => ".gitlab-ci.yml",
            _ => ".github/workflows/ci.yml",
        }
        .into()
    }

    fn translated(&self, text: &str, options: &Options) -> Outcome {
        let path = self.path();
        let files: Memory = [
            (path.clone(), text),
            ("Dockerfile".into(), "FROM docker.io/library/alpine\n"),
        ]
        .into_iter()
        .collect();
        let file = CiFile {
            path,
            provider: self.provider,
            named: false,
            configured: false,
        };
        translate(&files, &[file], options)
    }

    /// The text after the run. A result that fails its proof fails the test.
    fn result(&self, text: &str, options: &Options) -> (String, Outcome) {
        let outcome = self.translated(text, options);
        assert!(
            outcome.problems.is_empty(),
            "{:?}\n{text}",
            outcome.problems
        );
        let changed = outcome.files.iter().find_map(|file| file.changed.clone());
        (changed.unwrap_or_else(|| text.to_owned()), outcome)
    }
}

/// What becomes of each job, by its name.
fn verdicts(outcome: &Outcome) -> Vec<(String, Verdict)> {
    let jobs = outcome.files.iter().flat_map(|file| &file.jobs);
    let mut all: Vec<_> = jobs
        .map(|job| (job.name.clone(), job.verdict.clone()))
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// The lines of a text's job: from its key to the next one in the same column.
fn job_lines<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let is_key = |line: &&str| line.trim_start().starts_with("job-");
    let mut lines = text
        .lines()
        .skip_while(|line| !line.trim_start().starts_with(&format!("{name}:")));
    let first = lines.next();
    first
        .into_iter()
        .chain(lines.take_while(|line| !is_key(line)))
        .collect()
}

/// Whether jobs may share images and texts with each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Company {
    Any,
    None,
}

fn is_alone(line: &&str) -> bool {
    let shared = [
        "app",
        "stack",
        "*docker",
        ".docker",
        "a.example",
        "ghcr.io",
        "login",
        "compose",
        "run.sh",
        "make",
    ];
    !shared.iter().any(|word| line.contains(word))
}

/// Of all choices those that keep the job by itself.
fn among(
    choices: &[&'static str],
    company: Company,
) -> impl Strategy<Value = &'static str> + use<> {
    let choices = choices.iter().copied();
    select(
        choices
            .filter(|line| company == Company::Any || is_alone(line))
            .collect::<Vec<_>>(),
    )
}

const COMMANDS: &[&str] = &[
    "docker build -t app .",
    "docker build --pull -t $CI_REGISTRY_IMAGE:latest .",
    "docker buildx build --push -t a.example/app:1 -t a.example/app:2 .",
    "docker run --rm -v $PWD:/src -w /src docker.io/library/node:20 npm test",
    "docker run -d --name db -p 5432:5432 postgres:16",
    "docker pull nginx",
    "docker push a.example/app || exit 1",
    "echo \"$PASSWORD\" | docker login -u me --password-stdin a.example",
    "docker login -u me -p \"$PASSWORD\"",
    "docker info",
    "until docker info; do sleep 1; done",
    "for tag in a b; do docker tag app app:$tag; done",
    "if [ -n \"$A\" ]; then docker ps; fi",
    "ID=$(docker create app) && docker cp $ID:/x .",
    "docker save app other > both.tar",
    "docker compose up -d",
    "docker swarm init",
    "docker stack deploy -c stack.yml app",
    "alias docker=sudo",
    "make test",
    "echo docker",
    "./docker/run.sh",
    "apk add --no-cache git make",
    "curl http://docker:8080/",
    "export DOCKER_BUILDKIT=1",
];

/// Commands as items of a list, or as the lines of one block.
fn gitlab_script(key: &'static str, company: Company) -> impl Strategy<Value = Vec<String>> {
    (
        prop::collection::vec(among(COMMANDS, company), 1..5),
        0u8..4,
    )
        .prop_map(move |(commands, manner)| {
            let mut lines = vec![format!("{key}:")];
            match manner {
                0 => {
                    lines.push("\t- |".to_owned());
                    lines.extend(commands.iter().map(|command| format!("\t\t{command}")));
                }
                1 => lines.extend(
                    commands
                        .iter()
                        .map(|command| format!("\t- '{}' # why", command.replace('\'', "''"))),
                ),
                2 if commands
                    .iter()
                    .all(|command| !command.contains(['"', '[', '{', ',', '#', ':'])) =>
                {
                    lines = vec![format!("{key}: [{}]", commands.join(", "))];
                }
                _ => lines.extend(
                    commands
                        .iter()
                        .map(|command| format!("\t- >-\n{command}").replace('\n', "\n\t\t")),
                ),
            }
            lines
                .iter()
                .flat_map(|line| line.split('\n'))
                .map(str::to_owned)
                .collect()
        })
}

fn gitlab_job(company: Company) -> impl Strategy<Value = Job> {
    let image = among(
        &[
            "image: docker:27",
            "image: \"docker:27-cli\"",
            "image: {name: docker, entrypoint: [\"\"]}",
            "image: python:3.12",
            "image: alpine",
            "extends: .docker",
            "<<: *docker",
            "",
        ],
        company,
    );
    let services = select(vec![
        &[][..],
        &["services:", "\t- docker:27-dind # the daemon"],
        &["services: [\"docker:dind\", 'postgres:16']"],
        &[
            "services:",
            "\t- name: docker:dind",
            "\t  alias: docker",
            "\t- redis",
        ],
    ]);
    let variables = select(vec![
        &[][..],
        &["variables:", "\tDOCKER_HOST: tcp://docker:2375", "\tA: b"],
        &["variables: {DOCKER_TLS_CERTDIR: \"\"}"],
        &["variables:", "\tDOCKER_DRIVER: overlay2"],
    ]);
    let before = prop::option::of(gitlab_script("before_script", company));
    (
        image,
        services,
        variables,
        before,
        gitlab_script("script", company),
        any::<bool>(),
    )
        .prop_map(|(image, services, variables, before, script, comment)| {
            let mut lines: Vec<String> = Vec::new();
            // right above an entry that goes it would go, too
            if comment && !image.is_empty() {
                lines.push("# what it is for".to_owned());
            }
            lines.extend((!image.is_empty()).then(|| image.to_owned()));
            lines.extend(services.iter().map(|line| (*line).to_owned()));
            lines.extend(variables.iter().map(|line| (*line).to_owned()));
            lines.extend(before.into_iter().flatten());
            lines.extend(script);
            Job { lines }
        })
}

fn gitlab(company: Company) -> impl Strategy<Value = File> {
    let mut heads = vec![
        &[][..],
        &["default:", "\ttags: [a]"],
        &["variables:", "\tDOCKER_TLS_CERTDIR: ''"],
        &["services:", "\t- docker:27-dind"],
    ];
    if company == Company::None {
        // What all inherit, one that stays keeps for all.
        heads.truncate(2);
    }
    let head = select(heads);
    (head, prop::collection::vec(gitlab_job(company), 1..4)).prop_map(|(head, jobs)| {
        let template = [
            "# a template",
            ".docker: &docker",
            "\timage: docker:27",
            "\tretry: 1",
        ];
        let head = template
            .iter()
            .chain(head)
            .map(|line| (*line).to_owned())
            .collect();
        File {
            provider: GITLAB,
            head,
            jobs,
        }
    })
}

fn github_step(company: Company) -> impl Strategy<Value = Vec<String>> {
    let run = prop::collection::vec(among(COMMANDS, company), 1..4).prop_map(|commands| {
        let mut lines = vec!["- run: |".to_owned()];
        lines.extend(commands.iter().map(|command| format!("\t\t{command}")));
        lines
    });
    let action = select(vec![
        &["- uses: actions/checkout@v4"][..],
        &["- uses: docker/setup-buildx-action@v3"],
        &[
            "- uses: docker/login-action@v3",
            "  with:",
            "    registry: ghcr.io",
            "    username: ${{ github.actor }}",
            "    password: ${{ secrets.GITHUB_TOKEN }}",
        ],
        &[
            "- name: build # it",
            "  uses: docker/build-push-action@v6",
            "  with: {context: ., push: true, tags: \"ghcr.io/a/b:1\"}",
        ],
        &["- uses: docker/bake-action@v5"],
        &["- run: make test"],
    ]);
    let alone =
        move |lines: &&[&'static str]| company == Company::Any || lines.iter().all(is_alone);
    let action = action.prop_filter("with others", alone);
    let action = action.prop_map(|lines| lines.iter().map(|line| (*line).to_owned()).collect());
    prop_oneof![run, action]
}

fn github(company: Company) -> impl Strategy<Value = File> {
    let runner = select(vec![
        "ubuntu-latest",
        "ubuntu-24.04",
        "windows-latest",
        "[self-hosted, linux]",
    ]);
    let job =
        (runner, prop::collection::vec(github_step(company), 1..5)).prop_map(|(runner, steps)| {
            let mut lines = vec![format!("runs-on: {runner}"), "steps:".to_owned()];
            lines.extend(steps.into_iter().flatten().map(|line| format!("\t{line}")));
            Job { lines }
        });
    prop::collection::vec(job, 1..4).prop_map(|jobs| File {
        provider: GITHUB,
        head: ["name: build # all", "on: push", "jobs:"]
            .map(str::to_owned)
            .into(),
        jobs,
    })
}

fn file() -> impl Strategy<Value = File> {
    prop_oneof![gitlab(Company::Any), github(Company::Any)]
}

/// A file in which values that are written several times stand once, with an anchor, and elsewhere as its alias.
fn sharing() -> impl Strategy<Value = File> {
    (file(), any::<u64>()).prop_map(|(mut file, picks)| {
        let mut places: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (job, lines) in file.jobs.iter().enumerate() {
            let mut block = None; // how deep the header of an open block stands
            for (index, line) in lines.lines.iter().enumerate() {
                let depth = line.len() - line.trim_start().len();
                block = block.filter(|header| depth > *header);
                let Some((_, value)) = value_of(line).filter(|_| block.is_none()) else {
                    continue;
                };
                if value.starts_with(['|', '>']) {
                    block = Some(depth);
                } else {
                    let known = places.entry(value.to_owned()).or_default();
                    known.push((job, index));
                }
            }
        }
        let mut shared: Vec<_> = places.into_iter().filter(|it| it.1.len() > 1).collect();
        shared.sort();
        for (number, (value, places)) in shared.into_iter().enumerate() {
            if picks >> (number % 64) & 1 == 0 {
                continue;
            }
            for (order, (job, index)) in places.into_iter().enumerate() {
                let line = &mut file.jobs[job].lines[index];
                let name = format!("shared-{number}");
                let new = match order {
                    0 => format!("&{name} {value}"),
                    _ => format!("*{name}"),
                };
                *line = line.replacen(&value, &new, 1);
            }
        }
        file
    })
}

/// What stands before the value of a line, and the value without a comment; nothing for a line that has none of its own.
fn value_of(line: &str) -> Option<(&str, &str)> {
    let body = line.trim_start();
    let item = body.strip_prefix("- ").unwrap_or(body);
    let is_key = |key: &str| {
        key.chars()
            .all(|it| it.is_ascii_alphanumeric() || "-_".contains(it))
    };
    let value = match item.split_once(": ") {
        Some((key, value)) if is_key(key) => value,
        _ if item.len() < body.len() && !item.ends_with(':') => item,
        _ => return None,
    };
    let value = value.split(" # ").next().unwrap_or(value).trim_end();
    let plain = !value.is_empty() && !value.starts_with(['&', '*', '!']);
    let start = line.len() - line.trim_start().len();
    plain.then(|| (&line[..start], value))
}

/// Jobs that have nothing to do with each other: no image that one makes or takes is another one's.
fn strangers() -> impl Strategy<Value = File> {
    prop_oneof![gitlab(Company::None), github(Company::None)]
}

fn options() -> impl Strategy<Value = Options> {
    any::<bool>().prop_map(|include_review| Options {
        include_review,
        ..Options::default()
    })
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn lines_that_are_not_dockers_stay(file in file(), options in options()) {
        let text = file.print(PLAIN);
        let (after, outcome) = file.result(&text, &options);
        // A job without Docker, or one that stays, stays to the byte; and so do all comments.
        for (name, verdict) in verdicts(&outcome) {
            if verdict == Verdict::Untouched && !job_lines(&text, &name).iter().any(|line| line.to_lowercase().contains("docker")) {
                prop_assert_eq!(job_lines(&text, &name), job_lines(&after, &name), "{}", text);
            }
        }
        for comment in ["# number ", "# what it is for", "# a template"] {
            prop_assert_eq!(text.matches(comment).count(), after.matches(comment).count(), "{}\n=>\n{}", text, after);
        }
    }

    #[test]
    fn line_ends_make_no_difference(file in prop_oneof![file(), sharing()], options in options(), ends: bool) {
        let manner = Manner { ends, ..PLAIN };
        let text = file.print(manner);
        let (after, outcome) = file.result(&text, &options);
        let text = file.print(Manner { crlf: true, ..manner });
        let (after_crlf, outcome_crlf) = file.result(&text, &options);
        prop_assert_eq!(verdicts(&outcome), verdicts(&outcome_crlf), "{}", text);
        prop_assert_eq!(after.replace('\n', "\r\n"), after_crlf);
    }

    #[test]
    fn indentation_makes_no_difference(file in prop_oneof![file(), sharing()], options in options(), wide in 3usize..6) {
        let text = file.print(PLAIN);
        let (after, outcome) = file.result(&text, &options);
        let text = file.print(Manner { indent: wide, ..PLAIN });
        let (after_wide, outcome_wide) = file.result(&text, &options);
        prop_assert_eq!(verdicts(&outcome), verdicts(&outcome_wide), "{}", text);
        let lines = |text: &str| text.lines().map(|line| line.trim_start().to_owned()).collect::<Vec<_>>();
        prop_assert_eq!(lines(&after), lines(&after_wide), "{}", text);
    }

    #[test]
    fn both_readers_agree(file in sharing(), options in options(), crlf: bool, indent in 2usize..5) {
        let text = file.print(Manner { indent, crlf, ends: true });
        let (after, _) = file.result(&text, &options);
        for text in [&text, &after] {
            let tree = Tree::parse(text).unwrap();
            prop_assert_eq!(prove::values(&tree, &[], text), Ok(()), "{}", text);
        }
    }

    #[test]
    fn twice_is_once(file in prop_oneof![file(), sharing()], options in options()) {
        let text = file.print(PLAIN);
        let (after, _) = file.result(&text, &options);
        let (again, _) = file.result(&after, &options);
        prop_assert_eq!(after, again, "{}", text);
    }

    #[test]
    fn what_a_review_adds_can_come_later(file in prop_oneof![file(), sharing()]) {
        let all = Options { include_review: true, ..Options::default() };
        let text = file.print(PLAIN);
        let (safe, _) = file.result(&text, &Options::default());
        let (later, _) = file.result(&safe, &all);
        let (again, _) = file.result(&later, &all);
        prop_assert_eq!(later, again, "{}", text);
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn the_order_of_jobs_does_not_matter(file in strangers(), options in options(), by in 1usize..4) {
        let names: Vec<String> = (0..file.jobs.len()).map(|index| format!("job-{index}")).collect();
        let text = file.print(PLAIN);
        let (after, outcome) = file.result(&text, &options);
        let turn = by % file.jobs.len();
        let jobs: Vec<Vec<&str>> = names.iter().map(|name| job_lines(&text, name)).collect();
        let head: Vec<&str> = text.lines().take_while(|line| !line.trim_start().starts_with("job-")).collect();
        let mut turned: Vec<&str> = head;
        turned.extend(jobs[turn..].iter().chain(&jobs[..turn]).flatten());
        let turned = turned.join("\n") + "\n";
        let (after_turned, outcome_turned) = file.result(&turned, &options);
        prop_assert_eq!(verdicts(&outcome), verdicts(&outcome_turned), "{}", text);
        for name in &names {
            prop_assert_eq!(job_lines(&after, name), job_lines(&after_turned, name), "{}\n{}", text, turned);
        }
    }

    #[test]
    fn a_job_that_goes_changes_no_other(file in strangers(), options in options()) {
        prop_assume!(file.jobs.len() > 1);
        let text = file.print(PLAIN);
        let (after, outcome) = file.result(&text, &options);
        let mut fewer = file.clone();
        fewer.jobs.pop();
        let less = fewer.print(PLAIN);
        let (after_less, outcome_less) = fewer.result(&less, &options);
        let all = verdicts(&outcome);
        for (name, verdict) in verdicts(&outcome_less) {
            prop_assert!(all.contains(&(name.clone(), verdict)), "{}: {:?}\n{}", name, all, text);
            prop_assert_eq!(job_lines(&after, &name), job_lines(&after_less, &name), "{}", text);
        }
    }
}
