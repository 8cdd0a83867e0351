//! A case: what is before a court.

use crate::record::{Coordinates, DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A case before a court or an authority.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "case", "plural": "cases", "title": "title", "rule": "owner", "section": "talk",
    "identity": ["title", "court"]
}))]
pub struct Case {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Case", "Name"]}))]
    pub title: String,
    /// The court or authority.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub court: String,
    /// Its number there.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub number: String,
    /// How far it is.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub status: CaseStatus,
    /// When it is heard next.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Hearing"]}))]
    pub next_hearing: Option<DateTime>,
    /// What place it is about.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "place", "aliases": ["Location", "City"]}))]
    pub place: String,
    /// The point on the map.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub coordinates: Option<Coordinates>,
    /// Who stands against whom: names that are for the coalition, whatever court lists say.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub parties: String,
    /// What it is about.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "text", "aliases": ["Description"]}))]
    pub about: String,
    /// Where to read more.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "link", "aliases": ["URL", "Website"]}))]
    pub link: String,
}

/// How far a case is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    /// It is being prepared.
    #[default]
    Planned,
    /// It was filed.
    Filed,
    /// It was heard.
    Heard,
    /// It was decided.
    Decided,
    /// It goes on above.
    Appealed,
    /// It ended without a decision.
    Settled,
}

impl Record for Case {}
