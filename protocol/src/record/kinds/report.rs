//! A report: what came of an action, as the group that did it tells it.

use crate::record::{Complaint, DateTime, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What came of an action.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "report", "plural": "reports", "title": "title", "rule": "owner", "section": "learning",
    "identity": ["title", "on"]
}))]
pub struct Report {
    /// What it is about.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub title: String,
    /// The action, where it is one.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "reference", "of": ["action", "event", "moment"]}))]
    pub action: String,
    /// When it was.
    #[schemars(extend("x-grid" = {"audience": "public", "day": "on", "aliases": ["Date"]}))]
    pub on: Option<DateTime>,
    /// What came of it.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "text", "aliases": ["Result", "Description"]}))]
    pub outcome: String,
    /// How many people took part.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Participants", "Attendance"]}))]
    pub people: Option<f64>,
    /// Letters that were sent.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub letters: Option<f64>,
    /// Initiatives that nobody had planned before.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub initiatives: Option<f64>,
    /// Times that the press told of it.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Clippings"]}))]
    pub media: Option<f64>,
    /// Legislators who moved.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub legislators: Option<f64>,
    /// Links that show it, a line each.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "text"}))]
    pub evidence: String,
    /// What the other groups should know, and nobody else.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub internal: String,
    /// What should stay on this computer.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "text"}))]
    pub private: String,
}

impl Record for Report {
    fn check(&self) -> Result<(), Complaint> {
        let counts = [
            ("people", self.people),
            ("letters", self.letters),
            ("initiatives", self.initiatives),
            ("media", self.media),
            ("legislators", self.legislators),
        ];
        rules::counts(&counts, &["people", "letters", "initiatives", "media", "legislators"])
    }
}
