//! A support: a group stands behind something of another: it spreads it, joins it, offers help.
//!
//! One record for each group and thing: what is counted twice anywhere is counted once here.

use crate::record::{Complaint, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a group does for something of another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "support", "plural": "supports", "title": "of", "rule": "owner", "section": "actions"
}))]
pub struct Support {
    /// What it supports: an action, a moment, an alert, a need.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "any"}))]
    pub of: String,
    /// What the group does.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub sort: SupportSort,
    /// How many people it brings.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub people: Option<f64>,
    /// What it offers or promises.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub what: String,
    /// What else there is to say.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub note: String,
    /// The group that asked it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "group"}))]
    pub invited_by: String,
}

/// What a group does for something of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SupportSort {
    /// It spreads the word.
    #[default]
    Boost,
    /// Its people come.
    Join,
    /// It offers help.
    Offer,
    /// It promises something.
    Pledge,
}

impl Record for Support {
    fn check(&self) -> Result<(), Complaint> {
        rules::counts(&[("people", self.people)], &["people"])
    }
}
