//! Whose records a node's set keeps: bounded whatever comes, and the same in every order.

use super::sample::{Coalition, Group, NOW, secrets};
use super::*;
use crate::authority::{Authority, renew, rotate};
use crate::effort::Effort;
use crate::id::{Digest, EntryId, RecordId};
use crate::key::{DeviceId, PeerKey};
use crate::limits::{MAX_DEVICES, MAX_WAITING_RECORD_BYTES, MAX_WAITING_RECORDS};
use std::collections::BTreeMap;

/// The founder's node.
fn node(coalition: &Coalition) -> ControlSet {
    let mut set = ControlSet::of_node(coalition.id, coalition.founder.id);
    set.offer_all(coalition.records.clone(), None);
    assert_eq!(set.len(), coalition.records.len());
    set
}

/// A node of a group that nobody knows, with the same records.
fn elsewhere(coalition: &Coalition, records: &[Record]) -> ControlSet {
    let mut set = ControlSet::of_node(coalition.id, Group::new(999).id);
    set.offer_all([&coalition.records, records].concat(), None);
    set
}

/// What a group hands in that signs the statement.
fn papers(coalition: &Coalition, group: &Group) -> Vec<Record> {
    vec![group.inception.clone(), group.certificate.clone(), coalition.signature(group, 1)]
}

/// Inceptions of groups that do not exist; their signatures do not even hold.
fn made_up(count: u64) -> Vec<Record> {
    let Record::Inception(template) = Group::new(70).inception else { unreachable!("made as one") };
    let one = |number: u64| {
        let mut inception = template.clone();
        inception.body.nonce[..8].copy_from_slice(&number.to_be_bytes());
        Record::Inception(inception)
    };
    (0..count).map(one).collect()
}

#[test]
fn a_group_that_nobody_named_waits_outside_of_the_fingerprint_until_a_vouch_lets_it_in() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let mut set = node(&coalition);
    let before = set.fingerprint();
    for record in papers(&coalition, &group) {
        assert_eq!(set.offer(record), Offer::Waiting { missing: Missing::Standing(group.id) });
    }
    assert_eq!((set.fingerprint(), set.waiting()), (before, 3));
    let Offer::Inserted { inserted, .. } = set.offer(coalition.vouch(&coalition.founder, 0, &group)) else {
        panic!("the vouch counts")
    };
    assert_eq!((inserted.len(), set.waiting()), (4, 0));
}

#[test]
fn what_came_before_the_answer_that_names_its_group_is_not_forgotten_while_that_one_waits() {
    let coalition = Coalition::new();
    let guest = Group::new(1);
    let (ticket, invite) = coalition.invite(&coalition.set(), 1, 7);
    let mut join = coalition.join(&guest, &ticket);
    let mut set = node(&coalition);
    set.offer(invite);
    // Without the certificate nothing is known of who answers: the certificate comes last.
    let certificate = join.remove(1);
    assert!(matches!(certificate, Record::DeviceCert(_)));
    for record in join.into_iter().chain([certificate]) {
        set.offer(record);
    }
    assert!(set.inception(&guest.id).is_some());
    assert_eq!((set.len(), set.waiting()), (coalition.records.len() + 5, 0));
}

#[test]
fn a_vouch_of_a_group_that_is_itself_not_named_lets_nobody_in() {
    let coalition = Coalition::new();
    let (stranger, friend) = (Group::new(1), Group::new(2));
    let mut set = node(&coalition);
    let mut records = [papers(&coalition, &stranger), papers(&coalition, &friend)].concat();
    records.push(coalition.vouch(&stranger, 0, &friend));
    records.push(coalition.vouch(&friend, 0, &stranger));
    assert_eq!(set.offer_all(records, None).inserted, Vec::<RecordId>::new());
    let batch = set.offer_all(vec![coalition.vouch(&coalition.founder, 0, &stranger)], None);
    assert_eq!((batch.inserted.len(), set.waiting()), (9, 0), "now a chain leads to both");
}

#[test]
fn the_set_is_the_same_in_whatever_order_and_batches_records_come() {
    let coalition = Coalition::new();
    let (a, b, c, outsider) = (Group::new(1), Group::new(2), Group::new(3), Group::new(4));
    let (ticket, invite) = coalition.invite(&coalition.set(), 2, 1);
    let mut records = [coalition.records.clone(), vec![invite]].concat();
    records.extend(coalition.join(&a, &ticket));
    records.extend(papers(&coalition, &b));
    records.push(coalition.vouch(&a, 0, &b));
    records.extend(papers(&coalition, &c));
    records.push(coalition.vouch(&b, 3, &c));
    records.extend(papers(&coalition, &outsider));
    let mut all = ControlSet::of_node(coalition.id, coalition.founder.id);
    all.offer_all(records.clone(), None);
    assert_eq!((all.len(), all.waiting()), (records.len() - 3, 3));
    let mut state = 7_u64;
    for round in 0..40 {
        for last in (1..records.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            records.swap(last, (state >> 33) as usize % (last + 1));
        }
        let mut set = ControlSet::of_node(coalition.id, coalition.founder.id);
        // What was let go of on the way is pulled from others: a second round stands for that.
        for record in records.iter().chain(&records) {
            set.offer(record.clone());
        }
        assert_eq!(set.fingerprint(), all.fingerprint(), "round {round}");
    }
}

#[test]
fn whoever_makes_up_groups_without_end_grows_nothing_without_end() {
    let coalition = Coalition::new();
    let mut set = node(&coalition);
    let before = set.fingerprint();
    for batch in made_up(2 * MAX_WAITING_RECORDS as u64).chunks(5_000) {
        set.offer_all(batch.to_vec(), Some(PeerKey([1; 32])));
        assert!(set.waiting() <= MAX_WAITING_RECORDS);
    }
    assert_eq!((set.fingerprint(), set.len()), (before, coalition.records.len()));
    let size = made_up(1)[0].encode().len();
    assert!(set.waiting() * size <= MAX_WAITING_RECORD_BYTES);
}

#[test]
fn a_peer_that_floods_pushes_out_what_it_sent_itself() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let mut set = node(&coalition);
    set.offer_all(papers(&coalition, &group), Some(PeerKey([1; 32])));
    set.offer_all(made_up(MAX_WAITING_RECORDS as u64 + 500), Some(PeerKey([2; 32])));
    assert_eq!(set.waiting(), MAX_WAITING_RECORDS);
    set.offer(coalition.vouch(&coalition.founder, 0, &group));
    assert!(papers(&coalition, &group).iter().all(|record| set.get(&record.id()).is_some()));
}

#[test]
fn of_a_groups_devices_as_many_are_kept_as_count_and_one_that_shows_the_excess() {
    let coalition = Coalition::new();
    let (group, guest) = (Group::new(1), Group::new(2));
    let mut records = vec![group.inception.clone(), coalition.vouch(&coalition.founder, 0, &group)];
    records.extend((0..100).map(|n| group.certify(&secrets(500 + n), Capabilities::ALL, 0)));
    for device in (0..100).map(|n| secrets(500 + n).device) {
        records.push(Record::Vouch(Vouch::new(coalition.about(), group.id, 0, guest.id, &device)));
    }
    let forwards = elsewhere(&coalition, &records);
    records.reverse();
    let backwards = elsewhere(&coalition, &records);
    let count = |set: &ControlSet, kind| set.iter().filter(|record| record.kind() == kind).count();
    assert_eq!(count(&forwards, Kind::DeviceCert), MAX_DEVICES + 1 + 1, "and the founder's");
    assert_eq!(count(&forwards, Kind::Vouch), MAX_DEVICES + 1 + 1);
    assert_eq!(forwards.fingerprint(), backwards.fingerprint());
    // One by one, too: a device that goes takes along what it signed.
    let mut single = ControlSet::of_node(coalition.id, coalition.founder.id);
    coalition.records.iter().chain(&records).for_each(|record| drop(single.offer(record.clone())));
    coalition.records.iter().chain(&records).for_each(|record| drop(single.offer(record.clone())));
    assert_eq!(single.fingerprint(), forwards.fingerprint());
}

#[test]
fn vouches_in_slots_that_the_genesis_does_not_give_are_not_kept() {
    let coalition = Coalition::new();
    let (group, guest) = (Group::new(1), Group::new(2));
    let mut set = node(&coalition);
    set.offer_all([papers(&coalition, &group), vec![coalition.vouch(&coalition.founder, 0, &group)]].concat(), None);
    assert_eq!(set.offer(coalition.vouch(&group, 8, &guest)), Offer::Superseded);
    assert!(matches!(set.offer(coalition.vouch(&group, 7, &guest)), Offer::Inserted { .. }));
}

#[test]
fn one_slot_of_an_invite_keeps_at_most_two_groups_however_many_answer_it() {
    let coalition = Coalition::new();
    let (ticket, invite) = coalition.invite(&coalition.set(), 1, 1);
    let groups: Vec<Group> = (1..9).map(Group::new).collect();
    let mut smallest: Vec<_> = groups.iter().map(|group| group.id).collect();
    smallest.sort_unstable();
    let mut prints: Vec<Digest> = Vec::new();
    for backwards in [false, true] {
        let mut set = node(&coalition);
        set.offer(invite.clone());
        let mut answers: Vec<Vec<Record>> = groups.iter().map(|group| coalition.join(group, &ticket)).collect();
        if backwards {
            answers.reverse();
        }
        for answer in answers {
            set.offer_all(answer, None);
        }
        let mut kept: Vec<_> = set.iter().filter(|it| it.kind() == Kind::Join).filter_map(Record::group).collect();
        kept.sort_unstable();
        assert_eq!(kept, smallest[..2]);
        prints.push(set.fingerprint());
    }
    assert_eq!(prints[0], prints[1]);
}

#[test]
fn a_group_loses_its_records_when_the_last_word_for_it_is_displaced() {
    let coalition = Coalition::new();
    let groups: Vec<Group> = (1..12).map(Group::new).collect();
    let mut set = node(&coalition);
    for group in &groups {
        let vouch = coalition.vouch(&coalition.founder, 0, group);
        set.offer_all([papers(&coalition, group), vec![vouch]].concat(), None);
    }
    let named = groups.iter().filter(|group| set.inception(&group.id).is_some()).count();
    assert_eq!(named, 2, "one slot holds two vouches");
    assert_eq!(set.len(), coalition.records.len() + 2 * 4);
}

#[test]
fn a_forged_join_names_nobody() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let (ticket, invite) = coalition.invite(&coalition.set(), 1, 1);
    let mut set = node(&coalition);
    set.offer(invite);
    let mut answer = coalition.join(&group, &ticket);
    for record in &mut answer {
        if let Record::Join(join) = record {
            join.by_invite = join.signed.signature;
        }
    }
    let batch = set.offer_all(answer, None);
    assert_eq!((batch.inserted.len(), batch.refused.len()), (0, 1));
    assert!(NOW < ticket.expires);
}

#[test]
fn what_was_forged_and_waited_is_not_held_against_who_brings_what_it_waited_for() {
    let coalition = Coalition::new();
    let (group, stranger) = (&coalition.founder, Group::new(1));
    let (first, second) = (group.words.root(0), group.words.root(1));
    let authority = Authority::evaluate(&coalition.set());
    let next = rotate(coalition.id, authority.keys(), group.id, &group.words, &BTreeMap::new()).unwrap();
    // As by the root that comes next, and as of a group that is vouched for later; both are signed by another key.
    let cut = Cut { seq: 3, entry: EntryId([1; 32]) };
    let mut by_root = Revoke::new(coalition.id, group.id, group.device(), cut, SigningKey::Root(1, &second));
    by_root.signature = Revoke::new(coalition.id, group.id, group.device(), cut, SigningKey::Root(1, &first)).signature;
    let Record::DeviceCert(mut of_stranger) = stranger.certificate.clone() else { panic!("a certificate") };
    of_stranger.by_peer = of_stranger.by_device;

    let mut set = node(&coalition);
    let planted = set.offer_all(vec![Record::Revoke(by_root), Record::DeviceCert(of_stranger)], None);
    assert_eq!((planted.inserted.len(), planted.refused.len(), set.waiting()), (0, 0, 2));
    let vouch = coalition.vouch(group, 0, &stranger);
    for honest in [vec![Record::Rotation(next)], vec![vouch, stranger.inception.clone()]] {
        let (count, batch) = (honest.len(), set.offer_all(honest, None));
        assert_eq!((batch.inserted.len(), batch.refused), (count, Vec::new()));
    }
    assert_eq!(set.waiting(), 0, "it has gone");
}

#[test]
fn what_a_node_has_stored_is_proven_once_and_what_was_changed_there_is_not_believed() {
    let coalition = Coalition::new();
    let (ticket, invite) = coalition.invite(&coalition.set(), 30, 1);
    let mut set = node(&coalition);
    set.offer(invite);
    for number in 1..=30_u16 {
        let (group, slot) = (Group::new(number), u32::from(number) - 1);
        let join = Record::Join(ticket.join(group.id, group.key(), slot, NOW));
        set.offer_all([papers(&coalition, &group), vec![join]].concat(), None);
    }
    let stored: Vec<Record> = set.iter().cloned().collect();
    assert!(stored.len() > 120, "{}", stored.len());
    let before = Effort::so_far();
    let (again, _) = ControlSet::of_stored(coalition.id, coalition.founder.id, stored.clone());
    let left = Effort::since(&before).signatures;
    assert_eq!((again.fingerprint(), again.len(), again.waiting()), (set.fingerprint(), set.len(), 0));
    assert!(left <= 1, "{left}: all but the genesis is proven ahead, beside this thread");

    let mut changed = stored;
    let forge = |record: &mut Record| match record {
        Record::Signature(signature) if signature.body.group == Group::new(7).id => {
            signature.signature.0[5] ^= 1;
            true
        }
        _ => false,
    };
    assert!(changed.iter_mut().any(forge));
    let (less, _) = ControlSet::of_stored(coalition.id, coalition.founder.id, changed);
    assert_eq!(less.len(), set.len() - 1);
}

#[test]
fn the_contacts_that_a_named_group_would_be_recovered_by_are_kept_and_name_nobody() {
    let coalition = Coalition::new();
    let (group, contact, friend) = (Group::new(1), Group::new(2), Group::new(3));
    let (inception, certificate) = first_device_with(&group.plan(), vec![contact.id], 1);
    let id = inception.group();
    let mut vouch = coalition.vouch(&coalition.founder, 0, &group);
    let Record::Vouch(Vouch { body, .. }) = &vouch else { unreachable!("made as one") };
    let about = (coalition.id, body.version);
    vouch = Record::Vouch(Vouch::new(about, coalition.founder.id, 0, id, &coalition.founder.secrets.device));
    let mut records = vec![Record::Inception(inception), Record::DeviceCert(certificate), vouch];
    records.extend(papers(&coalition, &contact));
    records.extend(papers(&coalition, &friend));
    records.push(coalition.vouch(&contact, 0, &friend));
    let mut set = node(&coalition);
    let batch = set.offer_all(records, None);
    assert!(set.inception(&contact.id).is_some());
    assert!(set.inception(&friend.id).is_none(), "{batch:?}");
}

#[test]
fn the_contacts_of_the_own_group_are_kept_before_anybody_has_named_it() {
    let coalition = Coalition::new();
    let (group, contact, friend) = (Group::new(1), Group::new(2), Group::new(3));
    let (inception, certificate) = first_device_with(&group.plan(), vec![contact.id], 1);
    let mut set = ControlSet::of_node(coalition.id, inception.group());
    let mut records = vec![Record::Inception(inception), Record::DeviceCert(certificate)];
    records.extend([friend.inception.clone(), contact.inception.clone()]);
    records.extend(coalition.records.iter().cloned());
    set.offer_all(records, None);
    assert!(set.inception(&contact.id).is_some(), "without it a recovery of the own group could not be checked");
    assert!(set.inception(&friend.id).is_none());
}

#[test]
fn who_has_the_words_has_the_say_again_however_many_devices_a_thief_of_the_root_in_force_has_certified() {
    let coalition = Coalition::new();
    let founder = &coalition.founder;
    let mut set = node(&coalition);
    let lower = (100..).map(secrets).filter(|device| DeviceId(device.device.public()) < founder.device());
    let stolen = lower.take(MAX_DEVICES + 1).map(|device| founder.certify(&device, Capabilities::ALL, 1));
    set.offer_all(stolen.collect(), None);
    assert!(set.certificates(&founder.id, &founder.device()).is_empty(), "those with the lowest keys are kept");
    let authority = Authority::evaluate(&set);
    let device = (&founder.secrets, "here");
    let renewed = renew(coalition.id, authority.keys(), founder.id, &founder.words, device, &BTreeMap::new()).unwrap();
    let batch = set.offer_all(renewed.records, None);
    assert_eq!(batch.inserted.len(), 2);
    let authority = Authority::evaluate(&set);
    assert_eq!(authority.group_of(&founder.device()), Some(founder.id));
    assert!(authority.governing(&founder.id).contains(&founder.device()));
    assert!(authority.devices_of(&founder.id).is_sorted());

    // So does whoever is let in next, however high the key.
    let second = (500..).map(secrets).find(|device| DeviceId(device.device.public()) > founder.device()).unwrap();
    let mut body = founder.cert().body().clone();
    (body.device, body.peer) = (DeviceId(second.device.public()), PeerKey(second.peer.public().0));
    let (id, root) = (body.device, founder.words.root(1));
    set.offer(Record::DeviceCert(DeviceCert::new(body, SigningKey::Root(1, &root), &second)));
    let authority = Authority::evaluate(&set);
    assert_eq!([founder.device(), id].map(|device| authority.group_of(&device)), [Some(founder.id); 2]);
}

#[test]
fn devices_that_a_rotation_lists_are_kept_however_many_a_thief_of_an_older_root_certifies() {
    let coalition = Coalition::new();
    let founder = &coalition.founder;
    let mut set = node(&coalition);
    let keys = crate::authority::Authority::evaluate(&set).keys().clone();
    let none = std::collections::BTreeMap::new();
    let rotation = crate::authority::rotate(coalition.id, &keys, founder.id, &founder.words, &none).unwrap();
    set.offer(Record::Rotation(rotation));
    let stolen: Vec<Record> = (100..100 + 3 * MAX_DEVICES as u16)
        .map(|number| founder.certify(&secrets(number), Capabilities::ALL, 1))
        .collect();
    for order in [stolen.clone(), stolen.into_iter().rev().collect()] {
        let mut set = set.clone();
        set.offer_all(order, None);
        assert!(!set.certificates(&founder.id, &founder.device()).is_empty());
    }
}
