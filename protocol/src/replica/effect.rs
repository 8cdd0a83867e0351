//! What goes into a replica and what comes out: the whole of its contact with the world.

use super::document::Row;
use super::pairing::PairOutcome;
use crate::id::GroupId;
use crate::key::{DeviceId, PeerKey};
use crate::pairing::PairRequest;
use crate::storage::StorageError;
use crate::sync::{HintBody, Pulled, Says};
use crate::time::Timestamp;
use std::time::Duration;

/// The two clocks, as the caller reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Since any fixed moment; never goes back. Timers run on it.
    pub monotonic: Duration,
    /// The wall clock. Written into what is signed, compared with nothing but expiry dates.
    pub wall: Timestamp,
}

/// Something happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A connection to a peer is open.
    Connected {
        /// The peer.
        peer: PeerKey,
        /// Which side opened it.
        direction: Direction,
    },
    /// The connection to a peer is gone.
    Disconnected {
        /// The peer.
        peer: PeerKey,
    },
    /// A peer asks.
    Request {
        /// The peer.
        peer: PeerKey,
        /// To be handed back with the answer.
        token: u64,
        /// A frame.
        bytes: Vec<u8>,
    },
    /// A peer answers.
    Response {
        /// The peer.
        peer: PeerKey,
        /// The id of the request.
        id: u64,
        /// A frame.
        bytes: Vec<u8>,
    },
    /// A peer will not answer.
    RequestFailed {
        /// The peer.
        peer: PeerKey,
        /// The id of the request.
        id: u64,
    },
    /// News arrived.
    Gossip {
        /// The peer that passed it on.
        from: PeerKey,
        /// To be handed back with the judgement.
        token: u64,
        /// A frame.
        bytes: Vec<u8>,
    },
    /// News of this node reaches a peer from now on.
    Audible {
        /// The peer.
        peer: PeerKey,
    },
    /// A deadline has passed.
    Tick,
    /// The network refused what a peer sent.
    Misbehaved {
        /// The peer.
        peer: PeerKey,
        /// The rule that it broke, in words.
        why: String,
    },
}

/// Which side opened a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// This node.
    Dialled,
    /// The other one.
    Accepted,
}

/// Something to do or to know.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Send a request.
    Send {
        /// To whom.
        peer: PeerKey,
        /// Names the answer.
        id: u64,
        /// A frame.
        bytes: Vec<u8>,
    },
    /// Answer a request.
    Reply {
        /// Of the request.
        token: u64,
        /// A frame.
        bytes: Vec<u8>,
    },
    /// Tell everybody.
    Publish {
        /// A frame.
        bytes: Vec<u8>,
    },
    /// Say what became of news.
    Judge {
        /// Of the news.
        token: u64,
        /// What became of it.
        judgement: Judgement,
    },
    /// What a peer may do has changed.
    Standing {
        /// The peer.
        peer: PeerKey,
        /// What it may do.
        standing: PeerStanding,
    },
    /// Sign a hint with this device's key and hand it to [`super::Replica::announce`].
    Sign(Says),
    /// A hint of another device holds, to be kept.
    Hint(HintBody),
    /// Documents read anew.
    Rows(Vec<Row>),
    /// Groups, signatures, members, versions, votes or mandates have changed.
    AuthorityChanged,
    /// A pull ended.
    Pulled {
        /// The peer.
        peer: PeerKey,
        /// How.
        pulled: Pulled,
    },
    /// A member's node took in this group's application, or refused it.
    Application {
        /// The peer.
        peer: PeerKey,
        /// What became of it.
        outcome: crate::sync::ApplicationOutcome,
    },
    /// A new device of this group is to be certified: sign with the root and answer with
    /// [`super::Replica::paired`], or with [`super::Replica::not_paired`].
    Certify {
        /// Of the request.
        token: u64,
        /// What the new device handed in; it fits an open pairing.
        request: Box<PairRequest>,
    },
    /// What became of this device's own request for a certificate.
    Pairing(PairOutcome),
    /// This machine's storage failed after something was kept: what was asked for holds all the same.
    Failed(std::sync::Arc<StorageError>),
    /// A peer broke a rule.
    Fault {
        /// The peer.
        peer: PeerKey,
        /// The rule, in words.
        why: String,
    },
}

/// What became of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// New and right: pass it on.
    Accept,
    /// Known, or not judged yet: drop it without blame.
    Ignore,
    /// Wrong on every node for ever: drop it and blame the peer.
    Reject,
}

/// What a peer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerStanding {
    /// It is a device of a member group: everything.
    Member {
        /// Its group.
        group: GroupId,
        /// Its device.
        device: DeviceId,
    },
    /// It is unknown: it may apply.
    Lobby,
}

/// Where the exchange with a peer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerSync {
    /// Nothing was compared yet.
    NotYet,
    /// Something is being fetched.
    Fetching,
    /// All that the peer had was fetched.
    InSync,
    /// The peer does not know this group as a member yet.
    Waiting,
    /// All was compared, and the peer holds another history of some device than this node.
    Apart,
}

/// A connected peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerView {
    /// The peer.
    pub peer: PeerKey,
    /// What it may do.
    pub standing: PeerStanding,
    /// Where the exchange stands.
    pub sync: PeerSync,
    /// The last rule that it broke.
    pub fault: Option<String>,
}
