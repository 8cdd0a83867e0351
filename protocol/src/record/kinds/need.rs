//! A need: what a group looks for, and until when.
//!
//! Also a gap of the coalition, and a call for hands-on help: a match closes it.

use crate::record::{Complaint, Coordinates, DateTime, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something that a group looks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "need", "plural": "needs", "title": "title", "rule": "owner", "section": "resources",
    "identity": ["title", "place"]
}))]
pub struct Need {
    /// What is needed.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Need", "Name"]}))]
    pub title: String,
    /// What sort of thing it is.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Type", "Category"]}))]
    pub sort: NeedSort,
    /// Words under which it is found.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Keywords"]}))]
    pub tags: BTreeSet<String>,
    /// Where.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "place", "aliases": ["City", "Town", "Location"]}))]
    pub place: String,
    /// The point on the map, kept to two decimals: about a kilometre.
    #[schemars(extend("x-grid" = {"audience": "coalition", "closeness": "blurred"}))]
    pub coordinates: Option<Coordinates>,
    /// From when.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "from"}))]
    pub from: Option<DateTime>,
    /// Until when.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "until", "aliases": ["By"]}))]
    pub until: Option<DateTime>,
    /// The languages in which it is needed.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub languages: BTreeSet<String>,
    /// What it is for.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text", "aliases": ["Description"]}))]
    pub about: String,
    /// What it belongs to: an action, an event, a body.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "any"}))]
    pub of: String,
    /// How far it is.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub status: NeedStatus,
    /// What came of it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub closing_note: String,
}

/// The sort of a need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeedSort {
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
    /// Money.
    Money,
    /// People.
    People,
    /// Somebody who helps on the spot.
    Help,
}

/// How far a need is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeedStatus {
    /// It is open.
    #[default]
    Open,
    /// Somebody met it.
    Met,
    /// It is not needed any more.
    Withdrawn,
}

impl Record for Need {
    fn check(&self) -> Result<(), Complaint> {
        rules::in_order(&[("from", &self.from), ("until", &self.until)], &["from", "until"])
    }
}
