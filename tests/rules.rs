//! The rules load, refuse what is wrong and say where, and hold what was found out about Docker and Podman.

use clap::ValueEnum;
use dindless::options::RunnerProfile;
use dindless::providers;
use dindless::rules::{
    Becomes, CommandRule, DockerKind, FlagAction, FlagRule, ImageKind, ImageOperands, OnFedora,
    PackageManager, Rules, ShortName, Site, Target, ToolboxHandling, UnderHostNetwork,
    VariableAction,
};
use dindless::version::Version;

const MANAGERS: [PackageManager; 4] = [
    PackageManager::Apk,
    PackageManager::Apt,
    PackageManager::Dnf,
    PackageManager::Pip,
];

fn command(words: &str) -> &'static CommandRule {
    let words: Vec<&str> = words.split(' ').collect();
    match Rules::embedded().command(&words) {
        Some((rule, length)) if length == words.len() => rule,
        found => panic!("{words:?}: {found:?}"),
    }
}

fn flag(words: &str, flag: &str) -> &'static FlagRule {
    command(words)
        .flag(flag)
        .unwrap_or_else(|| panic!("{words} {flag}"))
}

/// The action in one word, with the name of what it names.
fn said(action: &FlagAction) -> String {
    match action {
        FlagAction::Same => "same".to_owned(),
        FlagAction::Drop { .. } => "drop".to_owned(),
        FlagAction::Rename { to } => format!("rename {to}"),
        FlagAction::Rewrite { with, .. } => format!("rewrite {}", kebab(&format!("{with:?}"))),
        FlagAction::Gap { .. } => "gap".to_owned(),
    }
}

/// `BuildPush` as the tables write it.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

fn becomes(words: &str) -> String {
    match &command(words).becomes {
        Becomes::Podman(words) => words.clone(),
        Becomes::Gap(_) => "(gap)".to_owned(),
        Becomes::Drop(_) => "(drop)".to_owned(),
        Becomes::Rewrite(code) => format!("(rewrite {code})"),
    }
}

#[test]
fn everything_loads() {
    if let Err(error) = Rules::load() {
        panic!("{error}");
    }
}

#[test]
fn it_is_known_what_every_runner_must_offer() {
    let rules = Rules::embedded();
    for profile in RunnerProfile::value_variants() {
        let name = profile.name();
        let profile = rules.profile(&name).expect("a profile");
        let told = providers::ALL
            .iter()
            .any(|it| !profile.needs(it.id()).is_empty());
        let by_rule = name.replace("docker-", "");
        let by_rule = rules.named(&format!("runner-{by_rule}"));
        assert!(told || by_rule.is_some(), "nothing is said of {name}");
    }
    let as_is = rules.profile("as-is").expect("a profile");
    for provider in providers::ALL {
        assert!(!as_is.needs(provider.id()).is_empty());
    }
}

#[test]
fn every_entry_says_how_it_is_known() {
    let rules = Rules::embedded();
    let mut entries = 0;
    for command in rules.all_commands() {
        assert!(!command.source.trim().is_empty(), "{}", command.name);
        for flag in command.flags() {
            assert!(
                !flag.source.trim().is_empty(),
                "{} {}",
                command.name,
                flag.name
            );
            entries += 1;
        }
    }
    for (name, rule) in rules.all_variables() {
        assert!(!rule.source.trim().is_empty(), "{name}");
    }
    for manager in MANAGERS {
        for (name, rule) in rules.all_packages(manager) {
            assert!(!rule.source.trim().is_empty(), "{name}");
            entries += 1;
        }
    }
    assert!(entries > 700, "{entries}");
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    let head = "- command: x\n  becomes: x\n  source: s\n";
    for (file, text, place, words) in [
        (
            "variables.yaml",
            "A: {is: drop, why: w, source: s}\nB: {is: drop, why: w, source: s}\nA: {is: drop, why: w, source: s}\n".to_owned(),
            (3, 1),
            "`A` stands here twice",
        ),
        (
            "commands/x.yaml",
            format!("{head}  flags:\n    --a: {{is: same}}\n    --a: {{is: same}}\n"),
            (6, 5),
            "`--a` stands here twice",
        ),
        (
            "commands/x.yaml",
            format!("{head}  flags:\n    --a: {{is: maybe}}\n"),
            (5, 15),
            "unknown variant `maybe`",
        ),
        (
            "commands/x.yaml",
            format!("{head}  flags:\n    --a: {{is: same, shrot: -a}}\n"),
            (5, 21),
            "unknown field `shrot`",
        ),
        (
            "commands/x.yaml",
            format!("{head}  flags:\n    --a: {{is: drop}}\n"),
            (5, 5),
            "`is: drop` goes with `why`",
        ),
        (
            "commands/x.yaml",
            format!("{head}  flags:\n    --a: {{is: same, why: it is}}\n"),
            (5, 5),
            "`is: same` goes alone",
        ),
        (
            "commands/x.yaml",
            format!("{head}  flags:\n    --a: {{short: -x, is: same}}\n    --b: {{short: -x, is: same}}\n"),
            (1, 1),
            "two flags are `-x` in short",
        ),
        (
            "commands/x.yaml",
            format!("{head}  flags:\n    a: {{is: same}}\n"),
            (1, 1),
            "begins with no dash",
        ),
        (
            "commands/x.yaml",
            format!("{head}  gap: nothing\n"),
            (1, 1),
            "needs exactly one of",
        ),
        (
            "commands/x.yaml",
            "- command: x\n  becomes: x\n".to_owned(),
            (1, 3),
            "missing field `source`",
        ),
        (
            "commands/x.yaml",
            "- command: x\n  becomes: x\n  source: s\n  since: soon\n".to_owned(),
            (4, 10),
            "is not a version",
        ),
        (
            "short-names.yaml",
            "source: s\nsame: [a, b, a]\nother: {}\n".to_owned(),
            (2, 14),
            "`a` stands here twice",
        ),
        (
            "variables.yaml",
            "A: {is: drop, why: w, source: \" \"}\n".to_owned(),
            (1, 31),
            "`source` is empty",
        ),
    ] {
        let error = Rules::check(file, &text).expect_err(&text);
        assert!(error.message.contains(words), "{text}\n{error}");
        assert_eq!((error.line, error.column), place, "{text}\n{error}");
        assert!(error.to_string().starts_with(&format!("{file}:{}:", place.0)));
    }
}

#[test]
fn the_longest_name_counts() {
    let rules = Rules::embedded();
    for (words, name) in [
        ("build . -t x", Some(("build", 1))),
        ("image build .", Some(("build", 2))),
        ("buildx build .", Some(("build", 2))),
        ("buildx b .", Some(("build", 2))),
        ("builder build .", Some(("build", 2))),
        (
            "buildx imagetools create -t a b",
            Some(("buildx imagetools create", 3)),
        ),
        ("container ls -a", Some(("ps", 2))),
        ("image rm x", Some(("rmi", 2))),
        ("stack services x", Some(("stack", 1))),
        ("compose up -d", Some(("compose up", 2))),
        ("compose -f x.yml up", Some(("compose", 1))),
        ("compose", Some(("compose", 1))),
        ("buildx --builder x build", Some(("buildx", 1))),
        ("compose nonsense", None),
        ("volume nonsense", None),
        ("nonsense", None),
        ("docker", None),
        ("", None),
    ] {
        let words: Vec<&str> = words.split_whitespace().collect();
        let found = rules.command(&words);
        let found = found.map(|(rule, length)| (rule.name.as_str(), length));
        assert_eq!(found, name, "{words:?}");
    }
}

#[test]
fn commands_become_what_was_found() {
    for (words, expected) in [
        ("build", "build"),
        ("run", "run"),
        ("create", "create"),
        ("container run", "run"),
        ("system info", "info"),
        ("network create", "network create"),
        ("login", "(rewrite login)"),
        ("logout", "(rewrite logout)"),
        ("save", "(rewrite save)"),
        ("manifest push", "(rewrite manifest-push)"),
        ("manifest inspect", "(rewrite manifest-inspect)"),
        ("buildx imagetools create", "(rewrite imagetools-create)"),
        ("compose up", "(rewrite compose)"),
        ("buildx create", "(drop)"),
        ("buildx use", "(drop)"),
        ("buildx rm", "(drop)"),
        ("buildx ls", "(drop)"),
        ("buildx inspect", "(drop)"),
        ("buildx install", "(drop)"),
        ("buildx prune", "(drop)"),
        ("builder prune", "(drop)"),
        ("context create", "(drop)"),
        ("context use", "(drop)"),
        ("buildx bake", "(gap)"),
        ("swarm", "(gap)"),
        ("service", "(gap)"),
        ("stack", "(gap)"),
        ("node", "(gap)"),
        ("plugin", "(gap)"),
        ("trust", "(gap)"),
        ("scout", "(gap)"),
        ("checkpoint", "(gap)"),
    ] {
        assert_eq!(becomes(words), expected, "{words}");
    }
}

#[test]
fn flags_become_what_was_found() {
    for (words, name, value, expected) in [
        ("build", "--tag", None, "same"),
        ("build", "-t", None, "same"),
        ("build", "-f", None, "same"),
        ("build", "--push", None, "rewrite build-push"),
        ("build", "--load", None, "drop"),
        ("build", "--progress", Some("plain"), "drop"),
        ("build", "--builder", Some("x"), "drop"),
        ("build", "--disable-content-trust", None, "drop"),
        ("build", "--provenance", Some("false"), "drop"),
        ("build", "--provenance", Some("max"), "rewrite attestation"),
        ("build", "--provenance", None, "rewrite attestation"),
        ("build", "--sbom", Some("false"), "drop"),
        ("build", "--sbom", Some("true"), "rewrite attestation"),
        ("build", "--attest", None, "rewrite attestation"),
        ("build", "--output", None, "rewrite build-output"),
        ("build", "-o", None, "rewrite build-output"),
        ("build", "--platform", Some("linux/amd64"), "same"),
        (
            "build",
            "--platform",
            Some("linux/amd64,linux/arm64"),
            "rewrite build-platform",
        ),
        ("build", "--cache-from", None, "rewrite cache-from"),
        ("build", "--cache-to", None, "rewrite cache-to"),
        ("build", "--secret", None, "rewrite build-secret"),
        ("build", "--metadata-file", None, "gap"),
        (
            "build",
            "--no-cache-filter",
            None,
            "rewrite no-cache-filter",
        ),
        ("build", "--network", Some("host"), "same"),
        ("build", "--network", Some("none"), "rewrite build-network"),
        ("build", "--check", None, "gap"),
        ("build", "-m", None, "rewrite resource-limit"),
        ("run", "-p", None, "rewrite publish"),
        ("run", "-P", None, "rewrite publish"),
        ("run", "--hostname", None, "rewrite hostname"),
        ("run", "-h", None, "rewrite hostname"),
        ("run", "--pid", None, "rewrite pid-namespace"),
        ("run", "--link", None, "gap"),
        ("run", "--gpus", None, "gap"),
        ("run", "--cpus", None, "rewrite resource-limit"),
        ("run", "--rm", None, "same"),
        ("run", "-it", None, ""),
        ("run", "--net", None, "rewrite network"),
        ("run", "--net-alias", None, "rename --network-alias"),
        ("run", "--log-driver", Some("json-file"), "same"),
        ("run", "--log-driver", Some("awslogs"), "gap"),
        ("create", "-p", None, "rewrite publish"),
        ("create", "--domainname", None, "gap"),
        ("exec", "-e", None, "same"),
        ("logs", "-n", None, "rename --tail"),
        ("logs", "--tail", None, "same"),
        ("rm", "-l", None, "gap"),
        ("rm", "-f", None, "same"),
        ("push", "--all-tags", None, "gap"),
        ("push", "-a", None, "gap"),
        ("pull", "-a", None, "same"),
        ("restart", "--timeout", None, "rename --time"),
        ("restart", "-t", None, "same"),
        ("stop", "-t", None, "same"),
        ("info", "--format", None, "rewrite format"),
        ("inspect", "-f", None, "rewrite format"),
        ("network create", "-d", Some("bridge"), "same"),
        ("network create", "-d", Some("overlay"), "gap"),
        ("network create", "--attachable", None, "drop"),
        (
            "manifest create",
            "--insecure",
            None,
            "rename --tls-verify=false",
        ),
        ("login", "--password-stdin", None, "same"),
        ("login", "-u", None, "same"),
        ("compose up", "-d", None, "same"),
    ] {
        let found = command(words).flag(name);
        let found = found.map_or_else(String::new, |rule| {
            said(rule.for_value(value, Target::default()).0)
        });
        assert_eq!(found, expected, "{words} {name} {value:?}");
    }
}

#[test]
fn values_and_places_have_rules_of_their_own() {
    let image = |podman: &str| Target {
        site: Some(Site::Image),
        podman: podman.parse().ok(),
    };
    let machine = Target {
        site: Some(Site::Machine),
        podman: "4.9".parse().ok(),
    };
    let as_root = Target::default();
    for (words, name, value, target, expected) in [
        ("ps", "--filter", Some("name=a"), machine, "same"),
        ("ps", "--filter", Some("publish=80"), machine, "gap"),
        ("ps", "--filter", Some("expose=80/tcp"), machine, "gap"),
        ("ps", "-f", Some("is-task=true"), machine, "gap"),
        ("ps", "-f", Some("status=dead"), machine, "gap"),
        ("ps", "-f", Some("status=running"), machine, "same"),
        ("network ls", "-f", Some("type=custom"), machine, "gap"),
        ("network ls", "-f", Some("name=web"), machine, "same"),
        ("events", "--filter", Some("scope=local"), machine, "gap"),
        (
            "run",
            "--ulimit",
            Some("memlock=-1:-1"),
            machine,
            "rewrite memory-lock",
        ),
        ("run", "--ulimit", Some("memlock=-1:-1"), as_root, "same"),
        (
            "run",
            "--ulimit",
            Some("memlock=-1:-1"),
            image("5.8"),
            "same",
        ),
        ("run", "--ulimit", Some("nofile=9"), machine, "same"),
        ("run", "--cgroup-parent", Some("/ci"), machine, "same"),
        ("run", "--cgroup-parent", Some("/ci"), image("5.8"), "drop"),
        ("run", "--runtime", Some("runc"), image("5.8"), "drop"),
        ("run", "--runtime", Some("nvidia"), machine, "gap"),
        (
            "run",
            "--network",
            Some("slirp4netns"),
            image("5.8"),
            "rewrite network",
        ),
        ("run", "--network", Some("slirp4netns"), image("6.1"), "gap"),
        (
            "run",
            "--network",
            Some("slirp4netns"),
            as_root,
            "rewrite network",
        ),
        ("commit", "--pause", Some("true"), image("5.8"), "drop"),
        ("commit", "--pause", None, image("5.8"), "drop"),
        ("commit", "--pause", Some("false"), image("5.8"), "same"),
        ("commit", "--pause", None, machine, "same"),
        ("volume prune", "--all", None, image("5.8"), "drop"),
        ("volume prune", "--all", None, image("6.1"), "same"),
        ("volume prune", "--all", None, as_root, "drop"),
        ("logs", "--tail", Some("all"), machine, "drop"),
        ("logs", "--tail", Some("20"), machine, "same"),
    ] {
        let rule = flag(words, name);
        let found = said(rule.for_value(value, target).0);
        assert_eq!(found, expected, "{words} {name} {value:?} {target:?}");
    }
}

#[test]
fn what_a_note_calls_dockers_own_is_not_the_same() {
    for command in Rules::embedded().all_commands() {
        for flag in command.flags() {
            let note = flag.note.as_deref().unwrap_or_default();
            let own = note.contains("Docker's own") || note.contains("only Docker");
            assert!(
                !own || !flag.cases.is_empty(),
                "{} {}: {note}",
                command.name,
                flag.name
            );
        }
    }
}

#[test]
fn flags_say_whether_a_value_follows() {
    for (words, name, expected) in [
        ("build", "-t", true),
        ("build", "--pull", false),
        ("build", "--push", false),
        ("build", "--provenance", true),
        ("run", "-p", true),
        ("run", "-P", false),
        ("run", "-d", false),
        ("run", "--rm", false),
        ("run", "--pull", true),
        ("compose up", "--scale", true),
        ("compose", "-f", true),
        ("logs", "-f", false),
    ] {
        assert_eq!(flag(words, name).takes_value, expected, "{words} {name}");
    }
    let global = Rules::embedded().global_flags().expect("global flags");
    for (name, takes_value) in [
        ("-H", true),
        ("-D", false),
        ("-l", true),
        ("--config", true),
    ] {
        let found = global.flag(name).map(|flag| flag.takes_value);
        assert_eq!(found, Some(takes_value), "{name}");
    }
}

#[test]
fn the_stable_image_has_its_own_ways() {
    for (words, name, expected) in [
        ("run", "-p", Some(UnderHostNetwork::Ignored)),
        ("run", "-P", Some(UnderHostNetwork::Ignored)),
        ("run", "--memory", Some(UnderHostNetwork::Ignored)),
        ("run", "--cpus", Some(UnderHostNetwork::Ignored)),
        ("run", "--hostname", Some(UnderHostNetwork::Error)),
        ("run", "--pid", Some(UnderHostNetwork::Error)),
        ("build", "--network", Some(UnderHostNetwork::Error)),
        ("run", "--rm", None),
    ] {
        assert_eq!(flag(words, name).under_host_network, expected, "{name}");
    }
    let stats = command("stats").under_host_network;
    assert_eq!(stats, Some(UnderHostNetwork::Error));
}

#[test]
fn losses_and_first_versions_are_named() {
    let provenance = flag("build", "--provenance");
    assert!(
        provenance
            .for_value(Some("true"), Target::default())
            .1
            .is_some()
    );
    assert!(
        provenance
            .for_value(Some("false"), Target::default())
            .1
            .is_none()
    );
    let version = |text: &str| text.parse::<Version>().ok();
    assert_eq!(flag("build", "--cache-to").since, version("4.2"));
    assert_eq!(command("update").since, version("4.3"));
    assert!(version("4.9.3") < version("4.10") && version("5.8") == version("5.8.0"));
    for wrong in ["", "5.", "5.x", "1.2.3.4", "99999999999"] {
        assert_eq!(version(wrong), None, "{wrong}");
    }
}

#[test]
fn operands_are_told_apart() {
    for (words, images, ends) in [
        ("run", Some(ImageOperands::First), true),
        ("create", Some(ImageOperands::First), true),
        ("exec", None, true),
        ("compose exec", None, true),
        ("compose run", None, true),
        ("build", None, false),
        ("tag", Some(ImageOperands::All), false),
        ("push", Some(ImageOperands::First), false),
        ("commit", Some(ImageOperands::Second), false),
    ] {
        let rule = command(words);
        assert_eq!(rule.image_operands, images, "{words}");
        assert_eq!(rule.options_end_at_operand, ends, "{words}");
    }
}

#[test]
fn podman_compose_has_less() {
    assert!(flag("compose up", "--build").podman_compose);
    assert!(!flag("compose up", "--attach").podman_compose);
    assert!(command("compose up").podman_compose);
    assert!(!command("compose cp").podman_compose);
}

#[test]
fn images_are_known() {
    let rules = Rules::embedded();
    let docker = |kind| Some((kind, true));
    for (repository, tag, expected) in [
        ("docker", None, docker(DockerKind::Both)),
        ("docker", Some("27"), docker(DockerKind::Both)),
        ("docker", Some("27-dind"), docker(DockerKind::Daemon)),
        ("docker", Some("dind"), docker(DockerKind::Daemon)),
        (
            "docker",
            Some("27-dind-alpine3.20"),
            docker(DockerKind::Daemon),
        ),
        (
            "docker",
            Some("27-dind-rootless"),
            docker(DockerKind::RootlessDaemon),
        ),
        ("docker", Some("27-cli"), docker(DockerKind::Client)),
        ("docker", Some("20.10-git"), docker(DockerKind::Client)),
        (
            "docker",
            Some("27-windowsservercore-ltsc2022"),
            docker(DockerKind::Windows),
        ),
        (
            "docker",
            Some("$DOCKER_VERSION-dind"),
            docker(DockerKind::Daemon),
        ),
        ("library/docker", None, docker(DockerKind::Both)),
        (
            "docker.io/library/docker",
            Some("27"),
            docker(DockerKind::Both),
        ),
        ("docker.io/docker", Some("27"), docker(DockerKind::Both)),
        (
            "${CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX}/docker",
            Some("27"),
            docker(DockerKind::Both),
        ),
        (
            "public.ecr.aws/docker/library/docker",
            Some("27-dind"),
            docker(DockerKind::Daemon),
        ),
        (
            "harbor.example/hub/library/docker",
            None,
            docker(DockerKind::Both),
        ),
        (
            "registry.example/team/docker",
            None,
            Some((DockerKind::Both, false)),
        ),
        ("mydocker", None, None),
        ("docker/compose", Some("1.29.2"), None),
        ("alpine", None, None),
    ] {
        let found = match rules.image(repository, tag) {
            ImageKind::Docker { variant, certain } => Some((variant.is, certain)),
            _ => None,
        };
        assert_eq!(found, expected, "{repository} {tag:?}");
    }
    let handling = |name| match rules.image(name, None) {
        ImageKind::Toolbox(toolbox) => Some(&toolbox.becomes),
        _ => None,
    };
    assert!(
        matches!(handling("docker/compose"), Some(ToolboxHandling::Replace { brings }) if brings == &["docker-compose"])
    );
    assert!(matches!(
        handling("docker.io/google/cloud-sdk"),
        Some(ToolboxHandling::Stays { .. })
    ));
    let engine = |name| match rules.image(name, None) {
        ImageKind::Engine(engine) => Some((engine.engine.as_str(), engine.has_podman)),
        _ => None,
    };
    assert_eq!(engine("quay.io/podman/stable"), Some(("podman", true)));
    assert_eq!(engine("quay.io/buildah/stable"), Some(("buildah", false)));
    assert_eq!(
        engine("gcr.io/kaniko-project/executor"),
        Some(("kaniko", false))
    );
    assert_eq!(engine("moby/buildkit"), Some(("buildkit", false)));
    let podman = rules.podman_image().expect("an image");
    assert_eq!(
        (podman.name.as_str(), podman.podman.to_string()),
        ("quay.io/podman/stable", "5.8".to_owned())
    );
}

#[test]
fn variables_are_known() {
    let rules = Rules::embedded();
    for (name, expected) in [
        ("DOCKER_HOST", "drop"),
        ("DOCKER_TLS_CERTDIR", "drop"),
        ("DOCKER_TLS_VERIFY", "drop"),
        ("DOCKER_CERT_PATH", "drop"),
        ("DOCKER_DRIVER", "drop"),
        ("DOCKER_BUILDKIT", "drop"),
        ("BUILDX_BUILDER", "drop"),
        ("DOCKER_CONTENT_TRUST", "gap"),
        ("DOCKER_DEFAULT_PLATFORM", "rewrite default-platform"),
        ("DOCKER_AUTH_CONFIG", "keep"),
        ("DOCKER_CONFIG", "keep"),
        ("COMPOSE_PROJECT_NAME", "keep"),
        ("COMPOSE_DOCKER_CLI_BUILD", "drop"),
        ("DOCKER_IMAGE", ""),
        ("CI_REGISTRY", ""),
    ] {
        let found = match rules.variable(name).map(|rule| &rule.action) {
            Some(VariableAction::Drop(_)) => "drop".to_owned(),
            Some(VariableAction::Keep(_)) => "keep".to_owned(),
            Some(VariableAction::Gap(_)) => "gap".to_owned(),
            Some(VariableAction::Rewrite { with, .. }) => format!("rewrite {with}"),
            None => String::new(),
        };
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn packages_are_known() {
    let rules = Rules::embedded();
    let on_fedora = |manager, name| {
        let rule = rules.package(manager, name);
        rule.map(|rule| (&rule.on_fedora, rule.docker))
    };
    let install = |names: &[&str]| OnFedora::Install(names.iter().map(|&n| n.to_owned()).collect());
    let apk = |name| on_fedora(PackageManager::Apk, name);
    assert_eq!(apk("git"), Some((&install(&["git"]), false)));
    assert_eq!(
        apk("build-base"),
        Some((&install(&["gcc", "gcc-c++", "make"]), false))
    );
    assert_eq!(apk("py3-pip"), Some((&install(&["python3-pip"]), false)));
    assert_eq!(apk("bash"), Some((&OnFedora::Present, false)));
    assert_eq!(
        apk("docker-cli-compose"),
        Some((&install(&["docker-compose"]), true))
    );
    assert!(matches!(apk("docker-cli"), Some((OnFedora::Drop(_), true))));
    assert!(matches!(apk("gradle"), Some((OnFedora::Missing(_), false))));
    assert_eq!(apk("no-such-package"), None);
    for (program, name) in [
        ("apt-get", "docker.io"),
        ("apt", "docker-ce-cli"),
        ("yum", "docker-ce"),
        ("dnf", "moby-engine"),
        ("pip3", "docker-compose"),
    ] {
        let manager = PackageManager::of_program(program).expect(program);
        assert!(
            on_fedora(manager, name).is_some_and(|(_, docker)| docker),
            "{name}"
        );
    }
    assert_eq!(PackageManager::of_program("brew"), None);
    let podman = rules.podman_packages(PackageManager::Apk);
    assert!(podman.iter().any(|name| name == "podman"));
    assert!(rules.podman_packages(PackageManager::Pip).is_empty());
}

#[test]
fn programs_are_known() {
    let rules = Rules::embedded();
    for (name, package, in_docker_image, in_podman_image) in [
        ("git", Some("git"), true, false),
        ("wget", Some("wget"), true, false),
        ("ssh", Some("openssh-clients"), true, true),
        ("make", Some("make"), false, false),
        ("curl", Some("curl"), false, true),
        ("sleep", Some("coreutils"), true, true),
        ("apk", None, true, false),
        ("terraform", None, false, false),
    ] {
        let program = rules.program(name).unwrap_or_else(|| panic!("{name}"));
        let found = (program.in_docker_image, program.in_podman_image);
        assert_eq!(program.package.as_deref(), package, "{name}");
        assert_eq!(found, (in_docker_image, in_podman_image), "{name}");
    }
    for name in ["kind", "act", "molecule", "docker-compose", "pack", "dive"] {
        assert!(
            rules
                .engine_client(name)
                .is_some_and(|(_, source)| !source.is_empty()),
            "{name}"
        );
    }
    for name in ["cosign", "trivy", "crane", "helm"] {
        assert!(rules.credential_reader(name).is_some(), "{name}");
    }
    for name in ["make", "npm", "bash", "tox", "gradlew"] {
        assert!(
            rules.runs_project_code(name) && !rules.is_harmless(name),
            "{name}"
        );
    }
    for name in ["echo", "cd", "git", "curl", "[", ":", "true", "export"] {
        assert!(
            rules.is_harmless(name) && !rules.runs_project_code(name),
            "{name}"
        );
    }
    assert!(!rules.is_harmless("find") && !rules.is_harmless("ssh") && !rules.is_harmless("xargs"));
}

#[test]
fn short_names_are_known() {
    let rules = Rules::embedded();
    for (name, expected) in [
        ("alpine", ShortName::Same),
        ("node", ShortName::Same),
        ("hello-world", ShortName::Other("quay.io/podman/hello")),
        (
            "fedora",
            ShortName::Other("registry.fedoraproject.org/fedora"),
        ),
        ("nginx", ShortName::Unlisted),
        ("postgres", ShortName::Unlisted),
    ] {
        assert_eq!(rules.short_name(name), expected, "{name}");
    }
}

#[test]
fn every_runner_that_can_be_named_is_known() {
    for profile in RunnerProfile::value_variants() {
        let name = profile.name();
        assert!(Rules::embedded().profile(&name).is_some(), "{name}");
    }
    let unprivileged = Rules::embedded().profile("docker-unprivileged").unwrap();
    let variables = |own| unprivileged.variables(own).collect::<Vec<_>>();
    assert_eq!(variables(true), [("STORAGE_DRIVER", "vfs")]);
    assert_eq!(
        variables(false),
        [("STORAGE_DRIVER", "vfs"), ("BUILDAH_ISOLATION", "chroot")]
    );
}
