//! A docker command taken apart by its own table: subcommand, flags, operands.

use std::ops::Range;

use crate::image_name::Expanded;
use crate::providers::github::{expression, matrix};
use crate::rules::{CommandRule, FlagRule};
use crate::shell::{self, Argument, ArgumentKind, Options, Word};
use crate::text::Location;

use super::context::{Call, JobView};
use super::text::unquoted;

/// A docker command with its parts.
pub(crate) struct DockerCall<'a> {
    /// The job.
    pub view: &'a JobView<'a>,
    /// The command as it stands in its script.
    pub call: &'a Call,
    /// What the tables say of it.
    pub rule: &'a CommandRule,
    /// The words of the subcommand, as indexes into the command's words.
    pub subcommand: Range<usize>,
    /// Global flags in front of the subcommand.
    pub globals: Vec<Argument>,
    /// Flags between the words of the subcommand: `buildx --builder x build`.
    pub between: Vec<Argument>,
    /// What follows the subcommand.
    pub arguments: Vec<Argument>,
    /// The flags among the arguments that the tables know.
    flags: Vec<Flag<'a>>,
}

/// Why a command cannot be taken apart.
pub(crate) enum Unclear {
    /// A word that the shell makes up when it runs stands where the subcommand should be.
    Subcommand,
    /// The tables do not know it.
    Unknown(String),
    /// No subcommand at all: `docker`, `docker --version`.
    Bare,
}

/// The flags of a command in a job, whose variables tell what some words are.
struct FlagTable<'a>(Option<&'a CommandRule>, &'a JobView<'a>);

impl Options for FlagTable<'_> {
    fn takes_value(&self, flag: &str) -> Option<bool> {
        self.0?.flag(flag).map(|flag| flag.takes_value)
    }

    fn is_operand(&self, word: &str) -> bool {
        if image_of_step(word) {
            return true;
        }
        let text = match expression::variable(word) {
            Some(name) => {
                let variable = self.1.job.variables.get(name);
                variable.and_then(|it| it.value.clone().filter(|_| !it.varies))
            }
            None => Some(self.1.expand(&unquoted(word)))
                .filter(|it| !it.unknown)
                .map(|it| it.text),
        };
        let one = |text: &str| {
            !text.is_empty() && !text.contains(char::is_whitespace) && !text.starts_with('-')
        };
        text.is_some_and(|text| !text.contains('$') && one(&text))
            || self.is_one_of_matrix(word, one)
    }
}

impl FlagTable<'_> {
    /// Whether a word is a value of the matrix, and each of them would be one word.
    fn is_one_of_matrix(&self, word: &str, one: impl Fn(&str) -> bool) -> bool {
        let (view, word) = (self.1, unquoted(word));
        let Some(job) = view.job.own.filter(|_| word.contains("matrix.")) else {
            return false;
        };
        let documents = view.context.documents;
        matrix::always_gives(documents, job, &word)
            && matrix::values(documents, job, &word)
                .is_some_and(|values| values.iter().all(|value| one(value)))
    }
}

/// `${{ steps.build.outputs.imageid }}`: an image that a step of the workflow built.
pub(crate) fn image_of_step(word: &str) -> bool {
    let output = expression::whole(word)
        .and_then(|inner| inner.strip_prefix("steps."))
        .and_then(|rest| rest.split_once(".outputs."));
    output.is_some_and(|(_, name)| matches!(name, "imageid" | "digest"))
}

impl<'a> DockerCall<'a> {
    /// Takes a call of docker apart.
    pub(crate) fn new(view: &'a JobView<'a>, call: &'a Call) -> Result<Self, Unclear> {
        let rules = view.context.rules;
        let words = &call.command().words;
        let text = call.text();
        // `docker-compose` says by its own name what is a subcommand elsewhere, and has none of docker's flags
        let implied = (call.program() == Some("docker-compose")).then_some("compose");
        let behind = words.get(1..).unwrap_or_default();
        let globals = match implied {
            Some(_) => Vec::new(),
            None => shell::leading(text, behind, &FlagTable(rules.global_flags(), view)),
        };
        let first = globals
            .iter()
            .find(|argument| matches!(argument.kind, ArgumentKind::Operand | ArgumentKind::Opaque));
        let start = match first {
            Some(first) if matches!(first.kind, ArgumentKind::Opaque) => {
                return Err(Unclear::Subcommand);
            }
            Some(first) => first.words.start + 1,
            None if implied.is_some() => 1,
            None => return Err(Unclear::Bare),
        };
        let written = words.get(start..).unwrap_or_default().iter();
        let written = written.map_while(|word| word.value.as_deref());
        let names: Vec<&str> = implied.into_iter().chain(written).collect();
        let implied = usize::from(implied.is_some());
        if names.is_empty() {
            return Err(Unclear::Subcommand);
        }
        let unknown = |names: &[&str]| {
            Unclear::Unknown(names.iter().take(2).copied().collect::<Vec<_>>().join(" "))
        };
        let Some((mut rule, named)) = rules.command(&names) else {
            return Err(unknown(&names));
        };
        let mut taken = named - implied;
        let mut between = Vec::new();
        if rule.group {
            // flags of the group stand before its command: `compose -f x up`
            let rest = words.get(start + taken..).unwrap_or_default();
            let flags = shell::leading(text, rest, &FlagTable(Some(rule), view));
            let operand = flags.iter().find(|argument| {
                matches!(argument.kind, ArgumentKind::Operand | ArgumentKind::Opaque)
            });
            let Some(operand) = operand else {
                return Err(Unclear::Bare);
            };
            let at = start + taken + operand.words.start;
            let mut inner: Vec<&str> = names[..named].to_vec();
            inner.extend(words[at..].iter().map_while(|word| word.value.as_deref()));
            let Some((command, words)) = rules.command(&inner) else {
                return Err(unknown(&inner));
            };
            if command.group || words <= named {
                return Err(Unclear::Subcommand);
            }
            between = flags
                .into_iter()
                .take_while(|argument| start + taken + argument.words.start < at)
                .collect();
            for argument in &mut between {
                shift(argument, start + taken);
            }
            taken = at - start + words - named;
            rule = command;
        }
        let globals = globals
            .into_iter()
            .take_while(|argument| argument.words.start + 1 < start)
            .collect();
        let rest = words.get(start + taken..).unwrap_or_default();
        let mut arguments = shell::arguments(
            text,
            rest,
            &FlagTable(Some(rule), view),
            !rule.options_end_at_operand,
        );
        for argument in &mut arguments {
            shift(argument, start + taken);
        }
        let flags = arguments.iter();
        let flags = flags.filter_map(|argument| Flag::of(argument, rule, words));
        Ok(Self {
            view,
            call,
            rule,
            subcommand: start..start + taken,
            globals,
            between,
            flags: flags.collect(),
            arguments,
        })
    }

    /// The command's words.
    pub(crate) fn words(&self) -> &'a [Word] {
        &self.call.command().words
    }

    /// The flags, each with its rule, how it is written, and the range of its value in the script.
    pub(crate) fn flags(&self) -> impl Iterator<Item = &Flag<'a>> {
        self.flags.iter()
    }

    /// The flags of one name.
    pub(crate) fn flags_named(&self, name: &str) -> impl Iterator<Item = &Flag<'a>> {
        self.flags().filter(move |flag| flag.rule.name == name)
    }

    /// Whether a switch is on: given, and not given as `=false`.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.flags_named(name).last().is_some_and(|flag| {
            // what Docker's own reader of flags takes for no
            let off = ["false", "False", "FALSE", "f", "F", "0"];
            self.value(flag)
                .is_none_or(|value| !off.contains(&value.text.as_str()))
        })
    }

    /// The flags between `docker` and its command.
    pub(crate) fn global_flags(&self) -> impl Iterator<Item = Flag<'a>> {
        let table = self.view.context.rules.global_flags();
        let words = self.words();
        self.globals.iter().filter_map(move |argument| {
            let mut argument = argument.clone();
            shift(&mut argument, 1); // the globals count from the word behind `docker`
            Flag::of(&argument, table?, words)
        })
    }

    /// The flags that stand in front of the subcommand and belong to its group: `compose --file x up`.
    pub(crate) fn flags_between(&self) -> impl Iterator<Item = Flag<'a>> {
        let group = self.rule.name.split(' ').next().unwrap_or_default();
        let table = self.view.context.rules.command(&[group]);
        let words = self.words();
        let between = self.between.iter();
        between.filter_map(move |argument| Flag::of(argument, table?.0, words))
    }

    /// The values of such a flag, with the job's variables put in.
    pub(crate) fn values_between(&self, name: &str) -> Vec<Expanded> {
        let flags = self.flags_between().filter(|flag| flag.rule.name == name);
        flags.filter_map(|flag| self.value(&flag)).collect()
    }

    /// The operands, as indexes into the words.
    pub(crate) fn operands(&self) -> Vec<usize> {
        self.arguments
            .iter()
            .filter(|argument| {
                matches!(argument.kind, ArgumentKind::Operand | ArgumentKind::Opaque)
            })
            .map(|argument| argument.words.start)
            .collect()
    }

    /// A flag's value as it is written, quotes and all.
    pub(crate) fn raw_value(&self, flag: &Flag<'_>) -> Option<&'a str> {
        flag.value.clone().map(|range| &self.call.text()[range])
    }

    /// A flag's value without quotes, with the job's variables put in.
    pub(crate) fn value(&self, flag: &Flag<'_>) -> Option<Expanded> {
        let raw = self.raw_value(flag)?;
        Some(self.view.expand(&unquoted(raw)))
    }

    /// What a variable holds: that of the step which the command was written for, else the job's, if that is one text.
    pub(crate) fn variable(&self, name: &str) -> Option<&'a str> {
        let list = self.view.line(self.call).item.map(|(list, _)| list);
        let actions = self.view.job.actions.iter();
        let mut written = actions.filter_map(|action| action.commands.as_ref());
        let own = written.find(|commands| commands.lists().any(|own| Some(own) == list));
        let mut own = own.iter().flat_map(|commands| &commands.variables);
        if let Some((_, text)) = own.find(|(known, _)| known == name) {
            return Some(text);
        }
        let variable = self.view.job.variables.get(name)?;
        variable.value.as_deref().filter(|_| !variable.varies)
    }

    /// A flag as it is written: its name alone, or name and value.
    pub(crate) fn written(&self, flag: &Flag<'_>) -> &'a str {
        let range = self.range(&flag.words);
        self.call.text().get(range).unwrap_or_default()
    }

    /// A word without quotes, with the job's variables put in.
    pub(crate) fn text_of(&self, word: usize) -> Expanded {
        self.view.expand_word(self.call, &self.words()[word])
    }

    /// Where the command stands.
    pub(crate) fn at(&self) -> Location {
        self.view.at_command(self.call)
    }

    /// Where some of its words stand.
    pub(crate) fn at_words(&self, words: &Range<usize>) -> Location {
        self.view.at(self.call, self.range(words))
    }

    /// Some of its words as a range of the script.
    pub(crate) fn range(&self, words: &Range<usize>) -> Range<usize> {
        self.words()[words.start].span.start..self.words()[words.end - 1].span.end
    }

    /// Some of its words with the blank (or continued line) in front of them.
    pub(crate) fn range_with_gap(&self, words: &Range<usize>) -> Range<usize> {
        self.words()[words.start - 1].span.end..self.words()[words.end - 1].span.end
    }
}

/// The commands that a pipeline hands a command's output to, in their order.
pub(crate) fn behind<'b>(docker: &'b DockerCall<'_>) -> impl Iterator<Item = &'b Call> {
    let (view, context) = (docker.view, &docker.call.command().context);
    let end = docker.call.command().span.end;
    let later = view.calls_in(docker.call.line, &(end..context.statement.end));
    let later = view.calls.get(later).unwrap_or_default().iter();
    let same = later.filter(move |call| {
        let other = &call.command().context;
        other.statement == context.statement
            && other.nesting == context.nesting
            && other.pipeline.1 == context.pipeline.1
    });
    let expected = context.pipeline.0 + 1..context.pipeline.1;
    same.zip(expected)
        .take_while(|(call, number)| call.command().context.pipeline.0 == *number)
        .map(|(call, _)| call)
}

/// Moves an argument's words behind others.
fn shift(argument: &mut Argument, by: usize) {
    argument.words = argument.words.start + by..argument.words.end + by;
    if let ArgumentKind::Flag {
        value: Some(value), ..
    } = &mut argument.kind
    {
        value.word += by;
    }
}

/// A flag of a docker command.
pub(crate) struct Flag<'a> {
    /// What the tables say of it.
    pub rule: &'a FlagRule,
    /// Its words, value included, as indexes into the command's words.
    pub words: Range<usize>,
    /// Where its value stands in the script.
    pub value: Option<Range<usize>>,
    /// Whether it is one letter of several: `-it`.
    pub clustered: bool,
}

impl<'a> Flag<'a> {
    /// An argument as a flag that the command's table knows.
    fn of(argument: &Argument, rule: &'a CommandRule, words: &[Word]) -> Option<Self> {
        let ArgumentKind::Flag {
            name,
            value,
            cluster,
        } = &argument.kind
        else {
            return None;
        };
        let value = value.as_ref().map(|value| {
            let span = &words[value.word].span;
            span.start + value.offset..span.end
        });
        Some(Self {
            rule: rule.flag(name)?,
            words: argument.words.clone(),
            value,
            clustered: cluster.is_some(),
        })
    }
}
