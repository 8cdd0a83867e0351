//! A booking: a group asks for an asset for a time; a reply of its owner grants it.

use crate::record::{Complaint, DateTime, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A group asks for an asset, from a time to a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "booking", "plural": "bookings", "title": "asset", "rule": "owner", "section": "resources",
    "earlier": ["asset", "from", "until"]
}))]
pub struct Booking {
    /// The asset.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "asset"}))]
    pub asset: String,
    /// From when.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Start"]}))]
    pub from: Option<DateTime>,
    /// Until when.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["End"]}))]
    pub until: Option<DateTime>,
    /// What for.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub purpose: String,
    /// The action or event that it is for.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "any"}))]
    pub of: String,
    /// Whether it still stands.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub status: BookingStatus,
}

/// Whether a booking still stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    /// It stands.
    #[default]
    Asked,
    /// It is not needed any more.
    Cancelled,
}

impl Record for Booking {
    fn check(&self) -> Result<(), Complaint> {
        if self.from.is_none() || self.until.is_none() {
            let message = "from and until: expected both, so that others see when it is taken".to_owned();
            return Err(Complaint { fields: &["from", "until"], message });
        }
        rules::in_order(&[("from", &self.from), ("until", &self.until)], &["from", "until"])
    }
}
