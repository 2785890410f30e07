//! Every format of a report: what it says of one small repository with all that can happen in it, and whether those who
//! read it can read it, over all cases of golden/.

mod support;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use rayon::prelude::*;
use serde_json::Value;
use support::{Repository, said, status};

/// Jobs that move, one that stays, one for review and one without Docker; two have names that want to be more.
const GITLAB: &str = r##"lint:
  script: [make lint]

build:
  image: docker:27
  services:
    - docker:27-dind
  script:
    - docker build --cache-from $CI_REGISTRY_IMAGE:latest -t $CI_REGISTRY_IMAGE .
    - docker push $CI_REGISTRY_IMAGE

scan:
  image: docker:27
  script:
    - docker pull docker.io/library/alpine:3

"good \e[31m\x9b\n::error::%0A | <img src=x> [x](y) @all":
  image: docker:27
  services:
    - docker:27-dind
  script:
    - docker build -t more .

"bad \e[31m\x9b| <script>alert(1)</script>\n`x` @all #1 [a](https://a.test) ${{ b }} %0A::error::\\":
  image: docker:27
  services:
    - docker:27-dind
  script:
    - docker build -t other -f other.Dockerfile .
    - docker stack deploy -c compose.yml other
"##;

const GITHUB: &str = r#"on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: docker build -t app .
  own:
    runs-on: [self-hosted, "a,b:c%d"]
    steps:
      - uses: actions/checkout@v4
      - run: docker build -t app .
"#;

const DOCKERFILE: &str = "FROM docker.io/library/golang:1.25
RUN --network=none go build ./...
";

/// A Dockerfile that Podman refuses.
const REFUSED: &str = "FROM docker.io/library/golang:1.25
RUN --mount=type=cache,target=/root/.cache,sharing=private go build ./...
";

/// The name of a file that needs every kind of escape.
const ODD: &str = "ci/a, b|c%20[d].gitlab-ci.yml";

fn including(text: &str) -> String {
    format!("include: \"/{ODD}\"\n\n{text}")
}

fn sample() -> Repository {
    Repository::with(&[
        (".gitlab-ci.yml", &including(GITLAB)),
        (".github/workflows/ci.yml", GITHUB),
        (".github/workflows/broken.yml", "on: push\njobs: {\n"),
        (
            ODD,
            "deploy:\n  image: docker:27\n  services: [docker:27-dind]\n  script: [docker stack ls]\n",
        ),
        ("Dockerfile", DOCKERFILE),
        ("other.Dockerfile", REFUSED),
    ])
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8 on standard output")
}

fn run(repository: &Repository, format: &str) -> Output {
    repository.run(&["--format", format, "--color", "never"])
}

fn json(repository: &Repository, format: &str) -> Value {
    serde_json::from_slice(&run(repository, format).stdout).expect("JSON on standard output")
}

#[test]
fn what_each_format_says() {
    let sample = sample();
    for format in [
        "text", "diff", "json", "sarif", "github", "gitlab", "markdown",
    ] {
        let output = run(&sample, format);
        assert_eq!(status(&output), Some(2), "{format}");
        let both = format!(
            "{}--- standard error ---\n{}",
            printed(&output),
            said(&output)
        );
        insta::assert_snapshot!(format, both);
    }
}

#[test]
fn nothing_steers_a_terminal() {
    let sample = sample();
    for format in ["text", "json", "sarif", "github", "gitlab", "markdown"] {
        let output = run(&sample, format);
        let steers = |it: char| it.is_control() && it != '\n';
        assert!(!printed(&output).contains(steers), "{format}");
        assert!(!said(&output).contains(steers), "{format}");
    }
}

#[test]
fn a_closed_pipe_ends_quietly_in_every_format() {
    let sample = sample();
    for format in [
        "text", "diff", "json", "sarif", "github", "gitlab", "markdown",
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_dindless"))
            .args(["--format", format])
            .current_dir(sample.path())
            .stdout(writer.try_clone().expect("a pipe"))
            .stderr(writer)
            .status();
        // the file that cannot be read, and nothing else
        assert_eq!(
            output.expect("the program ends").code(),
            Some(2),
            "{format}"
        );
    }
}

/// The files of the cases of golden/, each case in a repository of its own, with its options.
fn golden() -> Vec<(PathBuf, Vec<String>)> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut cases = Vec::new();
    for provider in ["gitlab", "github"] {
        for entry in fs::read_dir(golden.join(provider)).expect("cases") {
            let case = entry.expect("a case").path();
            let arguments = fs::read_to_string(case.join("args.txt")).unwrap_or_default();
            let arguments = arguments.split_whitespace().map(Into::into).collect();
            cases.push((case, arguments));
        }
    }
    cases.sort();
    cases
}

/// The files of a case, in a repository.
fn laid_out(case: &Path) -> (Repository, BTreeMap<String, String>) {
    let repository = Repository::new();
    let mut files = BTreeMap::new();
    let before = case.join("before");
    let mut open = vec![before.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(&before).expect("below").to_string_lossy();
            let bytes = fs::read(&path).expect("a file");
            repository.put(&name, &bytes);
            if let Ok(text) = String::from_utf8(bytes) {
                files.insert(name.into_owned(), text);
            }
        }
    }
    (repository, files)
}

/// A case of golden/, laid out and not yet changed.
struct Case {
    repository: Repository,
    files: BTreeMap<String, String>,
    arguments: Vec<String>,
}

impl Case {
    fn run(&self, format: &str, more: &[&str]) -> Output {
        let own = self.arguments.iter().map(String::as_str);
        let arguments = ["--format", format].into_iter().chain(own);
        let arguments: Vec<&str> = arguments.chain(more.iter().copied()).collect();
        self.repository.run(&arguments)
    }

    fn json(&self, format: &str) -> Result<Value, String> {
        let output = self.run(format, &[]);
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
    }
}

#[test]
fn every_case_can_be_read_in_every_format() {
    let validator = validator();
    let cases = golden();
    assert!(cases.len() > 100, "{} cases", cases.len());
    let faults: Vec<String> = cases
        .into_par_iter()
        .filter_map(|(folder, arguments)| {
            let (repository, files) = laid_out(&folder);
            let case = Case {
                repository,
                files,
                arguments,
            };
            let fault = read_in_every_format(&case, &validator).err()?;
            Some(format!("{}: {fault}", folder.display()))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn read_in_every_format(case: &Case, validator: &jsonschema::Validator) -> Result<(), String> {
    let document = case.json("json")?;
    let valid = validator.validate(&document);
    valid.map_err(|error| error.to_string())?;
    code_quality(&case.json("gitlab")?, &case.files)?;
    let description = printed(&case.run("markdown", &[]));
    if let Some(other) = read_markdown(&description).1.first() {
        return Err(format!("markup in the description: {other}"));
    }
    let fixed = fixed(&case.json("sarif")?, &case.files)?;
    let patched = patched(case)?;
    case.run("text", &["--write", "--allow-dirty"]);
    for path in case.files.keys() {
        let written = case.repository.get(path);
        if fixed.get(path) != Some(&written) {
            return Err(format!("the fixes of {path} are not what --write makes"));
        }
        if patched.get(path) != Some(&written) {
            return Err(format!("the patch of {path} is not what --write makes"));
        }
    }
    Ok(())
}

/// The files as git makes them of the patch; they are put back.
fn patched(case: &Case) -> Result<BTreeMap<String, String>, String> {
    let patch = case.run("diff", &[]).stdout;
    if patch.is_empty() {
        return Ok(case.files.clone());
    }
    let applied = case.repository.git_output(&["apply", "-"], &patch);
    if !applied.status.success() {
        return Err(said(&applied));
    }
    let get = |path: &String| (path.clone(), case.repository.get(path));
    let patched = case.files.keys().map(get).collect();
    for (path, text) in &case.files {
        case.repository.put(path, text);
    }
    Ok(patched)
}

fn validator() -> jsonschema::Validator {
    let schema = Repository::loose().run(&["--schema"]);
    let schema: Value = serde_json::from_slice(&schema.stdout).expect("a schema");
    jsonschema::validator_for(&schema).expect("a schema that is one")
}

#[test]
fn the_schema_asks_for_something() {
    let validator = validator();
    let mut document = json(&sample(), "json");
    let faults: Vec<String> = validator
        .iter_errors(&document)
        .map(|it| it.to_string())
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
    document["files"][0]["jobs"][0]["verdict"] = "moved".into();
    assert!(!validator.is_valid(&document));
    let empty = serde_json::json!({"version": 2, "files": [{}], "troubles": [], "summary": {}});
    assert!(!validator.is_valid(&empty));
}

#[test]
fn the_json_knows_who_waits_and_who_is_unknown() {
    let text = "held:
  image: docker:27
  script: [docker pull docker.io/library/alpine:3]
unknown:
  extends: .elsewhere
  image: docker:27
  services: [docker:27-dind]
  script: [docker info]
both:
  extends: .elsewhere
  image: docker:27
  services: [docker:27-dind]
  script: [docker stack deploy -c compose.yml app]
";
    let repository = Repository::with(&[(".gitlab-ci.yml", text)]);
    let jobs = |arguments: &[&str]| -> Vec<(String, Value)> {
        let output = repository.run(arguments).stdout;
        let document: Value = serde_json::from_slice(&output).expect("JSON on standard output");
        let jobs = document["files"][0]["jobs"].as_array().expect("jobs");
        let of = |job: &Value| {
            (
                job["verdict"].as_str().expect("a word").into(),
                job["review"].clone(),
            )
        };
        jobs.iter().map(of).collect()
    };
    let verdicts = |jobs: &[(String, Value)]| -> Vec<String> {
        jobs.iter().map(|(verdict, _)| verdict.clone()).collect()
    };
    let held = jobs(&["--format", "json"]);
    assert_eq!(verdicts(&held), ["review", "unknown", "left"]);
    let agreed = jobs(&["--format", "json", "--include-review"]);
    assert_eq!(verdicts(&agreed), ["migrated", "unknown", "left"]);
    assert_eq!(agreed[0].1, serde_json::json!(["runner-engine"]));
}

/// The byte of a place in a text, as SARIF counts with this log's `columnKind` and `newlineSequences`.
fn offset(text: &str, line: u64, column: u64) -> Option<usize> {
    let mut starts = vec![if text.starts_with('\u{feff}') { 3 } else { 0 }];
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'\n' || (byte == b'\r' && text.as_bytes().get(at + 1) != Some(&b'\n')) {
            starts.push(at + 1);
        }
    }
    let start = *starts.get(usize::try_from(line).ok()?.checked_sub(1)?)?;
    let rest = &text[start..];
    let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    Some(start + ends.into_iter().nth(column)?)
}

fn region(text: &str, region: &Value) -> Result<(usize, usize), String> {
    let place = |line: &str, column: &str| {
        let (line, column) = (region[line].as_u64()?, region[column].as_u64()?);
        offset(text, line, column)
    };
    let range = place("startLine", "startColumn").zip(place("endLine", "endColumn"));
    range
        .filter(|(start, end)| start <= end)
        .ok_or_else(|| format!("{region} is not in the file"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn decoded(uri: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = uri.as_bytes();
    while let [first, more @ ..] = rest {
        if let (b'%', [a, b, after @ ..]) = (first, more) {
            let digits = [*a, *b];
            let digits = std::str::from_utf8(&digits).expect("two digits");
            bytes.push(u8::from_str_radix(digits, 16).expect("a byte"));
            rest = after;
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// Applies all fixes of a log; every place in it must exist.
fn fixed(
    log: &Value,
    files: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    let mut after = files.clone();
    let text = |location: &Value| {
        let path = decoded(location["uri"].as_str().unwrap_or_default());
        let text = files.get(&path).cloned().ok_or(format!("no file {path}"))?;
        Ok::<_, String>((path, text))
    };
    for run in list(&log["runs"]) {
        let rules = list(&run["tool"]["driver"]["rules"]);
        let mut fingerprints = HashSet::new();
        for result in list(&run["results"]) {
            let rule =
                &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap_or(999)).unwrap_or(999)];
            if rule["id"] != result["ruleId"] {
                return Err(format!("{} is not {}", rule["id"], result["ruleId"]));
            }
            if !fingerprints.insert(result["partialFingerprints"].to_string()) {
                return Err(format!("{result} has the fingerprint of another result"));
            }
            for place in list(&result["locations"])
                .iter()
                .chain(list(&result["relatedLocations"]))
            {
                let place = &place["physicalLocation"];
                region(&text(&place["artifactLocation"])?.1, &place["region"])?;
            }
            for change in list(&result["fixes"])
                .iter()
                .flat_map(|fix| list(&fix["artifactChanges"]))
            {
                let (path, text) = text(&change["artifactLocation"])?;
                let mut new = text.clone();
                let replacements = list(&change["replacements"]).iter();
                for replacement in replacements.rev() {
                    let (start, end) = region(&text, &replacement["deletedRegion"])?;
                    let content = replacement["insertedContent"]["text"].as_str();
                    new.replace_range(start..end, content.unwrap_or_default());
                }
                after.insert(path, new);
            }
        }
    }
    Ok(after)
}

/// Checks the fields that GitLab documents.
fn code_quality(report: &Value, files: &BTreeMap<String, String>) -> Result<(), String> {
    let mut fingerprints = HashSet::new();
    for entry in report.as_array().ok_or("no list")? {
        let text = |value: &Value| {
            value
                .as_str()
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
        };
        let fields = ["description", "check_name", "fingerprint"];
        if fields.iter().any(|field| text(&entry[field]).is_none()) {
            return Err(format!("{entry} lacks a field"));
        }
        let severity = text(&entry["severity"]).unwrap_or_default();
        if !["info", "minor", "major", "critical", "blocker"].contains(&severity.as_str()) {
            return Err(format!("{entry} has no severity of theirs"));
        }
        let path = text(&entry["location"]["path"]).ok_or("no path")?;
        let line = entry["location"]["lines"]["begin"]
            .as_u64()
            .ok_or("no line")?;
        let lines = files.get(&path).map(|text| text.lines().count() as u64);
        if lines.is_some_and(|lines| line == 0 || line > lines + 1) {
            return Err(format!("{entry} is behind the end of the file"));
        }
        if !fingerprints.insert(entry["fingerprint"].to_string()) {
            return Err(format!("{entry} has the fingerprint of another entry"));
        }
    }
    Ok(())
}

#[test]
fn fingerprints_stay_when_other_lines_change() {
    let fingerprints = |repository: &Repository| -> BTreeSet<String> {
        let report = json(repository, "gitlab");
        let entries = list(&report).iter();
        entries.map(|it| it["fingerprint"].to_string()).collect()
    };
    let sample = sample();
    let before = fingerprints(&sample);
    let more = "early:\n  script: [make early]\n\n";
    let text = GITLAB.replace("scan:", "# said between\n\nscan:");
    sample.put(
        ".gitlab-ci.yml",
        format!("# at the top\n\n{more}{}", including(&text)),
    );
    assert_eq!(fingerprints(&sample), before);
    let text = format!("{text}\nagain:\n  image: docker:27\n  script: [docker stack ls]\n");
    sample.put(".gitlab-ci.yml", including(&text));
    let after = fingerprints(&sample);
    assert!(after.is_superset(&before) && after.len() > before.len());
}

/// A command as GitHub's runner reads it from a line: name, properties and message.
fn command(line: &str) -> Option<(String, BTreeMap<String, String>, String)> {
    let unescaped = |text: &str| {
        text.replace("%0D", "\r")
            .replace("%0A", "\n")
            .replace("%3A", ":")
            .replace("%2C", ",")
            .replace("%25", "%")
    };
    let (head, message) = line.strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ')?;
    let properties = properties.split(',').map(|it| it.split_once('='));
    let properties: Option<Vec<(&str, &str)>> = properties.collect();
    let properties = properties?.into_iter();
    let properties = properties.map(|(name, value)| (name.to_owned(), unescaped(value)));
    let message = message
        .replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%25", "%");
    Some((name.to_owned(), properties.collect(), message))
}

#[test]
fn annotations_are_read_back_by_the_rules_of_the_runner() {
    let sample = sample();
    let annotations = printed(&run(&sample, "github"));
    let report = json(&sample, "gitlab");
    let entries = list(&report);
    assert_eq!(annotations.lines().count(), entries.len());
    for (line, entry) in annotations.lines().zip(entries) {
        let (name, properties, message) = command(line).expect(line);
        assert!(
            ["error", "warning", "notice"].contains(&name.as_str()),
            "{line}"
        );
        let property = |name: &str| properties.get(name).map(String::as_str);
        assert_eq!(property("file"), entry["location"]["path"].as_str());
        assert_eq!(
            property("line"),
            Some(entry["location"]["lines"]["begin"].to_string().as_str())
        );
        assert_eq!(Some(message.as_str()), entry["description"].as_str());
        let title = entry["check_name"].as_str().filter(|it| *it != "trouble");
        let title = title.map_or("dindless".to_owned(), |it| format!("dindless: {it}"));
        assert_eq!(property("title"), Some(title.as_str()));
        assert_eq!(
            property("col").is_some(),
            property("line") == property("endLine")
        );
    }
    assert!(entries.iter().any(|it| it["location"]["path"] == ODD));
}

/// What a reader of Markdown makes of a document: its headings, and whatever is neither text, code, list nor table.
fn read_markdown(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut headings, mut others) = (Vec::new(), Vec::new());
    let mut heading = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => headings.extend(heading.take()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::InlineHtml(html) if matches!(&*html, "<code>" | "</code>") => {}
            Event::SoftBreak | Event::End(_) => {}
            Event::Start(
                Tag::Paragraph
                | Tag::List(None)
                | Tag::Item
                | Tag::Table(_)
                | Tag::TableHead
                | Tag::TableRow
                | Tag::TableCell
                | Tag::CodeBlock(_),
            ) => {}
            other => others.push(format!("{other:?}")),
        }
    }
    (headings, others)
}

#[test]
fn a_description_holds_no_markup_of_the_files() {
    let sample = sample();
    let text = printed(&run(&sample, "markdown"));
    let (headings, others) = read_markdown(&text);
    let expected = [
        "What changes, and why",
        "What is lost, or differs",
        "What the runner must offer",
        "What stays on Docker",
        "For review",
        "How to try it",
        "How to go back",
        "What could not be read or written",
    ];
    assert_eq!(headings, expected);
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn several_repositories_are_a_line_each() {
    let folder = Repository::loose();
    for name in ["one", "two", "three"] {
        let text = if name == "two" {
            "lint:\n  script: [make]\n"
        } else {
            GITLAB
        };
        folder.put(&format!("{name}/.gitlab-ci.yml"), text);
        fs::create_dir(folder.path().join(name).join(".git")).expect("a folder");
    }
    let format =
        |format| printed(&folder.run(&["--format", format, "one", "two", "three", "no|where"]));
    insta::assert_snapshot!("markdown-of-several", format("markdown"));
    let log: Value = serde_json::from_str(&format("sarif")).expect("JSON");
    let runs = list(&log["runs"]).iter();
    let ids: Vec<_> = runs
        .map(|run| run["automationDetails"]["id"].as_str())
        .collect();
    assert_eq!(
        ids,
        [
            Some("dindless/one/"),
            Some("dindless/two/"),
            Some("dindless/three/")
        ]
    );
    let report: Value = serde_json::from_str(&format("gitlab")).expect("JSON");
    let fingerprints: HashSet<_> = list(&report)
        .iter()
        .map(|it| it["fingerprint"].to_string())
        .collect();
    assert_eq!(fingerprints.len(), list(&report).len());
}

#[test]
fn what_was_written_can_no_longer_move() {
    let sample = sample();
    let output = sample.run(&["--write", "--format", "gitlab"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let names: Vec<_> = list(&report)
        .iter()
        .map(|it| it["check_name"].as_str())
        .collect();
    assert!(!names.contains(&Some("can-move")), "{names:?}");
    assert!(names.contains(&Some("swarm")), "{names:?}");
    assert!(!json(&sample, "sarif").to_string().contains("\"fixes\""));
}
