//! What the set keeps of a group's devices, and of what is said about them: bounded, and the same on every node once
//! they have exchanged what they hold, whatever came first; and the same after a restart.

use super::sample::{Coalition, Group, secrets};
use super::*;
use crate::authority::keys_tests::{self, cut, revoke};
use crate::codec::Format;
use crate::id::RecordId;
use crate::key::{DeviceId, PublicKey};
use crate::limits::{MAX_DEVICES, MAX_WAITING_RECORDS};
use proptest::prelude::*;
use std::sync::LazyLock;

/// Devices of the founder besides the first, by ascending key.
fn devices(count: u16) -> Vec<DeviceSecrets> {
    let mut devices: Vec<DeviceSecrets> = (0..count).map(|number| secrets(500 + number)).collect();
    devices.sort_unstable_by_key(id);
    devices
}

fn id(device: &DeviceSecrets) -> DeviceId {
    DeviceId(device.device.public())
}

/// The founder's node, to which these come one by one.
fn node(coalition: &Coalition, records: impl IntoIterator<Item = Record>) -> ControlSet {
    let mut set = ControlSet::of_node(coalition.id, coalition.founder.id);
    set.offer_all(coalition.records.clone(), None);
    for record in records {
        let offer = set.offer(record);
        assert!(!matches!(offer, Offer::Refused(_)), "{offer:?}");
    }
    set
}

fn certified(group: &Group, device: &DeviceSecrets) -> Record {
    group.certify(device, Capabilities::ALL, 0)
}

fn forked(coalition: &Coalition, device: &DeviceSecrets) -> Record {
    Record::ForkProof(Box::new(keys_tests::fork_of(coalition, coalition.founder.id, device, 3, (1, 2))))
}

fn revoked(coalition: &Coalition, device: DeviceId) -> Record {
    revoke(coalition, &coalition.founder, 0, device, cut(3))
}

/// Both take what the other one holds, until neither learns anything.
fn exchange(one: &mut ControlSet, other: &mut ControlSet) {
    let held = |set: &ControlSet| set.iter().cloned().collect::<Vec<Record>>();
    for _ in 0..8 {
        let before = [one.fingerprint(), other.fingerprint()];
        if before[0] == before[1] {
            return;
        }
        let (to_other, to_one) = (held(one), held(other));
        one.offer_all(to_one, None);
        other.offer_all(to_other, None);
        if before == [one.fingerprint(), other.fingerprint()] {
            return;
        }
    }
}

fn restarted(coalition: &Coalition, set: &ControlSet) -> ControlSet {
    let (set, lost) = ControlSet::of_stored(coalition.id, coalition.founder.id, set.iter().cloned().collect());
    assert_eq!(lost, Vec::new());
    set
}

/// Every order of some things.
fn orders<T: Clone>(things: &[T]) -> Vec<Vec<T>> {
    let Some((last, others)) = things.split_last() else { return vec![Vec::new()] };
    let with_last = |order: Vec<T>| {
        (0..=order.len()).map(move |at| {
            let mut order = order.clone();
            order.insert(at, last.clone());
            order
        })
    };
    orders(others).into_iter().flat_map(with_last).collect()
}

/// A list of the first root after that of the inception, with its id.
fn rotation(coalition: &Coalition, listed: &[(DeviceId, RecordId)]) -> (RecordId, Record) {
    let group = &coalition.founder;
    let (root, chain) = (group.words.root(1), group.words.commitment(1));
    let entry = |(device, certificate): &(DeviceId, RecordId)| {
        let (device, certificate) = (*device, *certificate);
        Listed { device, certificate, capabilities: Capabilities::ALL, cut: None }
    };
    let devices = listed.iter().map(entry).collect();
    let (format, coalition, group) = (Format, coalition.id, group.id);
    let body = RotationBody { format, coalition, group, number: 1, root: root.public(), chain, devices };
    let rotation = Rotation::sign(body, SigningKey::Root(1, &root));
    (rotation.id(), Record::Rotation(rotation))
}

/// Three lists of one root by ascending id, of which only the last lists this device: it has no place.
fn lists(coalition: &Coalition, wanted: DeviceId, other: DeviceId) -> [Record; 3] {
    let listing = |device| move |mark: u8| rotation(coalition, &[(device, RecordId([mark; 32]))]);
    let (_, highest) = (0..=255).map(listing(wanted)).max_by_key(|(id, _)| *id).unwrap();
    let mut lower: Vec<(RecordId, Record)> = (0..=255).map(listing(other)).collect();
    lower.sort_unstable_by_key(|(id, _)| *id);
    let [(_, first), (_, second), ..] = &lower[..] else { unreachable!("there are 256") };
    assert!(second.id() < highest.id());
    [first.clone(), second.clone(), highest]
}

#[test]
fn a_device_that_only_a_displaced_list_names_makes_way_on_every_node() {
    let coalition = Coalition::new();
    let founder = &coalition.founder;
    let devices = devices(MAX_DEVICES as u16 + 2);
    let (lowest, listed) = (id(&devices[0]), id(devices.last().unwrap()));
    let certificates: Vec<Record> = devices.iter().map(|device| certified(founder, device)).collect();
    let lists = lists(&coalition, listed, lowest);
    let orders = orders(&lists);
    assert_eq!(orders.len(), 6);
    let mut sets: Vec<ControlSet> = Vec::new();
    for order in &orders {
        let (first, rest) = order.split_at(1);
        sets.push(node(&coalition, order.iter().chain(&certificates).cloned()));
        sets.push(node(&coalition, first.iter().chain(&certificates).chain(rest).cloned()));
    }
    for one in 0..sets.len() {
        for other in 0..one {
            let (mut one, mut other) = (sets[one].clone(), sets[other].clone());
            exchange(&mut one, &mut other);
            assert_eq!(one.fingerprint(), other.fingerprint());
        }
    }
    // Nor where nobody ever heard of that list.
    let mut plain = node(&coalition, lists[..2].iter().chain(&certificates).cloned());
    for set in &mut sets {
        assert_eq!(restarted(&coalition, set).fingerprint(), set.fingerprint());
        exchange(set, &mut plain);
        assert_eq!(set.fingerprint(), plain.fingerprint());
        assert!(!set.knows_device(&founder.id, &listed));
    }
}

#[test]
fn what_is_said_about_a_device_goes_and_comes_with_it() {
    let coalition = Coalition::new();
    let founder = &coalition.founder;
    let devices = devices(MAX_DEVICES as u16 + 2);
    let last = devices.last().unwrap();
    let about = [revoked(&coalition, id(last)), forked(&coalition, last)];
    let better = devices[..devices.len() - 1].iter().map(|device| certified(founder, device));
    let better: Vec<Record> = better.collect();
    let known = [vec![certified(founder, last)], about.to_vec()].concat();
    let mut before = node(&coalition, known.iter().cloned());
    assert_eq!(before.len(), coalition.records.len() + 3);
    let after = node(&coalition, better.iter().chain(&known).cloned());
    better.iter().for_each(|record| drop(before.offer(record.clone())));
    for set in [&before, &after] {
        let is_about = |record: &&Record| matches!(record.kind(), Kind::Revoke | Kind::ForkProof);
        assert_eq!(set.iter().filter(is_about).count(), 0);
        assert_eq!(restarted(&coalition, set).fingerprint(), set.fingerprint());
    }
    assert_eq!(before.fingerprint(), after.fingerprint());

    // A new root lists it: then it is wanted.
    for mut set in [before, after] {
        set.offer(rotation(&coalition, &[(id(last), known[0].id())]).1);
        known.iter().for_each(|record| drop(set.offer(record.clone())));
        assert!(known.iter().all(|record| set.get(&record.id()).is_some()));
    }
}

#[test]
fn whoever_revokes_devices_that_there_are_not_grows_nothing() {
    let coalition = Coalition::new();
    let mut set = node(&coalition, []);
    let (before, length) = (set.fingerprint(), set.len());
    let made_up = |number: u16| revoked(&coalition, DeviceId(PublicKey([number.to_be_bytes()[1]; 32])));
    for number in 0..200 {
        let offer = set.offer(made_up(number));
        assert!(matches!(offer, Offer::Waiting { missing: Missing::Certificate { .. } }), "{offer:?}");
    }
    assert_eq!((set.fingerprint(), set.len(), set.waiting()), (before, length, 200));
    const { assert!(MAX_WAITING_RECORDS > 200, "and no more than that wait") };

    // A home that holds such from before opens, and they stand in it no more.
    let stored = coalition.records.iter().cloned().chain((0..200).map(made_up)).collect();
    let (set, lost) = ControlSet::of_stored(coalition.id, coalition.founder.id, stored);
    assert_eq!((set.fingerprint(), set.len(), lost), (before, length, Vec::new()));
}

#[test]
fn of_what_is_stored_what_has_no_place_is_named_and_lists_come_first() {
    let coalition = Coalition::new();
    let founder = &coalition.founder;
    let devices = devices(MAX_DEVICES as u16 + 2);
    let certificates: Vec<Record> = devices.iter().map(|device| certified(founder, device)).collect();
    let (last, list) = (id(devices.last().unwrap()), certificates.last().unwrap().id());
    let mut stored = [coalition.records.clone(), certificates].concat();
    stored.push(rotation(&coalition, &[(last, list)]).1);
    // Of three words of one signer two stand.
    stored.extend((5..8).map(|counter| coalition.signature(founder, counter)));
    let (set, lost) = ControlSet::of_stored(coalition.id, founder.id, stored.clone());
    assert!(set.knows_device(&founder.id, &last), "a root lists it");
    let gone: Vec<RecordId> = stored.iter().map(Record::id).filter(|id| set.get(id).is_none()).collect();
    assert_eq!(gone.len(), 2 + 2, "devices and words");
    assert!(gone.iter().all(|id| lost.contains(id)), "{lost:?}");
    assert!(lost.iter().all(|id| gone.contains(id)), "{lost:?}");
}

#[test]
fn a_revocation_counts_as_soon_as_its_device_is_known() {
    let coalition = Coalition::new();
    let device = secrets(77);
    let records = [certified(&coalition.founder, &device), revoked(&coalition, id(&device))];
    for order in orders(&records) {
        let set = node(&coalition, order);
        assert_eq!((set.len(), set.waiting()), (coalition.records.len() + 2, 0));
        assert!(crate::authority::Authority::evaluate(&set).is_revoked(&id(&device)));
    }
}

/// More devices than there is room for, what is said about some of them, and lists that name them or do not.
static STORY: LazyLock<(Coalition, Vec<Record>)> = LazyLock::new(|| {
    let coalition = Coalition::new();
    let founder = &coalition.founder;
    let devices = devices(MAX_DEVICES as u16 + 5);
    let about = |device: &DeviceSecrets| {
        [certified(founder, device), revoked(&coalition, id(device)), forked(&coalition, device)]
    };
    let ends = devices.len() - 6..devices.len();
    let mut records: Vec<Record> = devices[..ends.start].iter().map(|device| certified(founder, device)).collect();
    records.extend(devices[ends].iter().flat_map(about));
    let last = [devices.len() - 1, devices.len() - 2].map(|at| id(&devices[at]));
    records.extend(lists(&coalition, last[0], last[1]));
    (coalition, records)
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn nodes_that_heard_of_devices_in_any_order_hold_the_same_once_they_have_met(
        (one, other) in (Just((0..STORY.1.len()).collect::<Vec<_>>()).prop_shuffle(),
            Just((0..STORY.1.len()).collect::<Vec<_>>()).prop_shuffle())
    ) {
        let (coalition, records) = &*STORY;
        let mut nodes = [one, other].map(|order| node(coalition, order.into_iter().map(|at| records[at].clone())));
        let [one, other] = &mut nodes;
        exchange(one, other);
        prop_assert_eq!(one.fingerprint(), other.fingerprint());
        prop_assert_eq!(restarted(coalition, one).fingerprint(), one.fingerprint());
        let count = |kind| one.iter().filter(|record| record.kind() == kind).count();
        prop_assert_eq!(count(Kind::DeviceCert), MAX_DEVICES + 1);
    }
}
