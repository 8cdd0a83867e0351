//! An answer: what one person said to a question of a survey. It stays on this computer.

use crate::record::{Complaint, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one person said. It never leaves this computer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "answer", "plural": "answers", "title": "question", "rule": "owner", "section": "learning"
}))]
pub struct Answer {
    /// The question.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub question: String,
    /// The survey.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "reference", "of": "survey"}))]
    pub survey: String,
    /// The period it is about, if it is not that of the survey: 2026-Q4.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub period: String,
    /// Who said it, if that should be kept.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub who: String,
    /// From 1 to 5.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub score: Option<f64>,
    /// In words.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "text"}))]
    pub text: String,
}

impl Record for Answer {
    fn check(&self) -> Result<(), Complaint> {
        match self.score {
            Some(score) if !(1.0..=5.0).contains(&score) => {
                Err(Complaint { fields: &["score"], message: format!("score: expected 1 to 5, found {score}") })
            }
            _ => Ok(()),
        }
    }
}
