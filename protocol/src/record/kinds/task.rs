//! A task: what somebody does until a day.

use crate::record::{DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something to be done, by somebody, until a day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "task", "plural": "tasks", "title": "title", "rule": "owner", "section": "structure",
    "identity": ["title", "due"]
}))]
pub struct Task {
    /// What is to be done.
    #[schemars(extend("x-grid" = {"audience": "coalition", "aliases": ["Task", "Name"]}))]
    pub title: String,
    /// Who does it, by a name that stays with the group: nobody is named to others who is not listed.
    #[schemars(extend("x-grid" = {"audience": "group", "aliases": ["Owner", "Assigned to"]}))]
    pub assignee: String,
    /// Who does it, as the others read it: a listed person, or a group.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": ["person", "group"]}))]
    pub person: String,
    /// Until when.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "until", "aliases": ["Due date", "Deadline"]}))]
    pub due: Option<DateTime>,
    /// How far it is.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub status: TaskStatus,
    /// The body that it belongs to.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "body"}))]
    pub body: String,
    /// What it is about: an action, a decision, an event.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "any"}))]
    pub about: String,
    /// Whether it stands for a gap in the strategy.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub gap: bool,
    /// What is worth knowing.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text", "aliases": ["Description"]}))]
    pub note: String,
    /// What should stay on this computer.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "text", "aliases": ["Notes", "Comments"]}))]
    pub private: String,
}

/// How far a task is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Nobody has begun.
    #[default]
    Open,
    /// Somebody is at it.
    Doing,
    /// It is done.
    Done,
    /// It is not needed any more.
    Dropped,
}

impl Record for Task {}
