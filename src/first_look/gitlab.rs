//! A pipeline's file that includes nothing, starts no other pipeline and has no services.

use std::ops::Range;

use crate::collections::HashMap;
use crate::image_name::ImageName;
use crate::providers::gitlab::is_reserved;
use crate::rules::{ImageKind, Rules};

use super::lines::{Frame, Value, Visit, read};
use super::{Glance, Jobs};

/// How far `extends` may go from job to job, below what is refused.
const CHAIN: usize = 8;

/// How much text merges may bring in, far below what is refused.
const MERGED: usize = 100_000;

pub(super) fn look(text: &str, rules: &Rules) -> Option<Glance> {
    let mut pipeline = Pipeline {
        text,
        rules,
        jobs: Jobs::default(),
        extends: HashMap::default(),
        anchors: HashMap::default(),
        anchored: false,
        merges: 0,
    };
    let extent = read(text, &mut pipeline)?;
    let lines = text.bytes().filter(|byte| *byte == b'\n').count();
    if !pipeline.jobs.close(extent.end)
        || !pipeline.ends_somewhere()
        || pipeline.merges.saturating_mul(lines) > MERGED
    {
        return None;
    }
    Some(Glance {
        jobs: pipeline.jobs.outcomes(text, |name| name.starts_with('.'))?,
        first: extent.first,
    })
}

struct Pipeline<'t> {
    text: &'t str,
    rules: &'t Rules,
    jobs: Jobs,
    /// Which job extends which.
    extends: HashMap<&'t str, &'t str>,
    /// Which job has which anchor.
    anchors: HashMap<&'t str, &'t str>,
    /// Whether the open job has one.
    anchored: bool,
    /// How often one job is merged into another.
    merges: usize,
}

impl<'t> Pipeline<'t> {
    /// Whether a job may begin like this; nothing but an anchor may stand behind its name.
    fn begins(&mut self, name: &'t str, value: Value<'t>) -> bool {
        self.anchored = matches!(value, Value::Anchor(_));
        match value {
            Value::Anchor(anchor) => self.anchors.insert(anchor, name).is_none(),
            value => value == Value::Missing,
        }
    }

    /// Whether a job that merges nothing itself is merged into another one.
    fn merge(&mut self, anchor: &str) -> bool {
        self.merges += 1;
        !self.anchored && self.anchors.contains_key(anchor)
    }

    /// Whether no job extends itself.
    fn ends_somewhere(&self) -> bool {
        self.extends.values().all(|first| {
            let mut next = Some(first);
            for _ in 0..CHAIN {
                next = next.and_then(|name| self.extends.get(name));
            }
            next.is_none()
        })
    }

    /// Whether an image is written out and has nothing to do with Docker.
    fn is_harmless(&self, image: &str) -> bool {
        let kind = || {
            let tag = ImageName::parse(image).tag;
            self.rules.image(ImageName::without_tag(image), tag)
        };
        !image.contains('$') && !matches!(kind(), ImageKind::Docker { .. } | ImageKind::Toolbox(_))
    }
}

impl<'t> Visit<'t> for Pipeline<'t> {
    fn key(
        &mut self,
        frames: &[Frame<'t>],
        name: Range<usize>,
        value: Value<'t>,
        behind: usize,
    ) -> bool {
        let word = &self.text[name.clone()];
        let top = frames[0].key;
        match frames.len() {
            1 => {
                if !self.jobs.close(behind) || word == "spec" {
                    return false;
                }
                if !is_reserved(word) {
                    self.jobs.open(name);
                    return self.begins(word, value);
                }
            }
            2 if !is_reserved(top) => {
                self.jobs.mapped = true;
                if frames[1].list {
                    return false;
                }
            }
            _ if !is_reserved(top) && frames[1].list => return false,
            _ => {}
        }
        match (word, value) {
            ("include" | "trigger" | "services", _) => false,
            ("<<", Value::Alias(anchor)) if frames.len() == 2 && !is_reserved(top) => {
                self.merge(anchor)
            }
            ("<<", _) | (_, Value::Anchor(_) | Value::Alias(_)) => false,
            ("image", Value::Text(image)) => self.is_harmless(image),
            ("image", _) => false,
            // what is merged elsewhere would extend from there, too
            ("extends", Value::Text(parent)) if frames.len() == 2 && !self.anchored => {
                self.extends.insert(top, parent).is_none()
            }
            ("extends", _) => false,
            _ => true,
        }
    }

    fn item(&mut self, frames: &[Frame<'t>], _: Value<'t>) -> bool {
        is_reserved(frames[0].key) || !frames[1].list
    }
}
