//! What a pull brings of control records, whatever somebody has handed in before.

use super::pull::HELD;
use super::*;
use crate::control::sample::{Coalition, Group};
use crate::control::{
    InceptionBody, Recovery, RecoveryBody, RootNumber, Signed, Signer, SigningKey, first_device_with,
};
use crate::id::{Digest, RecordId};
use crate::key::{SecretKey, Signature};
use crate::limits::MAX_REQUEST;
use crate::sync::message::{BucketWant, ControlSummary, Hello, LogSummary, RecordsWant, Rest, ShortHash};
use crate::sync::{pack, serve};
use std::collections::BTreeSet;

/// A node's state of control records alone.
fn view<'a>(control: &'a ControlSet, (authority, logs): &'a (Authority, Logs)) -> View<'a> {
    View { coalition: control.coalition(), control, authority, logs }
}

/// One pull; how many records came.
fn pulled(asker: &mut ControlSet, holder: &ControlSet, nonce: u64) -> usize {
    let nothing = (Authority::default(), Logs::default());
    let (mut session, mut came) = (Session::default(), 0);
    let (id, request) = session.start(view(asker, &nothing), nonce).unwrap();
    let mut requests = vec![(id, request)];
    loop {
        for (id, request) in requests {
            let response = match &request {
                Request::Hello(hello) => serve::hello(view(holder, &nothing), hello),
                Request::Control(want) => serve::control(view(holder, &nothing), want),
                other => panic!("only records differ: {other:?}"),
            };
            let taken = session.take(view(asker, &nothing), id, response, Lookahead::Held).unwrap();
            if let Intake::Records(records) = taken.0 {
                came += records.len();
                asker.offer_all(records, None);
            }
        }
        match session.next(view(asker, &nothing)) {
            Some(Next::Ask(more)) => requests = more,
            Some(Next::Done(_)) | None => return came,
        }
    }
}

/// A root that no group ever gets to.
const NEVER: Signer = Signer::Root(64);
const FORGED: Signature = Signature([3; 64]);

/// A group and its two contacts, and the recovery that they give it.
fn recovered(coalition: &Coalition) -> (Vec<Record>, Recovery) {
    let contacts = [1, 2].map(Group::new);
    let group = Group::new(3);
    let (inception, _) = first_device_with(&group.plan(), contacts.iter().map(|contact| contact.id).collect(), 2);
    let (root, chain) = Group::new(4).words.beginning();
    let body = RecoveryBody {
        format: Format,
        coalition: coalition.id,
        group: inception.group(),
        recovery: 1,
        root,
        chain,
        devices: Vec::new(),
    };
    let approve = |contact: &Group| body.approve(contact.id, RootNumber::FIRST, &contact.words.root(0));
    let approvals = contacts.iter().map(approve).collect();
    let mut known = coalition.records.clone();
    known.extend(contacts.iter().map(|contact| contact.inception.clone()));
    known.push(Record::Inception(inception));
    (known, Recovery::new(body, approvals))
}

fn set_of(coalition: CoalitionId, records: &[Record]) -> ControlSet {
    let mut set = ControlSet::new(coalition);
    set.offer_all(records.to_vec(), None);
    set
}

#[test]
fn a_forged_recovery_that_waits_keeps_nobody_from_pulling_the_real_one() {
    let coalition = Coalition::new();
    let (known, recovery) = recovered(&coalition);
    let mut forged = recovery.clone();
    forged.approvals.iter_mut().for_each(|approval| (approval.signer, approval.signature) = (NEVER, FORGED));
    assert_eq!(forged.id(), recovery.id());
    let mut asker = set_of(coalition.id, &known);
    asker.offer(Record::Recovery(Box::new(forged)));
    assert_eq!(asker.waiting(), 1, "for a root that never comes");
    let mut holder = set_of(coalition.id, &known);
    holder.offer(Record::Recovery(Box::new(recovery.clone())));
    assert_eq!(pulled(&mut asker, &holder, 1), 1);
    assert_eq!(asker.get(&recovery.id()), Some(&Record::Recovery(Box::new(recovery))));
    assert_eq!(asker.fingerprint(), holder.fingerprint());
}

#[test]
fn what_waits_is_not_sent_again() {
    let coalition = Coalition::new();
    let (known, recovery) = recovered(&coalition);
    let holder = set_of(coalition.id, &[known.clone(), vec![Record::Recovery(Box::new(recovery.clone()))]].concat());
    // All but the founding records wait: nobody has named those groups here.
    let mut asker = ControlSet::of_node(coalition.id, coalition.founder.id);
    asker.offer_all(coalition.records.clone(), None);
    let lacks = holder.len() - asker.len();
    assert_eq!(pulled(&mut asker, &holder, 1), lacks);
    assert_eq!((asker.waiting(), pulled(&mut asker, &holder, 2)), (lacks, 0));
    // Another node proves the same recovery otherwise: that is news, once.
    let mut other = recovery;
    other.approvals.truncate(1);
    let mut asker = ControlSet::of_node(coalition.id, coalition.founder.id);
    asker.offer_all([coalition.records.clone(), vec![Record::Recovery(Box::new(other))]].concat(), None);
    assert_eq!(pulled(&mut asker, &holder, 1), lacks);
    assert_eq!(pulled(&mut asker, &holder, 2), 0);
}

#[test]
fn each_pull_names_what_is_held_otherwise() {
    let coalition = Coalition::new();
    let (holder, nothing) = (coalition.set(), (Authority::default(), Logs::default()));
    let ask = |nonce, held: Vec<ShortHash>| {
        let buckets = coalition.records.iter().map(|record| record.id().0[0]).collect::<BTreeSet<u8>>();
        let buckets = buckets.into_iter().map(|bucket| BucketWant { bucket, held: held.clone() }).collect();
        match serve::control(view(&holder, &nothing), &RecordsWant { nonce, buckets }) {
            Response::Control { records, .. } => records.len(),
            other => panic!("{other:?}"),
        }
    };
    let names = |nonce| coalition.records.iter().map(|record| ShortHash::of(&record.id().0, nonce)).collect();
    assert_eq!((ask(1, names(1)), ask(2, names(2))), (0, 0));
    assert_eq!(ask(2, names(1)), holder.len(), "a name says nothing in another exchange");
    assert_ne!(ControlSummary::buckets(&holder, 1), ControlSummary::buckets(&holder, 2));
}

#[test]
fn however_many_records_are_held_no_request_for_more_is_too_long() {
    let root = SecretKey::from_seed(&[1; 32]);
    let mut control = ControlSet::new(CoalitionId([1; 32]));
    for number in 0..(MAX_REQUEST / HELD) as u64 {
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&number.to_be_bytes());
        let body = InceptionBody {
            format: Format,
            name: "Applicant".to_owned(),
            root: root.public(),
            chain: Digest::ZERO,
            contacts: vec![],
            quorum: 0,
            nonce,
        };
        control.offer(Record::Inception(Signed::sign(body, SigningKey::Root(0, &root))));
    }
    let (authority, logs) = (Authority::default(), Logs::default());
    let view = View { coalition: control.coalition(), control: &control, authority: &authority, logs: &logs };
    let mut session = Session::default();
    let (id, _) = session.start(view, 1).unwrap();
    let buckets = vec![ShortHash([7; 8]); 256];
    let hello = Response::Hello { control: ControlSummary::Buckets(buckets), logs: LogSummary::Same };
    session.take(view, id, hello, Lookahead::Held).unwrap();
    let mut asked = BTreeSet::new();
    while let Some(Next::Ask(requests)) = session.next(view) {
        for (id, request) in requests {
            assert!(pack(&request).len() <= MAX_REQUEST);
            let Request::Control(want) = request else { panic!("only records differ") };
            asked.extend(want.buckets.iter().map(|want| want.bucket));
            let nothing = Response::Control { records: Vec::new(), rest: Rest::None };
            session.take(view, id, nothing, Lookahead::Held).unwrap();
        }
    }
    assert_eq!(asked.len(), 256);
}

#[test]
fn a_build_that_names_what_it_holds_alike_in_every_exchange_is_answered_as_before() {
    let coalition = Coalition::new();
    let (known, _) = recovered(&coalition);
    let (holder, nothing) = (set_of(coalition.id, &known), (Authority::default(), Logs::default()));
    let asker = coalition.set();
    let hello = Hello {
        version: Format,
        coalition: coalition.id,
        control: asker.fingerprint(),
        logs: nothing.1.digest(),
        devices: nothing.1.devices_digest(),
        nonce: 9,
    };
    let Response::Hello { control: ControlSummary::BucketsOf1(buckets), .. } =
        serve::hello_of_1(view(&holder, &nothing), &hello)
    else {
        panic!("the sets differ");
    };
    let differs = |(bucket, theirs): (u8, u64)| {
        let ours = &asker.buckets()[usize::from(bucket)].0[..8];
        (theirs.to_be_bytes() != ours).then_some(bucket)
    };
    let first = |id: RecordId| {
        let mut first = [0; 8];
        first.copy_from_slice(&id.0[..8]);
        ShortHash(first)
    };
    let wants: Vec<BucketWant> = (0..=u8::MAX)
        .zip(buckets)
        .filter_map(differs)
        .map(|bucket| BucketWant { bucket, held: asker.ids_in_bucket(bucket).into_iter().map(first).collect() })
        .collect();
    let Response::Control { records, .. } = serve::control_of_1(view(&holder, &nothing), &wants) else { panic!() };
    let news: BTreeSet<RecordId> = records.iter().map(Record::id).collect();
    let lacks = holder.iter().map(Record::id).filter(|id| asker.get(id).is_none()).collect();
    assert_eq!(news, lacks);
    // Nobody is told in the old words who asks in the new ones.
    let mut session = Session::default();
    let (id, _) = session.start(view(&asker, &nothing), 9).unwrap();
    let old = Response::Hello { control: ControlSummary::BucketsOf1(vec![0; 256]), logs: LogSummary::Same };
    let taken = session.take(view(&asker, &nothing), id, old, Lookahead::Held);
    assert!(matches!(taken, Err(SessionError::Mismatch)));
}
