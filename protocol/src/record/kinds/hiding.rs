//! Something hidden: a tactic or a group that this computer's people do not want to see.
//!
//! Hiding is local. It takes nothing from anybody, and nobody is told.

use crate::record::{Complaint, DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A tactic or a group that is not shown on this computer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "hiding", "plural": "hidings", "title": "what", "rule": "owner", "section": "own"
}))]
pub struct Hiding {
    /// The tactic, or the name of the group.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub what: String,
    /// What it is.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub sort: HiddenSort,
    /// The group, where a group is hidden.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "reference", "of": "group"}))]
    pub of_group: String,
    /// Until when; nothing: until it is shown again.
    #[schemars(extend("x-grid" = {"audience": "local", "day": "until"}))]
    pub until: Option<DateTime>,
}

/// What is hidden.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HiddenSort {
    /// Actions with this tactic.
    #[default]
    Tactic,
    /// Whatever this group writes.
    Group,
}

impl Record for Hiding {
    fn check(&self) -> Result<(), Complaint> {
        let complaint = |message: &str| Complaint { fields: &["sort", "of_group"], message: message.to_owned() };
        match (self.sort, self.of_group.is_empty()) {
            (HiddenSort::Group, true) => {
                Err(complaint("of_group: expected the group to hide: its name alone hides nothing"))
            }
            (HiddenSort::Tactic, false) => Err(complaint("sort: expected group, since of_group names one")),
            _ => Ok(()),
        }
    }
}
