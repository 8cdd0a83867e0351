//! What happens in a node, as its API streams it.

use grid_protocol::id::{DocumentId, GroupId, RecordId, VersionId};
use serde::Serialize;

/// Something that happened. Sent as JSON, named by `event`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A record is new or has changed.
    RecordChanged {
        /// Its kind.
        kind: String,
        /// The record.
        #[serde(serialize_with = "as_text")]
        id: DocumentId,
        /// The group that owns it.
        #[serde(serialize_with = "as_text")]
        group: GroupId,
    },
    /// Another group's node has received entries of this one.
    Received {
        /// The group.
        #[serde(serialize_with = "as_text")]
        group: GroupId,
    },
    /// Groups, members or signatures have changed.
    MembersChanged,
    /// An elector has proposed a version of the statement.
    VersionProposed {
        /// The version.
        #[serde(serialize_with = "as_text")]
        version: VersionId,
        /// Its title.
        title: String,
        /// The elector.
        #[serde(serialize_with = "as_text")]
        group: GroupId,
    },
    /// An elector has voted for a version.
    VersionVoted {
        /// The version.
        #[serde(serialize_with = "as_text")]
        version: VersionId,
        /// The elector.
        #[serde(serialize_with = "as_text")]
        group: GroupId,
        /// How many have by now.
        votes: usize,
        /// How many adopt it.
        needed: usize,
    },
    /// A version was adopted.
    VersionAdopted {
        /// The version.
        #[serde(serialize_with = "as_text")]
        version: VersionId,
        /// Its title.
        title: String,
    },
    /// A group has claimed a mandate.
    MandateClaimed {
        /// The claim.
        #[serde(serialize_with = "as_text")]
        mandate: RecordId,
        /// The group.
        #[serde(serialize_with = "as_text")]
        group: GroupId,
        /// `steward`, `backbone`, `representative`, `fiscal-sponsor` or `speaker`.
        role: &'static str,
        /// For what, in words.
        scope: String,
    },
    /// An elector has endorsed a mandate.
    MandateEndorsed {
        /// The claim.
        #[serde(serialize_with = "as_text")]
        mandate: RecordId,
        /// The elector.
        #[serde(serialize_with = "as_text")]
        group: GroupId,
        /// How many do by now.
        endorsers: usize,
        /// How many it takes.
        needed: usize,
    },
    /// An elector has taken its endorsement back.
    MandateUnendorsed {
        /// The claim.
        #[serde(serialize_with = "as_text")]
        mandate: RecordId,
        /// The elector.
        #[serde(serialize_with = "as_text")]
        group: GroupId,
        /// How many endorse it still.
        endorsers: usize,
        /// How many it takes.
        needed: usize,
    },
    /// A claim stands here no more: its group gave the mandate back, or has put another claim in its place.
    MandateReplaced {
        /// The claim.
        #[serde(serialize_with = "as_text")]
        mandate: RecordId,
        /// The group.
        #[serde(serialize_with = "as_text")]
        group: GroupId,
    },
    /// A peer is connected.
    PeerConnected {
        /// Where.
        address: String,
    },
    /// A peer is gone.
    PeerGone,
    /// All that a peer had is here.
    Synced {
        /// The peer's group, where known.
        group: Option<String>,
    },
    /// A member's node has answered this group's application.
    Application {
        /// What became of it: `member`, `noted` or `refused`.
        outcome: String,
        /// Why, when refused.
        why: Option<String>,
    },
    /// A peer broke a rule.
    PeerFault {
        /// The rule, in words.
        why: String,
    },
    /// Something is wrong on this machine.
    Trouble {
        /// What.
        what: String,
    },
}

fn as_text<T: std::fmt::Display, S: serde::Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
