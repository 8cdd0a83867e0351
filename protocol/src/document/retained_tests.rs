//! Changes behind a cut: those count on which others have built, in every order of delivery.

use super::*;
use crate::id::{Actor, ChangeHash, DocumentId, GroupId};
use crate::key::{DeviceId, PublicKey};
use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, ROOT};
use proptest::prelude::*;
use std::sync::LazyLock;

const FORKED: u8 = 100;

fn device(number: u8) -> DeviceId {
    DeviceId(PublicKey([number; 32]))
}

/// A change of a device on top of all that `draft` holds.
fn write(draft: &Automerge, number: u8, text: &str) -> (Automerge, Prescanned) {
    let mut draft = draft.clone().with_actor(ActorId::from([number; 32]));
    let mut transaction = draft.transaction();
    transaction.put(ROOT, format!("key {number}"), text).unwrap();
    transaction.commit();
    let change = draft.get_last_local_change().unwrap();
    let change = prescan(change.raw_bytes(), &Actor([number; 32])).unwrap();
    (draft, change)
}

/// A device forks its log under a document that ten groups went on with.
struct Fork {
    /// Before the fork, and what the groups wrote: each change, its device, and whether it is cut.
    shared: Vec<(Prescanned, u8, Right)>,
    left: [Prescanned; 2],
    right: [Prescanned; 2],
    /// A branch on which nobody built.
    lonely: Prescanned,
    groups_left: Vec<Prescanned>,
    groups_right: Vec<Prescanned>,
}

impl Fork {
    /// So many of ten groups build on the left branch, the others on the right one.
    fn new(on_left: u8) -> Self {
        let (base, opening) = write(&Automerge::new(), 99, "opened");
        let (base, first) = write(&base, FORKED, "before the fork");
        let branch = |name: &str| {
            let (one, first) = write(&base, FORKED, name);
            let (two, second) = write(&one, FORKED, &format!("{name}, again"));
            (one, two, [first, second])
        };
        let (left_one, left_two, left) = branch("left");
        let (right_one, _, right) = branch("right");
        let (_, _, [lonely, _]) = branch("nobody's");
        let (mut groups_left, mut groups_right) = (Vec::new(), Vec::new());
        for group in 1..=10 {
            if group <= on_left {
                let on = if group % 2 == 0 { &left_one } else { &left_two };
                groups_left.push(write(on, group, "on the left").1);
            } else {
                groups_right.push(write(&right_one, group, "on the right").1);
            }
        }
        let mut shared = vec![(opening, 99, Right::MayWrite), (first, FORKED, Right::MayWrite)];
        let behind = left.iter().chain(&right);
        shared.extend(behind.map(|change| (change.clone(), FORKED, Right::IfBuiltOn)));
        let groups = groups_left.iter().chain(&groups_right);
        shared.extend(groups.map(|change| (change.clone(), change.actor().0[0], Right::MayWrite)));
        Self { shared, left, right, lonely, groups_left, groups_right }
    }
}

fn documented<'a>(changes: impl IntoIterator<Item = &'a (Prescanned, u8, Right)>) -> Document {
    let mut document = Document::new(DocumentId([7; 32]));
    for (change, number, right) in changes {
        document.name_group(device(*number), GroupId([*number; 32]));
        document.offer(change.clone(), device(*number), change.seq(), *right);
    }
    document
}

fn hashes<'a>(changes: impl IntoIterator<Item = &'a Prescanned>) -> Vec<ChangeHash> {
    changes.into_iter().map(Prescanned::hash).collect()
}

#[test]
fn of_two_branches_that_others_built_on_the_one_of_more_groups_counts() {
    for on_left in [7, 3] {
        let fork = Fork::new(on_left);
        let mut document = documented(&fork.shared);
        let (kept, lost) = match on_left > 5 {
            true => ((&fork.left, &fork.groups_left), (&fork.right, &fork.groups_right)),
            false => ((&fork.right, &fork.groups_right), (&fork.left, &fork.groups_left)),
        };
        assert_eq!(document.verdict(&kept.0[0].hash()), Some(&Verdict::Effective));
        for hash in hashes(kept.1) {
            assert_eq!(document.verdict(&hash), Some(&Verdict::Effective));
        }
        let twin = Verdict::Inert(Inert::Twin(kept.0[0].hash()));
        assert_eq!(document.verdict(&lost.0[0].hash()), Some(&twin));
        for hash in hashes(lost.1) {
            assert!(matches!(document.verdict(&hash), Some(Verdict::Inert(Inert::DependsOnInert(_)))));
        }
        document.automerge().unwrap();
    }
}

#[test]
fn with_as_many_groups_on_both_branches_the_smaller_hash_counts() {
    let fork = Fork::new(5);
    let document = documented(&fork.shared);
    let winner = fork.left[0].hash().min(fork.right[0].hash());
    assert_eq!(document.verdict(&winner), Some(&Verdict::Effective));
}

#[test]
fn what_nobody_built_on_is_inert_behind_the_cut_and_so_is_what_its_own_device_built() {
    let fork = Fork::new(10);
    let document = documented(&fork.shared);
    let after_cut = Some(&Verdict::Inert(Inert::NoRight(NoRight::AfterCut)));
    assert_eq!(document.verdict(&fork.right[0].hash()), after_cut);
    assert_eq!(document.verdict(&fork.right[1].hash()), after_cut);
    assert_eq!(document.verdict(&fork.left[1].hash()), Some(&Verdict::Effective));
}

#[test]
fn a_change_behind_a_cut_counts_from_the_moment_when_somebody_else_builds_on_it() {
    let (base, opening) = write(&Automerge::new(), 99, "opened");
    let (cut, behind) = write(&base, FORKED, "behind the cut");
    let (_, after) = write(&cut, 1, "built on it");
    let mut document = documented(&[(opening, 99, Right::MayWrite), (behind.clone(), FORKED, Right::IfBuiltOn)]);
    assert!(matches!(document.verdict(&behind.hash()), Some(Verdict::Inert(_))));
    let offered = document.offer(after.clone(), device(1), after.seq(), Right::MayWrite);
    assert_eq!(offered.verdict, Verdict::Effective);
    assert_eq!(offered.released, [(behind.hash(), Verdict::Effective)]);
    // Two cut devices do not keep each other.
    let cut_too = document.offer(after.clone(), device(1), after.seq(), Right::IfBuiltOn);
    assert!(matches!(cut_too.verdict, Verdict::Inert(_)));
    assert!(matches!(document.verdict(&behind.hash()), Some(Verdict::Inert(_))));
}

/// A change like others of its kind whose hash is below a bound.
fn below(bound: ChangeHash, on: &Automerge, number: u8) -> (Automerge, Prescanned) {
    let mut tried = (0..200).map(|turn| write(on, number, &format!("try {turn}")));
    tried.find(|(_, change)| change.hash() < bound).expect("one of two hundred hashes is below it")
}

#[test]
fn rivals_that_build_on_the_rivals_of_each_other_are_settled_alike_on_every_node() {
    let above = |number| {
        let mut tried = (0..200).map(|turn| write(&Automerge::new(), number, &format!("try {turn}")));
        tried.find(|(_, change)| change.hash().0[0] > 0x60).expect("one of two hundred hashes is above it")
    };
    let (on_one, one) = above(1);
    let (on_other, other) = above(2);
    // Whichever pair is settled first, the one with the smaller hash wins it, and takes a rival of the other pair away.
    let (first, rival_of_one) = below(one.hash(), &on_other, 1);
    let (second, rival_of_other) = below(other.hash(), &on_one, 2);
    let behind = [(&one, 1), (&other, 2), (&rival_of_one, 1), (&rival_of_other, 2)];
    let mut changes: Vec<(Prescanned, u8, Right)> =
        behind.map(|(change, number)| (change.clone(), number, Right::IfBuiltOn)).into();
    changes.push((write(&first, 3, "on the first").1, 3, Right::MayWrite));
    changes.push((write(&second, 4, "on the second").1, 4, Right::MayWrite));
    let verdicts = |changes: &[(Prescanned, u8, Right)]| {
        let document = documented(changes);
        behind.map(|(change, _)| document.verdict(&change.hash()).cloned())
    };
    let straight = verdicts(&changes);
    changes.swap(0, 1);
    assert_eq!(verdicts(&changes), straight);
}

#[test]
fn a_group_that_is_named_after_its_devices_have_built_counts_once_as_one_named_before() {
    let (base, opening) = write(&Automerge::new(), 99, "opened");
    let (on_left, left) = write(&base, FORKED, "left");
    let (on_right, right) = below(left.hash(), &base, FORKED);
    let builders = [(&on_left, 1), (&on_left, 2), (&on_right, 3), (&on_right, 4)];
    let mut changes = vec![(opening, 99, Right::MayWrite)];
    changes.extend([&left, &right].map(|change| (change.clone(), FORKED, Right::IfBuiltOn)));
    changes.extend(builders.map(|(on, number)| (write(on, number, "on it").1, number, Right::MayWrite)));
    // Two devices of one group built on the right, two groups on the left.
    for named_last in [false, true] {
        let mut document = Document::new(DocumentId([7; 32]));
        if !named_last {
            [3, 4].into_iter().for_each(|number| document.name_group(device(number), GroupId([3; 32])));
        }
        for (change, number, right) in &changes {
            document.offer(change.clone(), device(*number), change.seq(), *right);
        }
        if named_last {
            assert_eq!(document.verdict(&right.hash()), Some(&Verdict::Effective));
            [3, 4].into_iter().for_each(|number| document.name_group(device(number), GroupId([3; 32])));
        }
        assert_eq!(document.verdict(&left.hash()), Some(&Verdict::Effective));
        assert_eq!(document.verdict(&right.hash()), Some(&Verdict::Inert(Inert::Twin(left.hash()))));
        document.automerge().unwrap();
    }
}

static TEN: LazyLock<[Fork; 3]> = LazyLock::new(|| [Fork::new(7), Fork::new(5), Fork::new(2)]);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_fork_under_a_document_that_ten_groups_went_on_with_comes_out_alike_in_any_order(
        which in 0_usize..3,
        order in Just((0..16_usize).collect::<Vec<_>>()).prop_shuffle(),
        cut_at in 0_usize..17,
        knows_lonely in any::<bool>(),
    ) {
        let fork = &TEN[which];
        prop_assert_eq!(fork.shared.len(), 16);
        let straight = documented(&fork.shared);
        // The cut becomes known in the middle of delivery: what came before it was offered as if there were none.
        let mut document = Document::new(DocumentId([7; 32]));
        for (place, index) in order.iter().enumerate() {
            let (change, number, right) = &fork.shared[*index];
            document.name_group(device(*number), GroupId([*number; 32]));
            let right = if place < cut_at { Right::MayWrite } else { *right };
            document.offer(change.clone(), device(*number), change.seq(), right);
        }
        if knows_lonely {
            document.offer(fork.lonely.clone(), device(FORKED), fork.lonely.seq(), Right::IfBuiltOn);
        }
        for (change, number, right) in &fork.shared {
            document.offer(change.clone(), device(*number), change.seq(), *right);
        }
        prop_assert_eq!(document.heads(), straight.heads());
        for (change, ..) in &fork.shared {
            prop_assert_eq!(document.verdict(&change.hash()), straight.verdict(&change.hash()));
        }
        // Gathered, it is judged once and comes out the same.
        let mut gathered = Document::new(DocumentId([7; 32]));
        gathered.gather();
        for index in &order {
            let (change, number, right) = &fork.shared[*index];
            gathered.name_group(device(*number), GroupId([*number; 32]));
            gathered.offer(change.clone(), device(*number), change.seq(), *right);
        }
        gathered.settle();
        prop_assert_eq!(gathered.heads(), straight.heads());
        prop_assert!(gathered.automerge().is_ok() && document.automerge().is_ok());
    }
}

/// A cut device and another one write by turns, each on top of what the other wrote last; on top of a fork of the cut
/// device where there is one.
fn by_turns(pairs: usize, fork: bool) -> Vec<(Prescanned, u8, Right)> {
    let (mut draft, opening) = write(&Automerge::new(), 99, "opened");
    let mut changes = vec![(opening, 99, Right::MayWrite)];
    if fork {
        changes.push((write(&draft, FORKED, "beside").1, FORKED, Right::IfBuiltOn));
    }
    for number in 0..pairs {
        for (device, right) in [(FORKED, Right::IfBuiltOn), (1, Right::MayWrite)] {
            let (next, change) = write(&draft, device, &number.to_string());
            draft = next;
            changes.push((change, device, right));
        }
    }
    changes
}

#[test]
fn who_builds_by_turns_with_a_cut_device_makes_each_change_be_looked_at_a_few_times() {
    for fork in [false, true] {
        let looked_at = |pairs: usize| {
            let changes = by_turns(pairs, fork);
            let document = documented(&changes);
            assert_eq!(document.effective().count(), 1 + 2 * pairs, "a fork on which nobody builds does not count");
            document.retained.as_ref().expect("there are cuts").looked_at
        };
        let (few, many) = (looked_at(50), looked_at(200));
        println!("fork {fork}: 50 pairs {few}, 200 pairs {many}");
        assert!(many <= 4 * few + 16 && many <= 6 * 200, "fork {fork}: {few}, {many}");
    }
}

proptest! {
    #[test]
    fn devices_that_build_on_a_cut_one_come_out_alike_one_by_one_and_all_at_once(
        turns in proptest::collection::vec((0..4_u8, any::<bool>()), 1..24),
        fork in any::<bool>(),
    ) {
        let mut changes = by_turns(0, fork);
        let mut draft = Automerge::new();
        draft.load_incremental(changes[0].0.bytes()).unwrap();
        let mut drafts = [draft.clone(), draft];
        for (number, (writer, apart)) in turns.into_iter().enumerate() {
            let (device, right) = if writer == 0 { (FORKED, Right::IfBuiltOn) } else { (writer, Right::MayWrite) };
            let on = usize::from(apart);
            let (next, change) = write(&drafts[on], device, &number.to_string());
            drafts[on] = next;
            changes.push((change, device, right));
        }
        let one_by_one = documented(&changes);
        let mut at_once = Document::new(DocumentId([7; 32]));
        at_once.gather();
        for (change, number, right) in &changes {
            at_once.name_group(device(*number), GroupId([*number; 32]));
            at_once.offer(change.clone(), device(*number), change.seq(), *right);
        }
        at_once.settle();
        for (change, ..) in &changes {
            prop_assert_eq!(one_by_one.verdict(&change.hash()), at_once.verdict(&change.hash()));
        }
        prop_assert_eq!(one_by_one.heads(), at_once.heads());
    }
}
