//! An event: people meet, in a room or on a line: a meeting, a webinar, a podcast, the yearly conference.
//!
//! Most meetings are nobody's business outside: an event goes to the public only where it says so.

use crate::record::{Complaint, Coordinates, DateTime, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// People meet, or something can be heard.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "event", "plural": "events", "title": "title", "rule": "owner", "section": "talk",
    "identity": ["title", "starts", "place"], "readers": "readers"
}))]
pub struct Event {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Name", "Summary", "Event", "Subject"]}))]
    pub title: String,
    /// What sort of event it is.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Type", "Category"]}))]
    pub sort: EventSort,
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
    #[schemars(extend("x-grid" = {"audience": "public", "type": "place", "aliases": ["Where", "Location", "Venue"]}))]
    pub place: String,
    /// The point on the map.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub coordinates: Option<Coordinates>,
    /// What it is about.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "text", "aliases": ["Description", "Details"]}))]
    pub about: String,
    /// The body that meets; none: everybody who wants to. What a body meets for is not for the public.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "body"}))]
    pub body: String,
    /// What is talked about.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub agenda: String,
    /// What came of it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub minutes: String,
    /// How to take part from afar.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Dial-in", "Meeting link"]}))]
    pub join: String,
    /// Where to read more.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "link", "aliases": ["URL", "Website"]}))]
    pub link: String,
    /// Where it can be seen or heard afterwards.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "link", "aliases": ["Audio", "Video"]}))]
    pub recording: String,
    /// How long the recording is, in bytes: podcast readers ask for it.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub recording_bytes: Option<f64>,
    /// The series that it belongs to.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub series: String,
    /// The language it is in.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub language: String,
    /// How far it is.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub status: EventStatus,
    /// Who may read of it: public feeds and exports take only what says public.
    #[schemars(extend("x-grid" = {"audience": "coalition", "met": "coalition"}))]
    pub readers: Readers,
}

/// How far an event goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Readers {
    /// The groups of the coalition read of it.
    #[default]
    Coalition,
    /// Everybody may.
    Public,
}

/// The sort of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventSort {
    /// A meeting.
    #[default]
    Meeting,
    /// A call.
    Call,
    /// A conference.
    Conference,
    /// A study session.
    Study,
    /// A training.
    Training,
    /// A webinar.
    Webinar,
    /// An episode to listen to.
    Podcast,
    /// A round of reflection.
    Reflection,
}

/// How far an event is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventStatus {
    /// It is announced.
    #[default]
    Planned,
    /// It is over.
    Done,
    /// It does not take place.
    Cancelled,
}

impl Record for Event {
    fn check(&self) -> Result<(), Complaint> {
        // First, so that nothing else that is wrong hides it.
        if self.readers == Readers::Public && !self.body.is_empty() {
            return Err(Complaint {
                fields: &["readers", "body"],
                message:
                    "readers: expected coalition for what a body meets for; announce what is public without the body"
                        .to_owned(),
            });
        }
        rules::comes_back(&self.starts, &self.repeats, &self.except)?;
        rules::in_order(&[("starts", &self.starts), ("ends", &self.ends)], &["starts", "ends"])?;
        rules::counts(&[("recording_bytes", self.recording_bytes)], &["recording_bytes"])
    }
}
