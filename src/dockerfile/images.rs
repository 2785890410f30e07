//! The images that a Dockerfile builds on.

use super::Dockerfile;

impl Dockerfile {
    /// The images that the stages build on, copy from and mount; names of stages and of `contexts` left out, arguments put
    /// in as far as they have defaults.
    pub fn base_images(&self, contexts: &[String]) -> Vec<String> {
        let mut arguments: Vec<(String, String)> = Vec::new();
        let mut stages: Vec<String> = contexts.to_vec();
        let mut begun = false;
        let mut images = Vec::new();
        for instruction in &self.instructions {
            let mut from = |name: &str, stages: &[String]| {
                let name = fill(name, &arguments);
                let is_stage = stages.iter().any(|stage| stage.eq_ignore_ascii_case(&name))
                    || name.bytes().all(|byte| byte.is_ascii_digit());
                if !is_stage && name != "scratch" {
                    images.push(name);
                }
            };
            match instruction.keyword.as_str() {
                "ARG" if !begun => {
                    let words = instruction.words();
                    let defaults = words.iter().filter_map(|word| word.text.split_once('='));
                    arguments
                        .extend(defaults.map(|(name, value)| (name.to_owned(), value.to_owned())));
                }
                "FROM" => {
                    begun = true;
                    let words = instruction.words();
                    if let Some(image) = words.first() {
                        from(&image.text, &stages);
                    }
                    stages.extend(instruction.stage_name());
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

/// Puts the defaults of arguments into a name.
fn fill(text: &str, arguments: &[(String, String)]) -> String {
    let mut text = text.trim_matches(['"', '\'']).to_owned();
    for (name, value) in arguments.iter().rev() {
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
