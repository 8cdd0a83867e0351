//! A unit: a scale at which groups come together, from a street to the globe.
//!
//! A unit may lie in several others. A group says itself to which it belongs (`units` of its profile); whatever rolls
//! up counts it once.

use crate::record::{Coordinates, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A neighbourhood, district, city or region in which groups come together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "unit", "plural": "units", "title": "name", "rule": "owner", "section": "structure",
    "identity": ["name"]
}))]
pub struct Unit {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub name: String,
    /// Its scale.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub level: Option<Level>,
    /// The units in which it lies.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "references", "of": "unit"}))]
    pub parents: BTreeSet<String>,
    /// Where it is.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "place"}))]
    pub place: String,
    /// The point on the map.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub coordinates: Option<Coordinates>,
    /// What is worth knowing.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "text", "aliases": ["Description"]}))]
    pub about: String,
}

/// The scale of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Some streets.
    Neighbourhood,
    /// A part of a city or of the country.
    District,
    /// A city.
    City,
    /// A region or a state.
    Region,
    /// A country.
    Country,
    /// The world.
    Global,
}

impl Record for Unit {}
