//! A review of threats: what could happen to people here, and what helps.

use crate::record::{Complaint, DateTime, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What could happen to people here, and what is done about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "review", "plural": "reviews", "title": "title", "rule": "owner", "section": "purpose",
    "verbs": ["start"]
}))]
pub struct Review {
    /// Whom or what it is about.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub title: String,
    /// What must not get into the wrong hands, and who must not come to harm.
    #[schemars(extend("x-grid" = {"audience": "group", "type": "text"}))]
    pub assets: String,
    /// Who might want that.
    #[schemars(extend("x-grid" = {"audience": "group", "type": "text"}))]
    pub adversaries: String,
    /// What could happen, and from whom. It stays with the group: in other hands it is a list of what hurts.
    #[schemars(extend("x-grid" = {"audience": "group", "type": "text"}))]
    pub threats: String,
    /// What is done about it, and by whom. It stays with the group.
    #[schemars(extend("x-grid" = {"audience": "group", "type": "text"}))]
    pub measures: String,
    /// With whom it was made.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub partners: BTreeSet<String>,
    /// When it was gone through last.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "on"}))]
    pub reviewed: Option<DateTime>,
    /// When it is gone through again.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "on"}))]
    pub again: Option<DateTime>,
    /// Whether it was made before the group's computer met any other group's.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub before_sync: bool,
    /// What should stay on this computer.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "text"}))]
    pub private: String,
}

impl Record for Review {
    fn check(&self) -> Result<(), Complaint> {
        rules::in_order(&[("reviewed", &self.reviewed), ("again", &self.again)], &["reviewed", "again"])
    }
}
