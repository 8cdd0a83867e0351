//! A match: a need and what meets it.
//!
//! Whoever weaves may write one; the group that has the need or the asset says in it when it is done.

use crate::record::Record;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A need and what meets it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "match", "plural": "matches", "title": "need", "rule": "owner", "section": "resources"
}))]
pub struct Match {
    /// The need.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "need"}))]
    pub need: String,
    /// What or who meets it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": ["asset", "person", "group"]}))]
    pub with: String,
    /// How far it is.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub status: MatchStatus,
    /// How it went.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub note: String,
}

/// How far a match is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchStatus {
    /// Somebody thinks that it fits.
    #[default]
    Suggested,
    /// Both want it.
    Agreed,
    /// It is done: the need is met.
    Done,
    /// Nothing came of it.
    Failed,
}

impl Record for Match {}
