//! A draft: a text that is talked about until it is frozen.
//!
//! A frozen draft names the hash of its text, and that seals it: whatever is written afterwards, by whatever program,
//! everybody goes on reading the text that was frozen.

use crate::domain::STATEMENT_TEXT;
use crate::id::Digest;
use crate::record::{Complaint, DateTime, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text in the making, such as a unity statement.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "draft", "plural": "drafts", "title": "title", "rule": "owner", "section": "purpose",
    "seal": "frozen_hash", "sealed": ["text", "status"], "verbs": ["freeze"]
}))]
pub struct Draft {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub title: String,
    /// The text.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub text: String,
    /// How far it is.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub status: DraftStatus,
    /// The BLAKE3 hash of the text that was frozen: `grid draft freeze` works it out.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub frozen_hash: String,
    /// Until when comments are heard.
    #[schemars(extend("x-grid" = {"audience": "coalition", "day": "until"}))]
    pub until: Option<DateTime>,
}

/// How far a draft is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DraftStatus {
    /// It is being written.
    #[default]
    Open,
    /// Its text stands.
    Frozen,
}

impl Record for Draft {
    fn check(&self) -> Result<(), Complaint> {
        if self.status != DraftStatus::Frozen {
            return match self.frozen_hash.is_empty() {
                true => Ok(()),
                false => Err(Complaint {
                    fields: &["status"],
                    message: "status: expected frozen, as this text was; make another draft with the new text"
                        .to_owned(),
                }),
            };
        }
        let hash = Digest::of(STATEMENT_TEXT, self.text.as_bytes()).to_string();
        match self.frozen_hash == hash {
            true => Ok(()),
            false => Err(Complaint {
                fields: &["text", "status", "frozen_hash"],
                message: format!(
                    "text: expected the text that was frozen, or for freezing frozen_hash {hash}; make another draft with the new text"
                ),
            }),
        }
    }
}
