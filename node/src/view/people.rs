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
    /// Nothing comes of the exchange: its fault says why.
    Fault,
}

impl PeerRow {
    /// Where the exchange stands, as its operator should read it: what failed is not on its way.
    pub fn shown_sync(&self) -> PeerState {
        match (self.sync, &self.fault) {
            (PeerState::Fetching, Some(_)) => PeerState::Fault,
            (sync, _) => sync,
        }
    }

    /// What to do about its fault.
    pub fn hint(&self) -> Option<&'static str> {
        let fault = self.fault.as_deref()?;
        Some(match self.group {
            _ if fault.contains("another coalition") => {
                "nothing passes between the two; if you meant to join it, use its invite in a home of its own"
            }
            _ if fault.contains("two histories") => "tell its operator; what your group writes is not touched by it",
            None => "if you expected this node, ask its operator which coalition and which version it runs",
            Some(_) => "what it sent is refused and does no harm; tell its operator, who may need a newer version",
        })
    }
}
