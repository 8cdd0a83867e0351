//! An alert: somebody calls for help, now.

use crate::record::{Complaint, Coordinates, DateTime, Record, Speaker, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A call for help.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "alert", "plural": "alerts", "title": "title", "rule": "owner", "section": "actions",
    "speaks": "voice"
}))]
pub struct Alert {
    /// What is happening.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub title: String,
    /// What others are asked to do.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub ask: String,
    /// Where.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "place", "aliases": ["Location"]}))]
    pub place: String,
    /// The point on the map.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub coordinates: Option<Coordinates>,
    /// How far around that point groups are called, in kilometres; nothing: everywhere.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub radius_km: Option<f64>,
    /// The unit whose groups are called.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "unit"}))]
    pub unit: String,
    /// Until when help is needed.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub until: Option<DateTime>,
    /// Whether it still stands.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub status: AlertStatus,
    /// For whom it speaks: the group itself, or the network, which takes a mandate.
    #[schemars(extend("x-grid" = {"audience": "coalition", "met": "group"}))]
    pub voice: Option<Speaker>,
    /// The mandate under which it speaks for the network: its id, or the beginning of it.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub mandate: String,
}

/// Whether a call still stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    /// Help is needed.
    #[default]
    Open,
    /// It is over.
    Over,
}

impl Record for Alert {
    fn check(&self) -> Result<(), Complaint> {
        rules::not_negative(&[("radius_km", self.radius_km)], &["radius_km"])?;
        match (self.radius_km, self.coordinates) {
            (Some(_), None) => Err(Complaint {
                fields: &["radius_km", "coordinates"],
                message: "coordinates: expected the point around which groups are called; without one a radius calls everybody"
                    .to_owned(),
            }),
            _ => Ok(()),
        }
    }
}
