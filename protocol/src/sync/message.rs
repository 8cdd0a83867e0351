//! What nodes say to each other: requests and answers of the pull protocol, and gossip.

use super::hint::Hint;
use super::recall::Recall;
use crate::chain::{BranchEntry, HeaderChain};
use crate::codec::Format;
use crate::control::Record;
use crate::entry::{Entry, Head};
use crate::id::{ChangeHash, CoalitionId, Digest, DocumentId, EntryId, RecordId};
use crate::key::DeviceId;
use crate::log::Counted;
use crate::pairing::{PairRefusal, PairRequest};
use crate::run::Run;
use serde::{Deserialize, Serialize};

/// A request of the pull protocol. Every request is bounded, repeatable and answered by one [`Response`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Compare what both hold.
    Hello(Hello),
    /// Control records that the asker lacks.
    Control(Vec<BucketWant>),
    /// Entries that the asker lacks.
    Runs(Vec<LogWant>),
    /// Hints, pushed. Answered by [`Response::Noted`].
    Hints(Vec<Hint>),
    /// An applicant hands in its records, and asks for the founding records.
    Apply(Application),
    /// The ids at some places of a log: where two histories of a device part is found with them.
    Ids(IdsWant),
    /// The headers of a log from `first` up to the next signature.
    Chain(LogWant),
    /// Entries behind the cut of their log on which others have built.
    Branches(Vec<BranchWant>),
    /// A new device of the answering node's group asks for its certificate.
    Pair(Box<PairRequest>),
    /// The records of a group, for whoever has its recovery words.
    Recall(Recall),
}

/// The fingerprints of the asker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Format of the exchange.
    pub version: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// Fingerprint of the control set.
    pub control: Digest,
    /// Fingerprint of the log heads.
    pub logs: Digest,
    /// Hash of the list of devices whose logs are held: with equal lists heights travel without names.
    pub devices: Digest,
    /// Keys the short head hashes of this exchange, so that no two exchanges share a collision.
    pub nonce: u64,
}

/// One bucket of the control set: records whose id starts with this byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketWant {
    /// First byte of the ids.
    pub bucket: u8,
    /// The first eight bytes of every id that the asker holds in the bucket.
    pub held: Vec<[u8; 8]>,
}

/// Entries of one log from `first` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogWant {
    /// The log.
    pub device: DeviceId,
    /// The first entry that the asker lacks.
    pub first: u64,
}

/// Places of one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdsWant {
    /// The log.
    pub device: DeviceId,
    /// The places, ascending.
    pub places: Vec<u64>,
}

/// Changes of one document that the asker lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchWant {
    /// The document.
    pub document: DocumentId,
    /// The changes.
    pub changes: Vec<ChangeHash>,
}

/// What an applicant hands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// The coalition.
    pub coalition: CoalitionId,
    /// Inception, certificate, join, and signature once it is given.
    pub records: Vec<Record>,
}

/// An answer of the pull protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response {
    /// To [`Request::Hello`].
    Hello {
        /// Where the control sets differ.
        control: ControlSummary,
        /// Where the logs differ.
        logs: LogSummary,
    },
    /// To [`Request::Control`].
    Control {
        /// Records that the asker lacks.
        records: Vec<Record>,
        /// Whether there was room for all of them.
        rest: Rest,
    },
    /// To [`Request::Runs`]: what fits one frame, in the order asked; the asker asks again for the rest.
    Runs(Vec<Run>),
    /// To [`Request::Hints`].
    Noted,
    /// To [`Request::Apply`].
    Applied {
        /// What became of it.
        outcome: ApplicationOutcome,
        /// The founding records: genesis and the founders' inceptions and certificates.
        founding: Vec<Record>,
    },
    /// The request is not for this peer.
    Refused(Refusal),
    /// To [`Request::Ids`]: in the order asked, up to the first place that is not held.
    Ids(Vec<EntryId>),
    /// To [`Request::Chain`]; none where the log is shorter.
    Chain(Option<Box<HeaderChain>>),
    /// To [`Request::Branches`]: what is held and fits a frame.
    Branches(Vec<BranchEntry>),
    /// To [`Request::Pair`]: the device is certified.
    Paired {
        /// The group's keys, the new certificate among them, and the founding records.
        records: Vec<Record>,
    },
    /// To [`Request::Pair`]: the device is not certified.
    NotPaired(PairRefusal),
    /// To [`Request::Recall`].
    Recalled {
        /// What says which keys the group has, and what proves it, by ascending id. Where several groups have
        /// the root, their inceptions alone.
        records: Vec<Record>,
        /// The head of each of its logs: the last header with its signature.
        heads: Vec<HeaderChain>,
        /// Whether there was room for all records.
        rest: Rest,
    },
}

/// Whether an answer is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rest {
    /// That was all.
    None,
    /// Ask again.
    More,
}

/// How the answering node's control set compares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ControlSummary {
    /// The same.
    Same,
    /// Another one: fingerprint of each of its 256 buckets.
    Buckets(Vec<u64>),
}

/// How the answering node's logs compare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogSummary {
    /// The same.
    Same,
    /// The same devices: their logs in the order of the devices' ids.
    Heights(Vec<Height>),
    /// Other devices.
    Devices(Vec<(DeviceId, Height)>),
}

/// How far one log is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Height {
    /// How many entries are held.
    pub entries: u64,
    /// Six bytes of the head's id, hashed under the nonce of the exchange.
    pub head: [u8; 6],
}

/// What became of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApplicationOutcome {
    /// The group is a member.
    Member,
    /// The records are kept; the group is not a member yet, because it has not signed.
    Noted,
    /// Refused, and why, in words for the applicant.
    Refused(String),
    /// Another group stands in the slot; an invite for many has more. In words for the applicant.
    SlotTaken(String),
}

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// The asker belongs to no member group, as far as this node knows.
    #[error("the other node does not know this group as a member")]
    NotMember,
    /// The asker is of another coalition.
    #[error("the other node belongs to another coalition")]
    WrongCoalition,
    /// The request is not understood.
    #[error("the other node does not understand the request; it may run another version")]
    NotUnderstood,
    /// The node can't read its own store.
    #[error("the other node has trouble with its disk")]
    Unable,
    /// Strangers have asked too much within a minute.
    #[error("the other node is busy with newcomers: it answers again in a minute")]
    TooSoon,
    /// The other node knows no member group with the root of a [`Request::Recall`].
    #[error("the other node knows no member group with these words")]
    NoSuchGroup,
    /// A [`Request::Recall`] is not signed with the root that it names, for this coalition and this asker.
    #[error("the request is not signed with the group's root key for whoever sent it")]
    Unproven,
}

/// What travels by gossip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gossip {
    /// Format of the message.
    pub version: Format<1>,
    /// What it says.
    pub news: News,
}

/// One piece of news.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// A signed entry with its body.
    Entry(Entry),
    /// A control record.
    Record(Record),
    /// A log has grown. Every entry fits gossip, so nobody says this; whoever hears it passes nothing on.
    Head {
        /// The log.
        device: DeviceId,
        /// Its new head; the signature does not prove the height.
        head: Head,
    },
    /// A hint.
    Hint(Hint),
}

impl BucketWant {
    /// The part of an id by which held records are named.
    pub fn prefix(id: &RecordId) -> [u8; 8] {
        let mut prefix = [0; 8];
        prefix.copy_from_slice(&id.0[..8]);
        prefix
    }
}

impl Height {
    /// How far a log counts, under the nonce of an exchange.
    pub fn of(counted: Counted, nonce: u64) -> Self {
        Self { entries: counted.entries, head: Self::short_hash(&counted.last, nonce) }
    }

    fn short_hash(last: &EntryId, nonce: u64) -> [u8; 6] {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&nonce.to_le_bytes());
        let hash = blake3::keyed_hash(&key, last.as_bytes());
        let mut short = [0; 6];
        short.copy_from_slice(&hash.as_bytes()[..6]);
        short
    }
}
