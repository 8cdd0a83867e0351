//! A voice: what a group says to a decision.

use crate::record::{Complaint, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a group says to a decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "voice", "plural": "voices", "title": "decision", "rule": "owner", "section": "structure",
    "earlier": ["decision", "stance", "reason"]
}))]
pub struct Voice {
    /// The decision. It is said when the voice is given.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "decision", "writes": "first"}))]
    pub decision: String,
    /// What it says; it has to be said, since it is a vote.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub stance: Option<Stance>,
    /// Why.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub reason: String,
    /// Who spoke for the group; the name stays with it.
    #[schemars(extend("x-grid" = {"audience": "group"}))]
    pub speaker: String,
}

/// What a group says to a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    /// It is for it.
    Support,
    /// It is not for it, and does not stand in the way.
    StandAside,
    /// It has a concern that should be heard.
    Concern,
    /// It is against it.
    Object,
}

impl Record for Voice {
    fn check(&self) -> Result<(), Complaint> {
        let words = "support, stand_aside, concern or object";
        rules::said("stance", self.stance.as_ref(), words, &["decision", "stance"])
    }
}
