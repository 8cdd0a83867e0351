//! A page: a text that the whole coalition writes.

use super::Record;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A shared text that every member may edit, also at the same time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {"name": "page", "plural": "pages", "title": "title", "rule": "members"}))]
pub struct Page {
    /// What the page is about.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Name"]}))]
    pub title: String,
    /// The text, in Markdown.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text", "aliases": ["Body", "Content"]}))]
    pub text: String,
}

impl Record for Page {}
