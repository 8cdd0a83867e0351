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
    "identity": ["name", "email"]
}))]
pub struct Supporter {
    /// What the person is called.
    #[schemars(extend("x-grid" = {"audience": "local", "aliases": ["Full name", "Name"]}))]
    pub name: String,
    /// Address for letters.
    #[schemars(extend("x-grid" = {"audience": "local", "aliases": ["E-mail", "Mail"]}))]
    pub email: String,
    /// Telephone number.
    #[schemars(extend("x-grid" = {"audience": "local", "aliases": ["Mobile", "Tel"]}))]
    pub phone: String,
    /// Where the person lives.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "place", "aliases": ["City", "Town", "Suburb"]}))]
    pub place: String,
    /// The languages the person speaks.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub languages: BTreeSet<String>,
    /// What the person came for.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub tags: BTreeSet<String>,
    /// Since when.
    #[schemars(extend("x-grid" = {"audience": "local", "day": "on", "aliases": ["Date"]}))]
    pub joined: Option<DateTime>,
    /// What is worth knowing.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "text", "aliases": ["Notes"]}))]
    pub note: String,
}

impl Record for Supporter {}
