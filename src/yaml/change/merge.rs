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

    pub(super) fn edits(mut self) -> Vec<Edit> {
        self.deletes.sort_unstable();
        let mut deletes: Vec<Span> = Vec::with_capacity(self.deletes.len());
        for span in self.deletes {
            match deletes.last_mut() {
                Some(last) if span.start <= last.end => *last = last.cover(span),
                _ => deletes.push(span),
            }
        }
        for insert in &mut self.inserts {
            let index = deletes.partition_point(|it| (it.end as usize) <= insert.0);
            if let Some(span) = deletes.get(index)
                && (span.start as usize) < insert.0
            {
                insert.0 = span.start as usize;
            }
        }
        self.inserts.sort_by_key(|it| (it.0, it.1));
        let mut edits: Vec<Edit> = Vec::new();
        for (at, _, text) in self.inserts {
            match edits.last_mut() {
                Some(last) if last.span.start as usize == at => last.insert.push_str(&text),
                _ => edits.push(Edit::insert(at, text)),
            }
        }
        self.replaces
            .retain(|edit| !deletes.iter().any(|span| span.contains(edit.span)));
        edits.extend(self.replaces);
        edits.extend(deletes.into_iter().map(Edit::delete));
        edits.sort();
        edits
    }
}
