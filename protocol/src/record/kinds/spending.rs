//! A spending: what became of a fund.

use crate::record::{Complaint, DateTime, Money, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was spent from a fund.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "spending", "plural": "spendings", "title": "fund", "rule": "owner", "section": "resources"
}))]
pub struct Spending {
    /// The fund.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "fund"}))]
    pub fund: String,
    /// How much.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub amount: Option<Money>,
    /// What for.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub what: String,
    /// When.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "on", "aliases": ["Date"]}))]
    pub on: Option<DateTime>,
    /// Where the receipt is.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "link"}))]
    pub receipt: String,
}

impl Record for Spending {
    fn check(&self) -> Result<(), Complaint> {
        rules::money_not_negative("amount", self.amount.as_ref(), &["amount"])
    }
}
