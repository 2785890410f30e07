//! Files that no pipeline includes: read, reported, and left as they are.

use crate::analysis;
use crate::analysis::{Context, Evidence, Scripts};
use crate::finding::{Finding, RuleId, Severity};
use crate::options::Options;
use crate::pipeline::{Documents, Job, Pipeline};
use crate::repository::Files;
use crate::rewrite;
use crate::rules::{Rules, ids};
use crate::text::{FileId, Location, Span};

use super::Plan;

/// A job of such a file.
pub struct LibraryJob<'a> {
    /// The job.
    pub job: &'a Job,
    /// Whether it uses Docker.
    pub uses_docker: bool,
}

/// The name of the findings.
pub const UNREACHABLE: RuleId = ids::UNREACHABLE_FILE;

impl<'a> Plan<'a> {
    /// Looks at files that no pipeline includes, each lowered by itself.
    pub fn read_libraries(
        &mut self,
        documents: &'a Documents,
        beside: &'a [(FileId, Pipeline)],
        rules: &Rules,
        options: &Options,
        files: &dyn Files,
        scripts: &Scripts,
    ) {
        for (file, pipeline) in beside {
            let context = Context::new(documents, rules, options, files, pipeline, scripts, None);
            let mut any = false;
            for job in &pipeline.jobs {
                let uses_docker = analysis::may_use_docker(&context, job)
                    && Evidence::of(&context.view(job)).uses_docker();
                any |= uses_docker;
                if !job.hidden {
                    self.library_jobs.push(LibraryJob { job, uses_docker });
                }
            }
            let text = documents.file(*file).source.text();
            let word = "docker";
            let (severity, span) = match (any, text.find(word), text.rfind(word)) {
                (true, Some(first), Some(last)) => {
                    let rest = text[last..].lines().next().map_or(0, str::len);
                    (Severity::Warning, Span::new(first, last + rest))
                }
                _ => (Severity::Note, first_key(documents, *file)),
            };
            let at = Location { file: *file, span };
            let mut finding = unreachable(at, severity);
            if any {
                let help = "name it on the command line to move it all the same";
                finding.help = Some(help.to_owned());
            }
            self.findings.push(finding);
        }
    }
}

/// What there is to say of a file that no pipeline includes.
pub fn unreachable(at: Location, severity: Severity) -> Finding {
    let message = "no pipeline of this repository includes this file, so it is left alone";
    rewrite::finding(UNREACHABLE, severity, at, message)
}

/// Where a file begins to say something.
fn first_key(documents: &Documents, file: FileId) -> Span {
    let tree = &documents.file(file).tree;
    let root = tree.documents().last();
    let span = root.map(|root| tree.node(*root).span);
    span.map_or(Span::at(0), |span| Span::at(span.start as usize))
}
