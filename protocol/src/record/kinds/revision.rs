//! A revision: a plan was changed, and because of what.

use crate::record::{Complaint, DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A change of a plan, and the data that led to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "revision", "plural": "revisions", "title": "plan", "rule": "owner", "section": "purpose"
}))]
pub struct Revision {
    /// The plan.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "plan"}))]
    pub plan: String,
    /// What was changed.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub change: String,
    /// The data that led to it: reports, scores, lessons.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "references", "of": "any"}))]
    pub because: BTreeSet<String>,
    /// When.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "on"}))]
    pub on: Option<DateTime>,
}

impl Record for Revision {
    fn check(&self) -> Result<(), Complaint> {
        match self.because.is_empty() {
            true => Err(Complaint {
                fields: &["because", "change"],
                message: "because: expected the data that led to the change: the id of a report, score, lesson or win"
                    .to_owned(),
            }),
            false => Ok(()),
        }
    }
}
