//! Which files of the repository a word may stand for.

use std::path::{Path, PathBuf};

use crate::collections::IndexSet;

use super::files::{is_script, names_script};
use super::reading::Mention;
use super::words;
use super::words::Base;
use super::{Closure, MOST_MATCHES, Step};

impl Closure<'_> {
    /// The folders that a path may begin in.
    pub(super) fn bases(
        &self,
        base: Base,
        folders: &[PathBuf],
        own: Option<&Path>,
    ) -> Vec<PathBuf> {
        let mut bases = match base {
            Base::Root => vec![PathBuf::new()],
            Base::OwnFolder => own.map(Path::to_path_buf).into_iter().collect(),
            Base::Working | Base::Unknown => folders.to_vec(),
        };
        if base == Base::Unknown {
            bases.extend(own.map(Path::to_path_buf));
            bases.push(PathBuf::new());
        }
        bases
    }

    /// The files that a word may stand for.
    pub(super) fn named(
        &self,
        word: &str,
        folders: &[PathBuf],
        own: Option<&Path>,
        anywhere: bool,
    ) -> Vec<PathBuf> {
        let Some((base, text)) = words::pattern(word) else {
            return Vec::new();
        };
        let files = self.files();
        let look = |base: &Path| -> Vec<PathBuf> {
            let Some(path) = words::joined(base, &text) else {
                return Vec::new();
            };
            match text.contains('*') {
                true => {
                    let mut matches = files.glob(&crate::repository::slashed(&path));
                    matches.truncate(MOST_MATCHES);
                    matches
                }
                false if files.exists(&path) => vec![path],
                false => Vec::new(),
            }
        };
        let bases = self.bases(base, folders, own);
        let mut found: Vec<PathBuf> = bases.iter().flat_map(|base| look(base)).collect();
        if found.is_empty() && base != Base::Root {
            found.extend(own.into_iter().flat_map(look));
            found.extend(look(Path::new("")));
        }
        if found.is_empty() && anywhere {
            let tail = text
                .trim_start_matches("./")
                .trim_start_matches("../")
                .trim_start_matches("*/");
            let mut everywhere = files.glob(&format!("**/{tail}"));
            everywhere.truncate(MOST_MATCHES);
            found = everywhere;
        }
        found.sort();
        found.dedup();
        found.truncate(MOST_MATCHES);
        found
    }

    /// What the things lead to that a text names.
    pub(super) fn steps(
        &self,
        mentions: &IndexSet<Mention>,
        folders: &[PathBuf],
        own: Option<&Path>,
        way: &[String],
        steps: &mut Vec<Step>,
    ) {
        let step = |path: PathBuf, run: bool| Step {
            path,
            wanted: Vec::new(),
            folders: folders.to_vec(),
            way: way.to_vec(),
            run,
        };
        let within = |folder: &Option<String>| match folder {
            Some(folder) => self.folders(folder, folders, own),
            None => folders.to_vec(),
        };
        for mention in mentions {
            match mention {
                Mention::Include(_) => {} // read together with the file that takes it in
                Mention::Run(word) => {
                    let named = self.named(word, folders, own, true);
                    steps.extend(named.into_iter().map(|path| step(path, true)));
                }
                Mention::Named(word) => {
                    let named = self.named(&format!("./{word}"), folders, own, true);
                    let scripts = named
                        .into_iter()
                        .filter(|path| is_script(self.files(), path));
                    steps.extend(scripts.map(|path| step(path, true)));
                }
                Mention::Word(word) if word.contains(['/', '.']) && !word.contains("://") => {
                    let named = self.named(word, folders, own, false).into_iter();
                    steps.extend(named.map(|path| {
                        let run = names_script(&path) && !self.runs_alone;
                        step(path, run)
                    }));
                }
                Mention::Word(_) => {}
                Mention::Implied(name) => {
                    let named = self.named(name, folders, None, false).into_iter();
                    let whole = name.to_ascii_lowercase().ends_with("justfile");
                    steps.extend(named.map(|path| step(path, whole)));
                }
                Mention::Folder(folder, end) => {
                    let end = format!("**{end}");
                    for folder in self.folders(folder, folders, own) {
                        let folder = crate::repository::slashed(&folder);
                        let mut named = match folder.as_str() {
                            "" => self.files().glob(&end),
                            folder => self.files().glob(&format!("{folder}/{end}")),
                        };
                        named.truncate(MOST_MATCHES);
                        steps.extend(named.into_iter().map(|path| step(path, false)));
                    }
                }
                Mention::Make(folder, file, targets) => {
                    let within = within(folder);
                    let makefiles = match file {
                        Some(file) => self.named(file, &within, None, !self.runs_alone),
                        None if within.is_empty() && self.runs_alone => Vec::new(),
                        None if within.is_empty() => self.files().glob("**/Makefile"),
                        None => {
                            let names = ["GNUmakefile", "makefile", "Makefile"].iter();
                            let named = names.map(|name| self.named(name, &within, None, false));
                            named.flatten().collect()
                        }
                    };
                    steps.extend(makefiles.into_iter().take(MOST_MATCHES).map(|path| {
                        let own = path.parent().map(Path::to_path_buf);
                        Step {
                            wanted: targets.clone(),
                            folders: match within.is_empty() {
                                true => own.into_iter().collect(),
                                false => within.clone(),
                            },
                            ..step(path, true)
                        }
                    }));
                }
                Mention::Package(folder, name) => {
                    let within = within(folder);
                    let own = within.iter().map(|folder| folder.join("package.json"));
                    let mut named: Vec<PathBuf> =
                        own.filter(|path| self.files().exists(path)).collect();
                    if named.is_empty() && folder.is_some() {
                        // a workspace by its name
                        named = self.files().glob("**/package.json");
                        named.truncate(MOST_MATCHES);
                    }
                    named.retain(|path| self.texts.has_part(path, name));
                    for path in named {
                        let by_itself = ["preinstall", "install", "postinstall", "prepare"];
                        steps.push(Step {
                            wanted: vec![name.clone()],
                            folders: path.parent().map(Path::to_path_buf).into_iter().collect(),
                            ..step(path, !by_itself.contains(&name.as_str()))
                        });
                    }
                }
            }
        }
    }

    /// The folders that a word may name; none if that is not known.
    pub(super) fn folders(
        &self,
        word: &str,
        folders: &[PathBuf],
        own: Option<&Path>,
    ) -> Vec<PathBuf> {
        let Some((base, text)) = words::pattern(word).filter(|(_, text)| !text.contains('*'))
        else {
            return Vec::new();
        };
        let bases = self.bases(base, folders, own);
        bases
            .iter()
            .filter_map(|base| words::joined(base, &text))
            .collect()
    }
}
