//! The task that owns the swarm: commands in, events out.
//!
//! It never waits for the caller. Events that do not fit the channel wait in a backlog; while there is
//! one, the swarm is not polled, so that peers feel the pressure, and commands are executed all the same.

use super::address::{self, Target, peer_id, peer_key, target};
use super::behaviour::Protocols;
use super::codec::Asked;
use super::colocation::Colocation;
use super::gossip::topic;
use super::lobby::Lobby;
use super::observe::dial_problem;
use super::pace::Pace;
use super::{
    DialProblem, Direction, GossipToken, Judgement, NetworkConfig, NetworkError, NetworkEvent, RequestProblem,
    ResponseToken, Standing,
};
use futures::StreamExt as _;
use grid_protocol::key::PeerKey;
use libp2p::core::transport::ListenerId;
use libp2p::gossipsub::{MessageAcceptance, MessageId, PublishError, TopicHash};
use libp2p::request_response::OutboundRequestId;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// After the last connection has closed: time for QUIC's last packets, which nothing reports as sent.
const LINGER: Duration = Duration::from_millis(50);

/// What the handle asks of the task.
#[derive(Debug)]
pub(super) enum Command {
    Dial { address: String },
    DialResolved { address: String, target: Box<Target>, found: Vec<Multiaddr> },
    Disconnect { peer: PeerKey },
    Request { peer: PeerKey, id: u64, bytes: Vec<u8> },
    Respond { token: ResponseToken, bytes: Vec<u8> },
    Publish { bytes: Vec<u8> },
    Judge { token: GossipToken, judgement: Judgement },
    Admit { peer: PeerKey, standing: Standing },
    Close { done: oneshot::Sender<()> },
}

/// A connection as it is announced.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) connection: ConnectionId,
    pub(super) remote: Multiaddr,
    pub(super) direction: Direction,
}

/// The swarm and what is known about its peers.
pub(super) struct Task {
    local: PeerKey,
    pub(super) swarm: Swarm<Protocols>,
    topic: TopicHash,
    pub(super) listeners: HashMap<ListenerId, Vec<Multiaddr>>,
    /// Connections per peer. The first one is announced; a second is there only while it replaces the first.
    pub(super) peers: HashMap<PeerId, Vec<Link>>,
    /// Connected peers that were not admitted.
    pub(super) lobby: Lobby,
    pub(super) dials: HashMap<ConnectionId, (String, PeerKey)>,
    pub(super) requests: HashMap<OutboundRequestId, u64>,
    pub(super) colocation: Colocation,
    pub(super) pace: Pace,
    own: mpsc::WeakSender<Command>,
    inbox: mpsc::Receiver<Command>,
    outbox: mpsc::Sender<NetworkEvent>,
    backlog: VecDeque<NetworkEvent>,
}

impl Task {
    pub(super) fn new(
        swarm: Swarm<Protocols>,
        config: &NetworkConfig,
        own: mpsc::WeakSender<Command>,
        inbox: mpsc::Receiver<Command>,
        outbox: mpsc::Sender<NetworkEvent>,
    ) -> Result<Self, NetworkError> {
        Ok(Self {
            local: peer_key(swarm.local_peer_id()).expect("this node's key is an Ed25519 key"),
            swarm,
            topic: topic(&config.topic).hash(),
            listeners: HashMap::new(),
            peers: HashMap::new(),
            lobby: Lobby::new(config.limits.lobby),
            dials: HashMap::new(),
            requests: HashMap::new(),
            colocation: Colocation::new(&config.colocation_exempt)?,
            pace: Pace::default(),
            own,
            inbox,
            outbox,
            backlog: VecDeque::new(),
        })
    }

    pub(super) fn local(&self) -> PeerKey {
        self.local
    }

    /// Runs until it is told to close, or nobody holds the handle or the events any more.
    pub(super) async fn run(mut self) {
        let outbox = self.outbox.clone();
        let done = loop {
            tokio::select! {
                command = self.inbox.recv() => match command {
                    Some(Command::Close { done }) => break Some(done),
                    Some(command) => self.execute(command),
                    None => break None,
                },
                permit = outbox.reserve(), if !self.backlog.is_empty() => match permit {
                    Ok(permit) => if let Some(event) = self.backlog.pop_front() { permit.send(event) },
                    Err(_) => break None,
                },
                () = outbox.closed(), if self.backlog.is_empty() => break None,
                event = self.swarm.select_next_some(), if self.backlog.is_empty() => self.observe(event),
            }
        };
        self.goodbye().await;
        if let Some(done) = done {
            // The caller may have stopped waiting.
            let _ = done.send(());
        }
    }

    /// Closes every connection and waits, bounded, until that is done.
    async fn goodbye(mut self) {
        for listener in self.listeners.drain().map(|(listener, _)| listener) {
            self.swarm.remove_listener(listener);
        }
        for peer in self.peers.keys() {
            // An error means that it has gone already.
            let _ = self.swarm.disconnect_peer_id(*peer);
        }
        let closing = async {
            while !self.peers.is_empty() {
                match self.swarm.select_next_some().await {
                    SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                        self.peers.remove(&peer_id);
                    }
                    SwarmEvent::ConnectionEstablished { peer_id, .. } => {
                        let _ = self.swarm.disconnect_peer_id(peer_id);
                    }
                    _ => {}
                }
            }
        };
        if tokio::time::timeout(super::GOODBYE, closing).await.is_err() {
            tracing::warn!("some connections did not close in time");
        }
        drop(self.swarm);
        tokio::time::sleep(LINGER).await;
    }

    pub(super) fn emit(&mut self, event: NetworkEvent) {
        if !self.backlog.is_empty() {
            return self.backlog.push_back(event);
        }
        match self.outbox.try_send(event) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
            Err(mpsc::error::TrySendError::Full(event)) => self.backlog.push_back(event),
        }
    }

    fn execute(&mut self, command: Command) {
        match command {
            Command::Dial { address } => self.dial(address),
            Command::DialResolved { address, target, found } => self.dial_at(address, &target, found),
            Command::Disconnect { peer } => self.disconnect(&peer_id(peer)),
            Command::Request { peer, id, bytes } => self.request(peer, id, bytes),
            Command::Respond { token, bytes } => {
                if self.swarm.behaviour_mut().pull.send_response(token.0, bytes).is_err() {
                    tracing::debug!("the peer no longer waits for this answer");
                }
            }
            Command::Publish { bytes } => self.publish(bytes),
            Command::Judge { token, judgement } => self.judge(token, judgement),
            Command::Admit { peer, standing } => self.admit(peer_id(peer), standing),
            Command::Close { .. } => {}
        }
    }

    fn dial(&mut self, address: String) {
        let target = match target(&address) {
            Ok(target) => target,
            Err(problem) => return self.dial_failed(address, None, problem.into()),
        };
        let Some(name) = target.name.clone() else {
            let found = vec![target.address.clone()];
            return self.dial_at(address, &target, found);
        };
        let Some(own) = self.own.upgrade() else { return };
        tokio::spawn(async move {
            let hosts = tokio::net::lookup_host((name, 0)).await.map(Iterator::collect::<Vec<_>>).unwrap_or_default();
            let found = address::resolved(&target, hosts.into_iter().map(|host| host.ip()));
            // An error means that the network has stopped.
            let _ = own.send(Command::DialResolved { address, target: Box::new(target), found }).await;
        });
    }

    fn dial_at(&mut self, address: String, target: &Target, found: Vec<Multiaddr>) {
        let failure = if target.key == self.local {
            DialProblem::Ourselves
        } else if found.is_empty() {
            DialProblem::UnknownName(target.name.clone().unwrap_or_default())
        } else if self.peers.contains_key(&target.peer) {
            DialProblem::AlreadyConnected
        } else {
            // A port of its own: with the listener's port as source, two nodes that dial each other at once
            // open one TCP connection from both ends and both take the dialler's part; and the same pair of
            // ports cannot be used again for a minute.
            let options = DialOpts::peer_id(target.peer)
                .condition(PeerCondition::DisconnectedAndNotDialing)
                .addresses(found)
                .allocate_new_port()
                .build();
            let connection = options.connection_id();
            match self.swarm.dial(options) {
                Ok(()) => {
                    self.dials.insert(connection, (address, target.key));
                    return;
                }
                Err(error) => dial_problem(&error),
            }
        };
        self.dial_failed(address, Some(target.key), failure);
    }

    pub(super) fn dial_failed(&mut self, address: String, peer: Option<PeerKey>, why: DialProblem) {
        self.emit(NetworkEvent::DialFailed { address, peer, why });
    }

    pub(super) fn disconnect(&mut self, peer: &PeerId) {
        if self.swarm.disconnect_peer_id(*peer).is_err() {
            tracing::debug!(%peer, "not connected");
        }
    }

    fn request(&mut self, peer: PeerKey, id: u64, bytes: Vec<u8>) {
        let to = peer_id(peer);
        if !self.peers.contains_key(&to) {
            return self.emit(NetworkEvent::RequestFailed { peer, id, why: RequestProblem::NotConnected });
        }
        let request = self.swarm.behaviour_mut().pull.send_request(&to, Asked::Frame(bytes));
        self.requests.insert(request, id);
    }

    fn publish(&mut self, bytes: Vec<u8>) {
        let topic = self.topic.clone();
        match self.swarm.behaviour_mut().gate.gossip().publish(topic, bytes) {
            // Nobody there, or heard already: pull brings it to those who come later.
            Ok(_) | Err(PublishError::NoPeersSubscribedToTopic | PublishError::Duplicate) => {}
            Err(error) => tracing::warn!(%error, "a message was not gossiped"),
        }
    }

    pub(super) fn judge(&mut self, token: GossipToken, judgement: Judgement) {
        let acceptance = match judgement {
            Judgement::Accept => MessageAcceptance::Accept,
            Judgement::Ignore => MessageAcceptance::Ignore,
            Judgement::Reject => MessageAcceptance::Reject,
        };
        let message = MessageId::new(&token.message);
        let gossip = self.swarm.behaviour_mut().gate.gossip();
        gossip.report_message_validation_result(&message, &peer_id(token.from), acceptance);
    }

    fn admit(&mut self, peer: PeerId, standing: Standing) {
        let gate = &mut self.swarm.behaviour_mut().gate;
        match standing {
            Standing::Member => {
                gate.open(peer);
                self.lobby.leave(&peer);
                self.colocate(peer);
            }
            Standing::Lobby if gate.is_open_for(&peer) => {
                // What the peer has of gossip's state cannot be taken back: it starts anew, outside.
                gate.close(&peer);
                self.disconnect(&peer);
            }
            Standing::Lobby => {}
            Standing::Refused => {
                gate.close(&peer);
                self.disconnect(&peer);
            }
        }
    }
}
