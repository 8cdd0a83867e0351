//! The profile of a group: who it is, where, what it needs and what it brings.

use super::{Coordinates, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A group of the coalition, as it presents itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "group", "plural": "groups", "title": "name", "rule": "owner", "singleton": true, "role": "profile",
    "identity": ["name", "place"], "imports_as": "prospect"
}))]
pub struct Group {
    /// What the group is called.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Organisation", "Organization", "Group"]}))]
    pub name: String,
    /// Where it works: a town, a district, a valley.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "place", "aliases": ["City", "Town", "Location"]}))]
    pub place: String,
    /// The point on the map, as exact as the group wants it.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub coordinates: Option<Coordinates>,
    /// What the group is and does.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "text", "aliases": ["Description"]}))]
    pub about: String,
    /// Its page on the web.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "link", "aliases": ["URL", "Web site", "Homepage"]}))]
    pub website: String,
    /// What it works on.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Topics", "Issues", "Keywords"]}))]
    pub tags: BTreeSet<String>,
    /// What its people can do for others.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Offers"]}))]
    pub skills: BTreeSet<String>,
    /// What it needs from others.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub needs: BTreeSet<String>,
    /// The languages it works in.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub languages: BTreeSet<String>,
    /// The roles that somebody in the group fills: principal, driver, supporter, weaver, operator.
    #[schemars(extend("x-grid" = {"audience": "coalition", "widget": "role-tags"}))]
    pub roles: BTreeSet<String>,
}

/// A role in a coalition. One person often holds several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Drives and unifies.
    Principal,
    /// Leads actions.
    Driver,
    /// Takes part and brings others.
    Supporter,
    /// Matches and introduces.
    Weaver,
    /// Keeps the grid healthy.
    Operator,
}

impl Role {
    /// All five.
    pub const ALL: [Role; 5] = [Role::Principal, Role::Driver, Role::Supporter, Role::Weaver, Role::Operator];

    /// The word for it, as in the tags of a profile.
    pub const fn word(self) -> &'static str {
        match self {
            Role::Principal => "principal",
            Role::Driver => "driver",
            Role::Supporter => "supporter",
            Role::Weaver => "weaver",
            Role::Operator => "operator",
        }
    }
}

impl Record for Group {
    fn check(&self) -> Result<(), super::Complaint> {
        let known = |word: &String| Role::ALL.iter().any(|role| role.word() == word);
        match self.roles.iter().find(|word| !known(word)) {
            None => Ok(()),
            Some(word) => Err(super::Complaint {
                fields: &["roles"],
                message: format!("roles: expected principal, driver, supporter, weaver or operator, found {word:?}"),
            }),
        }
    }
}
