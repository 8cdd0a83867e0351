//! A tally: letters, calls and visits for an action, counted.

use crate::record::{Complaint, DateTime, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was sent to a target for an action.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "tally", "plural": "tallies", "title": "action", "rule": "owner", "section": "actions"
}))]
pub struct Tally {
    /// The action.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "action"}))]
    pub action: String,
    /// Who was written to, called or visited.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Legislator", "Recipient"]}))]
    pub target: String,
    /// Letters.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub letters: Option<f64>,
    /// Calls.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub calls: Option<f64>,
    /// Visits.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub visits: Option<f64>,
    /// When.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "on", "aliases": ["Date"]}))]
    pub on: Option<DateTime>,
    /// What else there is to say.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub note: String,
}

impl Record for Tally {
    fn check(&self) -> Result<(), Complaint> {
        let counts = [("letters", self.letters), ("calls", self.calls), ("visits", self.visits)];
        rules::counts(&counts, &["letters", "calls", "visits"])
    }
}
