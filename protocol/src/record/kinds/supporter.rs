//! A supporter: somebody on the list of a group. It stays with the group.

use crate::record::{DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Somebody on a group's own list; it never leaves this computer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "supporter", "plural": "supporters", "title": "name", "rule": "owner", "section": "actions",
    "identity": ["name", "email"], "alike": "email", "traces": ["email", "phone", "name place"]
}))]
pub struct Supporter {
    /// What the person is called.
    #[schemars(extend("x-grid" = {
        "audience": "local", "aliases": ["Full name", "Name"], "stand_in": "email",
        "parts": [["First name", "Given name", "FNAME", "Booking first name"], ["Middle name", "Additional name"],
            ["Last name", "Family name", "Surname", "LNAME", "Booking last name"]]
    }))]
    pub name: String,
    /// Address for letters.
    #[schemars(extend("x-grid" = {
        "audience": "local", "aliases": ["E-mail", "E-mail address", "E-mail 1 - Value", "Primary email", "Mail",
            "Booking email"]
    }))]
    pub email: String,
    /// Telephone number.
    #[schemars(extend("x-grid" = {
        "audience": "local", "aliases": ["Phone number", "Mobile", "Mobile phone", "Mobile number", "Phone 1 - Value",
            "can2_phone", "Primary phone", "Cell phone", "Home phone", "Tel", "Telephone", "Booking telephone"]
    }))]
    pub phone: String,
    /// Where the person lives.
    #[schemars(extend("x-grid" = {
        "audience": "local", "type": "place", "aliases": ["City", "Town", "Suburb", "Address 1 - City", "Home city",
            "Primary city", "Location", "Booking suburb"]
    }))]
    pub place: String,
    /// The languages the person speaks.
    #[schemars(extend("x-grid" = {"audience": "local", "aliases": ["Language"]}))]
    pub languages: BTreeSet<String>,
    /// What the person came for.
    #[schemars(extend("x-grid" = {
        "audience": "local", "aliases": ["Tag list", "can2_user_tags", "Labels", "Group membership", "Categories",
            "Ticket type", "RSVP status"]
    }))]
    pub tags: BTreeSet<String>,
    /// Since when.
    #[schemars(extend("x-grid" = {"audience": "local", "day": "on", "aliases": ["Date"]}))]
    pub joined: Option<DateTime>,
    /// What is worth knowing.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "text", "aliases": ["Notes"]}))]
    pub note: String,
}

impl Record for Supporter {}
