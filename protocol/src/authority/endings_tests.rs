//! What an ended device vouched for, and what becomes of a group that is renewed twice at once: in every order.

use super::keys_tests::{certificate, cut, recoverable_by, recovered, revoke};
use super::*;
use crate::control::sample::{Coalition, Group, secrets};
use crate::control::{DeviceSecrets, Record, RootNumber};
use crate::words::RecoveryWords;
use std::collections::BTreeMap;

/// Every order of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let shorter = orders(last);
    let with_last = |order: &Vec<usize>| {
        let order = order.clone();
        (0..count).map(move |at| [&order[..at], &[last], &order[at..]].concat()).collect::<Vec<_>>()
    };
    shorter.iter().flat_map(with_last).collect()
}

/// What these records add up to, the same in every order in which they come after those that all know.
fn in_every_order(coalition: &Coalition, known: &[Record], records: &[Record]) -> Authority {
    let mut outcome: Option<Authority> = None;
    for order in orders(records.len()) {
        let ordered: Vec<Record> = order.iter().map(|index| records[*index].clone()).collect();
        let set = coalition.set_with(&[known, &ordered].concat());
        let authority = Authority::evaluate(&set);
        if let Some(first) = &outcome {
            assert_eq!(first.digest(), authority.digest(), "{order:?}");
        }
        outcome.get_or_insert(authority);
    }
    outcome.unwrap()
}

fn id(device: &DeviceSecrets) -> DeviceId {
    DeviceId(device.device.public())
}

#[test]
fn whom_an_ended_device_vouched_for_stays_wherever_its_log_ends_and_its_slots_stay_its_own() {
    let (coalition, early, late) = (Coalition::new(), Group::new(1), Group::new(2));
    let (founder, device) = (&coalition.founder, coalition.founder.device());
    let guests: Vec<Record> = [&early, &late]
        .into_iter()
        .flat_map(|guest| [guest.records(), vec![coalition.signature(guest, 1)]].concat())
        .collect();
    let vouch = |slot, guest| coalition.vouch(founder, slot, guest);
    for seq in [0, 7, u64::MAX] {
        let cut = Cut { seq, ..cut(seq % 100) };
        let listed = rotate(
            coalition.id,
            Authority::evaluate(&coalition.set()).keys(),
            founder.id,
            &founder.words,
            &BTreeMap::from([(device, cut)]),
        );
        for end in [revoke(&coalition, founder, 0, device, cut), Record::Rotation(listed.unwrap())] {
            // A vouch has no place in a log, so no cut lies before or behind it.
            let authority = in_every_order(&coalition, &guests, &[vouch(0, &early), end, vouch(1, &late)]);
            assert!(authority.is_revoked(&device) && authority.cut(&device) == Some(cut));
            assert!(authority.is_member(&early.id), "cut {seq}");
            assert!(authority.is_member(&late.id), "an ended device fills the slots that were left");
            let taken = |group: &Group| SlotState::Taken { group: group.id, by: TakenBy::Vouch };
            assert_eq!((authority.slot(&device, 0), authority.slot(&device, 1)), (taken(&early), taken(&late)));
        }
    }
}

#[test]
fn a_second_vouch_of_an_ended_device_on_one_slot_voids_it_until_another_member_vouches() {
    let (coalition, guest, other, friend) = (Coalition::new(), Group::new(1), Group::new(2), Group::new(3));
    let founder = &coalition.founder;
    let mut known: Vec<Record> = Vec::new();
    for group in [&guest, &other, &friend] {
        known.extend(group.records());
        known.push(coalition.signature(group, 1));
    }
    known.push(coalition.vouch(founder, 5, &friend));
    let end = revoke(&coalition, founder, 0, founder.device(), cut(3));
    let [first, second] = [&guest, &other].map(|target| coalition.vouch(founder, 0, target));
    let authority = in_every_order(&coalition, &known, &[first.clone(), end.clone(), second.clone()]);
    assert_eq!(authority.slot(&founder.device(), 0), SlotState::Void);
    assert!(!authority.is_member(&guest.id) && !authority.is_member(&other.id));
    let again = coalition.vouch(&friend, 0, &guest);
    let authority = in_every_order(&coalition, &known, &[first, end, second, again]);
    assert!(authority.is_member(&guest.id) && !authority.is_member(&other.id));
}

#[test]
fn whom_a_device_vouched_for_that_the_next_root_does_not_list_needs_another_vouch() {
    let (coalition, guest) = (Coalition::new(), Group::new(1));
    let (founder, unlisted) = (&coalition.founder, secrets(70));
    let mut known = guest.records();
    known.push(coalition.signature(&guest, 1));
    // Made where the certificate of the second device was not known.
    let authority = Authority::evaluate(&coalition.set());
    let rotation = rotate(coalition.id, authority.keys(), founder.id, &founder.words, &BTreeMap::new()).unwrap();
    let certificate = certificate(founder, RootNumber::FIRST, &founder.words, &unlisted, 0);
    let vouch = Group { secrets: secrets(70), ..Group::new(0) };
    let vouch = coalition.vouch(&vouch, 0, &guest);
    let before = in_every_order(&coalition, &known, &[certificate.clone(), vouch.clone()]);
    assert!(before.is_member(&guest.id));
    let records = [certificate, vouch, Record::Rotation(rotation)];
    let authority = in_every_order(&coalition, &known, &records);
    assert_eq!((authority.slot(&id(&unlisted), 0), authority.is_member(&guest.id)), (SlotState::None, false));
    let again = coalition.vouch(founder, 0, &guest);
    let authority = in_every_order(&coalition, &known, &[records.to_vec(), vec![again]].concat());
    assert!(authority.is_member(&guest.id));
}

#[test]
fn recovery_contacts_come_before_recovery_words_on_both_sides_of_a_partition() {
    let coalition = Coalition::new();
    let contacts: Vec<Group> = (1..=3).map(Group::new).collect();
    let group = recoverable_by(contacts.iter().map(|contact| contact.id).collect());
    let known: Vec<Record> =
        contacts.iter().chain([&group]).flat_map(|one| [one.inception.clone(), one.certificate.clone()]).collect();
    let set = coalition.set_with(&known);
    let device = group.device();
    // On one side the words end the device and bring a new one; on the other the contacts do not know of that.
    let authority = Authority::evaluate(&set);
    let cuts = BTreeMap::from([(device, cut(4))]);
    let by_words = rotate(coalition.id, authority.keys(), group.id, &group.words, &cuts).unwrap();
    let (words_device, contacts_device) = (secrets(71), secrets(72));
    let new = RecoveryWords::from_entropy([53; 32]);
    let by_contacts = recovered(&coalition, &set, group.id, &[&contacts[0], &contacts[2]], &new);
    let (rotated, recovery) = (RootNumber { recovery: 0, rotation: 1 }, RootNumber { recovery: 1, rotation: 0 });
    let authority = in_every_order(
        &coalition,
        &known,
        &[
            Record::Rotation(by_words),
            certificate(&group, rotated, &group.words, &words_device, 0),
            Record::Recovery(Box::new(by_contacts)),
            certificate(&group, recovery, &new, &contacts_device, 0),
        ],
    );
    assert_eq!(authority.root(&group.id).unwrap().number, recovery);
    assert_eq!(authority.group_of(&id(&contacts_device)), Some(group.id));
    assert_eq!(authority.cut(&id(&words_device)), Some(Cut::NOTHING), "what the words let in is nobody's");
    assert_eq!(authority.cut(&device), None, "and what they ended goes on, if the contacts' list says so");
}

#[test]
fn two_computers_that_use_the_words_at_once_both_stay_and_end_what_either_ends() {
    let coalition = Coalition::new();
    let (founder, stolen) = (&coalition.founder, coalition.founder.device());
    let (second, one, other) = (secrets(73), secrets(74), secrets(75));
    let known = [certificate(founder, RootNumber::FIRST, &founder.words, &second, 0)];
    let rotation = |set: &crate::control::ControlSet, seq| {
        let (authority, cuts) = (Authority::evaluate(set), BTreeMap::from([(stolen, cut(seq))]));
        rotate(coalition.id, authority.keys(), founder.id, &founder.words, &cuts).map(Record::Rotation).unwrap()
    };
    let number = RootNumber { recovery: 0, rotation: 1 };
    let authority = in_every_order(
        &coalition,
        &[],
        &[
            known[0].clone(),
            rotation(&coalition.set_with(&known), 8),
            rotation(&coalition.set(), 5),
            certificate(founder, number, &founder.words, &one, 0),
            certificate(founder, number, &founder.words, &other, 0),
        ],
    );
    assert_eq!(authority.root(&founder.id).unwrap().number, number, "the words lead to one root");
    let mut devices = vec![stolen, id(&one), id(&other)];
    devices.sort_unstable();
    assert_eq!(authority.devices_of(&founder.id), devices, "the second was known on one side only, and is left out");
    assert_eq!(authority.cut(&stolen), Some(cut(5)), "the smaller of both cuts");
}
