//! A body: people who meet for a purpose: a working group, a caucus, the steering committee.

use crate::record::{Complaint, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A body of the coalition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "body", "plural": "bodies", "title": "name", "rule": "owner", "section": "structure",
    "identity": ["name"]
}))]
pub struct Body {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub name: String,
    /// What sort of body it is.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub sort: BodySort,
    /// What it is for.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub purpose: String,
    /// The lever of the systems map that it works on.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "factor"}))]
    pub lever: String,
    /// The unit that it is for.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "unit"}))]
    pub unit: String,
    /// The roles that it needs somebody for.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub wanted_roles: BTreeSet<String>,
    /// How many seats it has.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub seats: Option<f64>,
    /// When it meets: every Tuesday at seven.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub meets: String,
}

/// The sort of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodySort {
    /// It works on a lever.
    #[default]
    WorkingGroup,
    /// It steers.
    Steering,
    /// Its members share what they live through.
    Caucus,
    /// Funders, as members among others.
    Funders,
    /// It helps groups on request.
    Capacity,
    /// It keeps the coalition going.
    Backbone,
    /// Groups send somebody.
    Representatives,
}

impl Record for Body {
    fn check(&self) -> Result<(), Complaint> {
        rules::counts(&[("seats", self.seats)], &["seats"])
    }
}
