//! A score: the answers of one group to a question, added up.
//!
//! What it adds up only grows, and by several people at a time, so that no two of its states differ by what one said.

use crate::record::{Complaint, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answers of a group to one question, added up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "score", "plural": "scores", "title": "survey", "rule": "owner", "section": "learning"
}))]
pub struct Score {
    /// The survey.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "survey"}))]
    pub survey: String,
    /// The question.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub question: String,
    /// The period it is about: 2026-Q4.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub period: String,
    /// How many people answered.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub answers: Option<f64>,
    /// The sum of what they said, each from 1 to 5.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub total: Option<f64>,
    /// What else there is to say.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub note: String,
    /// Which answers of this computer are in it already, a line each: the first letters of their ids.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "text"}))]
    pub counted: String,
}

impl Record for Score {
    fn check(&self) -> Result<(), Complaint> {
        rules::not_negative(&[("answers", self.answers), ("total", self.total)], &["answers", "total"])?;
        match (self.answers, self.total) {
            (Some(answers), Some(total)) if !(answers..=answers * 5.0).contains(&total) => Err(Complaint {
                fields: &["answers", "total"],
                message: format!("total: expected 1 to 5 for each of the {answers} answers, found {total}"),
            }),
            _ => Ok(()),
        }
    }
}
