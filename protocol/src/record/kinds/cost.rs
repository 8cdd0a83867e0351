//! A cost: what a group paid for an event that several share.

use crate::record::{Complaint, Money, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a group paid for something that is shared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "cost", "plural": "costs", "title": "event", "rule": "owner", "section": "talk"
}))]
pub struct Cost {
    /// The event.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "event"}))]
    pub event: String,
    /// What it was for.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub what: String,
    /// How much.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub amount: Option<Money>,
    /// The groups that share it; none: all that were there.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "references", "of": "group"}))]
    pub shared_by: BTreeSet<String>,
}

impl Record for Cost {
    fn check(&self) -> Result<(), Complaint> {
        rules::money_not_negative("amount", self.amount.as_ref(), &["amount"])
    }
}
