//! What the network tells the node, and the tokens with which the node answers.

use grid_protocol::key::PeerKey;
use grid_protocol::replica::Direction;
use libp2p::request_response::ResponseChannel;
use std::time::Duration;

/// Something that happened on the network.
///
/// For one peer `Connected` and `Disconnected` alternate, whatever the transports do underneath.
#[derive(Debug)]
pub enum NetworkEvent {
    /// The node can be reached at this address.
    Listening {
        /// Multiaddress, with `/p2p/<this node>` at its end.
        address: String,
    },
    /// The node can no longer be reached at this address.
    ListeningEnded {
        /// The address as it was announced.
        address: String,
    },
    /// A peer is connected. It is in the lobby unless it was admitted before.
    Connected {
        /// The peer, authenticated.
        peer: PeerKey,
        /// Where it is, as seen from here, with `/p2p/<peer>` at its end. Of an accepted connection the
        /// port is that of the connection, and nobody listens there.
        address: String,
        /// The transport.
        path: Path,
        /// Who dialled.
        direction: Direction,
    },
    /// A peer is no longer connected.
    Disconnected {
        /// The peer.
        peer: PeerKey,
    },
    /// A dial came to nothing.
    DialFailed {
        /// The address as it was given to `dial`.
        address: String,
        /// The peer that the address names.
        peer: Option<PeerKey>,
        /// Why, in plain words.
        why: DialProblem,
    },
    /// A peer asks.
    Request {
        /// The peer, member or not.
        peer: PeerKey,
        /// To be used for the answer, within the request timeout.
        token: ResponseToken,
        /// The request, at most [`MAX_REQUEST`](grid_protocol::limits::MAX_REQUEST) bytes.
        bytes: Vec<u8>,
    },
    /// A peer answered.
    Response {
        /// The peer.
        peer: PeerKey,
        /// The id given to `request`.
        id: u64,
        /// The answer, at most [`MAX_FRAME`](grid_protocol::limits::MAX_FRAME) bytes.
        bytes: Vec<u8>,
    },
    /// A request came to nothing; the peer may or may not have seen it.
    RequestFailed {
        /// The peer.
        peer: PeerKey,
        /// The id given to `request`.
        id: u64,
        /// Why.
        why: RequestProblem,
    },
    /// A peer sent a frame that nobody may send, or too many that never ended.
    Misbehaved {
        /// The peer.
        peer: PeerKey,
        /// What is wrong with it, in words.
        why: String,
    },
    /// A gossip message arrived from an admitted peer.
    Gossip {
        /// The peer that handed it on, which need not be its author.
        from: PeerKey,
        /// To be used for the judgement.
        token: GossipToken,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Gossip flows to this peer: each side has admitted the other.
    Subscribed {
        /// The peer.
        peer: PeerKey,
    },
    /// Gossip no longer flows to this peer, which is still connected.
    Unsubscribed {
        /// The peer.
        peer: PeerKey,
    },
    /// A round trip was measured.
    Rtt {
        /// The peer.
        peer: PeerKey,
        /// From ping to answer.
        duration: Duration,
    },
    /// A peer says at which address it sees this node: a hint that one peer alone vouches for.
    Observed {
        /// The peer that says so.
        by: PeerKey,
        /// Multiaddress, with `/p2p/<this node>` at its end.
        address: String,
    },
}

/// The transport of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// TCP with Noise and Yamux.
    Tcp,
    /// QUIC version 1.
    Quic,
}

/// What a peer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Gossips and asks.
    Member,
    /// Asks, and neither gets nor sends gossip. Only so many such peers are connected.
    Lobby,
    /// Is disconnected. When it comes back it is in the lobby, and the caller is told.
    Refused,
}

/// What a gossip message was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Judgement {
    /// Sound: it is handed on.
    Accept,
    /// Unknown, cut or waiting: not handed on, nobody is blamed.
    Ignore,
    /// Invalid on every node for ever: not handed on, and whoever sent it loses standing.
    Reject,
}

/// Names a gossip message that waits for its judgement. Holds nothing: it may be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GossipToken {
    pub(super) message: [u8; 32],
    pub(super) from: PeerKey,
}

/// The right to answer one request.
#[derive(Debug)]
pub struct ResponseToken(pub(super) ResponseChannel<Vec<u8>>);

/// Why a dial came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialProblem {
    /// The address cannot be used.
    #[error("{0}")]
    BadAddress(#[from] super::AddressProblem),
    /// The name in the address has no address.
    #[error("the name {0} could not be resolved")]
    UnknownName(String),
    /// The address leads to this node.
    #[error("the address is this node's own")]
    Ourselves,
    /// There is a connection with that peer.
    #[error("the peer is connected already")]
    AlreadyConnected,
    /// There is another dial to that peer.
    #[error("the peer is being dialled already")]
    AlreadyDialling,
    /// Somebody else answers at that address.
    #[error("another peer ({found}) answers at this address")]
    WrongPeer {
        /// Who answers, as PeerId.
        found: String,
    },
    /// A bound of this node's own stands in the way.
    #[error("this node has too many connections: {0}")]
    Limit(String),
    /// Nobody answers, or not in a way that can be understood.
    #[error("{0}")]
    Unreachable(String),
}

/// Why a request came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestProblem {
    /// There is no connection with the peer.
    #[error("the peer is not connected")]
    NotConnected,
    /// The connection ended before the answer.
    #[error("the connection ended before the answer")]
    Disconnected,
    /// The answer did not come in time.
    #[error("no answer in time")]
    Timeout,
    /// The peer does not speak the pull protocol of this version.
    #[error("the peer does not speak this version of the protocol")]
    Unsupported,
    /// The stream failed: a frame above its bound, or one the peer refused or cut short.
    #[error("the exchange failed: {0}")]
    Stream(String),
}
