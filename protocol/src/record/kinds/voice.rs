//! A voice: what a group says to a decision.

use crate::record::Record;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a group says to a decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "voice", "plural": "voices", "title": "decision", "rule": "owner", "section": "structure"
}))]
pub struct Voice {
    /// The decision.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "decision"}))]
    pub decision: String,
    /// What it says.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub stance: Stance,
    /// Why.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub reason: String,
    /// Who spoke for the group.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub speaker: String,
}

/// What a group says to a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    /// It is for it.
    #[default]
    Support,
    /// It is not for it, and does not stand in the way.
    StandAside,
    /// It has a concern that should be heard.
    Concern,
    /// It is against it.
    Object,
}

impl Record for Voice {}
