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

    /// Where it stands among others: what is wrong first, then who is connected, then who was here last.
    pub(crate) fn place(&self) -> impl Ord + use<> {
        let seen = std::cmp::Reverse(self.last_seen);
        (self.fault.is_none(), self.path == PeerPath::None, seen, self.name.clone(), self.device)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_comes_first_then_who_is_connected_then_who_was_here_last() {
        let peer = |name: &str, path, seen: Option<u64>, fault: Option<&str>| PeerRow {
            group: None,
            name: Some(name.to_owned()),
            device: None,
            path,
            address: None,
            sync: PeerState::Offline,
            last_seen: seen.map(Timestamp),
            fault: fault.map(str::to_owned),
        };
        let mut peers = [
            peer("never", PeerPath::None, None, None),
            peer("long ago", PeerPath::None, Some(1), None),
            peer("lately", PeerPath::None, Some(8), None),
            peer("zoe is here", PeerPath::Tcp, Some(9), None),
            peer("here", PeerPath::Quic, Some(9), None),
            peer("wrong and away", PeerPath::None, Some(2), Some("it lies")),
            peer("wrong", PeerPath::Tcp, Some(9), Some("it lies")),
        ];
        peers.sort_by_cached_key(PeerRow::place);
        let names = peers.map(|peer| peer.name.unwrap_or_default());
        assert_eq!(names, ["wrong", "wrong and away", "here", "zoe is here", "lately", "long ago", "never"]);
    }
}
