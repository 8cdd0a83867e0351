//! Roots, revocations, forks: what counts, in whatever order it is heard of.

use super::{Authority, Cut, Fault, RenewalError, recovery, rotate};
use crate::chain::{HeaderChain, LeanHeader};
use crate::codec::Format;
use crate::control::sample::{Coalition, Group, secrets};
use crate::control::{
    Capabilities, ControlSet, DeviceCert, DeviceCertBody, DeviceSecrets, ForkProof, Inception, Offer, Record,
    RecordError, Recovery, Revoke, RootNumber, Rotation, Signed, Signer, SigningKey, first_device_with,
};
use crate::domain;
use crate::entry::{EntryKind, Header};
use crate::id::{CoalitionId, Digest, DocumentId, EntryId, GroupId};
use crate::key::{DeviceId, PeerKey};
use crate::time::Timestamp;
use crate::words::RecoveryWords;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const NONE: BTreeMap<DeviceId, Cut> = BTreeMap::new();

pub(crate) fn cut(seq: u64) -> Cut {
    let entry = if seq == 0 { EntryId::ZERO } else { EntryId([u8::try_from(seq % 250).unwrap() + 1; 32]) };
    Cut { seq, entry }
}

pub(super) fn certificate(
    group: &Group,
    number: RootNumber,
    words: &RecoveryWords,
    device: &DeviceSecrets,
    serial: u32,
) -> Record {
    let Record::DeviceCert(first) = &group.certificate else { unreachable!("made as one") };
    let body = DeviceCertBody {
        device: DeviceId(device.device.public()),
        peer: PeerKey(device.peer.public().0),
        capabilities: Capabilities::ALL,
        serial,
        ..first.body().clone()
    };
    let root = words.root(number.rotation);
    Record::DeviceCert(DeviceCert::new(body, SigningKey::Root(number.number(), &root), device))
}

fn rotation(coalition: &Coalition, set: &ControlSet, group: &Group, cuts: &BTreeMap<DeviceId, Cut>) -> Rotation {
    rotate(coalition.id, Authority::evaluate(set).keys(), group.id, &group.words, cuts).unwrap()
}

pub(crate) fn revoke(coalition: &Coalition, group: &Group, number: u32, device: DeviceId, cut: Cut) -> Record {
    let root = group.words.root(number);
    Record::Revoke(Revoke::new(coalition.id, group.id, device, cut, SigningKey::Root(number, &root)))
}

/// Header chains of one device: equal up to a place, then apart.
fn branch(coalition: CoalitionId, device: &DeviceSecrets, seq: u64, prev: EntryId, mark: u8, more: u64) -> HeaderChain {
    let id = DeviceId(device.device.public());
    let header = |seq: u64, prev| Header {
        version: Format,
        coalition,
        device: id,
        seq,
        prev,
        time: Timestamp(u64::from(mark)),
        kind: EntryKind::Change,
        document: DocumentId([mark; 32]),
        body_len: 3,
        body_hash: Digest([mark; 32]),
    };
    let (mut last, mut headers) = (prev, Vec::new());
    for seq in seq..=seq + more {
        let Header { time, kind, document, body_len, body_hash, .. } = header(seq, last);
        headers.push(LeanHeader { time, kind, document, body_len, body_hash });
        last = header(seq, last).id();
    }
    let signature = device.device.sign(domain::ENTRY, last.as_bytes());
    HeaderChain { device: id, seq, prev, headers, signature }
}

pub(super) fn fork(coalition: &Coalition, group: &Group, seq: u64, marks: (u8, u8)) -> ForkProof {
    fork_of(coalition, group.id, &group.secrets, seq, marks)
}

pub(crate) fn fork_of(
    coalition: &Coalition,
    group: GroupId,
    device: &DeviceSecrets,
    seq: u64,
    marks: (u8, u8),
) -> ForkProof {
    let prev = cut(seq).entry;
    let branch = |mark| branch(coalition.id, device, seq, prev, mark, 2);
    ForkProof::new(coalition.id, group, branch(marks.0), branch(marks.1)).unwrap()
}

fn offer_all(coalition: &Coalition, records: impl IntoIterator<Item = Record>) -> ControlSet {
    let mut set = ControlSet::new(coalition.id);
    for record in records {
        let offer = set.offer(record);
        assert!(!matches!(offer, Offer::Refused(_)), "{offer:?}");
    }
    set
}

#[test]
fn a_rotation_keeps_the_devices_and_ends_the_one_that_was_stolen() {
    let coalition = Coalition::new();
    let (group, stolen) = (&coalition.founder, coalition.founder.device());
    let first = rotation(&coalition, &coalition.set(), group, &BTreeMap::from([(stolen, cut(7))]));
    let set = coalition.set_with(&[Record::Rotation(first)]);
    let authority = Authority::evaluate(&set);
    assert_eq!(authority.root(&group.id).unwrap().number.number(), 1);
    assert_eq!(authority.cut(&stolen), Some(cut(7)));
    assert_eq!(authority.group_of(&stolen), Some(group.id), "what it wrote before stays");
    assert!(authority.is_revoked(&stolen));
    assert!(authority.governing(&group.id).is_empty());
    let new = secrets(77);
    let number = RootNumber { recovery: 0, rotation: 1 };
    let mut set = set;
    set.offer(certificate(group, number, &group.words, &new, 0));
    let authority = Authority::evaluate(&set);
    assert_eq!(authority.governing(&group.id), [DeviceId(new.device.public())]);
}

#[test]
fn whoever_holds_root_0_can_neither_follow_nor_dispute_the_sequence() {
    let coalition = Coalition::new();
    let group = &coalition.founder;
    let other = RecoveryWords::from_entropy([66; 32]);
    let authority = Authority::evaluate(&coalition.set());
    let refused = rotate(coalition.id, authority.keys(), group.id, &other, &NONE);
    assert_eq!(refused, Err(RenewalError::OtherWords { group: group.id }));
    let mut forged = rotation(&coalition, &coalition.set(), group, &NONE).body;
    forged.root = other.root(1).public();
    let forged = Signed::sign(forged, SigningKey::Root(1, &other.root(1)));
    let offer = coalition.set().offer(Record::Rotation(forged));
    assert_eq!(offer, Offer::Refused(RecordError::Chain { number: 1 }));
}

#[test]
fn a_certificate_by_root_0_after_a_rotation_counts_for_nothing_in_any_order() {
    let coalition = Coalition::new();
    let (group, thief) = (&coalition.founder, secrets(66));
    let first = Record::Rotation(rotation(&coalition, &coalition.set(), group, &NONE));
    let late = certificate(group, RootNumber::FIRST, &group.words, &thief, 9);
    let device = DeviceId(thief.device.public());
    let digests: Vec<_> = [[&first, &late], [&late, &first]]
        .map(|order| {
            let authority = Authority::evaluate(&coalition.set_with(&order.map(Record::clone)));
            assert_eq!(authority.group_of(&device), None);
            assert_eq!(authority.cut(&device), Some(Cut::NOTHING));
            assert!(authority.is_revoked(&device));
            authority.digest()
        })
        .into();
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn certificates_that_a_thief_puts_in_place_of_the_listed_one_take_nothing_away() {
    let coalition = Coalition::new();
    let group = &coalition.founder;
    let stolen = group.device();
    let first = rotation(&coalition, &coalition.set(), group, &BTreeMap::from([(stolen, cut(3))]));
    let mut records = vec![Record::Rotation(first)];
    records.extend((1..4).map(|serial| certificate(group, RootNumber::FIRST, &group.words, &group.secrets, serial)));
    let authority = Authority::evaluate(&coalition.set_with(&records));
    assert_eq!(authority.group_of(&stolen), Some(group.id));
    assert_eq!(authority.cut(&stolen), Some(cut(3)));
}

#[test]
fn of_revocations_the_smallest_cut_holds_and_a_rotation_carries_it_on() {
    let coalition = Coalition::new();
    let group = &coalition.founder;
    let device = group.device();
    let set = coalition
        .set_with(&[revoke(&coalition, group, 0, device, cut(9)), revoke(&coalition, group, 0, device, cut(4))]);
    assert_eq!(Authority::evaluate(&set).cut(&device), Some(cut(4)));
    let mut rotated = set.clone();
    rotated.offer(Record::Rotation(rotation(&coalition, &set, group, &NONE)));
    // An old root's revocation no longer counts; what the list says does.
    rotated.offer(revoke(&coalition, group, 0, device, cut(1)));
    assert_eq!(Authority::evaluate(&rotated).cut(&device), Some(cut(4)));
    rotated.offer(revoke(&coalition, group, 1, device, cut(2)));
    assert_eq!(Authority::evaluate(&rotated).cut(&device), Some(cut(2)));
}

#[test]
fn of_two_lists_of_one_root_the_intersection_counts_until_the_next() {
    let coalition = Coalition::new();
    let group = &coalition.founder;
    let (first, second) = (group.device(), secrets(40));
    let other = DeviceId(second.device.public());
    let set = coalition.set_with(&[certificate(group, RootNumber::FIRST, &group.words, &second, 0)]);
    let both = rotation(&coalition, &set, group, &BTreeMap::from([(first, cut(8))]));
    let one = rotation(&coalition, &coalition.set(), group, &BTreeMap::from([(first, cut(5))]));
    let mut set = set;
    set.offer(Record::Rotation(both));
    assert_eq!(Authority::evaluate(&set).group_of(&other), Some(group.id));
    set.offer(Record::Rotation(one));
    let authority = Authority::evaluate(&set);
    assert_eq!(authority.group_of(&other), None, "only one of the lists names it");
    assert_eq!(authority.cut(&first), Some(cut(5)));
    let next = rotation(&coalition, &set, group, &NONE);
    assert_eq!(next.body.number, 2);
    set.offer(Record::Rotation(next));
    assert_eq!(Authority::evaluate(&set).cut(&first), Some(cut(5)));
}

/// A founder's group whose three contacts can recover it, two together.
fn recoverable() -> (Coalition, Group, Vec<Group>) {
    let coalition = Coalition::new();
    let contacts: Vec<Group> = (1..=3).map(Group::new).collect();
    let group = recoverable_by(contacts.iter().map(|contact| contact.id).collect());
    (coalition, group, contacts)
}

/// A group that two of these contacts can recover.
pub(super) fn recoverable_by(contacts: Vec<GroupId>) -> Group {
    let mut group = Group::new(9);
    let (inception, certificate) = first_device_with(&group.plan(), contacts, 2);
    group.id = inception.group();
    (group.inception, group.certificate) = (Record::Inception(inception), Record::DeviceCert(certificate));
    group
}

fn known(coalition: &Coalition, group: &Group, contacts: &[Group]) -> Vec<Record> {
    let all = contacts.iter().chain([group]).flat_map(|one| [one.inception.clone(), one.certificate.clone()]);
    coalition.records.iter().cloned().chain(all).collect()
}

pub(super) fn recovered(
    coalition: &Coalition,
    set: &ControlSet,
    group: GroupId,
    by: &[&Group],
    new: &RecoveryWords,
) -> Recovery {
    let body = recovery(coalition.id, Authority::evaluate(set).keys(), group, new.beginning(), &NONE).unwrap();
    let approve = |contact: &&Group| body.approve(contact.id, RootNumber::FIRST, &contact.words.root(0));
    let approvals = by.iter().map(approve).collect();
    Recovery::new(body, approvals)
}

#[test]
fn enough_contacts_give_a_group_new_words_and_the_old_ones_are_over() {
    let (coalition, group, contacts) = recoverable();
    let set = offer_all(&coalition, known(&coalition, &group, &contacts));
    let new = RecoveryWords::from_entropy([50; 32]);
    let few = recovered(&coalition, &set, group.id, &[&contacts[0]], &new);
    let offer = set.clone().offer(Record::Recovery(Box::new(few)));
    assert_eq!(offer, Offer::Refused(RecordError::Quorum { expected: 2, found: 1 }));
    let stranger = Group::new(30);
    let strange = recovered(&coalition, &set, group.id, &[&contacts[0], &stranger], &new);
    let offer = set.clone().offer(Record::Recovery(Box::new(strange)));
    assert_eq!(offer, Offer::Refused(RecordError::NoContact { group: stranger.id }));
    let enough = recovered(&coalition, &set, group.id, &[&contacts[2], &contacts[0]], &new);
    let old = rotation(&coalition, &set, &group, &NONE);
    let mut after = set.clone();
    after.offer(Record::Recovery(Box::new(enough)));
    after.offer(Record::Rotation(old));
    let authority = Authority::evaluate(&after);
    let root = authority.root(&group.id).unwrap();
    assert_eq!((root.number.recovery, root.number.rotation), (1, 0));
    assert_eq!(authority.group_of(&group.device()), Some(group.id));
    let refused = rotate(coalition.id, authority.keys(), group.id, &group.words, &NONE);
    assert_eq!(refused, Err(RenewalError::OtherWords { group: group.id }));
    let next = rotate(coalition.id, authority.keys(), group.id, &new, &NONE).unwrap();
    after.offer(Record::Rotation(next));
    assert_eq!(Authority::evaluate(&after).root(&group.id).unwrap().number.number(), 257);
}

#[test]
fn rival_recoveries_come_out_alike_in_any_order_with_what_their_roots_signed() {
    let (coalition, group, contacts) = recoverable();
    let base = known(&coalition, &group, &contacts);
    let set = offer_all(&coalition, base.clone());
    let number = RootNumber { recovery: 1, rotation: 0 };
    let mut rest = Vec::new();
    for (entropy, pair) in [(51, [0, 1]), (52, [1, 2])] {
        let new = RecoveryWords::from_entropy([entropy; 32]);
        let pair = pair.map(|index| &contacts[index]);
        rest.push(Record::Recovery(Box::new(recovered(&coalition, &set, group.id, &pair, &new))));
        rest.push(certificate(&group, number, &new, &secrets(u16::from(entropy)), 0));
    }
    let mut digests = std::collections::BTreeSet::new();
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [1, 2, 0, 3], [3, 0, 1, 2]] {
        let set = offer_all(&coalition, base.iter().cloned().chain(order.map(|index| rest[index].clone())));
        assert_eq!(set.waiting(), 0);
        let authority = Authority::evaluate(&set);
        assert_eq!(authority.devices_of(&group.id).len(), 2, "the first device and that of one new root");
        digests.insert((set.fingerprint(), authority.devices_of(&group.id).to_vec()));
    }
    assert_eq!(digests.len(), 1);
}

#[test]
fn what_rival_roots_sign_alike_is_told_apart_by_its_id_and_nobody_holds_less_unseen() {
    let (coalition, group, contacts) = recoverable();
    let mut base = known(&coalition, &group, &contacts);
    let set = offer_all(&coalition, base.clone());
    let number = RootNumber { recovery: 1, rotation: 0 };
    let words = [51, 52].map(|entropy| RecoveryWords::from_entropy([entropy; 32]));
    for (words, pair) in words.iter().zip([[0, 1], [1, 2]]) {
        let pair = pair.map(|index| &contacts[index]);
        base.push(Record::Recovery(Box::new(recovered(&coalition, &set, group.id, &pair, words))));
    }
    // Both say the same: that a device is the group's, and where the log of another one ends.
    let said = words.each_ref().map(|words| {
        let revoke = Revoke::new(coalition.id, group.id, group.device(), cut(3), SigningKey::Root(256, &words.root(0)));
        [certificate(&group, number, words, &secrets(60), 0), Record::Revoke(revoke)]
    });
    let both = |turn: usize| said.each_ref().map(|said| said[turn].clone());
    for turn in [0, 1] {
        let [one, other] = both(turn);
        assert_ne!((one.id(), one.key()), (other.id(), other.key()));
        let [with_one, with_other] =
            [&one, &other].map(|record| offer_all(&coalition, base.iter().cloned().chain([record.clone()])));
        assert_ne!(with_one.fingerprint(), with_other.fingerprint(), "who believes other things is asked");
    }
    let orders = [[0, 1], [1, 0]].map(|order| {
        let set = offer_all(&coalition, base.iter().cloned().chain(order.iter().flat_map(|turn| said[*turn].clone())));
        let authority = Authority::evaluate(&set);
        (set.fingerprint(), authority.devices_of(&group.id).to_vec(), authority.cut(&group.device()))
    });
    assert_eq!(orders[0], orders[1]);
    assert_eq!(orders[0].2, Some(cut(3)));
    // The form without a key is none.
    let Record::Revoke(mut unnamed) = both(1)[0].clone() else { panic!("a revocation") };
    unnamed.signer = Signer::Root(256);
    let mut set = offer_all(&coalition, base);
    assert!(matches!(set.offer(Record::Revoke(unnamed)), Offer::Refused(RecordError::Signer { .. })));
}

#[test]
fn the_lowest_fork_cuts_a_device_and_proofs_of_one_place_are_one_record() {
    let coalition = Coalition::new();
    let group = &coalition.founder;
    let (late, early, again) =
        (fork(&coalition, group, 6, (1, 2)), fork(&coalition, group, 2, (3, 4)), fork(&coalition, group, 2, (5, 6)));
    assert_eq!(early.id(), again.id());
    for order in [[&late, &early, &again], [&again, &late, &early], [&early, &again, &late]] {
        let set = coalition.set_with(&order.map(|proof| Record::ForkProof(Box::new(proof.clone()))));
        assert_eq!(set.len(), coalition.records.len() + 1);
        let authority = Authority::evaluate(&set);
        assert_eq!(authority.cut(&group.device()), Some(cut(2)));
        assert!(!authority.is_revoked(&group.device()), "a fork ends the log, not the group's trust");
        assert!(authority.faults().any(|fault| matches!(fault, Fault::Forked { seq: 2, .. })));
    }
}

#[test]
fn what_proves_no_fork_is_refused() {
    let coalition = Coalition::new();
    let group = &coalition.founder;
    let mut same = fork(&coalition, group, 2, (1, 2));
    same.branches[1] = same.branches[0].clone();
    let mut foreign = fork(&coalition, group, 2, (1, 2));
    foreign.branches[1] = branch(coalition.id, &secrets(8), 2, cut(2).entry, 2, 2);
    let mut unsigned = fork(&coalition, group, 2, (1, 2));
    unsigned.branches[0].headers.pop();
    let mut long = fork(&coalition, group, 2, (1, 2));
    long.branches[0] = branch(coalition.id, &group.secrets, 2, cut(2).entry, 1, 17);
    for proof in [same, foreign, unsigned, long] {
        let offer = coalition.set().offer(Record::ForkProof(Box::new(proof)));
        assert!(matches!(offer, Offer::Refused(RecordError::Fork(_))), "{offer:?}");
    }
    let stranger = Group::new(20);
    let unknown = fork(&coalition, &stranger, 2, (1, 2));
    let offer = coalition.set().offer(Record::ForkProof(Box::new(unknown)));
    assert!(matches!(offer, Offer::Waiting { .. }), "forks of unknown keys fill nothing: {offer:?}");
}

/// Records of this layer that contradict each other in every way.
static QUARREL: LazyLock<(Coalition, Vec<Record>)> = LazyLock::new(|| {
    let (coalition, group, contacts) = recoverable();
    let mut records = known(&coalition, &group, &contacts);
    let founder = &coalition.founder;
    let (second, thief) = (secrets(40), secrets(41));
    let base = offer_all(&coalition, records.clone());
    let (own, other) = (founder.device(), DeviceId(second.device.public()));
    records.push(certificate(founder, RootNumber::FIRST, &founder.words, &second, 0));
    // Mutual revocation: each of two devices' holders ended the other.
    records.extend(
        [(own, 6), (own, 3), (other, 5), (other, 0)]
            .map(|(device, seq)| revoke(&coalition, founder, 0, device, cut(seq))),
    );
    let with_second = offer_all(&coalition, records.clone());
    records.push(Record::Rotation(rotation(&coalition, &with_second, founder, &NONE)));
    records.push(Record::Rotation(rotation(&coalition, &base, founder, &BTreeMap::from([(own, cut(2))]))));
    records.push(revoke(&coalition, founder, 1, own, cut(1)));
    records.push(certificate(founder, RootNumber::FIRST, &founder.words, &thief, 3));
    records.push(certificate(founder, RootNumber { recovery: 0, rotation: 1 }, &founder.words, &secrets(42), 0));
    records.push(certificate(&contacts[0], RootNumber::FIRST, &contacts[0].words, &contacts[1].secrets, 1));
    for (entropy, pair) in [(51, [0, 1]), (52, [1, 2])] {
        let new = RecoveryWords::from_entropy([entropy; 32]);
        let pair = pair.map(|index| &contacts[index]);
        records.push(Record::Recovery(Box::new(recovered(&coalition, &base, group.id, &pair, &new))));
        let number = RootNumber { recovery: 1, rotation: 0 };
        records.push(certificate(&group, number, &new, &secrets(u16::from(entropy)), 0));
    }
    for (group, seq) in [(founder, 4), (founder, 2), (&group, 0), (&contacts[2], 1)] {
        records.push(Record::ForkProof(Box::new(fork(&coalition, group, seq, (1, 2)))));
        records.push(Record::ForkProof(Box::new(fork(&coalition, group, seq, (3, 4)))));
    }
    (coalition, records)
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_part_of_a_quarrel_about_keys_comes_out_alike_in_any_order(
        order in Just((0..QUARREL.1.len()).collect::<Vec<_>>()).prop_shuffle(),
        left_out in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let (coalition, records) = &*QUARREL;
        let left_out: Vec<usize> = left_out.iter().map(|index| index.index(records.len())).collect();
        let part: Vec<usize> = order.into_iter().filter(|index| !left_out.contains(index)).collect();
        let mut step_by_step = ControlSet::new(coalition.id);
        for index in &part {
            step_by_step.offer(records[*index].clone());
        }
        let mut sorted = part;
        sorted.sort_unstable();
        let straight = offer_all(coalition, sorted.into_iter().map(|index| records[index].clone()));
        prop_assert_eq!(step_by_step.fingerprint(), straight.fingerprint());
        let (one, other) = (Authority::evaluate(&step_by_step), Authority::evaluate(&straight));
        prop_assert_eq!(one.digest(), other.digest());
        prop_assert_eq!(one.cuts().collect::<Vec<_>>(), other.cuts().collect::<Vec<_>>());
        prop_assert_eq!(one.faults().collect::<Vec<_>>(), other.faults().collect::<Vec<_>>());
        for group in other.groups() {
            prop_assert_eq!(one.root(&group), other.root(&group));
            prop_assert_eq!(one.devices_of(&group), other.devices_of(&group));
        }
    }
}

#[test]
fn an_inception_states_its_contacts_in_order() {
    let (_, group, contacts) = recoverable();
    let Record::Inception(Inception { body, .. }) = &group.inception else { unreachable!("made as one") };
    assert_eq!((body.contacts.len(), body.quorum), (contacts.len(), 2));
    assert!(body.contacts.is_sorted());
}
