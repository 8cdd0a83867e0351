//! What the network is started with, and why it may not start.

use super::{AddressProblem, BadRange};
use std::fmt;
use std::io;
use std::time::Duration;
use zeroize::Zeroizing;

/// What the network is started with.
pub struct NetworkConfig {
    /// Seed of the Ed25519 key behind this node's PeerId.
    pub transport_seed: Zeroizing<[u8; 32]>,
    /// Multiaddresses to listen on; none for a node that only dials.
    pub listen: Vec<String>,
    /// The id of the coalition's gossip topic.
    pub topic: [u8; 32],
    /// Networks such as `10.0.0.0/8` behind which many peers may share one address. Loopback always may.
    pub colocation_exempt: Vec<String>,
    /// How much a node lets others cost it.
    pub limits: Limits,
    /// How long a request may take, from the first byte to the last one of the answer.
    pub request_timeout: Duration,
    /// How long a connection without any stream in use is kept.
    pub idle_timeout: Duration,
}

/// How much a node lets others cost it. Each is this node's own choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections in all. More than `lobby`, so that strangers never fill it.
    pub connections: u32,
    /// Connections under negotiation, in each direction; an address gets a quarter of the incoming ones.
    pub pending: u32,
    /// Connected peers that are not members; the oldest goes when one more comes.
    pub lobby: usize,
    /// Requests under way per connection, both directions together.
    pub streams: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 512, pending: 64, lobby: 64, streams: 32 }
    }
}

impl NetworkConfig {
    /// The usual settings around a key and a topic, listening nowhere yet.
    ///
    /// The idle timeout is ten minutes: libp2p's ten seconds would cut every peer that happens to be silent.
    pub fn new(transport_seed: Zeroizing<[u8; 32]>, topic: [u8; 32]) -> Self {
        Self {
            transport_seed,
            listen: Vec::new(),
            topic,
            colocation_exempt: Vec::new(),
            limits: Limits::default(),
            request_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(600),
        }
    }
}

impl fmt::Debug for NetworkConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkConfig")
            .field("listen", &self.listen)
            .field("colocation_exempt", &self.colocation_exempt)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Why the network did not start.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// Another program listens there.
    #[error("{address} is in use by another program")]
    AddressInUse {
        /// The address asked for.
        address: String,
    },
    /// An address to listen on cannot be used.
    #[error("cannot listen on {text:?}")]
    BadAddress {
        /// The text that was given.
        text: String,
        /// What is wrong with it, and how it should look.
        #[source]
        problem: AddressProblem,
    },
    /// An address to tell others cannot be used.
    #[error("cannot tell others of {text:?}")]
    BadAnnounced {
        /// The text that was given.
        text: String,
        /// What is wrong with it, and how it should look.
        #[source]
        problem: AddressProblem,
    },
    /// A range of addresses cannot be read.
    #[error(transparent)]
    BadRange(#[from] BadRange),
    /// The operating system refuses.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: String,
        /// Its reason.
        #[source]
        source: io::Error,
    },
    /// The transports could not be set up.
    #[error("the transports could not be set up: {reason}")]
    Transport {
        /// libp2p's own words, which come without a type.
        reason: String,
    },
}
