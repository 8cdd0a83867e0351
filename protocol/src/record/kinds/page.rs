//! A page: a text that the whole coalition writes.

use crate::record::Record;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A shared text that every member may edit, also at the same time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {"name": "page", "plural": "pages", "title": "title", "rule": "members", "section": "purpose"}))]
pub struct Page {
    /// What the page is about.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Name"]}))]
    pub title: String,
    /// The text, in Markdown.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text", "aliases": ["Body", "Content"]}))]
    pub text: String,
    /// What the page is for, where it has a place of its own. Invites bring value, faq and privacy to people outside.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Type"]}))]
    pub purpose: Option<PagePurpose>,
    /// The language it is in.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub language: String,
}

/// What a page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PagePurpose {
    /// What newcomers ask: whoever is invited reads it before signing.
    Faq,
    /// What a member gets, and gives: whoever is invited reads it before signing.
    Value,
    /// A word, and what is meant by it here.
    Term,
    /// The story that all tell.
    Narrative,
    /// How the coalition deals with power, race and difference.
    Inclusion,
    /// What is stored, why, and who may read it: whoever is invited reads it before signing.
    Privacy,
}

impl Record for Page {}
