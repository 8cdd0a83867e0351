//! A win: what was reached, and by whose actions.

use crate::record::{DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something that was reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "win", "plural": "wins", "title": "title", "rule": "owner", "section": "learning"
}))]
pub struct Win {
    /// In one line.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub title: String,
    /// What it changes.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "text", "aliases": ["Description"]}))]
    pub about: String,
    /// When.
    #[schemars(extend("x-grid" = {"audience": "public", "day": "on", "aliases": ["Date"]}))]
    pub on: Option<DateTime>,
    /// How much it changes.
    #[schemars(extend("x-grid" = {"audience": "public"}))]
    pub size: WinSize,
    /// The objective it belongs to.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "reference", "of": "objective"}))]
    pub objective: String,
    /// The actions that led to it.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "references", "of": "action"}))]
    pub actions: BTreeSet<String>,
}

/// How much a win changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WinSize {
    /// A step on the way.
    #[default]
    Step,
    /// A win.
    Win,
    /// It turns everything.
    Turn,
}

impl Record for Win {}
