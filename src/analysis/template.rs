//! The fields that a Go template names, from the root of what it is given.

/// One field that a template asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The field from the root, with `*` for one of several: `.Mounts.*.Source`; `.` for all of it.
    pub path: String,
    /// The field as it is written: `.Source`.
    pub written: String,
    /// Whether nothing but the field stands between the braces.
    pub alone: bool,
}

/// The fields of a template; nothing if it cannot be read.
pub(crate) fn asked(template: &str) -> Option<Vec<Asked>> {
    let mut reader = Reader {
        asked: Vec::new(),
        scopes: vec![String::new()],
        variables: vec![("$".to_owned(), String::new())],
    };
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        let inner = rest.get(start + 2..)?;
        let end = end_of_action(inner)?;
        reader.action(inner.get(..end)?)?;
        rest = inner.get(end + 2..)?;
    }
    Some(reader.asked)
}

/// Where an action ends: at `}}` outside of a text.
fn end_of_action(inner: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, letter) in inner.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some('"') if letter == '\\' => escaped = true,
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if matches!(letter, '"' | '`') => quote = Some(letter),
            None if inner.get(at..)?.starts_with("}}") => return Some(at),
            None => {}
        }
    }
    None
}

/// A piece of an action.
#[derive(Clone, Debug, PartialEq)]
enum Token<'t> {
    Field(&'t str),
    Variable(&'t str),
    Name(&'t str),
    Literal,
    Open,
    Close,
    Pipe,
    Define,
    Comma,
}

fn tokens(action: &str) -> Option<Vec<Token<'_>>> {
    let mut found = Vec::new();
    let mut rest = action.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |from: usize| {
            let tail = rest.get(from..).unwrap_or_default();
            let inner = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
            from + tail.find(|letter| !inner(letter)).unwrap_or(tail.len())
        };
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '|' => (Token::Pipe, 1),
            ',' => (Token::Comma, 1),
            ':' | '=' => (Token::Define, if rest.starts_with(":=") { 2 } else { 1 }),
            '"' | '`' | '\'' => (Token::Literal, text_length(rest, first)?),
            '.' => (Token::Field(rest.get(..word(1))?), word(1)),
            '$' => (Token::Variable(rest.get(..word(1))?), word(1)),
            _ if first.is_ascii_digit() || matches!(first, '-' | '+') => (Token::Literal, word(1)),
            _ if first.is_alphabetic() => (Token::Name(rest.get(..word(1))?), word(1)),
            _ => return None,
        };
        found.push(token);
        rest = rest.get(length..)?.trim_start();
    }
    Some(found)
}

fn text_length(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            _ if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// What a part of an action stands for: a field, with the way in which it is written.
type Value = Option<(String, String)>;

struct Reader {
    asked: Vec<Asked>,
    /// What the dot is, innermost last.
    scopes: Vec<String>,
    variables: Vec<(String, String)>,
}

impl Reader {
    fn action(&mut self, action: &str) -> Option<()> {
        let action = action.trim();
        let action = action.strip_prefix('-').unwrap_or(action);
        let action = action.strip_suffix('-').unwrap_or(action).trim();
        if action.starts_with("/*") {
            return Some(());
        }
        let tokens = tokens(action)?;
        let (first, rest) = tokens.split_first()?;
        let here = self.scopes.last()?.clone();
        match first {
            Token::Name("end") => {
                self.scopes.pop();
                (!self.scopes.is_empty()).then_some(())
            }
            Token::Name("else") => Some(()),
            Token::Name("if") => {
                let (value, _) = self.pipeline(rest)?;
                self.ask(value, false);
                self.scopes.push(here);
                Some(())
            }
            Token::Name("with") => {
                let (value, _) = self.pipeline(rest)?;
                self.scopes.push(value.map_or(here, |(path, _)| path));
                Some(())
            }
            Token::Name("range") => {
                let (value, names) = self.pipeline(rest)?;
                let each = value.map_or_else(|| "?".to_owned(), |(path, _)| format!("{path}.*"));
                if let Some(name) = names.last() {
                    self.variables.push((name.clone(), each.clone()));
                }
                self.scopes.push(each);
                Some(())
            }
            Token::Name("define" | "template" | "block" | "break" | "continue") => None,
            _ => {
                let (value, names) = self.pipeline(&tokens)?;
                match names.last() {
                    Some(name) => {
                        let path = value.map_or_else(|| "?".to_owned(), |(path, _)| path);
                        self.variables.push((name.clone(), path));
                    }
                    None => self.ask(value, tokens.len() == 1),
                }
                Some(())
            }
        }
    }

    /// `$a, $b := x | f`: what it stands for, and the variables that it sets.
    fn pipeline(&mut self, tokens: &[Token<'_>]) -> Option<(Value, Vec<String>)> {
        let define = tokens.iter().position(|token| *token == Token::Define);
        let (set, tokens) = match define {
            Some(at) => (tokens.get(..at)?, tokens.get(at + 1..)?),
            None => (&[][..], tokens),
        };
        let names = set.iter().filter_map(|token| match token {
            Token::Variable(name) => Some((*name).to_owned()),
            _ => None,
        });
        let names = names.collect();
        let mut place = 0;
        let value = self.expression(tokens, &mut place)?;
        (place == tokens.len()).then_some((value, names))
    }

    /// Up to a closing parenthesis, or to the end.
    fn expression(&mut self, tokens: &[Token<'_>], place: &mut usize) -> Option<Value> {
        let mut last: Value = None;
        loop {
            last = self.command(tokens, place, last)?;
            match tokens.get(*place) {
                Some(Token::Pipe) => *place += 1,
                _ => return Some(last),
            }
        }
    }

    /// One command of a pipeline, which gets what the one before it gave.
    fn command(&mut self, tokens: &[Token<'_>], place: &mut usize, given: Value) -> Option<Value> {
        let mut function = None;
        let mut arguments: Vec<Value> = Vec::new();
        while let Some(token) = tokens.get(*place) {
            *place += 1;
            match token {
                Token::Close | Token::Pipe => {
                    *place -= 1;
                    break;
                }
                Token::Open => {
                    let mut value = self.expression(tokens, place)?;
                    if tokens.get(*place) != Some(&Token::Close) {
                        return None;
                    }
                    *place += 1;
                    if let Some(Token::Field(field)) = tokens.get(*place)
                        && field.len() > 1
                    {
                        *place += 1;
                        value =
                            value.map(|(path, _)| (format!("{path}{field}"), (*field).to_owned()));
                    }
                    arguments.push(value);
                }
                Token::Field(field) => arguments.push(Some(self.field(field)?)),
                Token::Variable(variable) => arguments.push(self.variable(variable)),
                Token::Name(name) if function.is_none() && arguments.is_empty() => {
                    function = Some(*name);
                }
                Token::Name(_) | Token::Literal => arguments.push(None),
                Token::Define | Token::Comma => return None,
            }
        }
        let piped = given.is_some();
        if piped {
            arguments.push(given);
        }
        match function {
            Some("index") => {
                let mut arguments = arguments.into_iter();
                let of = arguments.next()?;
                let deeper = ".*".repeat(arguments.len());
                Some(of.map(|(path, written)| (format!("{path}{deeper}"), written)))
            }
            // what counts, and does not look at what it counts
            Some("len") => Some(None),
            None if !piped && arguments.len() == 1 => arguments.pop(),
            _ => {
                for value in arguments {
                    self.ask(value, false);
                }
                Some(None)
            }
        }
    }

    /// A field from the root.
    fn field(&self, field: &str) -> Option<(String, String)> {
        let here = self.scopes.last()?;
        let path = match field {
            "." if here.is_empty() => ".".to_owned(),
            "." => here.clone(),
            _ => format!("{here}{field}"),
        };
        Some((path, field.to_owned()))
    }

    /// `$x.Name`, `$`, `$.Name`.
    fn variable(&self, variable: &str) -> Value {
        let (name, field) = match variable.find('.') {
            Some(at) => variable.split_at(at),
            None => (variable, ""),
        };
        let mut known = self.variables.iter().rev();
        let (_, path) = known.find(|(known, _)| known == name)?;
        let path = format!("{path}{field}");
        let path = if path.is_empty() {
            ".".to_owned()
        } else {
            path
        };
        Some((path, field.to_owned()))
    }

    fn ask(&mut self, value: Value, alone: bool) {
        if let Some((path, written)) = value {
            self.asked.push(Asked {
                path,
                written,
                alone,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::asked;

    #[test]
    fn fields_are_found_from_the_root() {
        for (template, expected) in [
            ("{{.State.Running}}", Some(vec![".State.Running"])),
            ("{{ .Id | printf \"%.12s\" }}", Some(vec![".Id"])),
            ("{{json .}}", Some(vec!["."])),
            (
                "table {{.Names}}\t{{.Ports}}",
                Some(vec![".Names", ".Ports"]),
            ),
            (
                "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
                Some(vec![".NetworkSettings.Networks.*.IPAddress"]),
            ),
            (
                "{{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{$v.Gateway}} {{$.Name}}{{end}}",
                Some(vec![".NetworkSettings.Networks.*.Gateway", ".Name"]),
            ),
            (
                "{{(index (index .NetworkSettings.Ports \"80/tcp\") 0).HostPort}}",
                Some(vec![".NetworkSettings.Ports.*.*.HostPort"]),
            ),
            ("{{index .RepoDigests 0}}", Some(vec![".RepoDigests.*"])),
            (
                "{{index .Config.Labels \"a.b\"}}",
                Some(vec![".Config.Labels.*"]),
            ),
            (
                "{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}",
                Some(vec![".State.Health", ".State.Health.Status"]),
            ),
            (
                "{{with .Config}}{{.User}}{{end}}",
                Some(vec![".Config.User"]),
            ),
            ("{{len .Mounts}}{{println}}", Some(vec![])),
            ("{{- .ID -}}", Some(vec![".ID"])),
            ("plain", Some(vec![])),
            ("{{.ID", None),
            ("{{end}}", None),
            ("{{template \"x\" .}}", None),
        ] {
            let found = asked(template);
            let found = found.map(|all| all.into_iter().map(|one| one.path).collect::<Vec<_>>());
            let found = found
                .as_ref()
                .map(|all| all.iter().map(String::as_str).collect());
            assert_eq!(found, expected, "{template}");
        }
    }

    #[test]
    fn a_field_alone_is_told_from_one_that_a_function_gets() {
        for (template, alone) in [
            ("{{.Id}}", true),
            ("{{ .Id }}", true),
            ("{{slice .Id 0 12}}", false),
        ] {
            let found = asked(template).unwrap_or_default();
            assert_eq!(
                found.first().map(|one| one.alone),
                Some(alone),
                "{template}"
            );
        }
    }
}
