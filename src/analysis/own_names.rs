//! The names that a job's own images may have where the files do not say all of them: a short name that fits one of them
//! may be an image of the job's, and no registry's.

use std::cell::RefCell;

use crate::collections::{HashMap, HashSet};
use crate::providers::github::{expression, values};
use crate::shell::Nesting;

use super::context::JobView;
use super::docker_call::DockerCall;

/// How many names with unknown parts are told from each other; of a job with more of them, any name may be its own.
const MOST: usize = 32;

/// Names with parts that are not known, each with the first call that may make an image of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnNames {
    patterns: Vec<(usize, Pattern)>,
    known: HashSet<Pattern>,
    /// The first call that may make an image of any name.
    any: Option<usize>,
    /// What was asked already: the first call that may make a name.
    asked: RefCell<HashMap<String, Option<usize>>>,
}

impl OwnNames {
    /// Adds a name that a command gives to an image. One that is all known is not looked at here.
    pub(crate) fn add(&mut self, index: usize, docker: &DockerCall<'_>, name: &str) {
        let context = &docker.call.command().context;
        if context.nesting.contains(&Nesting::Xargs) {
            self.add_any(index);
        } else if let Some(text) = of_step(docker, name) {
            let names = text.split(['\n', ',']).map(str::trim);
            for name in names.filter(|name| !name.is_empty()) {
                self.add_resolved(index, docker.view, name);
            }
        } else if name.contains(['$', '`']) {
            self.add_resolved(index, docker.view, name);
        }
    }

    fn add_resolved(&mut self, index: usize, view: &JobView<'_>, name: &str) {
        if !begins_with_registry(name) {
            for name in resolved(view, name) {
                self.add_pattern(index, Pattern::of(&name));
            }
        }
    }

    /// Adds that a command may give any name to an image.
    pub(crate) fn add_any(&mut self, index: usize) {
        self.any.get_or_insert(index);
    }

    fn add_pattern(&mut self, index: usize, pattern: Pattern) {
        if pattern.is_anything() || self.patterns.len() >= MOST {
            self.add_any(index);
        } else if self.known.insert(pattern.clone()) {
            self.patterns.push((index, pattern));
        }
    }

    /// Whether a command before a call may make an image of a name.
    pub(crate) fn may_hold_before(&self, call: usize, name: &str) -> bool {
        if self.any.is_some_and(|first| first < call) {
            return true;
        }
        if self.patterns.is_empty() {
            return false;
        }
        let mut asked = self.asked.borrow_mut();
        let first = match asked.get(name) {
            Some(first) => *first,
            None => {
                let wanted = Pattern::of(name);
                let mut fitting = self.patterns.iter();
                let first = fitting.find(|(_, pattern)| pattern.may_be(&wanted));
                let first = first.map(|(first, _)| *first);
                asked.insert(name.to_owned(), first);
                first
            }
        };
        first.is_some_and(|first| first < call)
    }
}

/// The place of a call as far as the order of things goes: what a function, a trap or a script in a file holds runs when it is
/// called, which may be at the end.
pub(crate) fn latest(index: usize, docker: &DockerCall<'_>) -> usize {
    let mut nesting = docker.call.command().context.nesting.iter();
    let later = nesting.any(|one| {
        matches!(
            one,
            Nesting::Function(_) | Nesting::Trap | Nesting::GeneratedFile
        )
    });
    if later { usize::MAX } else { index }
}

/// Whether a name begins with a variable that says by its own name that it holds a registry: no short name fits it.
fn begins_with_registry(name: &str) -> bool {
    let first = name.strip_prefix('$').map(first_expansion);
    first.is_some_and(|(first, _)| first.to_ascii_uppercase().contains("REGISTRY"))
}

/// What a variable holds that a step has which was written out: `$IMAGE`, or `${tags[0]}` of an array that is filled from it.
/// All of an array becomes names of the list.
fn of_step<'d>(docker: &DockerCall<'d>, name: &str) -> Option<&'d str> {
    let variable = name.strip_prefix('$')?;
    match variable.strip_prefix('{') {
        Some(array) => docker.variable(&array.strip_suffix("[0]}")?.to_ascii_uppercase()),
        None => docker.variable(variable),
    }
}

/// A name with what the files say put into it: the values of a matrix, of a loop, of a variable that the script sets. What
/// they do not say stays as it is.
fn resolved(view: &JobView<'_>, name: &str) -> Vec<String> {
    let of_matrix = view
        .job
        .own
        .filter(|_| expression::is_in(name))
        .and_then(|job| values::all(view.context.documents, job, name));
    let names = of_matrix.unwrap_or_else(|| vec![name.to_owned()]);
    let filled = names.iter().flat_map(|name| view.filled_in(name));
    filled.take(MOST + 1).collect()
}

impl JobView<'_> {
    /// A text with each variable replaced by what the scripts set it to, once for each of the values that they name; a
    /// variable that may hold something else stays.
    fn filled_in(&self, text: &str) -> Vec<String> {
        let mut found = vec![String::new()];
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            let (inner, length) = first_expansion(after);
            let plain = after.get(..length).unwrap_or_default();
            let is_name = inner
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let known = Some(inner).filter(|_| is_name && !self.job.variables.contains_key(inner));
            let kept = [format!("${plain}")];
            let values = known.and_then(|name| self.names().values_set(name));
            let values = values.unwrap_or(&kept);
            if found.len() * values.len() > MOST {
                return vec![text.to_owned()];
            }
            found = found
                .iter()
                .flat_map(|start| {
                    values
                        .iter()
                        .map(move |value| format!("{start}{before}{value}"))
                })
                .collect();
            rest = after.get(length..).unwrap_or_default();
        }
        for name in &mut found {
            name.push_str(rest);
        }
        found
    }
}

/// What stands behind a dollar sign, without brackets, and how long it is with them.
fn first_expansion(after: &str) -> (&str, usize) {
    let closing = |open: char, close: char| {
        let mut depth = 0_usize;
        let end = after.char_indices().find(|(_, letter)| {
            depth += usize::from(*letter == open);
            depth -= usize::from(*letter == close);
            depth == 0
        });
        end.map_or(after.len(), |(at, _)| at + 1)
    };
    let length = match after.chars().next() {
        Some('{') => closing('{', '}'),
        Some('(') => closing('(', ')'),
        Some(letter) if letter.is_ascii_alphabetic() || letter == '_' => after
            .bytes()
            .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_'))
            .unwrap_or(after.len()),
        Some(letter) => letter.len_utf8(),
        None => 0,
    };
    let whole = after.get(..length).unwrap_or_default();
    (whole.trim_matches(['{', '}', '(', ')', ' ']), length)
}

/// A name in which unknown parts may be anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pattern(Vec<Sign>);

/// One sign of a name, or what is not known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sign {
    Known(u8),
    Anything,
}

impl Pattern {
    fn of(name: &str) -> Self {
        let mut signs = Vec::with_capacity(name.len());
        let mut rest = name;
        while let Some(at) = rest.find(['$', '`']) {
            let (before, after) = rest.split_at(at);
            signs.extend(before.bytes().map(Sign::Known));
            if signs.last() != Some(&Sign::Anything) {
                signs.push(Sign::Anything);
            }
            let length = match after.strip_prefix('$') {
                Some(behind) => 1 + first_expansion(behind).1,
                None => after
                    .get(1..)
                    .and_then(|it| it.find('`'))
                    .map_or(after.len(), |end| end + 2),
            };
            rest = after.get(length..).unwrap_or_default();
        }
        signs.extend(rest.bytes().map(Sign::Known));
        Self(signs)
    }

    fn is_anything(&self) -> bool {
        self.0.as_slice() == [Sign::Anything]
    }

    /// The same with the tag that a name without one has.
    fn with_tag(&self) -> Self {
        let latest = b":latest".iter().map(|byte| Sign::Known(*byte));
        Self(self.0.iter().copied().chain(latest).collect())
    }

    /// Whether two names may be one and the same, a missing tag taken for what it means.
    fn may_be(&self, other: &Self) -> bool {
        let (ours, others) = (self.with_tag(), other.with_tag());
        overlap(&self.0, &other.0) || overlap(&ours.0, &other.0) || overlap(&self.0, &others.0)
    }
}

/// Whether two rows of signs, looked at one by one, differ before something is not known.
fn differ<'s>(signs: impl Iterator<Item = (&'s Sign, &'s Sign)>) -> bool {
    let mut known = signs.take_while(|(one, other)| ![*one, *other].contains(&&Sign::Anything));
    known.any(|(one, other)| one != other)
}

/// Whether one text fits both patterns. Takes time by the product of their lengths where they begin and end alike.
fn overlap(first: &[Sign], second: &[Sign]) -> bool {
    if differ(first.iter().zip(second)) || differ(first.iter().rev().zip(second.iter().rev())) {
        return false;
    }
    // `fits[n]` says that what was read of the first and the first n signs of the second may be one text
    let mut fits = vec![false; second.len() + 1];
    fits[0] = true;
    skip(&mut fits, second);
    for sign in first {
        let mut next = vec![false; second.len() + 1];
        match sign {
            Sign::Anything => {
                let mut any = false;
                for (fits, next) in fits.iter().zip(&mut next) {
                    any |= fits;
                    *next = any;
                }
            }
            Sign::Known(_) => {
                for (at, other) in second.iter().enumerate().filter(|(at, _)| fits[*at]) {
                    match other {
                        Sign::Anything => next[at] = true,
                        other if other == sign => next[at + 1] = true,
                        Sign::Known(_) => {}
                    }
                }
                skip(&mut next, second);
            }
        }
        fits = next;
    }
    fits.last().copied().unwrap_or(false)
}

/// What is not known may be nothing: what fits before it fits behind it.
fn skip(fits: &mut [bool], signs: &[Sign]) {
    for (at, sign) in signs.iter().enumerate() {
        if fits[at] && *sign == Sign::Anything {
            fits[at + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn takes_unknown_parts_for_anything() {
        let may_be = |own: &str, name: &str| Pattern::of(own).may_be(&Pattern::of(name));
        for (own, name) in [
            ("$s:ci", "api:ci"),
            ("${{ matrix.n }}-svc", "a-svc"),
            ("app-${V}", "app-20"),
            ("app-$V", "app-$W"),
            ("app:$SHA", "app"),
            ("$N", "postgres:16"),
            ("app$(date +%s)", "app1:2"),
            ("app`id`x", "appx"),
            ("${A:-b}/app", "c/app:latest"),
            ("app:${GITHUB_SHA::7}", "app:abc"),
            ("$A-$B", "x-y"),
        ] {
            assert!(may_be(own, name), "{own} {name}");
        }
        for (own, name) in [
            ("$s:ci", "postgres:16"),
            ("$s:ci", "postgres"),
            ("app-$V", "apx-1"),
            ("ghcr.io/acme/$N", "acme/tool"),
            ("${{ matrix.n }}-svc", "a-svc:1"),
            ("app:$SHA", "other"),
        ] {
            assert!(!may_be(own, name), "{own} {name}");
        }
    }
}
