//! The swarm: transports and protocols put together.
//!
//! The order of the fields is the order in which protocols see a new connection. What may refuse one
//! comes first: gossipsub and request-response would remember a connection that a later one refuses.

use super::address::{check_free, listener};
use super::codec::{PULL, PullCodec};
use super::doorstep::Doorstep;
use super::gate::Gate;
use super::gossip::{gossip, topic};
use super::pairing::{HANDSHAKE, Pairing};
use super::{Limits, NetworkConfig, NetworkError};
use grid_protocol::key::PeerKey;
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::identity::Keypair;
use libp2p::swarm::NetworkBehaviour;
use libp2p::{Multiaddr, Swarm, SwarmBuilder, TransportError, identify, noise, ping, request_response, tcp, yamux};
use std::io;
use std::time::Duration;

/// What `identify` says about the program: name and version, nothing about who or where.
const AGENT: &str = concat!("coalition-grid/", env!("CARGO_PKG_VERSION"));
/// What `identify` says about the family of protocols.
const FAMILY: &str = "coalition-grid/1";
/// Connections per peer while one replaces another. `pairing` brings it down to one.
const REPLACING: u32 = 3;
/// How long a ping may go unanswered before the connection counts as dead.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a silent QUIC connection is believed in; half of it is the interval of keep-alives.
const QUIC_SILENCE: Duration = Duration::from_secs(10);

/// Everything that a connection carries.
#[derive(NetworkBehaviour)]
pub(super) struct Protocols {
    limits: connection_limits::Behaviour,
    doorstep: Doorstep,
    pairing: Pairing,
    pub(super) gate: Gate,
    pub(super) pull: request_response::Behaviour<PullCodec>,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
}

/// Builds the swarm and starts listening.
pub(super) fn swarm(config: &NetworkConfig, codec: PullCodec) -> Result<Swarm<Protocols>, NetworkError> {
    let failed = |reason: String| NetworkError::Transport { reason };
    let mut seed = config.transport_seed.clone();
    let keypair = Keypair::ed25519_from_bytes(seed.as_mut_slice()).map_err(|error| failed(error.to_string()))?;
    let protocols = protocols(config, codec, &keypair)?;
    let mut swarm = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(tcp::Config::new().nodelay(true), noise::Config::new, yamux::Config::default)
        .map_err(|error| failed(error.to_string()))?
        .with_quic_config(|mut quic| {
            quic.handshake_timeout = HANDSHAKE;
            quic.max_idle_timeout = u32::try_from(QUIC_SILENCE.as_millis()).unwrap_or(u32::MAX);
            quic.keep_alive_interval = QUIC_SILENCE / 2;
            quic
        })
        .with_behaviour(|_| Ok(protocols))
        .map_err(|error| failed(error.to_string()))?
        .with_swarm_config(|swarm| swarm.with_idle_connection_timeout(config.idle_timeout))
        .with_connection_timeout(HANDSHAKE)
        .build();
    listen(&mut swarm, &config.listen)?;
    Ok(swarm)
}

fn protocols(config: &NetworkConfig, codec: PullCodec, keypair: &Keypair) -> Result<Protocols, NetworkError> {
    let public = keypair.public();
    let local = public
        .clone()
        .try_into_ed25519()
        .map(|key| PeerKey(key.to_bytes()))
        .map_err(|error| NetworkError::Transport { reason: error.to_string() })?;
    let codec = codec.waiting_within(config.request_timeout);
    let pull = request_response::Config::default()
        .with_request_timeout(config.request_timeout)
        .with_max_concurrent_streams(config.limits.streams);
    // Peers learn addresses from announcements made to members, not from whoever asks; and what others
    // say about their own addresses is not dialled either, hence no cache.
    let identify = identify::Config::new(FAMILY.to_owned(), public)
        .with_agent_version(AGENT.to_owned())
        .with_hide_listen_addrs(true)
        .with_cache_size(0);
    Ok(Protocols {
        limits: connection_limits::Behaviour::new(connection_limits(config.limits)),
        doorstep: Doorstep::new(config.limits.pending),
        pairing: Pairing::new(local),
        gate: Gate::new(gossip(&topic(&config.topic))?),
        pull: request_response::Behaviour::with_codec(codec, [(PULL, request_response::ProtocolSupport::Full)], pull),
        identify: identify::Behaviour::new(identify),
        ping: ping::Behaviour::new(ping::Config::new().with_timeout(PING_TIMEOUT)),
    })
}

fn connection_limits(limits: Limits) -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_pending_incoming(Some(limits.pending))
        .with_max_pending_outgoing(Some(limits.pending))
        .with_max_established_per_peer(Some(REPLACING))
        .with_max_established(Some(limits.connections))
}

fn listen(swarm: &mut Swarm<Protocols>, texts: &[String]) -> Result<(), NetworkError> {
    let addresses = texts.iter().map(|text| listener(text)).collect::<Result<Vec<Multiaddr>, _>>()?;
    // All are checked before the first is listened on: on one port, IPv6 would find our own IPv4.
    for address in &addresses {
        check_free(address).map_err(|source| refused(address, source))?;
    }
    for address in addresses {
        swarm.listen_on(address.clone()).map_err(|error| match error {
            TransportError::Other(source) => refused(&address, source),
            error @ TransportError::MultiaddrNotSupported(_) => refused(&address, io::Error::other(error.to_string())),
        })?;
    }
    Ok(())
}

fn refused(address: &Multiaddr, source: io::Error) -> NetworkError {
    let address = address.to_string();
    match source.kind() {
        io::ErrorKind::AddrInUse => NetworkError::AddressInUse { address },
        _ => NetworkError::Listen { address, source },
    }
}
