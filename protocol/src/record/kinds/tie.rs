//! A tie: people of two groups met, and mean to meet again.
//!
//! That the groups met is for the coalition, so that its weavers see which ties grow stale. Who it was, and what was
//! said, stays with whoever wrote it: who talks to whom is nobody else's to know.

use crate::record::{Complaint, DateTime, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A meeting with somebody of another group, and how often they mean to meet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "tie", "plural": "ties", "title": "with", "rule": "owner", "section": "people"
}))]
pub struct Tie {
    /// With which group, or with which that is not here yet.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": ["group", "prospect"]}))]
    pub with: String,
    /// Who met: two names. They stay with the group.
    #[schemars(extend("x-grid" = {"audience": "group"}))]
    pub title: String,
    /// Who of one's own group; it stays with the group.
    #[schemars(extend("x-grid" = {"audience": "group", "type": "reference", "of": "person"}))]
    pub who: String,
    /// Whom they met, where somebody is listed; it stays with the group.
    #[schemars(extend("x-grid" = {"audience": "group", "type": "reference", "of": "person"}))]
    pub whom: String,
    /// When they met.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "on", "aliases": ["Date", "When"]}))]
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
