//! A reply: yes or no to something that another group asked.
//!
//! It answers introductions, bookings, requests for help and matches: the one who asks and the one who answers each
//! write a record of their own.

use crate::record::{Complaint, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A yes or no to what another group wrote.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "reply", "plural": "replies", "title": "to", "rule": "owner", "section": "talk"
}))]
pub struct Reply {
    /// What it answers.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "any"}))]
    pub to: String,
    /// What it says; it has to be said, since a yes opens doors.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub says: Option<Says>,
    /// What else there is to say.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub note: String,
    /// How to reach whoever answers. It is given once both said yes; until spaces are private it stays here.
    #[schemars(extend("x-grid" = {"audience": "group"}))]
    pub contact: String,
}

/// What a reply says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Perhaps, or not yet.
    Maybe,
}

impl Record for Reply {
    fn check(&self) -> Result<(), Complaint> {
        rules::said("says", self.says.as_ref(), "yes, no or maybe", &["to", "says"])
    }
}
