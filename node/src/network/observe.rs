//! What the swarm reports, told to the caller in the grid's words.

use super::address::{self, peer_key, root_cause, with_peer};
use super::behaviour::ProtocolsEvent;
use super::codec::Asked;
use super::pace::Exchange;
use super::pairing::AlreadyPaired;
use super::task::{Link, Task};
use super::{DialProblem, Direction, GossipToken, Judgement, NetworkEvent, RequestProblem, ResponseToken};
use grid_protocol::limits;
use libp2p::core::ConnectedPoint;
use libp2p::request_response::{self, Message, OutboundFailure};
use libp2p::swarm::{ConnectionId, DialError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, TransportError, gossipsub, identify, ping};
use std::io::ErrorKind;

impl Task {
    pub(super) fn observe(&mut self, event: SwarmEvent<ProtocolsEvent>) {
        match event {
            SwarmEvent::Behaviour(ProtocolsEvent::Gate(event)) => self.gossip_event(event),
            SwarmEvent::Behaviour(ProtocolsEvent::Pull(event)) => self.pull_event(event),
            SwarmEvent::Behaviour(ProtocolsEvent::Ping(event)) => self.ping_event(event),
            SwarmEvent::Behaviour(ProtocolsEvent::Identify(event)) => self.identify_event(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.established(peer_id, connection_id, endpoint);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, cause, .. } => {
                tracing::debug!(peer = %peer_id, cause = cause.as_ref().map(tracing::field::display), "closed");
                self.closed(peer_id, connection_id);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                if let Some((address, peer)) = self.dials.remove(&connection_id) {
                    self.dial_failed(address, Some(peer), dial_problem(&error));
                }
            }
            SwarmEvent::IncomingConnectionError { send_back_addr, error, .. } => {
                tracing::debug!(from = %send_back_addr, reason = root_cause(&error), "incoming connection failed");
            }
            SwarmEvent::NewListenAddr { listener_id, address } => {
                let text = with_peer(&address, *self.swarm.local_peer_id());
                self.listeners.entry(listener_id).or_default().push(address);
                self.emit(NetworkEvent::Listening { address: text });
            }
            SwarmEvent::ExpiredListenAddr { listener_id, address } => {
                if let Some(addresses) = self.listeners.get_mut(&listener_id) {
                    addresses.retain(|other| *other != address);
                }
                self.listening_ended(&address);
            }
            SwarmEvent::ListenerClosed { listener_id, reason, .. } => {
                if let Err(error) = reason {
                    tracing::warn!(%error, "a listener ended");
                }
                for address in self.listeners.remove(&listener_id).unwrap_or_default() {
                    self.listening_ended(&address);
                }
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "a listener failed"),
            _ => {}
        }
    }

    fn listening_ended(&mut self, address: &Multiaddr) {
        let address = with_peer(address, *self.swarm.local_peer_id());
        self.emit(NetworkEvent::ListeningEnded { address });
    }

    fn established(&mut self, peer: PeerId, connection: ConnectionId, endpoint: ConnectedPoint) {
        self.dials.remove(&connection);
        let (remote, direction) = match endpoint {
            ConnectedPoint::Dialer { address, .. } => (address, Direction::Dialled),
            ConnectedPoint::Listener { send_back_addr, .. } => (send_back_addr, Direction::Accepted),
        };
        let links = self.peers.entry(peer).or_default();
        links.push(Link { connection, remote, direction });
        if links.len() == 1 {
            self.announce(peer);
        }
    }

    fn closed(&mut self, peer: PeerId, connection: ConnectionId) {
        let Some(links) = self.peers.get_mut(&peer) else { return };
        let announced = links.first().is_some_and(|link| link.connection == connection);
        links.retain(|link| link.connection != connection);
        let gone = links.is_empty();
        if gone {
            self.peers.remove(&peer);
            self.pace.forget(&peer);
        }
        if !announced {
            return;
        }
        self.lobby.leave(&peer);
        let scores = self.colocation.left(&peer);
        self.score(scores);
        if let Some(key) = peer_key(&peer) {
            self.emit(NetworkEvent::Disconnected { peer: key });
        }
        if !gone {
            self.announce(peer);
        }
    }

    /// Tells the caller about a peer's connection, and makes room in the lobby.
    fn announce(&mut self, peer: PeerId) {
        let Some(link) = self.peers.get(&peer).and_then(|links| links.first()) else { return };
        let Some(key) = peer_key(&peer) else { return };
        let event = NetworkEvent::Connected {
            peer: key,
            address: with_peer(&link.remote, peer),
            path: address::path(&link.remote),
            direction: link.direction,
        };
        let from = address::ip(&link.remote);
        self.emit(event);
        if self.swarm.behaviour().gate.is_open_for(&peer) {
            self.colocate(peer);
        } else {
            let from = from.filter(|ip| !self.colocation.is_exempt(*ip));
            if let Some(oldest) = self.lobby.enter(peer, from) {
                tracing::debug!(peer = %oldest, "the lobby is full: its oldest peer goes");
                self.disconnect(&oldest);
            }
        }
    }

    /// Counts a member where it is. Strangers take no part in gossip, and cost nobody behind their address anything.
    pub(super) fn colocate(&mut self, peer: PeerId) {
        let link = self.peers.get(&peer).and_then(|links| links.first());
        let from = link.and_then(|link| address::ip(&link.remote));
        let scores = from.map(|ip| self.colocation.joined(peer, ip)).unwrap_or_default();
        self.score(scores);
    }

    fn score(&mut self, scores: Vec<(PeerId, f64)>) {
        for (peer, score) in scores {
            self.swarm.behaviour_mut().gate.gossip().set_application_score(&peer, score);
        }
    }

    fn gossip_event(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message { propagation_source, message_id, message } => {
                let from = peer_key(&propagation_source);
                let (Some(from), Ok(id)) = (from, <[u8; 32]>::try_from(message_id.0.as_slice())) else { return };
                let token = GossipToken { message: id, from };
                if message.data.len() > limits::MAX_GOSSIP {
                    return self.judge(token, Judgement::Reject);
                }
                self.emit(NetworkEvent::Gossip { from, token, bytes: message.data });
            }
            gossipsub::Event::Subscribed { peer_id, .. } => {
                if let Some(peer) = peer_key(&peer_id) {
                    self.emit(NetworkEvent::Subscribed { peer });
                }
            }
            gossipsub::Event::Unsubscribed { peer_id, .. } => {
                if let Some(peer) = peer_key(&peer_id) {
                    self.emit(NetworkEvent::Unsubscribed { peer });
                }
            }
            gossipsub::Event::GossipsubNotSupported { peer_id } => {
                tracing::debug!(peer = %peer_id, "the peer does not gossip");
            }
            gossipsub::Event::SlowPeer { peer_id, .. } => tracing::debug!(peer = %peer_id, "the peer is slow"),
        }
    }

    fn pull_event(&mut self, event: request_response::Event<Asked, Vec<u8>>) {
        match event {
            request_response::Event::Message { peer, message: Message::Request { request, channel, .. }, .. } => {
                let Some(key) = peer_key(&peer) else { return };
                // Without an answer the request ends at the peer at once.
                match request {
                    Asked::Frame(bytes) => {
                        self.emit(NetworkEvent::Request { peer: key, token: ResponseToken(channel), bytes });
                    }
                    Asked::TooLarge { why } => self.emit(NetworkEvent::Misbehaved { peer: key, why }),
                    Asked::Unfinished => self.paced(&peer, Exchange::GivenUp),
                }
            }
            request_response::Event::Message { peer, message: Message::Response { request_id, response }, .. } => {
                self.paced(&peer, Exchange::Whole);
                if let (Some(peer), Some(id)) = (peer_key(&peer), self.requests.remove(&request_id)) {
                    self.emit(NetworkEvent::Response { peer, id, bytes: response });
                }
            }
            request_response::Event::OutboundFailure { peer, request_id, error, .. } => {
                match &error {
                    OutboundFailure::Io(error) if error.kind() != ErrorKind::TimedOut => self.blame(&peer, error),
                    // Where the time of libp2p is up before that of the codec, the request has not got out.
                    OutboundFailure::Io(_) => self.paced(&peer, Exchange::GivenUp),
                    _ => {}
                }
                if let (Some(peer), Some(id)) = (peer_key(&peer), self.requests.remove(&request_id)) {
                    self.emit(NetworkEvent::RequestFailed { peer, id, why: request_problem(&error) });
                }
            }
            request_response::Event::InboundFailure { peer, error, .. } => {
                tracing::debug!(%peer, reason = root_cause(&error), "a peer's request failed");
            }
            request_response::Event::ResponseSent { peer, .. } => self.paced(&peer, Exchange::Whole),
        }
    }

    /// Counts an exchange, and tells the caller about a peer with which too few come to their end.
    fn paced(&mut self, peer: &PeerId, ended: Exchange) {
        // What ends behind a connection is not counted.
        if self.peers.contains_key(peer)
            && let (Some(why), Some(peer)) = (self.pace.note(*peer, ended), peer_key(peer))
        {
            self.emit(NetworkEvent::Misbehaved { peer, why });
        }
    }

    /// Tells the caller about a frame that broke a bound; a stream that merely ended is nobody's fault.
    fn blame(&mut self, peer: &PeerId, error: &std::io::Error) {
        if error.kind() == ErrorKind::InvalidData
            && let Some(peer) = peer_key(peer)
        {
            self.emit(NetworkEvent::Misbehaved { peer, why: error.to_string() });
        }
    }

    fn ping_event(&mut self, event: ping::Event) {
        match event.result {
            Ok(duration) => {
                if let Some(peer) = peer_key(&event.peer) {
                    self.emit(NetworkEvent::Rtt { peer, duration });
                }
            }
            Err(ping::Failure::Unsupported) => {}
            Err(error) => {
                // TCP alone would believe in a peer behind a cut cable for many minutes.
                tracing::debug!(peer = %event.peer, %error, "no answer to a ping");
                self.swarm.close_connection(event.connection);
            }
        }
    }

    fn identify_event(&mut self, event: identify::Event) {
        if let identify::Event::Received { peer_id, info, .. } = event
            && let Some(by) = peer_key(&peer_id)
        {
            let address = with_peer(&info.observed_addr, *self.swarm.local_peer_id());
            self.emit(NetworkEvent::Observed { by, address });
        }
    }
}

/// A failed dial in plain words.
pub(super) fn dial_problem(error: &DialError) -> DialProblem {
    match error {
        DialError::LocalPeerId { .. } => DialProblem::Ourselves,
        DialError::DialPeerConditionFalse(_) => DialProblem::AlreadyDialling,
        DialError::WrongPeerId { obtained, .. } => DialProblem::WrongPeer { found: obtained.to_string() },
        DialError::Denied { cause } if cause.downcast_ref::<AlreadyPaired>().is_some() => DialProblem::AlreadyConnected,
        DialError::Denied { cause } => DialProblem::Limit(root_cause(cause)),
        DialError::Transport(attempts) => DialProblem::Unreachable(
            attempts.iter().map(|(_, error)| transport_words(error)).collect::<Vec<_>>().join("; "),
        ),
        error @ (DialError::NoAddresses | DialError::Aborted) => DialProblem::Unreachable(error.to_string()),
    }
}

fn transport_words(error: &TransportError<std::io::Error>) -> String {
    match error {
        TransportError::MultiaddrNotSupported(address) => format!("{address} is not supported"),
        TransportError::Other(error) => root_cause(error),
    }
}

fn request_problem(error: &OutboundFailure) -> RequestProblem {
    match error {
        OutboundFailure::DialFailure => RequestProblem::NotConnected,
        OutboundFailure::Timeout => RequestProblem::Timeout,
        OutboundFailure::ConnectionClosed => RequestProblem::Disconnected,
        OutboundFailure::UnsupportedProtocols => RequestProblem::Unsupported,
        OutboundFailure::Io(error) => RequestProblem::Stream(root_cause(error)),
    }
}
