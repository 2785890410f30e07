//! A command's arguments by the rules of Docker's flag library: `--flag=value`, `--flag value`, `-tvalue`, `-it`, `--`.

use std::borrow::Cow;
use std::ops::Range;

use super::{Part, Word};

/// The flags of one command.
pub trait Options {
    /// Whether a flag (`--tag`, `-t`) takes a value; nothing when the command does not know it.
    fn takes_value(&self, flag: &str) -> Option<bool>;

    /// Whether a word that is all expansion, given as it is written, is known to be one operand.
    fn is_operand(&self, _word: &str) -> bool {
        false
    }
}

/// One argument: a flag with its value, or an operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its words, as indexes into the given ones. The flags of a cluster (`-it`) share one.
    pub words: Range<usize>,
    /// What it is.
    pub kind: ArgumentKind,
}

/// What an argument is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// A flag that the command knows.
    Flag {
        /// As it is written: `--tag` or `-t`.
        name: String,
        /// Its value, if one is given.
        value: Option<Value>,
        /// Its position, where several short flags share a word (`-it`).
        cluster: Option<usize>,
    },
    /// A flag that the command does not know. Whether the next word is its value cannot be said.
    Unknown {
        /// As it is written, without a value behind `=`.
        name: String,
    },
    /// `--`
    Terminator,
    /// Anything else.
    Operand,
    /// An expansion that could be flags, operands, both or nothing: `$ARGS`, `"${ARGS[@]}"`.
    Opaque,
}

/// Where the value of a flag is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// The word, as an index into the given ones.
    pub word: usize,
    /// The byte of the word's raw text at which it begins: 0 when it has the word to itself.
    pub offset: usize,
}

/// Tells flags from operands. `words` are those behind the command's name; with `interspersed`, flags may follow operands.
pub fn arguments(
    text: &str,
    words: &[Word],
    options: &dyn Options,
    interspersed: bool,
) -> Vec<Argument> {
    let reach = if interspersed {
        Reach::All
    } else {
        Reach::ToOperands
    };
    read(text, words, options, reach)
}

/// The flags in front of the first operand (or of what could be one), and that.
pub fn leading(text: &str, words: &[Word], options: &dyn Options) -> Vec<Argument> {
    read(text, words, options, Reach::ToFirst)
}

/// How far flags are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Operands may stand between them.
    All,
    /// Behind the first operand all are operands.
    ToOperands,
    /// Nothing is read behind the first operand.
    ToFirst,
}

fn read(text: &str, words: &[Word], options: &dyn Options, reach: Reach) -> Vec<Argument> {
    let mut found = match reach {
        Reach::ToFirst => Vec::new(),
        _ => Vec::with_capacity(words.len()),
    };
    let mut flags = true;
    let mut index = 0;
    while let Some(word) = words.get(index) {
        let last = found.last().map(|argument: &Argument| &argument.kind);
        if reach == Reach::ToFirst
            && matches!(last, Some(ArgumentKind::Operand | ArgumentKind::Opaque))
        {
            break;
        }
        let here = index..index + 1;
        let mut push = |words: Range<usize>, kind| found.push(Argument { words, kind });
        index += 1;
        let opaque = flags && could_be_flags(text, word) && !options.is_operand(word.raw(text));
        if opaque {
            push(here, ArgumentKind::Opaque);
            // Behind an expansion that may have been the first operand, nothing is known; what looks like a flag is read
            // as one.
            continue;
        }
        let written = match flags && could_be_flag(word) {
            true => written(word),
            false => Cow::Borrowed(""),
        };
        if !written.starts_with('-') || written == "-" {
            push(here, ArgumentKind::Operand);
            flags &= reach == Reach::All;
        } else if written == "--" && word.value.is_some() {
            push(here, ArgumentKind::Terminator);
            flags = false;
        } else if written.starts_with("--") {
            let (name, value) = match written.split_once('=') {
                Some((name, _)) => (name, Some(name.len() + 1)),
                // The rest of the name is in an expansion.
                None if word.value.is_none() => {
                    push(
                        here,
                        ArgumentKind::Unknown {
                            name: written.into_owned(),
                        },
                    );
                    continue;
                }
                None => (&*written, None),
            };
            let name_owned = name.to_owned();
            match (options.takes_value(name), value) {
                (None, _) => push(here, ArgumentKind::Unknown { name: name_owned }),
                (Some(_), Some(offset)) => {
                    let value = Some(Value {
                        word: here.start,
                        offset: source_offset(word, offset),
                    });
                    push(here, flag(name_owned, value, None));
                }
                (Some(false), None) => push(here, flag(name_owned, None, None)),
                (Some(true), None) => {
                    let (end, value) = following(words, index);
                    index = end;
                    push(here.start..end, flag(name_owned, value, None));
                }
            }
        } else {
            for (position, (at, letter)) in written.char_indices().skip(1).enumerate() {
                let name = format!("-{letter}");
                let rest = at + letter.len_utf8();
                let last = rest == written.len() && word.value.is_some();
                let assigned = written
                    .get(rest..)
                    .is_some_and(|rest| rest.starts_with('='));
                let attached = Value {
                    word: here.start,
                    offset: source_offset(word, rest + usize::from(assigned)),
                };
                let takes = options.takes_value(&name);
                // A flag with its value attached has the word to itself.
                let alone = last || assigned || takes == Some(true);
                let cluster = (position > 0 || !alone).then_some(position);
                match takes {
                    None => {
                        push(here.clone(), ArgumentKind::Unknown { name });
                        break;
                    }
                    Some(true) if last => {
                        let (end, value) = following(words, index);
                        index = end;
                        push(here.start..end, flag(name, value, cluster));
                    }
                    Some(_) if assigned => {
                        push(here.clone(), flag(name, Some(attached), cluster));
                        break;
                    }
                    Some(true) => {
                        push(here.clone(), flag(name, Some(attached), cluster));
                        break;
                    }
                    Some(false) => push(here.clone(), flag(name, None, cluster)),
                }
            }
        }
    }
    found
}

fn flag(name: String, value: Option<Value>, cluster: Option<usize>) -> ArgumentKind {
    ArgumentKind::Flag {
        name,
        value,
        cluster,
    }
}

/// The next word as a value, if there is one, and the index behind it.
fn following(words: &[Word], index: usize) -> (usize, Option<Value>) {
    match words.get(index) {
        Some(_) => (
            index + 1,
            Some(Value {
                word: index,
                offset: 0,
            }),
        ),
        None => (index, None),
    }
}

/// Whether the text of a word may begin with a dash.
fn could_be_flag(word: &Word) -> bool {
    match word.parts.first() {
        Some(Part::Literal(_, text)) => text.is_empty() || text.starts_with('-'),
        _ => false,
    }
}

/// The literal parts of a word before the first expansion, each with the byte of the source at which it begins.
fn literals(word: &Word) -> impl Iterator<Item = (usize, &str)> {
    word.parts.iter().map_while(|part| match part {
        Part::Literal(range, text) => Some((range.start, text.as_str())),
        _ => None,
    })
}

/// The text before the first expansion, without quotes.
fn written(word: &Word) -> Cow<'_, str> {
    let mut literals = literals(word).map(|(_, text)| text);
    let first = literals.next().unwrap_or_default();
    match literals.next() {
        Some(second) => {
            let more: String = literals.collect();
            format!("{first}{second}{more}").into()
        }
        None => first.into(),
    }
}

/// The byte of the raw word at which a byte of its written text stands. At the end of what is literal that is where the
/// expansion, with the quote before it, begins.
fn source_offset(word: &Word, offset: usize) -> usize {
    let (mut at, mut found) = (0, 0);
    for (source, text) in literals(word) {
        if at >= offset {
            break;
        }
        found = (source + (offset - at)).saturating_sub(word.span.start);
        at += text.len();
    }
    found
}

/// Whether an expansion that makes up a whole word could be several words or a flag.
fn could_be_flags(text: &str, word: &Word) -> bool {
    let raw = word.raw(text);
    if word.parts.is_empty()
        || word
            .parts
            .iter()
            .any(|part| matches!(part, Part::Literal(..)))
    {
        return false;
    }
    let unquoted = word
        .parts
        .first()
        .is_some_and(|part| part.range().start == word.span.start);
    unquoted || raw.contains("[@]") || raw.contains("$@") || raw.contains("${@")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::parse;

    /// `docker run`, as far as these tests need it.
    struct Run;

    impl Options for Run {
        fn takes_value(&self, flag: &str) -> Option<bool> {
            match flag {
                "--tag" | "-t" | "-p" | "-v" | "-e" => Some(true),
                "--rm" | "-i" | "-d" | "-q" => Some(false),
                _ => None,
            }
        }
    }

    /// One line an argument: what it is, and its value as written from where it begins.
    fn check(script: &str, interspersed: bool, expected: &[&str]) {
        let parsed = parse(script).unwrap();
        let words = &parsed.commands[0].words[1..];
        let mut lines = Vec::new();
        for argument in arguments(script, words, &Run, interspersed) {
            let raw = words[argument.words.start].raw(script);
            lines.push(match argument.kind {
                ArgumentKind::Flag {
                    name,
                    value,
                    cluster,
                } => {
                    let value = value.map(|value| &words[value.word].raw(script)[value.offset..]);
                    let value = value.map(|value| format!("={value}")).unwrap_or_default();
                    let cluster = cluster.map(|at| format!("#{at}")).unwrap_or_default();
                    format!("{name}{cluster}{value}")
                }
                ArgumentKind::Unknown { name } => format!("unknown {name}"),
                ArgumentKind::Terminator => "--".to_owned(),
                ArgumentKind::Operand => format!("operand {raw}"),
                ArgumentKind::Opaque => format!("opaque {raw}"),
            });
        }
        assert_eq!(lines, expected, "{script:?}");
    }

    #[test]
    fn flags_take_values_in_every_notation() {
        check("d --tag=x y", true, &["--tag=x", "operand y"]);
        check("d --tag x y", true, &["--tag=x", "operand y"]);
        check("d --tag=\"$A\" y", true, &["--tag=\"$A\"", "operand y"]);
        check("d --tag= y", true, &["--tag=", "operand y"]);
        check("d --rm y", true, &["--rm", "operand y"]);
        check("d --rm=true y", true, &["--rm=true", "operand y"]);
        check("d -t x y", true, &["-t=x", "operand y"]);
        check("d -tx y", true, &["-t=x", "operand y"]);
        check("d -p=8080:80 y", true, &["-p=8080:80", "operand y"]);
        check("d -p8080:80 y", true, &["-p=8080:80", "operand y"]);
        check("d -di y", true, &["-d#0", "-i#1", "operand y"]);
        check("d -it x y", true, &["-i#0", "-t#1=x", "operand y"]);
        check("d -itx y", true, &["-i#0", "-t#1=x", "operand y"]);
        check("d -t$X y", true, &["-t=$X", "operand y"]);
        check("d -t\"$X\" y", true, &["-t=\"$X\"", "operand y"]);
        check("d '-t' x", true, &["-t=x"]);
        check("d -t", true, &["-t"]);
    }

    #[test]
    fn operands_end_flags_where_they_do() {
        check("d x -t y", true, &["operand x", "-t=y"]);
        check(
            "d -i x -t y",
            false,
            &["-i", "operand x", "operand -t", "operand y"],
        );
        check("d -- -t y", true, &["--", "operand -t", "operand y"]);
        check("d - x", true, &["operand -", "operand x"]);
        check("d \"\" x", true, &["operand \"\"", "operand x"]);
    }

    #[test]
    fn what_is_not_known_is_said() {
        check("d --new x", true, &["unknown --new", "operand x"]);
        check("d --new=x", true, &["unknown --new"]);
        check("d -iz x", true, &["-i#0", "unknown -z", "operand x"]);
        check("d --$X y", true, &["unknown --", "operand y"]);
        check(
            "d $ARGS \"${ARGS[@]}\" \"$X\" $X/y",
            true,
            &[
                "opaque $ARGS",
                "opaque \"${ARGS[@]}\"",
                "operand \"$X\"",
                "operand $X/y",
            ],
        );
        check(
            "d ${X:+--rm} ${{ a }} y",
            false,
            &["opaque ${X:+--rm}", "opaque ${{ a }}", "operand y"],
        );
        check("d -t $X $(a)", true, &["-t=$X", "opaque $(a)"]);
    }
}
