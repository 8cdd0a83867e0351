//! The lobby: who is let in, and what the others are told.

use super::application::{ApplicationError, ApplicationVerdict, judge_application};
use super::*;
use crate::control::sample::{Coalition, Group, LATER, NOW, secrets};
use crate::control::{Admission, Capabilities, Kind, Record};
use crate::time::Timestamp;

fn judge(coalition: &Coalition, known: &[Record], records: &[Record]) -> ApplicationVerdict {
    judge_at(coalition, known, records, NOW)
}

fn judge_at(coalition: &Coalition, known: &[Record], records: &[Record], now: Timestamp) -> ApplicationVerdict {
    let set = coalition.set_with(known);
    judge_application(&set, &Authority::evaluate(&set), now, records)
}

fn accept(group: &Group) -> ApplicationVerdict {
    ApplicationVerdict::Accept { group: group.id, device: group.device() }
}

#[test]
fn an_invited_group_comes_in_and_may_ask_again() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let (ticket, invite) = coalition.invite(&coalition.set(), 1, 1);
    let application = coalition.join(&group, &ticket);
    assert_eq!(judge(&coalition, std::slice::from_ref(&invite), &application), accept(&group));
    let known = [vec![invite], application.clone()].concat();
    assert_eq!(judge_at(&coalition, &known, &application, Timestamp(LATER.0 + 9)), accept(&group));
}

#[test]
fn a_node_that_has_not_heard_of_the_invite_takes_the_proof() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let (ticket, _) = coalition.invite(&coalition.set(), 1, 1);
    let application = coalition.join(&group, &ticket);
    assert_eq!(judge(&coalition, &[], &application), ApplicationVerdict::Refused(ApplicationError::UnknownInvite));
    let with_proof = [ticket.proof(), application].concat();
    assert_eq!(judge(&coalition, &[], &with_proof), accept(&group));
}

#[test]
fn what_a_stranger_certifies_proves_no_invite() {
    let (ours, theirs) = (Coalition::new(), Group::new(7));
    let group = Group::new(1);
    let key = crate::key::SecretKey::from_seed(&[1; 32]);
    let (ticket, _) = ours.invite(&ours.set(), 1, 1);
    let about = ours.about();
    let device = &theirs.secrets.device;
    let own_invite =
        Record::Invite(crate::control::Invite::new(about, theirs.id, (0, 1), key.public(), (NOW, LATER), device));
    let ticket = crate::invite::InviteTicket { issuer: theirs.device(), seed: [1; 32], ..ticket };
    let mut application = vec![theirs.inception.clone(), theirs.certificate.clone(), own_invite];
    application.extend(ours.join(&group, &ticket));
    assert_eq!(judge(&ours, &[], &application), ApplicationVerdict::Refused(ApplicationError::UnknownInvite));
}

#[test]
fn each_refusal_says_why() {
    let coalition = Coalition::new();
    let (group, other) = (Group::new(1), Group::new(2));
    let (ticket, invite) = coalition.invite(&coalition.set(), 1, 1);
    let application = coalition.join(&group, &ticket);
    let known = vec![invite];
    let refused = |known: &[Record], records: &[Record], now| match judge_at(&coalition, known, records, now) {
        ApplicationVerdict::Refused(error) => error,
        ApplicationVerdict::Accept { .. } => panic!("accepted"),
    };
    let late = Timestamp(LATER.0 + 1);
    assert_eq!(refused(&known, &application, late), ApplicationError::Expired { at: LATER });
    let revoked = [known.clone(), vec![coalition.revoke(&coalition.founder, vec![0])]].concat();
    assert_eq!(refused(&revoked, &application, NOW), ApplicationError::Revoked);
    let used = [known.clone(), coalition.join(&other, &ticket)].concat();
    assert_eq!(refused(&used, &application, NOW), ApplicationError::SlotTaken { slot: 0, by: other.id });
    for (at, kind) in [(0, Kind::Inception), (1, Kind::DeviceCert), (2, Kind::Join)] {
        let mut less = application.clone();
        less.remove(at);
        assert_eq!(refused(&known, &less, NOW), ApplicationError::Incomplete { missing: kind });
    }
    let vouch = [application.clone(), vec![coalition.vouch(&coalition.founder, 3, &group)]].concat();
    let error = refused(&known, &vouch, NOW);
    let incomplete = ApplicationError::OutOfPlace { kind: Kind::Vouch };
    assert!(error == incomplete, "{error:?}");
    let large: Vec<Record> = std::iter::repeat_n(application.clone(), 10).flatten().collect();
    assert!(matches!(refused(&known, &large, NOW), ApplicationError::TooLarge { .. }));
    let foreign = Coalition::with(|genesis| genesis.name = "Other".into());
    let (their_ticket, _) = foreign.invite(&foreign.set(), 1, 1);
    let error = refused(&known, &foreign.join(&group, &their_ticket), NOW);
    assert_eq!(error, ApplicationError::WrongCoalition { expected: coalition.id, found: foreign.id });
}

#[test]
fn an_unsigned_application_comes_in_and_a_forged_one_does_not() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let (ticket, invite) = coalition.invite(&coalition.set(), 1, 1);
    let mut application = coalition.join(&group, &ticket);
    application.pop();
    assert_eq!(judge(&coalition, std::slice::from_ref(&invite), &application), accept(&group));
    let wrong = crate::invite::InviteTicket { seed: [2; 32], ..ticket };
    let unknown = ApplicationVerdict::Refused(ApplicationError::UnknownInvite);
    assert_eq!(judge(&coalition, std::slice::from_ref(&invite), &coalition.join(&group, &wrong)), unknown);
    if let Some(Record::Join(join)) = application.last_mut() {
        join.by_invite = join.signed.signature;
    }
    let verdict = judge(&coalition, &[invite], &application);
    assert!(matches!(verdict, ApplicationVerdict::Refused(ApplicationError::Invalid(_))), "{verdict:?}");
}

#[test]
fn where_admission_is_open_no_invite_is_needed() {
    let coalition = Coalition::with(|genesis| genesis.admission = Admission::Open);
    let group = Group::new(1);
    let records = [group.inception.clone(), group.certificate.clone(), coalition.signature(&group, 1)];
    assert_eq!(judge(&coalition, &[], &records), accept(&group));
}

#[test]
fn applicants_are_bounded() {
    let coalition = Coalition::with(|genesis| genesis.admission = Admission::Open);
    let mut set = coalition.set();
    let words = crate::words::RecoveryWords::from_entropy([3; 32]);
    let root = words.root(0);
    for number in 0..crate::limits::MAX_APPLICANTS as u64 {
        let body = crate::control::InceptionBody {
            format: crate::codec::Format,
            name: format!("Applicant {number}"),
            root: root.public(),
            chain: Digest::ZERO,
            contacts: vec![],
            quorum: 0,
            nonce: [0; 16],
        };
        set.offer(Record::Inception(crate::control::Signed::sign(body, crate::control::SigningKey::Root(0, &root))));
    }
    let group = Group::new(1);
    let records = [group.inception.clone(), group.certificate.clone()];
    let verdict = judge_application(&set, &Authority::evaluate(&set), NOW, &records);
    assert_eq!(verdict, ApplicationVerdict::Refused(ApplicationError::Full));
}

#[test]
fn an_applicant_cannot_hand_in_one_device_after_another() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let (ticket, invite) = coalition.invite(&coalition.set(), 1, 1);
    let mut application = coalition.join(&group, &ticket);
    for number in 0..4 {
        application.push(group.certify(&secrets(600 + number), Capabilities::WRITE, 0));
    }
    let refused = ApplicationVerdict::Refused(ApplicationError::TooManyDevices);
    assert_eq!(judge(&coalition, std::slice::from_ref(&invite), &application), refused);
    application.pop();
    assert_eq!(judge(&coalition, &[invite], &application), accept(&group));
}
