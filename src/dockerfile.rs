//! What a Dockerfile says that matters to the engine that builds it.

mod images;
mod stages;
mod words;

use std::ops::Range;

pub(crate) use stages::Stage;
pub(crate) use words::Word;

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instruction {
    /// `FROM`, `RUN`, ...: in upper case.
    pub keyword: String,
    /// What follows the keyword, continued lines joined by a blank.
    pub rest: String,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// From its keyword to the end of its last line, as bytes of the file; heredocs stand behind it.
    pub span: Range<usize>,
    /// The flags behind the keyword.
    pub flags: Vec<Flag>,
    /// The heredocs that follow it, as bytes of the file.
    pub heredocs: Vec<Range<usize>>,
    /// Where each joined line of `rest` begins: there, and in the file.
    lines: Vec<(usize, usize)>,
    /// Where the first word behind the flags begins in `rest`.
    behind_flags: usize,
}

/// A flag of an instruction: `--mount=type=cache,target=/x`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flag {
    /// With its dashes.
    pub name: String,
    /// What stands behind `=`.
    pub value: Option<String>,
    /// Bytes of the file.
    pub span: Range<usize>,
}

impl Flag {
    /// The options in its value: a name each, and a value if there is one. A mount that names no type is a bind.
    pub(crate) fn options(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let untyped = self.name == "--mount" && !self.written().any(|(name, _)| name == "type");
        let default = untyped.then_some(("type", Some("bind")));
        default.into_iter().chain(self.written())
    }

    /// Whether one of these options is there.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.options().any(|(name, _)| names.contains(&name))
    }

    /// The value of the first of these options that has one.
    pub(crate) fn option(&self, names: &[&str]) -> Option<&str> {
        self.options()
            .find(|(name, value)| value.is_some() && names.contains(name))?
            .1
    }

    fn written(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let parts = self.value.iter().flat_map(|value| value.split(','));
        parts.map(
            |part| match part.trim().trim_matches(['"', '\'']).split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (part.trim(), None),
            },
        )
    }
}

/// A comment in the head that steers how the file is read: `# syntax=docker/dockerfile:1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directive {
    /// In lower case.
    pub name: String,
    /// What stands behind `=`.
    pub value: String,
    /// Bytes of the file.
    pub span: Range<usize>,
}

/// A Dockerfile as a list of instructions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dockerfile {
    /// What steers how it is read.
    pub directives: Vec<Directive>,
    /// In their order.
    pub instructions: Vec<Instruction>,
}

impl Instruction {
    /// What follows the flags.
    pub(crate) fn arguments(&self) -> &str {
        self.rest.get(self.behind_flags..).unwrap_or_default()
    }

    /// The flags of one name.
    pub(crate) fn flags_named<'i>(&'i self, name: &'i str) -> impl Iterator<Item = &'i Flag> {
        self.flags.iter().filter(move |flag| flag.name == name)
    }

    /// The words behind the flags, without their quotes; of a list as in JSON its items.
    pub(crate) fn words(&self) -> Vec<Word> {
        let mut words = words::split(self.arguments());
        for word in &mut words {
            word.span = self.at(word.span.clone());
        }
        words
    }

    /// Where a range of [`Self::arguments`] stands in the file; what is continued in between is part of it.
    pub(crate) fn at(&self, arguments: Range<usize>) -> Range<usize> {
        let range = arguments.start + self.behind_flags..arguments.end + self.behind_flags;
        self.in_file(range)
    }

    /// Where a range of `rest` stands in the file.
    fn in_file(&self, range: Range<usize>) -> Range<usize> {
        let place = |offset: usize| {
            let line = self.lines.partition_point(|(start, _)| *start <= offset);
            let (there, here) = self.lines[..line].last().copied().unwrap_or_default();
            here + (offset - there.min(offset))
        };
        let start = place(range.start);
        let last = place(range.end.saturating_sub(1).max(range.start));
        start..last + usize::from(!range.is_empty())
    }

    /// Takes the flags off its front.
    fn read_flags(&mut self) {
        let mut at = 0;
        loop {
            let rest = self.rest.get(at..).unwrap_or_default();
            let blank = rest.len() - rest.trim_start().len();
            let word = rest.trim_start();
            let word = word.split_whitespace().next().unwrap_or_default();
            at += blank;
            if !word.starts_with("--") || word.len() == 2 {
                break;
            }
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word, None),
            };
            let flag = Flag {
                name: name.to_owned(),
                value,
                span: self.in_file(at..at + word.len()),
            };
            at += word.len();
            self.flags.push(flag);
        }
        self.behind_flags = at;
    }
}

impl Dockerfile {
    /// Reads a Dockerfile; never fails: what is no instruction is passed over.
    pub(crate) fn read(text: &str) -> Self {
        let directives = directives(text);
        let escape = directives
            .iter()
            .find(|directive| directive.name == "escape")
            .and_then(|directive| directive.value.chars().next())
            .unwrap_or('\\');
        let mut instructions: Vec<Instruction> = Vec::new();
        let mut open = false;
        let mut heredocs: Vec<(String, bool)> = Vec::new();
        let mut body = 0;
        let mut next = 0;
        for (index, whole) in text.split_inclusive('\n').enumerate() {
            let begin = next;
            next += whole.len();
            let line = whole.trim_end_matches('\n').trim_end_matches('\r');
            if let Some((end, tabs)) = heredocs.first() {
                let candidate = if *tabs {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                if candidate == end {
                    heredocs.remove(0);
                    if let Some(last) = instructions.last_mut() {
                        last.heredocs.push(body..begin);
                    }
                    body = next;
                }
                continue;
            }
            let mark = if begin == 0 && line.starts_with('\u{feff}') {
                '\u{feff}'.len_utf8()
            } else {
                0
            };
            let line = &line[mark..];
            let trimmed = line.trim();
            if trimmed.starts_with('#') || trimmed.is_empty() {
                continue; // comments and blank lines do not end a continued instruction
            }
            let (content, continued) = match trimmed.strip_suffix(escape) {
                Some(content) => (content.trim_end(), true),
                None => (trimmed, false),
            };
            let start = begin + mark + (line.len() - line.trim_start().len());
            if open {
                if let Some(last) = instructions.last_mut() {
                    last.rest.push(' ');
                    last.lines.push((last.rest.len(), start));
                    last.rest.push_str(content);
                    last.span.end = start + content.len();
                }
            } else if !content.is_empty() {
                let (keyword, rest) = content
                    .split_once(char::is_whitespace)
                    .unwrap_or((content, ""));
                let rest = rest.trim();
                instructions.push(Instruction {
                    keyword: keyword.to_ascii_uppercase(),
                    rest: rest.to_owned(),
                    line: index + 1,
                    span: start..start + content.len(),
                    flags: Vec::new(),
                    heredocs: Vec::new(),
                    lines: vec![(0, start + content.len() - rest.len())],
                    behind_flags: 0,
                });
            }
            open = continued;
            if !open && let Some(last) = instructions.last() {
                heredocs = words::heredoc_ends(&last.keyword, &last.rest);
                body = next;
            }
        }
        instructions.iter_mut().for_each(Instruction::read_flags);
        Self {
            directives,
            instructions,
        }
    }

    /// The first instruction that an image in OCI format loses.
    /// Source: Podman 4.3.1, 5.4.2 and 5.8.6 warn and drop them.
    pub(crate) fn keeps_only_in_docker_format(&self) -> Option<&str> {
        self.instructions
            .iter()
            .map(|instruction| instruction.keyword.as_str())
            .find(|keyword| matches!(*keyword, "HEALTHCHECK" | "ONBUILD" | "SHELL"))
    }
}

/// The comments in the head that steer how the file is read.
fn directives(text: &str) -> Vec<Directive> {
    let mut found = Vec::new();
    let mut next = 0;
    for line in text.split_inclusive('\n') {
        let begin = next;
        next += line.len();
        let trimmed = line.trim_start_matches('\u{feff}').trim();
        let Some(comment) = trimmed.strip_prefix('#') else {
            break;
        };
        let Some((name, value)) = comment.split_once('=') else {
            break;
        };
        let name = name.trim();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            break;
        }
        let start = begin + line.find('#').unwrap_or_default();
        found.push(Directive {
            name: name.to_ascii_lowercase(),
            value: value.trim().to_owned(),
            span: start..start + trimmed.len(),
        });
    }
    found
}

/// Whether an address is that of a repository, which a build clones by git.
pub(crate) fn is_repository(address: &str) -> bool {
    let repository = address.split('#').next().unwrap_or(address);
    let fetched = address.starts_with("https://") || address.starts_with("http://");
    address.starts_with("git@") || fetched && repository.ends_with(".git")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_base_images_but_not_stages() {
        let text = "\u{feff}ARG TAG=3\nFROM --platform=linux/amd64 node:$TAG AS build\nRUN a \\\n # note\n b\nFROM scratch\nCOPY --from=build /a /b\nCOPY --from=busybox:1 /c /d\nRUN --mount=from=xx,target=/x true\nCOPY --from=made a b\n";
        assert_eq!(
            Dockerfile::read(text).base_images(&["made".to_owned()], &[]),
            ["node:3", "busybox:1", "xx"]
        );
    }

    #[test]
    fn a_heredoc_holds_no_instructions() {
        let text = "FROM a\nRUN cat <<EOF > /x\nHEALTHCHECK NONE\n\nEOF\n\n# b\nCMD x\n";
        let file = Dockerfile::read(text);
        assert_eq!(file.keeps_only_in_docker_format(), None);
        assert_eq!(file.instructions.len(), 3);
        assert_eq!(file.instructions[1].heredocs.len(), 1);
    }

    #[test]
    fn every_part_knows_its_bytes() {
        let text = "\u{feff}# syntax=docker/dockerfile:1\r\nFROM a\r\nRUN --mount=type=cache,target=/x \\\r\n  # note\r\n  --network=none cmd <<A <<B\r\n1\r\nA\r\n2\r\nB\r\nCOPY --from=a b c";
        let file = Dockerfile::read(text);
        let at = |span: &Range<usize>| &text[span.clone()];
        assert_eq!(at(&file.directives[0].span), "# syntax=docker/dockerfile:1");
        let [from, run, copy] = &file.instructions[..] else {
            panic!("{file:?}");
        };
        assert_eq!((at(&from.span), from.line), ("FROM a", 2));
        let flags: Vec<&str> = run.flags.iter().map(|flag| at(&flag.span)).collect();
        assert_eq!(flags, ["--mount=type=cache,target=/x", "--network=none"]);
        let options: Vec<_> = run.flags[0].options().collect();
        assert_eq!(options, [("type", Some("cache")), ("target", Some("/x"))]);
        assert_eq!(run.arguments(), "cmd <<A <<B");
        assert_eq!(at(&run.at(0..3)), "cmd");
        let bodies: Vec<&str> = run.heredocs.iter().map(at).collect();
        assert_eq!(bodies, ["1\r\n", "2\r\n"]);
        assert_eq!(at(&copy.span), "COPY --from=a b c");
        assert_eq!(at(&copy.at(2..3)), "c");
    }

    #[test]
    fn sees_what_needs_the_docker_format() {
        assert_eq!(
            Dockerfile::read("from a\nhealthcheck CMD x").keeps_only_in_docker_format(),
            Some("HEALTHCHECK")
        );
    }
}
