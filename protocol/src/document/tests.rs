//! The guard against real Automerge: whatever honest writers do passes, in every order of delivery.

use super::change::Layout;
use super::operations::{Decoded, Id, Key};
use super::*;
use crate::id::{Actor, ChangeHash, DocumentId};
use crate::key::{DeviceId, PublicKey};
use automerge::marks::{ExpandMark, Mark};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value};
use proptest::prelude::*;

const WRITERS: usize = 3;

/// One random step, read as an edit of whatever is there.
type Step = [u16; 4];

fn device(writer: usize) -> DeviceId {
    DeviceId(PublicKey([writer as u8 + 1; 32]))
}

fn writer_actor(writer: usize) -> Actor {
    // Not in the order of the writers, so that order by actor differs from order of arrival.
    Actor([[9, 3, 200][writer % 3]; 32])
}

fn scalar(choice: u16, size: u16) -> ScalarValue {
    match choice % 12 {
        0 => ScalarValue::Null,
        1 => ScalarValue::Boolean(size.is_multiple_of(2)),
        2 => ScalarValue::Int(i64::from(size) - 30_000),
        3 => ScalarValue::Uint(u64::MAX >> (size % 64)),
        4 => ScalarValue::F64(f64::from(size) / 7.0),
        5 => ScalarValue::F64(f64::NAN),
        6 => ScalarValue::Str("é".repeat(usize::from(size % 200)).into()),
        7 => ScalarValue::Bytes(vec![size as u8; usize::from(size % 100)]),
        8 => ScalarValue::Timestamp(i64::MIN >> (size % 64)),
        9 | 10 => ScalarValue::counter(i64::from(size)),
        _ => ScalarValue::Str("same".into()),
    }
}

fn objects(document: &impl ReadDoc, at: &ObjId, found: &mut Vec<(ObjId, ObjType)>) {
    let kind = document.object_type(at).unwrap();
    found.push((at.clone(), kind));
    let values: Vec<(ObjId, Value<'_>)> = match kind {
        ObjType::Map | ObjType::Table => {
            document.map_range(at, ..).map(|item| (item.id(), item.value.into())).collect()
        }
        ObjType::List => document.list_range(at, ..).map(|item| (item.id(), item.value.into())).collect(),
        ObjType::Text => Vec::new(),
    };
    for (id, value) in values {
        if value.is_object() && found.len() < 20 {
            objects(document, &id, found);
        }
    }
}

fn edit<T: Transactable + ReadDoc>(document: &mut T, [what, target, place, size]: Step) {
    let mut found = Vec::new();
    objects(document, &ROOT, &mut found);
    let (object, kind) = found.swap_remove(usize::from(target) % found.len());
    let made = [ObjType::Map, ObjType::List, ObjType::Text][usize::from(size % 3)];
    let length = document.length(&object);
    let at = usize::from(place) % (length + 1);
    // What Automerge refuses to its own user is no edit.
    let _ = match kind {
        ObjType::Map | ObjType::Table => {
            let key = ["", "a", "b", "long key with ünïcode", "e"][usize::from(place % 5)];
            match what % 6 {
                0 => document.delete(&object, key),
                1 => document.increment(&object, key, i64::from(size) - 100),
                2 | 3 => document.put_object(&object, key, made).map(drop),
                _ => document.put(&object, key, scalar(what / 6, size)),
            }
        }
        ObjType::List => match what % 8 {
            0 => document.delete(&object, at),
            1 => document.increment(&object, at, -i64::from(size)),
            2 => document.put_object(&object, at, made).map(drop),
            3 => document.insert_object(&object, at, made).map(drop),
            4 => document.put(&object, at, scalar(what / 8, size)),
            5 => document.splice(&object, at, 1, (0..size % 5).map(|n| scalar(n.wrapping_add(what), size))),
            _ => document.insert(&object, at, scalar(what / 8, size)),
        },
        ObjType::Text => {
            let end = (at + usize::from(size % 9)).min(length);
            let expand =
                [ExpandMark::Before, ExpandMark::After, ExpandMark::Both, ExpandMark::None][usize::from(size % 4)];
            match what % 12 {
                0 | 1 => document.splice_text(&object, at, (size % 4) as isize, ""),
                2 => document.mark(&object, Mark::new("bold".into(), scalar(size % 5, place), at, end), expand),
                3 => document.unmark(&object, "bold", at, end, expand),
                4 => document.split_block(&object, at).map(drop),
                5 => document.join_block(&object, at),
                6 => document.put(&object, at, scalar(what / 12 % 9, size)),
                7 => document.update_text(&object, "neuer Text ✓ ".repeat(usize::from(size % 4))),
                8 => document.insert(&object, at, scalar(what / 12 % 9, size)),
                _ => document.splice_text(&object, at, 0, &"wörter, ".repeat(usize::from(size % 6) + 1)),
            }
        }
    };
}

/// All that a reader sees of an object, conflicts and marks included.
fn read(document: &Automerge, at: &ObjId) -> String {
    let read_all = |values: Vec<(Value<'_>, ObjId)>| -> Vec<String> {
        let inner = |value: &Value<'_>, id| if value.is_object() { read(document, id) } else { format!("{value:?}") };
        values.iter().map(|(value, id)| inner(value, id)).collect()
    };
    match document.object_type(at).unwrap() {
        ObjType::Text => format!("{:?} {:?}", document.text(at).unwrap(), document.marks(at).unwrap()),
        ObjType::List => {
            let items = 0..document.length(at);
            format!("{:?}", items.map(|item| read_all(document.get_all(at, item).unwrap())).collect::<Vec<_>>())
        }
        _ => {
            let keys = document.keys(at);
            format!("{:?}", keys.map(|key| (read_all(document.get_all(at, &key).unwrap()), key)).collect::<Vec<_>>())
        }
    }
}

/// Writers that edit and merge as the steps say; gives their merged document.
fn write(turns: &[(u8, Vec<Step>)]) -> Automerge {
    let mut documents: Vec<Automerge> = (0..WRITERS)
        .map(|writer| Automerge::new().with_actor(ActorId::from(writer_actor(writer).0.to_vec())))
        .collect();
    for (turn, steps) in turns {
        let (writer, other) = (usize::from(*turn) % WRITERS, usize::from(*turn / 3) % WRITERS);
        if *turn > 100 && writer != other {
            let mut theirs = documents[other].clone();
            documents[writer].merge(&mut theirs).unwrap();
        }
        if *turn % 32 == 31 {
            documents[writer].empty_commit(CommitOptions::default().with_message("nothing"));
        }
        let mut transaction = documents[writer].transaction();
        steps.iter().for_each(|step| edit(&mut transaction, *step));
        transaction.commit_with(CommitOptions::default().with_time(i64::from(*turn) - 60).with_message("ü"));
    }
    let mut merged = documents.swap_remove(0);
    documents.iter_mut().for_each(|other| drop(merged.merge(other).unwrap()));
    merged
}

fn prescanned(change: &automerge::Change) -> (Prescanned, DeviceId) {
    let actor = Actor(change.actor_id().to_bytes().try_into().unwrap());
    let writer = (0..WRITERS).find(|writer| writer_actor(*writer) == actor).unwrap();
    (prescan(change.raw_bytes(), &actor).unwrap(), device(writer))
}

fn shuffled<T>(mut items: Vec<T>, mut seed: u64) -> Vec<T> {
    for at in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(at, (seed >> 33) as usize % (at + 1));
    }
    items
}

fn check_honest(turns: &[(u8, Vec<Step>)], seed: u64) {
    let merged = write(turns);
    let changes: Vec<_> = merged.get_changes(&[]).iter().map(prescanned).collect();
    let mut document = Document::new(DocumentId([0; 32]));
    for (change, device) in shuffled(changes.clone(), seed) {
        document.offer(change.clone(), device, change.seq(), Right::MayWrite);
    }
    for (change, _) in &changes {
        assert_eq!(document.verdict(&change.hash()), Some(&Verdict::Effective), "{change:?}");
    }
    assert_eq!(document.effective().count(), changes.len());
    let mut heads: Vec<ChangeHash> = merged.get_heads().iter().map(|head| ChangeHash(head.0)).collect();
    heads.sort_unstable();
    assert_eq!(document.heads(), heads);
    let built = document.automerge().unwrap();
    assert_eq!(read(built, &ROOT), read(&merged, &ROOT));
    for writer in 0..WRITERS {
        let actor = ActorId::from(writer_actor(writer).0.to_vec());
        let seq = changes.iter().filter(|(change, _)| change.actor() == writer_actor(writer)).count();
        assert_eq!(document.seq_of(&writer_actor(writer)), seq as u64, "{actor}");
    }
    assert_eq!(document.max_op(), changes.iter().map(|(change, _)| change.max_op()).max().unwrap_or(0));
}

/// Rewrites one change as an enemy would who knows the format: sound bytes, random meaning.
fn forge(change: &Prescanned, wishes: &[Step]) -> Vec<u8> {
    let layout = Layout::read(change.bytes()).unwrap();
    let mut forged = Decoded::read(layout).unwrap();
    let mut predecessors: Vec<Vec<Id>> = Vec::new();
    let mut rest = forged.predecessors.as_slice();
    for operation in &forged.operations {
        let (own, after) = rest.split_at(operation.predecessors);
        predecessors.push(own.to_vec());
        rest = after;
    }
    let actors = forged.layout.others.len() + 1;
    for [what, at, one, other] in wishes.iter().copied() {
        let count = forged.operations.len();
        if count == 0 {
            break;
        }
        let (at, from) = (usize::from(at) % count, usize::from(other) % count);
        let source = forged.operations[from];
        let last = forged.layout.start_op + count as u64;
        let id = Id { actor: usize::from(other) % actors, counter: 1 + u64::from(one) % last };
        let operation = &mut forged.operations[at];
        match what % 16 {
            0 => operation.object = if one.is_multiple_of(4) { None } else { Some(id) },
            1 => operation.key = Key::Element(id),
            2 => operation.key = [Key::Head, Key::Text("a"), Key::Text("b")][usize::from(one % 3)],
            3 => operation.insert = !operation.insert,
            4 => operation.action = u64::from(one % 9),
            5 => (operation.value_meta, operation.value) = (source.value_meta, source.value),
            6 => predecessors[at].push(id),
            7 => drop(predecessors[at].pop()),
            8 => operation.expand = !operation.expand,
            9 => operation.mark = [None, Some("bold"), Some("")][usize::from(one % 3)],
            10 => (operation.object, operation.key) = (source.object, source.key),
            11 => forged.operations.swap(at, from),
            12 => {
                forged.operations.insert(at, source);
                predecessors.insert(at, predecessors[from].clone());
            }
            13 => predecessors[at] = predecessors[from].clone(),
            14 => {
                // A sound deletion of something that may be anything.
                (operation.action, operation.value_meta, operation.value) = (3, 0, &[]);
                (operation.insert, operation.expand, operation.mark) = (false, false, None);
                predecessors[at] = vec![id];
            }
            _ => match one % 4 {
                0 => forged.layout.deps.reverse(),
                1 => forged.layout.start_op += u64::from(other % 2),
                2 => drop(forged.layout.deps.pop()),
                _ => forged.layout.seq += u64::from(other % 2),
            },
        }
    }
    for (operation, own) in forged.operations.iter_mut().zip(&predecessors) {
        operation.predecessors = own.len();
    }
    forged.predecessors = predecessors.concat();
    forged.encode()
}

/// Offers all but one change, and a forgery of that one: Automerge takes whatever is effective.
fn check_forged(turns: &[(u8, Vec<Step>)], victim: usize, wishes: &[Step], seed: u64) -> Option<Verdict> {
    let honest: Vec<_> = write(turns).get_changes(&[]).iter().map(prescanned).collect();
    let (victim, device) = honest.get(victim % honest.len().max(1))?.clone();
    let forged = prescan(&forge(&victim, wishes), &victim.actor()).ok()?;
    let others = honest.into_iter().filter(|(change, _)| change.hash() != victim.hash());
    let changes: Vec<_> = others.chain([(forged.clone(), device)]).collect();
    let mut made: Option<(Vec<ChangeHash>, Vec<Option<Verdict>>, String)> = None;
    for turn in 0..3 {
        let mut document = Document::new(DocumentId([0; 32]));
        for (change, device) in shuffled(changes.clone(), seed.wrapping_add(turn)) {
            document.offer(change.clone(), device, change.seq(), Right::MayWrite);
        }
        let verdicts = changes.iter().map(|(change, _)| document.verdict(&change.hash()).cloned()).collect();
        let read = document.read(|document| read(document, &ROOT));
        let found = (document.heads(), verdicts, read.unwrap());
        assert_eq!(*made.get_or_insert_with(|| found.clone()), found);
    }
    made.and_then(|(_, verdicts, _)| verdicts.into_iter().next_back().flatten())
}

fn turns() -> impl Strategy<Value = Vec<(u8, Vec<Step>)>> {
    prop::collection::vec((any::<u8>(), prop::collection::vec(any::<Step>(), 0..12)), 1..14)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(256), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_automerge_writes_is_effective_in_every_order(turns in turns(), seed: u64) {
        check_honest(&turns, seed);
    }

    #[test]
    fn whatever_is_effective_automerge_can_build(
        turns in turns(),
        victim: usize,
        wishes in prop::collection::vec(any::<Step>(), 1..4),
        seed: u64,
    ) {
        check_forged(&turns, victim, &wishes, seed);
    }

    #[test]
    fn arbitrary_bytes_never_panic_the_prescan(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(prescan(&bytes, &writer_actor(0)).is_err());
        let _ = prescan(&chunk(&bytes), &writer_actor(0));
        let _ = ChangeBody::decode(&bytes);
    }
}

/// How many cases a property runs: `PROPTEST_CASES` where it is set.
fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}
