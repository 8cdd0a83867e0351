//! Any records of a long story in any order: the set and every layer come out the same. Every kind of record is
//! in it; what happens to keys in it is in `story_of_keys`.

use super::story_of_keys;
use super::*;
use crate::control::sample::{Coalition, Group, NOW, secrets};
use crate::control::{
    Capabilities, Endorsement, Kind, Listed, Mandate, MandateBody, Record, RecordKey, Role, RootNumber, Signed, Signer,
    Stance, Term, Vouch,
};
use crate::id::RecordId;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

const ALL_KINDS: [Kind; 18] = [
    Kind::Inception,
    Kind::DeviceCert,
    Kind::Genesis,
    Kind::Signature,
    Kind::Withdrawal,
    Kind::Vouch,
    Kind::Invite,
    Kind::InviteRevoked,
    Kind::Join,
    Kind::Rotation,
    Kind::Recovery,
    Kind::Revoke,
    Kind::ForkProof,
    Kind::Version,
    Kind::Vote,
    Kind::Adoption,
    Kind::Mandate,
    Kind::Endorsement,
];

struct Story {
    coalition: Coalition,
    groups: Vec<Group>,
    records: Vec<Record>,
}

static STORY: LazyLock<Story> = LazyLock::new(story);

/// Mutual removal, a late vote on a base, a split that goes on on both sides, proposals under one number,
/// slots of several versions, withdrawals across versions, and mandates.
fn story() -> Story {
    let groups: Vec<Group> = (0..7).map(Group::new).collect();
    let coalition = Coalition::founded_by(&Vec::from([0, 1, 2].map(Group::new)), |_| {});
    let [a, b, c, d, e, f, g] = groups.as_slice() else { unreachable!("seven groups") };
    let mut records = coalition.records.clone();
    records.extend([d, e, f, g].into_iter().flat_map(Group::records));
    records.extend([d, e, f, g].map(|group| coalition.signature(group, 1)));
    records.extend([coalition.vouch(a, 0, d), coalition.vouch(d, 0, e)]);
    // Mutual removal; one of them has an heir, the other one too.
    let out_b = coalition.propose((a, 0), coalition.version, "Without B.", &[a, c, d], &[b]);
    let out_a = coalition.propose((b, 0), coalition.version, "Without A.", &[b, c, e], &[a, f]);
    records.extend(coalition.voted(&out_b, &[a, c]));
    records.extend(coalition.voted(&out_a, &[b, c]));
    let left = coalition.propose((d, 0), out_b.version(), "Left.", &[a, d], &[e]);
    records.extend(coalition.voted(&left, &[d, a]));
    let right = coalition.propose((e, 0), out_a.version(), "Right.", &[e], &[]);
    records.extend(coalition.voted(&right, &[e, b]));
    let open = coalition.propose((e, 0), right.version(), "Open.", &[e, f], &[]);
    records.push(Record::Version(Box::new(open)));
    // A late vote on the first base, for the third of three proposals under one number.
    let mut third = None;
    for text in ["One.", "Two.", "Three."] {
        let rival = coalition.propose((c, 1), coalition.version, text, &[c], &[]);
        records.extend(coalition.voted(&rival, &[c]));
        third = Some(rival);
    }
    records.extend(third.map(|third| coalition.vote(a, &third)));
    // Signatures, a withdrawal and a return across versions.
    records.push(coalition.sign_version(a, &out_b, 2));
    records.push(coalition.sign_version(b, &right, 2));
    records.push(coalition.withdrawal(d, 2, 3));
    records.push(coalition.sign_version(d, &left, 3));
    // One slot number under three versions, twice in one of them, and one of a group that was removed.
    let vouch = |by: &Group, version, target: &Group| {
        Record::Vouch(Vouch::new((coalition.id, version), by.id, 3, target.id, &by.secrets.device))
    };
    records.push(vouch(a, coalition.version, f));
    records.push(vouch(a, left.version(), g));
    records.push(vouch(c, out_b.version(), f));
    records.push(vouch(c, out_b.version(), g));
    records.push(vouch(b, out_b.version(), g));
    records.extend((800..803).map(|n| c.certify(&secrets(n), Capabilities::ALL, 0)));
    records.extend(mandates(&coalition, [a, c, d], out_b.version()));
    let (more, keys) = story_of_keys::records(&coalition, [a, b, c, d, e], &left);
    records.extend(keys);
    Story { groups: groups.into_iter().chain(more).collect(), coalition, records }
}

fn mandates(coalition: &Coalition, [a, c, d]: [&Group; 3], version: VersionId) -> Vec<Record> {
    let claim = |counter| {
        let body = MandateBody {
            format: crate::codec::Format,
            coalition: coalition.id,
            version,
            group: d.id,
            number: 0,
            counter,
            role: Role::Speaker,
            scope: format!("At meeting {counter}."),
            term: Term { from: NOW, to: Timestamp(NOW.0 + 100) },
        };
        Mandate::sign(body, d.key())
    };
    let word = |by: &Group, mandate: RecordId, counter, stance, ms| {
        let about = (stance, Timestamp(NOW.0 + ms));
        Record::Endorsement(Endorsement::new((coalition.id, mandate), by.id, counter, about, by.key()))
    };
    let (first, second): (Mandate, Mandate) = (claim(1), claim(2));
    let (old, new) = (first.id(), Signed::id(&second));
    vec![
        Record::Mandate(first),
        Record::Mandate(second),
        word(a, old, 1, Stance::Endorsed, 0),
        word(a, new, 1, Stance::Endorsed, 10),
        word(c, new, 1, Stance::Endorsed, 20),
        word(c, new, 2, Stance::Withdrawn, 40),
        word(c, new, 3, Stance::Endorsed, 60),
        word(d, new, 1, Stance::Endorsed, 50),
    ]
}

/// All that two nodes with the same records have to agree on.
#[derive(Debug, PartialEq)]
struct Outcome {
    fingerprint: Digest,
    digest: Digest,
    leaves: Vec<VersionId>,
    members: Vec<GroupId>,
    followed: Vec<Option<VersionId>>,
    standings: Vec<Vec<Standing>>,
    proposals: Vec<(VersionId, Decision, Vec<GroupId>)>,
    mandates: Vec<(RecordId, Vec<Term>, Vec<GroupId>)>,
    places: Vec<RecordKey>,
    faults: Vec<Fault>,
    cuts: Vec<(DeviceId, Cut)>,
    roots: Vec<Option<RootInForce>>,
    counters: Vec<Option<u64>>,
    slots: Vec<Vec<(u32, SlotState)>>,
}

fn outcome(story: &Story, set: &ControlSet) -> Outcome {
    let all: Vec<Authority> = story.groups.iter().map(|own| Authority::evaluate_for(set, &own.id)).collect();
    let one = Authority::evaluate(set);
    assert!(all.iter().all(|seen| seen.digest() == one.digest()), "what is believed depends on nobody");
    let standings = |seen: &Authority| story.groups.iter().map(|group| seen.standing(&group.id)).collect();
    let proposals = one.governance().versions().proposals();
    Outcome {
        fingerprint: set.fingerprint(),
        digest: one.digest(),
        leaves: one.leaves().to_vec(),
        members: one.members().collect(),
        followed: all.iter().map(Authority::followed).collect(),
        standings: all.iter().map(standings).collect(),
        proposals: proposals.iter().map(|p| (p.version, p.decision, p.votes.clone())).collect(),
        mandates: one.mandates().iter().map(|m| (m.id, m.intervals.clone(), m.endorsers.clone())).collect(),
        places: set.iter().map(Record::key).collect(),
        faults: one.faults().cloned().collect(),
        cuts: one.cuts().map(|(device, cut)| (*device, *cut)).collect(),
        roots: story.groups.iter().map(|group| one.root(&group.id).cloned()).collect(),
        counters: story.groups.iter().map(|group| one.next_counter(&group.id)).collect(),
        slots: story.groups.iter().map(|group| one.slots_of(&group.device())).collect(),
    }
}

/// A set to which the records come in batches: 0 is one that keeps whatever proves itself, 1 that of a node.
fn delivered<'a>(story: &Story, of_node: bool, batches: impl IntoIterator<Item = &'a [usize]>) -> ControlSet {
    let id = story.coalition.id;
    let mut set = if of_node { ControlSet::of_node(id, story.coalition.founder.id) } else { ControlSet::new(id) };
    for batch in batches {
        let records = batch.iter().map(|at| story.records[*at].clone()).collect();
        let refused = set.offer_all(records, None).refused;
        assert!(refused.is_empty(), "{refused:?}");
    }
    set
}

fn places() -> impl Strategy<Value = usize> {
    any::<prop::sample::Index>().prop_map(|at| at.index(STORY.records.len()))
}

#[test]
fn the_story_has_all_that_it_tells_of() {
    let story = &*STORY;
    let all: Vec<usize> = (0..story.records.len()).collect();
    let outcome = outcome(story, &delivered(story, false, [all.as_slice()]));
    assert_eq!(outcome.leaves.len(), 3, "two heirs of a mutual removal, and the late one");
    assert!(outcome.faults.iter().any(|fault| matches!(fault, Fault::Split { children, .. } if children.len() == 3)));
    assert!(outcome.faults.iter().any(|fault| matches!(fault, Fault::DoubleProposal { number: 1, .. })));
    assert!(outcome.faults.iter().any(|fault| matches!(fault, Fault::DoubleVouch { slot: 3, .. })));
    let [mandate] = outcome.mandates.as_slice() else { panic!("one claim counts") };
    assert!(!mandate.1.is_empty());
    let whole = delivered(story, true, [all.as_slice()]);
    let kinds: std::collections::BTreeSet<Kind> = whole.iter().map(Record::kind).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ALL_KINDS, "and every kind of record");
    let seen = Authority::evaluate(&whole);
    assert!(story.records.iter().all(|record| match record {
        Record::Recovery(recovery) => seen.root(&recovery.body.group).is_some_and(|root| root.number.recovery == 1),
        Record::Rotation(rotation) =>
            seen.root(&rotation.body.group).is_some_and(|root| root.number.number() == rotation.body.number),
        _ => true,
    }));
    let distinct: std::collections::BTreeSet<_> = outcome.followed.iter().collect();
    assert_eq!(distinct.len(), 3, "two branches, and before them: {:?}", outcome.followed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_order_of_the_story_with_repetitions_comes_out_the_same(
        order in Just((0..STORY.records.len()).chain(0..STORY.records.len()).collect::<Vec<_>>()).prop_shuffle(),
        of_node in any::<bool>(),
    ) {
        let story = &*STORY;
        let straight: Vec<usize> = (0..story.records.len()).collect();
        let one_by_one = delivered(story, of_node, order.chunks(1));
        prop_assert_eq!(outcome(story, &one_by_one), outcome(story, &delivered(story, false, [straight.as_slice()])));
    }

    #[test]
    fn growing_step_by_step_equals_working_it_out_anew(
        some in proptest::collection::vec(places(), 1..80), step in 1_usize..9, of_node in any::<bool>(),
    ) {
        let story = &*STORY;
        let founding = story.coalition.records.len();
        // The founding records come somewhere in between.
        let middle = some.len() / 2;
        let order: Vec<usize> =
            some[..middle].iter().copied().chain(0..founding).chain(some[middle..].iter().copied()).collect();
        let mut anew = order.clone();
        anew.sort_unstable();
        anew.dedup();
        let grown = delivered(story, of_node, order.chunks(step));
        prop_assert_eq!(outcome(story, &grown), outcome(story, &delivered(story, of_node, [anew.as_slice()])));
    }

    #[test]
    fn two_nodes_that_exchange_what_they_keep_agree(
        order in Just((0..STORY.records.len()).collect::<Vec<_>>()).prop_shuffle(), at in places(),
    ) {
        let story = &*STORY;
        let (left, right) = order.split_at(at);
        let mut sets = [delivered(story, true, left.chunks(3)), delivered(story, true, right.chunks(3))];
        // Founding records reach everybody.
        let founding: Vec<usize> = (0..story.coalition.records.len()).collect();
        for set in &mut sets {
            set.offer_all(founding.iter().map(|at| story.records[*at].clone()).collect(), None);
        }
        let [one, two] = &mut sets;
        for _ in 0..6 {
            two.offer_all(one.iter().cloned().collect(), None);
            one.offer_all(two.iter().cloned().collect(), None);
        }
        prop_assert_eq!(outcome(story, one), outcome(story, two));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_belief_that_takes_over_what_nothing_has_changed_is_the_one_that_is_worked_out_anew(
        order in Just((0..STORY.records.len()).collect::<Vec<_>>()).prop_shuffle(), step in 1_usize..9,
    ) {
        let story = &*STORY;
        let own = story.coalition.founder.id;
        let mut set = ControlSet::of_node(story.coalition.id, own);
        let mut kept = Authority::evaluate_for(&set, &own);
        // The founding records stand in the way of most others until they are there.
        let founding = 0..story.coalition.records.len();
        for batch in founding.chain(order).collect::<Vec<_>>().chunks(step) {
            let records = batch.iter().map(|at| story.records[*at].clone()).collect();
            if let Some(touched) = set.offer_all(records, None).touched {
                kept = kept.after(&set, touched, &own);
            }
            let anew = Authority::evaluate_for(&set, &own);
            prop_assert_eq!(kept.digest(), anew.digest());
            prop_assert_eq!(format!("{kept:?}"), format!("{anew:?}"));
        }
        for group in &story.groups {
            let (moved, there) = (kept.at_home_of(&set, &group.id), Authority::evaluate_for(&set, &group.id));
            prop_assert_eq!(format!("{moved:?}"), format!("{there:?}"));
        }
    }
}

/// What roots of a group say about a device, asked of every record for one root after the other.
fn roots_that(set: &ControlSet, root: &RootInForce, device: DeviceId, of: GroupId) -> [Vec<RootNumber>; 2] {
    let listed = |devices: &[Listed], ends: bool| {
        devices.iter().any(|listed| listed.device == device && listed.cut.is_some() == ends)
    };
    let says = |record: &Record, number: RootNumber, ends: bool| {
        let made = |signer| root.led_by(signer) == Some(number);
        let leads = |key| made(Signer::of_root(number, key));
        match record {
            Record::DeviceCert(cert) => !ends && cert.body().device == device && made(cert.signed.signer),
            Record::Revoke(revoke) => ends && revoke.body.device == device && made(revoke.signer),
            Record::Rotation(next) => {
                let (body, brings) = (&next.body, next.body.number == number.number());
                brings && leads(body.root) && listed(&body.devices, ends)
            }
            Record::Recovery(next) => {
                let (body, brings) = (&next.body, number == RootNumber { recovery: next.body.recovery, rotation: 0 });
                brings && leads(body.root) && listed(&body.devices, ends)
            }
            _ => false,
        }
    };
    let numbers = || (0..4 * 256).filter_map(RootNumber::of).filter(|number| *number <= root.number);
    let any = |number: &RootNumber, ends| {
        set.iter().filter(|record| record.group() == Some(of)).any(|record| says(record, *number, ends))
    };
    [false, true].map(|ends| numbers().filter(|number| any(number, ends)).collect())
}

#[test]
fn under_which_roots_devices_spoke_is_what_a_walk_over_all_roots_finds() {
    let mut set = ControlSet::new(STORY.coalition.id);
    set.offer_all(STORY.records.clone(), None);
    let keys = Keys::evaluate(&set);
    let devices: BTreeSet<(GroupId, DeviceId)> = set
        .iter()
        .flat_map(|record| match record {
            Record::DeviceCert(cert) => vec![(cert.body().group, cert.body().device)],
            Record::Revoke(revoke) => vec![(revoke.body.group, revoke.body.device)],
            Record::Rotation(next) => next.body.devices.iter().map(|it| (next.body.group, it.device)).collect(),
            Record::Recovery(next) => next.body.devices.iter().map(|it| (next.body.group, it.device)).collect(),
            _ => Vec::new(),
        })
        .collect();
    let mut found = [0, 0];
    for (group, device) in devices {
        let root = keys.root(&group).unwrap();
        let [spoke, ended] = roots_that(&set, root, device, group);
        for claimed in (0..4 * 256).filter_map(RootNumber::of) {
            let (since, is_ended) = (spoke.iter().any(|number| *number >= claimed), ended.contains(&claimed));
            assert_eq!(keys.spoken().since(group, device, claimed), since, "{group} {device} {claimed}");
            assert_eq!(keys.spoken().is_ended_by(group, device, claimed), is_ended, "{group} {device} {claimed}");
            found = [found[0] + usize::from(since), found[1] + usize::from(is_ended)];
        }
    }
    assert!(found[0] > 100 && found[1] > 2, "{found:?}");
}
