//! The peers of this node, as its operator sees them.

use grid_protocol::id::GroupId;
use grid_protocol::key::DeviceId;
use grid_protocol::time::Timestamp;

/// A peer, connected now or known from before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerRow {
    /// Its group, once it is known as a member.
    pub group: Option<GroupId>,
    /// The group's name.
    pub name: Option<String>,
    /// Its device.
    pub device: Option<DeviceId>,
    /// How it is reached.
    pub path: PeerPath,
    /// Its address, while connected.
    pub address: Option<String>,
    /// Where the exchange stands.
    pub sync: PeerState,
    /// When it was connected last; now, while it is.
    pub last_seen: Option<Timestamp>,
    /// The last rule that it broke, in words.
    pub fault: Option<String>,
}

/// How a peer is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerPath {
    /// Over TCP.
    Tcp,
    /// Over QUIC.
    Quic,
    /// Not at all.
    None,
}

/// Where the exchange with a peer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerState {
    /// All that it had is here.
    InSync,
    /// Something is being fetched.
    Fetching,
    /// It does not know this group as a member yet.
    Waiting,
    /// It holds another history of some device than this node: one of them was restored or copied.
    Apart,
    /// It is not connected.
    Offline,
}
