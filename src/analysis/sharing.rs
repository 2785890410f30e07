//! The images that something out of sight may share with a job: looked for once, because it is asked at each command that
//! runs what cannot be seen.

use crate::collections::HashSet;
use crate::image_name::ImageName;
use crate::rules::{Rules, ShortName};

use super::facts::{Facts, Operation};

/// Where in a job something out of sight may share images with it.
#[derive(Clone, Debug)]
pub(crate) struct Sharing {
    /// Whether the job pushes, saves or tags an image that nothing in sight makes or fetches.
    pub(crate) uses_unmade: bool,
    /// The last call that runs an image which the job neither makes nor fetches before, and which is no official one.
    last_run: Option<usize>,
    /// The first call that makes an image which the job neither runs nor pushes.
    first_made: Option<usize>,
    /// Whether the job loads, saves, lists or names images that it does not make.
    by_store: bool,
    /// The first call that fetches an image which nothing else in the job uses.
    first_fetched: Option<usize>,
}

impl Sharing {
    /// Looks at what a job does with images. `lists`: whether it prints the names of a store.
    pub(crate) fn of(facts: &Facts, rules: &Rules, lists: bool) -> Self {
        let operations = || facts.operations.iter();
        let used: HashSet<&str> = operations()
            .filter_map(|(_, operation)| match operation {
                Operation::Run { image, .. } | Operation::Push(image) => Some(image.as_str()),
                Operation::Tag { from, .. } => Some(from),
                _ => None,
            })
            .collect();
        let is_official =
            |image: &str| rules.short_name(ImageName::without_tag(image)) != ShortName::Unlisted;
        let runs_unmade = |call: usize, operation: &Operation| match operation {
            Operation::Run { image, .. } => !is_official(image) && !facts.has_before(call, image),
            _ => false,
        };
        let leaves = |operation: &Operation| match operation {
            Operation::Build(name) => !name.is_empty() && !used.contains(name.as_str()),
            _ => false,
        };
        let fetches = |operation: &Operation| match operation {
            Operation::Pull(image) => !facts.is_used(image) && !facts.is_cache_source(image),
            _ => false,
        };
        let by_operations = operations().any(|(call, operation)| match operation {
            Operation::Load | Operation::Save(_) => true,
            Operation::Tag { from, .. } => !facts.has_before(*call, from),
            _ => false,
        });
        let first = |wanted: &dyn Fn(&Operation) -> bool| {
            let mut fitting = operations().filter(|(_, operation)| wanted(operation));
            fitting.next().map(|(call, _)| *call)
        };
        Self {
            uses_unmade: operations().any(|(call, operation)| uses_unmade(facts, *call, operation)),
            last_run: operations()
                .rfind(|(call, operation)| runs_unmade(*call, operation))
                .map(|(call, _)| *call),
            first_made: first(&leaves),
            by_store: by_operations || lists,
            first_fetched: first(&fetches),
        }
    }

    /// Whether something out of sight at a call may have made an image that the job runs later, or may use one that the job
    /// made before and neither runs nor pushes.
    pub(crate) fn of_images(&self, call: usize) -> bool {
        self.last_run.is_some_and(|last| last > call)
            || self.first_made.is_some_and(|first| first < call)
    }

    /// Whether the job hands images over by the store that tests at a call use: it loads, saves, lists or names images that
    /// it does not make, or fetches ones that nothing else in it uses.
    pub(crate) fn of_store(&self, call: usize) -> bool {
        self.by_store || self.first_fetched.is_some_and(|first| first < call)
    }
}

/// Whether an operation is about an image that nothing in sight makes or fetches.
fn uses_unmade(facts: &Facts, call: usize, operation: &Operation) -> bool {
    match operation {
        // a build may push what it builds
        Operation::Push(image) => !facts.has_before(call + 1, image),
        Operation::Tag { from: image, .. } => !facts.has_before(call, image),
        Operation::Save(images) => images.iter().any(|image| !facts.has_before(call, image)),
        _ => false,
    }
}
