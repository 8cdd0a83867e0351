//! Crafted changes reach the same verdicts in every order, and the honest ones beside them count.

use automerge::{ROOT, ReadDoc};
use grid_protocol::document::{Document, Inert, Prescanned, Right, Verdict, prescan};
use grid_protocol::id::{Actor, ChangeHash, DocumentId};
use grid_protocol::key::{DeviceId, PublicKey};
use grid_protocol::limits::MAX_WAITING_PER_LOG;
use grid_tests::corpus::{Change, ENEMY, Outcome, STRANGER, enemy_first, enemy_second, honest, probes, set};
use std::collections::BTreeMap;

const DEVICE: DeviceId = DeviceId(PublicKey([1; 32]));

/// What a node makes of these changes, offered in this order.
type Outcomes = (BTreeMap<ChangeHash, Verdict>, Vec<ChangeHash>, String);

fn deliver<'a>(changes: impl IntoIterator<Item = &'a Prescanned>) -> Outcomes {
    let mut document = Document::new(DocumentId([0; 32]));
    let mut told = BTreeMap::new();
    for change in changes {
        let offered = document.offer(change.clone(), DEVICE, change.seq(), Right::MayWrite);
        assert_eq!(offered.dropped, []);
        told.insert(change.hash(), offered.verdict);
        told.extend(offered.released);
    }
    for (hash, verdict) in &told {
        assert_eq!(document.verdict(hash), Some(verdict), "what was told is what holds");
    }
    let heads = document.heads();
    let text = document.read(|automerge| {
        let values = |key: String| {
            let values = automerge.get_all(ROOT, &key).expect("a key of the root");
            let shown = values.into_iter().map(|(value, id)| (format!("{value:?}"), automerge.length(&id)));
            format!("{key}={:?}", shown.collect::<Vec<_>>())
        };
        automerge.keys(ROOT).map(values).collect::<Vec<_>>().join(" ")
    });
    (told, heads, text.expect("Automerge takes what the guard lets through"))
}

/// All orders of up to four changes; of more, each rotation and its reverse.
fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.len() > 4 {
        let rotated = |by| [&items[by..], &items[..by]].concat();
        return (0..items.len()).flat_map(|by| [rotated(by), rotated(by).into_iter().rev().collect()]).collect();
    }
    let Some((first, rest)) = items.split_first() else { return vec![vec![]] };
    let all = orders(rest).into_iter().flat_map(|order| {
        (0..=order.len()).map(move |at| [&order[..at], std::slice::from_ref(first), &order[at..]].concat())
    });
    all.collect()
}

fn scanned(bytes: &[u8], actor: &Actor) -> Prescanned {
    prescan(bytes, actor).expect("passes the prescan")
}

fn background() -> Vec<Prescanned> {
    let mut changes: Vec<_> = honest().iter().map(|(bytes, actor)| scanned(bytes, actor)).collect();
    changes.push(scanned(&enemy_first().bytes(), &ENEMY));
    changes
}

#[test]
fn each_crafted_change_is_stopped_in_every_order_and_the_honest_ones_count() {
    let background = background();
    let alone = deliver(&background);
    assert!(alone.0.values().all(|verdict| *verdict == Verdict::Effective));
    for (probe, actor) in probes() {
        let name = probe.name;
        let change = match (prescan(&probe.change, &actor), probe.outcome) {
            (Err(_), Outcome::Refused) => continue,
            (Ok(change), Outcome::Inert(_) | Outcome::Effective) => change,
            (found, expected) => panic!("{name}: expected {expected:?}, found {found:?}"),
        };
        let changes = [background.clone(), vec![change.clone()]].concat();
        let mut seen: Option<Outcomes> = None;
        for order in orders(&changes) {
            let outcomes = deliver(&order);
            match (&outcomes.0[&change.hash()], probe.outcome) {
                (Verdict::Inert(why), Outcome::Inert(expected)) => {
                    assert!(expected(why), "{name}: {why:?}");
                    assert_eq!((&outcomes.1, &outcomes.2), (&alone.1, &alone.2), "{name}");
                }
                (Verdict::Effective, Outcome::Effective) => {}
                (found, expected) => panic!("{name}: expected {expected:?}, found {found:?}"),
            }
            assert!(background.iter().all(|honest| outcomes.0[&honest.hash()] == Verdict::Effective), "{name}");
            assert_eq!(*seen.get_or_insert_with(|| outcomes.clone()), outcomes, "{name}");
        }
    }
}

#[test]
fn of_two_changes_with_one_sequence_number_the_smaller_hash_counts_in_every_order() {
    let first = enemy_first();
    let twins = ["b", "c"].map(|key| enemy_second(&[set(key)]));
    let [one, other] = twins.each_ref().map(|twin| scanned(&twin.bytes(), &ENEMY));
    let after = [&one, &other].map(|twin| {
        let change = Change { seq: 3, start_op: 5, deps: vec![twin.hash()], ..enemy_second(&[set("d")]) };
        scanned(&change.bytes(), &ENEMY)
    });
    let (kept, lost) = if one.hash() < other.hash() { (0, 1) } else { (1, 0) };
    let twins = [one, other];
    let changes = [vec![scanned(&first.bytes(), &ENEMY)], twins.to_vec(), after.to_vec()].concat();
    let mut seen: Option<Outcomes> = None;
    for order in changes.iter().flat_map(|last| {
        let rest: Vec<_> = changes.iter().filter(|change| change.hash() != last.hash()).cloned().collect();
        orders(&rest).into_iter().map(move |order| [order, vec![last.clone()]].concat())
    }) {
        let outcomes = deliver(&order);
        assert_eq!(outcomes.0[&twins[kept].hash()], Verdict::Effective);
        assert_eq!(outcomes.0[&after[kept].hash()], Verdict::Effective);
        assert_eq!(outcomes.0[&twins[lost].hash()], Verdict::Inert(Inert::Twin(twins[kept].hash())));
        // It also is the twin of what follows the one kept, which is said first.
        assert!(matches!(outcomes.0[&after[lost].hash()], Verdict::Inert(_)));
        assert_eq!(*seen.get_or_insert_with(|| outcomes.clone()), outcomes);
    }
}

#[test]
fn changes_without_their_past_wait_within_bounds() {
    let mut document = Document::new(DocumentId([0; 32]));
    let mut dropped = vec![];
    let orphans: Vec<Prescanned> = (0..200_u8)
        .map(|n| Change { deps: vec![ChangeHash([n; 32])], ..Change::first(STRANGER, &[set("o")]) })
        .map(|change| scanned(&change.bytes(), &STRANGER))
        .collect();
    for orphan in &orphans {
        let offered = document.offer(orphan.clone(), DEVICE, orphan.seq(), Right::MayWrite);
        assert_eq!(offered.verdict, Verdict::Waiting { missing: orphan.deps().to_vec() });
        dropped.extend(offered.dropped);
    }
    let expected: Vec<_> = orphans[..200 - MAX_WAITING_PER_LOG].iter().map(Prescanned::hash).collect();
    assert_eq!(dropped, expected, "the oldest go first");
    assert_eq!(document.without_effect().count(), MAX_WAITING_PER_LOG);
    for change in background() {
        assert!(matches!(
            document.offer(change.clone(), DEVICE, change.seq(), Right::MayWrite).verdict,
            Verdict::Effective | Verdict::Waiting { .. }
        ));
    }
    assert_eq!(document.effective().count(), background().len());
}

#[test]
fn a_right_that_becomes_known_or_another_gives_the_verdicts_it_would_have_given_at_once() {
    use grid_protocol::document::NoRight;
    let changes = background();
    let first = changes.last().expect("the enemy's first").clone();
    let second = scanned(&enemy_second(&[set("b")]).bytes(), &ENEMY);
    let mut document = Document::new(DocumentId([0; 32]));
    let unknown = document.offer(first.clone(), DEVICE, first.seq(), Right::Unknown);
    assert_eq!(unknown.verdict, Verdict::Waiting { missing: vec![] });
    let waiting = document.offer(second.clone(), DEVICE, second.seq(), Right::MayWrite);
    assert_eq!(waiting.verdict, Verdict::Waiting { missing: vec![first.hash()] });
    let admitted = document.offer(first.clone(), DEVICE, first.seq(), Right::MayWrite);
    assert_eq!((admitted.verdict, admitted.released), (Verdict::Effective, vec![(second.hash(), Verdict::Effective)]));
    assert_eq!((document.seq_of(&ENEMY), document.max_op(), document.heads()), (2, 4, vec![second.hash()]));
    let removed = document.offer(first.clone(), DEVICE, first.seq(), Right::MayNot(NoRight::NotMember));
    assert_eq!(removed.verdict, Verdict::Inert(Inert::NoRight(NoRight::NotMember)));
    assert_eq!(removed.released, [(second.hash(), Verdict::Inert(Inert::DependsOnInert(first.hash())))]);
    assert_eq!((document.heads(), document.max_op()), (vec![], 0));
    assert!(document.automerge().expect("an empty document").get_changes(&[]).is_empty());
}
