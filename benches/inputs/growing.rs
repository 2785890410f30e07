//! Repositories that grow along one axis: what a program that compares all with all, or looks at everything for each thing, takes
//! the square of.

use std::path::PathBuf;

use dindless::providers::GITLAB;

use super::{Input, main_file};

/// The head of a job of GitLab's with a daemon beside it.
const JOB: &str = "build:\n  image: docker:27\n  services: [docker:27-dind]\n";

/// A line, made of its number.
type Line = fn(usize) -> String;

/// What grows: its name, the number of its parts to begin with, and an input with so many of them.
pub(crate) type Axis = (&'static str, usize, Box<dyn Fn(usize) -> Input>);

/// The lines of a job that may come in any number.
const LINES: [(&str, Line); 21] = [
    ("same line", |_| {
        "docker run --rm r.example.com/app:1 true".into()
    }),
    ("names", |n| {
        format!("docker run -d --name c{n} r.example.com/app:1")
    }),
    ("short names", |n| format!("docker run --rm app{n}:3 true")),
    ("ports", |n| {
        format!("docker run -d -p {n}:80 r.example.com/app:1")
    }),
    ("mounts", |n| {
        format!("docker run -v $PWD/d{n}:/x r.example.com/app:1")
    }),
    ("pushes", |n| {
        format!("docker buildx build --push -t r.example.com/a:{n} .")
    }),
    ("platforms", |n| {
        format!(
            "docker buildx build --platform linux/amd64,linux/arm64 --push -t r.example.com/a:{n} ."
        )
    }),
    ("logins", |n| {
        format!("echo $P{n} | docker login -u a --password-stdin r{n}.example.com")
    }),
    ("logouts", |n| format!("docker logout r{n}.example.com")),
    ("lists", |n| {
        format!("docker buildx imagetools create -t r.example.com/a:{n} r.example.com/a:x{n}")
    }),
    ("volumes", |n| format!("docker volume create v{n}")),
    ("read output", |n| format!("docker images | grep a{n}")),
    ("builders", |n| {
        format!("docker buildx create --use --name b{n}")
    }),
    ("variables", |n| {
        format!("T{n}=a{n}; docker build -t $T{n} .")
    }),
    ("one variable", |n| format!("T=a{n}; docker build $T .")),
    ("engine's variables", |_| {
        "export DOCKER_HOST=tcp://docker:2375".into()
    }),
    ("programs", |n| format!("docker ps; program{n} --x")),
    ("scripts", |n| format!("docker ps; ./s{n}.sh")),
    ("packages", |_| {
        "docker ps; apk add --no-cache git curl; git tag v1".into()
    }),
    ("loops", |_| "until docker info; do sleep 1; done".into()),
    ("heredocs", |n| {
        format!("cat > f{n} <<< docker; docker build .")
    }),
];

/// All axes.
pub(crate) fn axes() -> Vec<Axis> {
    let mut axes: Vec<Axis> = Vec::new();
    for (name, line) in LINES {
        let make = move |many| gitlab(&job((0..many).map(line)), Vec::new());
        axes.push((name, 1000, Box::new(make)));
    }
    axes.push((
        "lines in brackets",
        1000,
        Box::new(|many| {
            let lines: Vec<String> = (0..many).map(|n| format!("docker push a{n}")).collect();
            gitlab(
                &format!("{JOB}  script: [{}]\n", lines.join(", ")),
                Vec::new(),
            )
        }),
    ));
    axes.push((
        "services in brackets",
        1000,
        Box::new(|many| {
            let services = vec!["docker:27-dind"; many].join(", ");
            gitlab(
                &format!(
                    "build:\n  image: docker:27\n  services: [{services}]\n  script: [docker ps]\n"
                ),
                Vec::new(),
            )
        }),
    ));
    axes.push((
        "comments that accept",
        2000,
        Box::new(|many| {
            let comments = "# dindless: ignore[swarm] we know\n".repeat(many);
            gitlab(
                &format!("{comments}{}", job(["docker swarm init".to_owned()])),
                Vec::new(),
            )
        }),
    ));
    axes.push((
        "accepted lines",
        1000,
        Box::new(|many| {
            gitlab(
                &job((0..many).map(|n| format!("docker stack rm s{n} # dindless: ignore"))),
                Vec::new(),
            )
        }),
    ));
    axes.push(("jobs that share and stay", 250, Box::new(|many| {
        let head = "image: docker:27\nservices: [docker:27-dind]\nvariables: {DOCKER_HOST: tcp://docker:2375, A: b}\n";
        let job = |n: usize| match n % 2 {
            0 => format!("j{n}:\n  script: [docker build -t a{n} .]\n"),
            _ => format!("j{n}:\n  script: [docker swarm init]\n"),
        };
        gitlab(&(head.to_owned() + &(0..many).map(job).collect::<String>()), Vec::new())
    })));
    axes.push((
        "arguments of a Dockerfile",
        1000,
        Box::new(|many| {
            let arguments = (0..many).map(|n| format!("ARG A{n}=alpine{n}\n"));
            let stages = (0..many).map(|n| format!("FROM $A{n}\n"));
            let text = arguments.chain(stages).collect();
            gitlab(
                &job(["docker build .".to_owned()]),
                vec![("Dockerfile".into(), text)],
            )
        }),
    ));
    axes.push((
        "builds of one Dockerfile",
        250,
        Box::new(|many| {
            let text = "FROM alpine\n".to_owned() + &"RUN true\n".repeat(500);
            let lines = (0..many).map(|n| format!("docker build -t a{n} ."));
            gitlab(&job(lines), vec![("Dockerfile".into(), text)])
        }),
    ));
    axes.push((
        "compose builds",
        250,
        Box::new(|many| {
            let services = (0..many).map(|n| format!("  s{n}: {{build: d{n}}}\n"));
            let compose = "services:\n".to_owned() + &services.collect::<String>();
            let files = (0..many).map(|n| {
                (
                    PathBuf::from(format!("d{n}/Dockerfile")),
                    "FROM alpine\n".to_owned(),
                )
            });
            let files = files.chain([("compose.yml".into(), compose)]).collect();
            gitlab(&job(["docker compose up -d".to_owned()]), files)
        }),
    ));
    axes
}

/// A job with these lines.
fn job(lines: impl IntoIterator<Item = String>) -> String {
    let lines = lines.into_iter().map(|line| format!("    - '{line}'\n"));
    format!("{JOB}  script:\n{}", lines.collect::<String>())
}

/// A repository with this pipeline and other files.
fn gitlab(pipeline: &str, others: Vec<(PathBuf, String)>) -> Input {
    let provider = GITLAB;
    let main = (main_file(provider).into(), pipeline.to_owned());
    Input {
        name: String::new(),
        provider,
        files: [main].into_iter().chain(others).collect(),
    }
}
