//! An introduction: somebody thinks that two should know each other.
//!
//! Whoever weaves proposes it; each side says yes or no in a reply of its own, and contacts are for those who both said
//! yes.

use crate::record::{DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Two who should know each other, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "introduction", "plural": "introductions", "title": "why", "rule": "owner", "section": "people",
    "earlier": ["people"]
}))]
pub struct Introduction {
    /// Who meets whom, by names that stay with the group.
    #[schemars(extend("x-grid" = {"audience": "group"}))]
    pub title: String,
    /// The two, or more: people, groups or prospects.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "references", "of": ["person", "group", "prospect"]}))]
    pub people: BTreeSet<String>,
    /// What they have in common, or what one can do for the other: others read its first line as the name of it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub why: String,
    /// How far it is.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub status: IntroductionStatus,
    /// When somebody asks how it went.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "on"}))]
    pub follow_up: Option<DateTime>,
    /// What came of it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub outcome: String,
}

/// How far an introduction is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntroductionStatus {
    /// It is proposed.
    #[default]
    Proposed,
    /// They know of each other.
    Made,
    /// They are talking.
    Talking,
    /// It came to an end: the outcome says how.
    Closed,
}

impl Record for Introduction {}
