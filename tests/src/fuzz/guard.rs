//! The guard under fuzzing: bytes decide what honest and hostile writers do, in which order it arrives, and who may write.
//!
//! Whatever they decide, four documents that know the same changes agree: one that takes them as they come, one that takes them
//! in another order and reads in between, one that learns last who may write and of which group everybody is, and one that
//! judges when it has all of them. Automerge builds, saves and loads what counts.

use super::Reached;
use super::choices::Choices;
use crate::corpus::{Change, ENEMY, HONEST, Key, Row, STRANGER, columns, make, set, signed};
use automerge::marks::{ExpandMark, Mark};
use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value};
use grid_protocol::document::{Document, NoRight, Prescanned, Right, Verdict, chunk, prescan};
use grid_protocol::id::{Actor, ChangeHash, DocumentId, GroupId};
use grid_protocol::key::{DeviceId, PublicKey};
use std::collections::BTreeSet;

/// Changes of one run: small, so that orders matter and many runs fit a second.
const MOST_CHANGES: usize = 20;
const MOST_STEPS: usize = 40;
const KEYS: [&str; 4] = ["a", "t", "list", ""];
const WRITERS: [Actor; 4] = [HONEST[0], HONEST[1], ENEMY, STRANGER];

/// A change, with what was before it.
struct Known {
    change: Prescanned,
    right: Right,
    /// Itself and its past, one bit for each change.
    past: u32,
    /// The right of the same change at a later place of its log, where it stands there once more.
    again: Option<Right>,
}

impl Known {
    /// A place in its log that comes after those of everything that it builds on.
    fn place(&self) -> u64 {
        u64::from(self.past.count_ones())
    }

    fn offer(&self, document: &mut Document, right: Right) {
        document.offer(self.change.clone(), device(&self.change.actor()), self.place(), right);
    }

    fn offer_again(&self, document: &mut Document) {
        if let Some(again) = self.again {
            document.offer(self.change.clone(), device(&self.change.actor()), self.place() + 3, again);
        }
    }
}

/// Each writer has a device of its own.
const fn device(actor: &Actor) -> DeviceId {
    DeviceId(PublicKey(actor.0))
}

/// Says of which group everybody is: some of the writers may be of one.
fn named(document: &mut Document, groups: u64) {
    for (at, actor) in WRITERS.iter().enumerate() {
        let group = if groups >> at & 1 == 1 { 1 } else { 2 + at as u8 };
        document.name_group(device(actor), GroupId([group; 32]));
    }
}

/// All that was written, and a document that took it in this order.
struct World {
    known: Vec<Known>,
    document: Document,
    writers: [Automerge; 2],
}

/// Runs the guard as `bytes` decide.
pub fn guard(bytes: &[u8]) -> Reached {
    let mut choices = Choices::new(bytes);
    let order = u64::from(choices.byte()) << 8 | u64::from(choices.byte());
    let mut world = World::new();
    for _ in 0..MOST_STEPS {
        if choices.is_empty() || world.known.len() >= MOST_CHANGES {
            break;
        }
        world.step(&mut choices);
    }
    let (known, mut first) = (&world.known, world.document);
    named(&mut first, order);
    let expected = outcome(&mut first, known);

    let mut second = Document::new(DocumentId([0; 32]));
    named(&mut second, order);
    for (at, known) in shuffled(known, order).into_iter().enumerate() {
        known.offer(&mut second, known.right);
        known.offer_again(&mut second);
        if at % 4 == 3 {
            check(&mut second);
        }
    }
    assert_eq!(outcome(&mut second, known), expected, "in another order");

    let mut third = Document::new(DocumentId([0; 32]));
    for known in shuffled(known, !order) {
        known.offer_again(&mut third);
        known.offer(&mut third, Right::Unknown);
    }
    for known in shuffled(known, order.rotate_left(7)) {
        known.offer(&mut third, known.right);
    }
    named(&mut third, order);
    assert_eq!(outcome(&mut third, known), expected, "when rights become known last");

    let mut fourth = Document::new(DocumentId([0; 32]));
    named(&mut fourth, order);
    fourth.gather();
    for known in shuffled(known, order.rotate_left(3)) {
        known.offer(&mut fourth, known.right);
    }
    fourth.settle();
    assert_eq!(outcome(&mut fourth, known), expected, "when all is judged at once");
    let effective = known.iter().any(|known| first.verdict(&known.change.hash()) == Some(&Verdict::Effective));
    if effective { Reached::Read } else { Reached::Refused }
}

/// Verdicts, heads, effective changes, counters and content.
type Outcome = (Vec<Option<Verdict>>, Vec<ChangeHash>, BTreeSet<ChangeHash>, (u64, Vec<u64>), String);

fn outcome(document: &mut Document, known: &[Known]) -> Outcome {
    let verdicts = known.iter().map(|known| document.verdict(&known.change.hash()).cloned()).collect();
    let effective = document.effective().map(|(change, _)| change.hash()).collect();
    let seqs = WRITERS.iter().map(|actor| document.seq_of(actor)).collect();
    (verdicts, document.heads(), effective, (document.max_op(), seqs), check(document))
}

/// What the document shows; Automerge has to build, save and load it, and show the same again.
pub(super) fn check(document: &mut Document) -> String {
    let shown = document.read(|automerge| {
        let shown = show(automerge, &ROOT);
        let loaded = Automerge::load(&automerge.save()).expect("a document that was saved");
        assert_eq!(
            (loaded.get_heads(), show(&loaded, &ROOT)),
            (automerge.get_heads(), shown.clone()),
            "saved and loaded"
        );
        format!("{:?} {shown}", automerge.get_heads())
    });
    shown.expect("Automerge takes what the guard lets through")
}

/// All that a reader sees of an object, conflicts and marks included.
fn show(document: &Automerge, at: &ObjId) -> String {
    let all = |values: Vec<(Value<'_>, ObjId)>| -> String {
        let inner = |value: &Value<'_>, id| if value.is_object() { show(document, id) } else { format!("{value:?}") };
        values.iter().map(|(value, id)| inner(value, id)).collect::<Vec<_>>().join(" | ")
    };
    match document.object_type(at).expect("an object that is there") {
        ObjType::Text => format!("{:?} {:?}", document.text(at).expect("a text"), document.marks(at).expect("a text")),
        ObjType::List => {
            let items = (0..document.length(at)).map(|item| all(document.get_all(at, item).expect("an item")));
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        _ => {
            let entries = document.keys(at).map(|key| {
                let values = all(document.get_all(at, &key).expect("a key"));
                format!("{key:?}: {values}")
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn shuffled(known: &[Known], mut seed: u64) -> Vec<&Known> {
    let mut order: Vec<&Known> = known.iter().collect();
    for at in (1..order.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(at, usize::try_from(seed >> 33).unwrap_or_default() % (at + 1));
    }
    order
}

impl World {
    fn new() -> Self {
        let writers = HONEST.map(|actor| Automerge::new().with_actor(ActorId::from(actor.0.to_vec())));
        Self { known: vec![], document: Document::new(DocumentId([0; 32])), writers }
    }

    fn step(&mut self, choices: &mut Choices<'_>) {
        let what = choices.byte();
        let right = match choices.byte() {
            0..=199 => Right::MayWrite,
            // Behind the cut of its device: it counts where another device has built on it.
            200..=239 => Right::IfBuiltOn,
            240..=249 => Right::MayNot(NoRight::NotMember),
            _ => Right::Unknown,
        };
        match what % 8 {
            0..=2 => self.write(choices, right),
            3 => {
                let at = choices.below(2);
                if let Ok(document) = self.document.automerge() {
                    self.writers[at] = document.clone().with_actor(ActorId::from(HONEST[at].0.to_vec()));
                }
            }
            4 | 5 => self.craft(choices, right),
            6 => self.mutate(choices, right),
            _ => self.right(choices, right),
        }
    }

    fn add(&mut self, bytes: &[u8], actor: &Actor, right: Right) {
        let Ok(change) = prescan(bytes, actor) else { return };
        if self.known.iter().any(|known| known.change.hash() == change.hash()) {
            return;
        }
        let own = 1 << self.known.len();
        let past = change.deps().iter().fold(own, |past, dep| past | self.past(dep));
        let known = Known { change, right, past, again: None };
        known.offer(&mut self.document, right);
        self.known.push(known);
    }

    fn past(&self, hash: &ChangeHash) -> u32 {
        self.known.iter().find(|known| known.change.hash() == *hash).map_or(0, |known| known.past)
    }

    /// A change that was known is seen in another light, or stands in its log once more.
    fn right(&mut self, choices: &mut Choices<'_>, right: Right) {
        let at = choices.below(self.known.len());
        let Some(known) = self.known.get_mut(at) else { return };
        if choices.happens(96) {
            known.again = Some(right);
            known.offer_again(&mut self.document);
        } else {
            known.right = right;
            known.offer(&mut self.document, right);
        }
    }

    /// An honest writer edits what it has.
    fn write(&mut self, choices: &mut Choices<'_>, right: Right) {
        let at = choices.below(2);
        let mut transaction = self.writers[at].transaction();
        for _ in 0..=choices.below(3) {
            edit(&mut transaction, choices);
        }
        transaction.commit();
        let Some(change) = self.writers[at].get_last_local_change() else { return };
        prescan(change.raw_bytes(), &HONEST[at]).expect("what Automerge writes passes the prescan");
        self.add(change.raw_bytes(), &HONEST[at], right);
    }

    /// An enemy flips bytes in a change of anybody, and has the checksum fit.
    fn mutate(&mut self, choices: &mut Choices<'_>, right: Right) {
        let Some(known) = choices.one(&self.known) else { return };
        let (actor, whole) = (known.change.actor(), known.change.bytes());
        // Behind magic, checksum and type stands the length, and then the body.
        let length = whole.iter().skip(9).take_while(|byte| **byte & 0x80 != 0).count() + 1;
        let mut body = whole[9 + length..].to_vec();
        for _ in 0..=choices.below(3) {
            let at = (choices.below(256) << 8 | choices.below(256)) % body.len().max(1);
            match choices.below(4) {
                0 => body.insert(at, choices.byte()),
                1 => drop(body.remove(at)),
                _ => body[at] = choices.byte(),
            }
        }
        self.add(&chunk(&body), &actor, right);
    }

    /// An enemy writes whatever it likes, mostly in order.
    fn craft(&mut self, choices: &mut Choices<'_>, right: Right) {
        let actor = if choices.happens(64) { STRANGER } else { ENEMY };
        let mut deps = self.document.heads();
        if choices.happens(64) {
            let known: Vec<ChangeHash> = self.known.iter().map(|known| known.change.hash()).collect();
            deps = (0..choices.below(4)).filter_map(|_| choices.one(&known).copied()).collect();
            if choices.happens(16) {
                deps.push(ChangeHash([choices.byte(); 32]));
            }
        }
        let past = deps.iter().fold(0, |past, dep| past | self.past(dep));
        let before =
            || self.known.iter().enumerate().filter(|(at, _)| past >> at & 1 == 1).map(|(_, known)| &known.change);
        let mut seq = 1 + before().filter(|change| change.actor() == actor).map(Prescanned::seq).max().unwrap_or(0);
        let mut start_op = 1 + before().map(Prescanned::max_op).max().unwrap_or(0);
        if choices.happens(24) {
            seq = 1 + u64::from(choices.byte() % 5);
        }
        if choices.happens(24) {
            start_op = 1 + u64::from(choices.byte() % 30);
        }
        let mut writing = Writing { known: &self.known, actor, start_op, others: vec![] };
        let mut rows = vec![];
        for _ in 0..=choices.below(4) {
            writing.rows(choices, &mut rows);
        }
        let Writing { others, .. } = writing;
        let change = Change { actor, seq, start_op, deps, others, columns: columns(&rows), extra: vec![] };
        self.add(&change.bytes(), &actor, right);
    }
}

fn edit<T: Transactable + ReadDoc>(document: &mut T, choices: &mut Choices<'_>) {
    let mut objects = vec![(ROOT, ObjType::Map)];
    let mut at = 0;
    while let Some((object, _)) = objects.get(at).cloned().filter(|_| objects.len() < 12) {
        let inside: Vec<(ObjId, ObjType)> = document
            .keys(&object)
            .take(6)
            .filter_map(|key| match document.get(&object, key) {
                Ok(Some((Value::Object(kind), id))) => Some((id, kind)),
                _ => None,
            })
            .collect();
        objects.extend(inside);
        at += 1;
    }
    let Some((object, kind)) = choices.one(&objects).cloned() else { return };
    let made = [ObjType::Map, ObjType::List, ObjType::Text][choices.below(3)];
    let at = choices.below(document.length(&object) + 1);
    let (what, small) = (choices.below(6), i64::from(choices.byte()));
    let value = match small % 6 {
        0 => ScalarValue::Null,
        1 => ScalarValue::counter(small),
        2 => ScalarValue::F64(small as f64 / 7.0),
        3 => ScalarValue::Timestamp(-small),
        4 => ScalarValue::Bytes(vec![3; small as usize % 9]),
        _ => ScalarValue::Str("wört".into()),
    };
    let key = KEYS[choices.below(KEYS.len())];
    // What Automerge refuses to its own user is no edit.
    let _ = match (kind, what) {
        (ObjType::Map | ObjType::Table, 0) => document.delete(&object, key),
        (ObjType::Map | ObjType::Table, 1) => document.increment(&object, key, small - 100),
        (ObjType::Map | ObjType::Table, 2 | 3) => document.put_object(&object, key, made).map(drop),
        (ObjType::Map | ObjType::Table, _) => document.put(&object, key, value),
        (ObjType::List, 0) => document.delete(&object, at),
        (ObjType::List, 1) => document.increment(&object, at, small),
        (ObjType::List, 2) => document.insert_object(&object, at, made).map(drop),
        (ObjType::List, 3) => document.put(&object, at, value),
        (ObjType::List, _) => document.insert(&object, at, value),
        (ObjType::Text, 0) => document.splice_text(&object, at, 1, ""),
        (ObjType::Text, 1) => {
            let end = (at + 2).min(document.length(&object));
            document.mark(&object, Mark::new("bold".into(), value, at, end), ExpandMark::Both)
        }
        (ObjType::Text, 2) => document.split_block(&object, at).map(drop),
        (ObjType::Text, _) => document.splice_text(&object, at, 0, "ab✓"),
    };
}

/// The rows of a crafted change on their way.
struct Writing<'a> {
    known: &'a [Known],
    actor: Actor,
    start_op: u64,
    others: Vec<Actor>,
}

impl Writing<'_> {
    /// Any operation that somebody wrote, or one that nobody did.
    fn any(&mut self, choices: &mut Choices<'_>, written: usize) -> (u64, u64) {
        let (actor, counter) = match choices.one(self.known) {
            Some(known) if !choices.happens(64) => {
                let operations = usize::try_from(known.change.operations()).unwrap_or(1);
                (known.change.actor(), known.change.start_op() + choices.below(operations) as u64)
            }
            _ => (self.actor, self.start_op + choices.below(written + 1) as u64),
        };
        let other = self.others.iter().position(|other| *other == actor);
        let index = match other {
            _ if actor == self.actor => 0,
            Some(at) => at as u64 + 1,
            // Tables are in order, so an actor that comes too late is one that is not named.
            None if self.others.last().is_none_or(|last| *last < actor) => {
                self.others.push(actor);
                self.others.len() as u64
            }
            None => 0,
        };
        (index, counter)
    }

    fn rows(&mut self, choices: &mut Choices<'_>, rows: &mut Vec<Row>) {
        let written = rows.len();
        let key = set(KEYS[choices.below(KEYS.len())]);
        let mut row = match choices.below(8) {
            0 => key,
            1 => Row { predecessors: vec![self.any(choices, written)], ..key },
            2 => make(KEYS[choices.below(KEYS.len())], [0, 2, 4][choices.below(3)]),
            3 => Row { object: Some(self.any(choices, written)), key: Key::Head, insert: true, ..key },
            4 => {
                let object = Some(self.any(choices, written));
                Row { object, key: Key::At(self.any(choices, written)), insert: choices.happens(128), ..key }
            }
            5 => Row { action: 3, value: (0, vec![]), predecessors: vec![self.any(choices, written)], ..key },
            6 => {
                let mut by = vec![];
                signed(&mut by, i64::from(choices.byte()) - 128);
                Row { action: 5, value: (4, by), predecessors: vec![self.any(choices, written)], ..key }
            }
            _ => {
                let object = Some(self.any(choices, written));
                let begin = Row {
                    object,
                    key: Key::At(self.any(choices, written)),
                    insert: true,
                    action: 7,
                    value: (2, vec![]),
                    mark: Some("bold"),
                    ..key
                };
                rows.push(begin.clone());
                let key = if choices.happens(32) { Key::Head } else { Key::At((0, self.start_op + written as u64)) };
                Row { key, value: (0, vec![]), mark: None, expand: choices.happens(128), ..begin }
            }
        };
        if choices.happens(32) {
            row.object = Some(self.any(choices, written));
        }
        if choices.happens(16) {
            row.action = u64::from(choices.byte() % 9);
        }
        if choices.happens(16) {
            row.insert = !row.insert;
        }
        if choices.happens(16) {
            row.predecessors.push(self.any(choices, written));
        }
        if choices.happens(16) {
            let length = choices.below(4);
            row.value = (choices.byte() % 16, (0..length).map(|_| choices.byte() & 0x7f).collect());
        }
        rows.push(row);
    }
}
