//! One connection per peer, also when both sides dial at once.
//!
//! A plain limit of one fails there: each side keeps the connection it dialled, refuses the other, and
//! none is left. Here both sides judge alike. Of two connections dialled from opposite ends at about
//! the same time, the one dialled by the smaller key stays. Otherwise the newer one stays: a peer does
//! not dial while it is connected, so when it dials it has lost the older one, after a crash or a change
//! of networks, before this side could notice.

use super::address::peer_key;
use grid_protocol::key::PeerKey;
use libp2p::core::transport::PortUse;
use libp2p::core::{ConnectedPoint, Endpoint};
use libp2p::swarm::{
    CloseConnection, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// How long a connection attempt may take: two that begin within this time may be meant at once.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(5);

/// Keeps the connection that both sides agree on.
pub(super) struct Pairing {
    local: PeerKey,
    links: HashMap<PeerId, Vec<Link>>,
    surplus: VecDeque<(PeerId, ConnectionId)>,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    connection: ConnectionId,
    dialler: Dialler,
    since: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialler {
    Us,
    Them,
}

/// Which side's dial wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Precedence {
    Ours,
    Theirs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Replace,
    KeepOld,
}

/// A connection was refused because there is one with that peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is a connection with this peer")]
pub(super) struct AlreadyPaired;

/// A connection was refused because the peer's key is of a kind that the grid does not use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer has no Ed25519 key")]
pub(super) struct ForeignKey;

impl Pairing {
    pub(super) fn new(local: PeerKey) -> Self {
        Self { local, links: HashMap::new(), surplus: VecDeque::new() }
    }

    fn admit(&self, peer: &PeerId, dialler: Dialler) -> Result<dummy::ConnectionHandler, ConnectionDenied> {
        let key = peer_key(peer).ok_or_else(|| ConnectionDenied::new(ForeignKey))?;
        let precedence = if self.local < key { Precedence::Ours } else { Precedence::Theirs };
        let newest = self.links.get(peer).and_then(|links| links.last());
        match newest.map(|old| verdict(old.dialler, old.since.elapsed(), dialler, precedence)) {
            None | Some(Verdict::Replace) => Ok(dummy::ConnectionHandler),
            Some(Verdict::KeepOld) => Err(ConnectionDenied::new(AlreadyPaired)),
        }
    }
}

fn verdict(old: Dialler, age: Duration, new: Dialler, precedence: Precedence) -> Verdict {
    match (old, new, precedence) {
        // The swarm dials no connected peer: this is a second attempt of the same moment.
        (Dialler::Us, Dialler::Us, _) => Verdict::KeepOld,
        (Dialler::Us, Dialler::Them, Precedence::Ours) if age <= HANDSHAKE => Verdict::KeepOld,
        (Dialler::Us | Dialler::Them, Dialler::Them, _) => Verdict::Replace,
        (Dialler::Them, Dialler::Us, Precedence::Ours) => Verdict::Replace,
        (Dialler::Them, Dialler::Us, Precedence::Theirs) => Verdict::KeepOld,
    }
}

impl NetworkBehaviour for Pairing {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.admit(&peer, Dialler::Them)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.admit(&peer, Dialler::Us)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(event) => {
                let dialler = match event.endpoint {
                    ConnectedPoint::Dialer { .. } => Dialler::Us,
                    ConnectedPoint::Listener { .. } => Dialler::Them,
                };
                let links = self.links.entry(event.peer_id).or_default();
                self.surplus.extend(links.iter().map(|old| (event.peer_id, old.connection)));
                links.push(Link { connection: event.connection_id, dialler, since: Instant::now() });
            }
            FromSwarm::ConnectionClosed(event) => {
                if let Some(links) = self.links.get_mut(&event.peer_id) {
                    links.retain(|link| link.connection != event.connection_id);
                    if links.is_empty() {
                        self.links.remove(&event.peer_id);
                    }
                }
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, THandlerInEvent<Self>>> {
        match self.surplus.pop_front() {
            Some((peer_id, connection)) => {
                Poll::Ready(ToSwarm::CloseConnection { peer_id, connection: CloseConnection::One(connection) })
            }
            // Filled by swarm events alone, after each of which the swarm polls.
            None => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one side ends with, given the order in which it sees both connections of a double dial.
    fn survivor(first: Dialler, second: Dialler, precedence: Precedence) -> Dialler {
        match verdict(first, Duration::ZERO, second, precedence) {
            Verdict::Replace => second,
            Verdict::KeepOld => first,
        }
    }

    #[test]
    fn both_sides_of_a_double_dial_keep_the_same_connection_in_whatever_order_they_see_them() {
        for (first, second) in [(Dialler::Us, Dialler::Them), (Dialler::Them, Dialler::Us)] {
            assert_eq!(survivor(first, second, Precedence::Ours), Dialler::Us);
            assert_eq!(survivor(first, second, Precedence::Theirs), Dialler::Them);
        }
    }

    #[test]
    fn a_peer_that_dials_again_has_lost_the_older_connection() {
        let later = HANDSHAKE + Duration::from_millis(1);
        for precedence in [Precedence::Ours, Precedence::Theirs] {
            assert_eq!(verdict(Dialler::Them, Duration::ZERO, Dialler::Them, precedence), Verdict::Replace);
            assert_eq!(verdict(Dialler::Us, later, Dialler::Them, precedence), Verdict::Replace);
        }
    }
}
