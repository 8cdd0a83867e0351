//! A message: what somebody says in a thread, or about a record.
//!
//! Each message is a document of its own, so that two who write at the same time both are heard.

use crate::record::{Record, Speaker};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What somebody says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "message", "plural": "messages", "title": "text", "rule": "owner", "section": "talk",
    "speaks": "voice"
}))]
pub struct Message {
    /// What is said.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub text: String,
    /// The thread.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "thread"}))]
    pub thread: String,
    /// The record that it is a comment on.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "any"}))]
    pub about: String,
    /// The message that it answers.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "reference", "of": "message"}))]
    pub answers: String,
    /// Who says it; for somebody outside, the name that was given.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub author: String,
    /// For whom it speaks: the group itself, or the network, which takes a mandate.
    #[schemars(extend("x-grid" = {"audience": "coalition", "met": "group"}))]
    pub voice: Option<Speaker>,
    /// The mandate under which it speaks for the network: its id, or the beginning of it.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub mandate: String,
}

impl Record for Message {}
