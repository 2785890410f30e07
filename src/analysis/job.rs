//! One job under the passes: what is known of it before the first change is planned.

use std::cell::OnceCell;
use std::path::PathBuf;

use crate::collections::{HashMap, HashSet};

use super::api_clients::{self, ApiClient};
use super::compose_use::ComposeUse;
use super::containers::Containers;
use super::context::JobView;
use super::credentials::Credentials;
use super::docker_call::{DockerCall, Unclear};
use super::earlier::Earlier;
use super::evidence::Evidence;
use super::facts::Facts;
use super::folder::Folders;
use super::made::Made;
use super::paths::{from_root, path_from};
use super::same_port;
use super::sharing::Sharing;

/// A job with all that the passes know of it.
pub struct JobPass<'a> {
    /// The job and its commands.
    pub view: &'a JobView<'a>,
    /// The Docker in it.
    pub evidence: Evidence<'a>,
    /// The calls of docker, taken apart, in the order of the evidence.
    taken_apart: Vec<Result<DockerCall<'a>, Unclear>>,
    /// What it does with images.
    pub facts: Facts,
    /// What it does with other things.
    pub(crate) earlier: Earlier,
    /// Calls that a pass has replaced as a whole.
    pub replaced: HashSet<usize>,
    /// Actions that give way to other actions, not to commands, each with the finding that says so.
    pub other_actions: HashMap<usize, usize>,
    /// What changes the folder of its commands.
    folders: Folders,
    /// The calls that run tests which start containers, once somebody asked.
    clients: OnceCell<Vec<(usize, ApiClient)>>,
    /// What the job does with credentials beside its logins, once somebody asked.
    credentials: OnceCell<Credentials>,
    /// The contexts that it makes for the engine that it has anyway, once somebody asked.
    pub(crate) contexts: OnceCell<HashSet<String>>,
    /// What its compose commands are about, once somebody asked.
    pub(crate) compose: OnceCell<Vec<ComposeUse>>,
    /// What something out of sight may share with the job, once somebody asked.
    sharing: OnceCell<Sharing>,
    /// The containers that want the same port as another one, once somebody asked.
    same_port: OnceCell<HashSet<usize>>,
    /// The texts of the repository's Dockerfiles, once somebody asked.
    pub(crate) dockerfiles: OnceCell<Vec<String>>,
    /// Which commands may have made what its containers mount, once somebody asked.
    made: OnceCell<Made>,
    /// The containers that it names, once somebody asked.
    containers: OnceCell<Containers>,
}

impl<'a> JobPass<'a> {
    /// Looks at a job.
    pub fn new(view: &'a JobView<'a>) -> Self {
        let evidence = Evidence::of(view);
        let calls = evidence.commands.iter().map(|index| &view.calls[*index]);
        let taken_apart: Vec<_> = calls.map(|call| DockerCall::new(view, call)).collect();
        let known = || {
            let known = evidence.commands.iter().copied().zip(&taken_apart);
            known.filter_map(|(index, call)| Some((index, call.as_ref().ok()?)))
        };
        let (facts, earlier) = (Facts::of(known()), Earlier::of(known()));
        Self {
            view,
            evidence,
            taken_apart,
            facts,
            earlier,
            replaced: HashSet::default(),
            other_actions: HashMap::default(),
            folders: Folders::of(view),
            clients: OnceCell::new(),
            credentials: OnceCell::new(),
            contexts: OnceCell::new(),
            compose: OnceCell::new(),
            sharing: OnceCell::new(),
            same_port: OnceCell::new(),
            dockerfiles: OnceCell::new(),
            made: OnceCell::new(),
            containers: OnceCell::new(),
        }
    }

    /// A path that a command names, from the root of the repository, if it is known and leads there.
    pub(crate) fn path_of(&self, call: usize, written: &str) -> Option<PathBuf> {
        match self.folder_at(call) {
            Some(folder) => path_from(&folder, written),
            None => from_root(written),
        }
    }

    /// The folder of a command, from the root of the repository, if it is known and leads there.
    pub(crate) fn folder_at(&self, call: usize) -> Option<PathBuf> {
        self.folders.at(self.view, call)
    }

    /// Whether the container of a call wants the same port as another one beside it.
    pub(crate) fn shares_port(&self, call: usize) -> bool {
        let machine = self.view.on_machine(); // there each has a network of its own
        let find = || same_port::find(self.known_calls().filter(|_| !machine));
        self.same_port.get_or_init(find).contains(&call)
    }

    /// Which commands may have made what the job's containers mount.
    pub(crate) fn made(&self) -> &Made {
        let of = || Made::of(self.view, &self.known_calls().collect::<Vec<_>>());
        self.made.get_or_init(of)
    }

    /// What the job does with credentials beside its logins.
    pub(crate) fn credentials(&self) -> Credentials {
        *self.credentials.get_or_init(|| Credentials::of(self.view))
    }

    /// The containers to which it gives names.
    pub(crate) fn containers(&self) -> &Containers {
        let of = || Containers::of(self.known_calls());
        self.containers.get_or_init(of)
    }

    /// What something out of sight may share with the job.
    pub(crate) fn sharing(&self) -> &Sharing {
        let lists = |name: &str| matches!(name, "images" | "image ls");
        self.sharing.get_or_init(|| {
            let lists = self.known_calls().any(|(_, call)| lists(&call.rule.name));
            Sharing::of(&self.facts, self.view.context.rules, lists)
        })
    }

    /// The calls that run tests which speak to an engine by a library, each with its place in the view.
    pub(crate) fn api_clients(&self) -> &[(usize, ApiClient)] {
        self.clients.get_or_init(|| {
            let calls = self.view.calls.iter().enumerate();
            let client = |(index, call)| {
                let folder = || self.folder_at(index).unwrap_or_default();
                Some((index, api_clients::of(self.view, call, folder)?))
            };
            calls.filter_map(client).collect()
        })
    }

    /// That of one call.
    pub(crate) fn api_client(&self, call: usize) -> Option<&ApiClient> {
        let clients = self.api_clients();
        let at = clients.binary_search_by_key(&call, |(index, _)| *index);
        Some(&clients.get(at.ok()?)?.1)
    }

    /// The calls of docker, each with its place in the view.
    pub(crate) fn docker_calls(
        &self,
    ) -> impl Iterator<Item = (usize, Result<&DockerCall<'a>, &Unclear>)> {
        let commands = self.evidence.commands.iter().copied();
        commands.zip(self.taken_apart.iter().map(Result::as_ref))
    }

    /// The calls of docker that the tables know, each with its place in the view.
    pub(crate) fn known_calls(&self) -> impl Iterator<Item = (usize, &DockerCall<'a>)> {
        self.docker_calls()
            .filter_map(|(index, call)| Some((index, call.ok()?)))
    }

    /// A call of docker by its place in the view, if the tables know it.
    pub(crate) fn known_call(&self, index: usize) -> Option<&DockerCall<'a>> {
        let at = self.evidence.commands.binary_search(&index).ok()?;
        self.taken_apart.get(at)?.as_ref().ok()
    }
}
