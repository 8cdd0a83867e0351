//! Where peers can be reached, and when to dial them.
//!
//! Addresses come from the invite, from what devices say of themselves, and from connections that once
//! worked. A small coalition is connected each to each; in a large one a node dials a dozen peers, and
//! gossip carries news to the rest.

use crate::clock::random;
use grid_protocol::authority::Authority;
use grid_protocol::key::{DeviceId, PeerKey};
use grid_protocol::limits::MAX_ADDRESSES;
use grid_protocol::replica::{Direction, Now};
use grid_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Connections that a node strives for.
const WANTED: usize = 12;
/// Dials under way at one time.
const AT_ONCE: usize = 8;
/// The first pause after a dial that failed; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A dial that was not answered by then counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// Addresses that somebody may type in; further ones are not kept.
const MOST_GIVEN: usize = 256;

/// Where peers can be reached.
#[derive(Debug, Default)]
pub(crate) struct AddressBook {
    /// Addresses from the invite, and those that somebody typed in.
    given: BTreeSet<String>,
    /// What devices say of themselves.
    said: BTreeMap<DeviceId, (Timestamp, Vec<String>)>,
    devices: BTreeMap<PeerKey, DeviceId>,
    peers: BTreeMap<DeviceId, PeerKey>,
    connected: BTreeMap<PeerKey, String>,
    /// The next try of each address that is said or given, and of no other: the book grows with what members
    /// say, and not with whoever connects.
    last_seen: BTreeMap<DeviceId, Timestamp>,
    tries: BTreeMap<String, Try>,
    own: BTreeSet<String>,
    /// What this node tells of itself instead of where it listens.
    announced: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
struct Try {
    pause: Duration,
    next: Duration,
}

impl AddressBook {
    /// A book with the addresses of an invite.
    pub(crate) fn new(given: impl IntoIterator<Item = String>) -> Self {
        Self { given: given.into_iter().collect(), ..Self::default() }
    }

    /// The same book for a node that tells others of these addresses instead of those that it listens on.
    pub(crate) fn announcing(mut self, addresses: Vec<String>) -> Self {
        self.announced = addresses;
        self
    }

    /// Takes in an address that somebody typed in: it is dialled at once.
    pub(crate) fn give(&mut self, address: String) {
        self.tries.remove(&address);
        if self.given.len() < MOST_GIVEN {
            self.given.insert(address);
        }
    }

    /// Takes in what a device says of itself. Of two sayings the later counts.
    pub(crate) fn learn(&mut self, device: DeviceId, time: Timestamp, addresses: &[String], now: Duration) {
        if self.said.get(&device).is_some_and(|(known, _)| *known > time) {
            return;
        }
        let addresses: Vec<String> = addresses.iter().take(MAX_ADDRESSES).cloned().collect();
        for old in self.said.get(&device).into_iter().flat_map(|(_, old)| old).filter(|old| !addresses.contains(old)) {
            self.tries.remove(old);
        }
        for address in &addresses {
            // It has just said so, so it is there: a new address is tried at once, a known one keeps its pause.
            self.tries.entry(address.clone()).or_insert(Try { pause: FIRST_PAUSE, next: now });
        }
        self.said.insert(device, (time, addresses));
    }

    /// Takes in who belongs to whom.
    pub(crate) fn take_authority(&mut self, authority: &Authority) {
        for group in authority.members() {
            for device in authority.devices_of(&group) {
                if let Some(certificate) = authority.certificate(device) {
                    self.identified(certificate.body().peer, *device);
                }
            }
        }
    }

    /// The device behind a peer is known now.
    pub(crate) fn identified(&mut self, peer: PeerKey, device: DeviceId) {
        self.devices.insert(peer, device);
        self.peers.insert(device, peer);
    }

    /// A connection is open. An address that we dialled is remembered; of one that came to us the port is
    /// not the one that the peer listens on.
    pub(crate) fn connected(&mut self, peer: PeerKey, address: &str, direction: Direction) {
        self.connected.insert(peer, address.to_owned());
        if direction == Direction::Dialled {
            self.tries.remove(address);
        }
    }

    /// A connection is gone: its addresses are tried again at once.
    pub(crate) fn disconnected(&mut self, peer: PeerKey, now: Now) {
        if let Some(device) = self.devices.get(&peer) {
            self.last_seen.insert(*device, now.wall);
            for address in self.said.get(device).into_iter().flat_map(|(_, addresses)| addresses) {
                self.tries.insert(address.clone(), Try { pause: FIRST_PAUSE, next: now.monotonic + FIRST_PAUSE });
            }
        }
        if let Some(address) = self.connected.remove(&peer)
            && self.is_known(&address)
        {
            self.tries.insert(address, Try { pause: FIRST_PAUSE, next: now.monotonic + FIRST_PAUSE });
        }
    }

    /// Whether an address is one that this node dials by itself.
    fn is_known(&self, address: &str) -> bool {
        self.given.contains(address) || self.said.values().any(|(_, said)| said.iter().any(|said| said == address))
    }

    /// A dial failed.
    pub(crate) fn failed(&mut self, address: &str, now: Duration) {
        if !self.is_known(address) {
            return;
        }
        let tried = self.tries.entry(address.to_owned()).or_insert(Try { pause: FIRST_PAUSE, next: now });
        tried.next = now + tried.pause + tried.pause.mul_f64(f64::from(random()[0]) / 512.0);
        tried.pause = (tried.pause * 2).min(LONGEST_PAUSE);
    }

    /// How many connections are to members: strangers take nobody's place.
    fn members_connected(&self) -> usize {
        self.connected.keys().filter(|peer| self.devices.contains_key(peer)).count()
    }

    /// Addresses to dial now. Each counts as tried.
    pub(crate) fn due(&mut self, now: Duration) -> Vec<String> {
        let room = WANTED.saturating_sub(self.members_connected()).min(AT_ONCE);
        let mut candidates: Vec<(Duration, String)> = self
            .candidates()
            .into_iter()
            .map(|address| (self.tries.get(&address).map_or(Duration::ZERO, |tried| tried.next), address))
            .filter(|(next, _)| *next <= now)
            .collect();
        candidates.sort();
        candidates.truncate(room);
        for (_, address) in &candidates {
            let pause = self.tries.get(address).map_or(FIRST_PAUSE, |tried| tried.pause);
            self.tries.insert(address.clone(), Try { pause, next: now + PATIENCE });
        }
        candidates.into_iter().map(|(_, address)| address).collect()
    }

    /// Whether somebody may be there who was not found yet: an address has neither answered nor failed, or
    /// nobody is connected, and of somebody no address is known, so that only they can find this node.
    pub(crate) fn has_untried(&self, own: &DeviceId) -> bool {
        let untried = |address: &String| self.tries.get(address).is_none_or(|tried| tried.pause == FIRST_PAUSE);
        let silent = |device: &DeviceId| device != own && !self.said.contains_key(device);
        match self.members_connected() {
            0 => self.candidates().iter().any(untried) || self.peers.keys().any(silent),
            1..WANTED => self.candidates().iter().any(untried),
            _ => false,
        }
    }

    /// Addresses of whoever is not connected.
    fn candidates(&self) -> BTreeSet<String> {
        let away = |device: &DeviceId| self.peers.get(device).is_none_or(|peer| !self.connected.contains_key(peer));
        let said = self.said.iter().filter(|(device, _)| away(device)).flat_map(|(_, (_, addresses))| addresses.iter());
        said.chain(&self.given)
            .filter(|address| !self.own.contains(*address) && !self.reaches_connected(address))
            .cloned()
            .collect()
    }

    fn reaches_connected(&self, address: &str) -> bool {
        let wanted = peer_of(address);
        self.connected.values().any(|known| peer_of(known) == wanted)
    }

    /// This node listens there.
    pub(crate) fn note_listening(&mut self, address: &str) {
        self.own.insert(address.to_owned());
    }

    /// The addresses to tell others: those that the operator named, or those listened on; of these, the ones of
    /// this machine alone only where there are no others.
    pub(crate) fn own_addresses(&self, listen: &[String]) -> Vec<String> {
        if let (false, Some(me)) = (self.announced.is_empty(), listen.iter().find_map(|it| peer_of(it))) {
            let whole = |address: &String| match peer_of(address) {
                Some(_) => address.clone(),
                None => format!("{}/p2p/{me}", address.trim_end_matches('/')),
            };
            return self.announced.iter().map(whole).take(MAX_ADDRESSES).collect();
        }
        let is_local = |address: &&String| address.starts_with("/ip4/127.") || address.starts_with("/ip6/::1/");
        let mut addresses: Vec<String> = listen.iter().filter(|address| !is_local(address)).cloned().collect();
        if addresses.is_empty() {
            addresses = listen.to_vec();
        }
        addresses.truncate(MAX_ADDRESSES);
        addresses
    }

    /// Addresses for an invite: this node's own, then those of other members, in case it is away.
    pub(crate) fn for_invite(&self, listen: &[String]) -> Vec<String> {
        let others = self.said.values().flat_map(|(_, addresses)| addresses.first().cloned());
        let mut addresses = self.own_addresses(listen);
        addresses.extend(others.take(MAX_ADDRESSES));
        addresses.dedup();
        addresses.truncate(2 * MAX_ADDRESSES);
        addresses
    }

    /// When a device was connected last.
    pub(crate) fn last_seen(&self, device: &DeviceId) -> Option<Timestamp> {
        self.last_seen.get(device).copied()
    }
}

/// The peer that an address leads to.
fn peer_of(address: &str) -> Option<&str> {
    address.rsplit_once("/p2p/").map(|(_, peer)| peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use grid_protocol::key::PublicKey;

    fn device(number: u8) -> DeviceId {
        DeviceId(PublicKey([number; 32]))
    }

    #[test]
    fn an_address_that_fails_is_tried_less_and_less_often() {
        let mut book = AddressBook::new(["/ip4/10.0.0.1/tcp/1/p2p/a".to_owned()]);
        let mut now = Duration::ZERO;
        let mut pauses = Vec::new();
        for _ in 0..6 {
            assert_eq!(book.due(now).len(), 1);
            assert!(book.due(now).is_empty(), "it counts as tried");
            assert_eq!(book.has_untried(&device(9)), pauses.is_empty(), "nothing is known until the first try failed");
            book.failed("/ip4/10.0.0.1/tcp/1/p2p/a", now);
            let next = book.tries.values().next().unwrap().next;
            pauses.push(next - now);
            now = next;
        }
        assert!(pauses.windows(2).all(|pair| pair[1] > pair[0]));
        book.identified(PeerKey([1; 32]), device(1));
        assert!(!book.has_untried(&device(1)) && book.has_untried(&device(9)), "a member may come by");
    }

    #[test]
    fn whoever_is_connected_is_not_dialled_again() {
        let mut book = AddressBook::default();
        book.learn(device(1), Timestamp(1), &["/ip4/10.0.0.1/tcp/1/p2p/a".to_owned()], Duration::ZERO);
        book.identified(PeerKey([1; 32]), device(1));
        book.connected(PeerKey([1; 32]), "/ip4/10.0.0.1/tcp/9/p2p/a", Direction::Accepted);
        assert!(book.due(Duration::from_secs(1)).is_empty() && !book.has_untried(&device(9)));
        let later = Now { monotonic: Duration::from_secs(2), wall: Timestamp(5) };
        book.disconnected(PeerKey([1; 32]), later);
        assert_eq!(book.last_seen(&device(1)), Some(Timestamp(5)));
        assert!(book.due(Duration::from_secs(4)).contains(&"/ip4/10.0.0.1/tcp/1/p2p/a".to_owned()));
    }

    #[test]
    fn strangers_keep_nobody_from_dialling_members() {
        let mut book = AddressBook::default();
        book.learn(device(1), Timestamp(1), &["/ip4/10.0.0.1/tcp/1/p2p/a".to_owned()], Duration::ZERO);
        for stranger in 0..40 {
            let address = format!("/ip4/10.0.0.2/tcp/{stranger}/p2p/s{stranger}");
            book.connected(PeerKey([100 + stranger; 32]), &address, Direction::Accepted);
        }
        assert_eq!(book.due(Duration::ZERO), ["/ip4/10.0.0.1/tcp/1/p2p/a"]);
    }

    #[test]
    fn whoever_connects_and_goes_leaves_nothing_behind() {
        let mut book = AddressBook::new(["/ip4/10.0.0.1/tcp/1/p2p/a".to_owned()]);
        book.learn(device(1), Timestamp(1), &["/ip4/10.0.0.2/tcp/1/p2p/b".to_owned()], Duration::ZERO);
        let now = Now { monotonic: Duration::from_secs(2), wall: Timestamp(5) };
        for number in 0..1_000_u16 {
            let mut key = [0; 32];
            key[..2].copy_from_slice(&number.to_be_bytes());
            let address = format!("/ip4/10.9.9.9/tcp/{number}/p2p/x");
            book.connected(PeerKey(key), &address, Direction::Accepted);
            book.disconnected(PeerKey(key), now);
            book.failed(&address, now.monotonic);
            book.give(format!("/ip4/10.8.8.8/tcp/{number}/p2p/y"));
        }
        assert!(book.tries.len() <= 2, "{:?}", book.tries);
        assert_eq!(book.given.len(), MOST_GIVEN);
        book.connected(PeerKey([9; 32]), "/ip4/10.0.0.2/tcp/1/p2p/b", Direction::Dialled);
        book.disconnected(PeerKey([9; 32]), now);
        assert!(book.tries.contains_key("/ip4/10.0.0.2/tcp/1/p2p/b"), "it is tried again");
    }

    #[test]
    fn an_older_saying_of_a_device_does_not_replace_a_later_one() {
        let mut book = AddressBook::default();
        book.learn(device(1), Timestamp(2), &["new".to_owned()], Duration::ZERO);
        book.learn(device(1), Timestamp(1), &["old".to_owned()], Duration::ZERO);
        assert_eq!(book.due(Duration::ZERO), ["new"]);
    }

    #[test]
    fn addresses_of_this_machine_alone_are_told_only_where_there_are_no_others() {
        let book = AddressBook::default();
        let local = "/ip4/127.0.0.1/tcp/1".to_owned();
        let other = "/ip4/10.0.0.1/tcp/1".to_owned();
        assert_eq!(book.own_addresses(&[local.clone(), other.clone()]), [other]);
        assert_eq!(book.own_addresses(std::slice::from_ref(&local)), [local]);
    }

    #[test]
    fn what_the_operator_announces_is_told_instead_of_where_the_node_listens() {
        let book = AddressBook::default().announcing(vec![
            "/ip4/192.0.2.7/tcp/4040".to_owned(),
            "/dns4/grid.example/udp/4040/quic-v1/p2p/me".to_owned(),
        ]);
        let listen = ["/ip4/10.0.0.1/tcp/1/p2p/me".to_owned()];
        let told = ["/ip4/192.0.2.7/tcp/4040/p2p/me", "/dns4/grid.example/udp/4040/quic-v1/p2p/me"];
        assert_eq!(book.own_addresses(&listen), told);
        assert_eq!(book.for_invite(&listen), told);
    }
}
