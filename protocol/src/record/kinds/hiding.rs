//! Something hidden: a tactic or a group that this computer's people do not want to see.
//!
//! Hiding is local. It takes nothing from anybody, and nobody is told.

use crate::record::{DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A tactic or a group that is not shown on this computer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "hiding", "plural": "hidings", "title": "what", "rule": "owner", "section": "own"
}))]
pub struct Hiding {
    /// The tactic, or the name of the group.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub what: String,
    /// What it is.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub sort: HiddenSort,
    /// The group.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "reference", "of": "group"}))]
    pub of_group: String,
    /// Until when; nothing: until it is shown again.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub until: Option<DateTime>,
}

/// What is hidden.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HiddenSort {
    /// Actions with this tactic.
    #[default]
    Tactic,
    /// Whatever this group writes.
    Group,
}

impl Record for Hiding {}
