//! Which parts of a makefile or a package.json are run, by the names that are asked for.

use std::path::PathBuf;
use std::rc::Rc;

use crate::collections::{HashMap, HashSet};
use crate::wildcard;

use super::makefile::Part;
use super::words;

/// The parts of files that are run when these are asked for, with all that they need, each by its file and its place there.
pub(super) fn chosen(files: &[(PathBuf, Rc<Vec<Part>>)], wanted: &[String]) -> Vec<(usize, usize)> {
    let numbered = files.iter().enumerate();
    let parts: Vec<((usize, usize), &Part)> = numbered
        .flat_map(|(file, (_, parts))| {
            let parts = parts.iter().enumerate();
            parts.map(move |(index, part)| ((file, index), part))
        })
        .collect();
    let all = || parts.iter().map(|(place, _)| *place).collect();
    let is_default = |name: &String| !name.starts_with(['.', '$', '%']);
    let mut heads = parts.iter().map(|(_, part)| part);
    let first = heads.find(|part| part.names.iter().any(is_default));
    let mut names: Vec<String> = match (wanted, first) {
        ([], Some(first)) => first.names.iter().take(1).cloned().collect(),
        ([], None) => return all(),
        (wanted, _) => wanted.iter().map(|name| words::filled(name)).collect(),
    };
    if names.iter().any(|name| name == "*") {
        return all();
    }
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::default();
    let mut patterns: Vec<(&str, usize)> = Vec::new();
    for (place, (_, part)) in parts.iter().enumerate() {
        for name in &part.names {
            match name.contains('*') {
                true => patterns.push((name, place)),
                false => by_name.entry(name).or_default().push(place),
            }
        }
    }
    let mut asked: HashSet<String> = names.iter().cloned().collect();
    let mut taken: Vec<bool> = parts
        .iter()
        .map(|(_, part)| part.names.is_empty())
        .collect();
    let mut known = false;
    while let Some(name) = names.pop() {
        let exact = by_name.get(name.as_str()).into_iter().flatten().copied();
        let made = patterns.iter().filter(|(pattern, _)| fits(pattern, &name));
        let mut found: Vec<usize> = exact.chain(made.map(|(_, place)| *place)).collect();
        if name.contains('*') {
            let plain = by_name.iter().filter(|(own, _)| fits(own, &name));
            found.extend(plain.flat_map(|(_, places)| places));
        }
        known |= !found.is_empty();
        for place in found {
            let (Some(taken), Some((_, part))) = (taken.get_mut(place), parts.get(place)) else {
                continue;
            };
            if !std::mem::replace(taken, true) {
                let needs = part.needs.iter();
                names.extend(needs.filter(|need| asked.insert((*need).clone())).cloned());
            }
        }
    }
    if !known {
        return all();
    }
    let taken = parts.iter().zip(taken).filter(|(_, taken)| *taken);
    taken.map(|((place, _), _)| *place).collect()
}

/// Whether two names may be the same, `*` in either for what is filled in.
fn fits(one: &str, other: &str) -> bool {
    let may_be = |pattern: &str, name: &str| {
        pattern.contains('*') && wildcard::matches(&pattern.replace('*', "**"), name)
    };
    one == other || may_be(one, other) || may_be(other, one)
}
