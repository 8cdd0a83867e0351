//! A thread: a conversation of the whole coalition or of one body.

use crate::record::Record;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "thread", "plural": "threads", "title": "title", "rule": "owner", "section": "talk"
}))]
pub struct Thread {
    /// What it is about.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub title: String,
    /// The body that talks; none: everybody.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "body"}))]
    pub body: String,
    /// What it is about: an action, a draft, a decision.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "any"}))]
    pub about: String,
    /// Words under which it is found.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub tags: BTreeSet<String>,
}

impl Record for Thread {}
