//! What a plan has to say: why jobs move or stay, and what of Docker is left where no job that is known runs it.

use std::collections::BTreeMap;

use crate::analysis;
use crate::analysis::{Context, Scripts};
use crate::collections::{HashMap, HashSet, IndexMap};
use crate::finding::{Finding, Fix, Label, RuleId, Safety, Severity};
use crate::options::Options;
use crate::pipeline::{Documents, NodeRef, Pipeline};
use crate::repository::Files;
use crate::rewrite;
use crate::rewrite::{Drafted, Planned};
use crate::rules::{Rules, ids};
use crate::text::{Edit, FileId, Location};
use crate::yaml::Change;

use super::editors::Editors;
use super::references::References;
use super::{Plan, State, expansions, node_of, remains, unread};

impl Plan<'_> {
    /// Gathers what there is to say, for a plan that was proved.
    pub fn emit_findings(
        &mut self,
        documents: &Documents,
        pipelines: &[Pipeline],
        rules: &Rules,
        options: &Options,
        files: &dyn Files,
        scripts: &Scripts,
    ) {
        let editors = Editors::new(documents);
        let mut all = Findings::default();
        std::mem::take(&mut self.findings)
            .into_iter()
            .for_each(|finding| all.emit(finding));
        let changed: HashSet<NodeRef> = self
            .changes
            .iter()
            .flat_map(|(file, changes)| changes.iter().map(|change| node_of(*file, change)))
            .collect();
        for unit in &self.units {
            let Some(drafted) = &unit.drafted else {
                continue;
            };
            match &unit.state {
                State::Moves => {
                    let findings = &drafted.draft.findings;
                    let mut changes: Vec<Vec<&Planned>> = vec![Vec::new(); findings.len()];
                    for planned in &drafted.draft.changes {
                        if let Some(ours) = changes.get_mut(planned.finding) {
                            ours.push(planned);
                        }
                    }
                    for (finding, ours) in findings.iter().zip(changes) {
                        let more = match options.fixes {
                            true => expansions::of_steps(unit.job, &ours, &self.changes),
                            false => Vec::new(),
                        };
                        let mut finding = finding.clone();
                        finding.fix = Some(fix_of(drafted, &finding.message));
                        all.fixed(finding, ours, more, options.fixes.then_some(&editors));
                    }
                    for review in &drafted.draft.reviews {
                        let mut review = review.clone();
                        review.severity = Severity::Warning;
                        review.fix = Some(Fix {
                            title: "moved to Podman".to_owned(),
                            safety: Safety::Review,
                            edits: Vec::new(),
                        });
                        all.emit(review);
                    }
                }
                State::Left(reasons) => {
                    reasons.iter().cloned().for_each(|reason| all.emit(reason));
                    let key = documents.location(unit.job.key);
                    for place in &drafted.draft.places {
                        let inside = place.file == key.file && unit.job.span.contains(place.span);
                        if !inside {
                            all.emit(rewrite::finding(
                                ids::STAYS,
                                Severity::Note,
                                *place,
                                "this stays on Docker with the jobs that use it",
                            ));
                        }
                    }
                }
                State::Untouched => {}
            }
        }
        self.emit_gaps(documents, &mut all);
        auto_devops(documents, pipelines, &mut all);
        let unread = unread::notes(self, documents);
        unread.into_iter().for_each(|finding| all.emit(finding));
        let references = References::new(documents);
        for pipeline in pipelines {
            let context = Context::new(documents, rules, options, files, pipeline, scripts, None);
            let used: HashSet<&str> = pipeline
                .jobs
                .iter()
                .filter(|job| !job.hidden)
                .flat_map(|job| job.parents.iter().map(String::as_str))
                .collect();
            let merged: HashSet<NodeRef> = pipeline
                .jobs
                .iter()
                .filter(|job| !job.hidden)
                .flat_map(|job| job.mappings.iter().copied())
                .collect();
            for job in pipeline.jobs.iter().filter(|job| job.hidden) {
                if !analysis::may_use_docker(&context, job) {
                    continue;
                }
                let view = context.view(job);
                let evidence = analysis::Evidence::of(&view);
                if !evidence.uses_docker() && evidence.remote.is_empty() {
                    continue;
                }
                let by_name = used.contains(job.name.as_str());
                let is_merged = job.own.is_some_and(|own| merged.contains(&own));
                if !by_name && (is_merged || references.name_part_of(&job.name)) {
                    continue; // its jobs take it by another way, and say for themselves why they stay
                }
                let touched = job.lines().any(|(_, line)| {
                    changed.contains(&line.node)
                        || line.item.is_some_and(|(list, _)| changed.contains(&list))
                }) || job
                    .image
                    .as_ref()
                    .is_some_and(|image| changed.contains(&image.name.node));
                if touched {
                    continue;
                }
                let (severity, message) = if by_name {
                    let message = "stays on Docker with the jobs that use it";
                    (
                        Severity::Note,
                        format!("the template {} {message}", job.name),
                    )
                } else {
                    let message = format!(
                        "no job here uses the template {}, so what runs in it is not known, and it stays on Docker",
                        job.name
                    );
                    (Severity::Warning, message)
                };
                let at = Location {
                    file: job.key.file,
                    span: job.span,
                };
                let mut finding = rewrite::finding(ids::TEMPLATE_STAYS, severity, at, message);
                finding.help = Some("move it by hand, or where it is used".to_owned());
                all.emit(finding);
            }
        }
        let left = self
            .units
            .iter()
            .filter(|unit| matches!(unit.state, State::Left(_)))
            .map(|unit| Location {
                file: unit.job.key.file,
                span: unit.job.span,
            });
        let mut findings = all.findings;
        let places: Vec<Location> = findings
            .iter()
            .flat_map(|finding| finding.at.first())
            .map(|label| label.at)
            .chain(left)
            .collect();
        findings.extend(remains::notes(documents, &changed, &places));
        self.findings = findings;
    }
}

impl<'p> Plan<'_> {
    /// Says what else there is to know of each job; of jobs that stay as a note, unless it holds on Docker too.
    fn emit_gaps(&self, documents: &Documents, all: &mut Findings<'p>) {
        let stays = |state: &State| match state {
            State::Left(reasons) => reasons.iter().any(|reason| reason.fix.is_none()),
            State::Untouched | State::Moves => false,
        };
        let mut known: HashSet<(RuleId, Option<Location>, &str)> = HashSet::default();
        let mut once: HashSet<RuleId> = HashSet::default();
        let mut grouped: IndexMap<(RuleId, FileId, &str), Finding> = IndexMap::default();
        for staying in [false, true] {
            for unit in self
                .units
                .iter()
                .filter(|unit| stays(&unit.state) == staying)
            {
                let moves = matches!(unit.state, State::Moves);
                for gap in unit.drafted.iter().flat_map(|drafted| &drafted.gaps) {
                    let mut finding = gap.finding.clone();
                    let is_news = !gap.once || moves && once.insert(finding.rule);
                    if gap.until_moved && moves || !is_news {
                        continue;
                    }
                    let at = finding.at.first().map(|label| label.at);
                    if !known.insert((finding.rule, at, &gap.finding.message)) {
                        continue;
                    }
                    if staying && !gap.always {
                        finding.severity = Severity::Note;
                    }
                    let Some(at) = at.filter(|_| gap.grouped) else {
                        all.emit(finding);
                        continue;
                    };
                    let group = (finding.rule, at.file, gap.finding.message.as_str());
                    match grouped.get_mut(&group) {
                        Some(known) => known.at.extend(finding.at),
                        None => {
                            grouped.insert(group, finding);
                        }
                    }
                }
            }
        }
        for mut finding in grouped.into_values() {
            finding.at.sort_by_key(|label| label.at.span);
            name_other_lines(documents, &mut finding);
            all.emit(finding);
        }
    }
}

/// Names the lines of all places but the first: not every report shows more than one place.
fn name_other_lines(documents: &Documents, finding: &mut Finding) {
    let mut lines: Vec<usize> = Vec::new();
    for Label { at, .. } in &finding.at {
        // only the files of CI servers are at hand here
        let Some(document) = documents.files.get(at.file.0 as usize) else {
            return;
        };
        lines.push(document.source.position(at.span.range().start).line);
    }
    lines.dedup();
    let others: Vec<String> = lines.iter().skip(1).map(ToString::to_string).collect();
    match others.as_slice() {
        [] => {}
        [line] => finding.message += &format!("; also in line {line}"),
        lines => finding.message += &format!("; also in lines {}", lines.join(", ")),
    }
}

/// A finding, by its number, and the changes of its fix.
type WithChanges<'p> = (usize, Vec<&'p Planned>);

/// Findings, each once.
#[derive(Default)]
struct Findings<'p> {
    findings: Vec<Finding>,
    /// The findings of a rule at a place, each with the changes of its fix.
    known: HashMap<(RuleId, Option<Location>), Vec<WithChanges<'p>>>,
}

impl<'p> Findings<'p> {
    fn emit(&mut self, finding: Finding) {
        self.fixed(finding, Vec::new(), Vec::new(), None);
    }

    /// Says what changes put right; the edits are worked out where there are `editors`.
    fn fixed(
        &mut self,
        finding: Finding,
        changes: Vec<&'p Planned>,
        more: Vec<(FileId, Change)>,
        editors: Option<&Editors<'_>>,
    ) {
        let same =
            |one: &&Planned, other: &&Planned| one.file == other.file && one.change == other.change;
        let at = finding.at.first().map(|label| label.at);
        let alike = self.known.entry((finding.rule, at)).or_default();
        let known = alike.iter().any(|(index, others)| {
            others.len() == changes.len()
                && others
                    .iter()
                    .zip(&changes)
                    .all(|(one, other)| same(one, other))
                && same_but_edits(&self.findings[*index], &finding)
        });
        if known {
            return;
        }
        let mut finding = finding;
        if let (Some(fix), Some(editors)) = (&mut finding.fix, editors) {
            let ours = changes
                .iter()
                .map(|planned| (planned.file, planned.change.clone()));
            fix.edits = edits_of(editors, ours.chain(more).collect());
        }
        alike.push((self.findings.len(), changes));
        self.findings.push(finding);
    }
}

fn same_but_edits(one: &Finding, other: &Finding) -> bool {
    let fix = |finding: &Finding| {
        let fix = finding.fix.as_ref();
        fix.map(|fix| (fix.title.clone(), fix.safety))
    };
    one.message == other.message
        && one.severity == other.severity
        && one.at == other.at
        && one.help == other.help
        && fix(one) == fix(other)
}

/// What a finding's changes are, as a fix whose edits are still to come.
fn fix_of(drafted: &Drafted, title: &str) -> Fix {
    let safety = if drafted.draft.reviews.is_empty() {
        Safety::Safe
    } else {
        Safety::Review
    };
    Fix {
        title: title.to_owned(),
        safety,
        edits: Vec::new(),
    }
}

/// The edits of some changes; of a file in which they cannot be written, none.
fn edits_of(editors: &Editors<'_>, changes: Vec<(FileId, Change)>) -> Vec<(FileId, Edit)> {
    let mut edits: Vec<(FileId, Edit)> = Vec::new();
    let mut by_file: BTreeMap<FileId, Vec<Change>> = BTreeMap::new();
    for (file, change) in changes {
        // the step of a derived text is written as a whole
        if !editors
            .documents
            .file(file)
            .tree
            .is_derived(change.subject())
        {
            by_file.entry(file).or_default().push(change);
        }
    }
    for (file, changes) in by_file {
        if let Ok(made) = editors.of(file).edits(&changes) {
            edits.extend(made.into_iter().map(|edit| (file, edit)));
        }
    }
    edits
}

/// Auto DevOps is not ours to edit, and has a switch of its own.
/// Source: gitlab.com/gitlab-org/gitlab merge request 178560.
fn auto_devops(documents: &Documents, pipelines: &[Pipeline], all: &mut Findings<'_>) {
    for foreign in pipelines.iter().flat_map(|pipeline| &pipeline.foreign) {
        if foreign.what.contains("Auto-DevOps") {
            let mut finding = rewrite::finding(
                ids::AUTO_DEVOPS,
                Severity::Warning,
                documents.location(foreign.at),
                "GitLab's Auto DevOps builds with Docker in jobs of its own, which are not written here",
            );
            finding.help = Some("set the variable AUTO_DEVOPS_PODMAN to \"true\" to let it build with Podman (experimental)".to_owned());
            all.emit(finding);
        }
    }
}
