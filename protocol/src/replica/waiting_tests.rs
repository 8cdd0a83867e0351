//! Entries that wait, and whose gives way to whose.

use super::*;
use crate::codec::Format;
use crate::entry::{EntryKind, Header, body_hash};
use crate::id::{CoalitionId, DocumentId, EntryId};
use crate::key::PublicKey;
use crate::limits::MAX_BODY;
use crate::time::Timestamp;

const HONEST: PeerKey = PeerKey([1; 32]);
const FLOOD: PeerKey = PeerKey([2; 32]);

fn device(number: u16) -> DeviceId {
    let mut key = [0; 32];
    key[..2].copy_from_slice(&number.to_be_bytes());
    DeviceId(PublicKey(key))
}

fn entry(device: DeviceId, seq: u64, length: usize) -> VerifiedEntry {
    let body = vec![7; length];
    let header = Header {
        version: Format,
        coalition: CoalitionId([3; 32]),
        device,
        seq,
        prev: if seq == 0 { EntryId::ZERO } else { EntryId([9; 32]) },
        time: Timestamp(1),
        kind: EntryKind::Sealed,
        document: DocumentId([4; 32]),
        body_len: u32::try_from(length).unwrap(),
        body_hash: body_hash(&body),
    };
    VerifiedEntry::check(header.id(), header, body, None, &CoalitionId([3; 32])).unwrap()
}

/// Lets a peer hand in one long entry of each of so many devices.
fn flood(waiting: &mut Waiting, by: PeerKey, devices: std::ops::Range<u16>) {
    devices.for_each(|number| waiting.push(entry(device(number), 5, MAX_BODY), by));
}

#[test]
fn a_peer_that_hands_in_more_than_its_share_pushes_out_what_it_handed_in_itself() {
    let mut waiting = Waiting::default();
    waiting.push(entry(device(0), 7, 100), HONEST);
    flood(&mut waiting, FLOOD, 100..400);
    assert!(waiting.shares.bytes_of(&FLOOD) <= MAX_WAITING_BYTES);
    assert!(waiting.take(&device(399), 5).is_some(), "its newest stay");
    assert!(waiting.take(&device(100), 5).is_none(), "its oldest went");
    assert!(waiting.take(&device(0), 7).is_some(), "what others handed in stays");
}

#[test]
fn many_peers_share_the_room_and_those_with_the_most_give_way() {
    let mut waiting = Waiting::default();
    waiting.push(entry(device(0), 7, 100), HONEST);
    for peer in 10..40_u8 {
        let first = 1_000 * u16::from(peer);
        flood(&mut waiting, PeerKey([peer; 32]), first..first + 20);
    }
    assert!(waiting.shares.bytes() <= MAX_WAITING_BYTES_IN_ALL);
    assert!(waiting.shares.bytes() > MAX_WAITING_BYTES_IN_ALL - 2 * MAX_BODY);
    assert!(waiting.take(&device(0), 7).is_some());
}

#[test]
fn of_one_log_those_nearest_to_the_gap_are_kept_whoever_came_first() {
    let most = MAX_WAITING_PER_LOG as u64;
    let orders: [Vec<u64>; 2] = [(1..=2 * most).collect(), (1..=2 * most).rev().collect()];
    for order in orders {
        let mut waiting = Waiting::default();
        order.into_iter().for_each(|seq| waiting.push(entry(device(0), seq, 10), FLOOD));
        assert_eq!(waiting.len(), MAX_WAITING_PER_LOG);
        for seq in 1..=most {
            assert_eq!(waiting.take(&device(0), seq).map(|entry| entry.header().seq), Some(seq));
        }
        assert_eq!((waiting.len(), waiting.shares.bytes()), (0, 0));
    }
}

#[test]
fn what_is_older_than_the_place_that_is_asked_for_is_forgotten_and_a_place_waits_once() {
    let mut waiting = Waiting::default();
    for seq in [3, 4, 4, 6] {
        waiting.push(entry(device(0), seq, 10), HONEST);
        waiting.push(entry(device(0), seq, 10), FLOOD);
    }
    assert_eq!(waiting.len(), 3);
    assert!(waiting.take(&device(0), 5).is_none());
    assert_eq!(waiting.len(), 1);
    assert!(waiting.take(&device(0), 6).is_some());
    assert_eq!((waiting.len(), waiting.shares.bytes(), waiting.logs.len()), (0, 0, 0));
}
