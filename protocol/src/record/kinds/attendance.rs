//! An attendance: whether a group comes, and how many came.

use crate::record::{Complaint, DateTime, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a group takes part in an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "attendance", "plural": "attendances", "title": "event", "rule": "owner", "section": "talk"
}))]
pub struct Attendance {
    /// The event.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "event"}))]
    pub event: String,
    /// The day, where the event comes back and this is about one time of it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "on", "aliases": ["Date"]}))]
    pub on: Option<DateTime>,
    /// Whether the group comes; before the event it has to be said.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub says: Option<Coming>,
    /// How many come.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub people: Option<f64>,
    /// How many came in the end.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub came: Option<f64>,
    /// Who comes; the names stay with the group.
    #[schemars(extend("x-grid" = {"audience": "group"}))]
    pub who: String,
    /// What people need to take part: food, access, language. For the host alone; until spaces are private it stays
    /// here.
    #[schemars(extend("x-grid" = {"audience": "group", "type": "text"}))]
    pub access_needs: String,
}

/// Whether a group comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Coming {
    /// It comes.
    Going,
    /// Perhaps.
    Maybe,
    /// It does not come.
    NotGoing,
}

impl Record for Attendance {
    fn check(&self) -> Result<(), Complaint> {
        rules::counts(&[("people", self.people), ("came", self.came)], &["people", "came"])?;
        // Whoever writes down afterwards how many came promises nothing.
        match self.came {
            Some(_) => Ok(()),
            None => rules::said("says", self.says.as_ref(), "going, maybe or not_going", &["event", "says"]),
        }
    }
}
