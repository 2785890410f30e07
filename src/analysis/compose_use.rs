//! A compose command, and what it is about.

use std::rc::Rc;

use crate::compose::Project;

/// What a compose command is about.
#[derive(Clone, Debug)]
pub(crate) struct ComposeUse {
    /// The command, by its place in the view.
    pub call: usize,
    /// What its files say; none if it cannot be said which they are, or none of them is in the repository.
    pub project: Option<Rc<Project>>,
    /// The services of which it makes containers.
    pub runs: Vec<String>,
    /// The services whose images it may build.
    pub builds: Vec<String>,
    /// Whether it ends only when the services are healthy.
    pub waits: bool,
}
