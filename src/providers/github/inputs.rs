//! The inputs of an action as words of a command: a text without expressions stands for itself, one with expressions comes
//! in by a variable, so that nothing of it is ever read as shell.

use crate::collections::IndexMap;
use crate::ops::{Array, Values, Word};
use crate::rules::InputList;

use super::expression;
use super::step::Step;

/// Variables of a step, as they are needed.
pub(super) struct Variables {
    /// What the job has already, each with its text.
    taken: IndexMap<String, String>,
    /// New ones, each with its text.
    pub(super) new: IndexMap<String, String>,
}

impl Variables {
    /// Those of a step, with no new one yet.
    pub(super) fn of(step: &Step<'_>) -> Self {
        Self {
            taken: step.variables.clone(),
            new: IndexMap::default(),
        }
    }

    /// The name of a variable that holds a text with expressions.
    pub(super) fn hold(&mut self, name: &str, text: &str) -> String {
        if let Some(known) = expression::variable(text) {
            return known.to_owned();
        }
        let mut name = name.to_owned();
        while self.taken.contains_key(&name)
            || self.new.get(&name).is_some_and(|known| known != text)
        {
            name = format!("INPUT_{name}");
        }
        self.new.insert(name.clone(), text.to_owned());
        name
    }

    /// One value as a word.
    pub(super) fn word(&mut self, name: &str, text: &str) -> Word {
        match expression::is_in(text) {
            true => Word::variable(self.hold(name, text)),
            false => Word::text(text),
        }
    }
}

/// Whether an input is true; `None` if an expression decides.
pub(super) fn is_true(text: &str) -> Option<bool> {
    match text.trim() {
        "true" | "True" | "TRUE" => Some(true),
        text if expression::is_in(text) => None,
        _ => Some(false),
    }
}

/// The values of a list.
pub(super) fn values(
    variables: &mut Variables,
    (many, one): (&str, &str),
    text: &str,
    list: InputList,
) -> Result<Values, String> {
    if !expression::is_in(text) {
        let fields = fields(text, list)?.into_iter();
        return Ok(Values::Words(fields.map(Word::text).collect()));
    }
    if split(text, list).iter().any(|field| field.starts_with('"')) {
        return Err("a list with an expression has quotes around an entry".to_owned());
    }
    let known = expression::variable(text).and_then(|name| variables.taken.get(name));
    if let (Some(value), InputList::Names | InputList::Lines) = (known, list) {
        // a variable of the workflow's own, whose text is one name
        let one_name = !value.contains(['\n', ',']) && expression::whole(value).is_none();
        if one_name {
            return Ok(Values::Words(vec![variables.word(one, text.trim())]));
        }
    }
    let lines = split(text, InputList::Lines);
    if let [line] = lines.as_slice() {
        let several = list != InputList::Lines && line.contains(',');
        if list == InputList::No || expression::whole(line).is_none() && !several {
            return Ok(Values::Words(vec![variables.word(one, line)]));
        }
    }
    Ok(array(variables, many, text, list))
}

/// The values of a list as an array that is filled when the script runs, with none in it if the text comes out empty.
pub(super) fn array(variables: &mut Variables, many: &str, text: &str, list: InputList) -> Values {
    // the actions trim each entry
    let trimmed: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    let mut entries = split(text, list).into_iter();
    Values::Array(Array {
        variable: variables.hold(many, &trimmed.join("\n")),
        commas: matches!(list, InputList::Names | InputList::Joined),
        may_be_empty: entries.all(|entry| expression::whole(entry).is_some()),
    })
}

/// The entries of a list as the actions read it, which is as a CSV file: one that begins with a quote ends with the next,
/// two quotes in it are one, and a comma in it does not part it.
/// Source: getList of docker/actions-toolkit.
pub(super) fn fields(text: &str, list: InputList) -> Result<Vec<String>, String> {
    let commas = matches!(list, InputList::Names | InputList::Joined);
    let mut found = Vec::new();
    for line in text.lines() {
        let mut rest = line.trim();
        while !rest.is_empty() {
            let (field, after) = match rest.strip_prefix('"') {
                Some(inner) => quoted_field(inner).ok_or_else(|| {
                    "a quoted entry of a list does not end on its line".to_owned()
                })?,
                None => match rest.split_once(',').filter(|_| commas) {
                    Some((field, after)) => (field.to_owned(), after),
                    None => (rest.to_owned(), ""),
                },
            };
            let field = field.trim();
            if !field.is_empty() {
                found.push(field.to_owned());
            }
            rest =
                after.trim_start_matches(|letter: char| letter == ',' && commas || letter == ' ');
        }
    }
    Ok(found)
}

/// What stands before the closing quote, and what comes behind it.
fn quoted_field(inner: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = inner;
    loop {
        let end = rest.find('"')?;
        field.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => return Some((field, rest)),
        }
    }
}

/// The lines of a list, or its parts between commas; blanks around them do not count.
pub(super) fn split(text: &str, list: InputList) -> Vec<&str> {
    let commas = matches!(list, InputList::Names | InputList::Joined);
    text.split(|letter| letter == '\n' || commas && letter == ',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

/// A line of a list without the quotes that may stand around all of it, as in a CSV file.
pub(super) fn unquoted(line: &str) -> &str {
    line.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(line)
}
