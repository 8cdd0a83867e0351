//! An action: something that a group does and that others can support, join or copy.

use crate::record::{Complaint, Coordinates, DateTime, Record, Speaker, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something that a group does, and what it asks of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "action", "plural": "actions", "title": "title", "rule": "owner", "section": "actions",
    "identity": ["title", "starts", "place"], "speaks": "voice"
}))]
pub struct Action {
    /// What happens, in one line.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Name", "Event", "Action", "Subject"]}))]
    pub title: String,
    /// What others are asked to do.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Call to action"]}))]
    pub ask: String,
    /// All about it.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "text", "aliases": ["About", "Details"]}))]
    pub description: String,
    /// When it starts.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Start", "Date", "When"]}))]
    pub starts: Option<DateTime>,
    /// When it ends.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["End"]}))]
    pub ends: Option<DateTime>,
    /// How it comes back, as calendars write it: weekly, or FREQ=MONTHLY;BYDAY=1MO for each first Monday.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["RRULE"]}))]
    pub repeats: String,
    /// Days on which it does not take place although it comes back: 2026-12-28.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["EXDATE"]}))]
    pub except: BTreeSet<String>,
    /// Where people meet.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "place", "aliases": ["Where", "Location", "City"]}))]
    pub place: String,
    /// The point on the map.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub coordinates: Option<Coordinates>,
    /// The tactics it uses: vigil, letter, march.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Tags", "Tactic"]}))]
    pub tactics: BTreeSet<String>,
    /// Whom it wants to move.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub target: String,
    /// Where to read more.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "link", "aliases": ["URL", "Website"]}))]
    pub link: String,
    /// How far it is.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub status: ActionStatus,
    /// The action whose example this one follows: once it is said it stands, and its maker stays named.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "reference", "of": "action", "writes": "once"}))]
    pub copied_from: String,
    /// The objectives that it works towards.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "references", "of": "objective"}))]
    pub objectives: BTreeSet<String>,
    /// The moment of convergence that it is part of.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "reference", "of": "moment"}))]
    pub moment: String,
    /// For whom it speaks: the group itself, or the network, which takes a mandate.
    #[schemars(extend("x-grid" = {"audience": "public", "met": "group"}))]
    pub voice: Option<Speaker>,
    /// The mandate under which it speaks for the network: its id, or the beginning of it.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub mandate: String,
}

/// How far an action is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ActionStatus {
    /// It is announced.
    #[default]
    Planned,
    /// It is under way.
    Happening,
    /// It is over.
    Done,
    /// It does not take place.
    Cancelled,
}

impl Record for Action {
    fn check(&self) -> Result<(), Complaint> {
        rules::comes_back(&self.starts, &self.repeats, &self.except)?;
        rules::in_order(&[("starts", &self.starts), ("ends", &self.ends)], &["starts", "ends"])
    }
}
