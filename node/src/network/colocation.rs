//! Many gossip peers behind one address look like one operator with many names: they lose score.
//!
//! gossipsub's own penalty can exempt single addresses only, and it starts at the tenth peer of an
//! address, which ten nodes on one computer or in one office reach. Here whole networks can be exempt,
//! loopback always is, and the penalty enters gossipsub as the application's score.

use libp2p::PeerId;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Peers that may share one address without anybody losing score.
const FREE: usize = 10;
/// What the square of the peers above [`FREE`] costs each of them; gossipsub's own factor.
const FACTOR: f64 = -5.0;

/// A range of addresses that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no range of addresses: it looks like 10.0.0.0/8, fd00::/8 or 192.0.2.1")]
pub struct BadRange {
    /// The text that was given.
    pub text: String,
}

/// A range of IP addresses: those that share the first bits with `base`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    base: IpAddr,
    bits: u32,
}

/// Who is where, and what that costs.
#[derive(Debug)]
pub(super) struct Colocation {
    exempt: Vec<Range>,
    peers: HashMap<PeerId, IpAddr>,
}

impl Colocation {
    pub(super) fn new(exempt: &[String]) -> Result<Self, BadRange> {
        let own = exempt.iter().map(|text| text.parse()).collect::<Result<Vec<Range>, _>>()?;
        let loopback = [
            Range { base: Ipv4Addr::LOCALHOST.into(), bits: 8 },
            Range { base: Ipv6Addr::LOCALHOST.into(), bits: 128 },
        ];
        Ok(Self { exempt: [own.as_slice(), &loopback].concat(), peers: HashMap::new() })
    }

    /// Notes where a peer is and returns the score of everybody there.
    pub(super) fn joined(&mut self, peer: PeerId, ip: IpAddr) -> Vec<(PeerId, f64)> {
        let ip = ip.to_canonical();
        if self.is_exempt(ip) {
            return Vec::new();
        }
        self.peers.insert(peer, ip);
        self.scores(ip)
    }

    /// Whether many peers may be behind an address.
    pub(super) fn is_exempt(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.exempt.iter().any(|range| range.contains(ip))
    }

    /// Forgets a peer and returns the score of everybody where it was.
    pub(super) fn left(&mut self, peer: &PeerId) -> Vec<(PeerId, f64)> {
        self.peers.remove(peer).map(|ip| self.scores(ip)).unwrap_or_default()
    }

    fn scores(&self, ip: IpAddr) -> Vec<(PeerId, f64)> {
        let there: Vec<PeerId> = self.peers.iter().filter(|(_, at)| **at == ip).map(|(peer, _)| *peer).collect();
        let above = u32::try_from(there.len().saturating_sub(FREE)).map_or(f64::from(u32::MAX), f64::from);
        there.into_iter().map(|peer| (peer, FACTOR * above * above)).collect()
    }
}

impl Range {
    fn contains(self, ip: IpAddr) -> bool {
        match (self.base, ip) {
            (IpAddr::V4(base), IpAddr::V4(ip)) => {
                same(u128::from(base.to_bits()), u128::from(ip.to_bits()), 32u32.saturating_sub(self.bits))
            }
            (IpAddr::V6(base), IpAddr::V6(ip)) => same(base.to_bits(), ip.to_bits(), 128u32.saturating_sub(self.bits)),
            _ => false,
        }
    }
}

impl FromStr for Range {
    type Err = BadRange;

    fn from_str(text: &str) -> Result<Self, BadRange> {
        let bad = || BadRange { text: text.to_owned() };
        let (base, bits) = match text.trim().split_once('/') {
            Some((base, bits)) => (base, Some(bits.parse::<u32>().map_err(|_| bad())?)),
            None => (text.trim(), None),
        };
        let base: IpAddr = base.parse().map_err(|_| bad())?;
        let all = if base.is_ipv4() { 32 } else { 128 };
        match bits.unwrap_or(all) {
            bits if bits <= all => Ok(Self { base, bits }),
            _ => Err(bad()),
        }
    }
}

fn same(a: u128, b: u128, ignored: u32) -> bool {
    a.checked_shr(ignored).unwrap_or(0) == b.checked_shr(ignored).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd(colocation: &mut Colocation, ip: &str, count: usize) -> Vec<(PeerId, f64)> {
        (0..count).map(|_| colocation.joined(PeerId::random(), ip.parse().unwrap())).last().unwrap_or_default()
    }

    #[test]
    fn the_eleventh_peer_of_an_address_costs_all_of_them() {
        let mut colocation = Colocation::new(&[]).unwrap();
        assert!(crowd(&mut colocation, "192.0.2.1", 10).iter().all(|(_, score)| *score == 0.0));
        let scores = crowd(&mut colocation, "192.0.2.1", 1);
        assert_eq!(scores.len(), 11);
        assert!(scores.iter().all(|(_, score)| *score == -5.0));
        let scores = colocation.left(&scores[0].0);
        assert!(scores.len() == 10 && scores.iter().all(|(_, score)| *score == 0.0));
    }

    #[test]
    fn loopback_and_configured_networks_are_exempt() {
        let mut colocation = Colocation::new(&["10.0.0.0/8".into(), "fd00::/8".into()]).unwrap();
        for ip in ["127.0.0.1", "127.9.9.9", "::1", "10.1.2.3", "::ffff:10.1.2.3", "fd12::1"] {
            assert_eq!(crowd(&mut colocation, ip, 20), [], "{ip}");
        }
        assert_eq!(crowd(&mut colocation, "11.0.0.1", 20).len(), 20);
    }

    #[test]
    fn a_range_is_an_address_with_or_without_bits() {
        assert!("0.0.0.0/0".parse::<Range>().unwrap().contains("9.9.9.9".parse().unwrap()));
        assert!("::/0".parse::<Range>().unwrap().contains("fe80::1".parse().unwrap()));
        assert!(!"192.0.2.1".parse::<Range>().unwrap().contains("192.0.2.2".parse().unwrap()));
        for text in ["", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/-1", "office"] {
            assert_eq!(text.parse::<Range>(), Err(BadRange { text: text.to_owned() }));
        }
    }
}
