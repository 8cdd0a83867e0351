//! The crafted changes, each with what must become of it.

use super::{Change, Key, Row, columns, make, set, signed};
use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, ObjType, ROOT};
use grid_protocol::document::Inert;
use grid_protocol::id::{Actor, ChangeHash};
use grid_protocol::limits::MAX_OP;

/// What must become of a crafted change.
#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    /// It does not pass the prescan.
    Refused,
    /// It has no effect, for such a reason.
    Inert(fn(&Inert) -> bool),
    /// It is harmless and counts.
    Effective,
}

/// A crafted change, with what must become of it.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What it tries.
    pub name: &'static str,
    /// Its bytes.
    pub change: Vec<u8>,
    /// What must become of it.
    pub outcome: Outcome,
}

/// The actor of the enemy.
pub const ENEMY: Actor = Actor([0x66; 32]);
/// The actor of another enemy, who wrote nothing else.
pub const STRANGER: Actor = Actor([0x77; 32]);
/// The actors of honest writers.
pub const HONEST: [Actor; 2] = [Actor([0x11; 32]), Actor([0xaa; 32])];

/// The first, harmless change of the enemy: 1 sets `a`, 2 makes the text `t`, 3 inserts into it.
pub fn enemy_first() -> Change {
    let into = Row { object: Some((0, 2)), key: Key::Head, insert: true, value: (6, b"x".to_vec()), ..set("") };
    Change::first(ENEMY, &[set("a"), make("t", 4), into])
}

/// A second change of the enemy, in order in itself.
pub fn enemy_second(rows: &[Row]) -> Change {
    let Change { actor, others, extra, .. } = enemy_first();
    Change {
        actor,
        seq: 2,
        start_op: 4,
        deps: vec![hash(&enemy_first().bytes())],
        others,
        columns: columns(rows),
        extra,
    }
}

/// The hash of a change that Automerge reads.
pub fn hash(bytes: &[u8]) -> ChangeHash {
    ChangeHash(automerge::Change::from_bytes(bytes.to_vec()).expect("a change that reads").hash().0)
}

/// Changes by honest writers who edit at the same time and merge, with the actor of each.
pub fn honest() -> Vec<(Vec<u8>, Actor)> {
    let mut documents = HONEST.map(|actor| Automerge::new().with_actor(ActorId::from(actor.0.to_vec())));
    let [one, other] = &mut documents;
    let edit = |document: &mut Automerge, key: &str| {
        let mut transaction = document.transaction();
        transaction.put(ROOT, key, "honest").expect("a map");
        let list = transaction.put_object(ROOT, "list", ObjType::List).expect("a map");
        transaction.insert(&list, 0, key).expect("a list");
        transaction.commit();
    };
    edit(one, "one");
    edit(other, "other");
    one.merge(other).expect("honest changes");
    edit(one, "both");
    let actor = |change: &automerge::Change| {
        *HONEST.iter().find(|actor| actor.0 == *change.actor_id().to_bytes()).expect("ours")
    };
    one.get_changes(&[]).iter().map(|change| (change.raw_bytes().to_vec(), actor(change))).collect()
}

/// All probes. They stand beside [`honest`] and [`enemy_first`]; each is by [`ENEMY`] or [`STRANGER`].
pub fn probes() -> Vec<(Probe, Actor)> {
    let mut probes = vec![];
    let mut probe = |name, change: Vec<u8>, actor, outcome| probes.push((Probe { name, change, outcome }, actor));
    let inert = Outcome::Inert;
    let second = |rows: &[Row]| enemy_second(rows).bytes();
    let own = |counter| (0, counter);

    let unsupported = inert(|why| matches!(why, Inert::Unsupported { .. }));
    let sequence = inert(|why| matches!(why, Inert::Sequence { .. }));
    let start_op = inert(|why| matches!(why, Inert::StartOp { .. }));
    let canonical = inert(|why| matches!(why, Inert::NotCanonical(_)));
    let missing_predecessor = inert(|why| matches!(why, Inert::MissingPredecessor { .. }));

    // T3, T4: panics, and the document is unusable after.
    probe("a gap in the sequence", Change { seq: 5, ..enemy_second(&[set("b")]) }.bytes(), ENEMY, sequence);
    probe(
        "a second change without a first",
        Change { seq: 2, ..Change::first(STRANGER, &[set("b")]) }.bytes(),
        STRANGER,
        sequence,
    );
    // T5: panics.
    let missing = Row { object: Some(own(99)), ..set("b") };
    probe(
        "a missing object",
        second(&[missing]),
        ENEMY,
        inert(|why| matches!(why, Inert::MissingObject { operation: 0 })),
    );
    let late = Row { object: Some(own(5)), ..set("b") };
    probe(
        "an object made later",
        second(&[late, make("m", 0)]),
        ENEMY,
        inert(|why| matches!(why, Inert::MissingObject { .. })),
    );
    // T6: 261 kB take 512 MiB.
    let mut deflated = enemy_second(&[set("b")]).bytes();
    deflated[8] = 2;
    probe("a deflated chunk", deflated, ENEMY, Outcome::Refused);
    let mut change = enemy_second(&[set("b")]);
    change.columns[0].0 |= 8;
    probe("a deflated column", change.bytes(), ENEMY, Outcome::Refused);
    // T7, T17: seconds of time.
    let bomb = |spec: u64| {
        let mut change = enemy_second(&[Row { predecessors: vec![own(1)], ..set("a") }]);
        let column = change.columns.iter_mut().find(|column| column.0 == spec).expect("a column of the row");
        column.1.clear();
        signed(&mut column.1, 5_000_000);
        column.1.push(1);
        change.bytes()
    };
    probe("five million operations in a run", bomb(0x42), ENEMY, Outcome::Refused);
    probe("five million predecessors in a run", bomb(0x71), ENEMY, Outcome::Refused);
    // T8: the victim's own next write panics.
    for at in [u64::from(u32::MAX) - 1, u64::from(u32::MAX), u64::MAX] {
        probe(
            "a start op at the end",
            Change { start_op: at, ..enemy_second(&[set("b")]) }.bytes(),
            ENEMY,
            Outcome::Refused,
        );
    }
    probe(
        "a start op far ahead",
        Change { start_op: MAX_OP - 9, ..enemy_second(&[set("b")]) }.bytes(),
        ENEMY,
        start_op,
    );
    // T9: taken, with the same hash and other bytes.
    let mut wrong = second(&[set("b")]);
    wrong[4] ^= 255;
    probe("a wrong checksum", wrong, ENEMY, Outcome::Refused);
    // T15: saves, then loading fails or panics.
    probe("a gap in start ops", Change { start_op: 9, ..enemy_second(&[set("b")]) }.bytes(), ENEMY, start_op);
    probe("an operation id used twice", Change { start_op: 1, ..enemy_second(&[set("b")]) }.bytes(), ENEMY, start_op);
    probe(
        "a second change beside the first",
        Change { deps: vec![], ..enemy_second(&[set("b")]) }.bytes(),
        ENEMY,
        sequence,
    );
    // T16: saves, then loading fails.
    let mut change = enemy_second(&[set("b"), set("c")]);
    change.columns[0].1 = [&[0x7f, 1, b'b'][..], &[0x7f, 1, b'c']].concat();
    probe("two literal runs for one", change.bytes(), ENEMY, canonical);
    probe("an overlong number", enemy_second(&[set("b")]).bytes_with_seq(&[0x82, 0]), ENEMY, Outcome::Refused);
    probe(
        "an actor that is not named",
        Change { others: vec![STRANGER], ..enemy_second(&[set("b")]) }.bytes(),
        ENEMY,
        canonical,
    );
    probe("extra bytes", Change { extra: vec![0], ..enemy_second(&[set("b")]) }.bytes(), ENEMY, Outcome::Refused);
    probe("bytes after the chunk", [second(&[set("b")]), vec![0]].concat(), ENEMY, Outcome::Refused);
    let overlong = Row { value: (3, vec![0x81, 0]), ..set("b") };
    probe("an overlong value", second(&[overlong]), ENEMY, canonical);
    // T18, T20.
    probe("an unknown action", second(&[Row { action: 48, ..set("b") }]), ENEMY, unsupported);
    probe("no operation", second(&[]), ENEMY, Outcome::Effective);
    probe("an element of the root", second(&[Row { key: Key::Head, insert: true, ..set("") }]), ENEMY, unsupported);
    probe("a key of a text", second(&[Row { object: Some(own(2)), ..set("b") }]), ENEMY, unsupported);
    probe("an object that is a table", second(&[make("b", 6)]), ENEMY, unsupported);
    // T19: saves, then loading fails.
    probe(
        "a missing predecessor",
        second(&[Row { predecessors: vec![own(77)], ..set("a") }]),
        ENEMY,
        missing_predecessor,
    );
    probe(
        "a predecessor at another key",
        second(&[Row { predecessors: vec![own(1)], ..set("b") }]),
        ENEMY,
        missing_predecessor,
    );
    let delete = Row { action: 3, value: (0, vec![]), predecessors: vec![own(1)], ..set("a") };
    probe("a deletion of nothing", second(&[Row { predecessors: vec![], ..delete.clone() }]), ENEMY, unsupported);
    let again = Row { predecessors: vec![own(4)], ..delete.clone() };
    probe("a deletion of a deletion", second(&[delete.clone(), again]), ENEMY, missing_predecessor);
    probe("an honest deletion", second(&[delete]), ENEMY, Outcome::Effective);
    let increment = Row { action: 5, value: (4, vec![1]), predecessors: vec![own(1)], ..set("a") };
    probe("an increment of a text", second(&[increment]), ENEMY, unsupported);
    let elsewhere = Row { object: Some(own(2)), key: Key::At(own(1)), insert: true, ..set("") };
    probe("a missing element", second(&[elsewhere]), ENEMY, inert(|why| matches!(why, Inert::MissingElement { .. })));
    // A mark that ends before it begins: saves, then loading fails.
    let begin = Row {
        object: Some(own(2)),
        key: Key::At(own(3)),
        insert: true,
        action: 7,
        value: (2, vec![]),
        mark: Some("bold"),
        ..set("")
    };
    let end = |key| Row { key, value: (0, vec![]), mark: None, expand: true, ..begin.clone() };
    probe("a mark that ends before it begins", second(&[begin.clone(), end(Key::Head)]), ENEMY, unsupported);
    probe("an honest mark", second(&[begin.clone(), end(Key::At(own(4)))]), ENEMY, Outcome::Effective);
    probe("a mark without an end", second(std::slice::from_ref(&begin)), ENEMY, unsupported);
    probe("the end of no mark", second(&[end(Key::Head)]), ENEMY, unsupported);
    // T21: overflows the stack, which ends the process.
    let nested = |levels: u64| {
        let inside = (1..levels).map(|level| Row { object: Some(own(3 + level)), ..make("n", 0) });
        second(&std::iter::once(make("n", 0)).chain(inside).collect::<Vec<_>>())
    };
    probe("16,000 levels", nested(16_000), ENEMY, inert(|why| matches!(why, Inert::TooDeep { operation: 32 })));
    probe("20,000 levels", nested(20_000), ENEMY, Outcome::Refused);
    probe("32 levels", nested(32), ENEMY, Outcome::Effective);
    probes
}
