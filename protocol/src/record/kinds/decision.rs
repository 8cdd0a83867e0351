//! A decision: what was proposed, who spoke, what came of it.
//!
//! Nobody needs one for an action of their own. What concerns all is proposed here, and every group has a voice of its
//! own.

use crate::record::{DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that several decide, openly.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "decision", "plural": "decisions", "title": "title", "rule": "owner", "section": "structure",
    "earlier": ["title", "proposal", "status"]
}))]
pub struct Decision {
    /// What it is about.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub title: String,
    /// What is proposed.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub proposal: String,
    /// The body that decides, if not all.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "body"}))]
    pub body: String,
    /// How far it is.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub status: DecisionStatus,
    /// Until when voices are heard.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "until"}))]
    pub closes: Option<DateTime>,
    /// When it was decided; where nothing is said, when its status says so first.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "on"}))]
    pub decided: Option<DateTime>,
    /// What was decided, and why.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub outcome: String,
}

/// How far a decision is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionStatus {
    /// It is being talked about.
    #[default]
    Open,
    /// It was adopted.
    Adopted,
    /// It was not adopted.
    Rejected,
    /// It was taken back.
    Dropped,
}

impl Record for Decision {}
