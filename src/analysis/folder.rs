//! The folder that a command runs in.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::shell::{CompoundKind, Connected, Connector, Nesting};

use super::context::{Call, JobView};
use super::paths::{from_root, path_from};

/// What changes the folder that the commands of a job run in, as far as its scripts say.
pub(crate) struct Folders {
    /// The calls that do so, by their places in the view.
    moves: Vec<usize>,
}

/// How many changes of folder are followed in one job.
const MOST_MOVES: usize = 200;

impl Folders {
    /// Looks for what changes the folder.
    pub(crate) fn of(view: &JobView<'_>) -> Self {
        let moves = view.calls.iter().enumerate().filter(|(_, call)| {
            matches!(call.program(), Some("cd" | "pushd" | "popd")) && !call.is_remote()
        });
        let moves = moves.map(|(index, _)| index).collect();
        Self { moves }
    }

    /// The folder of a command, by its place in the view, from the root of the repository; none if it is not known, or
    /// elsewhere.
    pub(crate) fn at(&self, view: &JobView<'_>, index: usize) -> Option<PathBuf> {
        if self.moves.len() > MOST_MOVES {
            return None;
        }
        let call = view.calls.get(index)?;
        let step = view.line(call).folder.as_deref().unwrap_or_default();
        let mut shell = Shell {
            here: path_from(Path::new(""), step),
            before: None,
            pushed: Vec::new(),
        };
        let earlier = self.moves.iter().take_while(|earlier| **earlier < index);
        for earlier in earlier.filter_map(|earlier| view.calls.get(*earlier)) {
            if !shares_shell(view, earlier, call) {
                continue;
            }
            match reaches(earlier, call) {
                Some(true) => shell.go(view, earlier),
                Some(false) => {}
                None => shell.get_lost(),
            }
        }
        shell.here
    }
}

/// What a shell knows of folders; nothing for one that is not known.
struct Shell {
    here: Option<PathBuf>,
    /// Where `cd -` leads.
    before: Option<PathBuf>,
    /// Where `popd` leads, the next one last.
    pushed: Vec<Option<PathBuf>>,
}

impl Shell {
    /// Follows a command that changes the folder.
    fn go(&mut self, view: &JobView<'_>, call: &Call) {
        let words = call.command().words.iter().skip(1);
        let mut words = words.map(|word| view.expand_word(call, word).text);
        let operand = words.find(|word| word == "-" || !word.starts_with(['-', '+']));
        let to = match (call.program(), operand.as_deref()) {
            (Some("popd"), _) => self.pushed.pop().flatten(),
            (_, Some("-")) => self.before.clone(),
            (_, None) => None, // home, or the folder that was pushed last
            (_, Some(path)) => match &self.here {
                Some(here) => path_from(here, path),
                None => from_root(path),
            },
        };
        if call.program() == Some("pushd") {
            self.pushed.push(self.here.clone());
        }
        self.before = std::mem::replace(&mut self.here, to);
    }

    /// From here on nothing is known.
    fn get_lost(&mut self) {
        self.here = None;
        self.before = None;
        self.pushed.clear();
    }
}

/// Whether two commands run in one shell.
fn shares_shell(view: &JobView<'_>, earlier: &Call, call: &Call) -> bool {
    let place = |call: &Call| (call.phase, call.line);
    view.job.provider.shares_shell(place(earlier), place(call))
}

/// Whether a change of folder holds for a later command; nothing if that is decided while the script runs.
fn reaches(change: &Call, call: &Call) -> Option<bool> {
    let (place, later) = (&change.command().context, &call.command().context);
    let same_line = change.line == call.line;
    if place.pipeline.1 > 1 || place.background {
        return Some(false); // a shell of its own
    }
    let of_its_own = |nesting: &Nesting| {
        matches!(
            nesting,
            Nesting::Substitution | Nesting::Backquotes | Nesting::Script | Nesting::Heredoc
        )
    };
    if let Some(last) = place.nesting.iter().rposition(of_its_own) {
        let holds_both = same_line && later.nesting.get(..=last) == place.nesting.get(..=last);
        if !holds_both {
            return Some(false);
        }
        // which of several scripts in the line holds the command is not looked at
        return (place.statement == later.statement).then_some(true);
    }
    let span = call.command().span.clone();
    for (kind, list) in lists_around(change) {
        let holds_both = same_line && list.start <= span.start && span.end <= list.end;
        match kind {
            _ if holds_both => {}
            CompoundKind::Subshell => return Some(false),
            CompoundKind::Group => {}
            _ => return None,
        }
    }
    let is_function = |nesting: &Nesting| matches!(nesting, Nesting::Function(_));
    if place.nesting.iter().any(is_function) && place.nesting.first() != later.nesting.first() {
        return None; // when it is called
    }
    let together = same_line && place.statement == later.statement;
    match place.connected {
        Connected::After(Connector::Or) => None,
        Connected::After(Connector::And) if !together && follows_a_test(change) => None,
        _ => Some(true),
    }
}

/// The lists of compound commands that hold a command, the innermost first.
fn lists_around(call: &Call) -> impl Iterator<Item = (CompoundKind, &Range<usize>)> {
    let span = &call.command().span;
    let script = call.parsed.script.iter();
    let compounds = script.flat_map(|script| script.compounds.iter().rev());
    compounds.flat_map(move |compound| {
        let lists = compound.lists.iter();
        let lists = lists.filter(|list| list.start <= span.start && span.end <= list.end);
        lists.map(|list| (compound.kind, list))
    })
}

/// `[ -d sub ] && cd sub`: the folder changes only where the test holds.
fn follows_a_test(call: &Call) -> bool {
    let command = call.command();
    let script = call.parsed.script.iter();
    let mut others = script.flat_map(|script| script.commands.iter());
    others.any(|other| {
        other.context.statement == command.context.statement
            && other.span.start < command.span.start
            && matches!(other.program(), Some("[" | "[[" | "test"))
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::path_from;

    #[test]
    fn a_path_begins_in_the_folder_or_at_the_root() {
        let path = |written: &str| {
            path_from(Path::new("sub"), written).map(|path| path.display().to_string())
        };
        assert_eq!(path("x/../y"), Some("sub/y".to_owned()));
        assert_eq!(path("$CI_PROJECT_DIR/x"), Some("x".to_owned()));
        assert_eq!(path("${PWD}"), Some("sub".to_owned()));
        for elsewhere in ["/x", "../../x", "$OTHER/x", "~/x"] {
            assert_eq!(path(elsewhere), None, "{elsewhere}");
        }
    }
}
