//! An asset: what a group has and lends.

use crate::record::{Complaint, Coordinates, DateTime, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something that a group has and others may use: a van, a hall, a skill.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "asset", "plural": "assets", "title": "name", "rule": "owner", "section": "resources",
    "identity": ["name", "place"]
}))]
pub struct Asset {
    /// What it is.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Asset", "Item", "Title"]}))]
    pub name: String,
    /// What sort of thing it is.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Type", "Category"]}))]
    pub sort: AssetSort,
    /// Words under which it is found.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Keywords"]}))]
    pub tags: BTreeSet<String>,
    /// Where it is.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "place", "aliases": ["City", "Town", "Location"]}))]
    pub place: String,
    /// The point on the map, kept to two decimals: about a kilometre.
    #[schemars(extend("x-grid" = {"audience": "coalition", "closeness": "blurred"}))]
    pub coordinates: Option<Coordinates>,
    /// On what terms it is lent.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text", "aliases": ["Conditions"]}))]
    pub terms: String,
    /// Since when it can be had.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "from"}))]
    pub from: Option<DateTime>,
    /// Until when.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "until"}))]
    pub until: Option<DateTime>,
    /// The days of the week on which it can be had; none: any.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub days: BTreeSet<String>,
    /// Whether it can be had.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub status: AssetStatus,
}

/// The sort of an asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssetSort {
    /// A thing.
    #[default]
    Thing,
    /// A room or a field.
    Space,
    /// A car, a van, a boat.
    Vehicle,
    /// Something that people can do.
    Skill,
    /// Something that is done for others.
    Service,
    /// Printing, sound, film.
    Media,
}

/// Whether an asset can be had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssetStatus {
    /// It can be had.
    #[default]
    Available,
    /// It can not be had at present.
    Away,
}

impl Record for Asset {
    fn check(&self) -> Result<(), Complaint> {
        rules::days(&self.days)?;
        rules::in_order(&[("from", &self.from), ("until", &self.until)], &["from", "until"])
    }
}
