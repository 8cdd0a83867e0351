//! A place: where people can meet, or what the struggle is about.

use crate::record::{Coordinates, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place that matters to several.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "place", "plural": "places", "title": "name", "rule": "owner", "section": "people",
    "identity": ["name", "address"]
}))]
pub struct Place {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub name: String,
    /// What sort of place it is.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Type"]}))]
    pub sort: PlaceSort,
    /// Where it is.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "place", "aliases": ["Location", "Place"]}))]
    pub address: String,
    /// The point on the map.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub coordinates: Option<Coordinates>,
    /// How people get in: steps, lifts, trains, toilets.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "text"}))]
    pub access: String,
    /// What is worth knowing.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "text", "aliases": ["Description"]}))]
    pub about: String,
    /// Where to read more.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "link", "aliases": ["URL", "Website"]}))]
    pub link: String,
}

/// The sort of a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceSort {
    /// Where people can meet.
    #[default]
    Meeting,
    /// Where a group works.
    Office,
    /// What it is about: a well, a road, a forest.
    Site,
    /// A court or an authority.
    Court,
    /// Anything else.
    Other,
}

impl Record for Place {}
