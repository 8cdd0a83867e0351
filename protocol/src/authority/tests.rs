//! The layers: whose device, which slot, who belongs, who may write.

use super::*;
use crate::control::sample::{Coalition, Group, LATER, NOW, secrets};
use crate::control::{Admission, Capabilities, Cut, Offer, Record, Signed, SigningKey, VouchedBy};
use crate::time::Timestamp;

fn authority(coalition: &Coalition, more: &[Record]) -> Authority {
    Authority::evaluate(&coalition.set_with(more))
}

/// The records with which a group is known and has signed, without any vouch.
fn signed(coalition: &Coalition, group: &Group) -> Vec<Record> {
    vec![group.inception.clone(), group.certificate.clone(), coalition.signature(group, 1)]
}

#[test]
fn nothing_adds_up_to_nobody() {
    let coalition = Coalition::new();
    let empty = Authority::evaluate(&ControlSet::new(coalition.id));
    assert_eq!(empty.digest(), Authority::default().digest());
    assert_eq!(empty.members().count(), 0);
    assert_eq!(empty.standing(&coalition.founder.id), Standing::Unknown);
}

#[test]
fn the_founder_is_a_member_with_its_device_and_slots() {
    let coalition = Coalition::new();
    let authority = authority(&coalition, &[]);
    let founder = &coalition.founder;
    assert_eq!(authority.members().collect::<Vec<_>>(), [founder.id]);
    assert_eq!(authority.group_of(&founder.device()), Some(founder.id));
    assert_eq!(authority.governing(&founder.id), [founder.device()]);
    assert_eq!(authority.name_of(&founder.id), Some("Group 0"));
    let peer = PeerKey(founder.secrets.peer.public().0);
    assert_eq!(authority.device_of_peer(&peer), Some((founder.id, founder.device())));
    assert_eq!(authority.slot(&founder.device(), 63), SlotState::Free);
    assert_eq!(authority.slot(&founder.device(), 64), SlotState::None);
    assert_eq!(authority.signatures(&coalition.version).len(), 1);
}

#[test]
fn a_group_that_joined_and_signed_is_a_member_before_the_inviter_confirms() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let (ticket, invite) = coalition.invite(&coalition.set(), 1, 1);
    let mut records = vec![invite];
    records.extend(coalition.join(&group, &ticket));
    let device = coalition.founder.device();
    let before = authority(&coalition, &records);
    assert!(before.is_member(&group.id));
    assert_eq!(before.slot(&device, 0), SlotState::Taken { group: group.id, by: TakenBy::Join });
    let due = VouchDue { version: coalition.version, slot: 0, target: group.id };
    assert_eq!(before.vouches_due(&device), [due]);
    records.push(coalition.vouch(&coalition.founder, 0, &group));
    let after = authority(&coalition, &records);
    assert!(after.is_member(&group.id));
    assert_eq!(after.slot(&device, 0), SlotState::Taken { group: group.id, by: TakenBy::Vouch });
    assert_eq!(after.vouches_due(&device), []);
    assert_eq!(before.digest(), after.digest(), "who belongs has not changed");
}

#[test]
fn of_two_joins_on_one_slot_the_smaller_group_counts_until_one_is_confirmed() {
    let coalition = Coalition::new();
    let (a, b) = (Group::new(1), Group::new(2));
    let (small, large) = if a.id < b.id { (&a, &b) } else { (&b, &a) };
    let (ticket, invite) = coalition.invite(&coalition.set(), 1, 1);
    let mut records = vec![invite];
    records.extend(coalition.join(large, &ticket));
    records.extend(coalition.join(small, &ticket));
    let unconfirmed = authority(&coalition, &records);
    assert!(unconfirmed.is_member(&small.id) && !unconfirmed.is_member(&large.id));
    assert_eq!(unconfirmed.standing(&large.id), Standing::Applicant { missing: Lacking::Vouch });
    records.push(coalition.vouch(&coalition.founder, 0, large));
    let confirmed = authority(&coalition, &records);
    assert!(!confirmed.is_member(&small.id) && confirmed.is_member(&large.id));
}

#[test]
fn an_invite_that_is_revoked_lets_nobody_in_but_keeps_whom_it_confirmed() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let (ticket, invite) = coalition.invite(&coalition.set(), 1, 1);
    let mut records = vec![invite, coalition.revoke(&coalition.founder, vec![0])];
    records.extend(coalition.join(&group, &ticket));
    let revoked = authority(&coalition, &records);
    assert!(!revoked.is_member(&group.id));
    assert_eq!(revoked.slot(&coalition.founder.device(), 0), SlotState::Revoked);
    records.push(coalition.vouch(&coalition.founder, 0, &group));
    assert!(authority(&coalition, &records).is_member(&group.id));
}

#[test]
fn a_join_after_the_invite_expired_does_not_count() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let (ticket, invite) = coalition.invite(&coalition.set(), 1, 1);
    let mut records = vec![invite];
    records.extend(signed(&coalition, &group));
    records.push(Record::Join(ticket.join(group.id, group.key(), 0, Timestamp(LATER.0 + 1))));
    let expired = authority(&coalition, &records);
    assert!(!expired.is_member(&group.id));
    let device = coalition.founder.device();
    assert_eq!(expired.free_slots(&device, 1, NOW), Some(1));
    assert_eq!(expired.free_slots(&device, 1, Timestamp(LATER.0 + 1)), Some(0));
    assert_eq!(expired.free_slots(&device, 65, NOW), None);
}

#[test]
fn one_holder_of_an_invite_for_many_takes_one_slot() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let (ticket, invite) = coalition.invite(&coalition.set(), 4, 1);
    let mut records = vec![invite];
    records.extend(signed(&coalition, &group));
    records
        .extend((0..4).map(|n| Record::Join(ticket.join(group.id, group.key(), n, Timestamp(NOW.0 + u64::from(n))))));
    let authority = authority(&coalition, &records);
    let device = coalition.founder.device();
    let taken = (0..4).filter(|slot| matches!(authority.slot(&device, *slot), SlotState::Taken { .. })).count();
    assert_eq!(taken, 1);
    assert_eq!(authority.slot(&device, 3), SlotState::Taken { group: group.id, by: TakenBy::Join });
}

#[test]
fn two_vouches_on_one_slot_void_it_and_show_who_did_it() {
    let coalition = Coalition::new();
    let (a, b) = (Group::new(1), Group::new(2));
    let mut records = [signed(&coalition, &a), signed(&coalition, &b)].concat();
    records.push(coalition.vouch(&coalition.founder, 0, &a));
    assert!(authority(&coalition, &records).is_member(&a.id));
    records.push(coalition.vouch(&coalition.founder, 0, &b));
    let voided = authority(&coalition, &records);
    assert!(!voided.is_member(&a.id) && !voided.is_member(&b.id));
    assert_eq!(voided.slot(&coalition.founder.device(), 0), SlotState::Void);
    assert!(voided.faults().any(|fault| matches!(fault, Fault::DoubleVouch { slot: 0, .. })));
}

#[test]
fn groups_that_vouch_only_for_each_other_stay_outside() {
    let coalition = Coalition::new();
    let (a, b, c) = (Group::new(1), Group::new(2), Group::new(3));
    let mut records = [signed(&coalition, &a), signed(&coalition, &b), signed(&coalition, &c)].concat();
    records.extend([coalition.vouch(&a, 0, &b), coalition.vouch(&b, 0, &a), coalition.vouch(&b, 1, &c)]);
    assert_eq!(authority(&coalition, &records).members().count(), 1);
    records.push(coalition.vouch(&coalition.founder, 0, &a));
    assert_eq!(authority(&coalition, &records).members().count(), 4, "now they are reached from the founder");
}

#[test]
fn under_vouches_of_electors_a_members_vouch_brings_nobody_in() {
    let by = VouchedBy::Electors;
    let coalition = Coalition::with(|genesis| genesis.admission = Admission::Vouched { count: 1, by });
    let (a, b) = (Group::new(1), Group::new(2));
    let mut records = [signed(&coalition, &a), signed(&coalition, &b)].concat();
    records.extend([coalition.vouch(&coalition.founder, 0, &a), coalition.vouch(&a, 0, &b)]);
    let authority = authority(&coalition, &records);
    assert!(authority.is_member(&a.id) && !authority.is_member(&b.id));
}

#[test]
fn a_slot_beyond_those_of_a_member_counts_for_nothing() {
    let coalition = Coalition::new();
    let (a, b) = (Group::new(1), Group::new(2));
    let mut records = [signed(&coalition, &a), signed(&coalition, &b)].concat();
    records.extend([coalition.vouch(&coalition.founder, 0, &a), coalition.vouch(&a, 8, &b)]);
    assert!(!authority(&coalition, &records).is_member(&b.id));
    records.push(coalition.vouch(&a, 7, &b));
    assert!(authority(&coalition, &records).is_member(&b.id));
}

#[test]
fn where_admission_is_open_signing_is_enough() {
    let coalition = Coalition::with(|genesis| genesis.admission = Admission::Open);
    let group = Group::new(1);
    let known = [group.inception.clone(), group.certificate.clone()];
    let before = authority(&coalition, &known);
    assert_eq!(before.standing(&group.id), Standing::Applicant { missing: Lacking::Signature });
    assert!(authority(&coalition, &signed(&coalition, &group)).is_member(&group.id));
}

#[test]
fn the_higher_counter_decides_between_signature_and_withdrawal() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let mut records = signed(&coalition, &group);
    records.push(coalition.vouch(&coalition.founder, 0, &group));
    assert_eq!(authority(&coalition, &records).standing(&group.id), Standing::Member);
    records.push(coalition.withdrawal(&group, 1, 4));
    let withdrawn = authority(&coalition, &records);
    assert_eq!(withdrawn.standing(&group.id), Standing::Withdrawn);
    assert!(withdrawn.was_admitted(&group.id) && withdrawn.stores_log_of(&group.device()));
    assert_eq!(withdrawn.signatures(&coalition.version).len(), 2);
    let write = |seq| withdrawn.may_write(&group.device(), &coalition.founder.id, WriteRule::Members, seq);
    assert_eq!((write(4), write(5)), (Right::May, Right::IfBuiltOn));
    assert_eq!(withdrawn.next_counter(&group.id), Some(2));
    records.push(coalition.signature(&group, 2));
    let again = authority(&coalition, &records);
    assert_eq!(again.standing(&group.id), Standing::Member);
    assert_eq!((again.next_counter(&group.id), again.next_counter(&GroupId([0; 32]))), (Some(3), Some(1)));
}

#[test]
fn those_whom_a_group_vouched_for_stay_when_it_leaves() {
    let coalition = Coalition::new();
    let (a, b) = (Group::new(1), Group::new(2));
    let mut records = [signed(&coalition, &a), signed(&coalition, &b)].concat();
    records.extend([coalition.vouch(&coalition.founder, 0, &a), coalition.vouch(&a, 0, &b)]);
    records.push(coalition.withdrawal(&a, 2, 0));
    let authority = authority(&coalition, &records);
    assert!(!authority.is_member(&a.id) && authority.is_member(&b.id));
}

#[test]
fn a_signature_under_another_text_makes_no_member() {
    let coalition = Coalition::new();
    let other = Coalition { text_hash: Digest([1; 32]), ..Coalition::new() };
    let group = Group::new(1);
    let records = [
        group.inception.clone(),
        group.certificate.clone(),
        other.signature(&group, 1),
        coalition.vouch(&coalition.founder, 0, &group),
    ];
    let authority = authority(&coalition, &records);
    assert!(!authority.is_member(&group.id));
    assert!(authority.faults().any(|fault| matches!(fault, Fault::OtherText { .. })));
}

#[test]
fn a_device_of_two_groups_speaks_for_neither() {
    let coalition = Coalition::new();
    let (a, b) = (Group::new(1), Group::new(2));
    let records = [a.inception.clone(), b.inception.clone(), a.certificate.clone()];
    assert_eq!(authority(&coalition, &records).group_of(&a.device()), Some(a.id));
    let disputed = [records.as_slice(), &[b.certify(&a.secrets, Capabilities::ALL, 0)]].concat();
    let authority = authority(&coalition, &disputed);
    assert_eq!(authority.group_of(&a.device()), None);
    assert!(authority.devices_of(&a.id).is_empty());
    let right = authority.may_write(&a.device(), &a.id, WriteRule::Owner, 0);
    assert_eq!(right, Right::MayNot(MayNot::DeviceOfSeveralGroups));
    // Its log counts for nothing, whoever holds it; in shared documents what others built on stays.
    assert_eq!(authority.cut(&a.device()), Some(Cut::NOTHING));
    assert_eq!(authority.may_write(&a.device(), &a.id, WriteRule::Members, 0), Right::IfBuiltOn);
}

#[test]
fn of_too_many_devices_those_with_the_lowest_keys_count() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let mut records = vec![group.inception.clone()];
    records.extend((0..70).map(|n| group.certify(&secrets(500 + n), Capabilities::ALL, 0)));
    let many = authority(&coalition, &records);
    assert_eq!((many.devices_of(&group.id).len(), many.governing(&group.id).len()), (64, 4));
    assert!(many.faults().any(|fault| matches!(fault, Fault::TooManyDevices { .. })));
    let mut lowest: Vec<DeviceId> = (0..70).map(|n| DeviceId(secrets(500 + n).device.public())).collect();
    lowest.sort_unstable();
    assert_eq!(many.devices_of(&group.id), &lowest[..64]);
    assert_eq!(many.governing(&group.id), &lowest[..4]);
    records.reverse();
    assert_eq!(authority(&coalition, &records).governing(&group.id), many.governing(&group.id));
}

#[test]
fn certifying_a_device_anew_never_takes_from_it_or_another_the_right_to_govern() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let devices: Vec<_> = (0..6).map(|n| secrets(500 + n)).collect();
    let mut records = vec![group.inception.clone()];
    records.extend(devices.iter().map(|device| group.certify(device, Capabilities::ALL, 0)));
    let before = authority(&coalition, &records).governing(&group.id);
    for serial in 1..8 {
        records.extend(devices.iter().map(|device| group.certify(device, Capabilities::ALL, serial)));
        assert_eq!(authority(&coalition, &records).governing(&group.id), before, "serial {serial}");
    }
    records.extend(devices.iter().map(|device| group.certify(device, Capabilities::WRITE, 99)));
    assert_eq!(authority(&coalition, &records).governing(&group.id), before, "anew without it");
}

/// A member that invited a group, and all that says so.
fn inviter_and_guest(coalition: &Coalition) -> (Group, Group, Vec<Record>) {
    let (inviter, guest) = (Group::new(1), Group::new(2));
    let mut records = [signed(coalition, &inviter), signed(coalition, &guest)].concat();
    records.push(coalition.vouch(&coalition.founder, 0, &inviter));
    records.push(coalition.vouch(&inviter, 0, &guest));
    assert!(authority(coalition, &records).is_member(&guest.id));
    (inviter, guest, records)
}

/// All that an inviter can do to take back its vouch.
fn takings_back(coalition: &Coalition, inviter: &Group) -> [Vec<Record>; 3] {
    let lower = |device: &crate::control::DeviceSecrets| DeviceId(device.device.public()) < inviter.device();
    let many = (500..).map(secrets).filter(lower).take(4);
    let another = Group::new(3);
    [
        many.map(|device| inviter.certify(&device, Capabilities::ALL, 0)).collect(),
        vec![coalition.vouch(inviter, 0, &another)],
        vec![another.inception.clone(), another.certify(&inviter.secrets, Capabilities::ALL, 0)],
    ]
}

#[test]
fn an_inviter_can_take_back_what_it_gave_and_nothing_else() {
    let coalition = Coalition::new();
    let (inviter, guest, records) = inviter_and_guest(&coalition);
    for taking in takings_back(&coalition, &inviter) {
        let after = authority(&coalition, &[records.clone(), taking].concat());
        assert!(!after.is_member(&guest.id));
        assert!(after.is_member(&inviter.id) && after.is_member(&coalition.founder.id));
        assert!(matches!(after.slot(&coalition.founder.device(), 0), SlotState::Taken { .. }), "others' slots stay");
    }
}

#[test]
fn whom_another_member_vouched_for_stays_whatever_the_inviter_does() {
    let coalition = Coalition::new();
    let (inviter, guest, mut records) = inviter_and_guest(&coalition);
    records.push(coalition.vouch(&coalition.founder, 1, &guest));
    for taking in takings_back(&coalition, &inviter) {
        records.extend(taking);
        assert!(authority(&coalition, &records).is_member(&guest.id));
    }
}

#[test]
fn only_the_owners_writing_devices_write_what_the_owner_keeps() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let relay = secrets(900);
    let relay_id = DeviceId(relay.device.public());
    let records = [group.inception.clone(), group.certificate.clone(), group.certify(&relay, Capabilities::RELAY, 0)];
    let set = coalition.set_with(&records);
    let (at_home, elsewhere) = (Authority::evaluate_for(&set, &group.id), Authority::evaluate(&set));
    let write = |device: &DeviceId, owner, rule| at_home.may_write(device, owner, rule, 0);
    assert_eq!(write(&group.device(), &group.id, WriteRule::Owner), Right::May);
    let of_outsider = elsewhere.may_write(&group.device(), &group.id, WriteRule::Owner, 0);
    assert_eq!(of_outsider, Right::Unknown, "not admitted yet: whoever holds it shows nothing of it");
    assert_eq!(write(&group.device(), &coalition.founder.id, WriteRule::Owner), Right::MayNot(MayNot::NotOwner));
    assert_eq!(write(&relay_id, &group.id, WriteRule::Owner), Right::MayNot(MayNot::NoCapability));
    let stranger = DeviceId(secrets(901).device.public());
    assert_eq!(write(&stranger, &group.id, WriteRule::Owner), Right::Unknown);
    assert_eq!(write(&stranger, &group.id, WriteRule::Members), Right::IfBuiltOn, "its certificate may have gone");
    assert_eq!(write(&group.device(), &coalition.founder.id, WriteRule::Members), Right::IfBuiltOn, "not admitted yet");
    let founder = coalition.founder.device();
    assert_eq!(write(&founder, &group.id, WriteRule::Members), Right::May);
}

#[test]
fn a_list_of_fewer_rights_takes_nothing_from_what_others_built_on() {
    let coalition = Coalition::new();
    let (founder, relay) = (&coalition.founder, secrets(900));
    let (writes, relays) = (founder.device(), DeviceId(relay.device.public()));
    let mut set = coalition.set_with(&[founder.certify(&relay, Capabilities::RELAY, 0)]);
    let authority = Authority::evaluate(&set);
    let none = std::collections::BTreeMap::new();
    let mut next = rotate(coalition.id, authority.keys(), founder.id, &founder.words, &none).unwrap();
    for listed in &mut next.body.devices {
        listed.capabilities = Capabilities::GOVERN;
    }
    let next = Signed::sign(next.body, SigningKey::Root(1, &founder.words.root(1)));
    assert!(matches!(set.offer(Record::Rotation(next)), Offer::Inserted { .. }));
    let after = Authority::evaluate(&set);
    let write = |device, rule| after.may_write(device, &founder.id, rule, 0);
    for rule in [WriteRule::Members, WriteRule::Owner] {
        assert_eq!(authority.may_write(&writes, &founder.id, rule, 0), Right::May);
        assert_eq!(write(&writes, rule), Right::IfBuiltOn, "{rule:?}");
    }
    assert_eq!(write(&relays, WriteRule::Owner), Right::MayNot(MayNot::NoCapability));
    // Its certificate may have come after others built on its words.
    assert_eq!(write(&relays, WriteRule::Members), Right::IfBuiltOn);
}

#[test]
fn a_right_that_a_list_took_is_believed_alike_whenever_its_certificate_comes() {
    let coalition = Coalition::new();
    let (founder, second) = (&coalition.founder, secrets(900));
    let device = DeviceId(second.device.public());
    let [relays, writes] = [Capabilities::RELAY, Capabilities::WRITE].map(|rights| founder.certify(&second, rights, 0));
    let before = coalition.set_with(&[relays]);
    let none = std::collections::BTreeMap::new();
    let keys = Authority::evaluate(&before);
    let next = rotate(coalition.id, keys.keys(), founder.id, &founder.words, &none).unwrap();
    let mut set = before;
    set.offer(Record::Rotation(next));
    let less = Authority::evaluate(&set);
    set.offer(writes);
    let more = Authority::evaluate(&set);
    let right = |of: &Authority| of.may_write(&device, &founder.id, WriteRule::Owner, 0);
    assert_eq!([right(&less), right(&more)], [Right::MayNot(MayNot::NoCapability), Right::IfBuiltOn]);
    assert_ne!(less.digest(), more.digest(), "who kept what followed from the one reads it anew");
}

#[test]
fn thirteen_hundred_groups_that_one_device_let_in_are_members() {
    let coalition = Coalition::with(|genesis| genesis.elector_slots = 4_096);
    let mut set = coalition.set();
    let (ticket, invite) = coalition.invite(&set, 1_300, 1);
    set.offer(invite);
    for number in 1..=1_300_u16 {
        let group = Group::new(number);
        let slot = u32::from(number) - 1;
        signed(&coalition, &group).into_iter().for_each(|record| drop(set.offer(record)));
        set.offer(Record::Join(ticket.join(group.id, group.key(), slot, NOW)));
        set.offer(coalition.vouch(&coalition.founder, slot, &group));
    }
    let authority = Authority::evaluate(&set);
    assert_eq!(authority.members().count(), 1_301);
}
