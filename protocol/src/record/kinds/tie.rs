//! A tie: two people met, and mean to meet again.
//!
//! That they met is for the coalition, so that its weavers see which ties grow stale. What was said stays with whoever
//! wrote it.

use crate::record::{Complaint, DateTime, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A meeting of two people, and how often they mean to meet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "tie", "plural": "ties", "title": "title", "rule": "owner", "section": "people"
}))]
pub struct Tie {
    /// Who met: two names.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub title: String,
    /// Whom: a person, a group or a prospect.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": ["person", "group", "prospect"]}))]
    pub with: String,
    /// Who of one's own group.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "person"}))]
    pub who: String,
    /// When they met.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Date", "When"]}))]
    pub on: Option<DateTime>,
    /// How many days should pass between two meetings at most.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub every_days: Option<f64>,
    /// What was said. It stays on this computer.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "text"}))]
    pub note: String,
}

impl Record for Tie {
    fn check(&self) -> Result<(), Complaint> {
        rules::not_negative(&[("every_days", self.every_days)], &["every_days"])
    }
}
