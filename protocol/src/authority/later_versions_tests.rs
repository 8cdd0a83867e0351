//! Life under a later version of the statement than the founders': invites, joins and exported sheets.

use super::application::{ApplicationError, ApplicationVerdict, judge_application};
use super::*;
use crate::control::sample::{Coalition, Group, LATER, NOW};
use crate::control::{Offer, Record, Signs, Version, join_records};
use crate::invite::{InviteTicket, NewInvite};
use crate::sheet::{SheetError, StatementSheet};
use std::collections::BTreeMap;

/// Three founders who adopted a second version and, with a guest among the electors, a third one.
struct Later {
    coalition: Coalition,
    founders: [Group; 3],
    guest: Group,
    second: Version,
    third: Version,
    records: Vec<Record>,
}

fn later() -> Later {
    let founders = [0, 1, 2].map(Group::new);
    let [a, b, c] = &founders;
    let coalition = Coalition::founded_by(&[0, 1, 2].map(Group::new), |_| {});
    let guest = Group::new(7);
    let second = coalition.propose((a, 0), coalition.version, "Two.", &[a, b, &guest], &[]);
    let third = coalition.propose((b, 0), second.version(), "Three.", &[a, b, c], &[]);
    let mut records = [guest.records(), coalition.voted(&second, &[a, b])].concat();
    records.extend([coalition.signature(&guest, 1), coalition.vouch(a, 0, &guest)]);
    records.extend(coalition.voted(&third, &[b, &guest]));
    Later { coalition, founders, guest, second, third, records }
}

impl Later {
    fn set(&self) -> ControlSet {
        self.coalition.set_with(&self.records)
    }

    fn invite(&self, set: &ControlSet) -> (InviteTicket, Record) {
        let device = &self.founders[0].secrets.device;
        let new = NewInvite { device, seed: [4; 32], count: 1, now: NOW, expires: LATER, addresses: vec![] };
        InviteTicket::issue(set, &Authority::evaluate(set), new).unwrap()
    }

    fn join(&self, group: &Group, ticket: &InviteTicket) -> Vec<Record> {
        let text = ticket.statement().unwrap().text_hash();
        join_records(&group.plan(), ticket, 0, Signs::Now(text), NOW).unwrap().records
    }
}

#[test]
fn an_invite_carries_the_statement_in_force_and_proves_it_to_somebody_who_knows_nothing() {
    let later = later();
    let (ticket, _) = later.invite(&later.set());
    assert_eq!(ticket.version, later.third.version());
    let ticket = InviteTicket::parse(&ticket.to_text().unwrap()).unwrap();
    assert_eq!(ticket.statement().unwrap().text, "Three.");
    let mut fresh = ControlSet::new(later.coalition.id);
    for record in &ticket.records {
        assert!(matches!(fresh.offer(record.clone()), Offer::Inserted { .. }), "{:?}", record.kind());
    }
    let mut unproven = ticket.clone();
    unproven.records.retain(|record| record.id().0 != later.guest.id.0);
    assert!(unproven.statement().is_none(), "a vote of somebody unknown proves nothing");
    assert!(ticket.short().statement().is_none());
}

#[test]
fn a_newcomer_joins_under_the_version_of_its_invite() {
    let later = later();
    let (known, newcomer) = (later.set(), Group::new(9));
    let (ticket, invite) = later.invite(&known);
    let application = later.join(&newcomer, &ticket);
    let judge = |set: &ControlSet| judge_application(set, &Authority::evaluate(set), NOW, &application);
    let mut set = known;
    set.offer(invite);
    let accepted = ApplicationVerdict::Accept { group: newcomer.id, device: newcomer.device() };
    assert_eq!(judge(&set), accepted);
    for record in &application {
        set.offer(record.clone());
    }
    let after = Authority::evaluate(&set);
    assert!(after.is_member(&newcomer.id));
    assert_eq!(after.signed_last(&newcomer.id), Some(later.third.version()));
    let device = later.founders[0].device();
    let taken = SlotState::Taken { group: newcomer.id, by: TakenBy::Join };
    assert_eq!(after.slot_under(&later.third.version(), &device, 0), taken);
    let earlier = SlotState::Taken { group: later.guest.id, by: TakenBy::Vouch };
    assert_eq!(after.slot_under(&later.coalition.version, &device, 0), earlier, "slots of another version are others");
    // Somebody else on the same slot is refused; on a node that has not heard of the version all are.
    let late = later.join(&Group::new(10), &ticket);
    let verdict = judge_application(&set, &after, NOW, &late);
    assert_eq!(
        verdict,
        ApplicationVerdict::Refused(ApplicationError::SlotTaken { slot: ticket.first, by: newcomer.id })
    );
    let version = later.third.version();
    let unknown = ApplicationVerdict::Refused(ApplicationError::UnknownVersion { version });
    assert_eq!(judge(&later.coalition.set()), unknown);
}

#[test]
fn a_sheet_of_a_later_version_proves_its_adoption() {
    let later = later();
    let [a, b, _] = &later.founders;
    let mut set = later.set();
    set.offer(later.coalition.sign_version(a, &later.third, 2));
    set.offer(later.coalition.sign_version(b, &later.third, 2));
    let authority = Authority::evaluate(&set);
    let sheet = StatementSheet::export(&set, &authority).unwrap();
    assert_eq!((sheet.schema, sheet.statement.text.as_str(), sheet.rows.len()), (2, "Three.", 2));
    let bytes = sheet.to_bytes();
    assert!(StatementSheet::verify(&bytes).unwrap().is_sound());
    for at in (0..bytes.len()).step_by(97) {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        assert!(!StatementSheet::verify(&altered).is_ok_and(|report| report.is_sound()), "byte {at}");
    }
    for missing in 0..sheet.statement.adoptions.len() {
        let mut cut = sheet.clone();
        cut.statement.adoptions.remove(missing);
        assert!(StatementSheet::verify(&cut.to_bytes()).is_err(), "record {missing}");
    }
    let of = |version| StatementSheet::export_version(&set, &authority, &version);
    let first = of(later.coalition.version).unwrap();
    assert_eq!((first.schema, first.statement.adoptions.len(), first.rows.len()), (1, 0, 4));
    assert!(!String::from_utf8(first.to_bytes()).unwrap().contains("adoptions"), "as programs before know it");
    assert!(StatementSheet::verify(&first.to_bytes()).unwrap().is_sound());
    assert_eq!(of(later.second.version()).unwrap().rows.len(), 0);
    let open = VersionId([9; 32]);
    assert!(matches!(of(open), Err(SheetError::NotAdopted { version }) if version == open));
    // A sheet does not pass for one of another version.
    let mut mixed = first;
    mixed.statement.version = sheet.statement.version;
    assert!(matches!(StatementSheet::verify(&mixed.to_bytes()), Err(SheetError::Unproven { what: "version" })));
}

#[test]
fn a_version_that_later_roots_adopted_is_proven_with_the_rotations_before_them() {
    let founders = [0, 1, 2].map(Group::new);
    let coalition = Coalition::founded_by(&founders, |_| {});
    let [a, b, c] = &founders;
    let mut set = coalition.set();
    let next = rotate(coalition.id, Authority::evaluate(&set).keys(), b.id, &b.words, &BTreeMap::new()).unwrap();
    set.offer(Record::Rotation(next));
    let version = coalition.propose((a, 0), coalition.version, "Two.", &[a, b, c], &[]);
    coalition.voted(&version, &[a]).into_iter().for_each(|record| drop(set.offer(record)));
    let root = b.words.root(1);
    let about = (coalition.id, version.version());
    let key = crate::control::SigningKey::Root(1, &root);
    set.offer(Record::Vote(crate::control::Vote::new(about, b.id, key, None)));
    let proof = set.proof_of(&version.version()).unwrap();
    assert!(proof.iter().any(|record| matches!(record, Record::Rotation(_))));
    let mut fresh = ControlSet::new(coalition.id);
    assert!(proof.into_iter().all(|record| matches!(fresh.offer(record), Offer::Inserted { .. })));
    assert_eq!(fresh.statement(&version.version()).map(|it| it.text.as_str()), Some("Two."));
}
