//! Records of versions, votes, adoptions and mandates: bytes, bounds and forgeries.

use super::sample::{Coalition, Group, NOW};
use super::*;
use crate::id::VersionId;
use crate::limits::{MAX_MANDATES, MAX_PROPOSALS, MAX_RECORD, MAX_STATEMENT};
use crate::time::Timestamp;
use proptest::prelude::*;
use std::sync::LazyLock;

fn three() -> (Coalition, [Group; 3]) {
    let founders = [0, 1, 2].map(Group::new);
    (Coalition::founded_by(&founders, |_| {}), founders)
}

fn claim(coalition: &Coalition, by: &Group) -> MandateBody {
    MandateBody {
        format: crate::codec::Format,
        coalition: coalition.id,
        version: coalition.version,
        group: by.id,
        number: 0,
        counter: 1,
        role: Role::Backbone,
        scope: "Meetings and money.".into(),
        term: Term { from: NOW, to: Timestamp(NOW.0 + 1) },
    }
}

/// An adopted version in a set, and one record of each kind.
static ALL: LazyLock<(Coalition, ControlSet, Vec<Record>)> = LazyLock::new(|| {
    let (coalition, [a, b, c]) = three();
    let next = coalition.propose((&a, 0), coalition.version, "Two.\n", &[&a, &b], &[&c]);
    let mandate = Signed::sign(claim(&coalition, &c), c.key());
    let word = Endorsement::new((coalition.id, mandate.id()), a.id, 1, (Stance::Endorsed, NOW), a.key());
    let mut records = coalition.voted(&next, &[&a, &b]);
    records.extend([Record::Mandate(mandate), Record::Endorsement(word)]);
    let set = coalition.set_with(&records);
    records.push(Record::Adoption(Box::new(set.adoption(&next.version()).unwrap().clone())));
    (coalition, set, records)
});

#[test]
fn every_kind_reads_back_from_its_bytes() {
    for record in &ALL.2 {
        assert_eq!(Record::decode(&record.encode()).as_ref(), Ok(record), "{}", record.kind());
    }
}

proptest! {
    #[test]
    fn a_damaged_record_is_refused_or_changes_nothing(at in any::<prop::sample::Index>(), byte: prop::sample::Index, flip in 1_u8..) {
        let (_, set, records) = &*ALL;
        let mut bytes = at.get(records).encode();
        let byte = byte.index(bytes.len());
        bytes[byte] ^= flip;
        let mut set = set.clone();
        let before = set.fingerprint();
        if let Ok(record) = Record::decode(&bytes) {
            let offer = set.offer(record);
            prop_assert!(!matches!(offer, Offer::Inserted { .. }), "{:?}", offer);
            prop_assert_eq!(set.fingerprint(), before);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(kind in 9_u8..19, bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let bytes: Vec<u8> = [kind, 1].into_iter().chain(bytes).collect();
        if let Ok(record) = Record::decode(&bytes) {
            prop_assert_eq!(record.encode(), bytes);
        }
    }
}

#[test]
fn an_adoption_needs_the_votes_of_enough_electors_of_its_base() {
    let (coalition, [a, b, c]) = three();
    let guest = Group::new(7);
    let next = coalition.propose((&a, 0), coalition.version, "Two.", &[&a, &b, &c], &[]);
    let vote = |by: &Group| Vote::new((coalition.id, next.version()), by.id, by.key(), Some(by.cert()));
    let adopted = |by: &[&Group]| {
        let mut votes: Vec<Vote> = by.iter().map(|group| vote(group)).collect();
        votes.sort_by_key(|vote| vote.body().group);
        Adoption::new(next.body().clone(), next.signed.signer, votes.iter().collect())
    };
    let mut set = coalition.set_with(&guest.records());
    let mut offer = |adoption: Adoption| set.offer(Record::Adoption(Box::new(adoption)));
    assert_eq!(offer(adopted(&[&a])), Offer::Refused(RecordError::Votes { expected: 2, found: 1 }));
    let foreign = RecordError::NotElector { group: guest.id, version: coalition.version };
    assert_eq!(offer(adopted(&[&a, &guest])), Offer::Refused(foreign));
    assert_eq!(offer(adopted(&[&a, &a])), Offer::Refused(RecordError::Order { field: "votes" }));
    let mut forged = adopted(&[&a, &b]);
    forged.body.statement.text = "Other.".into();
    assert!(matches!(offer(forged), Offer::Refused(RecordError::Signature { .. })));
    assert!(matches!(offer(adopted(&[&a, &b])), Offer::Inserted { .. }));
    assert_eq!(offer(adopted(&[&b, &c])), Offer::AlreadyKnown, "other votes prove the same");
}

#[test]
fn a_vote_brings_a_certificate_that_lets_its_device_govern() {
    let (coalition, [a, b, c]) = three();
    let next = coalition.propose((&a, 0), coalition.version, "Two.", &[&a, &b, &c], &[]);
    let mut set = coalition.set_with(&coalition.voted(&next, &[]));
    let about = (coalition.id, next.version());
    let Record::DeviceCert(weak) = a.certify(&a.secrets, Capabilities::WRITE, 1) else { unreachable!() };
    let device = a.device();
    for certificate in [b.cert(), &weak] {
        let vote = Vote::new(about, a.id, a.key(), Some(certificate));
        assert_eq!(set.offer(Record::Vote(vote)), Offer::Refused(RecordError::Certificate { device }));
    }
    let bare = Vote::new(about, a.id, a.key(), None);
    assert!(matches!(set.offer(Record::Vote(bare)), Offer::Refused(RecordError::Signer { .. })));
    // A certificate that another group's root signed.
    let root = b.words.root(0);
    let forged = DeviceCert::new(a.cert().body().clone(), SigningKey::Root(0, &root), &a.secrets);
    let vote = Vote::new(about, a.id, a.key(), Some(&forged));
    assert!(matches!(set.offer(Record::Vote(vote)), Offer::Refused(RecordError::Signature { .. })));
}

#[test]
fn votes_and_heirs_wait_for_what_they_follow() {
    let (coalition, [a, b, c]) = three();
    let first = coalition.propose((&a, 0), coalition.version, "Two.", &[&a, &b, &c], &[]);
    let second = coalition.propose((&b, 0), first.version(), "Three.", &[&a], &[]);
    let mut set = coalition.set();
    let mut records = [coalition.voted(&first, &[&a, &b]), coalition.voted(&second, &[&b, &c])].concat();
    records.reverse();
    let last = records.pop().unwrap();
    for record in records {
        assert!(matches!(set.offer(record), Offer::Waiting { missing: Missing::Version(_) }));
    }
    assert!(matches!(set.offer(last), Offer::Inserted { .. }));
    assert_eq!((set.waiting(), set.adoptions().count()), (0, 2));
    assert_eq!(set.electors_of(&second.version()), Some(&[a.id][..]));
}

#[test]
fn what_nobody_could_live_by_is_refused() {
    let (coalition, [a, b, _]) = three();
    let refused = |change: fn(&mut VersionBody)| {
        let version = coalition.propose((&a, 0), coalition.version, "Two.", &[&a], &[&b]);
        let mut body = version.body().clone();
        change(&mut body);
        Record::Version(Box::new(Version::new(body, a.key(), Some(a.cert())))).check().unwrap_err()
    };
    assert!(matches!(refused(|v| v.number = MAX_PROPOSALS), RecordError::Bounds { .. }));
    assert!(matches!(refused(|v| v.electors.clear()), RecordError::Bounds { field: "electors", found: 0, .. }));
    assert!(matches!(refused(|v| v.electors = vec![v.removed[0].group]), RecordError::Bounds { .. }));
    assert!(matches!(refused(|v| v.removed.push(v.removed[0].clone())), RecordError::Order { .. }));
    let long = |v: &mut VersionBody| {
        let text = "x".repeat(MAX_STATEMENT);
        v.statement.policies = vec![Policy { title: "P".into(), text: text.clone() }];
        v.statement.text = text;
    };
    assert!(matches!(refused(long), RecordError::Bounds { field: "size of the version", .. }));
    let mut mandate = claim(&coalition, &a);
    mandate.number = MAX_MANDATES;
    assert!(Record::Mandate(Signed::sign(mandate.clone(), a.key())).check().is_err());
    mandate.number = 0;
    mandate.term.to = mandate.term.from;
    let error = Record::Mandate(Signed::sign(mandate, a.key())).check().unwrap_err();
    assert!(matches!(error, RecordError::Bounds { field: "end of the term", .. }));
}

#[test]
fn the_largest_version_fits_a_record_with_the_votes_of_all_electors() {
    let groups: Vec<Group> = (0..64).map(Group::new).collect();
    let coalition = Coalition::founded_by(&groups, |genesis| {
        genesis.threshold = Threshold { numerator: 1, denominator: 1 };
    });
    let all: Vec<&Group> = groups.iter().collect();
    let mut next = coalition.propose((all[0], 0), coalition.version, "x", &all, &[]);
    let text = "x".repeat(61 * 1024);
    next.signed.body.statement.text = "x".repeat(MAX_STATEMENT);
    next.signed.body.statement.policies = vec![Policy { title: "P".into(), text }];
    let next = Version::new(next.signed.body, all[0].key(), Some(all[0].cert()));
    let mut set = coalition.set_with(&coalition.voted(&next, &all));
    let adoption = set.adoption(&next.version()).unwrap().clone();
    let found = Record::Adoption(Box::new(adoption)).encode().len();
    assert!(found > 215 * 1024 && found < MAX_RECORD, "{found}");
    assert!(matches!(set.offer(coalition.vote(all[3], &next)), Offer::AlreadyKnown));
}

#[test]
fn nobody_grows_the_set_by_proposing_or_claiming_without_end() {
    let (coalition, [a, b, c]) = three();
    let mut set = coalition.set();
    let before = set.len();
    for n in 0..40 {
        let next = coalition.propose((&a, n % MAX_PROPOSALS), coalition.version, &format!("{n}"), &[&a], &[]);
        coalition.voted(&next, &[&a]).into_iter().for_each(|record| drop(set.offer(record)));
        let mandate = MandateBody { number: n % 2, counter: n.into(), ..claim(&coalition, &b) };
        let mandate = Signed::sign(mandate, b.key());
        let word = Endorsement::new((coalition.id, mandate.id()), c.id, 1, (Stance::Endorsed, NOW), c.key());
        set.offer(Record::Mandate(mandate));
        set.offer(Record::Endorsement(word));
    }
    let kept = 2 * MAX_PROPOSALS as usize;
    assert_eq!(set.len() - before, 2 * kept + 2 * 4, "proposals with a vote each, and claims with a word each");
    assert!(set.adoptions().next().is_none());
    assert!(set.votes_for(&VersionId([0; 32])).next().is_none());
}
