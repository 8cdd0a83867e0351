//! A completion: somebody of the group has gone through a course.

use crate::record::{DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Somebody has gone through a course.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "completion", "plural": "completions", "title": "course", "rule": "owner", "section": "resources"
}))]
pub struct Completion {
    /// The course.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "course"}))]
    pub course: String,
    /// Who, where listed: others count those alone.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "person"}))]
    pub person: String,
    /// Who, by a name that stays with the group.
    #[schemars(extend("x-grid" = {"audience": "group"}))]
    pub who: String,
    /// When.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "on", "aliases": ["Date"]}))]
    pub on: Option<DateTime>,
}

impl Record for Completion {}
