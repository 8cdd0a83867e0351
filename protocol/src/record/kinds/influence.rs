//! An influence: how one factor of the systems map moves another.

use crate::record::Record;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How one factor moves another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "influence", "plural": "influences", "title": "from", "rule": "members", "section": "structure"
}))]
pub struct Influence {
    /// The factor that moves.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "factor"}))]
    pub from: String,
    /// The factor that is moved.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "factor"}))]
    pub to: String,
    /// How it moves it.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub effect: Effect,
    /// What shows it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub why: String,
}

/// How a factor moves another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The more of the one, the more of the other.
    #[default]
    More,
    /// The more of the one, the less of the other.
    Less,
}

impl Record for Influence {}
