//! Which files belong together because one uses the other.

use crate::collections::HashMap;
use crate::text::FileId;

/// Sets of files without one in common. A file that was never joined is a set of its own.
#[derive(Debug, Default)]
pub(super) struct Together {
    /// An earlier file of the same set; the first one of a set has none.
    earlier: HashMap<FileId, FileId>,
}

impl Together {
    /// Makes one set of the sets of two files.
    pub(super) fn join(&mut self, one: FileId, other: FileId) {
        let (one, other) = (self.first(one), self.first(other));
        if one != other {
            self.earlier.insert(one.max(other), one.min(other));
        }
    }

    /// The first file of a file's set.
    pub(super) fn first(&mut self, file: FileId) -> FileId {
        let mut first = file;
        while let Some(earlier) = self.earlier.get(&first) {
            first = *earlier;
        }
        // the way there is short the next time
        let mut next = file;
        while next != first {
            next = self.earlier.insert(next, first).unwrap_or(first);
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::{FileId, Together};

    #[test]
    fn joined_files_have_the_same_first_one() {
        let mut together = Together::default();
        for (one, other) in [(5, 4), (1, 2), (4, 3), (7, 7), (2, 5)] {
            together.join(FileId(one), FileId(other));
        }
        let first = |number| together.first(FileId(number)).0;
        let firsts: Vec<u32> = (0..8).map(first).collect();
        assert_eq!(firsts, [0, 1, 1, 1, 1, 1, 6, 7]);
    }
}
