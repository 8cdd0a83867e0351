//! A plan: what the group or the coalition means to do, and by what it will know.

use crate::record::{DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is to be done to reach objectives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "plan", "plural": "plans", "title": "title", "rule": "owner", "section": "purpose"
}))]
pub struct Plan {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub title: String,
    /// The plan.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub text: String,
    /// The objectives it is for.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "references", "of": "objective"}))]
    pub objectives: BTreeSet<String>,
    /// By what one sees that it works.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub measures: String,
    /// Until when it holds.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "until"}))]
    pub until: Option<DateTime>,
    /// The body that looks after it.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "body"}))]
    pub body: String,
}

impl Record for Plan {}
