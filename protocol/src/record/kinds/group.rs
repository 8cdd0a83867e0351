//! The profile of a group: who it is, where, what it needs and what it brings.

use crate::record::{Complaint, Coordinates, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A group of the coalition, as it presents itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "group", "plural": "groups", "title": "name", "rule": "owner", "section": "people", "singleton": true, "role": "profile",
    "identity": ["name", "place"], "imports_as": "prospect"
}))]
pub struct Group {
    /// What the group is called.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Organisation", "Organization", "Group"]}))]
    pub name: String,
    /// Where it works: a town, a district, a valley.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "place", "aliases": ["City", "Town", "Location"]}))]
    pub place: String,
    /// The point on the map, kept to two decimals: about a kilometre.
    #[schemars(extend("x-grid" = {"audience": "public", "closeness": "blurred"}))]
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
    /// The sector it belongs to: union, church, school, environment, health.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub sector: String,
    /// Where it stands on what the coalition is about.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub stance: String,
    /// How others reach it: a telephone number, an address, an hour.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Contact", "Email", "Phone"]}))]
    pub reach: String,
    /// How it works, and the words it uses: what others should know before they meet it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub how_we_work: String,
    /// The units that it belongs to.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "references", "of": "unit"}))]
    pub units: BTreeSet<String>,
    /// Where it is on its way, and it may be at several: connect, align, produce.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub stages: BTreeSet<String>,
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

/// Where a group is on its way; it may be at several places at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It finds out who is there.
    Connect,
    /// It agrees with others on what unites them.
    Align,
    /// It acts with others.
    Produce,
}

impl Stage {
    /// All three.
    pub const ALL: [Stage; 3] = [Stage::Connect, Stage::Align, Stage::Produce];

    /// The word for it, as in a profile.
    pub const fn word(self) -> &'static str {
        match self {
            Stage::Connect => "connect",
            Stage::Align => "align",
            Stage::Produce => "produce",
        }
    }
}

impl Record for Group {
    fn check(&self) -> Result<(), Complaint> {
        rules::roles(&self.roles)?;
        rules::words("stages", &self.stages, &Stage::ALL.map(Stage::word), &["stages"])
    }
}
