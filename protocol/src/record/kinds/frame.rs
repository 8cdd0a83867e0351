//! A frame: a wording that was tried on people.
//!
//! Frames of one test carry its name; the figures say which convinces more.

use crate::record::{Complaint, Record, rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A wording, and how many it convinced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "frame", "plural": "frames", "title": "title", "rule": "owner", "section": "purpose",
    "identity": ["title", "test"]
}))]
pub struct Frame {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub title: String,
    /// The test in which it was tried.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub test: String,
    /// The words.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub wording: String,
    /// How many people heard it.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub asked: Option<f64>,
    /// How many of them it convinced.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub convinced: Option<f64>,
    /// Whether it is the one to use.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub winner: bool,
    /// The language it is in.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub language: String,
}

impl Record for Frame {
    fn check(&self) -> Result<(), Complaint> {
        rules::counts(&[("asked", self.asked), ("convinced", self.convinced)], &["asked", "convinced"])?;
        match (self.asked, self.convinced) {
            (Some(asked), Some(convinced)) if convinced > asked => Err(Complaint {
                fields: &["asked", "convinced"],
                message: format!("convinced: expected at most the {asked} who were asked, found {convinced}"),
            }),
            _ => Ok(()),
        }
    }
}
