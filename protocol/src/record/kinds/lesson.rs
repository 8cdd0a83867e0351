//! A lesson: what a group would do again, or not.

use crate::record::Record;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a group would do again, or not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "lesson", "plural": "lessons", "title": "title", "rule": "owner", "section": "learning"
}))]
pub struct Lesson {
    /// In one line.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub title: String,
    /// What happened, and what follows.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text", "aliases": ["Description"]}))]
    pub text: String,
    /// The tactics that it is about.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Tags"]}))]
    pub tactics: BTreeSet<String>,
    /// The action that taught it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "action"}))]
    pub action: String,
}

impl Record for Lesson {}
