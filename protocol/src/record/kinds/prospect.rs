//! A prospect: a group that is not here yet and that would celebrate the win.
//!
//! The write rule is the owner's: another group may know the same prospect differently, and an import of one group
//! never overwrites what another wrote.

use crate::record::{Coordinates, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A group that is not here yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "prospect", "plural": "prospects", "title": "name", "rule": "owner", "section": "people", "role": "prospect",
    "identity": ["name", "place"], "alike": "website"
}))]
pub struct Prospect {
    /// What the group is called.
    #[schemars(extend("x-grid" = {
        "audience": "coalition", "aliases": ["Organisation", "Organization", "Organization name", "Group", "Company"]
    }))]
    pub name: String,
    /// Where it works.
    #[schemars(extend("x-grid" = {
        "audience": "coalition", "type": "place", "aliases": ["City", "Town", "Address 1 - City", "Business city",
            "Location"]
    }))]
    pub place: String,
    /// The point on the map, kept to two decimals: about a kilometre.
    #[schemars(extend("x-grid" = {"audience": "coalition", "closeness": "blurred"}))]
    pub coordinates: Option<Coordinates>,
    /// Its page on the web.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "link", "aliases": ["URL", "Web site", "Homepage"]}))]
    pub website: String,
    /// What it works on.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Topics", "Issues", "Keywords"]}))]
    pub tags: BTreeSet<String>,
    /// What is known about it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text", "aliases": ["Description"]}))]
    pub about: String,
    /// How far the conversation with it is.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Status", "Contact status"]}))]
    pub contact: Contact,
    /// The group it became when it joined.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "group"}))]
    pub joined_as: String,
    /// What only the people at this computer should read: who said what to whom.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "text", "aliases": ["Notes", "Note", "Comments"]}))]
    pub notes: String,
}

/// How far the conversation with a prospect is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Contact {
    /// Nobody has asked yet.
    #[default]
    Wanted,
    /// Somebody has written or called.
    Contacted,
    /// They are talking.
    Talking,
    /// They were invited.
    Invited,
    /// They joined.
    Joined,
    /// They said no, for now.
    Declined,
}

impl Record for Prospect {}
