//! The images that a Dockerfile builds on.

use crate::collections::{HashMap, HashSet};

use super::Dockerfile;

impl Dockerfile {
    /// The images that the stages build on, copy from and mount; names of stages and of `contexts` left out, arguments put
    /// in as far as they are `given` or have defaults.
    pub(crate) fn base_images(
        &self,
        contexts: &[String],
        given: &[(String, String)],
    ) -> Vec<String> {
        let images = self.images(contexts, given).into_iter();
        images.map(|(_, image)| image).collect()
    }

    /// Those of them that the stages build on, whose settings come into what is built.
    pub(crate) fn parents(&self, contexts: &[String], given: &[(String, String)]) -> Vec<String> {
        let images = self.images(contexts, given).into_iter();
        let parents = images.filter(|(keyword, _)| *keyword == "FROM");
        parents.map(|(_, image)| image).collect()
    }

    /// All images, each with the instruction that names it.
    fn images(&self, contexts: &[String], given: &[(String, String)]) -> Vec<(&str, String)> {
        let mut arguments = Arguments::default();
        let lower = |name: &String| name.to_ascii_lowercase();
        let mut stages: HashSet<String> = contexts.iter().map(lower).collect();
        let mut begun = false;
        let mut images = Vec::new();
        for instruction in &self.instructions {
            let mut from = |name: &str, stages: &HashSet<String>| {
                let name = arguments.fill(name);
                let is_stage = stages.contains(&name.to_ascii_lowercase())
                    || name.bytes().all(|byte| byte.is_ascii_digit());
                if !is_stage && name != "scratch" {
                    images.push((instruction.keyword.as_str(), name));
                }
            };
            match instruction.keyword.as_str() {
                "ARG" if !begun => {
                    for word in instruction.words() {
                        let default = word.text.split_once('=');
                        let name = default.map_or(word.text.as_str(), |(name, _)| name);
                        let mut given = given.iter().filter(|(known, _)| known == name);
                        let value = given.next_back().map(|(_, value)| value.as_str());
                        if let Some(value) = value.or(default.map(|(_, value)| value)) {
                            arguments.add(name, value);
                        }
                    }
                }
                "FROM" => {
                    begun = true;
                    let words = instruction.words();
                    if let Some(image) = words.first() {
                        from(&image.text, &stages);
                    }
                    stages.extend(instruction.stage_name().as_ref().map(lower));
                }
                "COPY" => {
                    let flags = instruction.flags_named("--from");
                    flags
                        .filter_map(|flag| flag.value.as_deref())
                        .for_each(|name| from(name, &stages));
                }
                "RUN" => {
                    let mounts = instruction.flags_named("--mount");
                    mounts
                        .filter_map(|flag| flag.option(&["from"]))
                        .for_each(|name| from(name, &stages));
                }
                _ => {}
            }
        }
        images
    }
}

/// The defaults of arguments, in their order.
#[derive(Default)]
struct Arguments {
    all: Vec<(String, String)>,
    /// Where each name stands among them.
    places: HashMap<String, Vec<usize>>,
}

impl Arguments {
    fn add(&mut self, name: &str, value: &str) {
        let places = self.places.entry(name.to_owned()).or_default();
        places.push(self.all.len());
        self.all.push((name.to_owned(), value.to_owned()));
    }

    /// Puts the defaults into a name, the last ones first.
    fn fill(&self, text: &str) -> String {
        let mut text = text.trim_matches(['"', '\'']).to_owned();
        let mut before = self.all.len();
        while let Some(last) = self.last_in(&text, before) {
            before = last;
            let (name, value) = &self.all[last];
            text = text.replace(&format!("${{{name}}}"), value);
            if text.ends_with(&format!("${name}"))
                || text.contains(&format!("${name}:"))
                || text.contains(&format!("${name}/"))
            {
                text = text.replacen(&format!("${name}"), value, 1);
            }
        }
        text
    }

    /// The last argument before a place that a text names.
    fn last_in(&self, text: &str, before: usize) -> Option<usize> {
        let names = text.split('$').skip(1).map(|rest| {
            let rest = rest.strip_prefix('{').unwrap_or(rest);
            let part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            rest.split(|letter| !part(letter))
                .next()
                .unwrap_or_default()
        });
        let last = |name: &str| {
            let places = self.places.get(name)?;
            let next = places.partition_point(|place| *place < before);
            places.get(next.checked_sub(1)?).copied()
        };
        names.filter_map(last).max()
    }
}
