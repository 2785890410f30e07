//! A library that speaks to an engine, as a project's manifest names it, and what to say of it.

use crate::analysis::api_clients::ApiClient;
use crate::finding::{Finding, Label, Severity};
use crate::text::Location;

use super::draft::Draft;

impl ApiClient {
    /// The job stays: nothing that moves it gives the tests an engine.
    pub(super) fn keeps(&self, at: Location, draft: &mut Draft) {
        draft.stay(self.finding(at, Severity::Warning, self.what.clone()));
    }

    /// The tests go on with the machine's Docker.
    pub(super) fn goes_on(&self, at: Location, draft: &mut Draft) {
        let message = format!("{}; they go on with the machine's Docker", self.what);
        let mut note = self.finding(at, Severity::Note, message);
        note.help = None;
        draft.emit(note);
    }

    fn finding(&self, at: Location, severity: Severity, message: String) -> Finding {
        let named = self.at.map(|at| Label {
            at,
            text: "it is named here".to_owned(),
        });
        let called = Label {
            at,
            text: String::new(),
        };
        Finding {
            rule: self.rule,
            severity,
            at: [called].into_iter().chain(named).collect(),
            message: message.replace("{it}", &self.location),
            help: Some(self.solve.clone()),
            fix: None,
            accepted: None,
        }
    }
}
