//! What a Dockerfile says that matters to the engine that builds it.

/// One instruction: its keyword in upper case, what follows it, and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// `FROM`, `RUN`, ...
    pub keyword: String,
    /// The rest, continued lines joined by a blank.
    pub rest: String,
    /// The line on which it begins, from 1.
    pub line: usize,
}

/// A Dockerfile as a list of instructions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    /// In their order.
    pub instructions: Vec<Instruction>,
}

impl Dockerfile {
    /// Reads a Dockerfile; never fails: what is no instruction is passed over.
    pub fn read(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let escape = escape_directive(text);
        let mut instructions: Vec<Instruction> = Vec::new();
        let mut open = false;
        let mut heredocs: Vec<(String, bool)> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if let Some((end, tabs)) = heredocs.first() {
                let candidate = if *tabs {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                if candidate == end {
                    heredocs.remove(0);
                }
                continue;
            }
            let trimmed = line.trim();
            if trimmed.starts_with('#') || (trimmed.is_empty() && open) {
                continue; // comments and blank lines do not end a continued instruction
            }
            let (content, continued) = match trimmed.strip_suffix(escape) {
                Some(content) => (content.trim_end(), true),
                None => (trimmed, false),
            };
            if open {
                if let Some(last) = instructions.last_mut() {
                    last.rest.push(' ');
                    last.rest.push_str(content);
                }
            } else if !content.is_empty() {
                let (keyword, rest) = content
                    .split_once(char::is_whitespace)
                    .unwrap_or((content, ""));
                instructions.push(Instruction {
                    keyword: keyword.to_ascii_uppercase(),
                    rest: rest.trim().to_owned(),
                    line: index + 1,
                });
            }
            open = continued;
            if !open && let Some(last) = instructions.last() {
                heredocs = heredoc_ends(last);
            }
        }
        Self { instructions }
    }

    /// The images that the stages build on, stage names left out, arguments put in as far as they have defaults.
    pub fn base_images(&self) -> Vec<String> {
        let mut arguments: Vec<(String, String)> = Vec::new();
        let mut stages: Vec<String> = Vec::new();
        let mut images = Vec::new();
        for instruction in &self.instructions {
            match instruction.keyword.as_str() {
                "ARG" if stages.is_empty() && images.is_empty() => {
                    if let Some((name, value)) = instruction.rest.split_once('=') {
                        arguments.push((
                            name.trim().to_owned(),
                            value.trim().trim_matches(['"', '\'']).to_owned(),
                        ));
                    }
                }
                "FROM" => {
                    let mut words = instruction
                        .rest
                        .split_whitespace()
                        .filter(|word| !word.starts_with("--"));
                    let Some(image) = words.next() else { continue };
                    let image = fill(image, &arguments);
                    let is_stage = stages
                        .iter()
                        .any(|stage| stage.eq_ignore_ascii_case(&image));
                    if !is_stage && image != "scratch" {
                        images.push(image);
                    }
                    if words
                        .next()
                        .is_some_and(|word| word.eq_ignore_ascii_case("as"))
                        && let Some(name) = words.next()
                    {
                        stages.push(name.to_owned());
                    }
                }
                "COPY" => {
                    let from = instruction
                        .rest
                        .split_whitespace()
                        .find_map(|word| word.strip_prefix("--from="));
                    if let Some(from) = from {
                        let from = fill(from, &arguments);
                        let known = stages.iter().any(|stage| stage.eq_ignore_ascii_case(&from))
                            || from.bytes().all(|byte| byte.is_ascii_digit());
                        if !known {
                            images.push(from);
                        }
                    }
                }
                _ => {}
            }
        }
        images
    }

    /// The first instruction that an image in OCI format loses.
    /// Source: Podman 4.3.1, 5.4.2 and 5.8.6 warn and drop them.
    pub fn keeps_only_in_docker_format(&self) -> Option<&str> {
        self.instructions
            .iter()
            .map(|instruction| instruction.keyword.as_str())
            .find(|keyword| matches!(*keyword, "HEALTHCHECK" | "ONBUILD" | "SHELL"))
    }
}

/// The character that continues a line: a backslash, or what `# escape=` says in the head.
fn escape_directive(text: &str) -> char {
    for line in text.lines() {
        let Some(comment) = line.trim().strip_prefix('#') else {
            break;
        };
        let Some((name, value)) = comment.split_once('=') else {
            break;
        };
        if name.trim().eq_ignore_ascii_case("escape") {
            return value.trim().chars().next().unwrap_or('\\');
        }
    }
    '\\'
}

/// The words that end the heredocs of an instruction, and whether tabs in front of them count.
fn heredoc_ends(instruction: &Instruction) -> Vec<(String, bool)> {
    if !matches!(instruction.keyword.as_str(), "RUN" | "COPY" | "ADD") {
        return Vec::new();
    }
    let mut ends = Vec::new();
    let mut rest = instruction.rest.as_str();
    while let Some(at) = rest.find("<<") {
        let after = &rest[at + 2..];
        if after.starts_with('<') {
            rest = after.trim_start_matches('<');
            continue;
        }
        let (after, tabs) = match after.strip_prefix('-') {
            Some(after) => (after, true),
            None => (after, false),
        };
        let word: String = after
            .trim_start_matches(['"', '\''])
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
            .collect();
        if !word.is_empty() {
            ends.push((word, tabs));
        }
        rest = after;
    }
    ends
}

/// Puts the defaults of arguments into a name.
fn fill(text: &str, arguments: &[(String, String)]) -> String {
    let mut text = text.trim_matches(['"', '\'']).to_owned();
    for (name, value) in arguments.iter().rev() {
        text = text.replace(&format!("${{{name}}}"), value);
        if text.ends_with(&format!("${name}"))
            || text.contains(&format!("${name}:"))
            || text.contains(&format!("${name}/"))
        {
            text = text.replacen(&format!("${name}"), value, 1);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_base_images_but_not_stages() {
        let text = "\u{feff}ARG TAG=3\nFROM --platform=linux/amd64 node:$TAG AS build\nRUN a \\\n # note\n b\nFROM scratch\nCOPY --from=build /a /b\nCOPY --from=busybox:1 /c /d\n";
        assert_eq!(
            Dockerfile::read(text).base_images(),
            ["node:3", "busybox:1"]
        );
    }

    #[test]
    fn a_heredoc_holds_no_instructions() {
        let text = "FROM a\nRUN cat <<EOF > /x\nHEALTHCHECK NONE\nEOF\nCMD x\n";
        let file = Dockerfile::read(text);
        assert_eq!(file.keeps_only_in_docker_format(), None);
        assert_eq!(file.instructions.len(), 3);
    }

    #[test]
    fn sees_what_needs_the_docker_format() {
        assert_eq!(
            Dockerfile::read("from a\nhealthcheck CMD x").keeps_only_in_docker_format(),
            Some("HEALTHCHECK")
        );
    }
}
