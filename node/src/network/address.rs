//! Addresses and peers: text and keys outside, Multiaddr and PeerId inside.

use super::{NetworkError, Path};
use grid_protocol::key::PeerKey;
use libp2p::multiaddr::Protocol;
use libp2p::multihash::Multihash;
use libp2p::{Multiaddr, PeerId};
use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};

/// What stands in front of an Ed25519 key in a PeerId: the protobuf fields "type 1" and "data, 32 bytes".
const KEY_PREFIX: [u8; 4] = [0x08, 0x01, 0x12, 0x20];
/// Multihash code of a digest that is the data itself.
const IDENTITY: u64 = 0;

/// An address that cannot be used, and how it should look.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    /// The text is no multiaddress.
    #[error("{text:?} is no multiaddress: it looks like /ip4/192.0.2.1/udp/4001/quic-v1 or /ip4/192.0.2.1/tcp/4001")]
    Syntax {
        /// The text that was given.
        text: String,
    },
    /// The transport is neither TCP nor QUIC over IP.
    #[error("{text:?} is neither /ip4|ip6/…/tcp/PORT nor /ip4|ip6/…/udp/PORT/quic-v1")]
    Transport {
        /// The text that was given.
        text: String,
    },
    /// The address does not say who is expected there.
    #[error("{text:?} names no peer: an address to dial ends in /p2p/ and the peer's id")]
    NoPeer {
        /// The text that was given.
        text: String,
    },
    /// The peer has a key of another kind.
    #[error("{text:?} names a peer without an Ed25519 key")]
    ForeignKey {
        /// The text that was given.
        text: String,
    },
}

/// Where a dial goes.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) peer: PeerId,
    pub(super) key: PeerKey,
    /// Without the peer.
    pub(super) address: Multiaddr,
    /// The host, when it is a name that has to be resolved.
    pub(super) name: Option<String>,
}

/// The PeerId of a key.
pub(super) fn peer_id(key: PeerKey) -> PeerId {
    let bytes = [KEY_PREFIX.as_slice(), &key.0].concat();
    let hash = Multihash::wrap(IDENTITY, &bytes).expect("36 bytes fit a multihash of 64");
    PeerId::from_multihash(hash).expect("an identity hash of 36 bytes is a PeerId")
}

/// The key behind a PeerId, when it is an Ed25519 key.
pub(super) fn peer_key(peer: &PeerId) -> Option<PeerKey> {
    let hash = peer.as_ref();
    let bytes = hash.digest().strip_prefix(&KEY_PREFIX)?;
    (hash.code() == IDENTITY).then_some(())?;
    bytes.try_into().ok().map(PeerKey)
}

/// The transport that an address names.
pub(super) fn path(address: &Multiaddr) -> Path {
    if address.iter().any(|part| matches!(part, Protocol::QuicV1)) { Path::Quic } else { Path::Tcp }
}

/// The IP address in front of a multiaddress.
pub(super) fn ip(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(ip.into()),
        Protocol::Ip6(ip) => Some(ip.into()),
        _ => None,
    }
}

/// `address` with the peer at its end.
pub(super) fn with_peer(address: &Multiaddr, peer: PeerId) -> String {
    match address.clone().with_p2p(peer) {
        Ok(address) | Err(address) => address.to_string(),
    }
}

/// Reads an address to dial.
pub(super) fn target(text: &str) -> Result<Target, AddressProblem> {
    let mut address = parse(text)?;
    let peer = match address.pop() {
        Some(Protocol::P2p(peer)) => peer,
        _ => return Err(AddressProblem::NoPeer { text: text.to_owned() }),
    };
    let key = peer_key(&peer).ok_or_else(|| AddressProblem::ForeignKey { text: text.to_owned() })?;
    let name = match address.iter().next() {
        Some(Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name)) => Some(name.into_owned()),
        _ => None,
    };
    check_transport(&address, text)?;
    Ok(Target { peer, key, address, name })
}

/// Reads an address to listen on.
pub(super) fn listener(text: &str) -> Result<Multiaddr, NetworkError> {
    let bad = |problem| NetworkError::BadAddress { text: text.to_owned(), problem };
    let mut address = parse(text).map_err(bad)?;
    if let Some(Protocol::P2p(_)) = address.iter().last() {
        address.pop();
    }
    check_transport(&address, text).map_err(bad)?;
    if ip(&address).is_none() {
        return Err(bad(AddressProblem::Transport { text: text.to_owned() }));
    }
    Ok(address)
}

/// Checks addresses that a node tells others of itself: they need not name the peer.
///
/// # Errors
///
/// [`NetworkError::BadAnnounced`].
pub(crate) fn check_announced(texts: &[String]) -> Result<(), NetworkError> {
    texts.iter().try_for_each(|text| {
        let bad = |problem| NetworkError::BadAnnounced { text: text.clone(), problem };
        let mut address = parse(text).map_err(bad)?;
        if let Some(Protocol::P2p(_)) = address.iter().last() {
            address.pop();
        }
        check_transport(&address, text).map_err(bad)
    })
}

/// The addresses that `target` has at the resolved `hosts`: those of the family that the name asks for.
pub(super) fn resolved(target: &Target, hosts: impl Iterator<Item = IpAddr>) -> Vec<Multiaddr> {
    let family = target.address.iter().next();
    hosts
        .filter(|host| match family {
            Some(Protocol::Dns4(_)) => host.is_ipv4(),
            Some(Protocol::Dns6(_)) => host.is_ipv6(),
            _ => true,
        })
        .map(|host| std::iter::once(Protocol::from(host)).chain(target.address.iter().skip(1)).collect())
        .collect()
}

/// Fails when another program listens on this address.
///
/// libp2p listens on TCP with SO_REUSEPORT, with which a second node on one port gets half of the
/// connections instead of an error, and its QUIC hides the kind of error. A plain bind tells.
pub(super) fn check_free(address: &Multiaddr) -> io::Result<()> {
    let mut parts = address.iter().skip(1);
    match (ip(address), parts.next()) {
        (Some(ip), Some(Protocol::Tcp(port))) if port != 0 => TcpListener::bind(SocketAddr::new(ip, port)).map(drop),
        (Some(ip), Some(Protocol::Udp(port))) if port != 0 => UdpSocket::bind(SocketAddr::new(ip, port)).map(drop),
        _ => Ok(()),
    }
}

/// The innermost words of an error.
///
/// libp2p wraps an I/O error in I/O errors, whose `source()` leaves out the one within.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &'a (dyn Error + 'static)),
            None => error.source(),
        }
    })
}

fn parse(text: &str) -> Result<Multiaddr, AddressProblem> {
    text.trim().parse().map_err(|_| AddressProblem::Syntax { text: text.to_owned() })
}

fn check_transport(address: &Multiaddr, text: &str) -> Result<(), AddressProblem> {
    let mut parts = address.iter();
    let host = matches!(
        parts.next(),
        Some(Protocol::Ip4(_) | Protocol::Ip6(_) | Protocol::Dns(_) | Protocol::Dns4(_) | Protocol::Dns6(_))
    );
    let transport = matches!(
        (parts.next(), parts.next(), parts.next()),
        (Some(Protocol::Tcp(_)), None, None) | (Some(Protocol::Udp(_)), Some(Protocol::QuicV1), None)
    );
    if host && transport { Ok(()) } else { Err(AddressProblem::Transport { text: text.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::identity::Keypair;

    #[test]
    fn a_peer_key_and_a_peer_id_are_the_same_thing() {
        let keypair = Keypair::ed25519_from_bytes([7; 32]).unwrap();
        let key = PeerKey(keypair.public().try_into_ed25519().unwrap().to_bytes());
        assert_eq!(peer_id(key), keypair.public().to_peer_id());
        assert_eq!(peer_key(&peer_id(key)), Some(key));
    }

    #[test]
    fn a_peer_id_that_is_only_a_hash_has_no_key() {
        let hash = Multihash::wrap(0x12, &[1; 32]).unwrap();
        assert_eq!(peer_key(&PeerId::from_multihash(hash).unwrap()), None);
    }

    #[test]
    fn an_address_to_dial_says_host_transport_and_peer() {
        let peer = peer_id(PeerKey([7; 32]));
        let quic = target(&format!("/ip4/127.0.0.1/udp/1/quic-v1/p2p/{peer}")).unwrap();
        assert_eq!((quic.key, path(&quic.address), quic.name), (PeerKey([7; 32]), Path::Quic, None));
        let named = target(&format!("/dns4/example.org/tcp/1/p2p/{peer}")).unwrap();
        assert_eq!((path(&named.address), named.name.as_deref()), (Path::Tcp, Some("example.org")));
        let hosts = ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        let found: Vec<String> = resolved(&named, hosts.into_iter()).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["/ip4/192.0.2.1/tcp/1"]);
    }

    #[test]
    fn an_address_that_cannot_be_dialled_is_told_apart() {
        let peer = peer_id(PeerKey([7; 32]));
        assert!(matches!(target("127.0.0.1:80"), Err(AddressProblem::Syntax { .. })));
        assert!(matches!(target("/ip4/127.0.0.1/tcp/1"), Err(AddressProblem::NoPeer { .. })));
        assert!(matches!(target(&format!("/ip4/127.0.0.1/udp/1/p2p/{peer}")), Err(AddressProblem::Transport { .. })));
        assert!(matches!(target(""), Err(AddressProblem::NoPeer { .. })));
    }
}
