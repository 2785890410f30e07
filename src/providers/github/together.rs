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
    use super::super::{Entry, groups};
    use super::{FileId, Together};
    use crate::repository::Memory;

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

    #[test]
    fn an_action_has_one_group_however_many_workflows_there_are() {
        let users = 2_100;
        let step = |index: usize| match index {
            0 | 2_099 => "uses: ./x",
            _ => "run: docker ps",
        };
        let text = |index| {
            format!(
                "on: push\njobs: {{a: {{runs-on: ubuntu-24.04, steps: [{{{}}}]}}}}\n",
                step(index)
            )
        };
        let mut files: Vec<(String, String)> = (0..users)
            .map(|index| (format!(".github/workflows/{index}.yml"), text(index)))
            .collect();
        let entries = files.iter().map(|(path, _)| Entry {
            path: path.into(),
            starts: false,
        });
        let entries = entries.collect();
        files.push((
            "x/action.yml".to_owned(),
            "name: x\nruns: {using: composite, steps: []}\n".to_owned(),
        ));
        let files: Memory = files.into_iter().collect();
        let groups = groups(&files, entries);
        assert_eq!(groups.len(), users - 1);
        assert_eq!(groups[0].len(), 2);
    }
}
