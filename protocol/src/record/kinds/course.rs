//! A course: what newcomers and leaders learn.

use crate::record::{Complaint, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something to learn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "course", "plural": "courses", "title": "title", "rule": "owner", "section": "resources",
    "identity": ["title"]
}))]
pub struct Course {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub title: String,
    /// Whom it is for.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub level: CourseLevel,
    /// What one learns.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text", "aliases": ["Description"]}))]
    pub about: String,
    /// The roles that it leads to: principal, driver, supporter, weaver, operator.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub roles: BTreeSet<String>,
    /// The steps, a line each.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub steps: String,
    /// What one needs for it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "references", "of": "resource"}))]
    pub materials: BTreeSet<String>,
    /// How many hours it takes.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub hours: Option<f64>,
    /// The languages it is given in.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub languages: BTreeSet<String>,
    /// Where it is.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "link", "aliases": ["URL", "Website"]}))]
    pub link: String,
}

/// What a course is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CourseLevel {
    /// What every newcomer learns.
    #[default]
    Core,
    /// For those who lead.
    Lead,
    /// For those who teach.
    Train,
}

impl Record for Course {
    fn check(&self) -> Result<(), Complaint> {
        rules::roles(&self.roles)?;
        rules::not_negative(&[("hours", self.hours)], &["hours"])
    }
}
