//! The network room: peers, connections, gossip and requests, as bytes.
//!
//! Only this room knows libp2p. Outside of it a peer is a [`PeerKey`], the Ed25519 key behind its
//! PeerId, and an address is text. Payloads are opaque: who may be told what is decided by the caller,
//! who says so with [`Network::admit`].
//!
//! One task owns the swarm. [`Network`] sends it commands, it answers with [`NetworkEvent`]s:
//!
//! ```text
//! caller --Command--> task --> limits, pairing --> one connection per peer
//!                              gate --> gossipsub     members only
//!                              pull, identify, ping   everybody, bounded
//! caller <--NetworkEvent-- task
//! ```
//!
//! Both channels are bounded. Where commands pile up, the caller waits. Where events pile up, the task
//! stops reading from the network and goes on executing commands, so that a caller who waits for the
//! one while he does not take the other never hangs.

mod address;
mod behaviour;
mod codec;
mod colocation;
mod config;
mod doorstep;
mod event;
mod gate;
mod gossip;
mod lobby;
mod observe;
mod pace;
mod pairing;
mod task;
#[cfg(test)]
mod tests;

pub use address::AddressProblem;
pub(crate) use address::check_announced;
pub use colocation::BadRange;
pub use config::{Limits, NetworkConfig, NetworkError};
pub use event::{DialProblem, GossipToken, Judgement, NetworkEvent, Path, RequestProblem, ResponseToken, Standing};
pub use gossip::{MESH, MeshSize};

pub use grid_protocol::replica::Direction;

use grid_protocol::key::PeerKey;
use grid_protocol::limits;
use std::time::Duration;
use task::{Command, Task};
use tokio::sync::{mpsc, oneshot};

/// Events that wait for the caller before the network is no longer read.
const EVENTS: usize = 1_024;
/// Commands that wait for the task before callers wait.
const COMMANDS: usize = 256;
/// How long a goodbye may take: connections that do not close by then are dropped.
const GOODBYE: Duration = Duration::from_secs(3);

/// A handle on the running network; clones share it, and it stops when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Network {
    local: PeerKey,
    commands: mpsc::Sender<Command>,
}

/// Why a message was not handed to gossip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The message is larger than any peer would take.
    #[error("a gossip message has at most {bound} bytes, this one has {found}")]
    TooLarge {
        /// Bytes of the message.
        found: usize,
        /// Bytes allowed.
        bound: usize,
    },
}

/// Starts listening and returns the handle and the events.
///
/// # Errors
///
/// [`NetworkError`] when an address cannot be read or listened on, or a range cannot be read.
pub async fn start(config: NetworkConfig) -> Result<(Network, mpsc::Receiver<NetworkEvent>), NetworkError> {
    start_with(config, codec::PullCodec::default()).await
}

async fn start_with(
    config: NetworkConfig,
    codec: codec::PullCodec,
) -> Result<(Network, mpsc::Receiver<NetworkEvent>), NetworkError> {
    let (commands, inbox) = mpsc::channel(COMMANDS);
    let (outbox, events) = mpsc::channel(EVENTS);
    let swarm = behaviour::swarm(&config, codec)?;
    let task = Task::new(swarm, &config, commands.downgrade(), inbox, outbox)?;
    let network = Network { local: task.local(), commands };
    tokio::spawn(task.run());
    Ok((network, events))
}

impl Network {
    /// The key behind this node's own PeerId.
    pub fn local_peer(&self) -> PeerKey {
        self.local
    }

    /// Dials a multiaddress that ends in `/p2p/<peer>`.
    ///
    /// Every dial has one outcome: [`NetworkEvent::Connected`] with that peer, or
    /// [`NetworkEvent::DialFailed`]. Whether and when to dial again is the caller's decision.
    pub async fn dial(&self, address: String) {
        self.send(Command::Dial { address }).await;
    }

    /// Closes the connection with a peer, if there is one.
    pub async fn disconnect(&self, peer: PeerKey) {
        self.send(Command::Disconnect { peer }).await;
    }

    /// Asks a connected peer; [`NetworkEvent::Response`] or [`NetworkEvent::RequestFailed`] names `id`.
    pub async fn request(&self, peer: PeerKey, id: u64, bytes: Vec<u8>) {
        self.send(Command::Request { peer, id, bytes }).await;
    }

    /// Answers a request. Nothing happens when the peer has gone or no longer waits.
    ///
    /// A token that is dropped instead ends the request at the peer at once.
    pub async fn respond(&self, token: ResponseToken, bytes: Vec<u8>) {
        self.send(Command::Respond { token, bytes }).await;
    }

    /// Gossips a message to the admitted peers.
    ///
    /// That nobody is there to hear it is no error: what was missed is pulled later. A message that was
    /// gossiped in the last minute is not sent again.
    ///
    /// # Errors
    ///
    /// [`PublishError::TooLarge`] above [`limits::MAX_GOSSIP`].
    pub async fn publish(&self, bytes: Vec<u8>) -> Result<(), PublishError> {
        if bytes.len() > limits::MAX_GOSSIP {
            return Err(PublishError::TooLarge { found: bytes.len(), bound: limits::MAX_GOSSIP });
        }
        self.send(Command::Publish { bytes }).await;
        Ok(())
    }

    /// Says what a gossip message was worth; only an accepted one travels on.
    ///
    /// A judgement that comes later than five heartbeats (five seconds), or never, does nothing.
    pub async fn judge(&self, token: GossipToken, judgement: Judgement) {
        self.send(Command::Judge { token, judgement }).await;
    }

    /// Says what a peer may do, from now on and on its later connections.
    ///
    /// A peer that nobody has spoken about is in the lobby.
    pub async fn admit(&self, peer: PeerKey, standing: Standing) {
        self.send(Command::Admit { peer, standing }).await;
    }

    /// Says goodbye: closes every connection, so that peers notice at once, and stops.
    ///
    /// Without it a QUIC peer believes in the connection until its idle timeout, and this node's next
    /// start competes with its own ghost.
    pub async fn close(self) {
        let (done, closed) = oneshot::channel();
        self.send(Command::Close { done }).await;
        // The task bounds its own goodbye; an error means that it is gone already.
        let _ = closed.await;
    }

    async fn send(&self, command: Command) {
        if self.commands.send(command).await.is_err() {
            tracing::debug!("the network has stopped: command dropped");
        }
    }
}
