//! Changes as an enemy would craft them, and a small builder for more.
//!
//! Written independently of the guard that has to stop them: rows of operations become columns here by
//! an encoder of its own. What Automerge 0.12.0 does with each alone is said beside it.

use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, ObjType, ROOT};
use grid_protocol::document::{Inert, chunk};
use grid_protocol::id::{Actor, ChangeHash};
use grid_protocol::limits::MAX_OP;

/// An operation's id: index into the author and the other actors, and counter.
pub type Id = (u64, u64);

/// The key of an operation.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    /// Of a map.
    Text(&'static str),
    /// Before the first element.
    Head,
    /// At or behind an element.
    At(Id),
}

/// One operation of a change; [`set`] gives one to begin with.
#[derive(Clone, Debug)]
pub struct Row {
    /// None is the root.
    pub object: Option<Id>,
    /// Where in the object.
    pub key: Key,
    /// Whether it inserts an element.
    pub insert: bool,
    /// 0 map, 1 set, 2 list, 3 delete, 4 text, 5 increment, 6 table, 7 mark.
    pub action: u64,
    /// Type and bytes.
    pub value: (u8, Vec<u8>),
    /// What it overwrites.
    pub predecessors: Vec<Id>,
    /// For marks: whether it grows.
    pub expand: bool,
    /// For marks: its name.
    pub mark: Option<&'static str>,
}

/// Sets a key of the root to a text.
pub fn set(key: &'static str) -> Row {
    let value = (6, b"crafted".to_vec());
    let key = Key::Text(key);
    Row { object: None, key, insert: false, action: 1, value, predecessors: vec![], expand: false, mark: None }
}

/// Makes an object of that action at a key of the root.
pub fn make(key: &'static str, action: u64) -> Row {
    Row { action, value: (0, vec![]), ..set(key) }
}

/// A change to be written.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its writer.
    pub actor: Actor,
    /// Its sequence number.
    pub seq: u64,
    /// The counter of its first operation.
    pub start_op: u64,
    /// What it depends on.
    pub deps: Vec<ChangeHash>,
    /// The actors beside its own.
    pub others: Vec<Actor>,
    /// Specifications and bytes of its columns.
    pub columns: Vec<(u64, Vec<u8>)>,
    /// What follows the columns.
    pub extra: Vec<u8>,
}

impl Change {
    /// A first change by `actor` that depends on nothing.
    pub fn first(actor: Actor, rows: &[Row]) -> Self {
        Self { actor, seq: 1, start_op: 1, deps: vec![], others: vec![], columns: columns(rows), extra: vec![] }
    }

    /// The chunk.
    pub fn bytes(&self) -> Vec<u8> {
        let mut seq = vec![];
        unsigned(&mut seq, self.seq);
        self.bytes_with_seq(&seq)
    }

    /// The chunk with these bytes where its sequence number stands.
    pub fn bytes_with_seq(&self, seq: &[u8]) -> Vec<u8> {
        let mut body = vec![];
        unsigned(&mut body, self.deps.len() as u64);
        self.deps.iter().for_each(|dep| body.extend(dep.0));
        body.push(32);
        body.extend(self.actor.0);
        body.extend(seq);
        unsigned(&mut body, self.start_op);
        body.extend([0, 0]);
        unsigned(&mut body, self.others.len() as u64);
        for other in &self.others {
            body.push(32);
            body.extend(other.0);
        }
        unsigned(&mut body, self.columns.len() as u64);
        for (spec, bytes) in &self.columns {
            unsigned(&mut body, *spec);
            unsigned(&mut body, bytes.len() as u64);
        }
        self.columns.iter().for_each(|(_, bytes)| body.extend(bytes));
        body.extend(&self.extra);
        chunk(&body)
    }
}

/// An unsigned LEB128 number.
pub fn unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value > 127 {
        out.push(value as u8 | 128);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A signed LEB128 number.
pub fn signed(out: &mut Vec<u8>, mut value: i64) {
    while !(-64..64).contains(&value) {
        out.push(value as u8 | 128);
        value >>= 7;
    }
    out.push(value as u8 & 127);
}

fn number(value: u64) -> Vec<u8> {
    let mut bytes = vec![];
    unsigned(&mut bytes, value);
    bytes
}

fn text(text: &str) -> Vec<u8> {
    [number(text.len() as u64), text.as_bytes().to_vec()].concat()
}

/// A run-length column: runs of two and more, runs of nulls, everything else literal.
fn run_length(items: &[Option<Vec<u8>>]) -> Vec<u8> {
    let (mut out, mut at) = (vec![], 0);
    let run = |at: usize| items[at..].iter().take_while(|item| **item == items[at]).count();
    while at < items.len() {
        let length = run(at);
        match &items[at] {
            None => {
                out.push(0);
                unsigned(&mut out, length as u64);
                at += length;
            }
            Some(item) if length > 1 => {
                signed(&mut out, length as i64);
                out.extend(item);
                at += length;
            }
            Some(_) => {
                let end = (at..items.len()).find(|end| items[*end].is_none() || run(*end) > 1).unwrap_or(items.len());
                signed(&mut out, at as i64 - end as i64);
                items[at..end].iter().flatten().for_each(|item| out.extend(item));
                at = end;
            }
        }
    }
    if items.iter().all(Option::is_none) { vec![] } else { out }
}

fn differences(values: impl IntoIterator<Item = Option<u64>>) -> Vec<u8> {
    let mut last = 0;
    let items = values.into_iter().map(|value| {
        value.map(|value| {
            let mut bytes = vec![];
            signed(&mut bytes, value as i64 - last);
            last = value as i64;
            bytes
        })
    });
    run_length(&items.collect::<Vec<_>>())
}

fn booleans(values: impl IntoIterator<Item = bool>) -> Vec<u8> {
    let (mut out, mut last, mut run) = (vec![], false, 0);
    for value in values {
        if value != last {
            unsigned(&mut out, run);
            (last, run) = (value, 0);
        }
        run += 1;
    }
    if run > 0 {
        unsigned(&mut out, run);
    }
    out
}

/// The columns of these rows, as Automerge would write them.
pub fn columns(rows: &[Row]) -> Vec<(u64, Vec<u8>)> {
    let each = |item: &dyn Fn(&Row) -> Option<Vec<u8>>| run_length(&rows.iter().map(item).collect::<Vec<_>>());
    let at = |row: &Row| match row.key {
        Key::Text(_) => (None, None),
        Key::Head => (None, Some(0)),
        Key::At((actor, counter)) => (Some(actor), Some(counter)),
    };
    let name = |row: &Row| match row.key {
        Key::Text(key) => Some(text(key)),
        _ => None,
    };
    let meta = |row: &Row| Some(number((row.value.1.len() as u64) << 4 | u64::from(row.value.0)));
    let predecessors: Vec<Id> = rows.iter().flat_map(|row| row.predecessors.clone()).collect();
    let actors: Vec<_> = predecessors.iter().map(|id| Some(number(id.0))).collect();
    let expand = if rows.iter().any(|row| row.expand) { booleans(rows.iter().map(|row| row.expand)) } else { vec![] };
    let all = [
        (0x01, each(&|row| row.object.map(|id| number(id.0)))),
        (0x02, each(&|row| row.object.map(|id| number(id.1)))),
        (0x11, each(&|row| at(row).0.map(number))),
        (0x13, differences(rows.iter().map(|row| at(row).1))),
        (0x15, each(&name)),
        (0x34, booleans(rows.iter().map(|row| row.insert))),
        (0x42, each(&|row| Some(number(row.action)))),
        (0x56, each(&meta)),
        (0x57, rows.iter().flat_map(|row| row.value.1.clone()).collect()),
        (0x70, each(&|row| Some(number(row.predecessors.len() as u64)))),
        (0x71, run_length(&actors)),
        (0x73, differences(predecessors.iter().map(|id| Some(id.1)))),
        (0x94, expand),
        (0xa5, each(&|row| row.mark.map(text))),
    ];
    all.into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect()
}

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
