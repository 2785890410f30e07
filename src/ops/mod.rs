//! What a step does with images and registries, as values: an action's inputs are read into them, and an emitter writes them
//! out. No value is text of a shell; quoting is the emitter's affair.

mod emit;
mod script;
mod word;

#[cfg(test)]
mod tests;

pub(crate) use script::{Script, Text, joined};
pub(crate) use word::Word;

/// What a step does in the place of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It builds an image, and may push it.
    Build(Box<Build>),
    /// It logs in to a registry.
    Login(Login),
    /// It installs emulators for other architectures.
    Emulators(Emulators),
    /// Podman does without the step.
    Nothing,
}

/// A build with what becomes of its image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Build {
    /// Docker's flags but for `--tag`, in the order of the inputs.
    pub flags: Vec<Flag>,
    /// The names of the image; none if no input names it.
    pub names: Option<Values>,
    /// The folder or the address that is built; none if no input names it.
    pub context: Option<Word>,
    /// Whether the result is a list of images.
    pub makes_list: bool,
    /// Whether it is in the store afterwards, at least under a condition.
    pub is_loaded: bool,
    /// Whether it is pushed to its names.
    pub push: Push,
    /// Repositories that it is pushed to by its digest alone.
    pub by_digest: Vec<Word>,
    /// An archive that the image is written to.
    pub archive: Option<Word>,
    /// Whether the digest is an output that something reads.
    pub gives_digest: bool,
    /// Whether the image's id is an output that something reads.
    pub gives_id: bool,
    /// The arrays that hold values, in the order of the inputs.
    pub arrays: Vec<Array>,
}

/// A flag of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Its name.
    pub name: String,
    /// Its values, each for a flag of its own; none of a switch.
    pub values: Option<Values>,
}

/// Several values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// Each as a word.
    Words(Vec<Word>),
    /// The elements of an array that is filled when the script runs.
    Array(Array),
}

impl Values {
    /// The first value, if there is one.
    pub fn first(&self) -> Option<Word> {
        match self {
            Self::Words(words) => words.first().cloned(),
            Self::Array(array) => Some(Word::expansion(format!("${{{}[0]}}", array.name()))),
        }
    }
}

/// An array of the shell that holds the entries of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    /// The variable that holds the text.
    pub variable: String,
    /// Whether commas part the entries, too.
    pub commas: bool,
    /// Whether all of it comes by expressions, so that it may have no element.
    pub may_be_empty: bool,
}

impl Array {
    /// Its own name.
    pub fn name(&self) -> String {
        self.variable.to_ascii_lowercase()
    }
}

/// Whether a build pushes to the names of its image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Push {
    /// It does not.
    #[default]
    No,
    /// Always.
    Yes,
    /// When this variable holds `true`.
    If(String),
    /// In a step of its own with this condition.
    InStep(String),
}

/// A login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The registry; none is Docker Hub.
    pub registry: Option<Word>,
    /// The user.
    pub username: Word,
    /// The variable that holds the password.
    pub password: String,
}

/// Emulators that are installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emulators {
    /// The image that brings them.
    pub image: Word,
    /// The architectures.
    pub platforms: Word,
}
