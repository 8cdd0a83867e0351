//! A seat: a group takes part in a body, in a role and for a term.
//!
//! The group that takes the seat writes it: nobody is put anywhere by others.

use crate::record::{Complaint, DateTime, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A group's seat in a body.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "seat", "plural": "seats", "title": "body", "rule": "owner", "section": "structure"
}))]
pub struct Seat {
    /// The body.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "body"}))]
    pub body: String,
    /// In which role: representative, chair, convener, host, fiscal sponsor, note-taker.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub role: String,
    /// Who sits there, by a name that stays with the group; others read the group, or the person who is listed.
    #[schemars(extend("x-grid" = {"audience": "group"}))]
    pub holder: String,
    /// The person, where one is listed.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "person"}))]
    pub person: String,
    /// Since when.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "from", "aliases": ["Since"]}))]
    pub from: Option<DateTime>,
    /// Until when: the end of the term.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "until", "aliases": ["Term"]}))]
    pub until: Option<DateTime>,
}

impl Record for Seat {
    fn check(&self) -> Result<(), Complaint> {
        rules::in_order(&[("from", &self.from), ("until", &self.until)], &["from", "until"])
    }
}
