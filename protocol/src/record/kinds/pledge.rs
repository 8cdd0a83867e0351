//! A pledge: what a group gives to a fund, in money or in kind.

use crate::record::{Complaint, DateTime, Money, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a group gives to a fund.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "pledge", "plural": "pledges", "title": "fund", "rule": "owner", "section": "resources"
}))]
pub struct Pledge {
    /// The fund.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "fund"}))]
    pub fund: String,
    /// How much, or what it is worth.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub amount: Option<Money>,
    /// What is given, where it is not money.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub what: String,
    /// How far it is.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub status: PledgeStatus,
    /// When.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "on", "aliases": ["Date"]}))]
    pub on: Option<DateTime>,
}

/// How far a pledge is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PledgeStatus {
    /// It is promised.
    #[default]
    Promised,
    /// It was given.
    Given,
    /// It was taken back.
    Withdrawn,
}

impl Record for Pledge {
    fn check(&self) -> Result<(), Complaint> {
        rules::money_not_negative("amount", self.amount.as_ref(), &["amount"])
    }
}
