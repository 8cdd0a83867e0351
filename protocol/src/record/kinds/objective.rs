//! An objective: what the actions of many add up to.

use crate::record::{DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that the coalition wants to reach.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "objective", "plural": "objectives", "title": "title", "rule": "owner", "section": "purpose",
    "identity": ["title"]
}))]
pub struct Objective {
    /// What is to be reached.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub title: String,
    /// Why, and how.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "text"}))]
    pub about: String,
    /// By what one sees that it is reached.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub measure: String,
    /// Until when.
    #[schemars(extend("x-grid" = {"audience": "public", "day": "until"}))]
    pub until: Option<DateTime>,
    /// How far it is.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub status: ObjectiveStatus,
    /// The body that looks after it.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "reference", "of": "body"}))]
    pub body: String,
}

/// How far an objective is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectiveStatus {
    /// It is not reached yet.
    #[default]
    Open,
    /// It is reached.
    Reached,
    /// It was given up.
    Dropped,
}

impl Record for Objective {}
