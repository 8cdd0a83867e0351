//! Changes as an enemy would craft them, and a small builder for more.
//!
//! Written independently of the guard that has to stop them: rows of operations become columns here by
//! an encoder of its own. What Automerge 0.12.0 does with each alone is said beside it.

mod canonical;
mod entries;
mod heads;
mod operations;
mod past;
mod probes;

pub use entries::{COALITION, EntryProbe, Fate, entries};
pub use heads::{BOMB, bomb};
pub use probes::{ENEMY, HONEST, Outcome, Probe, STRANGER, enemy_first, enemy_second, hash, honest, probes};

use grid_protocol::document::chunk;
use grid_protocol::id::{Actor, ChangeHash};

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

/// A part of a change, in the order in which they stand in it; lists include their length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What it depends on.
    Dependencies,
    /// Its writer.
    Author,
    /// Its sequence number.
    Seq,
    /// The counter of its first operation.
    StartOp,
    /// When it was written.
    Time,
    /// What its writer said about it.
    Message,
    /// The other actors.
    Others,
    /// The specifications and lengths of the columns.
    Specifications,
    /// The columns, and what follows.
    Columns,
}

impl Change {
    /// A first change by `actor` that depends on nothing.
    pub fn first(actor: Actor, rows: &[Row]) -> Self {
        Self { actor, seq: 1, start_op: 1, deps: vec![], others: vec![], columns: columns(rows), extra: vec![] }
    }

    /// The chunk.
    pub fn bytes(&self) -> Vec<u8> {
        chunk(&self.body())
    }

    /// What is in the chunk.
    pub fn body(&self) -> Vec<u8> {
        self.parts().map(|(_, bytes)| bytes).concat()
    }

    /// The chunk with these bytes where a part of it stands.
    pub fn bytes_with(&self, part: Part, written: &[u8]) -> Vec<u8> {
        chunk(&self.parts().map(|(name, bytes)| if name == part { written.to_vec() } else { bytes }).concat())
    }

    /// The columns anew.
    #[must_use]
    pub fn with_column(mut self, spec: u64, bytes: Vec<u8>) -> Self {
        self.columns.retain(|(other, _)| *other != spec);
        self.columns.push((spec, bytes));
        self.columns.sort_by_key(|(spec, _)| *spec);
        self
    }

    fn parts(&self) -> [(Part, Vec<u8>); 9] {
        let deps = self.deps.iter().flat_map(|dep| dep.0);
        let others = self.others.iter().flat_map(named);
        let specifications =
            self.columns.iter().flat_map(|(spec, bytes)| [number(*spec), number(bytes.len() as u64)].concat());
        let columns = self.columns.iter().flat_map(|(_, bytes)| bytes).chain(&self.extra);
        [
            (Part::Dependencies, number(self.deps.len() as u64).into_iter().chain(deps).collect()),
            (Part::Author, named(&self.actor)),
            (Part::Seq, number(self.seq)),
            (Part::StartOp, number(self.start_op)),
            (Part::Time, vec![0]),
            (Part::Message, vec![0]),
            (Part::Others, number(self.others.len() as u64).into_iter().chain(others).collect()),
            (Part::Specifications, number(self.columns.len() as u64).into_iter().chain(specifications).collect()),
            (Part::Columns, columns.copied().collect()),
        ]
    }
}

fn named(actor: &Actor) -> Vec<u8> {
    [&[32][..], &actor.0].concat()
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

/// The bytes of an unsigned LEB128 number.
pub fn number(value: u64) -> Vec<u8> {
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
