//! An official: whom a group talks to, and where it draws the line.
//!
//! For the group's own people: until spaces are private it stays on the computer where it was written.

use crate::record::{DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A talk with an official, and what the group does not give away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "official", "plural": "officials", "title": "name", "rule": "owner", "section": "actions"
}))]
pub struct Official {
    /// Who it was.
    #[schemars(extend("x-grid" = {
        "audience": "group", "aliases": ["Full name"],
        "parts": [["First name", "Given name"], ["Middle name"], ["Last name", "Family name", "Surname"]]
    }))]
    pub name: String,
    /// In which office.
    #[schemars(extend("x-grid" = {"audience": "group"}))]
    pub office: String,
    /// When they talked.
    #[schemars(extend("x-grid" = {"audience": "group", "day": "on"}))]
    pub on: Option<DateTime>,
    /// What was said.
    #[schemars(extend("x-grid" = {"audience": "group", "type": "text"}))]
    pub said: String,
    /// What the group does not give away.
    #[schemars(extend("x-grid" = {"audience": "group", "type": "text"}))]
    pub limits: String,
}

impl Record for Official {}
