//! A survey: questions to all, whose answers stay where they were given.
//!
//! In a log nobody is anonymous. So answers stay on the computer where they were given; a group adds its own up and
//! publishes the totals, of a smallest number of people at least.

use crate::limits::MIN_ANSWERS;
use crate::record::{Complaint, DateTime, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Questions to all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "survey", "plural": "surveys", "title": "title", "rule": "owner", "section": "learning",
    "verbs": ["total"]
}))]
pub struct Survey {
    /// What it is about.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub title: String,
    /// What sort of questions. It is said when the survey is made.
    #[schemars(extend("x-grid" = {"audience": "coalition", "writes": "first"}))]
    pub sort: SurveySort,
    /// The questions, a line each.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub questions: String,
    /// The period it asks about: 2026-Q4.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub period: String,
    /// From when.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "from"}))]
    pub opens: Option<DateTime>,
    /// Until when.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "until"}))]
    pub closes: Option<DateTime>,
    /// The smallest number of answers that a group publishes the total of; 5 where nothing is said, and never fewer. It
    /// is said when the survey is made.
    #[schemars(extend("x-grid" = {"audience": "coalition", "writes": "first"}))]
    pub least: Option<f64>,
    /// Who leads through it.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub facilitator: String,
    /// What it is about: a body, an event.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "any"}))]
    pub about: String,
}

/// What a survey asks about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SurveySort {
    /// How much people trust each other.
    #[default]
    Trust,
    /// How the wind blows outside.
    Climate,
    /// Who knows whom.
    Ties,
    /// How well those who keep things going do.
    Backbone,
    /// Power, race, and who is not there.
    Reflection,
    /// Anything else.
    Other,
}

impl Record for Survey {
    fn check(&self) -> Result<(), Complaint> {
        if let Some(least) = self.least.filter(|least| *least < f64::from(MIN_ANSWERS)) {
            return Err(Complaint {
                fields: &["least"],
                message: format!(
                    "least: expected {MIN_ANSWERS} or more, found {least}: with fewer, people can tell who said what"
                ),
            });
        }
        rules::in_order(&[("opens", &self.opens), ("closes", &self.closes)], &["opens", "closes"])
    }
}
