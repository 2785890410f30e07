//! Where in a compose file the catalog looks: many paths with `*` at once, in one walk.

use crate::collections::HashMap;
use crate::compose::{At, Entry, Kind, Value};
use crate::finding::RuleId;
use crate::rules::Detector;
use crate::text::Span;

/// The paths of many detectors as a tree.
#[derive(Default)]
pub(super) struct Paths<'d> {
    named: HashMap<&'d str, Paths<'d>>,
    any: Option<Box<Paths<'d>>>,
    here: Vec<&'d Detector>,
}

/// What a detector found.
pub(super) struct Found {
    /// The rule.
    pub rule: RuleId,
    /// Where: the key, or the key with its value where the value counts.
    pub at: At,
}

impl<'d> Paths<'d> {
    /// Takes the paths of detectors.
    pub(super) fn of(detectors: impl IntoIterator<Item = &'d Detector>) -> Self {
        let mut root = Self::default();
        for detector in detectors {
            let mut paths = &mut root;
            for key in detector.subject().split('.') {
                paths = match key {
                    "*" => paths.any.get_or_insert_default(),
                    key => paths.named.entry(key).or_default(),
                };
            }
            paths.here.push(detector);
        }
        root
    }

    /// What may stand under a key.
    fn below(&self, key: &str) -> impl Iterator<Item = &Self> {
        self.named.get(key).into_iter().chain(self.any.as_deref())
    }
}

/// Goes on below a key, for each of the paths that led to it.
pub(super) fn below<'p, 'd>(paths: &[&'p Paths<'d>], key: &str) -> Vec<&'p Paths<'d>> {
    paths.iter().flat_map(|paths| paths.below(key)).collect()
}

/// Looks at an entry and at all below it; `paths` are those that lead to its key.
pub(super) fn walk(entry: &Entry, paths: &[&Paths<'_>], found: &mut Vec<Found>) {
    if paths.is_empty() {
        return;
    }
    check(Some(entry.key), &entry.value, paths, found);
    inside(&entry.value, paths, found);
}

fn inside(value: &Value, paths: &[&Paths<'_>], found: &mut Vec<Found>) {
    match &value.kind {
        Kind::Map(entries) => {
            for (key, entry) in entries {
                walk(entry, &below(paths, key), found);
            }
        }
        Kind::List(items) => {
            let paths: Vec<&Paths<'_>> = paths
                .iter()
                .filter_map(|paths| paths.any.as_deref())
                .collect();
            if paths.is_empty() {
                return;
            }
            for item in items {
                check(None, item, &paths, found);
                inside(item, &paths, found);
            }
        }
        Kind::Null | Kind::Text(..) => {}
    }
}

fn check(key: Option<At>, value: &Value, paths: &[&Paths<'_>], found: &mut Vec<Found>) {
    for detector in paths.iter().flat_map(|paths| &paths.here) {
        let rule = detector.rule;
        if detector.details().is_empty() {
            let at = key.unwrap_or(value.at);
            found.push(Found { rule, at });
        } else if value.text().is_some() {
            if detector.fits_value(0, value.text()) {
                let at = key.map_or(value.at, |key| together(key, value.at));
                found.push(Found { rule, at });
            }
        } else {
            let items = value.items().iter();
            let fitting =
                items.filter(|item| item.text().is_some() && detector.fits_value(0, item.text()));
            found.extend(fitting.map(|item| Found { rule, at: item.at }));
        }
    }
}

/// A key with its value, where the value follows it.
fn together(key: At, value: At) -> At {
    let follows = key.file == value.file && key.span.end <= value.span.start;
    match follows {
        true => At {
            file: key.file,
            span: Span {
                start: key.span.start,
                end: value.span.end,
            },
        },
        false => key,
    }
}
