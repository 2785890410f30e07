//! Words as paths: what the shell fills in stands for anything.

use std::path::{Path, PathBuf};

use crate::analysis::paths::{below_root, below_working};
use crate::compose::inside;

/// No path of a repository is as long.
const LONGEST: usize = 300;

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// At the root of the repository.
    Root,
    /// In the folder of the file that names it.
    OwnFolder,
    /// In the folder in which the command runs.
    Working,
    /// Wherever a variable says.
    Unknown,
}

/// A path with `*` for what the shell fills in, and where it begins; none if nothing of it is written out.
pub(super) fn pattern(word: &str) -> Option<(Base, String)> {
    let (base, rest) = if let Some(rest) = below_root(word) {
        (Base::Root, rest.to_owned())
    } else if let Some(rest) = below_working(word) {
        (Base::Working, rest.to_owned())
    } else {
        let end = expansion(word);
        let first = word.get(..end).unwrap_or_default();
        let rest = word.get(end..).unwrap_or_default();
        let own = ["dirname", "$0", "${0", "BASH_SOURCE", "__file__"];
        match rest.strip_prefix('/') {
            None if end > 0 && rest.is_empty() && own.iter().any(|name| first.contains(name)) => {
                (Base::OwnFolder, String::new())
            }
            Some(rest) if end > 0 => match own.iter().any(|name| first.contains(name)) {
                true => (Base::OwnFolder, rest.to_owned()),
                false => (Base::Unknown, rest.to_owned()),
            },
            _ if word.starts_with(['/', '~']) => return None,
            _ => (Base::Working, word.to_owned()),
        }
    };
    let text = filled(&rest);
    let written = text.chars().any(|one| one.is_ascii_alphanumeric());
    let is_folder = base != Base::Unknown && text.chars().all(|one| matches!(one, '.' | '/'));
    ((written || is_folder) && text.len() < LONGEST).then_some((base, text))
}

/// A text with `*` in the place of each expansion.
pub(super) fn filled(text: &str) -> String {
    let mut filled = String::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let end = expansion(rest);
        if end > 0 {
            if !filled.ends_with('*') {
                filled.push('*');
            }
            at += end;
        } else if let Some(one) = rest.chars().next() {
            filled.push(one);
            at += one.len_utf8();
        }
    }
    filled
}

/// How long the expansion is with which a text begins; 0 if it begins with none.
pub(super) fn expansion(text: &str) -> usize {
    let bytes = text.as_bytes();
    let close = |open: u8, close: u8, from: usize| {
        let mut depth = 0_usize;
        for (index, byte) in bytes.iter().enumerate().skip(from) {
            if *byte == open {
                depth += 1;
            } else if *byte == close {
                depth -= 1;
                if depth == 0 {
                    return index + 1;
                }
            }
        }
        bytes.len()
    };
    match (bytes.first(), bytes.get(1)) {
        (Some(b'`'), _) => {
            let rest = bytes.iter().skip(1).position(|byte| *byte == b'`');
            rest.map_or(bytes.len(), |at| at + 2)
        }
        (Some(b'$'), Some(b'(')) => close(b'(', b')', 1),
        (Some(b'$'), Some(b'{')) => close(b'{', b'}', 1),
        (Some(b'$'), Some(byte)) if byte.is_ascii_alphabetic() || *byte == b'_' => {
            let name = bytes.iter().skip(1);
            let name = name.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
            name.count() + 1
        }
        (Some(b'$'), Some(byte)) if byte.is_ascii_digit() || b"@*#?<^".contains(byte) => 2,
        _ => 0,
    }
}

/// The variable that a word is, and nothing else: `$NAME`, `${NAME}`, `$(NAME)`.
pub(super) fn variable(word: &str) -> Option<&str> {
    let rest = word.strip_prefix('$')?;
    let inner = rest
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let inner = inner.or_else(|| rest.strip_prefix('(')?.strip_suffix(')'));
    let name = inner.unwrap_or(rest);
    let name = name.strip_suffix("[@]").unwrap_or(name);
    super::simple::is_name(name).then_some(name)
}

/// The variable of which a text is the use with docker as its default: `${NAME:-docker}`.
pub(super) fn default_engine(text: &str) -> Option<&str> {
    let mut ends = [":-docker}", ":=docker}", "-docker}", "=docker}"].iter();
    let at = ends.find_map(|end| text.find(end))?;
    let name = text.get(..at)?.rsplit("${").next()?;
    super::simple::is_name(name).then_some(name)
}

/// A folder that a command goes to, from the root of the repository.
pub(super) fn joined(folder: &Path, path: &str) -> Option<PathBuf> {
    inside(folder, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_shell_fills_in_stands_for_anything() {
        let known = pattern;
        let is = |base, text: &str| Some((base, text.to_owned()));
        assert_eq!(known("$CI_PROJECT_DIR/ci/a.sh"), is(Base::Root, "ci/a.sh"));
        assert_eq!(known("$(dirname \"$0\")/a.sh"), is(Base::OwnFolder, "a.sh"));
        assert_eq!(known("${0%/*}/a.sh"), is(Base::OwnFolder, "a.sh"));
        assert_eq!(known("`pwd`/a.sh"), is(Base::Working, "a.sh"));
        assert_eq!(known("${TOOLS}/a.sh"), is(Base::Unknown, "a.sh"));
        assert_eq!(known("ci/${STEP}.sh"), is(Base::Working, "ci/*.sh"));
        assert_eq!(known("$X"), None);
        assert_eq!(known("/usr/bin/make"), None);
        assert_eq!(variable("${cmd[@]}"), Some("cmd"));
        assert_eq!(default_engine("E=${ENGINE:-docker}"), Some("ENGINE"));
    }
}
