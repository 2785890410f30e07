//! Who reads what a command prints: the next ones of its pipeline, what takes it by `$( )`, by a variable or by a file.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;

use crate::collections::{HashMap, HashSet};
use crate::shell::{Assignment, CompoundKind};

use super::context::{Call, JobView, LineView};

/// A command, or a test that is none, that looks at what another one printed.
pub(crate) struct Reader<'v> {
    /// Its text.
    pub(crate) text: &'v str,
    /// Its program; none for a test that is no command, `=` for an assignment.
    program: Option<&'v str>,
    /// Whether it decides what the script does.
    decides: bool,
}

impl Reader<'_> {
    /// Whether it looks for something in what it reads, and the script goes on by what it finds. What only brings the text
    /// into the log in another shape does not.
    pub(crate) fn decides(&self) -> bool {
        self.decides
    }
}

/// Who reads what in a job's scripts, looked up by name once somebody asks.
pub(crate) struct Readers<'v> {
    view: &'v JobView<'v>,
    of_variables: OnceCell<HashMap<String, Vec<Output>>>,
    of_files: RefCell<HashMap<String, Vec<Output>>>,
}

impl<'v> Readers<'v> {
    /// Begins with a job.
    pub(crate) fn new(view: &'v JobView<'v>) -> Self {
        Self {
            view,
            of_variables: OnceCell::new(),
            of_files: RefCell::default(),
        }
    }

    /// The readers of what a command prints. Where a variable or a file takes it, the commands that name that one.
    pub(crate) fn of(&self, call: &Call) -> Vec<Reader<'v>> {
        let view = self.view;
        let mut found = Vec::new();
        let mut open = Output::of(view, call);
        // each name is followed once, so this ends
        let mut known: HashSet<(bool, String)> = HashSet::default();
        while let Some(output) = open.pop() {
            match output {
                Output::Command(index) => {
                    let call = &view.calls[index];
                    found.push(Reader::of(call));
                    if passes_on(call) {
                        open.extend(Output::of(view, call));
                    }
                }
                Output::Variable(name) if known.insert((true, name.clone())) => {
                    let all = self.of_variables.get_or_init(|| variables_named(view));
                    open.extend(all.get(&name).into_iter().flatten().cloned());
                }
                Output::File(name) if known.insert((false, name.clone())) => {
                    let mut files = self.of_files.borrow_mut();
                    let users = files
                        .entry(name)
                        .or_insert_with_key(|name| file_users(view, name));
                    open.extend(users.iter().cloned());
                }
                Output::Variable(_) | Output::File(_) => {}
                Output::Assignment(line, range, name) => {
                    let line = &view.lines[line];
                    found.push(Reader {
                        text: line.parsed.text.get(range).unwrap_or_default(),
                        program: Some("="),
                        decides: false,
                    });
                    open.push(Output::Variable(name));
                }
                Output::Test(line, range) => {
                    found.push(Reader::of_test(&view.lines[line], &range));
                }
            }
        }
        found
    }
}

/// Where a text goes.
#[derive(Clone)]
enum Output {
    /// To a command, by its place in the view.
    Command(usize),
    /// Into a variable of the script.
    Variable(String),
    /// Into a file.
    File(String),
    /// Into another variable, by an assignment that is no command; by its line and its place there.
    Assignment(usize, Range<usize>, String),
    /// Into what asks without being a command: `[[ ]]`, the head of a `case`; by its line and its place there.
    Test(usize, Range<usize>),
}

impl Output {
    /// Where the output of a command goes.
    fn of(view: &JobView<'_>, call: &Call) -> Vec<Self> {
        let mut found = Self::beyond(view, call);
        found.extend(next(view, call).map(Self::Command));
        found
    }

    /// Where it goes but for the next command of the pipeline: into files, or to what holds the command by `$( )`.
    fn beyond(view: &JobView<'_>, call: &Call) -> Vec<Self> {
        let mut found = Vec::new();
        let command = call.command();
        let targets = command.redirects.iter().filter(|redirect| {
            matches!(redirect.operator.as_str(), ">" | ">>" | ">|" | "&>" | "&>>")
        });
        let targets = targets.filter_map(|redirect| redirect.target.as_ref());
        let copies = command
            .words
            .iter()
            .skip(1)
            .filter(|_| call.program() == Some("tee"));
        for word in targets.chain(copies) {
            let name = call.raw(word).trim_matches(['"', '\'']);
            if !name.starts_with('-') && !name.starts_with("/dev/") && !name.is_empty() {
                found.push(Self::File(name.to_owned()));
            }
        }
        if !call.is_substituted() {
            return found;
        }
        let line = view.line(call);
        let holds =
            |outer: &Range<usize>| outer.start < command.span.start && command.span.end < outer.end;
        if let Some(assignment) = assignments(line).find(|one| holds(&one.span)) {
            found.push(Self::Variable(assignment.name.clone()));
        }
        let tests = tests(line).into_iter();
        found.extend(
            tests
                .filter(|test| holds(&test.asks))
                .map(|test| Self::Test(call.line, test.whole)),
        );
        let outer = view.calls_in(call.line, &(0..command.span.start));
        let holder = outer
            .rev()
            .find(|index| holds(&view.calls[*index].command().span));
        if let Some(index) = holder {
            let holder = &view.calls[index];
            match declared(holder, &command.span) {
                Some(name) => found.push(Self::Variable(name)),
                None => found.push(Self::Command(index)),
            }
        }
        found
    }
}

/// Whether a command prints what it reads, or a part of it.
fn passes_on(call: &Call) -> bool {
    matches!(
        call.program(),
        Some(
            "echo"
                | "printf"
                | "cat"
                | "tee"
                | "grep"
                | "egrep"
                | "fgrep"
                | "rg"
                | "sed"
                | "awk"
                | "gawk"
                | "cut"
                | "head"
                | "tail"
                | "tr"
                | "sort"
                | "uniq"
                | "jq"
                | "column"
                | "xargs"
                | "ts"
                | "nl"
        )
    )
}

/// The next command of a pipeline.
fn next(view: &JobView<'_>, call: &Call) -> Option<usize> {
    let place = &call.command().context;
    if place.pipeline.0 + 1 >= place.pipeline.1 {
        return None;
    }
    let behind = view.calls_in(call.line, &(call.command().span.end..usize::MAX));
    behind
        .into_iter()
        .take_while(|index| view.calls[*index].command().span.start < place.statement.end)
        .find(|index| {
            let other = &view.calls[*index].command().context;
            other.statement == place.statement
                && other.nesting == place.nesting
                && other.pipeline == (place.pipeline.0 + 1, place.pipeline.1)
        })
}

/// `export X=$(docker ps)`, `local x=$(...)`: the variable.
fn declared(call: &Call, inner: &Range<usize>) -> Option<String> {
    let declares = matches!(
        call.program(),
        Some("export" | "local" | "declare" | "readonly" | "typeset")
    );
    let mut words = call.command().words.iter().filter(|_| declares);
    let word = words.find(|word| word.span.start <= inner.start && inner.end <= word.span.end)?;
    let (name, _) = call.raw(word).split_once('=')?;
    Some(name.to_owned())
}

/// The assignments of a line, those in front of commands included.
fn assignments(line: &LineView) -> impl Iterator<Item = &Assignment> {
    let script = line.parsed.script.as_ref().ok();
    let alone = script.into_iter().flat_map(|script| &script.assignments);
    let commands = script.into_iter().flat_map(|script| &script.commands);
    alone.chain(commands.flat_map(|command| &command.assignments))
}

/// The commands that name a file and do not write it.
fn file_users(view: &JobView<'_>, name: &str) -> Vec<Output> {
    let uses = |call: &Call| {
        let command = call.command();
        let writes = command.redirects.iter().any(|redirect| {
            let mut target = redirect.target.iter();
            redirect.operator.starts_with('>') && target.any(|word| call.raw(word).contains(name))
        });
        let text = call.text().get(command.span.clone()).unwrap_or_default();
        text.contains(name) && !writes && call.program() != Some("tee")
    };
    let calls = view.calls.iter().enumerate();
    calls
        .filter(|(_, call)| uses(call))
        .map(|(index, _)| Output::Command(index))
        .collect()
}

/// The variables that commands and tests name, each with these.
fn variables_named(view: &JobView<'_>) -> HashMap<String, Vec<Output>> {
    let mut found: HashMap<String, Vec<Output>> = HashMap::default();
    for (index, call) in view.calls.iter().enumerate() {
        let text = call.text().get(call.command().span.clone());
        for name in named(text.unwrap_or_default()) {
            let users = found.entry(name.to_owned()).or_default();
            users.push(Output::Command(index));
        }
    }
    for (number, line) in view.lines.iter().enumerate() {
        let script = line.parsed.script.iter();
        for set in script.flat_map(|script| &script.assignments) {
            for name in named(set.value.raw(&line.parsed.text)) {
                let users = found.entry(name.to_owned()).or_default();
                users.push(Output::Assignment(
                    number,
                    set.span.clone(),
                    set.name.clone(),
                ));
            }
        }
        for test in tests(line) {
            let text = line.parsed.text.get(test.asks.clone());
            for name in named(text.unwrap_or_default()) {
                let users = found.entry(name.to_owned()).or_default();
                users.push(Output::Test(number, test.whole.clone()));
            }
        }
    }
    found
}

/// The names behind the dollar signs of a text.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|rest| {
        let rest = rest.trim_start_matches('{');
        let letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let end = rest.find(|one| !letter(one)).unwrap_or(rest.len());
        rest.get(..end).filter(|name| !name.is_empty())
    })
}

/// A test that is no command.
struct Test {
    /// What it asks about.
    asks: Range<usize>,
    /// That, and what it is compared with.
    whole: Range<usize>,
}

/// `[[ ]]` and `case` in a line.
fn tests(line: &LineView) -> Vec<Test> {
    let text = &line.parsed.text;
    let mut found = Vec::new();
    for (start, _) in text.match_indices("[[ ") {
        let length = text[start..].find(" ]]").unwrap_or(text.len() - start);
        let whole = start..start + length;
        found.push(Test {
            asks: whole.clone(),
            whole,
        });
    }
    let compounds = line
        .parsed
        .script
        .iter()
        .flat_map(|script| &script.compounds);
    for compound in compounds.filter(|compound| compound.kind == CompoundKind::Case) {
        let whole = compound.span.clone();
        let bodies = compound.lists.first().map_or(whole.end, |list| list.start);
        let head = text.get(whole.start..bodies).unwrap_or_default();
        let asks = head.find(" in").unwrap_or(head.len());
        found.push(Test {
            asks: whole.start..whole.start + asks,
            whole,
        });
    }
    found
}

impl<'v> Reader<'v> {
    fn of_test(line: &'v LineView, range: &Range<usize>) -> Self {
        Self {
            text: line.parsed.text.get(range.clone()).unwrap_or_default(),
            program: None,
            decides: true,
        }
    }

    fn of(call: &'v Call) -> Self {
        let command = call.command();
        let text = call.text().get(command.span.clone()).unwrap_or_default();
        let program = call.program();
        let inverted = || {
            let mut words = command
                .words
                .iter()
                .filter_map(|word| word.value.as_deref());
            words.any(|word| {
                let short = word.starts_with('-') && !word.starts_with("--") && word.contains('v');
                short || word == "--invert-match"
            })
        };
        let decides = match program {
            Some("grep" | "egrep" | "fgrep" | "zgrep" | "rg") => {
                call.is_read() || !command.context.tolerated && !inverted()
            }
            Some("[" | "test" | "[[" | "expr" | "jq" | "yq" | "read" | "while") => true,
            Some("awk" | "gawk" | "sed" | "cut" | "perl" | "python" | "python3") => call.is_read(),
            _ => false,
        };
        Self {
            text,
            program,
            decides,
        }
    }

    /// Whether it is a program of awk's, which reads columns.
    pub(crate) fn is_awk(&self) -> bool {
        matches!(self.program, Some("awk" | "gawk" | "mawk"))
    }

    /// Whether it takes the text for more than to show it, or to keep it.
    pub(crate) fn looks_at(&self) -> bool {
        !matches!(
            self.program,
            Some(
                "=" | "echo"
                    | "printf"
                    | "cat"
                    | "tee"
                    | "head"
                    | "tail"
                    | "column"
                    | "nl"
                    | "ts"
                    | "sort"
                    | "uniq"
                    | "wc"
                    | "ls"
                    | "rm"
                    | "mv"
                    | "cp"
            )
        )
    }

    /// Whether it takes an image's id for one with `sha256:` in front, and would cut, or compare, another part of a bare one.
    /// `${id#sha256:}`, `sed s/sha256://`, `cut -d: -f2` and `awk -F: '{print $NF}'` leave a bare id as it is.
    pub(crate) fn wants_prefix(&self) -> bool {
        if cuts_by_expansion(self.text) {
            return true;
        }
        let text = self.text.replace(['"', '\'', ' '], "");
        match self.program {
            Some("cut") => {
                let from_start = ["-c1-", "-c-", "-b1-", "-b-", "characters=1-"];
                let by_colon = text.contains("-d:") && !text.contains("-s");
                let behind = ["-f2", "-f2-"].iter().any(|end| text.contains(end));
                !(from_start.iter().any(|one| text.contains(one)) || by_colon && behind)
                    && (text.contains("-c") || text.contains("-b") || text.contains("-d:"))
            }
            Some("awk" | "gawk" | "mawk") => {
                text.contains("substr(") || text.contains("-F:") && !text.contains("$NF")
            }
            Some("tail") => text.contains("-c+"),
            Some("grep" | "egrep" | "fgrep" | "rg") => {
                without_removal(self.text).contains("sha256")
            }
            // ids that are not cut have the prefix in both
            Some("[" | "test" | "expr") | None => {
                self.text.contains("--no-trunc") || without_removal(self.text).contains("sha256")
            }
            _ => false,
        }
    }

    /// Whether it only prints what it reads.
    pub(crate) fn prints(&self) -> bool {
        matches!(self.program, Some("echo" | "printf"))
    }
}

/// `${id:7}`, `${id:7:12}`, `${id%%:*}`, `${#id}`.
fn cuts_by_expansion(text: &str) -> bool {
    text.split("${").skip(1).any(|rest| {
        let name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let after = rest.trim_start_matches(name);
        let offset = after.strip_prefix(':').unwrap_or_default();
        offset.starts_with(|digit: char| ('1'..='9').contains(&digit))
            || after.starts_with("%:")
            || after.starts_with("%%:")
            || rest.starts_with('#')
    })
}

/// A text without `${id#sha256:}` and the like, which take the prefix away where it is.
fn without_removal(text: &str) -> String {
    let text = text.replace("#sha256:", "").replace("/sha256:/", "");
    text.replace("/sha256:", "")
}
