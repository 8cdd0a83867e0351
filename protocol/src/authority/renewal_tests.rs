//! A group that goes on under a new root: its devices, and what those that it ended can still do.

use super::application::{ApplicationError, ApplicationVerdict, judge_application};
use super::{Authority, Cut, RenewalError, next_root, renew};
use crate::control::sample::{Coalition, Group, LATER, NOW, secrets};
use crate::control::{Offer, Record, RootNumber};
use crate::id::EntryId;
use crate::key::DeviceId;
use crate::limits::MAX_GOVERNING_DEVICES;
use crate::words::RecoveryWords;
use std::collections::BTreeMap;

fn cut(seq: u64) -> Cut {
    Cut { seq, entry: EntryId([1; 32]) }
}

#[test]
fn a_group_that_loses_one_computer_after_another_always_has_one_that_governs() {
    let coalition = Coalition::new();
    let group = &coalition.founder;
    let mut set = coalition.set();
    let mut lost = group.device();
    for round in 1..=2 * MAX_GOVERNING_DEVICES {
        let authority = Authority::evaluate(&set);
        let device = secrets(100 + u16::try_from(round).unwrap());
        let cuts = BTreeMap::from([(lost, cut(3))]);
        let renewed = renew(coalition.id, authority.keys(), group.id, &group.words, (&device, "new"), &cuts).unwrap();
        assert_eq!(renewed.number, RootNumber { recovery: 0, rotation: u32::try_from(round).unwrap() });
        for record in renewed.records {
            let offer = set.offer(record);
            assert!(matches!(offer, Offer::Inserted { .. }), "{offer:?}");
        }
        lost = DeviceId(device.device.public());
        let authority = Authority::evaluate(&set);
        assert_eq!(authority.governing(&group.id), [lost], "round {round}");
        assert_eq!(authority.certificate(&lost).unwrap().body().label, "new");
        assert!(authority.is_member(&group.id));
        assert!(authority.is_revoked(&group.device()));
        assert_eq!(authority.faults().count(), 0);
    }
}

#[test]
fn a_known_device_goes_on_under_the_new_root_with_its_label() {
    let coalition = Coalition::new();
    let group = &coalition.founder;
    let authority = Authority::evaluate(&coalition.set());
    let none = BTreeMap::new();
    let renewed =
        renew(coalition.id, authority.keys(), group.id, &group.words, (&group.secrets, "other"), &none).unwrap();
    let authority = Authority::evaluate(&coalition.set_with(&renewed.records));
    let certificate = authority.certificate(&group.device()).unwrap();
    assert_eq!((certificate.body().label.as_str(), certificate.body().serial), ("laptop", 1));
    assert_eq!(authority.governing(&group.id), [group.device()]);
}

#[test]
fn words_of_another_group_are_refused_before_anything_is_made() {
    let coalition = Coalition::new();
    let group = coalition.founder.id;
    let authority = Authority::evaluate(&coalition.set());
    let other = RecoveryWords::from_entropy([66; 32]);
    assert_eq!(next_root(authority.keys(), group, &other), Err(RenewalError::OtherWords { group }));
    assert_eq!(next_root(authority.keys(), group, &coalition.founder.words).map(RootNumber::number), Ok(1));
}

#[test]
fn an_invite_of_a_device_that_was_ended_lets_nobody_in() {
    let coalition = Coalition::new();
    let founder = &coalition.founder;
    let (ticket, invite) = coalition.invite(&coalition.set(), 1, 7);
    let guest = Group::new(1);
    let application = coalition.join(&guest, &ticket);
    let verdict = |known: &[Record]| {
        let set = coalition.set_with(known);
        judge_application(&set, &Authority::evaluate(&set), NOW, &application)
    };
    let known = vec![invite.clone()];
    assert!(matches!(verdict(&known), ApplicationVerdict::Accept { .. }));
    let authority = Authority::evaluate(&coalition.set());
    let cuts = BTreeMap::from([(founder.device(), cut(3))]);
    let new = (&secrets(100), "new");
    let renewed = renew(coalition.id, authority.keys(), founder.id, &founder.words, new, &cuts).unwrap();
    let known = [known, renewed.records].concat();
    assert_eq!(verdict(&known), ApplicationVerdict::Refused(ApplicationError::Revoked));
    assert!(NOW < LATER, "the invite has not expired");
}
