//! Puts the edits of all collections together, so that none meets another.

use crate::text::{Edit, Span};

/// Where an insertion stands among others at the same byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Behind something: the innermost collection first.
    Behind(std::cmp::Reverse<usize>),
    /// Before something: the outermost collection first.
    Before(usize),
}

/// Edits that are being gathered.
#[derive(Default)]
pub(super) struct Merge {
    inserts: Vec<(usize, Rank, String)>,
    deletes: Vec<Span>,
    replaces: Vec<Edit>,
    guards: Vec<Edit>,
}

impl Merge {
    pub(super) fn insert(&mut self, at: usize, rank: Rank, text: String) {
        self.inserts.push((at, rank, text));
    }

    pub(super) fn delete(&mut self, start: usize, end: usize) {
        if start < end {
            self.deletes.push(Span::new(start, end));
        }
    }

    pub(super) fn replace(&mut self, start: usize, end: usize, text: String) {
        if start == end {
            self.insert(start, Rank::Behind(std::cmp::Reverse(usize::MAX)), text);
        } else {
            self.replaces
                .push(Edit::replace(Span::new(start, end), text));
        }
    }

    /// An edit that is only needed if its surroundings stay.
    pub(super) fn guard(&mut self, edit: Edit) {
        self.guards.push(edit);
    }

    pub(super) fn edits(mut self, text: &str) -> Vec<Edit> {
        self.deletes.sort_unstable();
        let mut deletes: Vec<Span> = Vec::with_capacity(self.deletes.len());
        for span in self.deletes {
            match deletes.last_mut() {
                Some(last) if span.start <= last.end => *last = last.cover(span),
                _ => deletes.push(span),
            }
        }
        for (at, _, new) in &mut self.inserts {
            let index = deletes.partition_point(|it| (it.end as usize) < *at);
            let Some(span) = deletes.get(index).map(|it| it.range()) else {
                continue;
            };
            let begins_line = text[..span.start].ends_with(['\n', '\r']);
            let ends_text = span.end == text.len() && begins_line;
            if span.start < *at && (*at < span.end || ends_text) {
                // What was to follow a line that goes takes that line's place.
                *at = span.start;
                let rest = new.trim_start_matches(['\r', '\n']);
                if begins_line && rest.len() < new.len() {
                    let eol = new[..new.len() - rest.len()].to_owned();
                    *new = format!("{rest}{eol}");
                }
            }
        }
        self.guards.sort();
        self.guards.dedup();
        for guard in self.guards {
            let mut written = deletes
                .iter()
                .copied()
                .chain(self.replaces.iter().map(|it| it.span));
            if written.any(|span| span.contains(guard.span)) {
                continue;
            }
            if guard.span.is_empty() {
                let rank = Rank::Before(usize::MAX);
                self.inserts
                    .push((guard.span.start as usize, rank, guard.insert));
            } else {
                self.replaces.push(guard);
            }
        }
        self.inserts.sort_by_key(|it| (it.0, it.1));
        let mut edits: Vec<Edit> = Vec::new();
        for (at, _, new) in self.inserts {
            match edits.last_mut() {
                Some(last) if last.span.start as usize == at => last.insert.push_str(&new),
                _ => edits.push(Edit::insert(at, new)),
            }
        }
        // They do not touch each other, so only the last that begins before an edit can hold it.
        self.replaces.retain(|edit| {
            let before = deletes.partition_point(|span| span.start <= edit.span.start);
            let last = before.checked_sub(1).and_then(|last| deletes.get(last));
            !last.is_some_and(|span| span.contains(edit.span))
        });
        edits.extend(self.replaces);
        edits.extend(deletes.into_iter().map(Edit::delete));
        edits.sort();
        edits
    }
}
