//! What nodes say to each other: requests and answers of the pull protocol, and gossip.

use super::hint::Hint;
use super::recall::Recall;
use crate::chain::{BranchEntry, HeaderChain};
use crate::codec::Format;
use crate::control::{ControlSet, Record};
use crate::entry::{Entry, Head};
use crate::id::{ChangeHash, CoalitionId, Digest, DocumentId, EntryId};
use crate::key::DeviceId;
use crate::log::Counted;
use crate::pairing::{PairRefusal, PairRequest};
use crate::run::Run;
use serde::{Deserialize, Serialize};

/// A request of the pull protocol. Every request is bounded, repeatable and answered by one [`Response`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// As [`Self::Hello`], of a build that names what it holds alike in every exchange: it is answered, and not asked.
    #[serde(rename = "Hello")]
    HelloOf1(Hello<1>),
    /// As [`Self::Control`], of such a build.
    #[serde(rename = "Control")]
    ControlOf1(Vec<BucketWant>),
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
    /// Compare what both hold.
    #[serde(rename = "Hello2")]
    Hello(Hello),
    /// Control records that the asker lacks.
    #[serde(rename = "Control2")]
    Control(RecordsWant),
}

/// The fingerprints of the asker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello<const VERSION: u8 = 2> {
    /// Format of the exchange.
    pub version: Format<VERSION>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// Fingerprint of the control set.
    pub control: Digest,
    /// Fingerprint of the log heads.
    pub logs: Digest,
    /// Hash of the list of devices whose logs are held: with equal lists heights travel without names.
    pub devices: Digest,
    /// Keys the short hashes of this exchange, so that no two exchanges share a collision.
    pub nonce: u64,
}

/// Parts of the control set of which the asker lacks records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordsWant {
    /// Keys the names in it.
    pub nonce: u64,
    /// The parts.
    pub buckets: Vec<BucketWant>,
}

/// One bucket of the control set: records whose id starts with this byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketWant {
    /// First byte of the ids.
    pub bucket: u8,
    /// What the asker has in the bucket: of records in its set their ids, and of those that wait, which prove nothing
    /// yet, the hashes of all their bytes.
    pub held: Vec<ShortHash>,
}

/// Eight bytes that name something of 32 bytes in one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ShortHash(pub [u8; 8]);

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
    /// Another one, to [`Request::HelloOf1`]: the first eight bytes of the hash of each of its 256 buckets.
    #[serde(rename = "Buckets")]
    BucketsOf1(Vec<u64>),
    /// Another one: its 256 buckets, in the same order.
    #[serde(rename = "Buckets2")]
    Buckets(Vec<ShortHash>),
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

impl ShortHash {
    /// The name of something under the nonce of an exchange.
    pub fn of(hash: &[u8; 32], nonce: u64) -> Self {
        Self(short(hash, nonce))
    }
}

impl ControlSummary {
    /// What a control set holds, as builds before keyed names were told.
    pub(super) fn of_1(set: &ControlSet) -> Self {
        let first = |bucket: &Digest| bucket.0.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        Self::BucketsOf1(set.buckets().iter().map(first).collect())
    }

    /// What a control set holds, under the nonce of an exchange.
    pub fn buckets(set: &ControlSet, nonce: u64) -> Vec<ShortHash> {
        set.buckets().iter().map(|bucket| ShortHash::of(&bucket.0, nonce)).collect()
    }
}

impl Height {
    /// How far a log counts, under the nonce of an exchange.
    pub fn of(counted: Counted, nonce: u64) -> Self {
        Self { entries: counted.entries, head: short(counted.last.as_bytes(), nonce) }
    }
}

/// The beginning of a hash under a nonce: whoever looks for two things with one name finds them for one exchange.
fn short<const N: usize>(hash: &[u8; 32], nonce: u64) -> [u8; N] {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&nonce.to_le_bytes());
    let hash = blake3::keyed_hash(&key, hash);
    let mut short = [0; N];
    short.copy_from_slice(&hash.as_bytes()[..N]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::encode;

    /// The layout of the messages that came with keyed names, byte by byte: later builds have to read it.
    #[test]
    fn the_second_greeting_lies_as_it_did() {
        let (coalition, control) = (CoalitionId([1; 32]), Digest([2; 32]));
        let (logs, devices) = (Digest([3; 32]), Digest([4; 32]));
        let hello = Hello { version: Format, coalition, control, logs, devices, nonce: 9 };
        let laid = [&[10, 2][..], &[1; 32], &[2; 32], &[3; 32], &[4; 32], &[9]].concat();
        assert_eq!(encode(&Request::Hello(hello)), laid);
        let want = RecordsWant { nonce: 9, buckets: vec![BucketWant { bucket: 7, held: vec![ShortHash([5; 8])] }] };
        assert_eq!(encode(&Request::Control(want)), [&[11, 9, 1, 7, 1][..], &[5; 8]].concat());
        let answer =
            Response::Hello { control: ControlSummary::Buckets(vec![ShortHash([6; 8])]), logs: LogSummary::Same };
        assert_eq!(encode(&answer), [&[0, 2, 1][..], &[6; 8], &[0]].concat());
    }

    #[test]
    fn what_has_one_name_in_an_exchange_has_two_in_the_next() {
        let (one, mut other) = ([7; 32], [7; 32]);
        other[31] = 8;
        for nonce in 0..1_000 {
            assert_ne!(ShortHash::of(&one, nonce), ShortHash::of(&other, nonce), "alike in their first 31 bytes");
            assert_ne!(ShortHash::of(&one, nonce), ShortHash::of(&one, nonce + 1));
        }
    }
}
