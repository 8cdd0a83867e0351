//! A moment of convergence: a time for which many groups plan actions of their own.

use crate::record::{Complaint, Coordinates, DateTime, Record, Speaker, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A time at which many actions come together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "moment", "plural": "moments", "title": "title", "rule": "owner", "section": "actions",
    "identity": ["title"], "speaks": "voice"
}))]
pub struct Moment {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub title: String,
    /// When it begins.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Start"]}))]
    pub starts: Option<DateTime>,
    /// When it ends.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["End"]}))]
    pub ends: Option<DateTime>,
    /// Whom it wants to move.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub target: String,
    /// The objective it is for.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "reference", "of": "objective"}))]
    pub objective: String,
    /// Where, if it has one place.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "place"}))]
    pub place: String,
    /// The point on the map.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub coordinates: Option<Coordinates>,
    /// What it is about.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "text", "aliases": ["Description"]}))]
    pub about: String,
    /// For whom it speaks: the group itself, or the network, which takes a mandate.
    #[schemars(extend("x-grid" = {"audience": "public", "met": "group"}))]
    pub voice: Option<Speaker>,
    /// The mandate under which it speaks for the network: its id, or the beginning of it.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub mandate: String,
}

impl Record for Moment {
    fn check(&self) -> Result<(), Complaint> {
        rules::in_order(&[("starts", &self.starts), ("ends", &self.ends)], &["starts", "ends"])
    }
}
