//! Connections of peers that are not members: few, and shared fairly.
//!
//! Where there is no seat left the oldest guest goes. One address has a quarter of the seats at most, so
//! that whoever opens connection after connection pushes out itself before anybody else. Behind an address
//! that is exempt, as loopback is, many may sit.

use libp2p::PeerId;
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv6Addr};

/// One address has at most this part of the seats.
const SHARE: usize = 4;

/// The guests, oldest first.
#[derive(Debug)]
pub(super) struct Lobby {
    seats: usize,
    guests: VecDeque<(PeerId, Option<IpAddr>)>,
}

impl Lobby {
    pub(super) fn new(seats: usize) -> Self {
        Self { seats, guests: VecDeque::new() }
    }

    /// Takes in a guest; from where is none where its address is exempt. Returns who has to go for it.
    pub(super) fn enter(&mut self, peer: PeerId, from: Option<IpAddr>) -> Option<PeerId> {
        let from = from.map(network);
        self.guests.push_back((peer, from));
        let neighbours = self.guests.iter().filter(|(_, at)| from.is_some() && *at == from).count();
        let oldest = if neighbours > (self.seats / SHARE).max(1) {
            self.guests.iter().position(|(_, at)| *at == from)
        } else if self.guests.len() > self.seats {
            Some(0)
        } else {
            None
        };
        oldest.and_then(|place| self.guests.remove(place)).map(|(peer, _)| peer)
    }

    /// A guest has gone, or was let in.
    pub(super) fn leave(&mut self, peer: &PeerId) {
        self.guests.retain(|(guest, _)| guest != peer);
    }
}

/// One network gives out as many IPv6 addresses as anybody likes.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn one_address_that_connects_without_end_pushes_out_itself_alone() {
        let mut lobby = Lobby::new(64);
        let joiner = PeerId::random();
        assert_eq!(lobby.enter(joiner, ip("192.0.2.7")), None);
        let gone: Vec<PeerId> = (0..1_000).filter_map(|_| lobby.enter(PeerId::random(), ip("192.0.2.1"))).collect();
        assert_eq!(gone.len(), 1_000 - 16);
        assert!(!gone.contains(&joiner));
        for host in 0..1_000 {
            let gone = lobby.enter(PeerId::random(), ip(&format!("2001:db8::{host:x}")));
            assert_ne!(gone, Some(joiner), "addresses of one network count together");
        }
        assert!(lobby.guests.len() <= 64);
    }

    #[test]
    fn the_lobby_is_bounded_wherever_its_guests_come_from() {
        let mut lobby = Lobby::new(8);
        let guests: Vec<PeerId> = (0..20).map(|_| PeerId::random()).collect();
        let gone: Vec<PeerId> = guests.iter().filter_map(|guest| lobby.enter(*guest, None)).collect();
        assert_eq!(gone, guests[..12]);
        lobby.leave(&guests[19]);
        assert_eq!(lobby.guests.len(), 7);
    }
}
