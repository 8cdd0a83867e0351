//! A mode: how closely the coalition works together for a while.
//!
//! Between full autonomy and one plan there is a dial. Whoever turns it for the network needs its mandate, and every
//! setting has an end.

use crate::record::{Complaint, DateTime, Record, Speaker, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How closely the groups work together, from a day to a day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "mode", "plural": "modes", "title": "title", "rule": "owner", "section": "structure",
    "speaks": "voice"
}))]
pub struct Mode {
    /// Why it is turned.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub title: String,
    /// How closely.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub setting: Setting,
    /// Since when.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "from"}))]
    pub from: Option<DateTime>,
    /// Until when: no setting is for ever.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "until"}))]
    pub until: Option<DateTime>,
    /// The objectives that are shared meanwhile.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "references", "of": "objective"}))]
    pub objectives: BTreeSet<String>,
    /// For whom it speaks: the group itself, or the network, which takes a mandate.
    #[schemars(extend("x-grid" = {"audience": "coalition", "met": "group"}))]
    pub voice: Option<Speaker>,
    /// The mandate under which it speaks for the network: its id, or the beginning of it.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub mandate: String,
}

/// How closely the groups work together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Everybody acts as they see fit.
    #[default]
    Autonomy,
    /// Groups tell each other early, and help where they can.
    Balanced,
    /// Groups move together, on one calendar.
    Coordinated,
}

impl Record for Mode {
    fn check(&self) -> Result<(), Complaint> {
        if self.until.is_none() {
            return Err(Complaint { fields: &["until"], message: "until: expected a day on which it ends".to_owned() });
        }
        rules::in_order(&[("from", &self.from), ("until", &self.until)], &["from", "until"])
    }
}
