//! A fund: money or things for a purpose, and who holds it.

use crate::record::{Complaint, Money, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Money or things for a purpose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "fund", "plural": "funds", "title": "title", "rule": "owner", "section": "resources",
    "identity": ["title"]
}))]
pub struct Fund {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub title: String,
    /// What it is for.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub purpose: String,
    /// The group that holds it: the fiscal sponsor.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "group"}))]
    pub holder: String,
    /// How much is looked for.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub goal: Option<Money>,
    /// Who decides about it, and how.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub terms: String,
    /// Whether it takes pledges.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub status: FundStatus,
}

/// Whether a fund takes pledges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FundStatus {
    /// It takes pledges.
    #[default]
    Open,
    /// It does not.
    Closed,
}

impl Record for Fund {
    fn check(&self) -> Result<(), Complaint> {
        rules::money_not_negative("goal", self.goal.as_ref(), &["goal"])
    }
}
