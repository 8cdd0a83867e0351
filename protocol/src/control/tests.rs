//! Records and the set: bytes, forgeries, places, waiting, and any order of delivery.

use super::sample::{Coalition, Group, LATER, NOW, secrets};
use super::*;
use crate::authority::Authority;
use crate::codec::Format;
use crate::id::{Digest, RecordId};
use crate::key::{DeviceId, KeyError, PeerKey, PublicKey, SealKey, Signature};
use crate::limits::{MAX_NAME, MAX_WAITING_RECORDS};
use proptest::prelude::*;
use std::sync::LazyLock;

/// One record of every kind, and rivals for most places.
fn story() -> (Coalition, Vec<Record>) {
    let coalition = Coalition::new();
    let groups: Vec<Group> = (1..=6).map(Group::new).collect();
    let founder = &coalition.founder;
    let mut records = coalition.records.clone();
    let set = coalition.set();
    let (one, one_record) = coalition.invite(&set, 1, 1);
    let set = coalition.set_with(std::slice::from_ref(&one_record));
    let (many, many_record) = coalition.invite(&set, 3, 2);
    records.extend([one_record, many_record]);
    // Two groups on one slot, two on an invite for many.
    records.extend(coalition.join(&groups[0], &one));
    records.extend(coalition.join(&groups[1], &one));
    records.extend(coalition.join(&groups[2], &many));
    records.extend(coalition.join(&groups[3], &many));
    // A slot that is closed, one that is confirmed, one that is vouched for twice.
    records.push(coalition.revoke(founder, vec![many.slot_for(&groups[3].id, 0)]));
    records.push(coalition.vouch(founder, many.slot_for(&groups[2].id, 0), &groups[2]));
    records.push(coalition.vouch(founder, 20, &groups[0]));
    records.push(coalition.vouch(founder, 20, &groups[1]));
    records.push(coalition.vouch(founder, 20, &groups[4]));
    // Counters, a tie, and more records in one place than it holds.
    records.extend((2..5).map(|counter| coalition.signature(&groups[0], counter)));
    records.push(coalition.withdrawal(&groups[0], 4, 17));
    records.push(coalition.withdrawal(&groups[2], 1, 17));
    records.push(coalition.signature(&groups[2], 2));
    // A member brings in another group.
    records.push(coalition.vouch(&groups[2], 0, &groups[4]));
    records.extend([groups[4].inception.clone(), groups[4].certificate.clone(), coalition.signature(&groups[4], 1)]);
    // A device of two groups, and certificates that differ in serial and rights.
    records.extend([groups[5].inception.clone(), groups[5].certificate.clone(), coalition.signature(&groups[5], 1)]);
    records.push(groups[3].certify(&groups[5].secrets, Capabilities::ALL, 0));
    for serial in 1..4 {
        records.push(groups[4].certify(&groups[4].secrets, Capabilities::WRITE, serial));
        records.push(groups[4].certify(&groups[4].secrets, Capabilities::ALL, serial));
    }
    (coalition, records)
}

static STORY: LazyLock<(Coalition, Vec<Record>)> = LazyLock::new(story);

fn ids(set: &ControlSet) -> Vec<RecordId> {
    set.entries().map(|(id, _)| *id).collect()
}

fn delivered(coalition: &Coalition, records: impl IntoIterator<Item = Record>) -> ControlSet {
    let mut set = ControlSet::new(coalition.id);
    for record in records {
        let offer = set.offer(record.clone());
        assert!(!matches!(offer, Offer::Refused(_)), "{offer:?} of {record:?}");
    }
    set
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_order_of_delivery_with_duplicates_makes_the_same_set_and_the_same_authority(
        order in Just((0..STORY.1.len()).chain(0..STORY.1.len()).collect::<Vec<_>>()).prop_shuffle()
    ) {
        let (coalition, records) = &*STORY;
        let straight = delivered(coalition, records.clone());
        let shuffled = delivered(coalition, order.iter().map(|at| records[*at].clone()));
        prop_assert_eq!(ids(&shuffled), ids(&straight));
        prop_assert_eq!(shuffled.fingerprint(), straight.fingerprint());
        prop_assert_eq!(shuffled.buckets(), straight.buckets());
        prop_assert_eq!(shuffled.waiting(), 0);
        let (left, right) = (Authority::evaluate(&shuffled), Authority::evaluate(&straight));
        prop_assert_eq!(left.digest(), right.digest());
        prop_assert_eq!(left.members().collect::<Vec<_>>(), right.members().collect::<Vec<_>>());
        let device = coalition.founder.device();
        prop_assert_eq!(left.slots_of(&device), right.slots_of(&device));
        prop_assert_eq!(left.faults().collect::<Vec<_>>(), right.faults().collect::<Vec<_>>());
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_what_decodes_has_one_encoding(
        kind in 0_u8..16, bytes in proptest::collection::vec(any::<u8>(), 0..400)
    ) {
        let bytes: Vec<u8> = [kind, 1].into_iter().chain(bytes).collect();
        if let Ok(record) = Record::decode(&bytes) {
            prop_assert_eq!(record.encode(), bytes);
        }
    }

    #[test]
    fn a_damaged_record_is_refused_or_is_another_record(at in 0_usize..STORY.1.len(), byte: prop::sample::Index, flip in 1_u8..) {
        let (coalition, records) = &*STORY;
        let mut bytes = records[at].encode();
        let byte = byte.index(bytes.len());
        bytes[byte] ^= flip;
        let mut set = delivered(coalition, records.clone());
        if let Ok(record) = Record::decode(&bytes) {
            // The same id with a damaged signature changes nothing; any other id cannot be signed.
            let before = set.fingerprint();
            let offer = set.offer(record);
            prop_assert!(!matches!(offer, Offer::Inserted { .. }), "{:?}", offer);
            prop_assert_eq!(set.fingerprint(), before);
        }
    }
}

#[test]
fn a_signature_has_its_fields_in_the_documented_places() {
    let coalition = Coalition::new();
    let Record::Signature(signature) = coalition.signature(&coalition.founder, 7) else { unreachable!() };
    let bytes = signature.hashed_bytes();
    assert_eq!(bytes.len(), 1 + 32 * 3 + 8 + 8 + 32 + 33);
    assert_eq!(bytes[0], 1);
    assert_eq!(bytes[1..33], coalition.id.0);
    assert_eq!(bytes[65..97], coalition.founder.id.0);
    assert_eq!(bytes[97..105], 7_u64.to_be_bytes());
    assert_eq!(bytes[105..113], NOW.0.to_be_bytes());
    assert_eq!(bytes[113..145], coalition.text_hash.0);
    assert_eq!(bytes[145], 1);
    assert_eq!(bytes[146..], *coalition.founder.device().as_bytes());
}

#[test]
fn a_record_that_came_early_goes_in_with_what_it_waited_for() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let mut set = coalition.set();
    let signature = coalition.signature(&group, 1);
    let missing = Missing::Certificate { group: group.id, device: group.device() };
    assert_eq!(set.offer(signature.clone()), Offer::Waiting { missing });
    assert_eq!(set.offer(group.certificate.clone()), Offer::Waiting { missing: Missing::Inception(group.id) });
    let all = vec![group.inception.id(), group.certificate.id(), signature.id()];
    assert_eq!(set.offer(group.inception.clone()), Offer::Inserted { inserted: all, displaced: Vec::new() });
    assert_eq!(set.offer(signature), Offer::AlreadyKnown);
    assert_eq!(set.waiting(), 0);
}

#[test]
fn a_device_without_govern_waits_until_it_has_it() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let writer = secrets(77);
    let weak = group.certify(&writer, Capabilities::WRITE, 0);
    let mut set = coalition.set_with(&[group.inception.clone(), weak]);
    let key = SigningKey::Device(&writer.device);
    let hash = coalition.text_hash;
    let signature = Record::Signature(StatementSignature::new(coalition.about(), hash, group.id, 1, NOW, key));
    assert!(matches!(set.offer(signature.clone()), Offer::Waiting { .. }));
    let strong = group.certify(&writer, Capabilities::ALL, 0);
    assert_eq!(
        set.offer(strong.clone()),
        Offer::Inserted { inserted: vec![strong.id(), signature.id()], displaced: Vec::new() }
    );
}

#[test]
fn what_waits_is_bounded_and_the_oldest_goes_first() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let mut set = coalition.set();
    let first = coalition.signature(&group, 0);
    set.offer(first.clone());
    for counter in 1..=MAX_WAITING_RECORDS as u64 {
        set.offer(coalition.signature(&group, counter));
    }
    assert_eq!(set.waiting(), MAX_WAITING_RECORDS);
    set.offer(group.inception.clone());
    set.offer(group.certificate.clone());
    assert_eq!(set.waiting(), 0);
    assert!(set.get(&first.id()).is_none());
    assert_eq!(set.len(), coalition.records.len() + 2 + 2, "two signatures stand in one place");
}

#[test]
fn the_highest_counters_stay_and_a_lower_one_is_superseded() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let mut set = coalition.set_with(&[group.inception.clone(), group.certificate.clone()]);
    let [low, middle, high] = [5, 6, 7].map(|counter| coalition.signature(&group, counter));
    for record in [&low, &middle, &high] {
        assert!(matches!(set.offer(record.clone()), Offer::Inserted { .. }));
    }
    assert!(set.get(&low.id()).is_none() && set.get(&middle.id()).is_some() && set.get(&high.id()).is_some());
    assert_eq!(set.offer(low), Offer::Superseded);
}

#[test]
fn nobody_displaces_a_record_that_another_key_signed() {
    let coalition = Coalition::new();
    let (group, thief) = (Group::new(1), Group::new(2));
    let mine = coalition.signature(&group, 1);
    let known =
        [group.inception.clone(), group.certificate.clone(), thief.inception.clone(), thief.certificate.clone()];
    let mut set = coalition.set_with(&known);
    set.offer(mine.clone());
    for counter in 5..9 {
        // In the group's name by the thief's certified device: nothing ties it to the group.
        let (about, hash) = (coalition.about(), coalition.text_hash);
        let forged = StatementSignature::new(about, hash, group.id, counter, NOW, thief.key());
        assert!(matches!(set.offer(Record::Signature(forged.clone())), Offer::Waiting { .. }));
        // Under the group's device: the signature is not by it.
        let forged = Signed { signer: Signer::Device(group.device()), ..forged };
        assert!(matches!(
            set.offer(Record::Signature(forged)),
            Offer::Refused(RecordError::Signature { source: KeyError::BadSignature, .. })
        ));
    }
    assert!(set.get(&mine.id()).is_some());
    assert_eq!(set.len(), coalition.records.len() + 5);
}

#[test]
fn a_certificate_needs_root_device_and_peer_key() {
    let coalition = Coalition::new();
    let (group, other) = (Group::new(1), Group::new(2));
    let mut set = coalition.set_with(std::slice::from_ref(&group.inception));
    let Record::DeviceCert(sound) = group.certificate.clone() else { unreachable!() };
    let root = group.words.root(0);
    // A device that did not agree, a PeerId of somebody else, a root that is none.
    let theirs = DeviceCertBody { device: other.device(), ..sound.body().clone() };
    let peer = DeviceCertBody { peer: PeerKey(other.secrets.peer.public().0), ..sound.body().clone() };
    let wrong_root = other.words.root(0);
    for forged in [
        DeviceCert::new(theirs, SigningKey::Root(0, &root), &group.secrets),
        DeviceCert::new(peer, SigningKey::Root(0, &root), &group.secrets),
        DeviceCert::new(sound.body().clone(), SigningKey::Root(0, &wrong_root), &group.secrets),
    ] {
        assert!(matches!(set.offer(Record::DeviceCert(forged)), Offer::Refused(RecordError::Signature { .. })));
    }
    assert!(matches!(set.offer(Record::DeviceCert(sound)), Offer::Inserted { .. }));
}

#[test]
fn weak_keys_are_refused_wherever_a_record_introduces_one() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let weak = PublicKey([0; 32]);
    let mut set = coalition.set();
    let Record::Inception(inception) = &group.inception else { unreachable!() };
    let body = InceptionBody { root: weak, ..inception.body.clone() };
    let Record::DeviceCert(certificate) = &group.certificate else { unreachable!() };
    let root = group.words.root(0);
    let root = SigningKey::Root(0, &root);
    let device = DeviceCertBody { device: DeviceId(weak), ..certificate.body().clone() };
    let peer = DeviceCertBody { peer: PeerKey(weak.0), ..certificate.body().clone() };
    // A point of small order on the curve of the seal key.
    let mut low = [0; 32];
    low[0] = 1;
    let seal = DeviceCertBody { seal: SealKey(low), ..certificate.body().clone() };
    let device_key = &coalition.founder.secrets.device;
    for record in [
        Record::Inception(Signed::sign(body, root)),
        Record::DeviceCert(DeviceCert::new(device, root, &group.secrets)),
        Record::DeviceCert(DeviceCert::new(peer, root, &group.secrets)),
        Record::DeviceCert(DeviceCert::new(seal, root, &group.secrets)),
        Record::Invite(Invite::new(coalition.about(), group.id, (0, 1), weak, (NOW, LATER), device_key)),
    ] {
        assert!(Record::decode(&record.encode()).is_err());
        assert!(matches!(set.offer(record), Offer::Refused(RecordError::Key { source: KeyError::WeakKey, .. })));
    }
}

#[test]
fn a_record_of_another_coalition_and_a_genesis_of_another_are_refused() {
    let (ours, theirs) = (Coalition::new(), Coalition::with(|genesis| genesis.name = "Other".into()));
    let mut set = ours.set();
    let refused = Offer::Refused(RecordError::WrongCoalition { expected: ours.id, found: theirs.id });
    for record in theirs.records {
        match record {
            Record::Genesis(_) | Record::Signature(_) => assert_eq!(set.offer(record), refused),
            _ => assert_eq!(set.offer(record), Offer::AlreadyKnown),
        }
    }
}

#[test]
fn a_genesis_waits_for_its_founders_and_needs_the_signature_of_each() {
    let coalition = Coalition::new();
    let Record::Genesis(genesis) = &coalition.records[2] else { unreachable!() };
    let mut set = ControlSet::new(coalition.id);
    let waiting = Offer::Waiting { missing: Missing::Inception(coalition.founder.id) };
    let forged = Genesis { signatures: vec![Signature([3; 64])], ..(**genesis).clone() };
    assert_eq!(set.offer(Record::Genesis(Box::new(forged.clone()))), waiting);
    assert_eq!(set.offer(Record::Genesis(genesis.clone())), waiting);
    set.offer(coalition.founder.inception.clone());
    assert_eq!(set.genesis(), Some(&**genesis), "a forged copy that waited does not stand in the way");
    let unsigned = Genesis { signatures: vec![], ..forged };
    assert!(matches!(Record::Genesis(Box::new(unsigned)).check(), Err(RecordError::Bounds { .. })));
}

#[test]
fn rules_that_nobody_could_live_by_are_refused() {
    let founder = Group::new(0);
    let refused = |change: fn(&mut GenesisBody)| {
        let statement = Statement { title: "T".into(), text: "T".into(), policies: vec![] };
        let mut body = GenesisBody::usual("V", "P", statement, vec![], [0; 16]);
        change(&mut body);
        found(&founder.plan(), body, NOW).map(drop).unwrap_err()
    };
    assert!(matches!(refused(|g| g.name = " ".into()), RecordError::Text { .. }));
    assert!(matches!(refused(|g| g.name = "x".repeat(MAX_NAME + 1)), RecordError::Text { .. }));
    assert!(matches!(refused(|g| g.name = "a\u{7}".into()), RecordError::Text { .. }));
    let half = |g: &mut GenesisBody| g.threshold = Threshold { numerator: 1, denominator: 2 };
    assert!(matches!(refused(half), RecordError::Bounds { field: "threshold", .. }));
    let two = |g: &mut GenesisBody| g.admission = Admission::Vouched { count: 2, by: VouchedBy::Members };
    assert!(matches!(refused(two), RecordError::Bounds { found: 2, .. }));
    assert!(matches!(refused(|g| g.rules_version = 2), RecordError::NewerRules { found: 2, .. }));
    assert!(matches!(refused(|g| g.member_slots = 5_000), RecordError::Bounds { .. }));
}

#[test]
fn what_only_a_device_or_only_a_root_may_sign_is_refused_from_the_other() {
    let coalition = Coalition::new();
    let group = Group::new(1);
    let root = group.words.root(0);
    let body = VouchBody {
        format: Format,
        coalition: coalition.id,
        version: coalition.version,
        group: group.id,
        slot: 0,
        target: coalition.founder.id,
    };
    let by_root = Record::Vouch(Signed::sign(body, SigningKey::Root(0, &root)));
    assert!(matches!(by_root.check(), Err(RecordError::Signer { expected: "a device", .. })));
    let Record::DeviceCert(certificate) = &group.certificate else { unreachable!() };
    let by_device = DeviceCert::new(certificate.body().clone(), group.key(), &group.secrets);
    assert!(matches!(Record::DeviceCert(by_device).check(), Err(RecordError::Signer { expected: "a root", .. })));
    let later = StatementSignature::new(
        coalition.about(),
        coalition.text_hash,
        coalition.founder.id,
        1,
        NOW,
        SigningKey::Root(3, &root),
    );
    let missing = Missing::Root { group: coalition.founder.id, number: 3 };
    assert_eq!(coalition.set().offer(Record::Signature(later)), Offer::Waiting { missing });
}

#[test]
fn buckets_say_where_two_sets_differ() {
    let (coalition, records) = &*STORY;
    let full = delivered(coalition, records.clone());
    let mut less = delivered(coalition, records.iter().filter(|r| r.kind() != Kind::InviteRevoked).cloned());
    assert_ne!(full.fingerprint(), less.fingerprint());
    let pairs = full.buckets().iter().zip(less.buckets()).enumerate();
    let differing: Vec<usize> = pairs.filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
    assert_eq!(differing.len(), 1);
    let bucket = u8::try_from(differing[0]).unwrap();
    let lacking: Vec<RecordId> =
        full.ids_in_bucket(bucket).into_iter().filter(|id| !less.ids_in_bucket(bucket).contains(id)).collect();
    lacking.iter().for_each(|id| drop(less.offer(full.get(id).unwrap().clone())));
    assert_eq!(full.fingerprint(), less.fingerprint());
    let all: usize = (0..=255).map(|bucket| full.ids_in_bucket(bucket).len()).sum();
    assert_eq!(all, full.len());
    assert_ne!(ControlSet::new(coalition.id).fingerprint(), Digest::ZERO);
}
