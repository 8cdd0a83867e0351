//! A link: an address under which a calendar program or a reader of news reads one feed of this node.
//!
//! Such programs send no token of their own, so the secret stands in the address. Here lies only its hash: whoever reads
//! this record can't read the feed. Without the record the address opens nothing.

use crate::record::{Complaint, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Letters of a hash.
const MARK: usize = 64;

/// An address under which another program reads one feed. `grid feed link` makes it; removed, it opens nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "link", "plural": "links", "title": "name", "rule": "owner", "section": "own"
}))]
pub struct Link {
    /// Who or what reads it: my calendar.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub name: String,
    /// Which feed. It is said when the link is made, as is all that decides what it shows: an address that was handed out
    /// never shows more.
    #[schemars(extend("x-grid" = {"audience": "local", "writes": "first"}))]
    pub feed: LinkFeed,
    /// What it may show.
    #[schemars(extend("x-grid" = {"audience": "local", "writes": "first"}))]
    pub readers: LinkReaders,
    /// What narrows it, as in a feed: kind=event&place=Lismore.
    #[schemars(extend("x-grid" = {"audience": "local", "writes": "first"}))]
    pub filter: String,
    /// The hash of the secret in its address.
    #[schemars(extend("x-grid" = {"audience": "local", "type": "text", "writes": "first"}))]
    pub mark: String,
}

/// What a link leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkFeed {
    /// The calendar.
    #[default]
    Calendar,
    /// What is new.
    News,
    /// What can be listened to.
    Podcast,
    /// The map.
    Map,
}

/// For whom what a link shows is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkReaders {
    /// The groups of the coalition.
    #[default]
    Coalition,
    /// Everybody.
    Public,
    /// The people of this group.
    Own,
}

impl Record for Link {
    fn check(&self) -> Result<(), Complaint> {
        let is_hash =
            self.mark.len() == MARK && self.mark.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_hash {
            return Ok(());
        }
        let message = "mark: expected the hash of a secret: `grid feed link` makes a link with its secret".to_owned();
        Err(Complaint { fields: &["mark"], message })
    }
}
