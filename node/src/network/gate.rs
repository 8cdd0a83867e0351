//! The gate in front of gossipsub: closed for everybody who was not admitted.
//!
//! gossipsub's own blacklist does not do. It drops what a peer sends, but goes on sending to it: a
//! stranger who subscribes would read everything. And a peer on the list while it connects never gets
//! our subscription, so that it stays deaf when it is taken off the list later.
//!
//! So each connection's gossipsub handler stands behind a gate. While it is closed the handler is not
//! polled: it opens no stream, sends nothing and reads nothing; a stream that the peer opens waits,
//! under the transport's flow control, because refusing it would make the peer's gossipsub give up on
//! this connection for good. When the gate opens, everything starts as on a new connection.
//!
//! gossipsub greets a peer on its first connection only. When one connection replaces another (see
//! `pairing`), the greeting of the new one would be missing and gossip be dead in one direction. The
//! gate therefore shows gossipsub one connection per peer, the newest: the earlier one has ended, as
//! far as it can see, before the next begins.

use super::gossip::Gossip;
use libp2p::core::transport::PortUse;
use libp2p::core::{ConnectedPoint, Endpoint};
use libp2p::swarm::behaviour::{ConnectionClosed, ConnectionEstablished};
use libp2p::swarm::handler::ConnectionEvent;
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
    NotifyHandler, SubstreamProtocol, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use std::collections::{HashMap, HashSet, VecDeque};
use std::task::{Context, Poll, Waker};

type Inner = <Gossip as NetworkBehaviour>::ConnectionHandler;

/// gossipsub behind a gate.
pub(super) struct Gate {
    gossip: Gossip,
    members: HashSet<PeerId>,
    shown: HashMap<PeerId, Shown>,
    opening: VecDeque<(PeerId, ConnectionId)>,
    waker: Option<Waker>,
}

/// The connection of a peer that gossipsub knows.
struct Shown {
    connection: ConnectionId,
    /// None until the swarm has announced the connection.
    endpoint: Option<ConnectedPoint>,
}

impl Gate {
    pub(super) fn new(gossip: Gossip) -> Self {
        Self { gossip, members: HashSet::new(), shown: HashMap::new(), opening: VecDeque::new(), waker: None }
    }

    /// gossipsub itself.
    pub(super) fn gossip(&mut self) -> &mut Gossip {
        &mut self.gossip
    }

    /// Whether the peer was admitted.
    pub(super) fn is_open_for(&self, peer: &PeerId) -> bool {
        self.members.contains(peer)
    }

    /// Opens the gate for a peer, on the connection it has and on later ones.
    pub(super) fn open(&mut self, peer: PeerId) {
        if !self.members.insert(peer) {
            return;
        }
        if let Some(Shown { connection, endpoint: Some(_) }) = self.shown.get(&peer) {
            self.opening.push_back((peer, *connection));
            if let Some(waker) = self.waker.take() {
                waker.wake();
            }
        }
    }

    /// Closes the gate for later connections of a peer; an open connection has to be closed by the caller.
    pub(super) fn close(&mut self, peer: &PeerId) {
        self.members.remove(peer);
    }

    /// Makes `connection` the one that gossipsub is about to see.
    fn show(&mut self, peer: PeerId, connection: ConnectionId) {
        let earlier = self.shown.insert(peer, Shown { connection, endpoint: None });
        if let Some(Shown { connection, endpoint: Some(endpoint) }) = earlier {
            self.end(peer, connection, &endpoint);
        }
    }

    fn end(&mut self, peer_id: PeerId, connection_id: ConnectionId, endpoint: &ConnectedPoint) {
        self.gossip.on_swarm_event(FromSwarm::ConnectionClosed(ConnectionClosed {
            peer_id,
            connection_id,
            endpoint,
            cause: None,
            remaining_established: 0,
        }));
    }

    fn is_shown(&self, peer: &PeerId, connection: ConnectionId) -> bool {
        self.shown.get(peer).is_some_and(|shown| shown.connection == connection)
    }
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = GateHandler;
    type ToSwarm = <Gossip as NetworkBehaviour>::ToSwarm;

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.show(peer, connection);
        let inner = self.gossip.handle_established_inbound_connection(connection, peer, local, remote)?;
        Ok(GateHandler::closed(inner))
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.show(peer, connection);
        let inner = self.gossip.handle_established_outbound_connection(connection, peer, address, role, port)?;
        Ok(GateHandler::closed(inner))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(event) => {
                let Some(shown) = self.shown.get_mut(&event.peer_id) else { return };
                if shown.connection != event.connection_id {
                    return;
                }
                shown.endpoint = Some(event.endpoint.clone());
                if self.members.contains(&event.peer_id) {
                    self.opening.push_back((event.peer_id, event.connection_id));
                }
                let event = ConnectionEstablished { other_established: 0, ..event };
                self.gossip.on_swarm_event(FromSwarm::ConnectionEstablished(event));
            }
            FromSwarm::ConnectionClosed(event) => {
                if self.is_shown(&event.peer_id, event.connection_id) {
                    self.shown.remove(&event.peer_id);
                    self.end(event.peer_id, event.connection_id, event.endpoint);
                }
            }
            FromSwarm::AddressChange(event) => {
                if self.is_shown(&event.peer_id, event.connection_id) {
                    self.gossip.on_swarm_event(FromSwarm::AddressChange(event));
                }
            }
            event => self.gossip.on_swarm_event(event),
        }
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, event: THandlerOutEvent<Self>) {
        if self.is_shown(&peer, connection) {
            self.gossip.on_connection_handler_event(peer, connection, event);
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        if let Some((peer_id, connection)) = self.opening.pop_front() {
            let handler = NotifyHandler::One(connection);
            return Poll::Ready(ToSwarm::NotifyHandler { peer_id, handler, event: ToGate::Open });
        }
        self.waker = Some(cx.waker().clone());
        self.gossip.poll(cx).map(|event| event.map_in(ToGate::Inner))
    }
}

/// What the gate tells the handler of a connection.
#[derive(Debug)]
pub(super) enum ToGate {
    /// The peer was admitted.
    Open,
    /// From gossipsub to its handler.
    Inner(<Inner as ConnectionHandler>::FromBehaviour),
}

/// gossipsub's handler of one connection, standing still while the gate is closed.
pub(super) struct GateHandler {
    inner: Inner,
    state: State,
}

enum State {
    Closed,
    Open,
}

impl GateHandler {
    fn closed(inner: Inner) -> Self {
        Self { inner, state: State::Closed }
    }
}

impl ConnectionHandler for GateHandler {
    type FromBehaviour = ToGate;
    type ToBehaviour = <Inner as ConnectionHandler>::ToBehaviour;
    type InboundProtocol = <Inner as ConnectionHandler>::InboundProtocol;
    type OutboundProtocol = <Inner as ConnectionHandler>::OutboundProtocol;
    type InboundOpenInfo = <Inner as ConnectionHandler>::InboundOpenInfo;
    type OutboundOpenInfo = <Inner as ConnectionHandler>::OutboundOpenInfo;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol, Self::InboundOpenInfo> {
        self.inner.listen_protocol()
    }

    fn connection_keep_alive(&self) -> bool {
        matches!(self.state, State::Open) && self.inner.connection_keep_alive()
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Self::OutboundOpenInfo, Self::ToBehaviour>> {
        match self.state {
            // Woken by the event that opens the gate: the swarm polls a handler after each event.
            State::Closed => Poll::Pending,
            State::Open => self.inner.poll(cx),
        }
    }

    fn on_behaviour_event(&mut self, event: ToGate) {
        match event {
            ToGate::Open => self.state = State::Open,
            ToGate::Inner(event) => self.inner.on_behaviour_event(event),
        }
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<
            '_,
            Self::InboundProtocol,
            Self::OutboundProtocol,
            Self::InboundOpenInfo,
            Self::OutboundOpenInfo,
        >,
    ) {
        self.inner.on_connection_event(event);
    }
}
